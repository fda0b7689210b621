//! Credentials and certificates of a source, as source-controller reads them from Secrets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Error, ErrorKind, Result};
use crate::net::{Identity, Roots};
use crate::secret::Secret;

/// Type of the Secrets with a Docker configuration.
const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";

/// User and password.
#[derive(Clone)]
pub(super) struct Login {
    pub username: Secret,
    pub password: Secret,
}

impl Login {
    pub(super) fn new(username: &str, password: &str) -> Login {
        Login { username: username.into(), password: password.into() }
    }

    /// Value of `Authorization` for basic authentication.
    pub(super) fn basic(&self) -> Secret {
        let pair = Zeroizing::new(format!("{}:{}", self.username.expose(), self.password.expose()));
        Secret::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
    }
}

/// How to connect to a source. It contains secrets, so there is no `Debug`.
#[derive(Clone, Default)]
pub(super) struct Connection {
    pub login: Option<Login>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub authority: Option<Vec<u8>>,
    /// Client certificate.
    pub identity: Option<Identity>,
    /// Whether the server's certificate is not verified.
    pub unverified: bool,
    /// Proxy instead of that of the environment.
    pub proxy: Option<Secret>,
    /// Secrets and service accounts that the source names and that are not known, without which nothing is fetched.
    pub lacking: Vec<String>,
}

/// Decoded Secret.
pub struct SecretData {
    name: String,
    kind: String,
    data: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

/// Secrets in the namespace of a source.
pub trait Secrets {
    /// Returns a Secret; none if it is not known.
    fn secret(&self, name: &str) -> Option<Result<SecretData>>;

    /// Returns the image pull secrets of a service account; none if it is not known.
    fn pull_secrets(&self, service_account: &str) -> Option<Result<Vec<SecretData>>>;
}

impl SecretData {
    /// Reads a Secret with `data` or `stringData`, which takes precedence.
    ///
    /// # Errors
    /// A value is not valid base64.
    pub fn read(object: &Value) -> Result<SecretData> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = text(&object["metadata"]["name"]);
        let mut data = BTreeMap::new();
        for (key, value) in object["data"].as_object().into_iter().flatten() {
            let encoded: String =
                value.as_str().unwrap_or_default().chars().filter(|it| !it.is_ascii_whitespace()).collect();
            let decoded = STANDARD.decode(encoded).map_err(|_| {
                Error::new(
                    ErrorKind::Invalid,
                    format!("read Secret {name}"),
                    format!("data.{key} is not base64"),
                )
                .hint("encode the value, or use stringData")
            })?;
            data.insert(key.clone(), Zeroizing::new(decoded));
        }
        for (key, value) in object["stringData"].as_object().into_iter().flatten() {
            data.insert(key.clone(), Zeroizing::new(text(value).into_bytes()));
        }
        Ok(SecretData { name, kind: text(&object["type"]), data })
    }

    fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.data.get(key).map(|bytes| bytes.as_slice())
    }

    fn text(&self, key: &str) -> Option<String> {
        self.bytes(key).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn invalid(&self, cause: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid, format!("read Secret {}", self.name), cause)
    }
}

impl Connection {
    /// Adds what a HelmRepository takes from the Secret of `spec.secretRef`: user and password, and certificates if
    /// `spec.certSecretRef` has none.
    pub(super) fn add_login(&mut self, secret: &SecretData) -> Result<()> {
        match (secret.text("username"), secret.text("password")) {
            (Some(username), Some(password)) => {
                if !username.is_empty() && !password.is_empty() {
                    self.login = Some(Login::new(&username, &password));
                }
            }
            (None, None) => {}
            (username, _) => {
                let (present, absent) =
                    if username.is_some() { ("username", "password") } else { ("password", "username") };
                return Err(secret
                    .invalid(format!("it has {present}, but no {absent}"))
                    .hint("add both keys"));
            }
        }
        if self.identity.is_none() && self.authority.is_none() {
            self.add_certificates(secret, false)?;
        }
        Ok(())
    }

