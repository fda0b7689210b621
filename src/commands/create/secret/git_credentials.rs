//! The credentials of a Git repository, and the Secret that source-controller reads them from.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use clap::Args;
use url::Url;

use super::{Login, Secret, read_certificate};
use crate::cluster::Resource;
use crate::commands::create::{Target, read_file};
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::git::{self, Address, Algorithm, Auth, Curve, KeyError, KeyFile, PrivateKey, Remote};

/// The keys of such a Secret (source-controller's, and flux's public key beside them).
const KEYS: &[&str] =
    &["bearerToken", "ca.crt", "identity", "identity.pub", "known_hosts", "password", "username"];

/// How the key of an SSH repository is made, as flags.
#[derive(Args)]
pub struct KeyFlags {
    /// A file with the private key for SSH; its passphrase is --password. One is made otherwise
    #[arg(long, value_name = "FILE")]
    private_key_file: Option<PathBuf>,
    /// What key to make for SSH: rsa, ecdsa or ed25519
    #[arg(long, value_name = "NAME", default_value = "ecdsa")]
    ssh_key_algorithm: KeyAlgorithm,
    /// The curve of an ECDSA key: p256, p384 or p521
    #[arg(long, value_name = "NAME", default_value = "p384", value_parser = curve)]
    ssh_ecdsa_curve: Curve,
    /// The size of an RSA key, in bits
    #[arg(long, value_name = "BITS", default_value = "2048", value_parser = rsa_bits)]
    ssh_rsa_bits: u32,
}

#[derive(Debug, Clone, Copy)]
enum KeyAlgorithm {
    Rsa,
    Ecdsa,
    Ed25519,
}

impl FromStr for KeyAlgorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rsa" => Ok(Self::Rsa),
            "ecdsa" => Ok(Self::Ecdsa),
            "ed25519" => Ok(Self::Ed25519),
            _ => {
                Err(format!("unsupported public key algorithm '{text}', must be one of: rsa, ecdsa, ed25519"))
            }
        }
    }
}

fn curve(text: &str) -> Result<Curve, String> {
    match text {
        "p256" => Ok(Curve::P256),
        "p384" => Ok(Curve::P384),
        "p521" => Ok(Curve::P521),
        _ => Err(format!("unsupported curve '{text}', must be one of: p256, p384, p521")),
    }
}

fn rsa_bits(text: &str) -> Result<u32, String> {
    let bits: u32 = text.parse().map_err(|_| format!("expected a number of bits, not {text:?}"))?;
    match bits {
        0..1024 => Err("RSA key bit size must be at least 1024".into()),
        16_385.. => Err("RSA key bit size must be at most 16384".into()),
        _ if !bits.is_multiple_of(8) => Err("RSA key bit size must be a multiple of 8".into()),
        _ => Ok(bits),
    }
}

impl KeyFlags {
    /// Whether the user brings a key.
    pub fn is_given(&self) -> bool {
        self.private_key_file.as_deref().is_some_and(|path| !path.as_os_str().is_empty())
    }

    fn algorithm(&self) -> Algorithm {
        match self.ssh_key_algorithm {
            KeyAlgorithm::Rsa => Algorithm::Rsa(self.ssh_rsa_bits),
            KeyAlgorithm::Ecdsa => Algorithm::Ecdsa(self.ssh_ecdsa_curve),
            KeyAlgorithm::Ed25519 => Algorithm::Ed25519,
        }
    }
}

/// How to sign in at a Git server.
pub struct GitCredentials {
    login: SignIn,
    /// Certificates in PEM.
    ca: Option<String>,
}

enum SignIn {
    Nothing,
    Basic { username: String, password: String },
    Bearer(String),
    Ssh { address: Address, key: SshKey },
}

/// A private key as it goes into the Secret.
struct SshKey {
    /// PEM or OpenSSH.
    private: String,
    public: String,
    passphrase: Option<String>,
}

impl GitCredentials {
    /// Reads the flags and the files that they name; makes an SSH key where none is given.
    pub fn of_flags(
        context: &Context,
        address: &Url,
        login: Login,
        bearer: Option<String>,
        ca: Option<(&str, &Path)>,
        key: &KeyFlags,
    ) -> Result<Self> {
        if address.scheme() == "ssh" {
            if bearer.is_some() || ca.is_some() {
                return Err(Error::usage(
                    "bearer tokens and certificate authorities do not apply to Git over SSH",
                )
                .hint("leave the flag out, or use an https:// URL"));
            }
            let address =
                Address::parse(address.as_str()).map_err(|error| Error::usage(error.to_string()))?;
            let key = SshKey::of_flags(context, login, key)?;
            return Ok(GitCredentials { login: SignIn::Ssh { address, key }, ca: None });
        }
        if bearer.is_some() && login.is_given() {
            return Err(Error::usage("user credentials and bearer token cannot be used together")
                .hint("give either --username and --password, or --bearer-token"));
        }
        let login = match (bearer, login.complete(context)?) {
            (Some(token), _) => SignIn::Bearer(token),
            (None, Some((username, password))) => SignIn::Basic { username, password },
            (None, None) => SignIn::Nothing,
        };
        let ca = ca.map(|(flag, path)| read_certificate(flag, path)).transpose()?;
        Ok(GitCredentials { login, ca })
    }

    /// Refuses when there is nothing to sign in with.
    pub fn required(self) -> Result<Self> {
        match self.login {
            SignIn::Nothing => Err(Error::usage(
                "for Git over HTTP/S the username and password, or a bearer token is required",
            )
            .hint("give --username and --password, or --bearer-token")),
            _ => Ok(self),
        }
    }

