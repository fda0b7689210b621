//! What the caller does with keys: this crate links no library for asymmetric cryptography.

use std::fmt;

/// Makes and uses keys, for the functions of templates that return keys and certificates ([`Context::keys`]).
///
/// Messages of errors follow what Sprig says before them, such as `parsing private key: …`.
///
/// [`Context::keys`]: super::super::Context::keys
pub trait Keys: fmt::Debug {
    /// Makes a key. `random` fills a buffer with random bytes; the same bytes must give the same key.
    fn generate(&self, kind: KeyKind, random: &mut dyn FnMut(&mut [u8])) -> Result<PrivateKey, String>;

    /// Reads a key in DER, and checks that its parts belong together.
    fn read(&self, form: KeyForm, der: &[u8]) -> Result<PrivateKey, String>;

    /// Signs a message with a key that has an algorithm. The same key and message must give the same signature.
    fn sign(&self, key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>, String>;

    /// Reads what an X.509 certificate in DER says about its subject.
    fn subject(&self, certificate: &[u8]) -> Result<Subject, String>;
}

/// Kind of a key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with this number of bits and the public exponent 65537, in the form [`KeyForm::Rsa`].
    Rsa(u32),
    /// DSA with 2048 bits and a subgroup of 256 bits, in the form [`KeyForm::Dsa`].
    Dsa,
    /// ECDSA on the curve P-256, in the form [`KeyForm::Ec`].
    Ecdsa,
    /// Ed25519, in the form [`KeyForm::Pkcs8`].
    Ed25519,
}

/// Form in which a key is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// PKCS #1, for RSA.
    Rsa,
    /// SEC 1, for ECDSA.
    Ec,
    /// A sequence of 0 and the numbers p, q, g, y and x, for DSA.
    Dsa,
    /// PKCS #8, for all kinds.
    Pkcs8,
}

impl KeyForm {
    /// Label of a PEM block in this form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rsa => "RSA PRIVATE KEY",
            Self::Ec => "EC PRIVATE KEY",
            Self::Dsa => "DSA PRIVATE KEY",
            Self::Pkcs8 => "PRIVATE KEY",
        }
    }
}

/// Private key.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// Form of `der`: that of [`KeyKind`], and [`KeyForm::Pkcs8`] for kinds that it does not list.
    pub form: KeyForm,
    /// The key.
    pub der: Vec<u8>,
    /// The public key in DER, as `SubjectPublicKeyInfo` of X.509. Used only with an algorithm.
    pub public: Vec<u8>,
    /// How it signs certificates; `None` for DSA and X25519, which cannot be in them.
    pub algorithm: Option<Algorithm>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("form", &self.form)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Algorithm of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with PKCS #1 padding and SHA-256.
    RsaSha256,
    /// ECDSA with SHA-256, for the curves P-224 and P-256.
    EcdsaSha256,
    /// ECDSA with SHA-384, for the curve P-384.
    EcdsaSha384,
    /// ECDSA with SHA-512, for the curve P-521.
    EcdsaSha512,
    /// Ed25519.
    Ed25519,
}

impl Algorithm {
    /// `AlgorithmIdentifier` of X.509, in DER.
    pub(super) fn identifier(self) -> &'static [u8] {
        match self {
            Self::RsaSha256 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
            Self::EcdsaSha256 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
            Self::EcdsaSha384 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
            Self::EcdsaSha512 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",
            Self::Ed25519 => b"\x30\x05\x06\x03\x2b\x65\x70",
        }
    }
}

/// Subject of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name in DER.
    pub name: Vec<u8>,
    /// Its public key in DER, as in [`PrivateKey::public`].
    pub public: Vec<u8>,
    /// Value of the extension `subjectKeyIdentifier`; empty without it.
    pub key_id: Vec<u8>,
}