    /// Adds the certificates of a Secret. Those of `spec.certSecretRef` are required.
    pub(super) fn add_certificates(&mut self, secret: &SecretData, required: bool) -> Result<()> {
        // Secrets of older versions of Flux have other keys.
        let value = |key, old| secret.bytes(key).or_else(|| secret.bytes(old)).filter(|it| !it.is_empty());
        let certificate = value("tls.crt", "certFile");
        let key = value("tls.key", "keyFile");
        let authority = value("ca.crt", "caFile");
        let lacks = match (certificate, key, authority) {
            (Some(_), None, _) => Some("it has tls.crt, but no tls.key"),
            (None, Some(_), _) => Some("it has tls.key, but no tls.crt"),
            (None, None, None) => Some("it has neither ca.crt nor tls.crt and tls.key"),
            _ => None,
        };
        if let Some(cause) = lacks {
            return if required {
                Err(secret.invalid(cause).hint("create it with: flux create secret tls"))
            } else {
                Ok(())
            };
        }
        if let (Some(certificate), Some(key)) = (certificate, key) {
            let identity = Identity::read(certificate, key);
            self.identity =
                Some(identity.map_err(|error| secret.invalid(error.to_string()).hint(error.next_step()))?);
        }
        if let Some(authority) = authority {
            Roots::only(authority).map_err(|_| secret.invalid("ca.crt has no certificate in PEM format"))?;
            self.authority = Some(authority.to_vec());
        }
        Ok(())
    }

    /// Adds the login for a registry: from a Docker configuration, or user and password.
    pub(super) fn add_registry_login(&mut self, secret: &SecretData, host: &str, path: &str) -> Result<()> {
        if secret.kind == DOCKER_CONFIG {
            self.login = docker_login(secret, host, path)?;
            if self.login.is_none() {
                return Err(secret
                    .invalid(format!("it has no credentials for {host}"))
                    .hint(format!("create it with: flux create secret oci --url={host}")));
            }
            return Ok(());
        }
        let part = |key| secret.text(key).unwrap_or_default();
        match (part("username"), part("password")) {
            (username, password) if username.is_empty() && password.is_empty() => {}
            (username, password) if username.is_empty() || password.is_empty() => {
                return Err(secret.invalid("username or password is empty").hint("set both keys"));
            }
            (username, password) => self.login = Some(Login::new(&username, &password)),
        }
        Ok(())
    }

    /// Adds the login for a registry from the first of some image pull secrets that has one.
    pub(super) fn add_pull_secrets(&mut self, secrets: &[SecretData], host: &str, path: &str) -> Result<()> {
        for secret in secrets.iter().filter(|secret| secret.kind == DOCKER_CONFIG) {
            if self.login.is_none() {
                self.login = docker_login(secret, host, path)?;
            }
        }
        Ok(())
    }

    /// Sets the proxy of a Secret with `address`, and possibly `username` and `password`.
    pub(super) fn set_proxy(&mut self, secret: &SecretData) -> Result<()> {
        let address = secret.text("address").filter(|address| !address.is_empty());
        let address =
            address.ok_or_else(|| secret.invalid("it has no address").hint("add the key address"))?;
        let mut url = url::Url::parse(&address)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https" | "socks5") && url.has_host())
            .ok_or_else(|| {
                secret
                    .invalid("address is not a proxy URL")
                    .hint("use a URL such as http://proxy.example.com:3128")
            })?;
        if let Some(username) = secret.text("username") {
            let password = secret.text("password");
            let set = url.set_username(&username).and_then(|()| url.set_password(password.as_deref()));
            set.map_err(|()| secret.invalid("address cannot have credentials"))?;
        }
        self.proxy = Some(Secret::new(String::from(url)));
        Ok(())
    }
}

