//! Writing TOML: keys sorted, scalars before tables, tables indented by their depth.

use std::io::Write;

use crate::functions::arguments::check_length;
use crate::template::{Json, Map, Text, Value, format_float};

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 500;

/// Why a value is not written.
#[derive(Debug)]
pub enum Failure {
    /// An error, which `toToml` returns as text.
    Encoding(String),
    /// What Go does not expect.
    Panic(String),
}

type Result<T> = std::result::Result<T, Failure>;

/// Kind of a value, as far as the order of keys is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nil,
    Scalar,
    Table,
    Tables,
}

pub fn write(value: &Value) -> Result<Vec<u8>> {
    let mut writer = Writer { out: Vec::new() };
    match value {
        Value::Nil => {
            return Err(Failure::Panic("reflect: call of reflect.Value.Type on zero Value".to_owned()));
        }
        Value::Map(map) if map.is_nil() => {}
        Value::Complex(..) => {
            return Err(Failure::Encoding("unsupported type for key '': complex128".to_owned()));
        }
        _ => match kind(value, 0)? {
            Kind::Table => writer.entries(&[], value)?,
            Kind::Tables => {
                let message = "toml: top-level values must be Go maps or structs";
                return Err(Failure::Encoding(message.to_owned()));
            }
            Kind::Nil | Kind::Scalar => writer.inline(value, 0)?,
        },
    }
    Ok(writer.out)
}

fn kind(value: &Value, depth: usize) -> Result<Kind> {
    check_depth(depth)?;
    Ok(match value {
        Value::Nil => Kind::Nil,
        Value::Map(map) if map.is_nil() => Kind::Nil,
        Value::Map(_) => Kind::Table,
        Value::Object(object) => match object.json() {
            Json::Text(_) => Kind::Scalar,
            Json::Fields(_) => Kind::Table,
        },
        Value::List(list) if list.is_nil() => Kind::Nil,
        Value::List(list) => {
            let mut tables = !list.is_empty();
            for item in list.items().iter() {
                match kind(item, depth + 1)? {
                    Kind::Nil => {
                        let message = "toml: cannot encode array with nil element";
                        return Err(Failure::Encoding(message.to_owned()));
                    }
                    Kind::Table => {}
                    Kind::Scalar | Kind::Tables => tables = false,
                }
            }
            if tables { Kind::Tables } else { Kind::Scalar }
        }
        Value::Complex(..) => return Err(Failure::Encoding("unsupported type: complex128".to_owned())),
        _ => Kind::Scalar,
    })
}

fn check_depth(depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Failure::Panic(format!("exceeded maximum of {MAX_DEPTH} levels to write as TOML")));
    }
    Ok(())
}

/// Entries with those first that are no tables, each half sorted.
fn ordered(value: &Value, depth: usize) -> Result<Vec<(String, Value, Kind)>> {
    let entries: Vec<(String, Value)> = match value {
        Value::Map(map) => entries_of(map),
        Value::Object(object) => match object.json() {
            Json::Fields(fields) => fields,
            Json::Text(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut ordered = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let kind = kind(&value, depth)?;
        ordered.push((key, value, kind));
    }
    ordered.sort_by_key(|(.., kind)| matches!(kind, Kind::Table | Kind::Tables));
    Ok(ordered)
}

fn entries_of(map: &Map) -> Vec<(String, Value)> {
    map.entries().iter().map(|(key, value): (&Text, &Value)| (key.to_string(), value.clone())).collect()
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn line_break(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self, path: &[String]) {
        self.push(&"  ".repeat(path.len().saturating_sub(1)));
    }

    /// Entries of a table, whose head is written already.
    fn entries(&mut self, path: &[String], table: &Value) -> Result<()> {
        check_depth(path.len())?;
        check_length(self.out.len()).map_err(|error| Failure::Panic(error.message()))?;
        for (key, value, kind) in ordered(table, path.len())? {
            let path = [path, &[quoted_key(&key)]].concat();
            match kind {
                Kind::Nil => {}
                Kind::Scalar => {
                    self.indent(&path);
                    self.push(&path[path.len() - 1]);
                    self.push(" = ");
                    self.inline(&value, path.len())?;
                    self.line_break();
                }
                Kind::Table => {
                    if path.len() == 1 {
                        self.line_break();
                    }
                    self.indent(&path);
                    let _ = writeln!(self.out, "[{}]", path.join("."));
                    self.entries(&path, &value)?;
                }
                Kind::Tables => {
                    let Value::List(list) = &value else { continue };
                    for item in list.items().iter() {
                        self.line_break();
                        self.indent(&path);
                        let _ = writeln!(self.out, "[[{}]]", path.join("."));
                        self.entries(&path, item)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A value after an equals sign.
    fn inline(&mut self, value: &Value, depth: usize) -> Result<()> {
        check_depth(depth)?;
        check_length(self.out.len()).map_err(|error| Failure::Panic(error.message()))?;
        match value {
            Value::Bool(flag) => _ = write!(self.out, "{flag}"),
            Value::Int(number) | Value::Int64(number) => _ = write!(self.out, "{number}"),
            Value::Uint8(number) => _ = write!(self.out, "{number}"),
            Value::Uint64(number) => _ = write!(self.out, "{number}"),
            Value::Float(number) => self.push(&float(*number)),
            Value::String(text) => self.out.extend(quoted(text.as_bytes())),
            Value::List(list) => {
                self.out.push(b'[');
                for (at, item) in list.items().iter().enumerate() {
                    if at > 0 {
                        self.push(", ");
                    }
                    self.inline(item, depth + 1)?;
                }
                self.out.push(b']');
            }
            Value::Object(object) if let Json::Text(text) = object.json() => {
                let time = object.type_name() == "time.Time";
                if time {
                    self.push(&text);
                } else {
                    self.out.extend(quoted(text.as_bytes()));
                }
            }
            Value::Map(_) | Value::Object(_) => self.inline_table(value, depth)?,
            Value::Nil | Value::Complex(..) => {}
        }
        Ok(())
    }

    fn inline_table(&mut self, table: &Value, depth: usize) -> Result<()> {
        let entries = ordered(table, depth)?;
        let count = entries.len();
        self.out.push(b'{');
        for (at, (key, value, kind)) in entries.into_iter().enumerate() {
            if kind == Kind::Nil {
                continue;
            }
            self.push(&quoted_key(&key));
            self.push(" = ");
            self.inline(&value, depth + 1)?;
            if at + 1 < count {
                self.push(", ");
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return if number.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let text = format_float(number, 'g', None);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}

fn quoted_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        String::from_utf8_lossy(&quoted(key.as_bytes())).into_owned()
    }
}

/// Text in quotes. What is not UTF-8 stays.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = b"\"".to_vec();
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0x08 => out.extend(b"\\b"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            0x0c => out.extend(b"\\f"),
            b'\r' => out.extend(b"\\r"),
            0..=0x1f | 0x7f => _ = write!(out, "\\u{byte:04x}"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}
