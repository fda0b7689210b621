//! OpenPGP key rings, as `gpg --export-secret-keys` writes them: choosing the key that signs, and opening it.

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::hash::{Hasher, MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::RsaPrivateKeyBuilder;
use openssl::symm::{Cipher, decrypt};

use super::super::secret::Secret;
use super::packet::{Packet, Reader, dearmour, packets, subpackets};

/// Why no key of the ring can sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The bytes hold no OpenPGP packets.
    #[error("the file is no OpenPGP key ring")]
    NotAKeyring,
    /// Public keys only.
    #[error("the key ring holds no private key; export one with `gpg --export-secret-keys`")]
    NoPrivateKey,
    /// `--gpg-key-id` is of another form.
    #[error(
        "invalid GPG key id {0:?}: give the 16 hexadecimal digits of the key id, or the whole fingerprint"
    )]
    KeyId(String),
    /// No key has this id.
    #[error("no key with the id {0} in the key ring")]
    NoSuchKey(String),
    /// Keys there are, but none may sign (expired, revoked, for encryption only).
    #[error("no key in the key ring may sign: they are expired, revoked or made for other uses")]
    NoSigningKey,
    /// Encrypted, and no passphrase was given.
    #[error("the key is protected by a passphrase")]
    PassphraseNeeded,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// A form that we do not read.
    #[error("{0} are not supported")]
    Unsupported(String),
}

/// A private key of a key ring, opened.
#[derive(Clone)]
pub struct OpenPgpKey {
    pub(super) algorithm: u8,
    pub(super) fingerprint: [u8; 20],
    pub(super) key: PKey<Private>,
}

impl std::fmt::Debug for OpenPgpKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenPgpKey({})", hex::encode_upper(self.fingerprint))
    }
}

pub(super) const RSA: u8 = 1;
const RSA_SIGN_ONLY: u8 = 3;
pub(super) const ECDSA: u8 = 19;
pub(super) const EDDSA_LEGACY: u8 = 22;
pub(super) const ED25519: u8 = 27;

/// One secret key packet with what the ring's signatures say of it.
struct Candidate<'a> {
    body: &'a [u8],
    fingerprint: [u8; 20],
    primary: bool,
    created: u32,
    flags: Option<u8>,
    lives: Option<u32>,
    revoked: bool,
}

impl OpenPgpKey {
    /// Opens the key of `ring` (armoured or not) that signs.
    ///
    /// `key_id` (16 digits or the fingerprint, with or without `0x`) selects a primary key, whose
    /// newest signing subkey is then taken as gpg takes it, or a subkey itself. Without it the
    /// first private key of the ring counts, as for flux.
    pub fn open(
        ring: &[u8],
        passphrase: &Secret,
        key_id: Option<&str>,
        now: u32,
    ) -> Result<Self, KeyringError> {
        let bytes = dearmour(ring).ok_or(KeyringError::NotAKeyring)?;
        let packets = packets(&bytes).ok_or(KeyringError::NotAKeyring)?;
        let groups = candidates(&packets)?;
        if groups.is_empty() {
            return Err(KeyringError::NoPrivateKey);
        }
        let chosen = match key_id {
            Some(id) => select(groups, id)?,
            None => groups.into_iter().next().unwrap_or_default(),
        };
        let usable = chosen
            .into_iter()
            .filter(|c| c.may_sign(now) && !is_stub(c.body))
            // The newest signing subkey before the primary key.
            .max_by_key(|c| (!c.primary, c.created))
            .ok_or(KeyringError::NoSigningKey)?;
        open_secret(&usable, passphrase)
    }

    /// The last 16 digits of the fingerprint.
    pub fn key_id(&self) -> String {
        hex::encode_upper(&self.fingerprint[12..])
    }
}

impl Candidate<'_> {
    fn may_sign(&self, now: u32) -> bool {
        let expired = self.lives.is_some_and(|s| s != 0 && self.created.saturating_add(s) < now);
        // Without flags a primary key may sign; subkeys without flags are those for encryption.
        let signs = self.flags.map_or(self.primary, |f| f & 0x02 != 0);
        signs && !expired && !self.revoked
    }
}

/// The ring's keys, a primary key with its subkeys each.
fn candidates<'a>(packets: &[Packet<'a>]) -> Result<Vec<Vec<Candidate<'a>>>, KeyringError> {
    let mut groups: Vec<Vec<Candidate<'_>>> = Vec::new();
    for packet in packets {
        match packet.tag {
            5 | 7 => {
                let candidate = Candidate::new(packet)?;
                match groups.last_mut() {
                    Some(group) if packet.tag == 7 => group.push(candidate),
                    _ => groups.push(vec![candidate]),
                }
            }
            2 => {
                if let Some(key) = groups.last_mut().and_then(|g| g.last_mut()) {
                    key.learn(packet.body);
                }
            }
            _ => {}
        }
    }
    Ok(groups)
}

