//! Secret part of a private key: decryption with a passphrase (RFC 9580, sections 3.7 and 5.5.3).

use openssl::hash::{Hasher, MessageDigest, hash};
use openssl::symm::{Cipher, decrypt};
use zeroize::Zeroizing;

use super::KeyringError;
use super::packet::Reader;
use crate::secret::Secret;

/// Returns the secret numbers.
pub(super) fn open(part: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let mut reader = Reader(part);
    match reader.u8().ok_or(KeyringError::NotAKeyring)? {
        0 => checked(reader.0).ok_or(KeyringError::NotAKeyring),
        usage @ (254 | 255) => {
            let plain = decrypted(&mut reader, passphrase)?;
            let numbers = if usage == 254 { hashed(&plain) } else { checked(&plain) };
            numbers.ok_or(KeyringError::WrongPassphrase)
        }
        _ => Err(KeyringError::Unsupported("OpenPGP keys with this protection".into())),
    }
}

/// Splits off the sum of all octets and checks it.
fn checked(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (numbers, sum) = bytes.split_last_chunk::<2>()?;
    let found = numbers.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    (found == u16::from_be_bytes(*sum)).then(|| Zeroizing::new(numbers.to_vec()))
}

/// Splits off the SHA-1 hash and checks it.
fn hashed(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (numbers, sum) = bytes.split_last_chunk::<20>()?;
    let found = hash(MessageDigest::sha1(), numbers).ok()?;
    (found[..] == sum[..]).then(|| Zeroizing::new(numbers.to_vec()))
}

fn decrypted(reader: &mut Reader<'_>, passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let cut = || KeyringError::NotAKeyring;
    let unsupported = |what: String| KeyringError::Unsupported(format!("OpenPGP keys protected with {what}"));
    let cipher = match reader.u8().ok_or_else(cut)? {
        2 => Cipher::des_ede3_cfb64(),
        7 => Cipher::aes_128_cfb128(),
        8 => Cipher::aes_192_cfb128(),
        9 => Cipher::aes_256_cfb128(),
        other => return Err(unsupported(format!("cipher {other}"))),
    };
    let specifier = reader.u8().ok_or_else(cut)?;
    if !matches!(specifier, 0 | 1 | 3) {
        return Err(unsupported(format!("the string-to-key specifier {specifier}")));
    }
    let digest = match reader.u8().ok_or_else(cut)? {
        2 => MessageDigest::sha1(),
        8 => MessageDigest::sha256(),
        9 => MessageDigest::sha384(),
        10 => MessageDigest::sha512(),
        11 => MessageDigest::sha224(),
        other => return Err(unsupported(format!("hash {other}"))),
    };
    let salt: &[u8] = if specifier == 0 { &[] } else { reader.take(8).ok_or_else(cut)? };
    let count = if specifier == 3 {
        let coded = reader.u8().ok_or_else(cut)?;
        (16 + usize::from(coded & 15)) << ((coded >> 4) + 6)
    } else {
        0
    };
    if passphrase.is_empty() {
        return Err(KeyringError::PassphraseNeeded);
    }
    let iv = reader.take(cipher.iv_len().unwrap_or_default()).ok_or_else(cut)?;
    let key = string_to_key(passphrase, salt, count, digest, cipher.key_len())
        .map_err(|_| KeyringError::WrongPassphrase)?;
    let plain = decrypt(cipher, &key, Some(iv), reader.0);
    plain.map(Zeroizing::new).map_err(|_| KeyringError::WrongPassphrase)
}

/// Derives a key of `length` octets. At least `count` octets are hashed.
fn string_to_key(
    passphrase: &Secret,
    salt: &[u8],
    count: usize,
    digest: MessageDigest,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, openssl::error::ErrorStack> {
    let material = Zeroizing::new([salt, passphrase.expose().as_bytes()].concat());
    let total = count.max(material.len());
    let mut key = Zeroizing::new(Vec::with_capacity(length + digest.size()));
    let mut zeros = 0;
    while key.len() < length {
        let mut hasher = Hasher::new(digest)?;
        // Each further piece of the key is hashed with one more zero in front.
        hasher.update(&vec![0; zeros])?;
        let mut left = total;
        while left > 0 {
            let part = left.min(material.len());
            hasher.update(&material[..part])?;
            left -= part;
        }
        key.extend_from_slice(&hasher.finish()?);
        zeros += 1;
    }
    key.truncate(length);
    Ok(key)
}
