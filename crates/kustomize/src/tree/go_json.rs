//! JSON as Go writes it: keys in the order of their bytes, and `<`, `>`, `&` and the line separators escaped.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// Writes a value on one line.
pub(crate) fn write(out: &mut String, value: &Value) {
    write_in(out, value, None);
}

/// Writes a value on several lines, indented by two spaces per level.
pub(crate) fn indented(value: &Value) -> String {
    let mut out = String::new();
    write_in(&mut out, value, Some(0));
    out
}

/// Writes a value at `depth` levels of indentation, or on one line.
fn write_in(out: &mut String, value: &Value, depth: Option<usize>) {
    let line = |out: &mut String, depth: Option<usize>| {
        if let Some(depth) = depth {
            let _ = write!(out, "\n{:width$}", "", width = depth * 2);
        }
    };
    let inner = depth.map(|depth| depth + 1);
    match value {
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(out, inner);
                write_in(out, item, inner);
            }
            if !items.is_empty() {
                line(out, depth);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(out, inner);
                write_text(out, name);
                out.push_str(if depth.is_some() { ": " } else { ":" });
                write_in(out, value, inner);
            }
            if !fields.is_empty() {
                line(out, depth);
            }
            out.push('}');
        }
        Value::Number(written) => out.push_str(&number(written)),
        Value::Null | Value::Bool(_) => {
            let _ = write!(out, "{value}");
        }
    }
}

/// Formats a number as Go's `encoding/json` does: a float has an exponent only below 1e-6 and from 1e21 on.
pub(crate) fn number(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{float:e}");
        return if size < 1.0 { text } else { text.replacen('e', "e+", 1) };
    }
    float.to_string()
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_have_an_exponent_where_go_writes_one() {
        for (float, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1e3, "1000"),
            (1e-6, "0.000001"),
            (-1.5e-7, "-1.5e-7"),
            (1e20, "100000000000000000000"),
            (1.5e21, "1.5e+21"),
            (123_456_789.5, "123456789.5"),
        ] {
            assert_eq!(number(&Number::from_f64(float).unwrap()), text);
        }
        assert_eq!(number(&Number::from(u64::MAX)), "18446744073709551615");
    }

    #[test]
    fn keys_are_sorted_and_html_is_escaped() {
        let value = json!({"b": [1, {}], "a": "<&>", "c": []});
        let mut line = String::new();
        write(&mut line, &value);
        assert_eq!(line, r#"{"a":"\u003c\u0026\u003e","b":[1,{}],"c":[]}"#);
        let lines =
            "{\n  \"a\": \"\\u003c\\u0026\\u003e\",\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": []\n}";
        assert_eq!(indented(&value), lines);
    }
}
