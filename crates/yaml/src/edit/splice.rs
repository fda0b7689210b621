//! The piece of a text that a change replaces.

use std::ops::Range;

use serde_json::{Map, Value};

use super::super::node::{Document, Kind, Node, Style};
use super::super::write::to_string;
use super::layout::{self, Layout, is_blank};
use super::{Change, Step};

/// A piece of the text and its replacement.
type Splice = (Range<usize>, String);

/// Returns the edited text; `None` if the layout is not supported.
pub(super) fn edited(
    text: &str,
    tree: &Document<'_>,
    path: &[Step<'_>],
    change: &Change<'_>,
) -> Option<String> {
    let (range, new) = Editor { text, layout: Layout { text } }.splice(tree, path, change)?;
    let new = if text.contains("\r\n") { new.replace('\n', "\r\n") } else { new };
    let (before, _) = text.split_at_checked(range.start)?;
    let (_, after) = text.split_at_checked(range.end.max(range.start))?;
    Some([before, &new, after].concat())
}

/// Position of a node in its parent.
#[derive(Clone, Copy)]
pub(super) enum Slot<'d, 't> {
    Root,
    Value {
        mapping: Node<'d, 't>,
        key: Node<'d, 't>,
    },
    /// An item of a block sequence, with the offset of its dash.
    Item {
        dash: Option<usize>,
    },
}

struct Editor<'t> {
    text: &'t str,
    layout: Layout<'t>,
}

