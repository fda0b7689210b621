//! SSH key pairs: created as flux creates them, read in all forms that `ssh-keygen` and `openssl` write.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};
use ssh_key::private::KeypairData;

use super::wire::Writer;
use crate::pem::Block;
use crate::secret::Secret;

/// PEM label of OpenSSH's own form.
pub(super) const OPENSSH: &str = "OPENSSH PRIVATE KEY";

/// Reasons why a private key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file is neither PEM nor OpenSSH.
    #[error("no private key found")]
    NotAKey,
    /// The file is something else.
    #[error("{what}")]
    NotPrivate {
        /// What it is.
        what: &'static str,
        /// What to give instead.
        instead: &'static str,
    },
    /// The key is encrypted, and no passphrase was given.
    #[error("the private key is protected by a passphrase")]
    PassphraseNeeded,
    /// The passphrase is wrong.
    #[error("the passphrase does not decrypt the private key")]
    WrongPassphrase,
    /// The kind of key is obsolete, or the key is on a hardware token.
    #[error("{0} keys are not supported")]
    Unsupported(String),
    /// OpenSSL failed.
    #[error("the key cannot be created: {0}")]
    Failed(String),
}

impl KeyError {
    /// Returns what the user can do.
    pub fn next_step(&self) -> Option<&'static str> {
        match self {
            Self::NotPrivate { instead, .. } => Some(instead),
            Self::NotAKey => Some("use a private key in PEM or OpenSSH format, as written by ssh-keygen"),
            Self::PassphraseNeeded => Some("set the passphrase"),
            Self::WrongPassphrase => Some("check the passphrase"),
            Self::Unsupported(_) => Some("use an Ed25519, ECDSA or RSA key"),
            Self::Failed(_) => None,
        }
    }
}

impl From<ErrorStack> for KeyError {
    fn from(error: ErrorStack) -> Self {
        Self::Failed(error.to_string())
    }
}

/// NIST curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// `ecdsa-sha2-nistp256`
    P256,
    /// `ecdsa-sha2-nistp384`, flux's default
    P384,
    /// `ecdsa-sha2-nistp521`
    P521,
}

impl Curve {
    pub(super) fn nid(self) -> Nid {
        match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
        }
    }

    fn of(nid: Option<Nid>) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| Some(curve.nid()) == nid)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::P256 => "nistp256",
            Self::P384 => "nistp384",
            Self::P521 => "nistp521",
        }
    }
}

/// Kind of key to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `ssh-rsa` with this number of bits.
    Rsa(u32),
    /// `ecdsa-sha2-…`
    Ecdsa(Curve),
    /// `ssh-ed25519`
    Ed25519,
}

/// Private key that can authenticate and sign.
#[derive(Clone)]
pub struct PrivateKey {
    key: PKey<Private>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    Ecdsa(Curve),
    Ed25519,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({:?})", self.kind)
    }
}

