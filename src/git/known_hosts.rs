//! Host keys in `known_hosts` files, whose format sshd(8) describes.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::certificate::Certificate;
use super::host_key::{HostKey, host_name, wildcard_match};

/// Result of the comparison of a server's key with the known ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is known, or a known authority has signed it.
    Known,
    /// It is signed by a known authority, but its certificate is not valid.
    BadCertificate(String),
    /// It is another key than the known one, or revoked.
    Changed,
    /// The server is unknown.
    Unknown,
}

/// Entries of one or several `known_hosts` files.
#[derive(Debug, Clone, Default)]
pub struct KnownHosts(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    hosts: String,
    key: HostKey,
    role: Role,
}

/// Role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Host key of a server.
    Own,
    /// Authority that signs host keys: `@cert-authority`.
    Authority,
    /// Revoked: `@revoked`.
    Revoked,
}

impl KnownHosts {
    /// Reads a file. Comments and damaged lines are skipped, as by ssh.
    pub fn parse(text: &str) -> Self {
        Self(text.trim_start_matches('\u{feff}').lines().filter_map(parse_line).collect())
    }

    /// Adds the entries of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key of this server, or an authority for it, is known.
    pub fn knows(&self, host: &str, port: u16) -> bool {
        self.keys_of(host, port).any(|entry| entry.role != Role::Revoked)
    }

    /// Returns the known keys of a server.
    pub fn keys(&self, host: &str, port: u16) -> Vec<HostKey> {
        self.keys_in_role(host, port, Role::Own)
    }

    /// Returns the keys of the authorities that may sign the server's.
    pub fn authorities(&self, host: &str, port: u16) -> Vec<HostKey> {
        self.keys_in_role(host, port, Role::Authority)
    }

    fn keys_in_role(&self, host: &str, port: u16, role: Role) -> Vec<HostKey> {
        self.keys_of(host, port).filter(|entry| entry.role == role).map(|entry| entry.key.clone()).collect()
    }

    /// Compares a key that the server shows with the known ones.
    pub fn check(&self, host: &str, port: u16, key: &HostKey) -> Verdict {
        let certificate = Certificate::of(key);
        let plain = certificate.as_ref().map_or(key, |certificate| &certificate.key);
        let authority = certificate.as_ref().map(|certificate| &certificate.authority);
        if self.is_revoked(host, port, plain) || authority.is_some_and(|key| self.is_revoked(host, port, key))
        {
            return Verdict::Changed;
        }
        match self.check_plain(host, port, plain) {
            Verdict::Known => Verdict::Known,
            // As in ssh: a key that is known for the host is valid for all of its ports.
            _ if port != 22 && self.check_plain(host, 22, plain) == Verdict::Known => Verdict::Known,
            verdict => match certificate {
                Some(certificate) if self.authorities(host, port).contains(&certificate.authority) => {
                    match certificate.check(host, SystemTime::now()) {
                        Ok(()) => Verdict::Known,
                        Err(reason) => Verdict::BadCertificate(reason),
                    }
                }
                _ => verdict,
            },
        }
    }

    fn check_plain(&self, host: &str, port: u16, key: &HostKey) -> Verdict {
        let known = self.keys(host, port);
        match known.iter().any(|known| known.blob == key.blob) {
            true => Verdict::Known,
            false if known.is_empty() => Verdict::Unknown,
            false => Verdict::Changed,
        }
    }

    fn is_revoked(&self, host: &str, port: u16, key: &HostKey) -> bool {
        let ports = [port, 22];
        ports.iter().any(|port| {
            self.keys_of(host, *port).any(|entry| entry.role == Role::Revoked && entry.key.blob == key.blob)
        })
    }

    fn keys_of(&self, host: &str, port: u16) -> impl Iterator<Item = &Entry> {
        let name = host_name(host, port).to_lowercase();
        self.0.iter().filter(move |entry| hosts_match(&entry.hosts, &name))
    }
}