impl Editor<'_> {
    /// Returns the piece to replace; `None` if the layout is not supported.
    fn splice(&self, tree: &Document<'_>, path: &[Step<'_>], change: &Change<'_>) -> Option<Splice> {
        let mut node = tree.root();
        let mut slot = Slot::Root;
        for (depth, step) in path.iter().enumerate() {
            let rest = &path[depth + 1..];
            let last = rest.is_empty();
            match (node.kind(), step) {
                (Kind::Mapping { .. }, Step::Key(name)) => {
                    let found = node
                        .pairs()
                        .find(|(key, _)| matches!(key.kind(), Kind::Scalar(text, _) if text == *name));
                    match (found, change) {
                        (Some((key, _)), Change::Remove) if last => {
                            return self.remove_entry(slot, node, key);
                        }
                        (Some((key, value)), _) => {
                            slot = Slot::Value { mapping: node, key };
                            node = value;
                        }
                        (None, Change::Set(value) | Change::Insert(value)) => {
                            return self.add_entry(slot, node, name, &nested(rest, value));
                        }
                        (None, Change::Remove) => return None,
                    }
                }
                (Kind::Sequence { flow }, Step::Index(at)) => {
                    let item = node.children().nth(*at);
                    match (item, change) {
                        (Some(_), Change::Remove) if last => return self.remove_item(slot, node, *at),
                        (Some(_), Change::Insert(value)) if last => {
                            return self.insert_item(slot, node, *at, value);
                        }
                        (Some(item), _) => {
                            let dash = if flow { None } else { Some(self.layout.dash(slot, node, *at)?) };
                            slot = Slot::Item { dash };
                            node = item;
                        }
                        (None, Change::Set(value) | Change::Insert(value)) => {
                            return self.insert_item(slot, node, *at, &nested(rest, value));
                        }
                        (None, Change::Remove) => return None,
                    }
                }
                (Kind::Scalar(..), _) => {
                    let (Change::Set(value) | Change::Insert(value)) = change else { return None };
                    return self.replace(slot, node, &nested(&path[depth..], value));
                }
                _ => return None,
            }
        }
        let Change::Set(value) = change else { return None };
        self.replace(slot, node, value)
    }

    /// Replaces `node` by `value`.
    fn replace(&self, slot: Slot<'_, '_>, node: Node<'_, '_>, value: &Value) -> Option<Splice> {
        match slot {
            Slot::Root if is_blank(node) => {
                let end = self.layout.line_end(node.span().start);
                let start = if end > 0 && !self.text[..end].ends_with('\n') { "\n" } else { "" };
                let new = to_string(value);
                let new = if self.text[end..].is_empty() { &*new } else { without_break(&new) };
                Some((end..end, format!("{start}{new}")))
            }
            Slot::Value { mapping, key } if mapping.kind() == (Kind::Mapping { flow: false }) => {
                let colon = self.layout.colon(key)?;
                let indent = self.layout.column(mapping.span().start);
                let text = to_string(&Value::Object(Map::from_iter([("k".to_owned(), value.clone())])));
                let text = in_old_quotes(node, value, text.strip_prefix("k:")?);
                // A list keeps the indentation of the old one.
                let indent = match (value, node.kind()) {
                    (Value::Array(_), Kind::Sequence { flow: false }) => {
                        self.layout.column(self.layout.dash(slot, node, 0)?)
                    }
                    _ => indent,
                };
                Some(self.replace_block(colon + 1, node, &shifted(&text, indent)))
            }
            Slot::Item { dash: Some(dash) } => {
                let text = to_string(&Value::Array(vec![value.clone()]));
                let text = in_old_quotes(node, value, text.strip_prefix('-')?);
                Some(self.replace_block(dash + 1, node, &shifted(&text, self.layout.column(dash))))
            }
            Slot::Value { .. } | Slot::Item { dash: None } => {
                let span = node.span();
                (!span.is_empty()).then(|| (span, flow(value)))
            }
            Slot::Root => {
                let span = node.span();
                let start = match node.kind() {
                    Kind::Sequence { flow: false } => self.layout.dash(slot, node, 0)?,
                    _ => span.start,
                };
                Some((start..self.layout.end(node, start), without_break(&to_string(value)).to_owned()))
            }
        }
    }

    /// Replaces everything from a colon or a dash to the end of `node`, except a comment on the first line or after the last.
    fn replace_block(&self, start: usize, node: Node<'_, '_>, new: &str) -> Splice {
        let mut end = self.layout.end(node, start);
        let first_line = self.layout.line_end(start);
        let mut comment = "";
        if layout::start(node, start) > first_line {
            comment = self.layout.comment(start..first_line);
        } else if new.trim_end().contains('\n') {
            comment = self.layout.comment(end..self.layout.line_end(end));
            if !comment.is_empty() {
                end = self.layout.line_end(end);
            }
        }
        let new = without_break(new);
        let (head, tail) = new.split_at(new.find('\n').unwrap_or(new.len()));
        let gap = if comment.is_empty() { "" } else { " " };
        (start..end, format!("{head}{gap}{comment}{tail}"))
    }

    /// Adds a key at the end of a mapping.
    fn add_entry(
        &self,
        slot: Slot<'_, '_>,
        mapping: Node<'_, '_>,
        key: &str,
        value: &Value,
    ) -> Option<Splice> {
        let entry = Value::Object(Map::from_iter([(key.to_owned(), value.clone())]));
        let Some((last_key, last)) = mapping.pairs().last() else {
            return self.replace(slot, mapping, &entry);
        };
        if mapping.kind() == (Kind::Mapping { flow: true }) {
            let end = last.span().end.max(last_key.span().end);
            return Some((end..end, format!(", {}", flow(&entry).trim_matches(['{', '}']))));
        }
        let end = self.layout.end(last, self.layout.colon(last_key)? + 1);
        Some(self.new_lines(end, self.layout.column(mapping.span().start), &to_string(&entry)))
    }

    /// Inserts an item before the one at `at`, or at the end.
    fn insert_item(
        &self,
        slot: Slot<'_, '_>,
        sequence: Node<'_, '_>,
        at: usize,
        value: &Value,
    ) -> Option<Splice> {
        let list = Value::Array(vec![value.clone()]);
        if sequence.children().next().is_none() {
            return self.replace(slot, sequence, &list);
        }
        let before = at.checked_sub(1).and_then(|at| sequence.children().nth(at));
        if sequence.kind() == (Kind::Sequence { flow: true }) {
            return Some(match before {
                Some(before) => (before.span().end..before.span().end, format!(", {}", flow(value))),
                None => (sequence.span().start + 1..sequence.span().start + 1, format!("{}, ", flow(value))),
            });
        }
        let list = to_string(&list);
        if let Some(before) = before {
            let dash = self.layout.dash(slot, sequence, at - 1)?;
            return Some(self.new_lines(self.layout.end(before, dash + 1), self.layout.column(dash), &list));
        }
        let dash = self.layout.dash(slot, sequence, 0)?;
        let indent = self.layout.column(dash);
        Some((dash..dash, format!("{}{}", shifted(&list, indent), " ".repeat(indent))))
    }

    /// Inserts lines after the line with `end`.
    fn new_lines(&self, end: usize, indent: usize, lines: &str) -> Splice {
        let at = self.layout.line_end(end);
        (at..at, format!("\n{}{}", " ".repeat(indent), shifted(without_break(lines), indent)))
    }

    fn remove_entry(&self, slot: Slot<'_, '_>, mapping: Node<'_, '_>, key: Node<'_, '_>) -> Option<Splice> {
        let pairs: Vec<_> = mapping.pairs().collect();
        let at = pairs.iter().position(|(other, _)| other.span() == key.span())?;
        if pairs.len() == 1 {
            return self.replace(slot, mapping, &Value::Object(Map::new()));
        }
        let (_, value) = pairs[at];
        let next = pairs.get(at + 1).map(|(key, _)| key.span().start);
        if mapping.kind() == (Kind::Mapping { flow: true }) {
            let before = at.checked_sub(1).map(|at| pairs[at].1.span().end.max(pairs[at].0.span().end));
            return remove_flow(before, key.span().start, value.span().end.max(key.span().end), next);
        }
        let end = self.layout.end(value, self.layout.colon(key)? + 1);
        Some(self.remove_block(key.span().start, end, next))
    }

    fn remove_item(&self, slot: Slot<'_, '_>, sequence: Node<'_, '_>, at: usize) -> Option<Splice> {
        let items: Vec<_> = sequence.children().collect();
        let item = *items.get(at)?;
        if items.len() == 1 {
            return self.replace(slot, sequence, &Value::Array(Vec::new()));
        }
        if sequence.kind() == (Kind::Sequence { flow: true }) {
            let before = at.checked_sub(1).map(|at| items[at].span().end);
            let next = items.get(at + 1).map(|item| item.span().start);
            return remove_flow(before, item.span().start, item.span().end, next);
        }
        let dash = self.layout.dash(slot, sequence, at)?;
        let next = if at + 1 < items.len() { Some(self.layout.dash(slot, sequence, at + 1)?) } else { None };
        Some(self.remove_block(dash, self.layout.end(item, dash + 1), next))
    }

    /// Removes the lines from `start` to `end`. An entry that shares its first line with the dash of an outer list leaves that
    /// line to the next entry.
    fn remove_block(&self, start: usize, end: usize, next: Option<usize>) -> Splice {
        let line = self.layout.line_start(start);
        let after = self.layout.after_line(end);
        if self.text[line..start].bytes().all(|byte| byte == b' ') {
            // At the end of a text without a final line break, the line break before it is removed too.
            let from = if after == self.text.len() && !self.text.ends_with('\n') {
                line.saturating_sub(1)
            } else {
                line
            };
            return (from..after, String::new());
        }
        match next {
            Some(next) if self.layout.comment(end..next).is_empty() => (start..next, String::new()),
            _ => (start..self.layout.line_end(end), String::new()),
        }
    }
}

