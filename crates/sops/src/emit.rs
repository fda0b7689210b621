//! Writing decrypted trees exactly as SOPS does, since the name of a generated Secret has a hash of the text.

use std::fmt::Write as _;

use serde_json::Value;

use super::tree::{Scalar, Tree};
use edgeflux_yaml::{self, Plain, Schema, resolve_plain};

/// Writes JSON, indented with tabs, and a line break at the end.
pub(super) fn json(tree: &Tree) -> String {
    let mut text = String::new();
    json_node(tree, 0, &mut text);
    text.push('\n');
    text
}

fn json_node(tree: &Tree, depth: usize, text: &mut String) {
    fn list<T>(
        items: impl Iterator<Item = T>,
        brackets: [char; 2],
        depth: usize,
        text: &mut String,
        write: impl Fn(T, &mut String),
    ) {
        let line = |text: &mut String, depth: usize| {
            text.push('\n');
            text.extend(std::iter::repeat_n('\t', depth));
        };
        text.push(brackets[0]);
        let mut count = 0;
        for item in items {
            if count > 0 {
                text.push(',');
            }
            count += 1;
            line(text, depth + 1);
            write(item, text);
        }
        if count > 0 {
            line(text, depth);
        }
        text.push(brackets[1]);
    }
    match tree {
        Tree::Map(entries) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_comment());
            list(entries, ['{', '}'], depth, text, |(name, value), text| {
                text.push_str(&json_string(name));
                text.push_str(": ");
                json_node(value, depth + 1, text);
            });
        }
        Tree::Seq(items) => {
            let items = items.iter().filter(|item| !item.is_comment());
            list(items, ['[', ']'], depth, text, |item, text| json_node(item, depth + 1, text));
        }
        Tree::Comment { .. } => {}
        Tree::Scalar(Scalar::Text(value)) => text.push_str(&json_string(&String::from_utf8_lossy(value))),
        Tree::Scalar(scalar) => text.push_str(&plain_text(scalar)),
    }
}

