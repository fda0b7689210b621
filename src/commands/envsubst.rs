//! `flux envsubst`.

use std::io::{self, BufRead as _};

use clap::Args;

use super::Command;
use crate::context::{Context, Environment};
use crate::error::{Error, Result, ResultExt as _};
use edgeflux_kustomize::controller::expand;

/// The arguments of `flux envsubst`.
#[derive(Debug, Args)]
pub struct Envsubst {
    /// Refuse variables that are not set and have no default
    #[arg(long)]
    strict: bool,
}

impl Command for Envsubst {
    /// Line by line, each written as soon as it is read: what is piped through may never end.
    async fn run(self, context: &Context) -> Result<()> {
        // A variable that is empty counts as set.
        let value = |name: &str| match Environment::value(name) {
            Some(value) => Some(text_of(value.as_encoded_bytes())),
            None if self.strict => None,
            None => Some(String::new()),
        };
        let mut number = 0;
        while let Some(line) = line().await.context("reading standard input")? {
            number += 1;
            let filled = expand(&text_of(&line), &value)
                .map_err(|error| Error::failed(format!("line {number} of the input: {error}")))?;
            context.ui.bytes(&bytes_of(&filled))?;
            context.ui.data("\n")?;
            context.ui.flush()?;
        }
        Ok(())
    }
}

/// The next line of stdin without its end, read beside this thread so that Ctrl-C is seen; none at its end.
async fn line() -> io::Result<Option<Vec<u8>>> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut line)?;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        // As Go, which takes one off, at the end of the input as well.
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok((read > 0).then_some(line))
    });
    // It fails only where the read itself was ended from within.
    read.await.map_err(io::Error::other)?
}

/// The characters that stand for bytes that are not UTF-8: the last ones that Unicode leaves to everybody.
const FIRST: u32 = 0x0010_ff00;

/// A text in which each byte that is not UTF-8 is a character that nothing looks at.
fn text_of(bytes: &[u8]) -> String {
    let stand_ins = |bytes: &[u8], text: &mut String| {
        text.extend(bytes.iter().filter_map(|byte| char::from_u32(FIRST + u32::from(*byte))));
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Those characters themselves pass as bytes, too.
            if u32::from(c) >= FIRST {
                stand_ins(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut text);
            } else {
                text.push(c);
            }
        }
        stand_ins(chunk.invalid(), &mut text);
    }
    text
}

/// The bytes of [`text_of`].
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [
            &all[..],
            b"caf\xe9 \xc3\xa9 \xf0\x9f\x98\x80",
            "\u{10ff00}\u{10fffd}é".as_bytes(),
            b"\xf4\x8f",
            b"",
        ] {
            assert_eq!(bytes_of(&text_of(bytes)), bytes);
        }
        assert_eq!(text_of("né 😀".as_bytes()), "né 😀");
    }
}