impl<'a> Candidate<'a> {
    fn new(packet: &Packet<'a>) -> Result<Self, KeyringError> {
        let body = packet.body;
        let version = body.first().copied().unwrap_or_default();
        if version != 4 {
            return Err(KeyringError::Unsupported(format!("OpenPGP keys of version {version}")));
        }
        let public = public_part(body).ok_or_else(|| {
            KeyringError::Unsupported(format!(
                "OpenPGP keys of algorithm {}",
                body.get(5).copied().unwrap_or_default()
            ))
        })?;
        let length = u16::try_from(public.len()).map_err(|_| KeyringError::NotAKeyring)?;
        let mut material = vec![0x99];
        material.extend_from_slice(&length.to_be_bytes());
        material.extend_from_slice(public);
        let digest = hash(MessageDigest::sha1(), &material).map_err(|_| KeyringError::NotAKeyring)?;
        let mut fingerprint = [0; 20];
        fingerprint.copy_from_slice(&digest);
        Ok(Self {
            body,
            fingerprint,
            primary: packet.tag == 5,
            created: Reader(&body[1..]).u32().unwrap_or_default(),
            flags: None,
            lives: None,
            revoked: false,
        })
    }

    /// Takes flags, lifetime and revocation out of a signature on this key.
    fn learn(&mut self, signature: &[u8]) {
        let mut reader = Reader(signature);
        let (Some(4), Some(kind)) = (reader.u8(), reader.u8()) else {
            return;
        };
        match kind {
            0x20 if self.primary => self.revoked = true,
            0x28 if !self.primary => self.revoked = true,
            // Certifications of a user id and of the key itself; bindings of a subkey.
            0x10..=0x13 | 0x1f if self.primary => {}
            0x18 if !self.primary => {}
            _ => return,
        }
        let _algorithms = reader.u16();
        let Some(hashed) = reader.u16().and_then(|n| reader.take(usize::from(n))) else {
            return;
        };
        for (kind, content) in subpackets(hashed) {
            match kind {
                9 => self.lives = Reader(content).u32(),
                27 => self.flags = content.first().copied(),
                _ => {}
            }
        }
    }
}

/// The part of a secret key packet that the public key packet has: its fingerprint is over this.
fn public_part(body: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(body);
    reader.take(5)?;
    match reader.u8()? {
        RSA | 2 | RSA_SIGN_ONLY => {
            reader.mpi()?;
            reader.mpi()?;
        }
        16 => {
            for _ in 0..3 {
                reader.mpi()?;
            }
        }
        17 => {
            for _ in 0..4 {
                reader.mpi()?;
            }
        }
        algorithm @ (18 | ECDSA | EDDSA_LEGACY) => {
            let length = reader.u8()?;
            reader.take(usize::from(length))?;
            reader.mpi()?;
            if algorithm == 18 {
                let length = reader.u8()?;
                reader.take(usize::from(length))?;
            }
        }
        25 | ED25519 => {
            reader.take(32)?;
        }
        26 => {
            reader.take(56)?;
        }
        28 => {
            reader.take(57)?;
        }
        _ => return None,
    }
    Some(&body[..body.len() - reader.0.len()])
}

/// Whether the packet has no secret part (`gpg --export-secret-subkeys`, or a key on a card).
fn is_stub(body: &[u8]) -> bool {
    let Some(public) = public_part(body) else {
        return true;
    };
    // usage, cipher, specifier 101, hash, "GNU", mode
    let secret = &body[public.len()..];
    matches!(secret, [254 | 255, _, 101, _, b'G', b'N', b'U', ..])
}

fn select<'a>(groups: Vec<Vec<Candidate<'a>>>, id: &str) -> Result<Vec<Candidate<'a>>, KeyringError> {
    let digits = id.trim_start_matches("0x").trim_start_matches("0X").replace(' ', "");
    let wanted = hex::decode(&digits).map_err(|_| KeyringError::KeyId(id.to_owned()))?;
    if wanted.len() != 8 && wanted.len() != 20 {
        return Err(KeyringError::KeyId(id.to_owned()));
    }
    for mut group in groups {
        if let Some(at) = group.iter().position(|key| key.fingerprint.ends_with(&wanted)) {
            return Ok(if at == 0 { group } else { vec![group.swap_remove(at)] });
        }
    }
    Err(KeyringError::NoSuchKey(digits.to_uppercase()))
}