fn parse_line(line: &str) -> Option<Entry> {
    let mut fields = line.split_ascii_whitespace();
    let mut hosts = fields.next().filter(|first| !first.starts_with('#'))?;
    let role = match hosts {
        "@revoked" => Role::Revoked,
        "@cert-authority" => Role::Authority,
        other if other.starts_with('@') => return None,
        _ => Role::Own,
    };
    if role != Role::Own {
        hosts = fields.next()?;
    }
    let key_type = fields.next()?.to_owned();
    let blob = STANDARD.decode(fields.next()?).ok()?;
    Some(Entry { hosts: hosts.to_owned(), key: HostKey { key_type, blob }, role })
}

fn hosts_match(patterns: &str, name: &str) -> bool {
    if let Some(hashed) = patterns.strip_prefix("|1|") {
        return hashed_match(hashed, name).unwrap_or(false);
    }
    let mut matched = false;
    for pattern in patterns.split(',') {
        let pattern = pattern.to_lowercase();
        match pattern.strip_prefix('!') {
            Some(excluded) if wildcard_match(excluded.as_bytes(), name.as_bytes()) => return false,
            Some(_) => {}
            None => matched |= wildcard_match(pattern.as_bytes(), name.as_bytes()),
        }
    }
    matched
}

/// Compares a name with `salt|hash`, both base64: the hash is the HMAC-SHA1 of the name with the salt.
fn hashed_match(hashed: &str, name: &str) -> Option<bool> {
    let (salt, wanted) = hashed.split_once('|')?;
    let key = PKey::hmac(&STANDARD.decode(salt).ok()?).ok()?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key).ok()?;
    let mac = signer.sign_oneshot_to_vec(name.as_bytes()).ok()?;
    Some(mac == STANDARD.decode(wanted).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> HostKey {
        let blob =
            super::super::wire::Writer::default().string(b"ssh-ed25519").string(text.as_bytes()).finish();
        HostKey::from_blob(&blob).expect("has a type")
    }

    #[test]
    fn a_key_is_known_under_its_host_and_port_only() {
        let known = KnownHosts::parse(&key("a").known_hosts_line("Git.example.com", 2222));
        assert_eq!(known.check("git.example.com", 2222, &key("a")), Verdict::Known);
        assert_eq!(known.check("git.example.com", 2222, &key("b")), Verdict::Changed);
        assert_eq!(known.check("git.example.com", 22, &key("a")), Verdict::Unknown);
    }

    #[test]
    fn patterns_and_exceptions_are_followed() {
        let line = key("a").known_hosts_line("x", 22).replacen('x', "*.example.com,!bad.example.com", 1);
        let known = KnownHosts::parse(&format!("# a comment\n\n{line}\nnonsense\n"));
        assert!(known.knows("git.example.com", 22));
        assert!(!known.knows("bad.example.com", 22));
        assert!(!known.knows("example.com", 22));
    }

    #[test]
    fn a_hashed_host_is_found() {
        // `ssh-keygen -H` of the host github.com.
        let salt = b"0123456789abcdef0123";
        let mac = Signer::new(MessageDigest::sha1(), &PKey::hmac(salt).expect("key"))
            .and_then(|mut s| s.sign_oneshot_to_vec(b"github.com"))
            .expect("mac");
        let hosts = format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(mac));
        let line = key("a").known_hosts_line("x", 22).replacen('x', &hosts, 1);
        let known = KnownHosts::parse(&line);
        assert!(known.knows("github.com", 22));
        assert!(!known.knows("gitlab.com", 22));
    }

    #[test]
    fn a_key_without_a_port_is_good_at_every_port() {
        let known = KnownHosts::parse(&format!("\u{feff}{}\r\n", key("a").known_hosts_line("h", 22)));
        assert_eq!(known.check("h", 2222, &key("a")), Verdict::Known);
        // Another server may answer at another port.
        assert_eq!(known.check("h", 2222, &key("b")), Verdict::Unknown);
        assert!(!known.knows("h", 2222));
    }

    #[test]
    fn a_revoked_key_counts_as_changed() {
        let line = key("a").known_hosts_line("h", 22);
        let known = KnownHosts::parse(&format!("{line}\n@revoked {line}\n"));
        assert_eq!(known.check("h", 22, &key("a")), Verdict::Changed);
    }
}
