//! Detached signatures over binary documents (RFC 9580, section 5.2.3).

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::sign::Signer as DigestSigner;

use super::super::super::keys::KeyError;
use super::packet::push_mpi;
use super::{ED25519, EDDSA_LEGACY, OpenPgpKey, RSA, armor};

const SHA512: u8 = 10;

/// Signs `content` at `now`, in seconds since 1970. Returns the signature in armor, without a line feed at its end.
pub(in super::super) fn sign(key: &OpenPgpKey, content: &[u8], now: u32) -> Result<String, KeyError> {
    let hashed = hashed_part(key, now);
    let length = u32::try_from(hashed.len()).expect("the hashed part has 35 octets");
    let mut message = content.to_vec();
    message.extend_from_slice(&hashed);
    message.extend_from_slice(&[4, 0xff]);
    message.extend_from_slice(&length.to_be_bytes());
    let digest = hash(MessageDigest::sha512(), &message)?;

    let mut body = hashed;
    // Not hashed: the key ID of the issuer (type 16), for programs that do not know fingerprints.
    body.extend_from_slice(&[0, 10, 9, 16]);
    body.extend_from_slice(&key.fingerprint[12..]);
    body.extend_from_slice(&digest[..2]);
    push_signature(&mut body, key, &message, &digest)?;

    let length = u16::try_from(body.len()).map_err(|e| KeyError::Failed(e.to_string()))?;
    // Tag 2 in the old format with a length of two octets.
    let mut packet = vec![0x89];
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&body);
    Ok(armor::signature(&packet))
}

/// Returns the hashed part: version, type, algorithms, and the subpackets with the issuer's fingerprint and the time.
fn hashed_part(key: &OpenPgpKey, now: u32) -> Vec<u8> {
    let mut subpackets = vec![22, 33, 4];
    subpackets.extend_from_slice(&key.fingerprint);
    subpackets.extend_from_slice(&[5, 2]);
    subpackets.extend_from_slice(&now.to_be_bytes());
    let length = u8::try_from(subpackets.len()).expect("29 octets");
    let mut out = vec![4, 0x00, key.algorithm, SHA512, 0, length];
    out.extend_from_slice(&subpackets);
    out
}

fn push_signature(
    out: &mut Vec<u8>,
    key: &OpenPgpKey,
    message: &[u8],
    digest: &[u8],
) -> Result<(), ErrorStack> {
    match key.algorithm {
        ED25519 | EDDSA_LEGACY => {
            let signature = DigestSigner::new_without_digest(&key.key)?.sign_oneshot_to_vec(digest)?;
            if key.algorithm == ED25519 {
                out.extend_from_slice(&signature);
            } else {
                let (r, s) = signature.split_at(32);
                push_mpi(out, r);
                push_mpi(out, s);
            }
        }
        RSA => {
            let signature =
                DigestSigner::new(MessageDigest::sha512(), &key.key)?.sign_oneshot_to_vec(message)?;
            push_mpi(out, &signature);
        }
        _ => {
            let der = DigestSigner::new(MessageDigest::sha512(), &key.key)?.sign_oneshot_to_vec(message)?;
            let pair = EcdsaSig::from_der(&der)?;
            push_mpi(out, &pair.r().to_vec());
            push_mpi(out, &pair.s().to_vec());
        }
    }
    Ok(())
}
