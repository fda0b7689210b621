//! `flux envsubst`.

use clap::Args;

use super::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result, ResultExt as _};
use crate::output::Report;
use edgeflux_kustomize::controller::expand;

/// The arguments of `flux envsubst`.
#[derive(Debug, Args)]
pub struct Envsubst {
    /// Fail if a variable without a default is not set
    #[arg(long)]
    strict: bool,
}

impl Described for Envsubst {
    const ABOUT: About =
        About::new("envsubst", "Substitute environment variables in text from standard input")
            .details(
                "Uses the syntax of post-build substitutions in Flux Kustomizations, such as \
                 ${region} and ${region:=eu}.",
            )
            .examples(&[
                ("Substitute variables in a file", "flux envsubst < deployment.yaml"),
                ("Fail if a variable is not set", "flux envsubst --strict < deployment.yaml"),
            ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Envsubst {
    /// Substitutes line by line and writes each line at once: the input may never end.
    async fn run(self, context: &Context) -> Result<()> {
        // A variable that is empty counts as set.
        let value = |name: &str| match context.environment.value(name) {
            Some(value) => Some(text_of(value.as_encoded_bytes())),
            None if self.strict => None,
            None => Some(String::new()),
        };
        let report = Report::new(&context.ui);
        let mut number = 0;
        while let Some(mut line) = context.ui.read_line().await.context("reading standard input")? {
            number += 1;
            // Go removes a carriage return too, also at the end of the input.
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            let filled = expand(&text_of(&line), &value)
                .map_err(|error| Error::failed(format!("line {number} of the input: {error}")))?;
            report.line(&bytes_of(&filled))?;
        }
        Ok(())
    }
}

/// First of the characters that stand for bytes that are not UTF-8: the last 256 of Unicode's private use area.
const FIRST: u32 = 0x0010_ff00;

/// Converts bytes to text. Bytes that are not UTF-8 become characters of private use, which no expression contains.
fn text_of(bytes: &[u8]) -> String {
    let stand_ins = |bytes: &[u8], text: &mut String| {
        text.extend(bytes.iter().filter_map(|byte| char::from_u32(FIRST + u32::from(*byte))));
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Those characters themselves are converted byte by byte.
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

/// Reverses [`text_of`].
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
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::Scene;

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

    #[test]
    fn variables_come_from_the_environment() {
        let scene = Scene::offline()
            .variable("CLUSTER", "edge")
            .input("cluster: ${CLUSTER}\nregion: ${REGION:=eu}\nzone: ${ZONE}\n");
        assert_snapshot!(scene.run("flux envsubst"), @"
        cluster: edge
        region: eu
        zone:␠
        ");
        assert_snapshot!(scene.run("flux envsubst --strict"), @r#"
        cluster: edge
        region: eu
        [stderr]
        ✗ line 3 of the input: variable not set (strict mode): "ZONE"; set it, or write a default: ${NAME:=default}
        [exit code 1]
        "#);
    }
}
