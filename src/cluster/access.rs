//! Settings of a connection, after kubeconfig and flags are resolved and their files are read.

use std::path::Path;

use http::{HeaderMap, Uri};

use super::credentials::Source;
use super::headers::impersonation;
use super::kubeconfig::{Resolved, UserEntry};
use super::server::Server;
use super::{Options, ProxyUrl};
use crate::error::{Error, Result};
use crate::net::NetworkSettings;
use crate::user_file;

/// Address, trust, credentials and proxy of an API server.
pub(super) struct Access {
    /// Scheme, host, port and, if needed, the path before `/api`.
    pub server: Uri,
    /// How the server is authenticated; unused over plain HTTP.
    pub trust: Trust,
    /// Client certificate of the kubeconfig; none over plain HTTP.
    pub identity: Option<Identity>,
    /// Proxy through which the server is reached.
    pub proxy: Option<ProxyUrl>,
    /// Proxies of the environment, for other servers than the API server.
    pub network: NetworkSettings,
    /// Whether answers are not compressed.
    pub disable_compression: bool,
    /// Source of the `Authorization` header.
    pub source: Source,
    /// Impersonation headers of every request.
    pub headers: HeaderMap,
    /// Problems with the settings that do not prevent a connection.
    pub warnings: Vec<String>,
    /// Whether credentials are not sent, because the server is reached over plain HTTP.
    pub withheld: bool,
}

/// How the server is authenticated.
#[derive(Default, Clone)]
pub(super) struct Trust {
    /// Certificate authorities, in PEM; none means those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Name in the certificate, if it is not the server's host.
    pub server_name: Option<String>,
    /// Whether any certificate is accepted.
    pub insecure: bool,
}

/// A client certificate and its key, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
}

impl Access {
    pub fn new(resolved: &Resolved, options: &Options) -> Result<Self> {
        let server = Server::parse(resolved.cluster.server.as_deref().unwrap_or_default())?;
        let mut access = Access {
            trust: Trust::default(),
            identity: None,
            proxy: None,
            network: options.network.clone(),
            disable_compression: resolved.cluster.disable_compression,
            source: Source::None,
            headers: impersonation(&resolved.user)?,
            warnings: Vec::new(),
            withheld: false,
            server: server.uri.clone(),
        };
        access.choose_proxy(resolved, options)?;
        if !server.is_secure() {
            access.withhold(&server, &resolved.user);
            return Ok(access);
        }
        access.trust = trust(resolved)?;
        access.identity = identity(resolved)?;
        access.source = Source::new(resolved, &access, server.login, options)?;
        Ok(access)
    }

    /// Chooses the proxy of the cluster's entry or, if that has none, of the environment.
    fn choose_proxy(&mut self, resolved: &Resolved, options: &Options) -> Result<()> {
        if resolved.cluster.proxy.is_some() {
            self.proxy.clone_from(&resolved.cluster.proxy);
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

    /// Sends no credentials over plain HTTP, as client-go does.
    fn withhold(&mut self, server: &Server, user: &UserEntry) {
        self.withheld = user.has_credentials() || server.login.is_some();
        let uri = self.shown_server();
        if self.withheld {
            let why = if server.guessed { ", because its address has no scheme" } else { "" };
            self.warnings.push(format!(
                "{uri} uses plain HTTP{why}: credentials are not sent; use https:// in the server address \
                to send them"
            ));
        }
    }

    /// Returns the server's address for messages.
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

fn trust(resolved: &Resolved) -> Result<Trust> {
    let cluster = &resolved.cluster;
    let file = cluster.certificate_authority.as_deref();
    if cluster.insecure && (file.is_some() || cluster.certificate_authority_data.is_some()) {
        return Err(Error::usage(
            "the cluster has both a certificate authority and insecure-skip-tls-verify: only one of them can be used",
        )
        .hint("remove insecure-skip-tls-verify from the kubeconfig, or set --certificate-authority"));
    }
    let authorities = match (&cluster.certificate_authority_data, file) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(path)) => Some(read("certificate-authority", path)?),
        (None, None) => None,
    };
    if authorities.as_ref().is_some_and(|pem| !holds(pem, b"-----BEGIN CERTIFICATE-----")) {
        let place = place("certificate-authority", file);
        return Err(Error::usage(format!("{place} contains no certificate in PEM format"))
            .hint("a PEM certificate begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(Trust { authorities, server_name: cluster.tls_server_name.clone(), insecure: cluster.insecure })
}

fn identity(resolved: &Resolved) -> Result<Option<Identity>> {
    let user = &resolved.user;
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
        &format!("{} of {}", place("client-certificate", certificate_file), resolved.user_label()),
        &format!("{} of {}", place("client-key", key_file), resolved.user_label()),
        key_file,
    )?;
    Ok(Some(identity))
}

impl Identity {
    /// Checks that this is a certificate and its key. The names are used in messages.
    pub fn check(&self, certificate: &str, key: &str, key_file: Option<&Path>) -> Result<()> {
        if holds(&self.key, b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || holds(&self.key, b"Proc-Type: 4,ENCRYPTED")
        {
            let error = Error::usage(format!("{key} is encrypted with a passphrase, which is not supported"));
            return Err(match key_file {
                Some(path) => {
                    let path = path.display();
                    error.hint(format!(
                        "decrypt it: (umask 077; openssl pkey -in '{path}' -out '{path}.decrypted'), and use that with client-key in the kubeconfig or --client-key"
                    ))
                }
                None => error.hint(
                    "write it to a file, decrypt it: (umask 077; openssl pkey -in FILE -out FILE.decrypted), and use that with --client-key",
                ),
            });
        }
        if !holds(&self.certificate, b"-----BEGIN CERTIFICATE-----") {
            return Err(Error::usage(format!("{certificate} contains no certificate in PEM format"))
                .hint("a PEM certificate begins with -----BEGIN CERTIFICATE-----"));
        }
        if !holds(&self.key, b"PRIVATE KEY-----") {
            return Err(Error::usage(format!("{key} contains no private key in PEM format")).hint(
                "a PEM key begins with -----BEGIN PRIVATE KEY-----, -----BEGIN RSA PRIVATE KEY----- or \
                -----BEGIN EC PRIVATE KEY-----",
            ));
        }
        let public = openssl::x509::X509::from_pem(&self.certificate).and_then(|it| it.public_key());
        let private = openssl::pkey::PKey::private_key_from_pem_callback(&self.key, |_| Ok(0));
        if let (Ok(public), Ok(private)) = (public, private)
            && !private.public_eq(&public)
        {
            return Err(Error::usage(format!("{key} does not match {certificate}"))
                .hint("use a certificate and a key that were issued together"));
        }
        Ok(())
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Names a field and its file in messages.
fn place(field: &str, file: Option<&Path>) -> String {
    file.map_or_else(|| format!("{field}-data"), |path| format!("the {field} {}", path.display()))
}

/// Reads a file that a field of the kubeconfig, or the flag of the same name, names.
pub(super) fn read(field: &str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let why = user_file::reason(&error);
        let flag = if field == "tokenFile" { "--token".to_owned() } else { format!("--{field}") };
        let error =
            Error::usage(format!("cannot read {}, the {field} of the kubeconfig: {why}", path.display()));
        let error = error.hint(format!("fix the path or the file's permissions, or use {flag}"));
        if path.components().any(|part| part.as_os_str() == "~") {
            return error.hint("`~` is not expanded in a kubeconfig: write the full path");
        }
        error
    })
}
