//! Comparison of two trees.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::identify::{Identifier, identifier};
use super::tree::{Node, Shape, Tag};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// An entry of a map.
    Key(&'a str),
    /// An entry of a list, identified by name.
    Named {
        /// Field with the name: `name`, `key`, `id`, or `resource` for a Kubernetes object.
        field: &'a str,
        /// The name.
        name: Cow<'a, str>,
    },
    /// An entry of a list, by its index from 0.
    Index(usize),
}

/// Path of a difference.
pub type Path<'a> = Vec<Step<'a>>;

/// Entries that were added or removed.
#[derive(Debug, Clone)]
pub enum Entries<'a> {
    /// Entries of a map.
    Map(Vec<(&'a str, Node<'a>)>),
    /// Entries of a list.
    List(Vec<Node<'a>>),
}

/// A difference at a path.
#[derive(Debug, Clone)]
pub enum Detail<'a> {
    /// Entries that only the second tree has.
    Added(Entries<'a>),
    /// Entries that only the first tree has.
    Removed(Entries<'a>),
    /// A changed value.
    Changed {
        /// The value in the first tree.
        from: Node<'a>,
        /// The value in the second tree.
        to: Node<'a>,
    },
    /// Entries of a list that are in both trees, in another order.
    Reordered {
        /// The order in the first tree.
        from: Vec<Item<'a>>,
        /// The order in the second tree.
        to: Vec<Item<'a>>,
    },
}

/// An entry of a list in another order: its name, or the entry if it has none.
#[derive(Debug, Clone)]
pub enum Item<'a> {
    /// The name.
    Name(Cow<'a, str>),
    /// The entry.
    Entry(Node<'a>),
}

/// Differences at a path.
#[derive(Debug, Clone)]
pub struct Difference<'a> {
    /// The path.
    pub path: Path<'a>,
    /// The differences, at least one.
    pub details: Vec<Detail<'a>>,
}

/// Returns all differences, outer before inner, in the order of the first tree.
pub fn compare<'a>(from: &Node<'a>, to: &Node<'a>) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    nodes(&mut Vec::new(), from, to, &mut found);
    found
}

fn nodes<'a>(path: &mut Path<'a>, from: &Node<'a>, to: &Node<'a>, found: &mut Vec<Difference<'a>>) {
    let changed = match (&from.shape, &to.shape) {
        (Shape::Map(from), Shape::Map(to)) => return maps(path, from, to, found),
        (Shape::List(from), Shape::List(to)) => return lists(path, from, to, found),
        (Shape::Scalar(Tag::Null, _), Shape::Scalar(Tag::Null, _)) => false,
        (Shape::Scalar(tag, from), Shape::Scalar(other, to)) => tag != other || from != to,
        _ => true,
    };
    if changed {
        let detail = Detail::Changed { from: from.clone(), to: to.clone() };
        found.push(Difference { path: path.clone(), details: vec![detail] });
    }
}

fn maps<'a>(
    path: &mut Path<'a>,
    from: &[(&'a str, Node<'a>)],
    to: &[(&'a str, Node<'a>)],
    found: &mut Vec<Difference<'a>>,
) {
    let only = |these: &[(&'a str, Node<'a>)], others: &[(&'a str, Node<'a>)]| -> Vec<(&'a str, Node<'a>)> {
        let others: HashSet<&str> = others.iter().map(|(key, _)| *key).collect();
        these.iter().filter(|(key, _)| !others.contains(key)).cloned().collect()
    };
    let (removed, added) = (only(from, to), only(to, from));
    push(path, None, Entries::Map(removed), Entries::Map(added), found);
    let to: HashMap<&str, &Node<'a>> = to.iter().map(|(key, node)| (*key, node)).collect();
    for (key, node) in from {
        if let Some(other) = to.get(key) {
            path.push(Step::Key(key));
            nodes(path, node, other, found);
            path.pop();
        }
    }
}

fn lists<'a>(path: &mut Path<'a>, from: &[Node<'a>], to: &[Node<'a>], found: &mut Vec<Difference<'a>>) {
    if from.is_empty() && to.is_empty() {
        return;
    }
    match identifier(from, to) {
        Some(identifier) => named_lists(path, identifier, from, to, found),
        None => plain_lists(path, from, to, found),
    }
}

