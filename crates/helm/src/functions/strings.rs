//! Functions for text. Positions count bytes, as in Go.

mod split;
mod wrap;

use super::arguments::{
    ANY, TEXT, THREE_TEXTS, TWO_TEXTS, bytes, check_length, count_items, integer, runes, shown, spaced, text,
    texts,
};
use crate::template::{self, ENTRY, Element, Error, Functions, Map, Signature, Text, Type, Value, quote};

const NUMBER_AND_TEXT: &[Type] = &[Type::Int, Type::String];

pub fn add(functions: &mut Functions) {
    trimming(functions);
    searching(functions);
    cutting(functions);
    quoting(functions);
    splitting(functions);
    functions.add("hello", Signature::new(&[]), |_, _| Ok(Value::from("Hello!")));
    functions.add("repeat", Signature::new(NUMBER_AND_TEXT), |_, values| {
        repeated(bytes(&values[1]), integer(&values[0])).map(text)
    });
    functions.add("replace", Signature::new(THREE_TEXTS), |_, values| {
        replaced(bytes(&values[2]), bytes(&values[0]), bytes(&values[1])).map(text)
    });
    functions.add("indent", Signature::new(NUMBER_AND_TEXT), |_, values| {
        indented(integer(&values[0]), bytes(&values[1]), b"").map(text)
    });
    functions.add("nindent", Signature::new(NUMBER_AND_TEXT), |_, values| {
        indented(integer(&values[0]), bytes(&values[1]), b"\n").map(text)
    });
    functions.add("plural", Signature::new(&[Type::String, Type::String, Type::Int]), |_, values| {
        Ok(values[usize::from(integer(&values[2]) != 1)].clone())
    });
    functions.add("wrap", Signature::new(NUMBER_AND_TEXT), |_, values| {
        wrap::wrapped(bytes(&values[1]), integer(&values[0]), b"", false).map(text)
    });
    functions.add("wrapWith", Signature::new(&[Type::Int, Type::String, Type::String]), |_, values| {
        wrap::wrapped(bytes(&values[2]), integer(&values[0]), bytes(&values[1]), true).map(text)
    });
    functions.add("toString", Signature::new(ANY), |_, values| Ok(text(shown(&values[0]))));
}

fn trimming(functions: &mut Functions) {
    functions.add("trim", Signature::new(TEXT), |_, values| {
        Ok(text(trimmed(bytes(&values[0]), char::is_whitespace)))
    });
    for name in ["trimall", "trimAll"] {
        functions.add(name, Signature::new(TWO_TEXTS), |_, values| {
            let cut: Vec<char> = runes(bytes(&values[0])).collect();
            Ok(text(trimmed(bytes(&values[1]), |c| cut.contains(&c))))
        });
    }
    functions.add("trimSuffix", Signature::new(TWO_TEXTS), |_, values| {
        let whole = bytes(&values[1]);
        Ok(text(whole.strip_suffix(bytes(&values[0])).unwrap_or(whole)))
    });
    functions.add("trimPrefix", Signature::new(TWO_TEXTS), |_, values| {
        let whole = bytes(&values[1]);
        Ok(text(whole.strip_prefix(bytes(&values[0])).unwrap_or(whole)))
    });
    functions.add("nospace", Signature::new(TEXT), |_, values| {
        // Goutils takes bytes for characters, and leaves a text without spaces as it is.
        let kept: Vec<char> = bytes(&values[0]).iter().map(|&byte| char::from(byte)).collect();
        if !kept.iter().any(|c| c.is_whitespace()) {
            return Ok(values[0].clone());
        }
        Ok(text(kept.into_iter().filter(|c| !c.is_whitespace()).collect::<String>()))
    });
}

fn searching(functions: &mut Functions) {
    functions.add("contains", Signature::new(TWO_TEXTS), |_, values| {
        Ok(Value::Bool(split::find(bytes(&values[1]), bytes(&values[0])).is_some()))
    });
    functions.add("hasPrefix", Signature::new(TWO_TEXTS), |_, values| {
        Ok(Value::Bool(bytes(&values[1]).starts_with(bytes(&values[0]))))
    });
    functions.add("hasSuffix", Signature::new(TWO_TEXTS), |_, values| {
        Ok(Value::Bool(bytes(&values[1]).ends_with(bytes(&values[0]))))
    });
}

fn cutting(functions: &mut Functions) {
    functions.add("trunc", Signature::new(NUMBER_AND_TEXT), |_, values| {
        let whole = bytes(&values[1]);
        let count = integer(&values[0]);
        let length = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(match whole.len().checked_sub(length) {
            Some(start) if count < 0 && start > 0 => text(&whole[start..]),
            Some(_) if count >= 0 => text(&whole[..length]),
            _ => values[1].clone(),
        })
    });
    functions.add("substr", Signature::new(&[Type::Int, Type::Int, Type::String]), |_, values| {
        substring(bytes(&values[2]), integer(&values[0]), integer(&values[1]))
    });
    functions.add("abbrev", Signature::new(NUMBER_AND_TEXT), |_, values| {
        Ok(text(wrap::abbreviated(bytes(&values[1]), 0, integer(&values[0]))))
    });
    functions.add("abbrevboth", Signature::new(&[Type::Int, Type::Int, Type::String]), |_, values| {
        let (left, right) = (integer(&values[0]), integer(&values[1]));
        if left > 0 && right < 7 {
            return Ok(values[2].clone());
        }
        Ok(text(wrap::abbreviated(bytes(&values[2]), left, right)))
    });
}

