//! Certificate verification by the rules of Go's `crypto/x509`.
//!
//! OpenSSL and webpki refuse certificates that kubectl, flux and the controllers accept: a pinned leaf, an authority that
//! was reissued with the same key, an X.509 v1 authority, a wildcard in a local domain. So chains are built here, and
//! OpenSSL only checks signatures.

use std::cmp::Ordering;

use jiff::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::pkey::{Id, PKeyRef, Public};

use super::certificate::{Certificate, Signature};
use super::{name, policies};

/// Sizes of RSA keys that are accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<u32> = 1024..=8192;
/// Number of signature checks for one server.
const MOST_SIGNATURES: usize = 100;

/// Reasons why a server's certificates are not trusted. Names are for messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// A certificate of the chain has expired.
    #[error("certificate {subject} expired on {since}")]
    Expired {
        /// Subject of the certificate.
        subject: String,
        /// Its notAfter.
        since: String,
    },
    /// A certificate of the chain is not valid yet.
    #[error("certificate {subject} is not valid until {until}")]
    NotYetValid {
        /// Subject of the certificate.
        subject: String,
        /// Its notBefore.
        until: String,
    },
    /// The certificate is for other hosts.
    #[error("certificate is valid for {}, not {host}", list(names))]
    WrongHost {
        /// Expected host.
        host: String,
        /// Hosts of the certificate.
        names: Vec<String>,
    },
    /// The certificate has no subject alternative name.
    #[error("certificate names {host} only in its Common Name, and has no subject alternative name")]
    OnlyCommonName {
        /// Expected host.
        host: String,
    },
    /// The certificate is self-signed and not trusted.
    #[error("self-signed certificate {subject} is not one of the trusted certificates")]
    SelfSigned {
        /// Subject of the certificate.
        subject: String,
    },
    /// No trusted certificate is its authority.
    #[error("certificate signed by unknown authority {issuer}")]
    UnknownAuthority {
        /// Issuer of the certificate.
        issuer: String,
    },
    /// A trusted authority has the name of the issuer, but another key.
    #[error(
        "certificate was not signed by the trusted authority {issuer}, but by another one of the same name"
    )]
    OtherKey {
        /// Name of both authorities.
        issuer: String,
    },
    /// The issuer is not an authority.
    #[error("certificate {subject} is not authorized to sign other certificates")]
    NotAuthority {
        /// Subject of the certificate.
        subject: String,
    },
    /// The chain is longer than an authority allows.
    #[error("too many intermediate certificates for the path length limit of {subject}")]
    PathTooLong {
        /// Authority with the limit.
        subject: String,
    },
    /// A name violates the constraints of an authority.
    #[error("authority {authority} is not permitted to sign for {name} (name constraints)")]
    NotPermitted {
        /// Authority with the constraints.
        authority: String,
        /// Name that violates them.
        name: String,
    },
    /// The extended key usage does not allow servers.
    #[error("certificate {subject} is not for servers (its extended key usage lacks serverAuth)")]
    NotForServers {
        /// Subject of the certificate.
        subject: String,
    },
    /// The chain lacks a policy that an authority requires.
    #[error("certificate does not have the certificate policies that its authorities require")]
    Policies,
    /// A signature can be forged.
    #[error("certificate {subject} has an insecure signature with {algorithm}")]
    Insecure {
        /// Subject of the certificate.
        subject: String,
        /// Hash of the signature.
        algorithm: &'static str,
    },
    /// An RSA key is too short or too long.
    #[error("certificate {subject} has an RSA key of {bits} bits; 1024 to 8192 are accepted")]
    KeySize {
        /// Subject of the certificate.
        subject: String,
        /// Size of the key.
        bits: u32,
    },
    /// A critical extension is not supported.
    #[error("certificate {subject} has an unknown critical extension")]
    CriticalExtension {
        /// Subject of the certificate.
        subject: String,
    },
    /// A certificate cannot be parsed.
    #[error("the server sent a certificate that is malformed or has an unsupported key")]
    Unreadable,
}

