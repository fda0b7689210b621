//! How a report writes a value: YAML for eyes, not for parsers.

use std::fmt::Write as _;

use super::compare::Entries;
use super::tree::{Node, Shape, Tag};

/// Which keys come first in a map, for maps with one of these keys. The row with the most keys counts, the first one of
/// those with as many.
const FIRST_KEYS: &[&[&str]] = &[
    &["name", "director_uuid", "releases", "instance_groups", "networks", "resource_pools", "compilation"],
    &["name", "url", "version", "sha1"],
    &["jobs", "resources", "resource_types"],
    &["name", "type", "source"],
    &["get"],
    &["put"],
    &["task"],
    &["releases", "instance_groups", "configuration", "variables"],
    &["auth", "templates"],
    &["name"],
    &["key"],
    &["id"],
];

/// Texts that would be read as something else.
const RESERVED: [&str; 3] = ["true", "false", "null"];

/// A value, ended by a line break, as it stands.
pub(super) fn value(node: &Node<'_>) -> String {
    let mut out = String::new();
    write(node, "", false, &mut out);
    out
}

/// Entries of a map or a list, each map in them with its name first and what is deeply nested last.
pub(super) fn entries(entries: &Entries<'_>) -> String {
    let mut out = String::new();
    match entries {
        Entries::Map(entries) => write_map(&ordered(entries), "", false, &mut out),
        Entries::List(items) => {
            let items: Vec<_> = items.iter().map(arranged).collect();
            write_list(&items, "", false, &mut out);
        }
    }
    out
}

fn write(node: &Node<'_>, indent: &str, within_line: bool, out: &mut String) {
    match &node.shape {
        Shape::Map(entries) => write_map(entries, indent, within_line, out),
        Shape::List(items) => write_list(items, indent, within_line, out),
        Shape::Scalar(tag, text) => write_scalar(*tag, text, indent, out),
    }
}

fn write_map(entries: &[(&str, Node<'_>)], indent: &str, within_line: bool, out: &mut String) {
    for (at, (key, node)) in entries.iter().enumerate() {
        if at > 0 || !within_line {
            out.push_str(indent);
        }
        out.push_str(key);
        out.push(':');
        match &node.shape {
            Shape::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
            Shape::List(items) if items.is_empty() => out.push_str(" []\n"),
            Shape::Map(entries) => {
                out.push('\n');
                write_map(entries, &format!("{indent}  "), false, out);
            }
            Shape::List(items) => {
                out.push('\n');
                write_list(items, indent, false, out);
            }
            Shape::Scalar(tag, text) => {
                out.push(' ');
                write_scalar(*tag, text, &format!("{indent}  "), out);
            }
        }
    }
}

fn write_list(items: &[Node<'_>], indent: &str, within_line: bool, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 || !within_line {
            out.push_str(indent);
        }
        out.push_str("- ");
        write(item, &format!("{indent}  "), true, out);
    }
}

fn write_scalar(tag: Tag, text: &str, indent: &str, out: &mut String) {
    if text.contains('\n') {
        out.push_str("|\n");
        let lines: Vec<String> = text.split('\n').map(|line| format!("{indent}{line}")).collect();
        out.push_str(&lines.join("\n"));
    } else if tag == Tag::Text && needs_quotes(text) {
        quote(text, out);
    } else {
        out.push_str(text);
    }
    out.push('\n');
}

fn needs_quotes(text: &str) -> bool {
    RESERVED.contains(&text) || text.starts_with('-') || text.contains([' ', '*', '&', ':', ','])
}

/// In double quotes, as Go's `%q` writes it.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\'' => out.push(c),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a text cannot fail.
                let _ = match code {
                    0..=0x7f => write!(out, "\\x{code:02x}"),
                    0x80..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
}

/// Whether the character is seen: a letter, mark, number, sign or the blank.
fn is_printable(c: char) -> bool {
    // Only the first character of a text is escaped for being a mark.
    let text: String = ['x', c].iter().collect();
    text.escape_debug().count() == 2
}

/// The map entries with the keys in front that people expect there, and their values likewise.
fn ordered<'a>(entries: &[(&'a str, Node<'a>)]) -> Vec<(&'a str, Node<'a>)> {
    let has = |key: &str| entries.iter().any(|(name, _)| *name == key);
    let mut best: Option<(usize, &[&str])> = None;
    for row in FIRST_KEYS {
        let count = row.iter().filter(|key| has(key)).count();
        if count > best.map_or(0, |(most, _)| most) {
            best = Some((count, row));
        }
    }
    let mut entries: Vec<(&'a str, Node<'a>)> =
        entries.iter().map(|(key, node)| (*key, arranged(node))).collect();
    if let Some((_, first)) = best {
        entries.sort_by_cached_key(|(key, node)| match first.iter().position(|other| other == key) {
            Some(at) => (0, at),
            None => (1, depth(node).unwrap_or(0)),
        });
    }
    entries
}

fn arranged<'a>(node: &Node<'a>) -> Node<'a> {
    let shape = match &node.shape {
        Shape::Map(entries) => Shape::Map(ordered(entries)),
        Shape::List(items) => Shape::List(items.iter().map(arranged).collect()),
        scalar @ Shape::Scalar(..) => scalar.clone(),
    };
    Node { value: node.value, shape }
}

/// How many steps the farthest scalar is away; none without one.
fn depth(node: &Node<'_>) -> Option<usize> {
    match &node.shape {
        Shape::Scalar(..) => Some(0),
        Shape::Map(entries) => entries.iter().filter_map(|(_, node)| depth(node)).max().map(|most| most + 1),
        Shape::List(items) => {
            let named = ["name", "key", "id"]
                .into_iter()
                .find(|key| items.iter().all(|item| item.get(key).is_some()));
            let item_depth = |item: &Node<'_>| match named {
                // The name is part of the step to the entry.
                Some(name) => {
                    let others = item.entries().iter().filter(|(key, _)| *key != name);
                    others.filter_map(|(_, node)| depth(node)).max().map(|most| most + 1)
                }
                None => depth(item),
            };
            items.iter().filter_map(item_depth).max().map(|most| most + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_gos() {
        let mut out = String::new();
        quote("a\t\"\\\u{1}\u{7f}ä\u{a0}\u{301}\u{1f600}\u{e000}'", &mut out);
        assert_eq!(out, "\"a\\t\\\"\\\\\\x01\\x7fä\\u00a0\u{301}\u{1f600}\\ue000'\"");
    }
}
