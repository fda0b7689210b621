//! scrypt (RFC 7914) with N = 32768, r = 8 and p = 2.

use super::keyed_hash;

const ROUNDS: usize = 32768;
/// 32-bit words of a block.
const BLOCK: usize = 256;
const LANES: usize = 2;

/// A key of 64 bytes. Takes 32 MiB of memory.
pub fn key(password: &[u8], salt: &[u8]) -> [u8; 64] {
    let mut lanes = [0; LANES * BLOCK * 4];
    pbkdf2(password, salt, &mut lanes);
    for lane in lanes.chunks_mut(BLOCK * 4) {
        let mut words = [0_u32; BLOCK];
        for (word, bytes) in words.iter_mut().zip(lane.chunks(4)) {
            *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        mix(&mut words);
        for (word, bytes) in words.iter().zip(lane.chunks_mut(4)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
    let mut key = [0; 64];
    pbkdf2(password, &lanes, &mut key);
    key
}

/// PBKDF2 with one iteration.
fn pbkdf2(password: &[u8], salt: &[u8], out: &mut [u8]) {
    for (number, chunk) in (1_u32..).zip(out.chunks_mut(32)) {
        let hash = keyed_hash(password, &[salt, &number.to_be_bytes()].concat());
        chunk.copy_from_slice(&hash[..chunk.len()]);
    }
}

fn mix(block: &mut [u32; BLOCK]) {
    let mut seen = vec![[0; BLOCK]; ROUNDS];
    for entry in &mut seen {
        *entry = *block;
        mix_block(block);
    }
    for _ in 0..ROUNDS {
        let at = usize::try_from(block[BLOCK - 16]).unwrap_or_default() % ROUNDS;
        for (word, other) in block.iter_mut().zip(&seen[at]) {
            *word ^= other;
        }
        mix_block(block);
    }
}

fn mix_block(block: &mut [u32; BLOCK]) {
    let mut last = [0; 16];
    last.copy_from_slice(&block[BLOCK - 16..]);
    let mut out = [0; BLOCK];
    for (at, part) in block.chunks(16).enumerate() {
        for (word, other) in last.iter_mut().zip(part) {
            *word ^= other;
        }
        salsa(&mut last);
        // Even parts come first.
        let position = at / 2 * 16 + if at % 2 == 0 { 0 } else { BLOCK / 2 };
        out[position..position + 16].copy_from_slice(&last);
    }
    *block = out;
}

/// Salsa20/8.
#[allow(clippy::many_single_char_names, reason = "the names of the standard")]
fn salsa(words: &mut [u32; 16]) {
    const COLUMNS: [[usize; 4]; 8] = [
        [0, 4, 8, 12],
        [5, 9, 13, 1],
        [10, 14, 2, 6],
        [15, 3, 7, 11],
        [0, 1, 2, 3],
        [5, 6, 7, 4],
        [10, 11, 8, 9],
        [15, 12, 13, 14],
    ];
    let mut x = *words;
    for _ in 0..4 {
        for [a, b, c, d] in COLUMNS {
            x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
            x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
            x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
            x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
        }
    }
    for (word, mixed) in words.iter_mut().zip(x) {
        *word = word.wrapping_add(mixed);
    }
}
