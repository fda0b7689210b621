//! SSH key pairs as a cluster's Secret holds them.

use std::path::Path;

use crate::commands::secret_manifest::{SecretManifest, StoredSecret};
use crate::error::{Error, Result};
use crate::git::{Algorithm, KeyError, KeyFile, PrivateKey};
use crate::secret::Secret;

/// SSH key pair.
#[derive(Clone)]
pub struct KeyPair {
    /// Private key, PEM or OpenSSH.
    pub private: Secret,
    /// Line for a deploy key or `authorized_keys`, with a line feed.
    pub public: String,
    /// Passphrase of the private key; empty for none.
    pub passphrase: Secret,
}

impl KeyPair {
    /// Creates a key pair.
    pub fn generate(algorithm: Algorithm) -> Result<Self> {
        let failed = |error: KeyError| Error::failed(format!("failed to create an SSH key: {error}"));
        let key = PrivateKey::generate(algorithm).map_err(failed)?;
        Self::new(key.to_pem().map_err(failed)?, Secret::default(), &key)
    }

    fn new(private: Secret, passphrase: Secret, key: &PrivateKey) -> Result<Self> {
        let public = key.public_line().map_err(|error| Error::failed(error.to_string()))?;
        Ok(Self { private, public, passphrase })
    }

    /// Returns the key pair of a Secret as it is, even if this program cannot read the private key.
    pub fn stored(secret: &StoredSecret) -> Option<Self> {
        let (private, public) = (secret.text("identity")?, secret.text("identity.pub")?);
        let passphrase = Secret::new(secret.text("password").unwrap_or_default());
        Some(Self { private: Secret::new(private), public: public.to_owned(), passphrase })
    }

    /// Returns the key pair of a Secret; `None` if this program cannot read the private key.
    pub fn usable(secret: &StoredSecret) -> Option<Self> {
        let private = Secret::new(secret.text("identity")?);
        let passphrase = Secret::new(secret.text("password").unwrap_or_default());
        let file = KeyFile::read(private.expose().as_bytes()).ok()?;
        // A password beside a key that needs none is some other credential.
        let passphrase = if file.is_encrypted() { passphrase } else { Secret::default() };
        let key = file.open(&passphrase).ok()?;
        Self::new(private, passphrase, &key).ok()
    }

    /// Decrypts the private key.
    pub fn open(&self) -> Result<PrivateKey> {
        PrivateKey::parse(self.private.expose().as_bytes(), &self.passphrase)
            .map_err(|error| Error::failed(format!("failed to open the SSH key: {error}")))
    }

    /// Adds the key pair and the server's host keys to a Secret.
    pub fn store(self, secret: SecretManifest, known_hosts: String) -> SecretManifest {
        let secret = secret
            .with_secret("identity", self.private)
            .with("identity.pub", self.public)
            .with("known_hosts", known_hosts);
        if self.passphrase.is_empty() { secret } else { secret.with_secret("password", self.passphrase) }
    }
}

/// File with a private key, not yet decrypted.
pub struct KeyPairFile {
    file: KeyFile,
    /// The file's path and the flag that names it.
    shown: String,
}

impl KeyPairFile {
    /// Reads the file of `flag`, whose content is `bytes`.
    pub fn read(flag: &str, path: &Path, bytes: &[u8]) -> Result<Self> {
        let shown = format!("{} ({flag})", path.display());
        match KeyFile::read(bytes) {
            Ok(file) => Ok(Self { file, shown }),
            Err(error) => Err(unusable(&shown, &error, None)),
        }
    }

    /// Whether the private key is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.file.is_encrypted()
    }

    /// Reason why Flux's controllers cannot read the key, for a message.
    pub fn obstacle(&self) -> Option<String> {
        self.file.obstacle().map(|obstacle| format!("{}: {obstacle}", self.shown))
    }

    /// Decrypts the key. `flag` is the one that takes the passphrase, if the command has such a flag.
    pub fn open(self, passphrase: Secret, flag: Option<&str>) -> Result<KeyPair> {
        let key = self.file.open(&passphrase).map_err(|error| unusable(&self.shown, &error, flag))?;
        KeyPair::new(Secret::new(self.file.text()), passphrase, &key)
    }
}

fn unusable(shown: &str, error: &KeyError, flag: Option<&str>) -> Error {
    Error::usage(format!("{shown}: {error}")).hint(passphrase_hint(error, flag))
}

/// What to do about a key that cannot be opened. `flag` is the one that takes its passphrase, if the command has such
/// a flag.
pub fn passphrase_hint(error: &KeyError, flag: Option<&str>) -> String {
    match (error, flag) {
        (KeyError::PassphraseNeeded, Some(flag)) => format!("set its passphrase with {flag}"),
        (KeyError::WrongPassphrase, Some(flag)) => format!("check the passphrase of {flag}"),
        (KeyError::PassphraseNeeded | KeyError::WrongPassphrase, None) => {
            "this command does not support passphrases: use a key without one (`ssh-keygen -p -f COPY` \
            removes it from a copy), or omit the flag to create a key"
                .into()
        }
        (other, _) => other.next_step().unwrap_or_default().to_owned(),
    }
}
