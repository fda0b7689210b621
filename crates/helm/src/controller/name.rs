//! Names of releases.

use sha2::{Digest, Sha256};

/// The longest name of a release, in bytes. Helm stores it in a Secret and a label.
const MAX_LENGTH: usize = 53;
/// How much of the hash a shortened name has, in hexadecimal digits.
const HASH_LENGTH: usize = 12;

/// Shortens a name of more than 53 bytes to its first 40, a hyphen, and 12 digits of its SHA-256 hash.
pub fn shortened(name: &str) -> String {
    if name.len() <= MAX_LENGTH {
        return name.to_owned();
    }
    let hash = hex::encode(Sha256::digest(name));
    // Kubernetes' names are ASCII; any other is cut before a character, not in it.
    let mut end = MAX_LENGTH - HASH_LENGTH - 1;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{}", &name[..end], &hash[..HASH_LENGTH])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_end_with_a_hash() {
        let name = "some-front-appended-namespace-release-with-a-long-name";
        assert_eq!(name.len(), 54);
        assert_eq!(shortened(name), "some-front-appended-namespace-release-wi-92a4e5a49e00");
        assert_eq!(shortened(&name[1..]), &name[1..]);
    }
}