fn open_secret(key: &Candidate<'_>, passphrase: &Secret) -> Result<OpenPgpKey, KeyringError> {
    let public = public_part(key.body).ok_or(KeyringError::NotAKeyring)?;
    let mut secret = Reader(&key.body[public.len()..]);
    let usage = secret.u8().ok_or(KeyringError::NotAKeyring)?;
    let plain = match usage {
        0 => {
            let (numbers, checksum) = secret.0.split_last_chunk::<2>().ok_or(KeyringError::NotAKeyring)?;
            if sum16(numbers) != u16::from_be_bytes(*checksum) {
                return Err(KeyringError::NotAKeyring);
            }
            numbers.to_vec()
        }
        254 | 255 => unlock(&mut secret, usage, passphrase)?,
        _ => {
            return Err(KeyringError::Unsupported("OpenPGP keys protected in this way".into()));
        }
    };
    let algorithm = public[5];
    let key_numbers = &public[6..];
    let pkey = private_key(algorithm, key_numbers, &plain)?;
    Ok(OpenPgpKey {
        algorithm: if algorithm == RSA_SIGN_ONLY { RSA } else { algorithm },
        fingerprint: key.fingerprint,
        key: pkey,
    })
}

/// Decrypts the secret numbers (RFC 4880, sections 3.7 and 5.5.3).
fn unlock(secret: &mut Reader<'_>, usage: u8, passphrase: &Secret) -> Result<Vec<u8>, KeyringError> {
    let cut = || KeyringError::NotAKeyring;
    let cipher = match secret.u8().ok_or_else(cut)? {
        2 => Cipher::des_ede3_cfb64(),
        7 => Cipher::aes_128_cfb128(),
        8 => Cipher::aes_192_cfb128(),
        9 => Cipher::aes_256_cfb128(),
        other => {
            return Err(KeyringError::Unsupported(format!("OpenPGP keys protected with cipher {other}")));
        }
    };
    let specifier = secret.u8().ok_or_else(cut)?;
    let digest = match secret.u8().ok_or_else(cut)? {
        2 => MessageDigest::sha1(),
        8 => MessageDigest::sha256(),
        9 => MessageDigest::sha384(),
        10 => MessageDigest::sha512(),
        11 => MessageDigest::sha224(),
        other => {
            return Err(KeyringError::Unsupported(format!("OpenPGP keys protected with hash {other}")));
        }
    };
    let salt: &[u8] = match specifier {
        0 => &[],
        1 | 3 => secret.take(8).ok_or_else(cut)?,
        other => {
            return Err(KeyringError::Unsupported(format!(
                "OpenPGP keys protected with the string-to-key specifier {other}"
            )));
        }
    };
    let count = if specifier == 3 {
        let coded = secret.u8().ok_or_else(cut)?;
        (16 + u32::from(coded & 15)) << ((coded >> 4) + 6)
    } else {
        0
    };
    if passphrase.is_empty() {
        return Err(KeyringError::PassphraseNeeded);
    }
    let iv = secret.take(cipher.block_size().max(cipher.iv_len().unwrap_or(0)));
    let iv = iv.ok_or_else(cut)?;
    let key = string_to_key(passphrase, salt, count, digest, cipher.key_len())
        .map_err(|_| KeyringError::WrongPassphrase)?;
    let plain = decrypt(cipher, &key, Some(iv), secret.0).map_err(|_| KeyringError::WrongPassphrase)?;
    let checked = if usage == 254 {
        plain
            .split_last_chunk::<20>()
            .filter(|(numbers, sum)| {
                hash(MessageDigest::sha1(), numbers).is_ok_and(|digest| digest[..] == sum[..])
            })
            .map(|(numbers, _)| numbers.to_vec())
    } else {
        plain
            .split_last_chunk::<2>()
            .filter(|(numbers, sum)| sum16(numbers) == u16::from_be_bytes(**sum))
            .map(|(numbers, _)| numbers.to_vec())
    };
    checked.ok_or(KeyringError::WrongPassphrase)
}

fn string_to_key(
    passphrase: &Secret,
    salt: &[u8],
    count: u32,
    digest: MessageDigest,
    length: usize,
) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let material = [salt, passphrase.expose().as_bytes()].concat();
    let total = (count as usize).max(material.len());
    let mut key = Vec::with_capacity(length + digest.size());
    let mut zeros = 0;
    while key.len() < length {
        let mut hasher = Hasher::new(digest)?;
        // Each further stretch of key is hashed with one more zero in front.
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

fn sum16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |sum, b| sum.wrapping_add(u16::from(*b)))
}

