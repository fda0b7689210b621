//! Keys and certificates for the functions of templates, by OpenSSL.

mod generate;
mod prime;
mod read;
#[cfg(test)]
mod tests;

use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::md::Md;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::{NonceType, PkeyCtx};
use openssl::sign::Signer;
use openssl::x509::X509;

use edgeflux_helm::functions::{Algorithm, KeyForm, KeyKind, Keys, PrivateKey, Subject};

/// Fills a buffer with random bytes.
type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// Fewest bits of an RSA key that signs, as in Go.
const MIN_RSA: u32 = 1024;

/// The keys of OpenSSL.
#[derive(Debug)]
pub(super) struct OpenSsl;

impl Keys for OpenSsl {
    fn generate(&self, kind: KeyKind, random: Random<'_>) -> Result<PrivateKey, String> {
        generate::generate(kind, random).and_then(|key| described(&key)).map_err(|error| error.to_string())
    }

    fn read(&self, form: KeyForm, der: &[u8]) -> Result<PrivateKey, String> {
        let key = read::read(form, der)?;
        described(&key).map_err(|error| error.to_string())
    }

    fn sign(&self, key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>, String> {
        let algorithm = key.algorithm.ok_or("the key cannot sign")?;
        let key = read::parse(key.form, &key.der).map_err(|error| error.to_string())?;
        if key.id() == Id::RSA && key.bits() < MIN_RSA {
            return Err(format!(
                "crypto/rsa: {}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
                key.bits()
            ));
        }
        signature(&key, algorithm, message).map_err(|error| error.to_string())
    }

    fn subject(&self, certificate: &[u8]) -> Result<Subject, String> {
        let malformed = |_| "x509: malformed certificate".to_owned();
        let parsed = X509::from_der(certificate).map_err(malformed)?;
        if parsed.to_der().map_err(malformed)?.len() != certificate.len() {
            return Err("x509: trailing data".to_owned());
        }
        Ok(Subject {
            name: parsed.subject_name().to_der().map_err(malformed)?,
            public: parsed.public_key().and_then(|key| key.public_key_to_der()).map_err(malformed)?,
            key_id: parsed.subject_key_id().map(|id| id.as_slice().to_vec()).unwrap_or_default(),
        })
    }
}

/// A key in the form that Go writes it in.
fn described(key: &PKey<Private>) -> Result<PrivateKey, ErrorStack> {
    let (form, algorithm) = match key.id() {
        Id::RSA => (KeyForm::Rsa, Some(Algorithm::RsaSha256)),
        Id::EC => {
            let algorithm = match key.ec_key()?.group().curve_name() {
                Some(Nid::SECP384R1) => Algorithm::EcdsaSha384,
                Some(Nid::SECP521R1) => Algorithm::EcdsaSha512,
                _ => Algorithm::EcdsaSha256,
            };
            (KeyForm::Ec, Some(algorithm))
        }
        Id::DSA => (KeyForm::Dsa, None),
        Id::ED25519 => (KeyForm::Pkcs8, Some(Algorithm::Ed25519)),
        _ => (KeyForm::Pkcs8, None),
    };
    let der = match form {
        KeyForm::Pkcs8 => key.private_key_to_pkcs8()?,
        KeyForm::Rsa | KeyForm::Ec | KeyForm::Dsa => key.private_key_to_der()?,
    };
    Ok(PrivateKey { form, der, public: key.public_key_to_der()?, algorithm })
}

fn signature(key: &PKey<Private>, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let (digest, md) = match algorithm {
        Algorithm::RsaSha256 => {
            return Signer::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(message);
        }
        Algorithm::Ed25519 => return Signer::new_without_digest(key)?.sign_oneshot_to_vec(message),
        Algorithm::EcdsaSha256 => (MessageDigest::sha256(), Md::sha256()),
        Algorithm::EcdsaSha384 => (MessageDigest::sha384(), Md::sha384()),
        Algorithm::EcdsaSha512 => (MessageDigest::sha512(), Md::sha512()),
    };
    let mut context = PkeyCtx::new(key)?;
    context.sign_init()?;
    context.set_signature_md(md)?;
    // Otherwise two signatures of the same message differ.
    context.set_nonce_type(NonceType::DETERMINISTIC_K)?;
    let mut signature = Vec::new();
    context.sign_to_vec(&hash(digest, message)?, &mut signature)?;
    Ok(signature)
}
