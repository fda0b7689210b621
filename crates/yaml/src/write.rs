//! Writing values as Go's sigs.k8s.io/yaml does, byte for byte.
//!
//! The layout is that of libyaml's emitter in go-yaml v2 with default settings: two spaces of indentation, sequences not
//! indented under their key, lines folded at the first space past column 80. The key `<<`, which that emitter writes so that
//! it reads back as a merge, is written in double quotes instead.

use std::borrow::Cow;

use serde_json::Value;

use super::number::number_text;
use super::order;

mod style;

use style::Style;
pub(super) use style::{is_break, is_printable};

/// Column after which a line is folded at the next space.
const BEST_WIDTH: usize = 80;
/// Longest key in characters that is written without `? ` in front.
const LONGEST_SIMPLE_KEY: usize = 128;

/// Writes one document, without `---` and with a line break at the end.
///
/// ```
/// let value = serde_json::json!({"kind": "ConfigMap", "data": {"on": "yes", "list": []}});
/// assert_eq!(edgeflux_yaml::to_string(&value), "data:\n  list: []\n  \"on\": \"yes\"\nkind: ConfigMap\n");
/// ```
pub fn to_string(value: &Value) -> String {
    let mut writer = Writer { text: String::new(), column: 0, spaced: true, line_start: true };
    writer.node(value, None, false);
    writer.indent(0);
    writer.text
}

/// Writes one document from anything that serializes to JSON. What cannot be JSON, such as a map whose keys are not strings,
/// is written as `null`.
pub fn to_string_of<T: serde::Serialize>(value: &T) -> String {
    to_string(&serde_json::to_value(value).unwrap_or_default())
}

/// Indentation of the innermost collection; `None` at the root.
type Indent = Option<usize>;

/// Returns the indentation of a collection inside another.
fn deeper(indent: Indent) -> usize {
    indent.map_or(0, |indent| indent + 2)
}

struct Writer {
    text: String,
    /// In characters.
    column: usize,
    /// Whether the last character was a space or a line break.
    spaced: bool,
    /// Whether the line has only indentation and `-`, `?`, `:` indicators so far.
    line_start: bool,
}

impl Writer {
    /// Writes a node; `of_mapping` if it is the value (or the long key) of a mapping.
    fn node(&mut self, value: &Value, indent: Indent, of_mapping: bool) {
        match value {
            Value::Null => self.plain("null"),
            Value::Bool(true) => self.plain("true"),
            Value::Bool(false) => self.plain("false"),
            Value::Number(number) => self.plain(&number_text(number)),
            Value::String(string) => self.string(string, indent.map_or(2, |indent| indent + 2), false),
            Value::Array(items) if items.is_empty() => self.indicator("[]", true, false),
            Value::Object(entries) if entries.is_empty() => self.indicator("{}", true, false),
            Value::Array(items) => {
                let unindented = of_mapping && !self.line_start;
                let indent = indent.filter(|_| unindented).unwrap_or_else(|| deeper(indent));
                for item in items {
                    self.indent(indent);
                    self.indicator("-", true, true);
                    self.node(item, Some(indent), false);
                }
            }
            Value::Object(entries) => {
                let indent = deeper(indent);
                let mut entries = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
                order::sort_by_key(&mut entries);
                for (key, value) in entries {
                    self.indent(indent);
                    if key.len() <= LONGEST_SIMPLE_KEY && !key.contains(is_break) {
                        self.string(key, indent + 2, true);
                        self.indicator(":", false, false);
                    } else {
                        self.indicator("?", true, true);
                        self.string(key, indent + 2, false);
                        self.indent(indent);
                        self.indicator(":", true, true);
                    }
                    self.node(value, Some(indent), true);
                }
            }
        }
    }

    /// Writes a string; `indent` is that of continuation lines and block scalars, one level deeper than the collection.
    fn string(&mut self, string: &str, indent: usize, simple_key: bool) {
        match style::style(string, simple_key) {
            Style::Plain => self.flowing(string, "", indent, simple_key),
            Style::Single => self.flowing(string, "'", indent, simple_key),
            Style::Double => self.double_quoted(string, indent, simple_key),
            Style::Literal => self.literal(string, indent),
        }
    }

    fn plain(&mut self, text: &str) {
        self.indicator(text, true, false);
    }

    /// Writes a plain or single-quoted scalar, folded if it is too long.
    fn flowing(&mut self, string: &str, quote: &str, indent: usize, simple_key: bool) {
        self.indicator(quote, true, false);
        let string = if quote == "'" && string.contains('\'') {
            Cow::Owned(string.replace('\'', "''"))
        } else {
            Cow::Borrowed(string)
        };
        if string.contains(is_break) {
            self.broken_lines(&string, indent);
        // There are at most as many characters as bytes, so no space is past the width.
        } else if simple_key || self.column + string.len() <= BEST_WIDTH {
            self.push(&string);
        } else {
            for (at, word) in words(&string) {
                if at > 0 {
                    self.break_or_space(indent, single_space_before(&string, at));
                }
                self.push(word);
            }
        }
        self.push(quote);
        (self.spaced, self.line_start) = (false, false);
    }

