//! SSH signatures (`PROTOCOL.sshsig` of OpenSSH).

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::sign::Signer as DigestSigner;

use super::super::keys::{Curve, KeyError, Kind, PrivateKey};
use super::super::wire::Writer;

const MAGIC: &[u8] = b"SSHSIG";
const NAMESPACE: &[u8] = b"git";
const HASH: &[u8] = b"sha512";

/// Signs `content`. Returns the signature in armor.
pub(super) fn sign(key: &PrivateKey, content: &[u8]) -> Result<String, KeyError> {
    let digest = hash(MessageDigest::sha512(), content)?;
    let to_sign =
        Writer::default().raw(MAGIC).string(NAMESPACE).string(b"").string(HASH).string(&digest).finish();
    let signature = Writer::default()
        .raw(MAGIC)
        .u32(1)
        .string(&key.public_blob()?)
        .string(NAMESPACE)
        .string(b"")
        .string(HASH)
        .string(&raw_signature(key, &to_sign)?)
        .finish();
    Ok(format!(
        "-----BEGIN SSH SIGNATURE-----\n{}-----END SSH SIGNATURE-----",
        super::base64_lines(&signature, 70)
    ))
}

/// Signs `message`. Returns the signature in SSH's wire format: the algorithm's name and its own encoding (RFC 4253, 5656,
/// 8332, 8709).
pub(in super::super) fn raw_signature(key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    Ok(match key.kind() {
        Kind::Ed25519 => {
            let mut signer = DigestSigner::new_without_digest(key.pkey())?;
            Writer::default().string(b"ssh-ed25519").string(&signer.sign_oneshot_to_vec(message)?).finish()
        }
        Kind::Rsa => {
            let mut signer = DigestSigner::new(MessageDigest::sha512(), key.pkey())?;
            Writer::default().string(b"rsa-sha2-512").string(&signer.sign_oneshot_to_vec(message)?).finish()
        }
        Kind::Ecdsa(curve) => {
            let digest = match curve {
                Curve::P256 => MessageDigest::sha256(),
                Curve::P384 => MessageDigest::sha384(),
                Curve::P521 => MessageDigest::sha512(),
            };
            let der = DigestSigner::new(digest, key.pkey())?.sign_oneshot_to_vec(message)?;
            let pair = EcdsaSig::from_der(&der)?;
            let numbers = Writer::default().mpint(&pair.r().to_vec()).mpint(&pair.s().to_vec()).finish();
            Writer::default()
                .string(format!("ecdsa-sha2-{}", curve.name()).as_bytes())
                .string(&numbers)
                .finish()
        }
    })
}
