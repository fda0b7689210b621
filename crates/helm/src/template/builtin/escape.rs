//! `html`, `js` and `urlquery`.

use crate::template::unicode::is_printable;

pub fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    out
}

pub fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            js_char(c, &mut out);
        }
        // Go prints the replacement character's encoding as the byte itself.
        out.extend_from_slice(chunk.invalid());
    }
    out
}

fn js_char(c: char, out: &mut Vec<u8>) {
    let escape = match c {
        '\\' => r"\\".to_owned(),
        '\'' => r"\'".to_owned(),
        '"' => r#"\""#.to_owned(),
        '<' => r"\u003C".to_owned(),
        '>' => r"\u003E".to_owned(),
        '&' => r"\u0026".to_owned(),
        '=' => r"\u003D".to_owned(),
        _ if c < ' ' => format!("\\u00{:02X}", u32::from(c)),
        _ if c.is_ascii() || is_printable(c) => c.to_string(),
        _ => format!("\\u{:04X}", u32::from(c)),
    };
    out.extend_from_slice(escape.as_bytes());
}

pub fn url_query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_gos() {
        assert_eq!(html(b"<a href=\"x\">'&\0"), "&lt;a href=&#34;x&#34;&gt;&#39;&amp;\u{fffd}".as_bytes());
        assert_eq!(js("a'=\n\u{7f}é\u{2028}".as_bytes()), "a\\'\\u003D\\u000A\u{7f}é\\u2028".as_bytes());
        assert_eq!(url_query("a b/é".as_bytes()), b"a+b%2F%C3%A9");
    }
}
