//! Escapes in the parts of a URL.

use std::fmt::Write;

use crate::template::quote;

/// Part of a URL, which decides what is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Path,
    Fragment,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    UserPassword,
}

fn is_escaped(byte: u8, part: Part) -> bool {
    let host = matches!(part, Part::Host | Part::Zone);
    match byte {
        _ if byte.is_ascii_alphanumeric() || b"-_.~$&+,;=".contains(&byte) => false,
        b'!' | b'(' | b')' | b'*' => !host && part != Part::Fragment,
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => !host,
        b':' => part == Part::UserPassword,
        b'/' | b'@' => host || part == Part::UserPassword,
        b'?' => part != Part::Fragment,
        _ => true,
    }
}

pub fn escape(text: &str, part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_escaped(byte, part) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

/// Reads escapes. The error is Go's message.
pub fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let wrong = |from: usize| {
        let escape = &bytes[from..bytes.len().min(from + 3)];
        Err(format!("invalid URL escape {}", quote(escape)))
    };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let digit = |at: usize| bytes.get(at).and_then(|&byte| char::from(byte).to_digit(16));
            let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else { return wrong(at) };
            let value = u8::try_from(high << 4 | low).unwrap_or_default();
            let percent = value == b'%';
            let refused = match part {
                Part::Host => high < 8 && !percent,
                Part::Zone => !percent && value != b' ' && is_escaped(value, Part::Host),
                Part::Path | Part::Fragment | Part::UserPassword => false,
            };
            if refused {
                return wrong(at);
            }
            out.push(value);
            at += 3;
            continue;
        }
        if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && is_escaped(byte, part) {
            return Err(format!("invalid character {} in host name", quote(&[byte])));
        }
        out.push(byte);
        at += 1;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}
