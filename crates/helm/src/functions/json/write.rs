//! Writing JSON.

use std::fmt::Write;

use crate::functions::arguments::{bytes_of, check_length};
use crate::functions::encodings::base64;
use crate::template::{Element, Error, Json, Value, format_float};

/// Deepest nesting that is written. Go ends at values that contain themselves.
const MAX_DEPTH: usize = 1000;

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// In one line, with escapes for HTML.
    Compact,
    /// Indented by two spaces, with escapes for HTML.
    Pretty,
    /// In one line, without escapes for HTML.
    Raw,
}

/// Writes a value.
pub fn write(value: &Value, style: Style) -> Result<String, Error> {
    let mut writer = Writer { out: String::new(), style, depth: 0 };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), Error> {
        check_length(self.out.len())?;
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            Value::Int(number) | Value::Int64(number) => _ = write!(self.out, "{number}"),
            Value::Uint8(number) => _ = write!(self.out, "{number}"),
            Value::Uint64(number) => _ = write!(self.out, "{number}"),
            Value::Float(number) => self.out.push_str(&float(*number)?),
            Value::Complex(..) => return Err(Error::new("json: unsupported type: complex128")),
            Value::String(text) => self.string(text.as_bytes()),
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::List(list) if list.element() == Element::Uint8 => {
                self.string(base64(&bytes_of(list)).as_bytes());
            }
            Value::List(list) => self.nested(value, '[', ']', list.items().iter(), Self::value)?,
            Value::Map(map) if map.is_nil() => self.out.push_str("null"),
            Value::Map(map) => {
                self.nested(value, '{', '}', map.entries().iter(), |writer, (key, value)| {
                    writer.entry(key.as_bytes(), value)
                })?;
            }
            Value::Object(object) => match object.json() {
                Json::Text(text) => self.string(text.as_bytes()),
                Json::Fields(fields) => {
                    self.nested(value, '{', '}', fields.iter(), |writer, (key, value)| {
                        writer.entry(key.as_bytes(), value)
                    })?;
                }
            },
        }
        Ok(())
    }

    fn entry(&mut self, key: &[u8], value: &Value) -> Result<(), Error> {
        self.string(key);
        self.out.push_str(if self.style == Style::Pretty { ": " } else { ":" });
        self.value(value)
    }

    fn nested<T>(
        &mut self,
        value: &Value,
        open: char,
        close: char,
        items: impl ExactSizeIterator<Item = T>,
        item: impl Fn(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.depth >= MAX_DEPTH {
            let kind = value.type_name();
            return Err(Error::new(format!("json: unsupported value: encountered a cycle via {kind}")));
        }
        self.out.push(open);
        self.depth += 1;
        let empty = items.len() == 0;
        for (at, each) in items.enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.line_break();
            item(self, each)?;
        }
        self.depth -= 1;
        if !empty {
            self.line_break();
        }
        self.out.push(close);
        Ok(())
    }

    fn line_break(&mut self) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// A string, with an escape for each byte that is not UTF-8.
    fn string(&mut self, bytes: &[u8]) {
        self.out.push('"');
        for chunk in bytes.utf8_chunks() {
            self.characters(chunk.valid());
            self.out.extend(std::iter::repeat_n("\\ufffd", chunk.invalid().len()));
        }
        self.out.push('"');
    }

    fn characters(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '<' | '>' | '&' if self.style != Style::Raw => {
                    _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => _ = write!(self.out, "\\u{:04x}", u32::from(c)),
                _ => self.out.push(c),
            }
        }
    }
}

/// A float: without an exponent unless it is very small or large.
fn float(number: f64) -> Result<String, Error> {
    if !number.is_finite() {
        let sign = if number == f64::INFINITY { "+" } else { "" };
        return Err(Error::new(format!(
            "json: unsupported value: {sign}{}",
            format_float(number, 'g', None)
        )));
    }
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return Ok(format_float(number, 'f', None));
    }
    // e-09 is written as e-9.
    Ok(format_float(number, 'e', None).replace("e-0", "e-"))
}
