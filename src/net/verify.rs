//! Whether a server's certificate is to be trusted, by the rules of Go's `crypto/x509`.
//!
//! Both OpenSSL's own rules and webpki's refuse certificates that `kubectl`, `flux` and every controller accept: a
//! pinned certificate of a server, an authority that was made again with the same key, an authority of X.509
//! version 1, a wildcard in a local domain. Chains are therefore built here, and OpenSSL checks the signatures.

use std::cmp::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::pkey::{Id, PKeyRef, Public};

use super::certificate::{Certificate, Signature};
use super::{name, policies};

/// Keys of RSA with fewer bits can be broken, and those with more take too long.
const RSA_BITS: std::ops::RangeInclusive<u32> = 1024..=8192;
/// How many signatures are checked before a server's certificates are given up.
const MOST_SIGNATURES: usize = 100;

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It, or an authority's, is no longer valid.
    #[error("the certificate {subject} has expired on {since}")]
    Expired {
        /// Whose it is.
        subject: String,
        /// Its last moment.
        since: String,
    },
    /// It, or an authority's, is not valid yet.
    #[error("the certificate {subject} is not valid before {until}")]
    NotYetValid {
        /// Whose it is.
        subject: String,
        /// Its first moment.
        until: String,
    },
    /// It is for other hosts.
    #[error("the server's certificate is for {}, not for {host}", list(names))]
    WrongHost {
        /// The host that was asked for.
        host: String,
        /// Those that it is for.
        names: Vec<String>,
    },
    /// It names its host as it was done until 2000.
    #[error(
        "the server's certificate names {host} only in its common name, and has no subject alternative name"
    )]
    OnlyCommonName {
        /// The host.
        host: String,
    },
    /// It signs itself, and is not among the trusted ones.
    #[error("the server's certificate {subject} is self-signed and not among the trusted certificates")]
    SelfSigned {
        /// Whose it is.
        subject: String,
    },
    /// Its authority is not among the trusted ones.
    #[error("the server's certificate was signed by {issuer}, which is not among the trusted authorities")]
    UnknownAuthority {
        /// Who signed it.
        issuer: String,
    },
    /// A trusted authority has that name, but another key.
    #[error(
        "the server's certificate was not signed by the key of the trusted authority {issuer}, but by another of the same name"
    )]
    OtherKey {
        /// The name of both.
        issuer: String,
    },
    /// What signed it may not sign.
    #[error("the certificate {subject} has signed another, but is not that of an authority")]
    NotAuthority {
        /// Whose it is.
        subject: String,
    },
    /// There are more authorities in between than one of them allows.
    #[error("the authority {subject} does not allow that many authorities below it")]
    PathTooLong {
        /// Whose limit it is.
        subject: String,
    },
    /// An authority is limited to other names.
    #[error("the authority {authority} may not sign certificates for {name} (name constraints)")]
    NotPermitted {
        /// The authority.
        authority: String,
        /// The name that it has signed for.
        name: String,
    },
    /// It is meant for something else.
    #[error("the certificate {subject} is not meant for servers (its extended key usage lacks serverAuth)")]
    NotForServers {
        /// Whose it is.
        subject: String,
    },
    /// An authority demands policies that are not there.
    #[error("the certificates of the server break the certificate policies of their authorities")]
    Policies,
    /// It is signed in a way that can be forged.
    #[error("the certificate {subject} has a signature with {algorithm}, which can be forged")]
    Insecure {
        /// Whose it is.
        subject: String,
        /// The hash.
        algorithm: &'static str,
    },
    /// Its key is too short or too long.
    #[error("the certificate {subject} has an RSA key of {bits} bits; 1024 to 8192 are accepted")]
    KeySize {
        /// Whose it is.
        subject: String,
        /// The key's size.
        bits: u32,
    },
    /// It has an extension that must be understood and is not.
    #[error("the certificate {subject} has a critical extension that is not understood")]
    CriticalExtension {
        /// Whose it is.
        subject: String,
    },
    /// It cannot be read, or its key is of an unknown kind.
    #[error("the server shows a certificate that cannot be read, or whose key is of an unknown kind")]
    Unreadable,
}