/// Writes `text` in the quotes of the scalar that it replaces, if it needs none.
fn in_old_quotes(old: Node<'_, '_>, new: &Value, text: &str) -> String {
    let plain = |string: &str| text.trim() == string && !string.contains(['\'', '"', '\\', '\n']);
    match (old.kind(), new) {
        (Kind::Scalar(_, Style::SingleQuoted), Value::String(new)) if plain(new) => format!(" '{new}'\n"),
        (Kind::Scalar(_, Style::DoubleQuoted), Value::String(new)) if plain(new) => {
            format!(" \"{new}\"\n")
        }
        _ => text.to_owned(),
    }
}

/// Extends a range to the comma before it, or after it for the first entry.
fn remove_flow(before: Option<usize>, start: usize, end: usize, next: Option<usize>) -> Option<Splice> {
    let range = match (before, next) {
        (Some(before), _) => before..end,
        (None, Some(next)) => start..next,
        (None, None) => return None,
    };
    (range.start <= range.end).then(|| (range, String::new()))
}

/// Wraps `value` in the collections of `path`.
fn nested(path: &[Step<'_>], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |value, step| match step {
        Step::Key(key) => Value::Object(Map::from_iter([((*key).to_owned(), value)])),
        Step::Index(_) => Value::Array(vec![value]),
    })
}

/// Removes the last line break, which the text has already.
fn without_break(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// Indents all lines but the first.
fn shifted(text: &str, indent: usize) -> String {
    let indent = " ".repeat(indent);
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |mut shifted, line| {
        if line != "\n" {
            shifted.push_str(&indent);
        }
        shifted.push_str(line);
        shifted
    })
}

/// Writes a value in brackets and braces, to be placed in others.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", flow_string(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::String(string) => flow_string(string),
        other => to_string(other).trim_end().to_owned(),
    }
}

/// Writes a string plain if it has no special characters, otherwise as JSON, which is YAML.
fn flow_string(string: &str) -> String {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    let plain = to_string(&Value::String(string.to_owned()));
    if plain.trim_end() == string && string.bytes().all(harmless) && !string.starts_with('-') {
        string.to_owned()
    } else {
        Value::String(string.to_owned()).to_string()
    }
}