/// Writes a string as Go does, which escapes what is special in HTML.
fn json_string(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Writes a scalar that needs no quotes: anything but a string.
fn plain_text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => edgeflux_yaml::to_string(&Value::from(*value)).trim_end().to_owned(),
        Scalar::Text(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

/// Writes YAML, indented with four spaces, lists too, and without folding lines.
pub(super) fn yaml(documents: &[Tree]) -> String {
    let mut text = String::new();
    for (at, document) in documents.iter().enumerate() {
        if at > 0 {
            text.push_str("---\n");
        }
        match document {
            Tree::Map(entries) if !entries.is_empty() => yaml_map(entries, 0, &mut text, false),
            _ => text.push_str("{}\n"),
        }
    }
    text
}

/// The lines of a collection; `follows` if the first entry is on a line that has started, after a `-`.
struct Lines<'a> {
    indent: usize,
    follows: bool,
    beside: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn new(indent: usize, follows: bool) -> Self {
        Self { indent, follows, beside: Vec::new() }
    }

    fn start(&mut self, text: &mut String) {
        if !std::mem::take(&mut self.follows) {
            text.extend(std::iter::repeat_n(' ', self.indent));
        }
    }

    /// Adds a comment; one that is not beside an entry gets lines of its own.
    fn comment(&mut self, comment: &'a Tree, text: &mut String) {
        let Tree::Comment { text: comment, beside } = comment else { return };
        if *beside {
            self.beside.push(comment);
            return;
        }
        self.start(text);
        text.push('#');
        text.push_str(comment);
        text.push('\n');
    }

    /// Ends the line of an entry.
    fn end(&mut self, text: &mut String) {
        for comment in self.beside.drain(..) {
            text.push_str(" #");
            text.push_str(comment);
        }
        text.push('\n');
    }
}

fn yaml_map(entries: &[(String, Tree)], indent: usize, text: &mut String, follows: bool) {
    let mut lines = Lines::new(indent, follows);
    for (name, value) in entries {
        if value.is_comment() {
            lines.comment(value, text);
            continue;
        }
        lines.start(text);
        text.push_str(&yaml_string(name, indent, true));
        text.push(':');
        match value {
            Tree::Map(below) if !below.is_empty() => {
                lines.end(text);
                yaml_map(below, indent + 4, text, false);
            }
            Tree::Seq(items) if !items.is_empty() => {
                lines.end(text);
                yaml_seq(items, indent + 4, text, false);
            }
            value => {
                yaml_leaf(value, indent, text);
                lines.end(text);
            }
        }
    }
}

fn yaml_seq(items: &[Tree], indent: usize, text: &mut String, follows: bool) {
    let mut lines = Lines::new(indent, follows);
    for item in items {
        if item.is_comment() {
            lines.comment(item, text);
            continue;
        }
        lines.start(text);
        text.push('-');
        match item {
            Tree::Map(below) if !below.is_empty() => {
                text.push(' ');
                yaml_map(below, indent + 2, text, true);
            }
            Tree::Seq(below) if !below.is_empty() => {
                text.push(' ');
                yaml_seq(below, indent + 2, text, true);
            }
            item => {
                yaml_leaf(item, indent, text);
                lines.end(text);
            }
        }
    }
}

/// Writes a value on the line of its name.
fn yaml_leaf(value: &Tree, indent: usize, text: &mut String) {
    text.push(' ');
    match value {
        Tree::Map(_) => text.push_str("{}"),
        Tree::Seq(_) => text.push_str("[]"),
        Tree::Comment { .. } => {}
        Tree::Scalar(Scalar::Text(value)) => {
            text.push_str(&yaml_string(&String::from_utf8_lossy(value), indent, false));
        }
        Tree::Scalar(scalar) => text.push_str(&plain_text(scalar)),
    }
}

/// Writes a string in the style that go-yaml 3 chooses.
fn yaml_string(value: &str, indent: usize, is_key: bool) -> String {
    let is_block = value.contains('\n') && !is_key;
    let fits = |line: &str| !line.ends_with(' ') && !line.contains(|char| char != '\t' && is_special(char));
    if is_block && value.split('\n').all(fits) {
        // The spaces of a first line would be taken for indentation.
        let hint = if value.starts_with([' ', '\n']) { "4" } else { "" };
        let ending = match value.len() - value.trim_end_matches('\n').len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        let mut text = format!("|{hint}{ending}");
        for line in value.strip_suffix('\n').unwrap_or(value).split('\n') {
            text.push('\n');
            if !line.is_empty() {
                text.extend(std::iter::repeat_n(' ', indent + 4));
                text.push_str(line);
            }
        }
        return text;
    }
    let needs_quotes = !matches!(resolve_plain(value, Schema::Kyaml), Plain::Str)
        || !matches!(resolve_plain(value, Schema::Kubernetes), Plain::Str);
    // The style is that of the first words, so that no line is folded.
    match edgeflux_yaml::to_string(&Value::from(value)).chars().next() {
        _ if value.contains(is_special) || value.contains('\n') || needs_quotes => double_quoted(value),
        Some('\'') => format!("'{}'", value.replace('\'', "''")),
        Some('"') => double_quoted(value),
        _ => value.to_owned(),
    }
}

/// Returns whether a character needs double quotes.
fn is_special(char: char) -> bool {
    (char.is_control() && char != '\n') || matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn double_quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for char in value.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\u{0}' => text.push_str("\\0"),
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{b}' => text.push_str("\\v"),
            '\u{c}' => text.push_str("\\f"),
            '\u{1b}' => text.push_str("\\e"),
            '\u{85}' => text.push_str("\\N"),
            '\u{2028}' => text.push_str("\\L"),
            '\u{2029}' => text.push_str("\\P"),
            '\u{feff}' => text.push_str("\\uFEFF"),
            char if char.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\x{:02X}", u32::from(char));
            }
            char => text.push(char),
        }
    }
    text.push('"');
    text
}
