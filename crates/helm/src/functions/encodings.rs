//! Base64, base32 and checksums.

mod sha1;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};

use super::arguments::{TEXT, bytes, check_length, text};
use crate::template::{Error, Functions, Signature};

pub fn add(functions: &mut Functions) {
    let one = Signature::new(TEXT);
    functions.add("b64enc", one, |_, values| {
        check_length(bytes(&values[0]).len().saturating_mul(4) / 3)?;
        Ok(text(base64(bytes(&values[0]))))
    });
    functions.add("b64dec", one, |_, values| {
        Ok(text(from_base64(bytes(&values[0])).unwrap_or_else(|error| error.to_string().into_bytes())))
    });
    functions.add("b32enc", one, |_, values| {
        check_length(bytes(&values[0]).len().saturating_mul(8) / 5)?;
        Ok(text(base32(bytes(&values[0]))))
    });
    functions.add("b32dec", one, |_, values| {
        Ok(text(from_base32(bytes(&values[0])).unwrap_or_else(|error| error.to_string().into_bytes())))
    });
    functions.add("sha1sum", one, |_, values| Ok(text(hex::encode(sha1::digest(bytes(&values[0]))))));
    functions.add("sha256sum", one, |_, values| Ok(text(hex::encode(Sha256::digest(bytes(&values[0]))))));
    functions.add("sha512sum", one, |_, values| Ok(text(hex::encode(Sha512::digest(bytes(&values[0]))))));
    functions.add("adler32sum", one, |_, values| Ok(text(adler32(bytes(&values[0])).to_string())));
}

/// Standard base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 as Go does: line breaks are skipped, and the bits after the last byte need not be zero.
pub fn from_base64(text: &[u8]) -> Result<Vec<u8>, Error> {
    let corrupt = |at: usize| Error::new(format!("illegal base64 data at input byte {at}"));
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    loop {
        let (mut bits, mut count) = (0_u32, 0);
        let mut padding = None;
        while count < 4 && padding.is_none() {
            match input.next() {
                None if count == 0 => return Ok(out),
                None => return Err(corrupt(text.len() - count)),
                Some((at, b'=')) => padding = Some(at),
                Some((at, byte)) => {
                    let digit = base64_digit(byte).ok_or_else(|| corrupt(at))?;
                    bits = bits << 6 | u32::from(digit);
                    count += 1;
                }
            }
        }
        let bytes = (bits << (6 * (4 - count))).to_be_bytes();
        match (padding, count) {
            (None, _) => {
                out.extend_from_slice(&bytes[1..]);
                continue;
            }
            (Some(at), 0 | 1) => return Err(corrupt(at)),
            (Some(_), 2) => match input.next() {
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(corrupt(at - 1)),
                None => return Err(corrupt(text.len())),
            },
            (Some(_), _) => {}
        }
        if let Some((at, _)) = input.next() {
            return Err(corrupt(at));
        }
        out.extend_from_slice(&bytes[1..count]);
        return Ok(out);
    }
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Reads base32 as Go does.
fn from_base32(text: &[u8]) -> Result<Vec<u8>, Error> {
    let corrupt = |at: usize| Error::new(format!("illegal base32 data at input byte {at}"));
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut at = 0;
    while at < text.len() {
        let (mut bits, mut count, mut ended) = (0_u64, 0, false);
        while count < 8 {
            let Some(&byte) = text.get(at) else { return Err(corrupt(at - count)) };
            at += 1;
            let left = text.len() - at;
            if byte == b'=' && count >= 2 && left < 8 {
                if left + count < 7 {
                    return Err(corrupt(text.len()));
                }
                if let Some(wrong) =
                    (0..7 - count).find(|&ahead| text.get(at + ahead).is_some_and(|&byte| byte != b'='))
                {
                    return Err(corrupt(at + wrong - 1));
                }
                if matches!(count, 3 | 6) {
                    return Err(corrupt(at - 1));
                }
                ended = true;
                break;
            }
            let digit = BASE32.iter().position(|&known| known == byte).ok_or_else(|| corrupt(at - 1))?;
            bits = bits << 5 | u64::try_from(digit).unwrap_or_default();
            count += 1;
        }
        let bytes = (bits << (5 * (8 - count))).to_be_bytes();
        out.extend_from_slice(&bytes[3..3 + count * 5 / 8]);
        if ended {
            break;
        }
    }
    Ok(out)
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        let digits = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or_default();
            out.push(if at < digits { char::from(BASE32[digit]) } else { '=' });
        }
    }
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    high << 16 | low
}