/// Finds the login for a repository in the Docker configuration of a Secret: the entry with its host and the longest
/// start of its path.
fn docker_login(secret: &SecretData, host: &str, path: &str) -> Result<Option<Login>> {
    let invalid = || {
        let cause = "its .dockerconfigjson is not a Docker configuration";
        secret.invalid(cause).hint("create it with: flux create secret oci")
    };
    let text = secret.bytes(".dockerconfigjson").ok_or_else(invalid)?;
    // The parser's message may quote the text.
    let config: Value = serde_json::from_slice(text).map_err(|_| invalid())?;
    let mut found: Option<(usize, &Value)> = None;
    for (key, entry) in config["auths"].as_object().into_iter().flatten() {
        if let Some(length) = fits(key, host, path)
            && found.is_none_or(|(longest, _)| length >= longest)
        {
            found = Some((length, entry));
        }
    }
    let Some((_, entry)) = found else { return Ok(None) };
    let part = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let (mut username, mut password) = (part("username"), part("password"));
    if let Some(pair) = entry["auth"].as_str().filter(|pair| !pair.is_empty()) {
        let decoded = STANDARD.decode(pair.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = Zeroizing::new(decoded.ok_or_else(invalid)?);
        let (user, word) = decoded.split_once(':').ok_or_else(invalid)?;
        (username, password) = (user.to_owned(), word.trim_matches('\0').to_owned());
    }
    if username.is_empty() || password.is_empty() {
        let has_token = ["identitytoken", "registrytoken"].iter().any(|key| !part(key).is_empty());
        return if has_token {
            Err(secret
                .invalid(format!(
                    "its credentials for {host} are a token of a login, not a user and password"
                ))
                .hint("use an access token as the password"))
        } else {
            Ok(None)
        };
    }
    Ok(Some(Login::new(&username, &password)))
}

/// Whether an entry of a Docker configuration is for a repository. Returns the length of the path that it names.
fn fits(key: &str, host: &str, path: &str) -> Option<usize> {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest).trim_end_matches('/');
    let (name, own) = key.split_once('/').unwrap_or((key, ""));
    let own = own.strip_prefix("v1").or_else(|| own.strip_prefix("v2")).unwrap_or(own).trim_matches('/');
    let is_host = same_host(name, host)
        || name.contains('*') && {
            let (patterns, parts) = (name.split('.'), host.split('.'));
            name.split('.').count() == host.split('.').count()
                && patterns.zip(parts).all(|(pattern, part)| pattern == "*" || pattern == part)
        };
    let is_path =
        own.is_empty() || path == own || path.strip_prefix(own).is_some_and(|it| it.starts_with('/'));
    (is_host && is_path).then_some(own.len())
}

