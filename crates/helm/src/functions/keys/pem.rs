//! PEM, as Go's `encoding/pem` reads and writes it.

use super::super::encodings::{base64, from_base64};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// A block: `CERTIFICATE`, `RSA PRIVATE KEY`, ….
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    pub label: Vec<u8>,
    pub content: Vec<u8>,
}

/// Writes a block.
pub fn encode(label: &str, content: &[u8]) -> String {
    let encoded = base64(content);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END ");
    out.push_str(label);
    out.push_str("-----\n");
    out
}

/// The first block of a text. What is no block is skipped.
pub fn decode(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        let end = find(rest, END)?;
        if let Some(block) = block_before(rest, end) {
            return Some(block);
        }
        rest = &rest[end + END.len()..];
    }
}

/// The block whose last line begins, with its line feed, at `end`.
fn block_before(text: &[u8], end: usize) -> Option<Block> {
    // The line feed may be that of the first line.
    let begin = text[..end].windows(BEGIN.len()).rposition(|window| window == BEGIN)?;
    if begin > 0 && text[begin - 1] != b'\n' {
        return None;
    }
    let (label, mut body) = line(&text[begin + BEGIN.len()..]);
    let label = label.strip_suffix(DASHES)?;
    let last = &text[end + END.len()..];
    let (after, _) = line(last.strip_prefix(label)?.strip_prefix(DASHES)?);
    if !after.is_empty() {
        return None;
    }
    let at = |rest: &[u8]| text.len() - rest.len();
    loop {
        let (header, next) = line(body);
        if body.is_empty() {
            return None;
        }
        if !header.contains(&b':') {
            break;
        }
        body = next;
        if at(body) > end {
            return None;
        }
    }
    let encoded = text.get(at(body)..end).unwrap_or_default();
    let encoded: Vec<u8> = encoded.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    Some(Block { label: label.to_vec(), content: from_base64(&encoded).ok()? })
}

/// The first line without blanks at its end, and what comes after it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|&byte| byte == b'\n') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let blanks = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    (&line[..line.len() - blanks], rest)
}

fn find(text: &[u8], searched: &[u8]) -> Option<usize> {
    text.windows(searched.len()).position(|window| window == searched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(label: &str, content: &[u8]) -> Block {
        Block { label: label.as_bytes().to_vec(), content: content.to_vec() }
    }

    #[test]
    fn blocks_are_read_as_go_does() {
        for (text, found) in [
            ("-----BEGIN A-----\nYWJj\n-----END A-----\n", Some(block("A", b"abc"))),
            ("text\n-----BEGIN A-----\r\nYW\r\n Jj\r\n-----END A----- \t", Some(block("A", b"abc"))),
            ("-----BEGIN A-----\nProc-Type: 4\nX: y\n\nYWJj\n-----END A-----", Some(block("A", b"abc"))),
            ("-----BEGIN A-----\n-----END A-----\n", Some(block("A", b""))),
            ("-----BEGIN A B-----\nYWJj\n-----END A B-----\nrest", Some(block("A B", b"abc"))),
            ("-----BEGIN A-----\n-----BEGIN B-----\nYWJj\n-----END B-----", Some(block("B", b"abc"))),
            (
                "-----BEGIN A-----\n!\n-----END A-----\n-----BEGIN B-----\nYWJj\n-----END B-----",
                Some(block("B", b"abc")),
            ),
            ("x-----BEGIN A-----\nYWJj\n-----END A-----\n", None),
            ("-----BEGIN A-----\nYWJj\n-----END B-----\n", None),
            ("-----BEGIN A-----\nYWJj\n-----END A-----x\n", None),
            ("-----BEGIN A-----\nYWJj-----END A-----\n", None),
            ("-----BEGIN A\nYWJj\n-----END A-----\n", None),
            ("-----BEGIN A-----\nYW\n-----END A-----\n", None),
            ("-----BEGIN A-----\nYWJj\n", None),
            ("", None),
        ] {
            assert_eq!(decode(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn written_blocks_have_lines_of_64_characters() {
        let written = encode("A", &[0; 49]);
        let lines: Vec<usize> = written.lines().map(str::len).collect();
        assert_eq!(lines, [17, 64, 4, 15]);
        assert_eq!(decode(written.as_bytes()), Some(block("A", &[0; 49])));
        assert_eq!(encode("A", b""), "-----BEGIN A-----\n-----END A-----\n");
    }
}
