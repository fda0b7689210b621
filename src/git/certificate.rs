//! Host certificates of OpenSSH (`PROTOCOL.certkeys`): host keys that an authority has signed.

use std::time::{SystemTime, UNIX_EPOCH};

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;
use openssl::sign::Verifier;

use super::host_key::{HostKey, wildcard_match};
use super::keys::Curve;
use super::wire::{Reader, Writer};

/// Suffix of the names of certificate types.
const SUFFIX: &str = "-cert-v01@openssh.com";
/// Type of a host certificate.
const FOR_HOSTS: u32 = 2;

/// Host key with an authority's signature.
pub(super) struct Certificate {
    /// Host key.
    pub(super) key: HostKey,
    /// Key of the authority.
    pub(super) authority: HostKey,
    purpose: u32,
    hosts: Vec<String>,
    from: u64,
    until: u64,
    has_critical_options: bool,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl HostKey {
    /// Returns the key itself if a server shows a certificate.
    pub(super) fn without_certificate(self) -> Self {
        Certificate::of(&self).map_or(self, |certificate| certificate.key)
    }
}

impl Certificate {
    /// Reads a certificate that a server shows as its host key; `None` if it is a plain key.
    pub(super) fn of(shown: &HostKey) -> Option<Self> {
        let key_type = shown.key_type.strip_suffix(SUFFIX)?;
        let mut reader = Reader::new(&shown.blob);
        reader.string()?;
        let _nonce = reader.string()?;
        let start = reader.position();
        let fields = match key_type {
            "ssh-ed25519" => 1,
            "ssh-rsa" | "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => 2,
            _ => return None,
        };
        for _ in 0..fields {
            reader.string()?;
        }
        let blob =
            Writer::default().string(key_type.as_bytes()).raw(&shown.blob[start..reader.position()]).finish();
        let _serial = reader.u64()?;
        let purpose = reader.u32()?;
        let _id = reader.string()?;
        let mut names = Reader::new(reader.string()?);
        let mut hosts = Vec::new();
        while !names.is_at_end() {
            hosts.push(String::from_utf8(names.string()?.to_vec()).ok()?);
        }
        let (from, until) = (reader.u64()?, reader.u64()?);
        let has_critical_options = !reader.string()?.is_empty();
        let _extensions = reader.string()?;
        let _reserved = reader.string()?;
        let authority = HostKey::from_blob(reader.string()?)?;
        let signed = shown.blob[..reader.position()].to_vec();
        let signature = reader.string()?.to_vec();
        reader.is_at_end().then_some(())?;
        let key = HostKey { key_type: key_type.to_owned(), blob };
        Some(Self { key, authority, purpose, hosts, from, until, has_critical_options, signed, signature })
    }

    /// Checks it as the certificate of `host` now.
    pub(super) fn check(&self, host: &str, now: SystemTime) -> Result<(), String> {
        let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if self.purpose != FOR_HOSTS {
            return Err("it is a user's, not a host's".into());
        }
        if now < self.from {
            return Err("it is not valid yet; check this machine's clock".into());
        }
        if now >= self.until {
            return Err("it has expired".into());
        }
        let host = host.to_lowercase();
        let names_host = |name: &String| wildcard_match(name.to_lowercase().as_bytes(), host.as_bytes());
        if !self.hosts.is_empty() && !self.hosts.iter().any(names_host) {
            return Err(format!("it is for {}", self.hosts.join(", ")));
        }
        if self.has_critical_options {
            return Err("it has critical options, which hosts do not have".into());
        }
        match verify(&self.authority, &self.signed, &self.signature) {
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) | Err(_) => Err("its signature is wrong".into()),
            Ok(None) => {
                Err(format!("an authority with a key of type {} is not supported", self.authority.key_type))
            }
        }
    }
}