/// Compares lists whose entries have names.
fn named_lists<'a>(
    path: &mut Path<'a>,
    identifier: Identifier<'a>,
    from: &[Node<'a>],
    to: &[Node<'a>],
    found: &mut Vec<Difference<'a>>,
) {
    let names = |nodes: &[Node<'a>]| -> Vec<Cow<'a, str>> {
        nodes.iter().map(|node| identifier.name(node).unwrap_or_default()).collect()
    };
    let (from_names, to_names) = (names(from), names(to));
    let index = |names: &[Cow<'a, str>]| -> HashMap<String, usize> {
        // The first entry with a name counts.
        names.iter().enumerate().rev().map(|(at, name)| (name.to_string(), at)).collect()
    };
    let (in_from, in_to) = (index(&from_names), index(&to_names));

    let without = |nodes: &[Node<'a>], names: &[Cow<'a, str>], others: &HashMap<String, usize>| {
        let mut kept = Vec::new();
        let mut only = Vec::new();
        for (node, name) in nodes.iter().zip(names) {
            if others.contains_key(name.as_ref()) {
                kept.push(name.clone());
            } else {
                only.push(node.clone());
            }
        }
        (kept, only)
    };
    let (from_kept, removed) = without(from, &from_names, &in_to);
    let (to_kept, added) = without(to, &to_names, &in_from);

    let place: HashMap<&str, usize> =
        to_kept.iter().enumerate().map(|(at, name)| (name.as_ref(), at)).collect();
    let moved = from_kept.iter().enumerate().any(|(at, name)| place.get(name.as_ref()) != Some(&at));
    let items = |names: &[Cow<'a, str>]| names.iter().cloned().map(Item::Name).collect();
    let order = moved.then(|| Detail::Reordered { from: items(&from_kept), to: items(&to_kept) });
    push(path, order, Entries::List(removed), Entries::List(added), found);

    for (node, name) in from.iter().zip(from_names) {
        if let Some(at) = in_to.get(name.as_ref()) {
            path.push(Step::Named { field: identifier.field(), name });
            nodes(path, node, &to[*at], found);
            path.pop();
        }
    }
}

/// Compares lists whose entries are identified by their content alone.
fn plain_lists<'a>(path: &mut Path<'a>, from: &[Node<'a>], to: &[Node<'a>], found: &mut Vec<Difference<'a>>) {
    if let ([from], [to]) = (from, to) {
        path.push(Step::Index(0));
        nodes(path, from, to, found);
        path.pop();
        return;
    }
    let prints = |nodes: &[Node<'a>]| -> Vec<String> { nodes.iter().map(Node::fingerprint).collect() };
    let (from_prints, to_prints) = (prints(from), prints(to));
    let count = |prints: &[String]| -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for print in prints {
            *counts.entry(print.clone()).or_insert(0) += 1;
        }
        counts
    };
    let (from_counts, to_counts) = (count(&from_prints), count(&to_prints));

    // Common entries in their order, and those that one list has more often than the other.
    let split = |nodes: &[Node<'a>],
                 prints: &[String],
                 own: &HashMap<String, usize>,
                 other: &HashMap<String, usize>| {
        let mut common = Vec::new();
        let mut only: Vec<Node<'a>> = Vec::new();
        let mut counted = HashSet::new();
        for (node, print) in nodes.iter().zip(prints) {
            let others = other.get(print).copied().unwrap_or(0);
            if others == 0 {
                only.push(node.clone());
                continue;
            }
            common.push((node.clone(), print.clone()));
            if own[print] > others && counted.insert(print.clone()) {
                only.extend(std::iter::repeat_n(node.clone(), own[print] - others));
            }
        }
        (common, only)
    };
    let (from_common, removed) = split(from, &from_prints, &from_counts, &to_counts);
    let (to_common, added) = split(to, &to_prints, &to_counts, &from_counts);

    let moved =
        from_common.len() == to_common.len() && from_common.iter().zip(&to_common).any(|(a, b)| a.1 != b.1);
    let items =
        |common: Vec<(Node<'a>, String)>| common.into_iter().map(|(node, _)| Item::Entry(node)).collect();
    let order = moved.then(|| Detail::Reordered { from: items(from_common), to: items(to_common) });
    push(path, order, Entries::List(removed), Entries::List(added), found);
}

/// Adds the differences at `path` itself, if any.
fn push<'a>(
    path: &Path<'a>,
    order: Option<Detail<'a>>,
    removed: Entries<'a>,
    added: Entries<'a>,
    found: &mut Vec<Difference<'a>>,
) {
    let some = |entries: &Entries<'a>| match entries {
        Entries::Map(entries) => !entries.is_empty(),
        Entries::List(entries) => !entries.is_empty(),
    };
    let mut details: Vec<Detail<'a>> = order.into_iter().collect();
    if some(&removed) {
        details.push(Detail::Removed(removed));
    }
    if some(&added) {
        details.push(Detail::Added(added));
    }
    if !details.is_empty() {
        found.push(Difference { path: path.clone(), details });
    }
}
