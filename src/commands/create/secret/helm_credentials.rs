//! The credentials of a chart repository, and the Secret that source-controller reads them from.

use std::path::{Path, PathBuf};

use clap::Args;
use openssl::pkey::PKey;
use openssl::x509::X509;

use super::{Login, manifest, read_certificate};
use crate::commands::create::Target;
use crate::commands::secret_manifest::SecretManifest;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::Input;
use crate::pem::{self, Block};
use crate::secret::Secret;
use crate::user_file;

/// The keys of such a Secret.
const KEYS: &[&str] = &["ca.crt", "password", "tls.crt", "tls.key", "username"];

/// A file that a flag names: the flag and the path.
pub type FlagFile<'a> = (&'a str, Option<&'a Path>);

/// The flags that name certificates of a Secret.
#[derive(Args)]
pub struct CertificateFiles {
    /// File with a client certificate; needs --tls-key-file
    #[arg(long = "tls-crt-file", value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// File with the key of the client certificate
    #[arg(long = "tls-key-file", value_name = "FILE")]
    key: Option<PathBuf>,
    /// File with the CA certificate of the server
    #[arg(long = "ca-crt-file", value_name = "FILE")]
    authority: Option<PathBuf>,
}

impl CertificateFiles {
    /// Reads the files, as [`Certificates::read`] does.
    pub fn read(&self, input: &Input) -> Result<Certificates> {
        Certificates::read(
            input,
            ("--tls-crt-file", self.certificate.as_deref()),
            ("--tls-key-file", self.key.as_deref()),
            ("--ca-crt-file", self.authority.as_deref()),
        )
    }
}

/// Certificates in PEM.
#[derive(Default)]
pub struct Certificates {
    /// Client certificate and key.
    pair: Option<(String, Secret)>,
    ca: Option<String>,
}

impl Certificates {
    /// Reads the files, and checks that certificate and key belong together.
    pub fn read(
        input: &Input,
        certificate: FlagFile<'_>,
        key: FlagFile<'_>,
        ca: FlagFile<'_>,
    ) -> Result<Self> {
        let given = |(flag, path): FlagFile<'_>| -> Option<(String, PathBuf)> {
            let path = path.filter(|path| !path.as_os_str().is_empty())?;
            Some((flag.to_owned(), path.to_owned()))
        };
        let pair = match (given(certificate), given(key)) {
            (None, None) => None,
            (Some((flag, path)), Some((key_flag, key_path))) => {
                let certificate = user_file::read_text(input, &path, "certificate", &flag)?;
                let key = user_file::read_text(input, &key_path, "private key", &key_flag)?;
                check_pair(&certificate, &key)?;
                Some((certificate, Secret::new(key)))
            }
            _ => {
                return Err(Error::usage(format!("{} and {} must be used together", certificate.0, key.0))
                    .hint("use both flags or neither"));
            }
        };
        let ca = given(ca).map(|(flag, path)| read_certificate(input, &flag, &path)).transpose()?;
        Ok(Certificates { pair, ca })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pair.is_none() && self.ca.is_none()
    }

    /// A Secret with nothing else: of Kubernetes' type for TLS where there is a client certificate.
    pub fn into_secret(self, target: &Target) -> SecretManifest {
        let kind = if self.pair.is_some() { "kubernetes.io/tls" } else { "Opaque" };
        let mut secret = manifest(target, Some(kind), KEYS);
        if let Some((certificate, key)) = self.pair {
            secret = secret.with("tls.crt", certificate).with_secret("tls.key", key);
        }
        match self.ca {
            Some(ca) => secret.with("ca.crt", ca),
            None => secret,
        }
    }
}

/// Refuses a certificate that is none, and a key that is not the certificate's.
fn check_pair(certificate: &str, key: &str) -> Result<()> {
    let wrong = |problem: String| {
        Error::usage(format!("invalid TLS certificate and key pair: {problem}"))
            .hint("use a certificate and its private key, both in PEM format")
    };
    if let Some(what) = pem::not_a_certificate(certificate.as_bytes()) {
        return Err(wrong(format!("the certificate cannot be read: {what}")));
    }
    let certificate = pem::blocks(certificate.as_bytes()).into_iter().find(Block::is_certificate);
    let certificate = certificate
        .and_then(|block| X509::from_der(&block.content).ok())
        .ok_or_else(|| wrong("the certificate cannot be read: it is damaged".into()))?;
    let key = pem::blocks(key.as_bytes()).into_iter().find(Block::is_private_key);
    let key = key.ok_or_else(|| wrong("the private key file contains no private key".into()))?;
    if key.label == "ENCRYPTED PRIVATE KEY" || key.headers.iter().any(|header| header.contains("ENCRYPTED")) {
        return Err(wrong("the private key is encrypted, and the controllers cannot decrypt it".into()));
    }
    if key.label == "OPENSSH PRIVATE KEY" {
        return Err(wrong("the private key is an SSH key".into()));
    }
    let key = PKey::private_key_from_pem_passphrase(key.to_text().as_bytes(), b"")
        .map_err(|_| wrong("the private key cannot be read: it is damaged".into()))?;
    let public = certificate.public_key().map_err(|error| wrong(error.to_string()))?;
    if public.public_eq(&key) { Ok(()) } else { Err(wrong("the key does not match the certificate".into())) }
}

/// How to sign in at a chart repository.
pub enum HelmCredentials {
    /// User and password, over certificates of that authority.
    Basic {
        /// The user.
        username: String,
        /// The password.
        password: Secret,
        /// Certificates in PEM.
        ca: Option<String>,
    },
    /// A client certificate or an authority, or nothing at all.
    Certificates(Certificates),
}

impl HelmCredentials {
    /// A client certificate goes before user and password, as in flux; both at once are refused, since
    /// one would be left out without a word.
    pub fn of_flags(context: &Context, login: Login, certificates: Certificates) -> Result<Self> {
        let Some((username, password)) = login.complete(context)? else {
            return Ok(HelmCredentials::Certificates(certificates));
        };
        if certificates.pair.is_some() {
            return Err(Error::usage(
                "a client certificate and --username with --password cannot be used together",
            )
            .hint("omit one of them"));
        }
        Ok(HelmCredentials::Basic { username, password, ca: certificates.ca })
    }

    /// The Secret; none where there is nothing to sign in with.
    pub fn into_secret(self, target: &Target) -> Option<SecretManifest> {
        match self {
            HelmCredentials::Basic { username, password, ca } => {
                let secret = manifest(target, Some("kubernetes.io/basic-auth"), KEYS)
                    .with("username", username)
                    .with_secret("password", password);
                Some(match ca {
                    Some(ca) => secret.with("ca.crt", ca),
                    None => secret,
                })
            }
            HelmCredentials::Certificates(certificates) if certificates.is_empty() => None,
            HelmCredentials::Certificates(certificates) => Some(certificates.into_secret(target)),
        }
    }
}
