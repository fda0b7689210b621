//! YAML as go-yaml v3 writes it: sequences are indented under their key, and long lines are not folded.

use std::fmt::Write;

use edgeflux_yaml as yaml;
use serde_json::Value;

use crate::template::format_float;

/// Writes a document with two spaces of indentation, without a line break at the end.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    node(&mut out, value, 0);
    out
}

/// Writes a node whose first line is begun already.
fn node(out: &mut String, value: &Value, indent: usize) {
    let pad = " ".repeat(indent);
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    let _ = write!(out, "\n{pad}");
                }
                out.push_str("- ");
                node(out, item, indent + 2);
            }
        }
        Value::Object(entries) if !entries.is_empty() => {
            let mut entries: Vec<(&str, &Value)> =
                entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
            yaml::sort_by_key(&mut entries);
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    let _ = write!(out, "\n{pad}");
                }
                out.push_str(&name(key));
                out.push(':');
                let nested = match value {
                    Value::Array(items) => !items.is_empty(),
                    Value::Object(entries) => !entries.is_empty(),
                    _ => false,
                };
                if nested {
                    let _ = write!(out, "\n{pad}  ");
                } else {
                    out.push(' ');
                }
                node(out, value, indent + 2);
            }
        }
        Value::Number(number) if number.is_f64() => {
            out.push_str(&format_float(number.as_f64().unwrap_or_default(), 'g', None));
        }
        Value::String(text) => out.push_str(&scalar(text, indent)),
        other => out.push_str(yaml::to_string(other).trim_end_matches('\n')),
    }
}

/// A key, quoted where it must be.
fn name(key: &str) -> String {
    let entry: serde_json::Map<String, Value> = [(key.to_owned(), Value::Null)].into_iter().collect();
    let written = yaml::to_string(&Value::Object(entry));
    match written.strip_suffix(": null\n") {
        Some(name) if !name.contains('\n') => name.to_owned(),
        _ => yaml::to_string(&Value::from(key)).trim_end_matches('\n').to_owned(),
    }
}

/// A text. Lines that the writer has folded are joined again, those of blocks are indented.
fn scalar(text: &str, indent: usize) -> String {
    let written = yaml::to_string(&Value::from(text));
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
