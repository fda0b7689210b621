//! Decoding bytes into text.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::cursor::Cursor;
use super::error::ReadError;

/// Base64 as Go decodes it, which ignores the bits after the last byte.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Decodes the bytes of a file: UTF-8, or UTF-16 after its byte-order mark.
///
/// # Errors
/// The bytes are not valid in the encoding.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
            let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            let what = match error.error_len() {
                Some(_) => format!("invalid UTF-8 octet 0x{:02X}", bytes[error.valid_up_to()]),
                None => "incomplete UTF-8 octet sequence".to_owned(),
            };
            error_after(valid, what)
        }),
    }
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<String, ReadError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(error) => {
                let what = format!("unexpected UTF-16 surrogate 0x{:04X}", error.unpaired_surrogate());
                return Err(error_after(&text, what));
            }
        }
    }
    if rest.is_empty() { Ok(text) } else { Err(error_after(&text, "incomplete UTF-16 character".to_owned())) }
}

/// Returns an error at the end of a valid text.
fn error_after(text: &str, message: String) -> ReadError {
    let mut cursor = Cursor::anything(text);
    while !cursor.is_end() {
        cursor.skip_line();
        cursor.take_break();
    }
    ReadError { line: cursor.line() + 1, column: cursor.column() + 1, document: 1, message }
}

/// Decodes a value with the tag `!!binary`; `None` if it is not base64. Invalid UTF-8 becomes U+FFFD, as in Go's JSON.
pub fn decode_binary(text: &str) -> Option<String> {
    let encoded: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = BASE64.decode(encoded).ok()?;
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_binary};

    #[test]
    fn utf_16_is_recognized_by_its_byte_order_mark() {
        let text = "a: é🎉\n";
        let units = |order: fn(u16) -> [u8; 2]| {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
        };
        assert_eq!(decode(&units(u16::to_le_bytes)).as_deref(), Ok(text));
        assert_eq!(decode(&units(u16::to_be_bytes)).as_deref(), Ok(text));
        assert_eq!(decode(text.as_bytes()).as_deref(), Ok(text));
    }

    #[test]
    fn invalid_bytes_are_refused_with_their_position() {
        let refused = |bytes: &[u8]| decode(bytes).expect_err("no text").to_string();
        assert_eq!(refused(b"a: 1\nb: \xffc\n"), "line 2, column 4: invalid UTF-8 octet 0xFF");
        assert_eq!(
            refused("a: é".as_bytes().split_last().unwrap().1),
            "line 1, column 4: incomplete UTF-8 octet sequence"
        );
        assert_eq!(
            refused(b"\xff\xfea\0\n\0\x00\xdc"),
            "line 2, column 1: unexpected UTF-16 surrogate 0xDC00"
        );
        assert_eq!(refused(b"\xfe\xff\0a\0"), "line 1, column 2: incomplete UTF-16 character");
    }

    #[test]
    fn binary_values_are_decoded() {
        assert_eq!(decode_binary("aGVs\nbG8=").as_deref(), Some("hello"));
        assert_eq!(decode_binary("aGVsbG9=").as_deref(), Some("hello"), "bits that are left over");
        assert_eq!(decode_binary("/w+A4oI=").as_deref(), Some("\u{fffd}\u{f}\u{fffd}\u{fffd}\u{fffd}"));
        assert_eq!(decode_binary("aGVsbG8"), None, "no padding");
        assert_eq!(decode_binary("a b="), None);
    }
}
