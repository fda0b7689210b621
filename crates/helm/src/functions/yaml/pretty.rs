//! YAML as go-yaml v3 writes it: sequences are indented under their key, and long lines are not folded.

use std::fmt::Write;

use edgeflux_yaml as yaml;

use super::{MAX_DEPTH, base64, check_length};
use crate::template::{Error, Json, Text, Value, format_float};

/// Characters of base64 in a line.
const BASE64_LINE: usize = 70;

/// Writes a document with two spaces of indentation, without a line break at the end.
pub fn write(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    node(&mut out, value, 0, 0)?;
    Ok(out)
}

/// Writes a node whose first line is begun already.
fn node(out: &mut String, value: &Value, indent: usize, depth: usize) -> Result<(), Error> {
    check_length(out.len())?;
    if depth > MAX_DEPTH {
        return Err(Error::new(format!("exceeded maximum of {MAX_DEPTH} levels")));
    }
    match value {
        Value::List(list) => {
            let items = list.items().clone();
            if items.is_empty() {
                out.push_str("[]");
            }
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    let _ = write!(out, "\n{:indent$}", "");
                }
                out.push_str("- ");
                node(out, item, indent + 2, depth + 1)?;
            }
        }
        Value::Map(map) => {
            let entries = map.entries().clone();
            let entries: Vec<(String, &Value)> =
                entries.iter().map(|(key, value)| (key.to_string(), value)).collect();
            mapping(out, entries.iter().map(|(key, value)| (key.as_str(), *value)).collect(), indent, depth)?;
        }
        Value::Object(object) => match object.json() {
            Json::Text(text) if object.type_name() == "time.Time" => out.push_str(&text),
            Json::Text(text) => out.push_str(&scalar(&text, indent)),
            Json::Fields(fields) => {
                let entries = fields.iter().map(|(key, value)| (key.as_str(), value)).collect();
                mapping(out, entries, indent, depth)?;
            }
        },
        Value::String(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => out.push_str(&scalar(text, indent)),
            Err(_) => binary(out, text, indent),
        },
        Value::Nil => out.push_str("null"),
        Value::Float(number) if number.is_nan() => out.push_str(".nan"),
        Value::Float(number) if number.is_infinite() => {
            out.push_str(if *number > 0.0 { ".inf" } else { "-.inf" });
        }
        Value::Float(number) => out.push_str(&format_float(*number, 'g', None)),
        Value::Complex(..) => return Err(Error::new("cannot marshal type: complex128")),
        other => out.push_str(&other.to_string()),
    }
    Ok(())
}

fn mapping(
    out: &mut String,
    mut entries: Vec<(&str, &Value)>,
    indent: usize,
    depth: usize,
) -> Result<(), Error> {
    if entries.is_empty() {
        out.push_str("{}");
    }
    yaml::sort_by_key(&mut entries);
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            let _ = write!(out, "\n{:indent$}", "");
        }
        out.push_str(&name(key));
        out.push(':');
        if is_nested(value) {
            let _ = write!(out, "\n{:indent$}  ", "");
        } else {
            out.push(' ');
        }
        node(out, value, indent + 2, depth + 1)?;
    }
    Ok(())
}

/// Reports whether a value starts on a line of its own below its key.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::List(list) => !list.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Object(object) => matches!(object.json(), Json::Fields(fields) if !fields.is_empty()),
        _ => false,
    }
}

/// Text that is not UTF-8.
fn binary(out: &mut String, text: &Text, indent: usize) {
    let encoded = base64(text.as_bytes());
    out.push_str("!!binary ");
    if encoded.len() < BASE64_LINE {
        out.push_str(&encoded);
        return;
    }
    out.push('|');
    let indent = indent.max(2);
    for line in encoded.as_bytes().chunks(BASE64_LINE) {
        let _ = write!(out, "\n{:indent$}{}", "", String::from_utf8_lossy(line));
    }
}

/// A key, quoted where it must be.
fn name(key: &str) -> String {
    let entry: serde_json::Map<_, _> = [(key.to_owned(), serde_json::Value::Null)].into_iter().collect();
    let written = yaml::to_string(&entry.into());
    match written.strip_suffix(": null\n") {
        Some(name) if !name.contains('\n') => name.to_owned(),
        _ => yaml::to_string(&key.into()).trim_end_matches('\n').to_owned(),
    }
}

/// A text. Lines that the writer has folded are joined again, those of blocks are indented.
fn scalar(text: &str, indent: usize) -> String {
    let written = yaml::to_string(&text.into());
    let written = written.strip_suffix('\n').unwrap_or(&written);
    if !written.contains('\n') {
        return written.to_owned();
    }
    if written.starts_with('|') {
        // The writer has indented the lines by two spaces.
        let pad = " ".repeat(indent.saturating_sub(2));
        return written
            .split('\n')
            .enumerate()
            .map(
                |(at, line)| {
                    if at == 0 || line.is_empty() { line.to_owned() } else { format!("{pad}{line}") }
                },
            )
            .collect::<Vec<_>>()
            .join("\n");
    }
    written.replace("\\\n  ", "").replace("\n  ", " ")
}
