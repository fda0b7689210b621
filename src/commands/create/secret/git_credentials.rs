//! Credentials of a Git repository, and the Secret from which source-controller reads them.

use std::path::Path;
use std::time::{Duration, Instant};

use url::Url;

use super::{Login, manifest, read_certificate};
use crate::args::ssh_key::SshKeyArgs;
use crate::commands::create::Target;
use crate::commands::secret_manifest::{SecretManifest, StoredSecret};
use crate::commands::ssh::{self, KeyPair, KeyPairFile};
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::git::{Address, Auth, known_hosts_text};
use crate::secret::Secret;
use crate::user_file;

/// Keys of the Secret: source-controller's, and flux's public key.
const KEYS: &[&str] =
    &["bearerToken", "ca.crt", "identity", "identity.pub", "known_hosts", "password", "username"];

/// Credentials for a Git server.
pub struct GitCredentials {
    login: SignIn,
    /// Certificates in PEM.
    ca: Option<String>,
}

enum SignIn {
    Nothing,
    Basic { username: String, password: Secret },
    Bearer(Secret),
    Ssh { address: Address, key: Box<KeyPair> },
}

impl GitCredentials {
    /// Reads the flags and the files that they name. Creates an SSH key if none is given.
    pub fn of_flags(
        context: &Context,
        address: &Url,
        login: Login,
        bearer: Option<Secret>,
        ca: Option<(&str, &Path)>,
        key_file: Option<&Path>,
        key: &SshKeyArgs,
    ) -> Result<Self> {
        if address.scheme() == "ssh" {
            if bearer.is_some() || ca.is_some() {
                return Err(Error::usage("bearer tokens and CA certificates do not apply to Git over SSH")
                    .hint("omit the flag, or use an https:// URL"));
            }
            let address =
                Address::parse(address.as_str()).map_err(|error| Error::usage(error.to_string()))?;
            let key = Box::new(key_pair(context, login, key_file, key)?);
            return Ok(GitCredentials { login: SignIn::Ssh { address, key }, ca: None });
        }
        if bearer.is_some() && login.is_given() {
            return Err(Error::usage("user credentials and bearer token cannot be used together")
                .hint("use either --username and --password, or --bearer-token"));
        }
        let login = match (bearer, login.complete(context)?) {
            (Some(token), _) => SignIn::Bearer(token),
            (None, Some((username, password))) => SignIn::Basic { username, password },
            (None, None) => SignIn::Nothing,
        };
        let ca = ca.map(|(flag, path)| read_certificate(context.ui.input(), flag, path)).transpose()?;
        Ok(GitCredentials { login, ca })
    }

    /// Refuses missing credentials.
    pub fn required(self) -> Result<Self> {
        match self.login {
            SignIn::Nothing => Err(Error::usage(
                "for Git over HTTP/S the username and password, or a bearer token is required",
            )
            .hint("add --username and --password, or --bearer-token")),
            _ => Ok(self),
        }
    }

    /// Whether there are neither credentials nor certificates.
    pub fn is_empty(&self) -> bool {
        matches!(self.login, SignIn::Nothing) && self.ca.is_none()
    }

    /// Whether they are for SSH.
    pub fn is_ssh(&self) -> bool {
        matches!(self.login, SignIn::Ssh { .. })
    }

    /// Keeps the key of an existing Secret instead of a new one: the server may know it already. Returns whether the
    /// Secret has a key.
    pub async fn keep_key(&mut self, context: &Context, target: &Target) -> Result<bool> {
        let SignIn::Ssh { key, .. } = &mut self.login else { return Ok(false) };
        let stored = StoredSecret::find(context.cluster().await?, &target.namespace, &target.name).await?;
        let Some(stored) = stored.as_ref().and_then(KeyPair::stored) else { return Ok(false) };
        **key = stored;
        Ok(true)
    }

    /// Creates the Secret. For SSH, all host keys of the server are read.
    pub async fn into_secret(self, environment: &Environment, target: &Target) -> Result<SecretManifest> {
        let mut secret = manifest(target, None, KEYS);
        if let Some(ca) = self.ca {
            secret = secret.with("ca.crt", ca);
        }
        Ok(match self.login {
            SignIn::Nothing => secret,
            SignIn::Basic { username, password } => {
                secret.with("username", username).with_secret("password", password)
            }
            SignIn::Bearer(token) => secret.with_secret("bearerToken", token),
            SignIn::Ssh { address, key } => {
                let known_hosts = scan(environment, address).await?;
                key.store(secret, known_hosts)
            }
        })
    }
}

/// Returns the public key to add to the repository, of a Secret for SSH.
pub fn deploy_key(secret: &SecretManifest) -> Option<&str> {
    secret.value("identity.pub").map(str::trim_end)
}

/// Returns the server's host keys, of a Secret for SSH.
pub fn known_hosts(secret: &SecretManifest) -> Option<&str> {
    secret.value("known_hosts")
}

/// Reads the key of `--private-key-file`, or creates one.
fn key_pair(context: &Context, login: Login, path: Option<&Path>, args: &SshKeyArgs) -> Result<KeyPair> {
    if login.username.is_some_and(|name| !name.is_empty()) {
        context.ui.warning("--username does not apply to Git over SSH: the user is part of the URL");
    }
    let passphrase = login.password.unwrap_or_default();
    let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) else {
        return Ok(KeyPair { passphrase, ..KeyPair::generate(args.algorithm())? });
    };
    let file = KeyPairFile::read(
        "--private-key-file",
        path,
        &user_file::read(context.ui.input(), path, "private key", "--private-key-file")?,
    )?;
    let passphrase = if file.is_encrypted() && passphrase.is_empty() && context.ui.is_interactive() {
        context.ui.secret(&format!("Passphrase of {}", path.display()))?.unwrap_or_default()
    } else {
        passphrase
    };
    if let Some(obstacle) = file.obstacle() {
        context.ui.warning(obstacle);
    }
    file.open(passphrase, Some("--password"))
}

/// Timeout for reading all host keys of a server.
const SCAN: Duration = Duration::from_secs(30);

/// Reads all host keys of the server, as lines of `known_hosts`.
async fn scan(environment: &Environment, address: Address) -> Result<String> {
    let mut remote = environment.remote(address.clone(), Auth::Anonymous);
    remote.patience.deadline = Some(Instant::now() + SCAN);
    let keys = ssh::scan(remote).await.map_err(|error| {
        error.hint(
            "check the host and port of the URL, and that this machine can reach \
            it",
        )
    })?;
    Ok(known_hosts_text(&keys, address.host(), address.port()))
}
