//! Random texts and numbers, which the identity of a render, its template and the number of the call decide.

use sha2::{Digest, Sha256};

use super::Context;
use super::arguments::{TEXT, bytes, check_length, integer, runes, text};
use crate::template::{Call, Error, Functions, Signature, Type, Value};

/// Most characters of a random text.
const MAX_RANDOM: i64 = 1 << 20;

pub fn add(functions: &mut Functions) {
    let count = Signature::new(&[Type::Int]);
    functions.add("randAlphaNum", count, |call, values| {
        characters(call, "randAlphaNum", values, char::is_ascii_alphanumeric)
    });
    functions.add("randAlpha", count, |call, values| {
        characters(call, "randAlpha", values, char::is_ascii_alphabetic)
    });
    functions.add("randNumeric", count, |call, values| {
        characters(call, "randNumeric", values, char::is_ascii_digit)
    });
    functions.add("randAscii", count, |call, values| characters(call, "randAscii", values, |_| true));
    functions.add("randBytes", count, |call, values| {
        let count = integer(&values[0]);
        let length =
            usize::try_from(count).map_err(|_| Error::new("runtime error: makeslice: len out of range"))?;
        check_count(count)?;
        let mut bytes = vec![0; length];
        Stream::new(call, "randBytes").fill(&mut bytes);
        Ok(text(super::encodings::base64(&bytes)))
    });
    functions.add("shuffle", Signature::new(TEXT), |call, values| {
        let mut stream = Stream::new(call, "shuffle");
        let mut runes: Vec<char> = runes(bytes(&values[0])).collect();
        for at in (1..runes.len()).rev() {
            runes.swap(at, stream.index(at + 1));
        }
        Ok(text(runes.into_iter().collect::<String>()))
    });
    functions.add("uuidv4", Signature::new(&[]), |call, _| {
        let mut bytes = [0; 16];
        Stream::new(call, "uuidv4").fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = hex::encode(bytes);
        Ok(text([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")))
    });
}

fn check_count(count: i64) -> Result<(), Error> {
    if count > MAX_RANDOM {
        return Err(Error::new(format!("exceeded maximum of {MAX_RANDOM} random characters")));
    }
    check_length(usize::try_from(count).unwrap_or_default())
}

/// Returns `count` characters of a class; nothing if `count` is negative.
fn characters(
    call: &mut Call<'_>,
    function: &str,
    values: &[Value],
    belongs: fn(&char) -> bool,
) -> Result<Value, Error> {
    let count = integer(&values[0]);
    check_count(count)?;
    let alphabet: Vec<char> = (' '..='~').filter(belongs).collect();
    let mut stream = Stream::new(call, function);
    Ok(text((0..count).map(|_| alphabet[stream.index(alphabet.len())]).collect::<String>()))
}

/// An endless sequence of bytes: hashes of a key and a counter.
#[derive(Debug)]
pub struct Stream {
    key: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Stream {
    /// The sequence of a call.
    pub fn new(call: &mut Call<'_>, function: &str) -> Self {
        let serial = call.serial();
        let mut hash = Sha256::new();
        let seed = call.context::<Context>().map_or(&[][..], |context| &context.seed);
        for part in [seed, call.template().as_bytes(), function.as_bytes(), &serial.to_be_bytes()] {
            hash.update(u64::try_from(part.len()).unwrap_or_default().to_be_bytes());
            hash.update(part);
        }
        Self { key: hash.finalize().into(), counter: 0, block: [0; 32], used: 32 }
    }

    pub fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.used == self.block.len() {
                self.block = Sha256::new()
                    .chain_update(self.key)
                    .chain_update(self.counter.to_be_bytes())
                    .finalize()
                    .into();
                self.counter += 1;
                self.used = 0;
            }
            *byte = self.block[self.used];
            self.used += 1;
        }
    }

    /// A number below a limit. All are equally probable, but for less than one in 2⁶⁰.
    pub fn below(&mut self, limit: u64) -> u64 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        u64::try_from(u128::from_be_bytes(bytes) % u128::from(limit.max(1))).unwrap_or_default()
    }

    /// A position below a length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap_or(u64::MAX))).unwrap_or_default()
    }
}
