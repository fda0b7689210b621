//! Certificates, as far as trust depends on them.
//!
//! OpenSSL parses keys and dates and checks signatures. The rest is parsed here: [`super::verify`] needs exact bytes and
//! extensions that the `openssl` crate does not expose.

use std::sync::OnceLock;

use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::x509::{X509, X509NameRef, X509Ref};

use super::constraints::Constraints;
use super::der::{Reader, tag};
use super::name::Names;
use super::policies::Policies;

/// A parsed certificate. OpenSSL's part, which takes far longer, is parsed on first use: most of the system's authorities
/// are never used.
pub(super) struct Certificate {
    x509: OnceLock<Option<X509>>,
    key: OnceLock<Key>,
    /// The complete DER.
    pub(super) der: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    /// The SubjectPublicKeyInfo.
    key_info: Vec<u8>,
    pub(super) signature: Signature,
    /// 1, 2 or 3.
    pub(super) version: u8,
    pub(super) extensions: Extensions,
}

/// Public key of a certificate.
enum Key {
    Known(PKey<Public>),
    /// An algorithm that cannot sign certificates or handshakes.
    Other,
    /// A known algorithm, but a damaged key or an unsupported curve.
    Unreadable,
}

/// Signature algorithm of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Rsa,
    Ecdsa,
    Ed25519,
    /// A hash that can be forged, by name.
    Insecure(&'static str),
    Unknown,
}

/// Parsed extensions.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) basic: Option<BasicConstraints>,
    /// Whether the key usage allows signing certificates. `None` without a key usage.
    pub(super) may_sign: Option<bool>,
    /// Whether the extended key usage allows TLS servers. `None` without an extended key usage.
    pub(super) for_servers: Option<bool>,
    /// Subject alternative names.
    pub(super) names: Option<Names>,
    pub(super) constraints: Option<Constraints>,
    pub(super) subject_key: Vec<u8>,
    pub(super) authority_key: Vec<u8>,
    pub(super) policies: Policies,
    /// Whether there is a critical extension that is not supported.
    pub(super) unknown_critical: bool,
}

pub(super) struct BasicConstraints {
    pub(super) is_authority: bool,
    /// Number of intermediate authorities that may follow.
    pub(super) most_below: Option<usize>,
}

impl Certificate {
    /// Parses DER. `None` if Go's parser would refuse it.
    pub(super) fn read(der: &[u8]) -> Option<Certificate> {
        let mut input = Reader::new(der);
        let mut certificate = input.sequence()?;
        if !input.is_empty() {
            return None;
        }
        let mut body = certificate.sequence()?;
        let algorithm = certificate.sequence()?;

        let version = match body.optional(tag::constructed(0))? {
            None => 1,
            Some(version) => match Reader::new(version).expect(tag::INTEGER)?.content {
                [number @ 0..=2] => number + 1,
                _ => return None,
            },
        };
        let serial = body.expect(tag::INTEGER)?.content;
        if serial.first()? & 0x80 != 0 {
            return None;
        }
        body.sequence()?;
        let issuer = body.expect(tag::SEQUENCE)?.whole;
        body.sequence()?;
        let subject = body.expect(tag::SEQUENCE)?.whole;
        let key_info = body.expect(tag::SEQUENCE)?.whole;
        let mut extensions = Extensions::default();
        if version > 1 {
            body.optional(tag::context(1))?;
            body.optional(tag::context(2))?;
        }
        if version == 3
            && let Some(list) = body.optional(tag::constructed(3))?
        {
            extensions.read(Reader::new(list))?;
        }
        Some(Certificate {
            der: der.to_vec(),
            subject: subject.to_vec(),
            issuer: issuer.to_vec(),
            key_info: key_info.to_vec(),
            x509: OnceLock::new(),
            key: OnceLock::new(),
            signature: signature(algorithm)?,
            version,
            extensions,
        })
    }

    /// Returns OpenSSL's view of the certificate, if OpenSSL can parse it.
    pub(super) fn x509(&self) -> Option<&X509Ref> {
        self.x509.get_or_init(|| X509::from_der(&self.der).ok()).as_deref()
    }

