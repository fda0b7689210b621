//! Arguments of functions, whose types the engine has checked, and the conversions that Sprig applies to them.

use std::cell::Ref;

use crate::template::{
    self, Call, Element, Error, LIST, List, MAP, MAX_ITEMS, MAX_TEXT, Map, Shape, Text, Type, Value,
    parse_float, parse_int,
};

/// What Go says where a function looks at the type of nil.
pub const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

pub const TEXT: &[Type] = &[Type::String];
pub const TWO_TEXTS: &[Type] = &[Type::String, Type::String];
pub const THREE_TEXTS: &[Type] = &[Type::String, Type::String, Type::String];
pub const ANY: &[Type] = &[Type::Any];
pub const TWO_ANY: &[Type] = &[Type::Any, Type::Any];

/// The bytes of a text.
pub fn bytes(value: &Value) -> &[u8] {
    match value {
        Value::String(text) => text.as_bytes(),
        _ => b"",
    }
}

/// A text, with U+FFFD for what is not UTF-8.
pub fn lossy(value: &Value) -> String {
    String::from_utf8_lossy(bytes(value)).into_owned()
}

/// An `int` or `int64`.
pub fn integer(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        _ => 0,
    }
}

/// The entries of a map; `None` for nil.
pub fn map(value: &Value) -> Option<&Map> {
    match value {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// A text as the result of a function.
pub fn text(bytes: impl Into<Text>) -> Value {
    Value::String(bytes.into())
}

/// A list of texts as the result of a function.
pub fn texts<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::List(List::new(Element::String, items.into_iter().map(text).collect()))
}

/// What starts a list or map in a language, and what that counts, in bytes.
pub type Marks = &'static [(&'static [u8], usize)];

pub const JSON_MARKS: Marks = &[(b"{", MAP), (b"[", LIST)];
pub const YAML_MARKS: Marks = &[(b"{", MAP), (b"[", LIST), (b"- ", MAP), (b":\n", MAP), (b"-\n", LIST)];
pub const TOML_MARKS: Marks = &[(b"{", MAP), (b"[", MAP), (b".", MAP)];

/// Counts what becomes of a text that is read as values, of which each takes some bytes of the text.
pub fn count_read(call: &mut Call<'_>, text: &Value, marks: Marks) -> Result<(), Error> {
    let text = bytes(text);
    call.made(text.len().saturating_mul(8))?;
    let weight = |at: usize| {
        let rest = &text[at..];
        // Most bytes start no mark.
        let starts = |mark: &[u8]| rest.first() == mark.first() && rest.starts_with(mark);
        marks.iter().find(|(mark, _)| starts(mark)).map_or(0, |it| it.1)
    };
    call.made((0..text.len()).map(weight).fold(0, usize::saturating_add))
}

/// Counts the items of a list before it is made, of which each takes some bytes.
pub fn count_items(call: &mut Call<'_>, count: usize, bytes: usize) -> Result<(), Error> {
    if count > MAX_ITEMS {
        return Err(Error::new(format!("exceeded maximum of {MAX_ITEMS} items of one list")));
    }
    call.made(count.saturating_mul(bytes))
}

/// Refuses a text that would become too long, before it is made.
pub fn check_length(length: usize) -> Result<(), Error> {
    if length > MAX_TEXT {
        return Err(Error::new(format!("exceeded maximum of {MAX_TEXT} bytes of one text")));
    }
    Ok(())
}

/// Values as texts with spaces between them, without those that are nil.
pub fn spaced(values: &[Value], shown: impl Fn(&Value) -> Vec<u8>) -> Result<Value, Error> {
    let mut out = Vec::new();
    for (at, value) in values.iter().filter(|value| !matches!(value, Value::Nil)).enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend(shown(value));
        check_length(out.len())?;
    }
    Ok(text(out))
}

/// Texts with a separator between them.
pub fn joined(items: &[Vec<u8>], separator: &[u8]) -> Result<Value, Error> {
    let length = items.iter().map(|item| item.len().saturating_add(separator.len()));
    check_length(length.fold(0, usize::saturating_add))?;
    Ok(text(items.join(separator)))
}

/// The characters of text. Each byte that is not UTF-8 becomes U+FFFD, as in Go.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = char> + '_ {
    bytes.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()))
    })
}

