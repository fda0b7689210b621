//! JSON as Go's programs write it.

use serde::Serialize;
use serde_json::Value;

/// JSON in one line.
pub fn compact(value: &Value) -> String {
    escape(value.to_string())
}

/// JSON indented by four spaces a level, as kubectl does. Further lines begin with `margin`.
pub fn indented(value: &Value, margin: &str) -> serde_json::Result<String> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    let text = escape(String::from_utf8_lossy(&text).into_owned());
    Ok(if margin.is_empty() { text } else { text.replace('\n', &format!("\n{margin}")) })
}

/// Writes characters that mean something in HTML as escape sequences. Outside of strings, JSON has none of them.
fn escape(text: String) -> String {
    const ESCAPED: [(char, &str); 5] = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    if !text.contains(ESCAPED.map(|(char, _)| char)) {
        return text;
    }
    ESCAPED.iter().fold(text, |text, (char, escape)| text.replace(*char, escape))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn json_is_written_as_go_writes_it() {
        let value = json!({"b": "<&>", "a": [1, "x\n"], "none": {}});
        assert_eq!(super::compact(&value), r#"{"a":[1,"x\n"],"b":"\u003c\u0026\u003e","none":{}}"#);
        let indented = super::indented(&value, "  ").unwrap();
        assert_eq!(
            indented,
            "{\n      \"a\": [\n          1,\n          \"x\\n\"\n      ],\n      \"b\": \"\\u003c\\u0026\\u003e\",\n      \"none\": {}\n  }"
        );
    }
}
