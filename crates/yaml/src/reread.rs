//! What becomes of a block scalar when kustomize writes it and reads it back, which it does with every object.
//!
//! Source of the rules: the emitter of go-yaml v3. In some places it writes a folded text with an extra line break, since it
//! checks the first line instead of the next, and it writes a text that starts with a tab without the indentation indicator
//! that its own reader needs. The cluster gets the result.

use std::borrow::Cow;

use super::error::ReadError;
use super::node::{self, Kind, Style};
use super::scalar::Schema;
use super::write::{is_break, is_printable};

/// Returns a text as it is read back after it was written in `style`. Only folded texts change.
///
/// # Errors
/// Kustomize's reader refuses what its writer wrote.
pub fn reread(text: &str, style: Style) -> Result<Cow<'_, str>, ReadError> {
    let changes = match style {
        Style::Literal => text.starts_with('\t'),
        Style::Folded => text.starts_with('\t') || text.contains(is_break),
        _ => false,
    };
    if !changes || !is_block(text) {
        return Ok(Cow::Borrowed(text));
    }
    let written = written(text, style == Style::Folded);
    let document = node::first_tree(&written, Schema::Kyaml)?;
    let read = document.as_ref().and_then(|document| document.root().children().nth(1));
    match read.map(node::Node::kind) {
        Some(Kind::Scalar(read, _)) => Ok(Cow::Owned(read.to_owned())),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// Returns a text as Go reads it as YAML after it was written as JSON, which kustomize does last: U+0085 is then a line break.
///
/// # Errors
/// The text has a character that JSON allows and YAML does not, such as U+007F.
pub fn reread_json(text: &str) -> Result<Cow<'_, str>, ReadError> {
    // JSON escapes all other characters that YAML does not allow.
    if !text.contains(|c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut written = serde_json::Value::from(text).to_string();
    for (separator, escape) in [('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")] {
        written = written.replace(separator, escape);
    }
    let document = node::first_tree(&written, Schema::Kubernetes)?;
    match document.as_ref().map(|document| document.root().kind()) {
        Some(Kind::Scalar(read, _)) => Ok(Cow::Owned(read.to_owned())),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// Returns whether the writer keeps the style; otherwise it uses quotes, which change nothing.
fn is_block(text: &str) -> bool {
    let mut before = '\0';
    for c in text.chars() {
        if (c != '\t' && !is_printable(c)) || (before == ' ' && is_break(c)) {
            return false;
        }
        before = c;
    }
    before != ' ' && !text.is_empty()
}

/// Writes a mapping with the text as its only value.
fn written(text: &str, folded: bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    out.push_str(if folded { "k: >" } else { "k: |" });
    if text.starts_with(|c| c == ' ' || is_break(c)) {
        out.push('2');
    }
    let mut from_end = text.chars().rev();
    match (from_end.next().is_some_and(is_break), from_end.next().is_none_or(is_break)) {
        (false, _) => out.push('-'),
        (true, true) => out.push('+'),
        (true, false) => {}
    }
    out.push('\n');
    // It should be the text after this break.
    let behind_breaks = text.trim_start_matches(is_break);
    let doubles = folded && !behind_breaks.is_empty() && !behind_breaks.starts_with([' ', '\t']);
    let (mut after_break, mut after_blank) = (true, true);
    for c in text.chars() {
        if is_break(c) {
            if doubles && c == '\n' && !after_break && !after_blank {
                out.push('\n');
            }
            out.push(c);
            after_break = true;
        } else {
            if after_break {
                out.push_str("  ");
                after_blank = matches!(c, ' ' | '\t');
            }
            out.push(c);
            after_break = false;
        }
    }
    if !after_break {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Style, reread, reread_json};

    #[test]
    fn a_line_break_before_an_indented_line_is_doubled() {
        for (text, expected) in [
            ("one two", "one two"),
            ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
            ("one(\n  two\n)", "one(\n\n  two\n)"),
            ("one(\n\n  two\n\n)\n", "one(\n\n\n  two\n\n)\n"),
            ("one\n\n", "one\n\n\n"),
            ("  one\ntwo\nthree\n", "  one\ntwo three\n"),
            ("one \n  two", "one \n  two"),
            ("\none two\n", "\none two\n"),
            ("\n\none", "\n\none"),
            ("\n\n\none\ntwo", "\n\n\none\ntwo"),
            ("\n", "\n"),
            ("\n\n", "\n\n"),
            ("one\n🎉\n  two", "one\n🎉\n  two"),
            ("one\n\u{feff}\n  two", "one\n\u{feff}\n  two"),
            ("one\u{2028}two\nthree", "one\u{2028}two\nthree"),
        ] {
            assert_eq!(reread(text, Style::Folded).as_deref(), Ok(expected), "{text:?}");
            assert_eq!(reread(text, Style::Literal).as_deref(), Ok(text), "{text:?}");
            assert_eq!(reread(text, Style::DoubleQuoted).as_deref(), Ok(text), "{text:?}");
        }
    }

    #[test]
    fn json_with_control_characters_is_not_yaml() {
        for (text, expected) in [
            ("a\u{7e}\u{a0}\n\u{1}é🎉", "a\u{7e}\u{a0}\n\u{1}é🎉"),
            ("a\u{85}b", "a b"),
            ("a \u{85}\u{85} b\u{2028}", "a\nb\u{2028}"),
        ] {
            assert_eq!(reread_json(text).as_deref(), Ok(expected), "{text:?}");
        }
        for text in ["a\u{7f}", "\u{80}", "\u{fffe}b"] {
            assert!(reread_json(text).expect_err(text).message.contains("control characters"), "{text:?}");
        }
    }

    #[test]
    fn a_text_that_starts_with_a_tab_cannot_be_read_back() {
        for style in [Style::Folded, Style::Literal] {
            let error = reread("\ta\nb\n", style).expect_err("a tab").message;
            assert!(
                error.contains("found a tab character where an indentation space is expected"),
                "{error}"
            );
            assert_eq!(reread("\n\ta\n", style).as_deref(), Ok("\n\ta\n"));
        }
        assert_eq!(reread("\ta\nb\n", Style::DoubleQuoted).as_deref(), Ok("\ta\nb\n"));
    }
}
