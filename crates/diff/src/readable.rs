//! YAML for readers, not for parsers, as reports write values.

use std::fmt::Write as _;

use super::compare::Entries;
use super::tree::{Node, Shape, Tag};

/// Keys that come first in a map. The row with the most keys of the map applies; among equals, the first.
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

/// Strings that would be read as another type.
const RESERVED: [&str; 3] = ["true", "false", "null"];

/// Writes a value with its keys in their order, and a line break at the end.
pub(super) fn value(node: &Node<'_>) -> String {
    let mut out = String::new();
    write(node, "", false, &mut out);
    out
}

/// Writes entries of a map or list. In each map, the name comes first and deeply nested values last.
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

/// Writes a string in double quotes, as Go's `%q` does.
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
                // Writing to a string cannot fail.
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

/// Returns whether the character is printable: a letter, mark, number, sign or space.
fn is_printable(c: char) -> bool {
    // Marks are escaped only at the start of a string.
    let text: String = ['x', c].iter().collect();
    text.escape_debug().count() == 2
}

/// Returns the map entries with the first keys in front, and their values likewise.
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

/// Returns the depth of the deepest scalar, or `None` if the value contains no scalars.
fn depth(node: &Node<'_>) -> Option<usize> {
    match &node.shape {
        Shape::Scalar(..) => Some(0),
        Shape::Map(entries) => entries.iter().filter_map(|(_, node)| depth(node)).max().map(|most| most + 1),
        Shape::List(items) => {
            let named = ["name", "key", "id"]
                .into_iter()
                .find(|key| items.iter().all(|item| item.get(key).is_some()));
            let item_depth = |item: &Node<'_>| match named {
                // The name is part of the path to the entry.
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
    fn strings_are_quoted_as_in_go() {
        let mut out = String::new();
        quote("a\t\"\\\u{1}\u{7f}ä\u{a0}\u{301}\u{1f600}\u{e000}'", &mut out);
        assert_eq!(out, "\"a\\t\\\"\\\\\\x01\\x7fä\\u00a0\u{301}\u{1f600}\\ue000'\"");
    }
}
