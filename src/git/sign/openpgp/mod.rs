//! OpenPGP (RFC 9580 and RFC 4880): reads key rings as `gpg --export-secret-keys` writes them, and signs with them.
//!
//! Keys have version 4, which is what GnuPG writes. The signatures in a key ring are not verified: the ring is the
//! user's own file. They only tell which key is made for signing, how long it is valid, and whether it is revoked.

mod armor;
mod keyring;
mod packet;
mod private_key;
mod secret_part;
mod signature;

use openssl::pkey::{PKey, Private};

use crate::secret::Secret;
use keyring::Keyring;

pub(super) use signature::sign;

/// Reasons why a key ring cannot be used for signing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The file contains no OpenPGP packets, or damaged ones.
    #[error("the file is not an OpenPGP key ring, or is damaged")]
    NotAKeyring,
    /// It contains public keys only.
    #[error("the key ring contains no private key; export one with `gpg --export-secret-keys`")]
    NoPrivateKey,
    /// `--gpg-key-id` has another form.
    #[error(
        "invalid GPG key ID {0:?}: use the 16 hexadecimal digits of the key ID, or the whole fingerprint"
    )]
    KeyId(String),
    /// No key has this ID.
    #[error("the key ring contains no key with the ID {0}")]
    NoSuchKey(String),
    /// All keys are expired, revoked, or for other uses.
    #[error("no key in the key ring can sign: they are expired, revoked, or for other uses")]
    NoSigningKey,
    /// The key is encrypted, and no passphrase was given.
    #[error("the key is protected by a passphrase")]
    PassphraseNeeded,
    /// The passphrase is wrong.
    #[error("the passphrase does not decrypt the key")]
    WrongPassphrase,
    /// The public part is not the private part's: the key was tampered with, or is damaged.
    #[error("the public and the private part of the key do not match")]
    Mismatch,
    /// A kind of key, or protection, that is not supported.
    #[error("{0} are not supported")]
    Unsupported(String),
}

/// Private key of a key ring, decrypted.
#[derive(Clone)]
pub struct OpenPgpKey {
    algorithm: u8,
    fingerprint: [u8; 20],
    key: PKey<Private>,
}

impl std::fmt::Debug for OpenPgpKey {
    /// Writes the fingerprint.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenPgpKey({})", hex::encode_upper(self.fingerprint))
    }
}

/// Algorithms of keys that can sign.
const RSA: u8 = 1;
const RSA_SIGN_ONLY: u8 = 3;
const ECDSA: u8 = 19;
const EDDSA_LEGACY: u8 = 22;
const ED25519: u8 = 27;

impl OpenPgpKey {
    /// Decrypts the signing key of a key ring, armored or not. `now` is in seconds since 1970.
    ///
    /// `key_id` (16 digits or the fingerprint, with or without `0x`) selects a primary key, of which the newest signing
    /// subkey is used, as gpg does, or a subkey itself. Without it the first private key of the ring counts, as in flux.
    pub fn open(
        ring: &[u8],
        passphrase: &Secret,
        key_id: Option<&str>,
        now: u32,
    ) -> Result<Self, KeyringError> {
        let bytes = armor::decode(ring)?;
        let packets = packet::packets(&bytes).ok_or(KeyringError::NotAKeyring)?;
        let keyring = Keyring::read(&packets);
        let key = keyring.signing_key(key_id, now)?;
        let secret = secret_part::open(key.secret_part(), passphrase)?;
        Ok(Self {
            algorithm: if key.algorithm() == RSA_SIGN_ONLY { RSA } else { key.algorithm() },
            fingerprint: key.fingerprint,
            key: private_key::read(key.algorithm(), key.numbers(), &secret)?,
        })
    }

