//! Quoted strings of Go: reading the constants of templates, and quoting for messages and `%q`.

use std::fmt::Write;

use super::unicode::is_printable;

/// The message of a constant that is not a Go string.
pub const INVALID: &str = "invalid syntax";

/// Reads a constant in double quotes or backquotes. Returns `None` if it is not one.
pub fn unquote(literal: &str) -> Option<Vec<u8>> {
    let quote = literal.chars().next()?;
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    if literal.len() < 2 || !literal.ends_with(quote) {
        return None;
    }
    match quote {
        '`' => (!inner.contains('`')).then(|| inner.bytes().filter(|&byte| byte != b'\r').collect()),
        '"' if !inner.bytes().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')) => Some(inner.into()),
        '"' => {
            let mut out = Vec::with_capacity(inner.len());
            let mut rest = inner;
            while !rest.is_empty() {
                if rest.starts_with(['\n', '"']) {
                    return None;
                }
                let (unit, tail) = unquote_char(rest, '"')?;
                unit.write(&mut out);
                rest = tail;
            }
            Some(out)
        }
        _ => None,
    }
}

/// What an escape sequence stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Byte(u8),
    Char(char),
}

impl Unit {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => out.push(byte),
            Self::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    /// The number that a character constant stands for.
    pub fn code(self) -> u32 {
        match self {
            Self::Byte(byte) => u32::from(byte),
            Self::Char(c) => u32::from(c),
        }
    }
}

/// Reads one character or escape sequence in `quote`s, and returns what follows it.
pub fn unquote_char(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let simple = |c: char| Some((Unit::Char(c), rest));
    match escape {
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\x0b'),
        '\\' => simple('\\'),
        '\'' | '"' => {
            if escape == quote {
                simple(escape)
            } else {
                None
            }
        }
        'x' => {
            let (code, rest) = digits(rest, 2, 16)?;
            Some((Unit::Byte(u8::try_from(code).ok()?), rest))
        }
        'u' | 'U' => {
            let (code, rest) = digits(rest, if escape == 'u' { 4 } else { 8 }, 16)?;
            Some((Unit::Char(char::from_u32(code)?), rest))
        }
        '0'..='7' => {
            let (code, rest) = digits(&text[1..], 3, 8)?;
            Some((Unit::Byte(u8::try_from(code).ok()?), rest))
        }
        _ => None,
    }
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let number = text.get(..count)?;
    if !number.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(number, radix).ok()?, &text[count..]))
}

/// Quotes text as `%q` does.
pub fn quote(text: &[u8]) -> String {
    quoted(text, '"', false)
}

/// Quotes text with nothing but ASCII, as `%+q` does.
pub fn quote_ascii(text: &[u8]) -> String {
    quoted(text, '"', true)
}

/// Quotes a character as `%q` does a number.
pub fn quote_char(c: char, ascii: bool) -> String {
    quoted(c.encode_utf8(&mut [0; 4]).as_bytes(), '\'', ascii)
}

/// Reports whether text can be shown in backquotes.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        !text.chars().any(|c| (c < ' ' && c != '\t') || matches!(c, '`' | '\x7f' | '\u{feff}'))
    })
}

fn quoted(text: &[u8], quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            escaped(c, quote, ascii, &mut out);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push(quote);
    out
}

fn escaped(c: char, quote: char, ascii: bool, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        _ if c.is_ascii() && is_printable(c) || !ascii && is_printable(c) => out.push(c),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ => {
            let code = u32::from(c);
            let _ = match code {
                0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                0x20..0x10000 => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read_as_go_reads_them() {
        assert_eq!(unquote(r#""a\t\"\x41\u00e9\101""#), Some("a\t\"AéA".into()));
        assert_eq!(unquote(r#""\xff""#), Some(vec![0xff]));
        assert_eq!(unquote("`a\\n\r\n`"), Some(b"a\\n\n".to_vec()));
        for wrong in [r#""\'""#, r#""\ud800""#, r#""\400""#, r#""\q""#, "\"a", "\"", "`", "'a'"] {
            assert_eq!(unquote(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn text_is_quoted_as_go_quotes_it() {
        assert_eq!(quote("a\"\\\n\u{7f}é\u{200b}".as_bytes()), r#""a\"\\\n\x7fé\u200b""#);
        assert_eq!(quote(&[b'a', 0xff, 0]), r#""a\xff\x00""#);
        assert_eq!(quote_ascii("é😀".as_bytes()), r#""\u00e9\U0001f600""#);
        assert_eq!(quote_char('\'', false), r"'\''");
    }
}