impl Untrusted {
    /// Whether no trusted certificate has anything to do with the server's.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::SelfSigned { .. } | Self::UnknownAuthority { .. })
    }

    /// Returns what the user can do about it. `authority` is the setting for trusted certificates.
    pub fn next_step(&self, authority: &str) -> String {
        match self {
            Self::Expired { .. } => "renew the certificate, or check the clock of this machine".into(),
            Self::NotYetValid { .. } => "check the clock of this machine, and of the machine that created \
                the certificate".into(),
            Self::WrongHost { names, .. } if names.is_empty() => {
                "issue a certificate that lists the host in its subject alternative names".into()
            }
            Self::WrongHost { .. } => {
                "use one of these names in the address, or reissue the certificate with this one".into()
            }
            Self::OnlyCommonName { .. } => {
                "reissue the certificate with a subjectAltName, such as openssl's -addext subjectAltName=DNS:…".into()
            }
            Self::SelfSigned { .. } => format!(
                "if it is the right server, add this certificate with {authority} (openssl s_client -connect HOST:PORT shows it)"
            ),
            Self::UnknownAuthority { .. } => format!("add the certificate of that authority with {authority}"),
            Self::OtherKey { .. } => {
                format!("the authority was probably replaced: add its current certificate with {authority}")
            }
            Self::NotAuthority { .. } | Self::PathTooLong { .. } | Self::NotPermitted { .. } | Self::Policies => {
                "have the certificate signed by an authority that is allowed to".into()
            }
            Self::NotForServers { .. } => {
                "reissue the certificate with extendedKeyUsage=serverAuth, or without that extension".into()
            }
            Self::Insecure { .. } => "reissue the certificate with SHA-256 or better".into(),
            Self::KeySize { .. } => "reissue the certificate with another key, such as P-256 or RSA with 2048 bits".into(),
            Self::CriticalExtension { .. } | Self::Unreadable => {
                "reissue the certificate with a common key type: RSA, P-256, P-384, P-521 or Ed25519".into()
            }
        }
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "no host".to_owned(),
        few if few.len() <= 8 => few.join(", "),
        many => format!("{} and {} others", many[..8].join(", "), many.len() - 8),
    }
}

/// Verifies the certificates that a server sent, its own first.
pub(super) fn verify(shown: &[Certificate], host: &str, trusted: &[Certificate]) -> Result<(), Untrusted> {
    let (leaf, others) = shown.split_first().ok_or(Untrusted::Unreadable)?;
    if !shown.iter().all(Certificate::is_sound) {
        return Err(Untrusted::Unreadable);
    }
    if let Some(large) = shown.iter().find(|it| rsa_bits(it).is_some_and(|bits| bits > *RSA_BITS.end())) {
        return Err(key_size(large));
    }
    let now = now().ok_or(Untrusted::Unreadable)?;
    valid(leaf, &now)?;
    for_host(leaf, host)?;
    if leaf.key().is_none() {
        return Err(Untrusted::Unreadable);
    }
    if rsa_bits(leaf).is_some_and(|bits| !RSA_BITS.contains(&bits)) {
        return Err(key_size(leaf));
    }
    if trusted.iter().any(|it| it.der == leaf.der) {
        return complete(&[leaf]);
    }
    let mut search = Search { trusted, others, now, signatures: 0, hint: None };
    if search.extend(&[leaf]) {
        return Ok(());
    }
    let unknown = if leaf.is_self_issued() {
        Untrusted::SelfSigned { subject: leaf.shown() }
    } else {
        Untrusted::UnknownAuthority { issuer: leaf.issuer_shown() }
    };
    Err(search.hint.map_or(unknown, |(_, hint)| hint))
}

/// Search for a chain from the server's certificate to a trusted one.
struct Search<'a> {
    trusted: &'a [Certificate],
    others: &'a [Certificate],
    now: Asn1Time,
    signatures: usize,
    /// The most specific error so far, with its weight.
    hint: Option<(u8, Untrusted)>,
}