/// An RSA key; `None` when its numbers are cut or do not fit together.
fn rsa_key(mut public: Reader<'_>, mut secret: Reader<'_>) -> Option<PKey<Private>> {
    let number = |bytes: &[u8]| BigNum::from_slice(bytes).ok();
    let modulus = number(public.mpi()?)?;
    let public_exponent = number(public.mpi()?)?;
    let exponent = number(secret.mpi()?)?;
    let factors = [number(secret.mpi()?)?, number(secret.mpi()?)?];
    let mut context = openssl::bn::BigNumContext::new().ok()?;
    let one = BigNum::from_u32(1).ok()?;
    let mut remainder = |factor: &BigNum| {
        let (mut less_one, mut rest) = (BigNum::new().ok()?, BigNum::new().ok()?);
        less_one.checked_sub(factor, &one).ok()?;
        rest.nnmod(&exponent, &less_one, &mut context).ok()?;
        Some(rest)
    };
    let remainders = (remainder(&factors[0])?, remainder(&factors[1])?);
    let mut inverse = BigNum::new().ok()?;
    let mut context = openssl::bn::BigNumContext::new().ok()?;
    inverse.mod_inverse(&factors[1], &factors[0], &mut context).ok()?;
    let [first, second] = factors;
    let key = RsaPrivateKeyBuilder::new(modulus, public_exponent, exponent)
        .and_then(|key| key.set_factors(first, second))
        .and_then(|key| key.set_crt_params(remainders.0, remainders.1, inverse))
        .ok()?
        .build();
    PKey::from_rsa(key).ok()
}

/// The OpenSSL form of a key's numbers.
fn private_key(algorithm: u8, public: &[u8], secret: &[u8]) -> Result<PKey<Private>, KeyringError> {
    let damaged = || KeyringError::NotAKeyring;
    let broken = |_| KeyringError::NotAKeyring;
    let (mut public, mut secret) = (Reader(public), Reader(secret));
    let number = |bytes: &[u8]| BigNum::from_slice(bytes).map_err(broken);
    match algorithm {
        RSA | RSA_SIGN_ONLY => rsa_key(public, secret).ok_or_else(damaged),
        ECDSA => {
            let length = public.u8().ok_or_else(damaged)?;
            let curve = match public.take(usize::from(length)).ok_or_else(damaged)? {
                [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Nid::X9_62_PRIME256V1,
                [0x2b, 0x81, 0x04, 0x00, 0x22] => Nid::SECP384R1,
                [0x2b, 0x81, 0x04, 0x00, 0x23] => Nid::SECP521R1,
                [0x2b, 0x81, 0x04, 0x00, 0x0a] => Nid::SECP256K1,
                _ => return Err(KeyringError::Unsupported("OpenPGP keys on this curve".into())),
            };
            let point = public.mpi().ok_or_else(damaged)?;
            let scalar = number(secret.mpi().ok_or_else(damaged)?)?;
            let build = || {
                let group = EcGroup::from_curve_name(curve)?;
                let mut context = openssl::bn::BigNumContext::new()?;
                let point = EcPoint::from_bytes(&group, point, &mut context)?;
                PKey::from_ec_key(EcKey::from_private_components(&group, &scalar, &point)?)
            };
            build().map_err(broken)
        }
        EDDSA_LEGACY => {
            let length = public.u8().ok_or_else(damaged)?;
            let curve = public.take(usize::from(length)).ok_or_else(damaged)?;
            if curve != [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01] {
                return Err(KeyringError::Unsupported("OpenPGP keys on this curve".into()));
            }
            let scalar = secret.mpi().ok_or_else(damaged)?;
            // An integer loses its leading zeros; the seed has 32 octets.
            let mut seed = [0; 32];
            let start = 32_usize.checked_sub(scalar.len()).ok_or_else(damaged)?;
            seed[start..].copy_from_slice(scalar);
            PKey::private_key_from_raw_bytes(&seed, Id::ED25519).map_err(broken)
        }
        ED25519 => {
            let seed = secret.take(32).ok_or_else(damaged)?;
            PKey::private_key_from_raw_bytes(seed, Id::ED25519).map_err(broken)
        }
        other => Err(KeyringError::Unsupported(format!("OpenPGP signatures of algorithm {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_ring_says_so() {
        for bytes in [&b""[..], b"hello", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n!!!"] {
            let opened = OpenPgpKey::open(bytes, &Secret::default(), None, 0);
            assert_eq!(opened.map(|k| k.key_id()), Err(KeyringError::NotAKeyring));
        }
    }

    #[test]
    fn a_key_id_of_another_length_is_refused() {
        let refused = select(Vec::new(), "0x1234").err();
        assert_eq!(refused, Some(KeyringError::KeyId("0x1234".into())));
        let missing = select(Vec::new(), "0123456789abcdef").err();
        assert_eq!(missing, Some(KeyringError::NoSuchKey("0123456789ABCDEF".into())));
    }
}
