//! Upper, lower and title case as Go's unicode package maps single characters, and the cases of names.

mod words;

use super::arguments::{TEXT, bytes, runes, text};
use crate::template::{Functions, Signature, is_digit, is_letter};

pub fn add(functions: &mut Functions) {
    let one = Signature::new(TEXT);
    functions
        .add("upper", one, |_, values| Ok(text(runes(bytes(&values[0])).map(to_upper).collect::<String>())));
    functions
        .add("lower", one, |_, values| Ok(text(runes(bytes(&values[0])).map(to_lower).collect::<String>())));
    functions.add("title", one, |_, values| Ok(text(title(bytes(&values[0])))));
    functions.add("untitle", one, |_, values| Ok(text(untitle(bytes(&values[0])))));
    functions.add("swapcase", one, |_, values| Ok(text(swap_case(bytes(&values[0])))));
    functions.add("initials", one, |_, values| Ok(text(initials(bytes(&values[0])))));
    functions.add("camelcase", one, |_, values| Ok(text(words::pascal_case(bytes(&values[0])))));
    functions.add("snakecase", one, |_, values| Ok(text(words::separated(bytes(&values[0]), '_'))));
    functions.add("kebabcase", one, |_, values| Ok(text(words::separated(bytes(&values[0]), '-'))));
}

/// The upper case letter of a character. Go maps to single characters only.
pub fn to_upper(c: char) -> char {
    if let Some(mapped) = greek_with_iota(c) {
        return mapped;
    }
    single(c, c.to_uppercase())
}

/// The lower case letter of a character.
pub fn to_lower(c: char) -> char {
    if c == '\u{130}' { 'i' } else { single(c, c.to_lowercase()) }
}

/// The title case letter of a character, which differs from upper case for some digraphs and for Georgian.
fn to_title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        _ => to_upper(c),
    }
}

fn is_title(c: char) -> bool {
    matches!(u32::from(c), 0x1c5 | 0x1c8 | 0x1cb | 0x1f2 | 0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf | 0x1fbc | 0x1fcc | 0x1ffc)
}

/// Reports whether a character is an uppercase letter in Go, which excludes some symbols that Rust includes.
pub fn is_upper(c: char) -> bool {
    c.is_uppercase() && is_letter(c)
}

fn is_lower(c: char) -> bool {
    c.is_lowercase() && is_letter(c) && to_title(c) != c || c.is_ascii_lowercase() || is_small(c)
}

/// Reports whether a letter without an upper case is a small one.
fn is_small(c: char) -> bool {
    c.is_lowercase()
        && is_letter(c)
        && !matches!(u32::from(c), 0xaa | 0xba | 0x2b0..=0x2ff | 0x37a | 0x1d2c..=0x1d6a | 0x1d78 | 0x1d9b..=0x1dbf | 0x2071 | 0x207f | 0x2090..=0x209c | 0x2c7c | 0x2c7d | 0xa69c | 0xa69d | 0xa770 | 0xa7f8 | 0xa7f9 | 0xab5c..=0xab5f)
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Greek letters with a small iota, whose single upper case letter is their title case.
fn greek_with_iota(c: char) -> Option<char> {
    let code = u32::from(c);
    let distance = match code {
        0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => 8,
        0x1fb3 | 0x1fc3 | 0x1ff3 => 9,
        0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf | 0x1fbc | 0x1fcc | 0x1ffc => 0,
        _ => return None,
    };
    char::from_u32(code + distance)
}

/// Go's `strings.Title`: the first letter of each word in title case.
fn title(bytes: &[u8]) -> String {
    let mut before = ' ';
    runes(bytes)
        .map(|c| {
            let separated = if before.is_ascii() {
                !before.is_ascii_alphanumeric() && before != '_'
            } else {
                !is_letter(before) && !is_digit(before) && before.is_whitespace()
            };
            before = c;
            if separated { to_title(c) } else { c }
        })
        .collect()
}

/// The first letter of each word in lower case.
fn untitle(bytes: &[u8]) -> String {
    let mut starts = true;
    runes(bytes)
        .map(|c| {
            if c.is_whitespace() {
                starts = true;
                c
            } else if std::mem::take(&mut starts) {
                to_lower(c)
            } else {
                c
            }
        })
        .collect()
}

fn swap_case(bytes: &[u8]) -> String {
    let mut after_space = true;
    runes(bytes)
        .map(|c| {
            if is_upper(c) || is_title(c) {
                after_space = false;
                to_lower(c)
            } else if is_lower(c) {
                if std::mem::take(&mut after_space) { to_title(c) } else { to_upper(c) }
            } else {
                after_space = c.is_whitespace();
                c
            }
        })
        .collect()
}

/// The first character of each word. Goutils takes bytes for characters.
fn initials(bytes: &[u8]) -> String {
    let mut after_space = true;
    let mut out = String::new();
    for c in bytes.iter().map(|&byte| char::from(byte)) {
        if c.is_whitespace() {
            after_space = true;
        } else if std::mem::take(&mut after_space) {
            out.push(c);
        }
    }
    out
}
