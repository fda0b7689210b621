//! AES-256 in CBC mode, with the password itself as the key.

use aes::Aes256;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};

use crate::template::Error;

const BLOCK: usize = 16;

fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    Aes256::new(&key.into())
}

/// The start vector and the encrypted text, filled up to whole blocks.
pub fn encrypted(password: &[u8], start: [u8; BLOCK], plain: &[u8]) -> Vec<u8> {
    let cipher = cipher(password);
    let padding = BLOCK - plain.len() % BLOCK;
    let mut padded = plain.to_vec();
    padded.extend(std::iter::repeat_n(u8::try_from(padding).unwrap_or_default(), padding));
    let mut out = start.to_vec();
    let mut last = start;
    for chunk in padded.chunks(BLOCK) {
        for (byte, plain) in last.iter_mut().zip(chunk) {
            *byte ^= plain;
        }
        let mut block = last.into();
        cipher.encrypt_block(&mut block);
        last = block.into();
        out.extend_from_slice(&last);
    }
    out
}

/// The text, with Go's messages for what was not encrypted so. `capacity` is that of Go's buffer.
pub fn decrypted(password: &[u8], encrypted: &[u8], capacity: usize) -> Result<Vec<u8>, Error> {
    let cipher = cipher(password);
    let bounds = |message: String| Error::new(format!("runtime error: slice bounds out of range {message}"));
    let Some((start, rest)) = encrypted.split_first_chunk::<BLOCK>() else {
        return Err(bounds(format!("[:{BLOCK}] with capacity {capacity}")));
    };
    if rest.len() % BLOCK != 0 {
        return Err(Error::new("crypto/cipher: input not full blocks"));
    }
    let mut out = Vec::with_capacity(rest.len());
    let mut last = *start;
    for chunk in rest.chunks_exact(BLOCK) {
        let mut input = [0; BLOCK];
        input.copy_from_slice(chunk);
        let mut block = input.into();
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(last).map(|(byte, last)| byte ^ last));
        last = input;
    }
    let Some(&padding) = out.last() else { return Err(Error::new("runtime error: index out of range [-1]")) };
    match out.len().checked_sub(usize::from(padding)) {
        Some(length) => out.truncate(length),
        None => return Err(bounds(format!("[:-{}]", usize::from(padding) - out.len()))),
    }
    Ok(out)
}
