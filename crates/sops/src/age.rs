//! The age file format (<https://age-encryption.org/v1>) for X25519 recipients, as far as data keys need it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use openssl::derive::Deriver;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead};

use super::error::{Error, Result};

/// Age identities (secret keys).
#[derive(Default)]
pub struct Identities(Vec<Identity>);

struct Identity {
    key: PKey<Private>,
    public: [u8; 32],
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}

impl Identities {
    /// Parses a file of identities, one per line; empty lines and those that start with `#` are ignored.
    ///
    /// # Errors
    /// A line is not an identity, or is of an unsupported kind. The error has the line number, not the line.
    pub fn parse(text: &str) -> Result<Self> {
        let mut identities = Vec::new();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| Error::Identity { line: at + 1, what };
            if line.starts_with("AGE-PLUGIN-") || line.starts_with("AGE-SECRET-KEY-PQ-") {
                return Err(wrong(
                    "unsupported identity: only AGE-SECRET-KEY-1… is supported, without plugins",
                ));
            }
            let secret = bech32(line, "age-secret-key-").ok_or_else(|| wrong("not an age identity"))?;
            identities.push(Identity::new(&secret).ok_or_else(|| wrong("not an age identity"))?);
        }
        Ok(Self(identities))
    }

    /// Adds the identities of another file.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Returns whether there are no identities.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Decrypts an age file, armored or not; `None` if no identity opens it, or it is damaged.
    pub(super) fn open(&self, file: &str) -> Option<Vec<u8>> {
        let file = armored(file)?;
        self.0.iter().find_map(|identity| identity.open(&file))
    }
}

impl Identity {
    fn new(secret: &[u8]) -> Option<Self> {
        let key = PKey::private_key_from_raw_bytes(secret, Id::X25519).ok()?;
        let public = key.raw_public_key().ok()?.try_into().ok()?;
        Some(Self { key, public })
    }

    fn open(&self, file: &[u8]) -> Option<Vec<u8>> {
        let header_end = find(file, b"\n--- ")? + 1;
        let header = std::str::from_utf8(&file[..header_end]).ok()?;
        let mac_end = header_end + file[header_end..].iter().position(|byte| *byte == b'\n')?;
        let mac = STANDARD_NO_PAD.decode(&file[header_end + 4..mac_end]).ok()?;
        let mut lines = header.lines();
        if lines.next() != Some("age-encryption.org/v1") {
            return None;
        }
        let mut lines = lines.peekable();
        while let Some(line) = lines.next() {
            let stanza = line.strip_prefix("-> ")?;
            let mut body = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("-> ")) {
                body.push_str(line);
            }
            let Some(share) = stanza.strip_prefix("X25519 ") else { continue };
            let Some(file_key) = self.unwrap(share, &body) else { continue };
            let expected = hmac(&hkdf(&file_key, &[], b"header")?, &[&file[..header_end + 3]])?;
            if mac.len() != expected.len() || !memcmp::eq(&mac, &expected) {
                return None;
            }
            return payload(&file_key, &file[mac_end + 1..]);
        }
        None
    }

    /// Returns the file key of a stanza for this identity.
    fn unwrap(&self, share: &str, body: &str) -> Option<Vec<u8>> {
        let share = STANDARD_NO_PAD.decode(share).ok()?;
        let body = STANDARD_NO_PAD.decode(body).ok()?;
        let peer = PKey::public_key_from_raw_bytes(&share, Id::X25519).ok()?;
        let mut deriver = Deriver::new(&self.key).ok()?;
        deriver.set_peer(&peer).ok()?;
        let shared = deriver.derive_to_vec().ok()?;
        let salt = [share.as_slice(), &self.public].concat();
        let key = hkdf(&shared, &salt, b"age-encryption.org/v1/X25519")?;
        unseal(&key, &[0; 12], &body).filter(|file_key| file_key.len() == 16)
    }
}