/// Whether two names are of the same registry. Docker Hub has several.
fn same_host(one: &str, other: &str) -> bool {
    let name = |host: &str| match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        host => host.to_ascii_lowercase(),
    };
    name(one) == name(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(data: &Value) -> SecretData {
        SecretData::read(&json!({"metadata": {"name": "creds"}, "stringData": data})).expect("a Secret")
    }

    fn docker(config: &Value) -> SecretData {
        let data = json!({".dockerconfigjson": config.to_string()});
        let object = json!({"metadata": {"name": "pull"}, "type": DOCKER_CONFIG, "stringData": data});
        SecretData::read(&object).expect("a Secret")
    }

    fn login(connection: &Connection) -> Option<(&str, &str)> {
        connection.login.as_ref().map(|it| (it.username.expose(), it.password.expose()))
    }

    fn cause<T>(result: Result<T>) -> String {
        result.err().expect("an error").to_string()
    }

    #[test]
    fn user_and_password_are_read_from_data_and_string_data() {
        let object = json!({"metadata": {"name": "creds"}, "data": {"username": "bWU=\n", "password": "b2xk"},
            "stringData": {"password": "hunter2"}});
        let mut connection = Connection::default();
        connection.add_login(&SecretData::read(&object).unwrap()).unwrap();
        assert_eq!(login(&connection), Some(("me", "hunter2")));
        assert_eq!(connection.login.unwrap().basic().expose(), "Basic bWU6aHVudGVyMg==");
    }

    #[test]
    fn a_secret_with_half_a_login_is_an_error_and_an_empty_one_is_none() {
        let mut connection = Connection::default();
        assert_eq!(
            cause(connection.add_login(&secret(&json!({"username": "me"})))),
            "failed to read Secret creds: it has username, but no password"
        );
        connection.add_login(&secret(&json!({"username": "me", "password": ""}))).unwrap();
        connection.add_login(&secret(&json!({"token": "x"}))).unwrap();
        assert_eq!(login(&connection), None);
        let wrong = SecretData::read(&json!({"metadata": {"name": "creds"}, "data": {"username": "%"}}));
        assert_eq!(cause(wrong), "failed to read Secret creds: data.username is not base64");
    }

    #[test]
    fn incomplete_certificates_are_an_error_only_where_they_are_required() {
        let half = secret(&json!({"tls.crt": "x"}));
        let mut connection = Connection::default();
        connection.add_certificates(&half, false).unwrap();
        assert_eq!(
            cause(connection.add_certificates(&half, true)),
            "failed to read Secret creds: it has tls.crt, but no tls.key"
        );
        assert_eq!(
            cause(connection.add_certificates(&secret(&json!({"caFile": "no PEM"})), false)),
            "failed to read Secret creds: ca.crt has no certificate in PEM format"
        );
    }

    #[test]
    fn the_entry_of_a_docker_configuration_with_the_longest_path_is_used() {
        let entry = |name: &str| json!({"auth": STANDARD.encode(format!("{name}:pass:word"))});
        let secret = docker(&json!({"auths": {
            "https://ghcr.io/": entry("host"),
            "ghcr.io/acme": entry("owner"),
            "ghcr.io/acmeless": entry("another"),
            "*.example.com": entry("wildcard"),
            "https://index.docker.io/v1/": {"username": "hub", "password": "p"},
        }}));
        for (host, path, user) in [
            ("ghcr.io", "other/chart", "host"),
            ("ghcr.io", "acme/chart", "owner"),
            ("charts.example.com", "a", "wildcard"),
            ("registry-1.docker.io", "bitnamicharts/redis", "hub"),
        ] {
            let mut connection = Connection::default();
            connection.add_registry_login(&secret, host, path).unwrap();
            assert_eq!(login(&connection).map(|it| it.0), Some(user), "{host}/{path}");
        }
        let error = Connection::default().add_registry_login(&secret, "a.b.example.com", "x");
        assert_eq!(cause(error), "failed to read Secret pull: it has no credentials for a.b.example.com");
        let mut anonymous = Connection::default();
        anonymous.add_pull_secrets(&[secret], "quay.io", "x").unwrap();
        assert_eq!(login(&anonymous), None);
    }

    #[test]
    fn a_docker_configuration_that_cannot_be_read_is_not_shown() {
        for config in [json!("hunter2"), json!({"auths": {"ghcr.io": {"auth": "hunter2"}}})] {
            let error = cause(Connection::default().add_registry_login(&docker(&config), "ghcr.io", "x"));
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_proxy_gets_its_credentials() {
        let mut connection = Connection::default();
        let data = json!({"address": "http://proxy:3128", "username": "me", "password": "p@ss"});
        connection.set_proxy(&secret(&data)).unwrap();
        assert_eq!(connection.proxy.as_ref().map(Secret::expose), Some("http://me:p%40ss@proxy:3128/"));
        assert_eq!(
            cause(connection.set_proxy(&secret(&json!({"address": "ftp://hunter2"})))),
            "failed to read Secret creds: address is not a proxy URL"
        );
    }
}
