//! The styles of strings.

use super::super::scalar::{self, Plain, Schema};

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Returns the style in which go-yaml writes `string`, except where that would be read as another value.
pub(super) fn style(string: &str, simple_key: bool) -> Style {
    if string.is_empty() {
        return Style::Double;
    }
    let shape = Shape::of(string);
    if string.contains('\n') {
        let literal = !shape.special && !shape.space_before_break && !shape.trailing_space;
        return if literal { Style::Literal } else { Style::Double };
    }
    if shape.special || (simple_key && string == "<<") {
        return Style::Double;
    }
    if needs_quotes(string) {
        return Style::Double;
    }
    if shape.breaks && (shape.space_before_break || shape.space_after_break) {
        return Style::Double;
    }
    if shape.indicators || shape.leading_space || shape.trailing_space || shape.breaks {
        Style::Single
    } else {
        Style::Plain
    }
}

/// Returns whether `string`, written plain, would be read as another type.
fn needs_quotes(string: &str) -> bool {
    scalar::resolve(string, Schema::Kubernetes, true) != Plain::Str || scalar::is_base_60(string)
}

/// Styles that the characters of a string do not allow.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)]
struct Shape {
    /// A character that needs double quotes.
    special: bool,
    /// A character with a special meaning in plain scalars.
    indicators: bool,
    leading_space: bool,
    trailing_space: bool,
    space_before_break: bool,
    space_after_break: bool,
    /// A line break other than the line feed.
    breaks: bool,
}

impl Shape {
    fn of(string: &str) -> Self {
        let mut shape = Self {
            leading_space: string.starts_with(' '),
            trailing_space: string.ends_with(' '),
            indicators: string.starts_with("---") || string.starts_with("..."),
            ..Self::default()
        };
        if !string.is_ascii() {
            let mut before = '\0';
            for c in string.chars() {
                shape.special |= !is_printable(c);
                shape.breaks |= c != '\n' && is_break(c);
                shape.space_before_break |= before == ' ' && is_break(c);
                shape.space_after_break |= is_break(before) && c == ' ';
                before = c;
            }
        }
        let bytes = string.as_bytes();
        let blank_at = |at: usize| bytes.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t'));
        shape.indicators |= match bytes[0] {
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
            | b'%' | b'@' | b'`' => true,
            b'?' | b'-' => blank_at(1),
            _ => false,
        };
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => shape.space_before_break |= at > 0 && bytes[at - 1] == b' ',
                b':' => shape.indicators |= blank_at(at + 1),
                b'#' => shape.indicators |= at > 0 && matches!(bytes[at - 1], b' ' | b'\t' | b'\n'),
                0x20..=0x7e | 0x80.. => {}
                _ => shape.special = true,
            }
        }
        shape
    }
}

/// Returns whether a character is printable to go-yaml's emitter: in the basic plane, no control character, no byte-order
/// mark.
pub(crate) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Returns whether a character is a line break of YAML 1.1.
pub(crate) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
