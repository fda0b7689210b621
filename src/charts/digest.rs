//! Digests of archives and manifests.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    /// Computes the digest of a content.
    pub(super) fn of(content: &[u8]) -> Digest {
        Digest(Sha256::digest(content).into())
    }

    /// Takes the state of a hash.
    pub(super) fn finish(hash: Sha256) -> Digest {
        Digest(hash.finalize().into())
    }

    /// Parses `sha256:` and 64 hexadecimal digits; an index has them without the prefix.
    pub(super) fn parse(text: &str) -> Option<Digest> {
        let digits = text.trim().strip_prefix("sha256:").unwrap_or(text.trim());
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Digest(bytes))
    }

    /// Hexadecimal digits, the name of a file in the cache.
    pub(super) fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_with_and_without_its_prefix() {
        let digest = Digest::of(b"a");
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse(&digest.hex().to_uppercase()), Some(digest));
        for text in ["", "sha256:", "sha512:aa", "sha256:zz", &"a".repeat(63)] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
    }
}