    /// Returns the last 16 digits of the fingerprint.
    pub fn key_id(&self) -> String {
        hex::encode_upper(&self.fingerprint[12..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9580, A.1: private key and public key packet (without its header) of a version 4 Ed25519Legacy key.
    const SEED: &str = "1a8b1ff05ded48e18bf50166c664ab023ea70003d78d9e41f5758a91d850f8d2";
    const PUBLIC: &str = "0453f35f0b16092b06010401da470f010107403f098994bdd916ed4053197934e4a87c80733a1280d62f8010992e43ee3b2406";

    /// RFC 9580, A.4: transferable secret key of version 6.
    const VERSION_6: &str = "-----BEGIN PGP PRIVATE KEY BLOCK-----

xUsGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laMAGXKB
exK+cH6NX1hs5hNhIB00TrJmosgv3mg1ditlsLfCsQYfGwoAAABCBYJjh3/jAwsJ
BwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce6
2azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lwgyU2kCcUmKfvBXbAf6rh
RYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaEQsiPlR4zxP/TP7mhfVEe
7XWPxtnMUMtf15OyA51YBMdLBmOHf+MZAAAAIIaTJINn+eUBXbki+PSAld2nhJh/
LVmFsS+60WyvXkQ1AE1gCk95TUR3XFeibg/u/tVY6a//1q0NWC1X+yui3O24wpsG
GBsKAAAALAWCY4d/4wKbDCIhBssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce6
2azJAAAAAAQBIKbpGG2dWTX8j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDE
M0g12vYxoWM8Y81W+bHBw805I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUr
k0mXubZvyl4GBg==
-----END PGP PRIVATE KEY BLOCK-----
";

    /// A secret key packet: the public part, unencrypted numbers, and their checksum.
    fn secret_key(tag: u8, public: &[u8], secret: &[u8]) -> Vec<u8> {
        let mut numbers = Vec::new();
        packet::push_mpi(&mut numbers, secret);
        let sum = numbers.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        let body = [public, &[0], &numbers, &sum.to_be_bytes()].concat();
        with_header(tag, &body)
    }

    fn with_header(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u8::try_from(body.len()).expect("a short packet");
        [&[0xc0 | tag, length][..], body].concat()
    }

    /// A version 4 signature packet of this type with hashed subpackets.
    fn signature(kind: u8, subpackets: &[u8]) -> Vec<u8> {
        let length = u8::try_from(subpackets.len()).expect("few");
        with_header(2, &[&[4, kind, 22, 8, 0, length], subpackets, &[0, 0, 0, 0]].concat())
    }

    fn rfc_key(tag: u8) -> Vec<u8> {
        secret_key(tag, &hex::decode(PUBLIC).expect("hex"), &hex::decode(SEED).expect("hex"))
    }

    /// Another key: the same seed, another time of creation.
    fn subkey() -> Vec<u8> {
        let mut public = hex::decode(PUBLIC).expect("hex");
        public[1..5].copy_from_slice(&[0x53, 0xf3, 0x5f, 0x0c]);
        secret_key(7, &public, &hex::decode(SEED).expect("hex"))
    }

    fn open(ring: &[u8]) -> Result<String, KeyringError> {
        OpenPgpKey::open(ring, &Secret::default(), None, 1_500_000_000).map(|key| key.key_id())
    }

    const PRIMARY: &str = "8CFDE12197965A9A";
    const SIGNING: &[u8] = &[2, 27, 2];

    #[test]
    fn the_rfcs_version_4_key_makes_the_rfcs_signature() {
        let key = OpenPgpKey::open(&rfc_key(5), &Secret::default(), None, 1_500_000_000).expect("a key");
        assert_eq!(hex::encode_upper(key.fingerprint), "C959BDBAFA32A2F89A153B678CFDE12197965A9A");
        // RFC 9580, A.2: the digest over "OpenPGP", and the signature's two numbers.
        let digest =
            hex::decode("f6220a3f757814f4c2176ffbb68b00249cd4ccdc059c4b34ad871f30b1740280").expect("hex");
        let mut signer = openssl::sign::Signer::new_without_digest(&key.key).expect("a signer");
        assert_eq!(
            hex::encode(signer.sign_oneshot_to_vec(&digest).expect("signed")),
            "56f90cca98e2102637bd983fdb16c131dfd27ed82bf4dde5606e0d756aed3366\
             d09c4fa11527f038e0f57f2201d82f2ea2c9033265fa6ceb489e854bae61b404"
        );
    }

    #[test]
    fn the_rfcs_version_6_key_is_refused_by_its_version() {
        let refused = Err(KeyringError::Unsupported("OpenPGP keys of version 6".into()));
        assert_eq!(open(VERSION_6.as_bytes()), refused);
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b""[..], b"hello", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n!!!"] {
            assert_eq!(open(bytes), Err(KeyringError::NotAKeyring));
        }
        let public = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAQID\n-----END PGP PUBLIC KEY BLOCK-----\n";
        assert_eq!(open(public), Err(KeyringError::NoPrivateKey));
    }

    #[test]
    fn a_key_whose_parts_do_not_belong_together_is_refused() {
        let ring = secret_key(5, &hex::decode(PUBLIC).expect("hex"), &[7; 32]);
        assert_eq!(open(&ring), Err(KeyringError::Mismatch));
    }

    #[test]
    fn a_signing_subkey_goes_before_the_primary_key_unless_that_is_revoked_or_expired() {
        let bound =
            |primary: &[u8]| [rfc_key(5), primary.to_vec(), subkey(), signature(0x18, SIGNING)].concat();
        let newer = open(&bound(&[])).expect("the subkey");
        assert_ne!(newer, PRIMARY);
        assert_eq!(open(&bound(&signature(0x20, &[]))), Err(KeyringError::NoSigningKey), "revoked");
        let expired = signature(0x13, &[5, 9, 0, 0, 0, 1]);
        assert_eq!(open(&bound(&expired)), Err(KeyringError::NoSigningKey), "expired");
        // Also if the subkey is selected by its ID.
        let by_id = OpenPgpKey::open(&bound(&signature(0x20, &[])), &Secret::default(), Some(&newer), 1);
        assert_eq!(by_id.map(|key| key.key_id()), Err(KeyringError::NoSigningKey));
    }

    #[test]
    fn the_newest_signature_of_the_key_itself_counts() {
        let at = |time: u8, flags: u8| [&[5, 2, 0x55, 0, 0, time][..], &[2, 27, flags]].concat();
        let [old, new] = [signature(0x13, &at(1, 2)), signature(0x13, &at(2, 1))];
        for certifications in [[&old[..], &new[..]], [&new[..], &old[..]]] {
            let ring = [&rfc_key(5)[..], certifications[0], certifications[1]].concat();
            assert_eq!(open(&ring), Err(KeyringError::NoSigningKey));
        }
        let foreign = signature(0x13, &[&[9, 16][..], &[1; 8], &at(3, 1)].concat());
        assert_eq!(open(&[rfc_key(5), old, foreign].concat()), Ok(PRIMARY.into()), "others do not count");
    }

    #[test]
    fn a_subkey_of_an_unknown_kind_does_not_matter() {
        let mut unknown = hex::decode(PUBLIC).expect("hex");
        unknown[5] = 99;
        let unknown = secret_key(7, &unknown, &[1]);
        let ring = [rfc_key(5), signature(0x13, SIGNING), unknown, signature(0x18, SIGNING)].concat();
        assert_eq!(open(&ring), Ok(PRIMARY.into()));
    }

    #[test]
    fn a_damaged_ring_is_refused_without_a_panic() {
        let ring = [rfc_key(5), signature(0x13, SIGNING), subkey(), signature(0x18, SIGNING)].concat();
        for at in 0..ring.len() {
            let _ = open(&ring[..at]);
            for bit in 0..8 {
                let mut damaged = ring.clone();
                damaged[at] ^= 1 << bit;
                let _ = open(&damaged);
            }
        }
    }
}