fn quoting(functions: &mut Functions) {
    let any = Signature::variadic(&[], Type::Any);
    functions.add("quote", any, |_, values| spaced(values, |value| quote(&shown(value)).into_bytes()));
    functions.add("squote", any, |_, values| {
        spaced(values, |value| [b"'".as_slice(), &printed(value), b"'"].concat())
    });
    functions.add("cat", any, |_, values| spaced(values, printed));
}

/// A value as `%v` shows it.
fn printed(value: &Value) -> Vec<u8> {
    template::print(std::slice::from_ref(value))
}

fn splitting(functions: &mut Functions) {
    functions.add("splitList", Signature::new(TWO_TEXTS), |call, values| {
        count_items(call, split::count(bytes(&values[1]), bytes(&values[0])), ENTRY)?;
        Ok(texts(split::split(bytes(&values[1]), bytes(&values[0]), -1)))
    });
    functions.add("split", Signature::new(TWO_TEXTS), |call, values| {
        count_items(call, split::count(bytes(&values[1]), bytes(&values[0])), 3 * ENTRY)?;
        Ok(numbered(split::split(bytes(&values[1]), bytes(&values[0]), -1)))
    });
    functions.add("splitn", Signature::new(&[Type::String, Type::Int, Type::String]), |call, values| {
        let limit = usize::try_from(integer(&values[1])).unwrap_or(usize::MAX);
        count_items(call, split::count(bytes(&values[2]), bytes(&values[0])).min(limit), 3 * ENTRY)?;
        Ok(numbered(split::split(bytes(&values[2]), bytes(&values[0]), integer(&values[1]))))
    });
}

/// Parts as entries `_0`, `_1`, ….
fn numbered(parts: Vec<&[u8]>) -> Value {
    let entries = parts.into_iter().enumerate().map(|(at, part)| (Text::from(format!("_{at}")), text(part)));
    Value::Map(Map::new(Element::String, entries.collect()))
}

/// Text without characters of a kind at both ends.
fn trimmed(whole: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    let (mut at, mut start, mut end) = (0, None, 0);
    for chunk in whole.utf8_chunks() {
        let valid = chunk.valid().chars().map(|c| (c, c.len_utf8()));
        let invalid = chunk.invalid().iter().map(|_| (char::REPLACEMENT_CHARACTER, 1));
        for (c, length) in valid.chain(invalid) {
            if !cut(c) {
                start = start.or(Some(at));
                end = at + length;
            }
            at += length;
        }
    }
    start.map_or(b"", |start| &whole[start..end])
}

fn repeated(part: &[u8], count: i64) -> Result<Vec<u8>, Error> {
    let count = usize::try_from(count).map_err(|_| Error::new("strings: negative Repeat count"))?;
    check_length(part.len().saturating_mul(count))?;
    Ok(part.repeat(count))
}

pub fn replaced(whole: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, Error> {
    if old.is_empty() {
        let parts = split::split(whole, b"", -1);
        check_length(whole.len().saturating_add(new.len().saturating_mul(parts.len() + 1)))?;
        let mut out = new.to_vec();
        for part in parts {
            out.extend_from_slice(part);
            out.extend_from_slice(new);
        }
        return Ok(out);
    }
    let parts = split::split(whole, old, -1);
    check_length(whole.len().saturating_add(new.len().saturating_mul(parts.len())))?;
    Ok(parts.join(new))
}

fn indented(width: i64, lines: &[u8], before: &[u8]) -> Result<Vec<u8>, Error> {
    let pad = repeated(b" ", width)?;
    let mut out = before.to_vec();
    out.extend_from_slice(&pad);
    out.extend(replaced(lines, b"\n", &[b"\n".as_slice(), &pad].concat())?);
    Ok(out)
}

/// `s[start:end]`, with Go's messages for bounds that do not fit. A negative start means the beginning; a negative end, or
/// one past the text, means the end of the text.
fn substring(whole: &[u8], start: i64, end: i64) -> Result<Value, Error> {
    let length = i64::try_from(whole.len()).unwrap_or(i64::MAX);
    let (from, to) = match (start, end) {
        (..0, _) => (0, end),
        (_, ..0) => (start, length),
        _ => (start, end.min(length)),
    };
    let message = if to < 0 {
        format!("[:{to}]")
    } else if to > length {
        format!("[:{to}] with length {length}")
    } else if from > to {
        format!("[{from}:{to}]")
    } else {
        let range = usize::try_from(from).unwrap_or_default()..usize::try_from(to).unwrap_or_default();
        return Ok(text(&whole[range]));
    };
    Err(Error::new(format!("runtime error: slice bounds out of range {message}")))
}