impl<'a> Search<'a> {
    /// Whether there is a valid chain that starts with `chain`.
    fn extend(&mut self, chain: &[&'a Certificate]) -> bool {
        let Some(child) = chain.last() else { return false };
        for (is_root, parents) in [(true, self.trusted), (false, self.others)] {
            for parent in candidates(child, parents) {
                if self.signatures >= MOST_SIGNATURES {
                    return false;
                }
                self.signatures += 1;
                if chain.iter().any(|it| it.is_same_entity(parent)) {
                    continue;
                }
                let mut longer = chain.to_vec();
                longer.push(parent);
                let found =
                    signed_by(child, parent).and_then(|()| self.may_follow(parent, is_root, chain.len()));
                let found = found.map_err(|refusal| (u8::from(is_root), refusal));
                let found = found.and_then(|()| {
                    if is_root {
                        complete(&longer).map(|()| true).map_err(|refusal| (2, refusal))
                    } else {
                        Ok(self.extend(&longer))
                    }
                });
                match found {
                    Ok(true) => return true,
                    Ok(false) => {}
                    Err(hint) => {
                        if self.hint.as_ref().is_none_or(|(weight, _)| *weight < hint.0) {
                            self.hint = Some(hint);
                        }
                    }
                }
            }
        }
        false
    }

    /// Checks whether an authority may follow `before` certificates.
    fn may_follow(&self, authority: &Certificate, is_root: bool, before: usize) -> Result<(), Untrusted> {
        valid(authority, &self.now)?;
        let basic = authority.extensions.basic.as_ref();
        if !is_root && !basic.is_some_and(|basic| basic.is_authority) {
            return Err(Untrusted::NotAuthority { subject: authority.shown() });
        }
        if basic.and_then(|basic| basic.most_below).is_some_and(|most| before - 1 > most) {
            return Err(Untrusted::PathTooLong { subject: authority.shown() });
        }
        Ok(())
    }
}

/// Returns the possible issuers, the likeliest first. Key identifiers are only hints.
fn candidates<'a>(child: &Certificate, parents: &'a [Certificate]) -> Vec<&'a Certificate> {
    let mut found: Vec<&Certificate> =
        parents.iter().filter(|it| it.subject == child.issuer && it.is_sound()).collect();
    let wanted = &child.extensions.authority_key;
    found.sort_by_key(|parent| {
        let key = &parent.extensions.subject_key;
        if key == wanted { 0 } else { 1 + u8::from(!key.is_empty() && !wanted.is_empty()) }
    });
    found
}

/// Checks whether the parent is an authority and has signed the child.
fn signed_by(child: &Certificate, parent: &Certificate) -> Result<(), Untrusted> {
    let extensions = &parent.extensions;
    let is_authority = match &extensions.basic {
        Some(basic) => basic.is_authority,
        // Versions 1 and 2 have no basic constraints.
        None => parent.version != 3,
    };
    if !is_authority || extensions.may_sign == Some(false) {
        return Err(Untrusted::NotAuthority { subject: parent.shown() });
    }
    let Some(key) = parent.key() else { return Err(Untrusted::Unreadable) };
    let fits = match child.signature {
        Signature::Insecure(algorithm) => {
            return Err(Untrusted::Insecure { subject: child.shown(), algorithm });
        }
        Signature::Unknown => return Err(Untrusted::Unreadable),
        Signature::Rsa => key.id() == Id::RSA,
        Signature::Ecdsa => key.id() == Id::EC,
        Signature::Ed25519 => key.id() == Id::ED25519,
    };
    if key.id() == Id::RSA && key.bits() < *RSA_BITS.start() {
        return Err(key_size(parent));
    }
    if fits && signature_is_right(child, key) {
        Ok(())
    } else {
        Err(Untrusted::OtherKey { issuer: parent.shown() })
    }
}

fn signature_is_right(child: &Certificate, key: &PKeyRef<Public>) -> bool {
    let right = child.x509().is_some_and(|child| child.verify(key).unwrap_or(false));
    if !right {
        // Clear OpenSSL's error queue, or the next call would report this error.
        let _ = openssl::error::ErrorStack::get();
    }
    right
}