impl PrivateKey {
    /// Creates a key.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?)?,
            Algorithm::Ecdsa(curve) => {
                let group = EcGroup::from_curve_name(curve.nid())?;
                PKey::from_ec_key(EcKey::generate(&group)?)?
            }
            Algorithm::Ed25519 => PKey::generate_ed25519()?,
        };
        Self::from_pkey(key)
    }

    pub(super) fn from_block(block: &Block, passphrase: &Secret) -> Result<Self, KeyError> {
        match block.label.as_str() {
            OPENSSH => return Self::parse_openssh(&block.content, passphrase),
            "DSA PRIVATE KEY" => return Err(KeyError::Unsupported("DSA".into())),
            _ => {}
        }
        let mut asked = false;
        let read = PKey::private_key_from_pem_callback(block.to_text().as_bytes(), |buffer| {
            asked = true;
            let pass = passphrase.expose().as_bytes();
            let length = pass.len().min(buffer.len());
            buffer[..length].copy_from_slice(&pass[..length]);
            Ok(length)
        });
        match read {
            Ok(key) => Self::from_pkey(key),
            Err(_) if asked && passphrase.is_empty() => Err(KeyError::PassphraseNeeded),
            Err(_) if asked => Err(KeyError::WrongPassphrase),
            Err(_) => Err(KeyError::NotAKey),
        }
    }

    fn parse_openssh(content: &[u8], passphrase: &Secret) -> Result<Self, KeyError> {
        let mut key = ssh_key::PrivateKey::from_bytes(content).map_err(|_| KeyError::NotAKey)?;
        if key.is_encrypted() {
            if passphrase.is_empty() {
                return Err(KeyError::PassphraseNeeded);
            }
            key = key.decrypt(passphrase.expose()).map_err(|_| KeyError::WrongPassphrase)?;
        }
        let pkey = match key.key_data() {
            KeypairData::Ed25519(pair) => {
                PKey::private_key_from_raw_bytes(pair.private.as_ref(), Id::ED25519)?
            }
            KeypairData::Ecdsa(pair) => {
                let curve = match pair.curve() {
                    ssh_key::EcdsaCurve::NistP256 => Curve::P256,
                    ssh_key::EcdsaCurve::NistP384 => Curve::P384,
                    ssh_key::EcdsaCurve::NistP521 => Curve::P521,
                };
                let group = EcGroup::from_curve_name(curve.nid())?;
                let mut scratch = openssl::bn::BigNumContext::new()?;
                let point = EcPoint::from_bytes(&group, pair.public_key_bytes(), &mut scratch)?;
                let number = BigNum::from_slice(pair.private_key_bytes())?;
                PKey::from_ec_key(EcKey::from_private_components(&group, &number, &point)?)?
            }
            KeypairData::Rsa(pair) => {
                let number = |m: &ssh_key::Mpint| {
                    m.as_positive_bytes()
                        .ok_or(KeyError::NotAKey)
                        .and_then(|bytes| Ok(BigNum::from_slice(bytes)?))
                };
                let (p, q, d) =
                    (number(&pair.private.p)?, number(&pair.private.q)?, number(&pair.private.d)?);
                let one = BigNum::from_u32(1)?;
                let mut scratch = openssl::bn::BigNumContext::new()?;
                let mut exponent = |prime: &BigNum| -> Result<BigNum, ErrorStack> {
                    let mut less_one = BigNum::new()?;
                    less_one.checked_sub(prime, &one)?;
                    let mut rest = BigNum::new()?;
                    rest.nnmod(&d, &less_one, &mut scratch)?;
                    Ok(rest)
                };
                let (dp, dq) = (exponent(&p)?, exponent(&q)?);
                let rsa = RsaPrivateKeyBuilder::new(number(&pair.public.n)?, number(&pair.public.e)?, d)?
                    .set_factors(p, q)?
                    .set_crt_params(dp, dq, number(&pair.private.iqmp)?)?
                    .build();
                PKey::from_rsa(rsa)?
            }
            other => {
                let name = other.algorithm().map_or_else(|_| "such".to_owned(), |a| a.as_str().to_owned());
                return Err(KeyError::Unsupported(name));
            }
        };
        Self::from_pkey(pkey)
    }

    fn from_pkey(key: PKey<Private>) -> Result<Self, KeyError> {
        let kind = match key.id() {
            Id::RSA => Kind::Rsa,
            Id::ED25519 => Kind::Ed25519,
            Id::EC => {
                let nid = key.ec_key()?.group().curve_name();
                Kind::Ecdsa(Curve::of(nid).ok_or_else(|| {
                    KeyError::Unsupported("ECDSA keys on other than the NIST curves: such".into())
                })?)
            }
            Id::DSA => return Err(KeyError::Unsupported("DSA".into())),
            _ => return Err(KeyError::Unsupported("such".into())),
        };
        Ok(Self { key, kind })
    }

    /// Returns the key as an unencrypted PKCS#8 PEM block, `-----BEGIN PRIVATE KEY-----`, as flux stores a key it created.
    pub fn to_pem(&self) -> Result<Secret, KeyError> {
        let pem = self.key.private_key_to_pem_pkcs8()?;
        String::from_utf8(pem).map(Secret::new).map_err(|e| KeyError::Failed(e.to_string()))
    }

    /// Returns the line for `authorized_keys` or a deploy key: type and base64, with a line feed.
    pub fn public_line(&self) -> Result<String, KeyError> {
        let blob = self.public_blob()?;
        Ok(format!("{} {}\n", self.type_name(), STANDARD.encode(blob)))
    }

    /// Returns the name of the key's type.
    pub fn type_name(&self) -> String {
        match self.kind {
            Kind::Rsa => "ssh-rsa".into(),
            Kind::Ed25519 => "ssh-ed25519".into(),
            Kind::Ecdsa(curve) => format!("ecdsa-sha2-{}", curve.name()),
        }
    }

    /// Returns the public key in SSH's wire format.
    pub(super) fn public_blob(&self) -> Result<Vec<u8>, KeyError> {
        let writer = Writer::default().string(self.type_name().as_bytes());
        Ok(match self.kind {
            Kind::Rsa => {
                let rsa = self.key.rsa()?;
                writer.mpint(&rsa.e().to_vec()).mpint(&rsa.n().to_vec()).finish()
            }
            Kind::Ed25519 => writer.string(&self.key.raw_public_key()?).finish(),
            Kind::Ecdsa(curve) => {
                let key = self.key.ec_key()?;
                let mut context = openssl::bn::BigNumContext::new()?;
                let point = key.public_key().to_bytes(
                    key.group(),
                    PointConversionForm::UNCOMPRESSED,
                    &mut context,
                )?;
                writer.string(curve.name().as_bytes()).string(&point).finish()
            }
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn pkey(&self) -> &PKey<Private> {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Algorithm; 5] {
        [
            Algorithm::Rsa(2048),
            Algorithm::Ecdsa(Curve::P256),
            Algorithm::Ecdsa(Curve::P384),
            Algorithm::Ecdsa(Curve::P521),
            Algorithm::Ed25519,
        ]
    }

    #[test]
    fn a_created_key_is_read_from_its_pem() {
        for algorithm in all() {
            let key = PrivateKey::generate(algorithm).expect("made");
            let pem = key.to_pem().expect("written");
            let pem = pem.expose();
            assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{algorithm:?}");
            assert!(pem.ends_with("-----END PRIVATE KEY-----\n"), "{algorithm:?}");
            let again = PrivateKey::parse(pem.as_bytes(), &Secret::default()).expect("read");
            assert_eq!(again.public_line(), key.public_line());
        }
    }

    #[test]
    fn public_lines_are_what_ssh_reads() {
        for algorithm in all() {
            let line = PrivateKey::generate(algorithm).and_then(|key| key.public_line()).expect("made");
            let parsed = ssh_key::PublicKey::from_openssh(line.trim_end()).expect("valid");
            assert_eq!(parsed.to_openssh().expect("written"), line.trim_end());
        }
    }

    #[test]
    fn an_encrypted_pem_key_needs_its_passphrase() {
        let key = PrivateKey::generate(Algorithm::Ed25519).expect("made");
        let pem = key
            .pkey()
            .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"open sesame")
            .expect("written");
        let read = |pass: &str| PrivateKey::parse(&pem, &Secret::new(pass)).map(|k| k.type_name());
        assert_eq!(read(""), Err(KeyError::PassphraseNeeded));
        assert_eq!(read("wrong"), Err(KeyError::WrongPassphrase));
        assert_eq!(read("open sesame"), Ok("ssh-ed25519".into()));
    }

    #[test]
    fn other_files_are_refused() {
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"] {
            assert!(PrivateKey::parse(text.as_bytes(), &Secret::default()).is_err(), "{text:?}");
        }
    }
}