impl Untrusted {
    /// Whether nobody who is trusted has anything to do with it.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::SelfSigned { .. } | Self::UnknownAuthority { .. })
    }

    /// What the user can do about it. `authority` is the way to name a file of trusted certificates.
    pub fn next_step(&self, authority: &str) -> String {
        match self {
            Self::Expired { .. } => "renew it on the server; if it is still valid, set this machine's clock".into(),
            Self::NotYetValid { .. } => "set the clock of this machine, or of the one that made the certificate".into(),
            Self::WrongHost { names, .. } if names.is_empty() => {
                "make a certificate that lists the host in its subject alternative names".into()
            }
            Self::WrongHost { .. } => {
                "use one of these names in the address, or make a certificate that also lists this one".into()
            }
            Self::OnlyCommonName { .. } => {
                "make a certificate with subjectAltName, for instance by openssl's -addext subjectAltName=DNS:…".into()
            }
            Self::SelfSigned { .. } => format!(
                "if it is the right server, name this very certificate by {authority} (openssl s_client -connect HOST:PORT shows it)"
            ),
            Self::UnknownAuthority { .. } => format!("name the certificate of that authority by {authority}"),
            Self::OtherKey { .. } => {
                format!("the authority was probably made again: name its present certificate by {authority}")
            }
            Self::NotAuthority { .. } | Self::PathTooLong { .. } | Self::NotPermitted { .. } | Self::Policies => {
                "have the server's certificate signed by an authority that may do so".into()
            }
            Self::NotForServers { .. } => {
                "make the certificate with extendedKeyUsage=serverAuth, or without that extension".into()
            }
            Self::Insecure { .. } => "have it signed again with SHA-256 or better".into(),
            Self::KeySize { .. } => "make the certificate with another key: RSA of 2048 bits, or P-256".into(),
            Self::CriticalExtension { .. } | Self::Unreadable => {
                "make the certificate again in a common form: RSA, P-256, P-384, P-521 or Ed25519".into()
            }
        }
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "no host at all".to_owned(),
        few if few.len() <= 8 => few.join(", "),
        many => format!("{} and {} others", many[..8].join(", "), many.len() - 8),
    }
}

/// Checks the certificates that a server shows, its own first, for `host` and against the trusted ones.
pub(super) fn verify(shown: &[Certificate], host: &str, trusted: &[Certificate]) -> Result<(), Untrusted> {
    let (leaf, others) = shown.split_first().ok_or(Untrusted::Unreadable)?;
    if let Some(large) = shown.iter().find(|it| rsa_bits(it).is_some_and(|bits| bits > *RSA_BITS.end())) {
        return Err(key_size(large));
    }
    let now = now().ok_or(Untrusted::Unreadable)?;
    valid(leaf, &now)?;
    for_host(leaf, host)?;
    if leaf.key.is_none() {
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

/// The search for a chain from a server's certificate to a trusted one.
struct Search<'a> {
    trusted: &'a [Certificate],
    others: &'a [Certificate],
    now: Asn1Time,
    signatures: usize,
    /// The refusal that says most, and how much.
    hint: Option<(u8, Untrusted)>,
}

impl<'a> Search<'a> {
    /// Whether a chain that begins like this ends well.
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

    /// Whether an authority may stand after `before` certificates.
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

/// The certificates that may have signed this one, the likeliest first: key identifiers are hints only.
fn candidates<'a>(child: &Certificate, parents: &'a [Certificate]) -> Vec<&'a Certificate> {
    let mut found: Vec<&Certificate> = parents.iter().filter(|it| it.subject == child.issuer).collect();
    let wanted = &child.extensions.authority_key;
    found.sort_by_key(|parent| {
        let key = &parent.extensions.subject_key;
        if key == wanted { 0 } else { 1 + u8::from(!key.is_empty() && !wanted.is_empty()) }
    });
    found
}

/// Whether the parent's key made the child's signature, and may do so.
fn signed_by(child: &Certificate, parent: &Certificate) -> Result<(), Untrusted> {
    let extensions = &parent.extensions;
    let is_authority = match &extensions.basic {
        Some(basic) => basic.is_authority,
        // Before version 3 there was no way to say it.
        None => parent.version != 3,
    };
    if !is_authority || extensions.may_sign == Some(false) {
        return Err(Untrusted::NotAuthority { subject: parent.shown() });
    }
    let Some(key) = &parent.key else { return Err(Untrusted::Unreadable) };
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
    let right = child.x509().verify(key).unwrap_or(false);
    if !right {
        // What OpenSSL says of it would be found by whoever looks next.
        let _ = openssl::error::ErrorStack::get();
    }
    right
}

/// Whether a certificate can be used at all at this time.
fn valid(certificate: &Certificate, now: &Asn1TimeRef) -> Result<(), Untrusted> {
    let subject = || certificate.shown();
    if certificate.extensions.unknown_critical {
        return Err(Untrusted::CriticalExtension { subject: subject() });
    }
    let after = |a: &Asn1TimeRef, b: &Asn1TimeRef| a.compare(b).map_or(true, |it| it == Ordering::Greater);
    if after(certificate.not_before(), now) {
        let until = certificate.not_before().to_string();
        return Err(Untrusted::NotYetValid { subject: subject(), until });
    }
    if after(now, certificate.not_after()) {
        return Err(Untrusted::Expired { subject: subject(), since: certificate.not_after().to_string() });
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

/// What holds for a chain as a whole: policies, purposes and names.
fn complete(chain: &[&Certificate]) -> Result<(), Untrusted> {
    if chain.iter().any(|it| it.extensions.policies.limit_others()) && !policies::hold(chain) {
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
    certificate.key.as_ref().filter(|key| key.id() == Id::RSA).map(|key| key.bits())
}

fn key_size(certificate: &Certificate) -> Untrusted {
    Untrusted::KeySize { subject: certificate.shown(), bits: rsa_bits(certificate).unwrap_or_default() }
}

fn now() -> Option<Asn1Time> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    Asn1Time::from_unix(seconds.try_into().ok()?).ok()
}