/// Checks the validity period and critical extensions.
fn valid(certificate: &Certificate, now: &Asn1TimeRef) -> Result<(), Untrusted> {
    let subject = || certificate.shown();
    if certificate.extensions.unknown_critical {
        return Err(Untrusted::CriticalExtension { subject: subject() });
    }
    let x509 = certificate.x509().ok_or(Untrusted::Unreadable)?;
    let after =
        |a: &Asn1TimeRef, b: &Asn1TimeRef| a.compare(b).map_or(true, |order| order == Ordering::Greater);
    if after(x509.not_before(), now) {
        return Err(Untrusted::NotYetValid { subject: subject(), until: x509.not_before().to_string() });
    }
    if after(now, x509.not_after()) {
        return Err(Untrusted::Expired { subject: subject(), since: x509.not_after().to_string() });
    }
    Ok(())
}

fn for_host(leaf: &Certificate, host: &str) -> Result<(), Untrusted> {
    let host = host.to_owned();
    match &leaf.extensions.names {
        Some(names) if name::matches(names, &host) => Ok(()),
        Some(names) => {
            let addresses = names.addresses.iter().map(|address| name::show_address(address));
            Err(Untrusted::WrongHost { host, names: names.dns.iter().cloned().chain(addresses).collect() })
        }
        None => {
            let common = leaf.common_name().unwrap_or_default().to_ascii_lowercase();
            let is_host = name::matches_pattern(&common, host.to_ascii_lowercase().trim_end_matches('.'));
            Err(if is_host {
                Untrusted::OnlyCommonName { host }
            } else {
                Untrusted::WrongHost { host, names: Vec::new() }
            })
        }
    }
}

/// Checks a complete chain: policies, extended key usage and name constraints.
fn complete(chain: &[&Certificate]) -> Result<(), Untrusted> {
    let policies: Vec<_> = chain.iter().map(|it| (&it.extensions.policies, it.is_self_issued())).collect();
    if policies.iter().any(|(it, _)| it.limit_others()) && !policies::hold(&policies) {
        return Err(Untrusted::Policies);
    }
    if let Some(other) = chain.iter().rev().find(|it| it.extensions.for_servers == Some(false)) {
        return Err(Untrusted::NotForServers { subject: other.shown() });
    }
    for (at, certificate) in chain.iter().enumerate() {
        let Some(names) = &certificate.extensions.names else { continue };
        for authority in &chain[at + 1..] {
            let Some(constraints) = &authority.extensions.constraints else { continue };
            if let Some(name) = constraints.refuse(names) {
                return Err(Untrusted::NotPermitted { authority: authority.shown(), name });
            }
        }
    }
    Ok(())
}

fn rsa_bits(certificate: &Certificate) -> Option<u32> {
    certificate.key().filter(|key| key.id() == Id::RSA).map(openssl::pkey::PKeyRef::bits)
}

fn key_size(certificate: &Certificate) -> Untrusted {
    Untrusted::KeySize { subject: certificate.shown(), bits: rsa_bits(certificate).unwrap_or_default() }
}

fn now() -> Option<Asn1Time> {
    asn1_time(Timestamp::now())
}

/// As text, because OpenSSL's own way takes a C `time_t`: on 32-bit boards, musl's has 64 bits, but that of Rust's libc
/// has 32, so that OpenSSL would read another time.
fn asn1_time(time: Timestamp) -> Option<Asn1Time> {
    Asn1Time::from_str(&time.strftime("%Y%m%d%H%M%SZ").to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_openssl_are_those_of_the_clock() {
        for (seconds, shown) in [
            (0, "Jan  1 00:00:00 1970 GMT"),
            (1_795_733_850, "Nov 26 22:57:30 2026 GMT"),
            (4_102_444_800, "Jan  1 00:00:00 2100 GMT"),
        ] {
            let time = asn1_time(Timestamp::from_second(seconds).unwrap()).unwrap();
            assert_eq!(time.to_string(), shown);
        }
    }
}