    /// Whether a Secret would hold anything.
    pub fn is_empty(&self) -> bool {
        matches!(self.login, SignIn::Nothing) && self.ca.is_none()
    }

    /// Whether these are for SSH.
    pub fn is_ssh(&self) -> bool {
        matches!(self.login, SignIn::Ssh { .. })
    }

    /// Takes the key of the Secret of this name, if it has one, in the place of one that was made: the
    /// server may know it already. Says whether it did.
    pub async fn keep_key(&mut self, context: &Context, target: &Target) -> Result<bool> {
        let SignIn::Ssh { key, .. } = &mut self.login else { return Ok(false) };
        let resource = Resource::built_in("Secret").expect("Secrets are in the table of built-in kinds");
        let cluster = context.cluster().await?;
        let Some(secret) = cluster.find(&resource, Some(&target.namespace), &target.name).await? else {
            return Ok(false);
        };
        let value = |name: &str| {
            let encoded = secret["data"][name].as_str()?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
            String::from_utf8(bytes).ok().filter(|value| !value.is_empty())
        };
        let (Some(private), Some(public)) = (value("identity"), value("identity.pub")) else {
            return Ok(false);
        };
        *key = SshKey { private, public, passphrase: value("password") };
        Ok(true)
    }

    /// The Secret. For SSH the server is asked for all its host keys.
    pub async fn into_secret(self, target: &Target) -> Result<Secret> {
        let mut secret = Secret::new(target, None, KEYS);
        if let Some(ca) = self.ca {
            secret = secret.with("ca.crt", ca);
        }
        Ok(match self.login {
            SignIn::Nothing => secret,
            SignIn::Basic { username, password } => {
                secret.with("username", username).with("password", password)
            }
            SignIn::Bearer(token) => secret.with("bearerToken", token),
            SignIn::Ssh { address, key } => {
                let known_hosts = scan(address).await?;
                secret = secret
                    .with("identity", key.private)
                    .with("identity.pub", key.public)
                    .with("known_hosts", known_hosts);
                match key.passphrase {
                    Some(passphrase) => secret.with("password", passphrase),
                    None => secret,
                }
            }
        })
    }
}

impl Secret {
    /// The public key to add to the repository, of a Secret for SSH.
    pub fn deploy_key(&self) -> Option<&str> {
        self.data.get("identity.pub").map(|key| key.trim_end())
    }

    /// The server's host keys, of a Secret for SSH.
    pub fn known_hosts(&self) -> Option<&str> {
        self.data.get("known_hosts").map(String::as_str)
    }
}

impl SshKey {
    fn of_flags(context: &Context, login: Login, flags: &KeyFlags) -> Result<Self> {
        if login.username.is_some_and(|name| !name.is_empty()) {
            context.ui.warning("--username does not apply to Git over SSH: the user is part of the URL");
        }
        let passphrase = login.password.filter(|password| !password.is_empty());
        let Some(path) = flags.private_key_file.as_deref().filter(|path| !path.as_os_str().is_empty()) else {
            let key = PrivateKey::generate(flags.algorithm()).map_err(|error| key_error(&error))?;
            let (private, public) = (
                key.to_pem().map_err(|error| key_error(&error))?,
                key.public_line().map_err(|error| key_error(&error))?,
            );
            return Ok(SshKey { private, public, passphrase });
        };
        let shown = format!("{} (--private-key-file)", path.display());
        let file = KeyFile::read(&read_file("--private-key-file", path)?)
            .map_err(|error| key_error(&error).context(&shown))?;
        let read = |passphrase: Option<&str>| file.open(&git::Secret::new(passphrase.unwrap_or_default()));
        let (key, passphrase) = match read(passphrase.as_deref()) {
            Err(KeyError::PassphraseNeeded) if context.ui.is_interactive() => {
                let asked = context.ui.secret(&format!("Passphrase of {}", path.display()))?;
                (read(asked.as_deref()), asked)
            }
            outcome => (outcome, passphrase),
        };
        let key = key.map_err(|error| key_error(&error).context(&shown))?;
        if let Some(obstacle) = file.obstacle() {
            context.ui.warning(obstacle);
        }
        let public = key.public_line().map_err(|error| key_error(&error))?;
        Ok(SshKey { private: file.text().to_owned(), public, passphrase })
    }
}

fn key_error(error: &KeyError) -> Error {
    let found = Error::usage(error.to_string());
    match error {
        KeyError::PassphraseNeeded | KeyError::WrongPassphrase => {
            found.hint("give the key's passphrase by --password")
        }
        other => other.next_step().into_iter().fold(found, Error::hint),
    }
}

/// How long the server may take to show all its host keys.
const SCAN: Duration = Duration::from_secs(30);

/// All host keys of the server, as lines of known_hosts.
async fn scan(address: Address) -> Result<String> {
    let mut remote = Remote::new(address, Auth::Anonymous);
    remote.proxy = Environment::git_proxies();
    remote.patience.deadline = Some(Instant::now() + SCAN);
    let scanned = tokio::task::spawn_blocking(move || {
        let keys = git::scan_host_keys(&remote, &[])?;
        Ok::<_, git::Error>(git::known_hosts_text(&keys, remote.address.host(), remote.address.port()))
    });
    let scanned =
        scanned.await.map_err(|error| Error::failed(format!("the scan of host keys ended: {error}")))?;
    scanned.map_err(|error| {
        let host = error.to_string();
        Error::new(Kind::Unreachable, format!("cannot read the SSH server's host keys: {host}"))
            .hint("check the URL's host and port, and that this machine reaches it")
    })
}
