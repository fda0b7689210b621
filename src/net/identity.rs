//! Client certificates.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use crate::pem::{self, Block};

/// Client certificate with its chain and private key.
#[derive(Clone)]
pub struct Identity {
    pub(super) certificate: X509,
    pub(super) chain: Vec<X509>,
    pub(super) key: PKey<Private>,
}

impl std::fmt::Debug for Identity {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// Reasons why a client certificate cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No certificate.
    #[error("the client certificate has no certificate in PEM format")]
    NoCertificate,
    /// A key instead of a certificate.
    #[error("the client certificate is a private key")]
    KeyAsCertificate,
    /// No key.
    #[error("the client key has no private key in PEM format")]
    NoKey,
    /// A certificate instead of a key.
    #[error("the client key is a certificate")]
    CertificateAsKey,
    /// A key with a passphrase.
    #[error("the client key is encrypted with a passphrase")]
    Encrypted,
    /// A key that cannot be parsed.
    #[error(
        "the client key cannot be read: it is damaged, or neither RSA nor P-224, P-256, P-384, P-521 or Ed25519"
    )]
    UnknownKey,
    /// A key of another certificate.
    #[error("the client key does not match the client certificate")]
    Mismatch,
}

impl Unusable {
    /// Returns what the user can do about it.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::KeyAsCertificate | Self::CertificateAsKey => {
                "check whether client-certificate and client-key are swapped"
            }
            Self::Encrypted => {
                "decrypt it (openssl pkey -in KEY -out KEY.plain) and keep the result where only you can read it"
            }
            Self::NoCertificate => "use a file that begins with -----BEGIN CERTIFICATE-----",
            Self::NoKey | Self::UnknownKey => {
                "it begins with -----BEGIN PRIVATE KEY-----, -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----"
            }
            Self::Mismatch => {
                "use the key that the certificate was issued for; a renewed certificate often has a new key"
            }
        }
    }
}

impl Identity {
    /// Parses PEM texts: the certificate followed by its intermediates, and the private key.
    pub fn read(certificates: &[u8], key: &[u8]) -> Result<Identity, Unusable> {
        let (certificates, others): (Vec<Block>, Vec<Block>) =
            pem::blocks(certificates).into_iter().partition(Block::is_certificate);
        let mut certificates = certificates.iter().map(|block| X509::from_der(&block.content));
        let Some(Ok(certificate)) = certificates.next() else {
            return Err(if others.iter().any(Block::is_private_key) {
                Unusable::KeyAsCertificate
            } else {
                Unusable::NoCertificate
            });
        };
        let chain = certificates.collect::<Result<_, _>>().map_err(|_| Unusable::NoCertificate)?;
        let key = private_key(key)?;
        let own = certificate.public_key().map_err(|_| Unusable::UnknownKey)?;
        if !own.public_eq(&key) {
            return Err(Unusable::Mismatch);
        }
        Ok(Identity { certificate, chain, key })
    }
}

fn private_key(text: &[u8]) -> Result<PKey<Private>, Unusable> {
    let mut others = 0;
    for block in pem::blocks(text) {
        if block.is_private_key() {
            if block.label == "ENCRYPTED PRIVATE KEY"
                || block.headers.iter().any(|it| it.contains("ENCRYPTED"))
            {
                return Err(Unusable::Encrypted);
            }
            // Like Go, try PKCS#8, PKCS#1 and SEC 1, whatever the label says.
            return PKey::private_key_from_der(&block.content).map_err(|_| Unusable::UnknownKey);
        }
        others += usize::from(block.is_certificate());
    }
    Err(if others > 0 { Unusable::CertificateAsKey } else { Unusable::NoKey })
}