/// Whether the key made the signature. `None` if their kinds are unknown or differ.
fn verify(key: &HostKey, message: &[u8], signature: &[u8]) -> Result<Option<bool>, ErrorStack> {
    let mut reader = Reader::new(signature);
    let (Some(algorithm), Some(value)) = (reader.string(), reader.string()) else { return Ok(None) };
    let Some(public) = public_key(key)? else { return Ok(None) };
    let digest = match (key.key_type.as_str(), algorithm) {
        ("ssh-ed25519", b"ssh-ed25519") => {
            return Verifier::new_without_digest(&public)?.verify_oneshot(value, message).map(Some);
        }
        ("ssh-rsa", b"rsa-sha2-512") | ("ecdsa-sha2-nistp521", b"ecdsa-sha2-nistp521") => {
            MessageDigest::sha512()
        }
        ("ssh-rsa", b"rsa-sha2-256") | ("ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp256") => {
            MessageDigest::sha256()
        }
        ("ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp384") => MessageDigest::sha384(),
        _ => return Ok(None),
    };
    let value = if key.key_type == "ssh-rsa" {
        value.to_vec()
    } else {
        let mut numbers = Reader::new(value);
        let (Some(r), Some(s)) = (numbers.string(), numbers.string()) else { return Ok(Some(false)) };
        EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()?
    };
    Verifier::new(digest, &public)?.verify_oneshot(&value, message).map(Some)
}