/// Decrypts the content of an age file: chunks of 64 KiB, each sealed with its number and whether it is the last.
fn payload(file_key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    const CHUNK: usize = (1 << 16) + 16;
    let (nonce, sealed) = sealed.split_at_checked(16)?;
    let key = hkdf(file_key, nonce, b"payload")?;
    let mut content = Vec::new();
    let count = sealed.len().div_ceil(CHUNK);
    for (at, chunk) in sealed.chunks(CHUNK).enumerate() {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&u64::try_from(at).ok()?.to_be_bytes());
        nonce[11] = u8::from(at + 1 == count);
        content.extend(unseal(&key, &nonce, chunk)?);
    }
    (count > 0).then_some(content)
}

fn unseal(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (content, tag) = sealed.split_at_checked(sealed.len().checked_sub(16)?)?;
    decrypt_aead(Cipher::chacha20_poly1305(), key, Some(nonce), &[], content, tag).ok()
}

/// Derives one block of output by HKDF with SHA-256.
fn hkdf(secret: &[u8], salt: &[u8], info: &[u8]) -> Option<Vec<u8>> {
    // HKDF takes a missing salt as zeros.
    let salt = if salt.is_empty() { &[0; 32] } else { salt };
    let extracted = hmac(salt, &[secret])?;
    hmac(&extracted, &[info, &[1]])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
    let key = PKey::hmac(key).ok()?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key).ok()?;
    for part in parts {
        signer.update(part).ok()?;
    }
    signer.sign_to_vec().ok()
}

/// Returns the bytes of a file that may be armored.
fn armored(file: &str) -> Option<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
    const END: &str = "-----END AGE ENCRYPTED FILE-----";
    let file = file.trim();
    let Some(inside) = file.strip_prefix(BEGIN) else { return Some(file.as_bytes().to_vec()) };
    let inside: String = inside.strip_suffix(END)?.split_whitespace().collect();
    STANDARD.decode(inside).ok()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Decodes a Bech32 text with the prefix `hrp`, and checks its checksum.
fn bech32(text: &str, hrp: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let is_mixed = text.chars().any(|char| char.is_ascii_lowercase())
        && text.chars().any(|char| char.is_ascii_uppercase());
    let text = text.to_ascii_lowercase();
    let data = text.strip_prefix(hrp)?.strip_prefix('1').filter(|_| !is_mixed)?;
    let data: Vec<u8> = data
        .bytes()
        .map(|byte| {
            let at = LETTERS.iter().position(|letter| *letter == byte)?;
            u8::try_from(at).ok()
        })
        .collect::<Option<_>>()?;
    let mut check: u32 = 1;
    let expanded = hrp.bytes().map(|byte| byte >> 5).chain([0]).chain(hrp.bytes().map(|byte| byte & 31));
    for value in expanded.chain(data.iter().copied()) {
        let top = check >> 25;
        check = ((check & 0x1ff_ffff) << 5) ^ u32::from(value);
        for (at, generator) in GENERATORS.iter().enumerate() {
            if (top >> at) & 1 == 1 {
                check ^= generator;
            }
        }
    }
    let data = data.get(..data.len().checked_sub(6)?).filter(|_| check == 1)?;
    let (mut bytes, mut bits, mut buffer) = (Vec::new(), 0_u32, 0_u32);
    for value in data {
        buffer = ((buffer << 5) | u32::from(*value)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
        }
    }
    let rest = buffer & ((1 << bits) - 1);
    (bits < 5 && rest == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_or_unsupported_identity_is_refused_without_showing_it() {
        let key = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
        for text in [
            key.replace("GFPQ4", "GFPQ5"),
            key[..60].to_owned(),
            "AGE-PLUGIN-YUBIKEY-1QQ".to_owned(),
            "ssh-ed25519 AAAA".to_owned(),
        ] {
            let error = Identities::parse(&format!("# a comment\n\n{text}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 3 of the key file: ") && !error.contains("GFPYY"), "{error}");
        }
        assert_eq!(format!("{:?}", Identities::parse(key).unwrap()), "Identities(1)");
    }
}
