//! Keys of a key ring, and the choice of the one that signs.

use openssl::hash::{MessageDigest, hash};

use super::packet::{Packet, Reader, subpackets};
use super::{ECDSA, ED25519, EDDSA_LEGACY, KeyringError, RSA, RSA_SIGN_ONLY};

/// Primary keys with their subkeys.
pub(super) struct Keyring<'a>(Vec<Certificate<'a>>);

/// Primary key, which comes first, and its subkeys.
struct Certificate<'a>(Vec<Member<'a>>);

/// Member of a certificate: a key, or the reason why it is not supported.
type Member<'a> = Result<Key<'a>, KeyringError>;

/// Private key, and what the signatures in the ring tell about it.
pub(super) struct Key<'a> {
    body: &'a [u8],
    /// The part of the body that the public key packet has, too. It determines the fingerprint.
    public: &'a [u8],
    pub(super) fingerprint: [u8; 20],
    is_primary: bool,
    created: u32,
    /// Time of the newest self-signature.
    bound: u32,
    flags: Option<u8>,
    /// Seconds from its creation to its expiry; 0 for never.
    lifetime: Option<u32>,
    revoked: bool,
}

impl<'a> Keyring<'a> {
    /// Reads the secret keys and their signatures.
    pub(super) fn read(packets: &[Packet<'a>]) -> Self {
        let mut certificates: Vec<Certificate<'_>> = Vec::new();
        for packet in packets {
            match packet.tag {
                5 => certificates.push(Certificate(vec![Key::read(packet)])),
                7 => match certificates.last_mut() {
                    Some(certificate) => certificate.0.push(Key::read(packet)),
                    None => certificates.push(Certificate(vec![Key::read(packet)])),
                },
                2 => {
                    let Some(Certificate(members)) = certificates.last_mut() else { continue };
                    let primary = members.first().and_then(|it| it.as_ref().ok()).map(|it| it.fingerprint);
                    if let (Some(primary), Some(Ok(key))) = (primary, members.last_mut()) {
                        key.learn(packet.body, &primary);
                    }
                }
                _ => {}
            }
        }
        Keyring(certificates)
    }

    /// Chooses the key that signs: the newest signing subkey of the certificate, or else its primary key.
    pub(super) fn signing_key(&self, key_id: Option<&str>, now: u32) -> Result<&Key<'a>, KeyringError> {
        let (certificate, selected) = match key_id {
            Some(id) => self.select(id)?,
            None => (self.0.first().ok_or(KeyringError::NoPrivateKey)?, 0),
        };
        let Certificate(members) = certificate;
        let primary = members.first().ok_or(KeyringError::NoPrivateKey)?.as_ref().map_err(Clone::clone)?;
        if primary.revoked || primary.is_expired(now) {
            return Err(KeyringError::NoSigningKey);
        }
        let candidates = if selected == 0 { &members[..] } else { &members[selected..=selected] };
        let may_sign = |key: &&Key<'_>| key.may_sign(now) && !key.is_stub();
        let signing = candidates.iter().filter_map(|member| member.as_ref().ok()).filter(may_sign);
        let newest = signing.max_by_key(|key| (key.is_supported(), !key.is_primary, key.created));
        let unsupported = || candidates.iter().find_map(|member| member.as_ref().err().cloned());
        newest.ok_or_else(|| unsupported().unwrap_or(KeyringError::NoSigningKey))
    }

    /// Finds the key with an ID, by its certificate and its place there.
    fn select(&self, id: &str) -> Result<(&Certificate<'a>, usize), KeyringError> {
        if self.0.is_empty() {
            return Err(KeyringError::NoPrivateKey);
        }
        let digits = id.trim_start_matches("0x").trim_start_matches("0X").replace(' ', "");
        let wanted = hex::decode(&digits).map_err(|_| KeyringError::KeyId(id.to_owned()))?;
        if wanted.len() != 8 && wanted.len() != 20 {
            return Err(KeyringError::KeyId(id.to_owned()));
        }
        let is_wanted =
            |member: &Member<'_>| member.as_ref().is_ok_and(|key| key.fingerprint.ends_with(&wanted));
        let found = self.0.iter().find_map(|it| Some((it, it.0.iter().position(is_wanted)?)));
        found.ok_or_else(|| KeyringError::NoSuchKey(digits.to_uppercase()))
    }
}

