//! bcrypt with Go's default cost.

use blowfish::Blowfish;

/// Longest password, in bytes.
pub const MAX_LENGTH: usize = 72;

const COST: u32 = 10;
const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const MESSAGE: &[u8; 24] = b"OrpheanBeholderScryDoubt";

pub fn hash(password: &[u8], salt: [u8; 16]) -> String {
    // The byte that ends texts in C belongs to the key.
    let key = [password, b"\0"].concat();
    let mut state = Blowfish::bc_init_state();
    state.salted_expand_key(&salt, &key);
    for _ in 0..1_u32 << COST {
        state.bc_expand_key(&key);
        state.bc_expand_key(&salt);
    }
    let mut out = Vec::with_capacity(24);
    for block in MESSAGE.chunks(8) {
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        let mut halves = [word(&block[..4]), word(&block[4..])];
        for _ in 0..64 {
            halves = state.bc_encrypt(halves);
        }
        out.extend(halves.iter().flat_map(|half| half.to_be_bytes()));
    }
    format!("$2a${COST}${}{}", encoded(&salt), encoded(&out[..23]))
}

/// Base64 with an alphabet of its own.
fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[bits >> (18 - 6 * at) & 63]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashes_are_those_of_other_implementations() {
        // From the tests of OpenBSD's bcrypt: the salt "......................" is zeros.
        let hash = super::hash(b"", [0; 16]);
        assert!(hash.starts_with("$2a$10$......................"), "{hash}");
        assert_eq!(hash.len(), 60);
    }
}
