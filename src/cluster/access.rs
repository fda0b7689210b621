//! What a connection needs, once kubeconfig and flags are resolved and the files that they name are read.

use std::path::Path;

use http::{HeaderMap, Uri};

use super::credentials::Source;
use super::headers::impersonation;
use super::kubeconfig::{Choice, UserEntry};
use super::server::Server;
use super::{Options, ProxyUrl};
use crate::error::{Error, Result};
use crate::net::NetworkSettings;

/// The API server and how to reach it.
pub(super) struct Access {
    /// Scheme, host, port and, where it has one, the path before `/api`.
    pub server: Uri,
    /// How the server proves who it is; unused over plain HTTP.
    pub trust: Trust,
    /// The client certificate of the kubeconfig; none over plain HTTP.
    pub identity: Option<Identity>,
    /// Through which proxy the server is reached.
    pub proxy: Option<ProxyUrl>,
    /// Proxies of the environment, for other servers than the API server.
    pub network: NetworkSettings,
    /// Answers are not compressed.
    pub disable_compression: bool,
    /// Where the `Authorization` header comes from.
    pub source: Source,
    /// Headers of every request: impersonation.
    pub headers: HeaderMap,
    /// What was wrong with the settings, but not wrong enough to stop.
    pub warnings: Vec<String>,
    /// Credentials were not used, because the server is reached over plain HTTP.
    pub withheld: bool,
}

/// How the server proves who it is.
#[derive(Default, Clone)]
pub(super) struct Trust {
    /// The authorities, in PEM; those of the system where none are given.
    pub authorities: Option<Vec<u8>>,
    /// The name in the certificate, where it is not the server's host.
    pub server_name: Option<String>,
    /// Any certificate will do.
    pub insecure: bool,
}

/// A client certificate and its key, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
}

impl Access {
    pub fn new(choice: &Choice, options: &Options) -> Result<Self> {
        let server = Server::parse(choice.cluster.server.as_deref().unwrap_or_default())?;
        let mut access = Access {
            trust: Trust::default(),
            identity: None,
            proxy: None,
            network: options.network.clone(),
            disable_compression: choice.cluster.disable_compression,
            source: Source::None,
            headers: impersonation(&choice.user)?,
            warnings: Vec::new(),
            withheld: false,
            server: server.uri.clone(),
        };
        access.choose_proxy(choice, options)?;
        if !server.is_secure() {
            access.withhold(&server, &choice.user);
            return Ok(access);
        }
        access.trust = trust(choice)?;
        access.identity = identity(choice)?;
        access.source = Source::new(choice, &access, server.login, options)?;
        Ok(access)
    }

    /// The proxy of the cluster's entry or, where that has none, of the environment.
    fn choose_proxy(&mut self, choice: &Choice, options: &Options) -> Result<()> {
        if choice.cluster.proxy.is_some() {
            self.proxy.clone_from(&choice.cluster.proxy);
            return Ok(());
        }
        let secure = self.server.scheme_str() == Some("https");
        let Some(proxy) = options.network.https.as_ref().filter(|_| secure) else { return Ok(()) };
        let proxy = ProxyUrl::new(proxy.expose());
        proxy.check("HTTPS_PROXY")?;
        let (host, port) = (self.server.host().unwrap_or_default(), self.server.port_u16().unwrap_or(443));
        if !options.network.is_direct(host, port) {
            self.proxy = Some(proxy);
        }
        Ok(())
    }

    /// Over plain HTTP nobody's credentials are sent, as client-go does it.
    fn withhold(&mut self, server: &Server, user: &UserEntry) {
        self.withheld = user.has_credentials() || server.login.is_some();
        let uri = self.shown_server();
        if self.withheld {
            let why = if server.guessed { ", because its address has no scheme" } else { "" };
            self.warnings.push(format!(
                "{uri} is reached over plain HTTP{why}: credentials are not sent there; write https:// in the server's address to use them"
            ));
        }
    }

    /// The server's address for messages.
    pub fn shown_server(&self) -> String {
        self.server.to_string().trim_end_matches('/').to_owned()
    }
}

impl UserEntry {
    fn has_credentials(&self) -> bool {
        self.token.is_some()
            || self.token_file.is_some()
            || self.username.is_some()
            || self.client_certificate.is_some()
            || self.client_certificate_data.is_some()
            || self.auth_provider.is_some()
            || self.exec.is_some()
    }
}