impl<'a> Key<'a> {
    fn read(packet: &Packet<'a>) -> Member<'a> {
        let body = packet.body;
        let version = body.first().copied().unwrap_or_default();
        if version != 4 {
            return Err(KeyringError::Unsupported(format!("OpenPGP keys of version {version}")));
        }
        let public = public_part(body).ok_or_else(|| {
            let algorithm = body.get(5).copied().unwrap_or_default();
            KeyringError::Unsupported(format!("OpenPGP keys of algorithm {algorithm}"))
        })?;
        let length = u16::try_from(public.len()).map_err(|_| KeyringError::NotAKeyring)?;
        let material = [&[0x99], &length.to_be_bytes()[..], public].concat();
        let digest = hash(MessageDigest::sha1(), &material).map_err(|_| KeyringError::NotAKeyring)?;
        let mut fingerprint = [0; 20];
        fingerprint.copy_from_slice(&digest);
        Ok(Self {
            body,
            public,
            fingerprint,
            is_primary: packet.tag == 5,
            created: Reader(&public[1..]).u32().unwrap_or_default(),
            bound: 0,
            flags: None,
            lifetime: None,
            revoked: false,
        })
    }

    /// Takes flags, lifetime and revocation from a signature on this key. Those of other keys than the primary one do
    /// not count, nor do older ones.
    fn learn(&mut self, signature: &[u8], primary: &[u8; 20]) {
        let mut reader = Reader(signature);
        let (Some(4), Some(kind)) = (reader.u8(), reader.u8()) else { return };
        match kind {
            0x20 if self.is_primary => self.revoked = true,
            0x28 if !self.is_primary => self.revoked = true,
            // Certifications of a user ID and of the key itself; bindings of a subkey.
            0x10..=0x13 | 0x1f if self.is_primary => {}
            0x18 if !self.is_primary => {}
            _ => return,
        }
        let _algorithms = reader.u16();
        let mut part = || reader.u16().and_then(|length| reader.take(usize::from(length)));
        let (Some(hashed), unhashed) = (part(), part().unwrap_or_default()) else { return };
        let hashed = subpackets(hashed);
        let mut issuers = hashed.iter().copied().chain(subpackets(unhashed)).filter_map(|it| match it {
            (16, id) => Some(id),
            (33, [4, fingerprint @ ..]) => Some(fingerprint),
            _ => None,
        });
        if issuers.any(|issuer| issuer.is_empty() || !primary.ends_with(issuer)) {
            return;
        }
        let find = |wanted: u8| hashed.iter().find(|(kind, _)| *kind == wanted).map(|(_, content)| *content);
        let number = |wanted: u8| find(wanted).and_then(|content| Reader(content).u32());
        let time = number(2).unwrap_or_default();
        if time < self.bound {
            return;
        }
        self.bound = time;
        let flags = find(27).and_then(|content| content.first().copied());
        self.flags = flags.or(self.flags);
        // A direct-key signature may be about something else, such as a designated revoker.
        self.lifetime = if kind == 0x1f { number(9).or(self.lifetime) } else { number(9) };
    }

    fn is_expired(&self, now: u32) -> bool {
        self.lifetime.is_some_and(|seconds| seconds != 0 && self.created.saturating_add(seconds) < now)
    }

    fn may_sign(&self, now: u32) -> bool {
        // A primary key without flags may sign; subkeys without flags are for encryption.
        let signs = self.flags.map_or(self.is_primary, |flags| flags & 0x02 != 0);
        signs && !self.is_expired(now) && !self.revoked
    }

    fn is_supported(&self) -> bool {
        matches!(self.algorithm(), RSA | RSA_SIGN_ONLY | ECDSA | EDDSA_LEGACY | ED25519)
    }

    /// Whether the secret part is elsewhere: `gpg --export-secret-subkeys`, or a key on a smart card.
    fn is_stub(&self) -> bool {
        // usage, cipher, specifier 101, hash, "GNU", mode
        matches!(self.secret_part(), [254 | 255, _, 101, _, b'G', b'N', b'U', ..])
    }

    /// The algorithm's number.
    pub(super) fn algorithm(&self) -> u8 {
        self.public[5]
    }

    /// The public numbers.
    pub(super) fn numbers(&self) -> &'a [u8] {
        &self.public[6..]
    }

    /// The secret part, encrypted or not.
    pub(super) fn secret_part(&self) -> &'a [u8] {
        &self.body[self.public.len()..]
    }
}

/// Returns the part of a secret key packet that the public key packet has, too. It has at least six octets.
fn public_part(body: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(body);
    reader.take(5)?;
    let algorithm = reader.u8()?;
    match algorithm {
        RSA | 2 | RSA_SIGN_ONLY => reader.mpis(2)?,
        16 => reader.mpis(3)?,
        17 => reader.mpis(4)?,
        18 | ECDSA | EDDSA_LEGACY => {
            let length = reader.u8()?;
            reader.take(usize::from(length))?;
            reader.mpis(1)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_of_another_length_is_refused() {
        let keyring = Keyring(vec![Certificate(Vec::new())]);
        let select = |id: &str| keyring.select(id).err();
        assert_eq!(select("0x1234"), Some(KeyringError::KeyId("0x1234".into())));
        assert_eq!(select("0123456789abcdef"), Some(KeyringError::NoSuchKey("0123456789ABCDEF".into())));
    }
}