/// Converts a key for OpenSSL; `None` for an unknown type.
fn public_key(key: &HostKey) -> Result<Option<PKey<Public>>, ErrorStack> {
    let mut reader = Reader::new(&key.blob);
    let (_, first, second) = (reader.string(), reader.string(), reader.string());
    let curve = match key.key_type.as_str() {
        "ssh-ed25519" => {
            let Some(bytes) = first else { return Ok(None) };
            return PKey::public_key_from_raw_bytes(bytes, Id::ED25519).map(Some);
        }
        "ssh-rsa" => {
            let (Some(e), Some(n)) = (first, second) else { return Ok(None) };
            let rsa = Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?;
            return PKey::from_rsa(rsa).map(Some);
        }
        "ecdsa-sha2-nistp256" => Curve::P256,
        "ecdsa-sha2-nistp384" => Curve::P384,
        "ecdsa-sha2-nistp521" => Curve::P521,
        _ => return Ok(None),
    };
    let Some(point) = second else { return Ok(None) };
    let group = EcGroup::from_curve_name(curve.nid())?;
    let mut context = openssl::bn::BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, point, &mut context)?;
    PKey::from_ec_key(EcKey::from_public_key(&group, &point)?).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::keys::{Algorithm, PrivateKey};
    use super::super::known_hosts::{KnownHosts, Verdict};
    use super::super::sign::raw_signature;
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    struct Draft<'a> {
        key: &'a PrivateKey,
        authority: &'a PrivateKey,
        purpose: u32,
        hosts: &'a [&'a str],
        from: u64,
        until: u64,
        options: &'a [u8],
        /// Bytes that are changed after signing.
        forged: bool,
    }

    impl<'a> Draft<'a> {
        fn new(key: &'a PrivateKey, authority: &'a PrivateKey) -> Self {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
            let hosts: &[&str] = &["git.example.com", "*.internal"];
            Self {
                key,
                authority,
                purpose: 2,
                hosts,
                from: now - DAY,
                until: now + DAY,
                options: b"",
                forged: false,
            }
        }

        fn sign(&self) -> HostKey {
            let plain = self.key.public_blob().expect("a key");
            let name = self.key.type_name();
            let key_type = format!("{name}{SUFFIX}");
            let hosts =
                self.hosts.iter().fold(Writer::default(), |all, host| all.string(host.as_bytes())).finish();
            let signed = Writer::default()
                .string(key_type.as_bytes())
                .string(&[7; 32])
                .raw(&plain[4 + name.len()..])
                .raw(&[0; 8])
                .u32(self.purpose)
                .string(b"the host")
                .string(&hosts)
                .raw(&self.from.to_be_bytes())
                .raw(&self.until.to_be_bytes())
                .string(self.options)
                .string(b"")
                .string(b"")
                .string(&self.authority.public_blob().expect("a key"))
                .finish();
            let mut message = signed.clone();
            if self.forged {
                message[10] ^= 1;
            }
            let signature = raw_signature(self.authority, &message).expect("signed");
            HostKey { key_type, blob: Writer::default().raw(&signed).string(&signature).finish() }
        }
    }

    fn made(algorithm: Algorithm) -> PrivateKey {
        PrivateKey::generate(algorithm).expect("made")
    }

    fn line(key: &PrivateKey, hosts: &str) -> String {
        format!("{hosts} {}", key.public_line().expect("a line"))
    }

    #[test]
    fn every_kind_of_authority_vouches_for_every_kind_of_key() {
        let kinds = [
            Algorithm::Ed25519,
            Algorithm::Ecdsa(Curve::P256),
            Algorithm::Ecdsa(Curve::P384),
            Algorithm::Ecdsa(Curve::P521),
            Algorithm::Rsa(2048),
        ];
        for (authority, key) in kinds.iter().zip(kinds.iter().rev()) {
            let (authority, key) = (made(*authority), made(*key));
            let known = KnownHosts::parse(&line(&authority, "@cert-authority git.example.com"));
            let shown = Draft::new(&key, &authority).sign();
            assert_eq!(known.check("git.example.com", 22, &shown), Verdict::Known, "{}", shown.key_type);
            let plain = HostKey::from_blob(&key.public_blob().expect("a key")).expect("a key");
            assert_eq!(shown.without_certificate(), plain);
            assert_eq!(known.check("git.example.com", 22, &plain), Verdict::Unknown);
        }
    }

    #[test]
    fn a_certificate_that_does_not_hold_is_refused_with_the_reason() {
        let (authority, key) = (made(Algorithm::Ed25519), made(Algorithm::Ecdsa(Curve::P256)));
        let known = KnownHosts::parse(&line(&authority, "@cert-authority *"));
        let draft = || Draft::new(&key, &authority);
        let check = |host: &str, draft: &Draft<'_>| known.check(host, 2222, &draft.sign());
        assert_eq!(check("a.INTERNAL", &draft()), Verdict::Known);
        assert_eq!(check("other", &Draft { hosts: &[], ..draft() }), Verdict::Known);
        for (host, draft, reason) in [
            ("git.example.com", Draft { until: 1, ..draft() }, "expired"),
            ("git.example.com", Draft { from: u64::MAX - 1, until: u64::MAX, ..draft() }, "not valid yet"),
            ("git.example.com", Draft { purpose: 1, ..draft() }, "a user's"),
            ("git.example.com", Draft { options: b"xxxx", ..draft() }, "critical options"),
            ("git.example.com", Draft { forged: true, ..draft() }, "signature"),
            ("other.example.com", draft(), "it is for git.example.com, *.internal"),
        ] {
            match check(host, &draft) {
                Verdict::BadCertificate(told) => assert!(told.contains(reason), "{reason}: {told}"),
                other => panic!("{reason}: {other:?}"),
            }
        }
    }

    #[test]
    fn only_a_known_authority_that_is_not_revoked_counts() {
        let (authority, other, key) =
            (made(Algorithm::Ed25519), made(Algorithm::Ed25519), made(Algorithm::Ed25519));
        let shown = Draft::new(&key, &authority).sign();
        let check =
            |lines: &[String]| KnownHosts::parse(&lines.concat()).check("git.example.com", 22, &shown);
        let own = line(&authority, "@cert-authority git.example.com");
        assert_eq!(check(std::slice::from_ref(&own)), Verdict::Known);
        assert_eq!(check(&[]), Verdict::Unknown);
        assert_eq!(check(&[line(&other, "@cert-authority git.example.com")]), Verdict::Unknown);
        assert_eq!(check(&[line(&authority, "@cert-authority git.other.com")]), Verdict::Unknown);
        // Without the marker the line names a host's own key.
        assert_eq!(check(&[line(&authority, "git.example.com")]), Verdict::Changed);
        assert_eq!(check(&[own.clone(), line(&authority, "@revoked *")]), Verdict::Changed);
        assert_eq!(check(&[own.clone(), line(&key, "@revoked *")]), Verdict::Changed);
        // A known key needs no certificate.
        let expired = Draft { until: 1, ..Draft::new(&key, &authority) }.sign();
        let known = KnownHosts::parse(&[own, line(&key, "git.example.com")].concat());
        assert_eq!(known.check("git.example.com", 22, &expired), Verdict::Known);
    }

    #[test]
    fn damage_is_no_certificate() {
        let (authority, key) = (made(Algorithm::Ed25519), made(Algorithm::Rsa(2048)));
        let shown = Draft::new(&key, &authority).sign();
        for length in 0..shown.blob.len() {
            let cut = HostKey { blob: shown.blob[..length].to_vec(), ..shown.clone() };
            assert!(Certificate::of(&cut).is_none(), "{length}");
        }
        let longer = HostKey { blob: [shown.blob.as_slice(), b"x"].concat(), ..shown };
        assert!(Certificate::of(&longer).is_none());
    }
}