/// Name of the kind of a value, as Go's reflect package has it.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Int64(_) => "int64",
        Value::Uint8(_) => "uint8",
        Value::Uint64(_) => "uint64",
        Value::Float(_) => "float64",
        Value::Complex(..) => "complex128",
        Value::String(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Object(object) => object.kind(),
    }
}

/// The items of a list. Other values are an error that starts with `message`.
pub fn items<'v>(value: &'v Value, message: &str) -> Result<Ref<'v, Vec<Value>>, Error> {
    match value {
        Value::List(list) => Ok(list.items()),
        Value::Nil => Err(Error::new(NIL_DEREFERENCE)),
        other => Err(Error::new(format!("{message} {}", kind(other)))),
    }
}

/// A value as text: itself, or as `%v` shows it.
pub fn shown(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::List(list) if list.element() == Element::Uint8 => bytes_of(list),
        Value::Object(object) => match object.shape() {
            Shape::Text(text) => text.into_bytes(),
            _ => template::print(std::slice::from_ref(value)),
        },
        other => template::print(std::slice::from_ref(other)),
    }
}

/// The bytes of a `[]uint8`.
pub fn bytes_of(list: &List) -> Vec<u8> {
    list.items()
        .iter()
        .map(|item| match item {
            Value::Uint8(byte) => *byte,
            _ => 0,
        })
        .collect()
}

/// Values as texts: those of a list without its nils, or the only one.
pub fn strings(value: &Value) -> Result<Vec<Vec<u8>>, Error> {
    let mut all = Vec::new();
    match value {
        Value::List(list) => {
            let mut length = 0_usize;
            for item in list.items().iter().filter(|item| !matches!(item, Value::Nil)) {
                let text = shown(item);
                length = length.saturating_add(text.len());
                check_length(length)?;
                all.push(text);
            }
        }
        Value::Nil => {}
        other => all.push(shown(other)),
    }
    Ok(all)
}

/// Converts to `int64` as spf13/cast does: what is no number is 0.
pub fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Uint8(number) => i64::from(*number),
        Value::Uint64(number) => number.cast_signed(),
        Value::Float(number) => truncated(*number),
        Value::String(text) => parse_int(without_zero_decimals(&text.lossy())).unwrap_or_default(),
        Value::Bool(flag) => i64::from(*flag),
        Value::Nil | Value::Complex(..) | Value::List(_) | Value::Map(_) | Value::Object(_) => 0,
    }
}

/// Converts to `float64` as spf13/cast does: what is no number is 0.
#[allow(clippy::cast_precision_loss, reason = "so does Go")]
pub fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number as f64,
        Value::Uint8(number) => f64::from(*number),
        Value::Uint64(number) => *number as f64,
        Value::Float(number) => *number,
        Value::String(text) => parse_float(&text.lossy()).unwrap_or_default(),
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Nil | Value::Complex(..) | Value::List(_) | Value::Map(_) | Value::Object(_) => 0.0,
    }
}

/// A float without its fraction. One that does not fit is the smallest integer, as on x86-64.
#[allow(clippy::cast_possible_truncation, reason = "the value is checked")]
pub fn truncated(number: f64) -> i64 {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    if fits { number as i64 } else { i64::MIN }
}

/// `1.00` as `1`; `1.` and `1.5` as they are.
fn without_zero_decimals(text: &str) -> &str {
    let zeros = text.trim_end_matches('0');
    match zeros.strip_suffix('.') {
        Some(whole) if zeros.len() < text.len() => whole,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_converted_as_cast_does() {
        for (value, int, float) in [
            (Value::from("12.00"), 12, 12.0),
            (Value::from("12.5"), 0, 12.5),
            (Value::from("0x1F"), 31, 0.0),
            (Value::from("017"), 15, 17.0),
            (Value::from("1_000"), 1000, 1000.0),
            (Value::from("1_000.5"), 0, 1000.5),
            (Value::from("1__0"), 0, 0.0),
            (Value::from(" 1"), 0, 0.0),
            (Value::from("-7"), -7, -7.0),
            (Value::from(true), 1, 1.0),
            (Value::Nil, 0, 0.0),
            (Value::Float(-1.9), -1, -1.9),
            (Value::Float(1e300), i64::MIN, 1e300),
        ] {
            assert_eq!((to_int64(&value), to_float(&value)), (int, float), "{value}");
        }
    }

    #[test]
    fn wrong_bytes_become_a_character_each() {
        assert_eq!(runes(b"a\xff\xfe\xe4\xb8b").collect::<String>(), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b");
    }
}