    /// Returns the public key, if Go supports its algorithm.
    pub(super) fn key(&self) -> Option<&PKeyRef<Public>> {
        match self.whole_key() {
            Key::Known(key) => Some(key),
            Key::Other | Key::Unreadable => None,
        }
    }

    /// Whether Go and OpenSSL could parse all of it.
    pub(super) fn is_sound(&self) -> bool {
        self.x509().is_some() && !matches!(self.whole_key(), Key::Unreadable)
    }

    fn whole_key(&self) -> &Key {
        self.key.get_or_init(|| {
            self.x509().and_then(|x509| public_key(x509, &self.key_info)).unwrap_or(Key::Unreadable)
        })
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether both have the same subject, key and names. A chain with both would be a loop.
    pub(super) fn is_same_entity(&self, other: &Certificate) -> bool {
        let names = |it: &Certificate| it.extensions.names.as_ref().map(|names| names.der.clone());
        self.subject == other.subject && self.key_info == other.key_info && names(self) == names(other)
    }

    /// Returns the Common Name of the subject.
    pub(super) fn common_name(&self) -> Option<String> {
        self.subject_entry(Nid::COMMONNAME)
    }

    fn subject_entry(&self, field: Nid) -> Option<String> {
        last(self.x509()?.subject_name(), field)
    }

    /// Returns the subject for messages.
    pub(super) fn shown(&self) -> String {
        let name = self.common_name().or_else(|| self.subject_entry(Nid::ORGANIZATIONNAME));
        name.map_or_else(|| "without a name".to_owned(), |name| format!("{name:?}"))
    }

    /// Returns the issuer for messages.
    pub(super) fn issuer_shown(&self) -> String {
        let entry = |field| last(self.x509()?.issuer_name(), field);
        let name = entry(Nid::COMMONNAME).or_else(|| entry(Nid::ORGANIZATIONNAME));
        name.map_or_else(|| "an authority without a name".to_owned(), |name| format!("{name:?}"))
    }
}

fn last(name: &X509NameRef, field: Nid) -> Option<String> {
    let text = name.entries_by_nid(field).last()?.data().to_string().ok()?;
    Some(text).filter(|text| !text.is_empty())
}

fn public_key(x509: &X509Ref, info: &[u8]) -> Option<Key> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    let mut algorithm = Reader::new(info).sequence()?.sequence()?;
    let kind = algorithm.expect(tag::OBJECT_IDENTIFIER)?.content;
    if ![RSA, ELLIPTIC, ED25519].contains(&kind) {
        return Some(Key::Other);
    }
    let key = x509.public_key().ok()?;
    let curves = [Nid::SECP224R1, Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1];
    let known = match key.id() {
        Id::RSA | Id::ED25519 => true,
        Id::EC => key.ec_key().ok()?.group().curve_name().is_some_and(|curve| curves.contains(&curve)),
        _ => false,
    };
    known.then_some(Key::Known(key))
}

/// Parses an AlgorithmIdentifier.
fn signature(mut algorithm: Reader) -> Option<Signature> {
    let kind = algorithm.expect(tag::OBJECT_IDENTIFIER)?.content;
    Some(match kind {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            4 => Signature::Insecure("MD5"),
            5 => Signature::Insecure("SHA-1"),
            10 => pss(algorithm),
            11..=13 => Signature::Rsa,
            _ => Signature::Unknown,
        },
        [0x2b, 0x0e, 0x03, 0x02, 0x1d] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => {
            Signature::Insecure("SHA-1")
        }
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 2..=4] => Signature::Ecdsa,
        [0x2b, 0x65, 0x70] if algorithm.is_empty() => Signature::Ed25519,
        _ => Signature::Unknown,
    })
}