fn trust(choice: &Choice) -> Result<Trust> {
    let cluster = &choice.cluster;
    let file = cluster.certificate_authority.as_deref();
    if cluster.insecure && (file.is_some() || cluster.certificate_authority_data.is_some()) {
        return Err(Error::usage(
            "the cluster has both a certificate authority and insecure-skip-tls-verify: only one of them can be used",
        )
        .hint("remove insecure-skip-tls-verify from the kubeconfig, or name the authority with --certificate-authority"));
    }
    let authorities = match (&cluster.certificate_authority_data, file) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(path)) => Some(read("certificate-authority", path)?),
        (None, None) => None,
    };
    if authorities.as_ref().is_some_and(|pem| !holds(pem, b"-----BEGIN CERTIFICATE-----")) {
        let place = place("certificate-authority", file);
        return Err(Error::usage(format!("{place} has no certificate in PEM in it"))
            .hint("a certificate in PEM begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(Trust { authorities, server_name: cluster.tls_server_name.clone(), insecure: cluster.insecure })
}

fn identity(choice: &Choice) -> Result<Option<Identity>> {
    let user = &choice.user;
    let (certificate_file, key_file) = (user.client_certificate.as_deref(), user.client_key.as_deref());
    let certificate = match (&user.client_certificate_data, certificate_file) {
        (Some(data), _) => data.clone(),
        (None, Some(path)) => read("client-certificate", path)?,
        (None, None) => return Ok(None),
    };
    let key = match (&user.client_key_data, key_file) {
        (Some(data), _) => data.clone(),
        (None, Some(path)) => read("client-key", path)?,
        (None, None) => return Ok(None),
    };
    let identity = Identity { certificate, key };
    identity.check(
        &format!("{} of {}", place("client-certificate", certificate_file), choice.user_label()),
        &format!("{} of {}", place("client-key", key_file), choice.user_label()),
        key_file,
    )?;
    Ok(Some(identity))
}

impl Identity {
    /// Refuses what is not a certificate and its key. The names are those of messages.
    pub fn check(&self, certificate: &str, key: &str, key_file: Option<&Path>) -> Result<()> {
        if holds(&self.key, b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || holds(&self.key, b"Proc-Type: 4,ENCRYPTED")
        {
            let error =
                Error::usage(format!("{key} is encrypted with a passphrase, which cannot be given here"));
            return Err(match key_file {
                Some(path) => {
                    let path = path.display();
                    error.hint(format!(
                        "decrypt it into a file of its own: (umask 077; openssl pkey -in '{path}' -out '{path}.decrypted'), and name that with client-key in the kubeconfig or --client-key"
                    ))
                }
                None => error.hint(
                    "write it to a file, decrypt that: (umask 077; openssl pkey -in FILE -out FILE.decrypted), and name the result with --client-key",
                ),
            });
        }
        if !holds(&self.certificate, b"-----BEGIN CERTIFICATE-----") {
            return Err(Error::usage(format!("{certificate} has no certificate in PEM in it"))
                .hint("a certificate in PEM begins with -----BEGIN CERTIFICATE-----"));
        }
        if !holds(&self.key, b"PRIVATE KEY-----") {
            return Err(Error::usage(format!("{key} has no private key in PEM in it"))
                .hint("a key in PEM begins with -----BEGIN PRIVATE KEY-----, or with RSA or EC in it"));
        }
        let public = openssl::x509::X509::from_pem(&self.certificate).and_then(|it| it.public_key());
        let private = openssl::pkey::PKey::private_key_from_pem_callback(&self.key, |_| Ok(0));
        if let (Ok(public), Ok(private)) = (public, private)
            && !private.public_eq(&public)
        {
            return Err(Error::usage(format!("{key} is not the key of {certificate}"))
                .hint("both must come from the same login or the same file"));
        }
        Ok(())
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A field with its file for messages.
fn place(field: &str, file: Option<&Path>) -> String {
    file.map_or_else(|| format!("{field}-data"), |path| format!("the {field} {}", path.display()))
}

/// Reads a file that a field or the flag of the same name names.
pub(super) fn read(field: &str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        let flag = if field == "tokenFile" { "--token".to_owned() } else { format!("--{field}") };
        let error =
            Error::usage(format!("cannot read {}, the {field} of the kubeconfig: {why}", path.display()));
        let error = error.hint(format!("fix the path or the file's permissions, or use {flag}"));
        if path.components().any(|part| part.as_os_str() == "~") {
            return error.hint("`~` has no meaning in a kubeconfig: write the whole path");
        }
        error
    })
}