    /// Writes a text with U+2028 or U+2029, which are kept in single quotes.
    fn broken_lines(&mut self, string: &str, indent: usize) {
        let mut after_break = false;
        for (at, c) in string.char_indices() {
            if is_break(c) {
                self.text.push(c);
                self.column = 0;
                after_break = true;
                continue;
            }
            if after_break {
                self.line_start = true;
                self.indent(indent);
            }
            after_break = false;
            let bytes = string.as_bytes();
            let single =
                c == ' ' && at > 0 && at + 1 < bytes.len() && bytes[at - 1] != b' ' && bytes[at + 1] != b' ';
            if single && self.column > BEST_WIDTH {
                self.line_start = false;
                self.indent(indent);
            } else {
                self.text.push(c);
                self.column += 1;
            }
        }
    }

    fn double_quoted(&mut self, string: &str, indent: usize, simple_key: bool) {
        self.indicator("\"", true, false);
        let mut after_space = false;
        // The emitter looks for a byte-order mark at the start of the string rather than at each character.
        let escape_all = string.starts_with('\u{feff}');
        for (at, c) in string.char_indices() {
            let inside = at > 0 && at + 1 < string.len();
            if c == ' ' && !escape_all {
                let folds = !simple_key && !after_space && inside && self.column > BEST_WIDTH;
                if folds {
                    self.indent(indent);
                    if string.as_bytes()[at + 1] == b' ' {
                        self.push("\\");
                    }
                } else {
                    self.push(" ");
                }
                after_space = true;
            } else {
                if escape_all || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                    self.escaped(c);
                } else {
                    self.text.push(c);
                    self.column += 1;
                }
                after_space = false;
            }
        }
        self.push("\"");
        (self.spaced, self.line_start) = (false, false);
    }

    fn escaped(&mut self, c: char) {
        let short = match c {
            '\0' => "\\0",
            '\x07' => "\\a",
            '\x08' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\x0b' => "\\v",
            '\x0c' => "\\f",
            '\r' => "\\r",
            '\x1b' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{a0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ => "",
        };
        if short.is_empty() {
            let code = u32::from(c);
            self.push(&match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        } else {
            self.push(short);
        }
    }

    fn literal(&mut self, string: &str, indent: usize) {
        self.indicator("|", true, false);
        if string.starts_with(|c| c == ' ' || is_break(c)) {
            self.push("2");
        }
        let mut from_end = string.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next().is_none_or(is_break)) {
            (false, _) => self.push("-"),
            (true, true) => self.push("+"),
            (true, false) => {}
        }
        self.line_break('\n');
        for line in string.split_inclusive(is_break) {
            let content = line.trim_end_matches(is_break);
            if !content.is_empty() {
                self.indent(indent);
                self.push(content);
                (self.spaced, self.line_start) = (false, false);
            }
            if let Some(end) = line.chars().next_back().filter(|end| is_break(*end)) {
                self.line_break(end);
            }
        }
    }

    /// Writes a fold, or the space that could be folded.
    fn break_or_space(&mut self, indent: usize, single: bool) {
        if single && self.column > BEST_WIDTH {
            self.line_start = false;
            self.indent(indent);
        } else {
            self.push(" ");
        }
    }

    /// Moves to the column of the next node at this level, on a new line if necessary.
    fn indent(&mut self, indent: usize) {
        if !self.line_start || self.column > indent || (self.column == indent && !self.spaced) {
            self.line_break('\n');
        }
        self.text.extend(std::iter::repeat_n(' ', indent - self.column));
        self.column = indent;
        (self.spaced, self.line_start) = (true, true);
    }

    fn line_break(&mut self, end: char) {
        self.text.push(end);
        self.column = 0;
        (self.spaced, self.line_start) = (true, true);
    }

    /// Writes an indicator; `keeps_start` if a collection may start after it on the same line.
    fn indicator(&mut self, indicator: &str, needs_space: bool, keeps_start: bool) {
        if needs_space && !self.spaced {
            self.push(" ");
        }
        self.push(indicator);
        self.spaced = false;
        self.line_start &= keeps_start;
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
    }
}

/// Returns the pieces between the spaces of `string`, each with its start.
fn words(string: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    string.split(' ').map(move |word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    })
}

/// Returns whether a line may be folded at the space before `at`: it has no other space beside it, and is not the last
/// character.
fn single_space_before(string: &str, at: usize) -> bool {
    let bytes = string.as_bytes();
    at > 1 && at < bytes.len() && bytes[at - 2] != b' ' && bytes[at] != b' '
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::to_string;

    #[test]
    fn sequences_are_not_indented_under_their_key() {
        let value = json!({"spec": {"a10": [1, {"b": [], "c": {}}], "a2": "yes"}});
        assert_eq!(to_string(&value), "spec:\n  a2: \"yes\"\n  a10:\n  - 1\n  - b: []\n    c: {}\n");
    }

    /// An intended deviation from go-yaml, whose text would be read as another value.
    #[test]
    fn strings_that_would_read_as_another_value_are_quoted() {
        assert_eq!(to_string(&json!({"<<": "<<"})), "\"<<\": <<\n");
        assert_eq!(to_string(&json!("a\u{85}b")), "\"a\\Nb\"\n");
        assert_eq!(to_string(&json!("a\u{2028}b\n")), "|\n  a\u{2028}  b\n");
        assert_eq!(to_string(&json!({"a": "b\u{2029}c"})), "a: 'b\u{2029}  c'\n");
        assert_eq!(to_string(&json!("a\u{7f}b")), "\"a\\x7Fb\"\n");
    }
}
