//! Host keys of SSH servers, and the names of servers.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use openssl::hash::{MessageDigest, hash};

use super::wire::first_string;

/// Public key of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// Name of its type, such as `ssh-ed25519`.
    pub key_type: String,
    /// Key in SSH's wire format.
    pub blob: Vec<u8>,
}

impl HostKey {
    /// Reads the name of the type from the blob.
    pub fn from_blob(blob: &[u8]) -> Option<Self> {
        Some(Self { key_type: first_string(blob)?.to_owned(), blob: blob.to_vec() })
    }

    /// Returns `SHA256:` and the unpadded base64 of the hash, as ssh shows it.
    pub fn fingerprint(&self) -> String {
        let digest = hash(MessageDigest::sha256(), &self.blob).map(|d| STANDARD_NO_PAD.encode(d));
        format!("SHA256:{}", digest.unwrap_or_default())
    }

    /// Returns the line for `known_hosts`, without a line feed.
    pub fn known_hosts_line(&self, host: &str, port: u16) -> String {
        format!("{} {} {}", host_name(host, port), self.key_type, STANDARD.encode(&self.blob))
    }
}

/// Returns the name of a server in `known_hosts`: `host`, or `[host]:port` if the port is not 22.
pub fn host_name(host: &str, port: u16) -> String {
    if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") }
}

/// Matches `*` and `?` as a shell does, in linear time.
pub(super) fn wildcard_match(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}
