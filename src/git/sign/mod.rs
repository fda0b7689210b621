//! Signatures of commits, as `git verify-commit` checks them: OpenPGP and SSH.

mod openpgp;
mod ssh;

pub use openpgp::{KeyringError, OpenPgpKey};

#[cfg(test)]
pub(super) use ssh::raw_signature;

use super::error::{Error, Result};
use super::keys::PrivateKey;
use crate::clock::Clock;

/// Signer of commits.
#[derive(Clone)]
pub enum Signer {
    /// OpenPGP key, and the time of the signatures.
    OpenPgp(Box<OpenPgpKey>, Clock),
    /// SSH key. The namespace of signatures is `git`.
    Ssh(PrivateKey),
}

impl Signer {
    /// Signs `content`, a commit without its signature. Returns the signature in armor, without a line feed at its end.
    pub(super) fn sign(&self, content: &[u8]) -> Result<String> {
        let signature = match self {
            Self::OpenPgp(key, clock) => openpgp::sign(key, content, seconds(*clock)?),
            Self::Ssh(key) => ssh::sign(key, content),
        };
        signature.map_err(|e| Error::Signing(e.to_string()))
    }
}

/// Time of a signature, in seconds since 1970.
fn seconds(clock: Clock) -> Result<u32> {
    clock.unix_seconds().ok_or_else(|| {
        Error::Signing("the clock of this machine is not set: its year is before 1970 or after 2106".into())
    })
}

/// Encodes bytes as Base64 in lines of `width` characters.
fn base64_lines(bytes: &[u8], width: usize) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut out = String::with_capacity(text.len() + text.len() / width + 1);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every index is a character boundary.
        let (line, more) = rest.split_at(width.min(rest.len()));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_split_into_lines() {
        assert_eq!(super::base64_lines(b"abcdef", 6), "YWJjZG\nVm\n");
        assert_eq!(super::base64_lines(b"", 6), "");
    }
}