/// Parses the parameters of RSA-PSS. Only those of TLS 1.3 are supported.
fn pss(parameters: Reader) -> Signature {
    fn read(mut parameters: Reader) -> Option<Signature> {
        let mut parameters = parameters.sequence()?;
        let digest = hash(Reader::new(parameters.expect(tag::constructed(0))?.content))?;
        let mut mask = Reader::new(parameters.expect(tag::constructed(1))?.content).sequence()?;
        let is_mgf1 = mask.expect(tag::OBJECT_IDENTIFIER)?.content
            == [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 8];
        let salt = Reader::new(parameters.expect(tag::constructed(2))?.content).expect(tag::INTEGER)?.content;
        let length = match digest {
            1 => 32,
            2 => 48,
            3 => 64,
            _ => return None,
        };
        let trailer = match parameters.optional(tag::constructed(3))? {
            None => true,
            Some(trailer) => Reader::new(trailer).expect(tag::INTEGER)?.content == [1],
        };
        (is_mgf1 && hash(mask)? == digest && salt == [length] && trailer).then_some(Signature::Rsa)
    }

    /// Returns the last arc of a SHA-2 object identifier.
    fn hash(mut algorithm: Reader) -> Option<u8> {
        let mut algorithm = algorithm.sequence()?;
        let kind = algorithm.expect(tag::OBJECT_IDENTIFIER)?.content;
        let none = algorithm.is_empty() || algorithm.any()?.whole == [0x05, 0x00];
        match kind {
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number] if none => Some(*number),
            _ => None,
        }
    }
    read(parameters).unwrap_or(Signature::Unknown)
}

impl Extensions {
    fn read(&mut self, mut outer: Reader) -> Option<()> {
        let mut list = outer.sequence()?;
        let mut seen: Vec<&[u8]> = Vec::new();
        while !list.is_empty() {
            let mut extension = list.sequence()?;
            let kind = extension.expect(tag::OBJECT_IDENTIFIER)?.content;
            let critical = extension.boolean_or_false()?;
            let value = Reader::new(extension.expect(tag::OCTET_STRING)?.content);
            if seen.contains(&kind) {
                return None;
            }
            seen.push(kind);
            let understood = match kind {
                [0x55, 0x1d, number] => self.one(*number, critical, value)?,
                // Authority information access must not be critical.
                [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01] if critical => return None,
                _ => false,
            };
            self.unknown_critical |= critical && !understood;
        }
        Some(())
    }

    /// Parses the extension 2.5.29.`number`. Returns whether it is supported.
    fn one(&mut self, number: u8, critical: bool, mut value: Reader) -> Option<bool> {
        match number {
            14 | 35 if critical => return None,
            14 => self.subject_key = value.expect(tag::OCTET_STRING)?.content.to_vec(),
            15 => {
                let bits = value.expect(tag::BIT_STRING)?.content;
                // The first byte is the number of unused bits.
                let (first, second) = (bits.get(1).copied(), bits.get(2).copied());
                let any = first.unwrap_or(0) != 0 || second.unwrap_or(0) & 0x80 != 0;
                self.may_sign = any.then_some(first.unwrap_or(0) & 0x04 != 0);
            }
            17 => {
                let names = Names::read(value)?;
                let understood = !names.is_empty();
                self.names = Some(names);
                return Some(understood);
            }
            19 => {
                let mut value = value.sequence()?;
                let is_authority = value.boolean_or_false()?;
                let most_below = match value.optional(tag::INTEGER)? {
                    None => None,
                    Some(digits) if digits.first()? & 0x80 != 0 || digits.len() > 8 => return None,
                    Some(digits) => {
                        Some(digits.iter().fold(0_usize, |sum, &digit| sum << 8 | usize::from(digit)))
                    }
                };
                self.basic = Some(BasicConstraints { is_authority, most_below });
            }
            30 => {
                let (constraints, understood) = Constraints::read(value)?;
                self.constraints = Some(constraints);
                return Some(understood);
            }
            35 => {
                self.authority_key =
                    value.sequence()?.optional(tag::context(0))?.unwrap_or_default().to_vec();
            }
            37 => {
                const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
                const SERVER: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
                let mut purposes = value.sequence()?;
                let mut listed = 0;
                let mut good = false;
                while !purposes.is_empty() {
                    let purpose = purposes.expect(tag::OBJECT_IDENTIFIER)?.content;
                    listed += 1;
                    good |= purpose == ANY || purpose == SERVER;
                }
                self.for_servers = (listed > 0).then_some(good);
            }
            32 | 33 | 36 | 54 => self.policies.read(number, value)?,
            31 => {}
            _ => return Some(false),
        }
        Some(true)
    }
}
