//! Identifiers: what the entries of a list are matched by.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::tree::{Node, Shape, Tag};

/// Fields that usually identify an entry, best first. `manager` identifies an entry of `managedFields`.
const USUAL_FIELDS: [&str; 4] = ["name", "key", "id", "manager"];

/// Longest list in which other fields do not identify entries: in short lists, any field may be unique by chance.
const MAX_WITHOUT_GUESS: usize = 3;

/// How the entries of a list are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Identifier<'a> {
    /// By a field with a different value in each.
    Field(&'a str),
    /// By `apiVersion`, `kind`, namespace and name.
    Object,
}

impl<'a> Identifier<'a> {
    /// Returns the name of an entry.
    pub(super) fn name(self, entry: &Node<'a>) -> Option<Cow<'a, str>> {
        match self {
            Identifier::Field(field) => match &entry.get(field)?.shape {
                Shape::Scalar(_, text) => Some(text.clone()),
                _ => Some(Cow::Borrowed("")),
            },
            Identifier::Object => object_name(entry).map(Cow::Owned),
        }
    }

    /// Returns the field with the name.
    pub(super) fn field(self) -> &'a str {
        match self {
            Identifier::Field(field) => field,
            Identifier::Object => "resource",
        }
    }
}

/// Returns the identifier of the entries of both lists, if there is one.
pub(super) fn identifier<'a>(from: &[Node<'a>], to: &[Node<'a>]) -> Option<Identifier<'a>> {
    for field in USUAL_FIELDS {
        if is_unique(field, from) && is_unique(field, to) {
            return Some(Identifier::Field(field));
        }
    }
    if let Some(field) = guess(from, to) {
        return Some(Identifier::Field(field));
    }
    let all_are_objects = |nodes: &[Node<'a>]| nodes.iter().all(|node| object_name(node).is_some());
    (all_are_objects(from) && all_are_objects(to)).then_some(Identifier::Object)
}

/// Returns whether each entry has the field, with different values. An empty list has no fields.
fn is_unique(field: &str, nodes: &[Node<'_>]) -> bool {
    let mut values = HashSet::new();
    !nodes.is_empty()
        && nodes.iter().all(|node| node.get(field).is_some_and(|value| values.insert(value.text())))
}

/// Returns the first field in alphabetical order that is a string in each entry of both lists, with different values.
fn guess<'a>(from: &[Node<'a>], to: &[Node<'a>]) -> Option<&'a str> {
    if from.len() <= MAX_WITHOUT_GUESS || to.len() <= MAX_WITHOUT_GUESS {
        return None;
    }
    let unique = |nodes: &[Node<'a>]| -> BTreeMap<&'a str, usize> {
        let mut texts: BTreeMap<&'a str, HashSet<String>> = BTreeMap::new();
        for node in nodes {
            let Shape::Map(entries) = &node.shape else { return BTreeMap::new() };
            for (key, value) in entries {
                if let Shape::Scalar(Tag::Text, text) = &value.shape {
                    texts.entry(key).or_default().insert(text.to_string());
                }
            }
        }
        texts.into_iter().map(|(key, texts)| (key, texts.len())).collect()
    };
    let (in_from, in_to) = (unique(from), unique(to));
    in_from
        .into_iter()
        .find(|(key, count)| *count == from.len() && in_to.get(key) == Some(&to.len()))
        .map(|(key, _)| key)
}

/// Returns `apiVersion/kind/namespace/name` of a Kubernetes object, without the namespace if it has none.
fn object_name(node: &Node<'_>) -> Option<String> {
    let metadata = node.get("metadata")?;
    let mut parts = vec![node.get("apiVersion")?.text(), node.get("kind")?.text()];
    parts.extend(metadata.get("namespace").map(Node::text));
    parts.push(metadata.get("name")?.text());
    Some(parts.join("/"))
}
