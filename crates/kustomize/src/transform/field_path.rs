//! Paths into an object: `spec.containers.[name=web].env.0.value`, `metadata.labels.[app.kubernetes.io/name]`, `*`.

use regex::Regex;

use crate::error::{Error, Result};
use crate::tree::{Map, Node, Scalar, Seq, Tag};
use crate::types::field_spec::split;

/// A step of a path.
#[derive(Debug, Clone)]
pub(crate) enum PathStep {
    /// A field.
    Field(String),
    /// The item at this index.
    Index(usize),
    /// The last item.
    Last,
    /// Every item.
    Every,
    /// Items whose field has this value, or that are this value if the field is empty. In a target, the value is a regular
    /// expression.
    Matching(String, String),
}

/// Kind of node to add where a path leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Scalar,
    Map,
    Seq,
}

impl NodeKind {
    /// Returns the kind of a node.
    pub fn of(node: &Node) -> Self {
        match node {
            Node::Map(_) => Self::Map,
            Node::Seq(_) => Self::Seq,
            Node::Scalar(_) => Self::Scalar,
        }
    }

    fn empty(self) -> Node {
        match self {
            Self::Map => Node::empty_map(),
            Self::Seq => Node::Seq(Seq::default()),
            Self::Scalar => Node::Scalar(Scalar { tag: Tag::Unset, ..Scalar::string("") }),
        }
    }
}

/// Parses a path. Dots in brackets and after a backslash do not split it.
pub(crate) fn parse(path: &str) -> Result<Vec<PathStep>> {
    let mut parts = split(path, '.').into_iter();
    let mut steps = Vec::new();
    while let Some(part) = parts.next() {
        let mut part = part;
        let mut joined = false;
        if part.starts_with('[') && !part.ends_with(']') {
            joined = true;
            for next in parts.by_ref() {
                part = format!("{part}.{next}");
                if next.ends_with(']') {
                    break;
                }
            }
        }
        steps.push(step(&part, joined)?);
    }
    Ok(steps)
}

fn step(part: &str, joined: bool) -> Result<PathStep> {
    if let Ok(at) = part.parse::<i64>() {
        return usize::try_from(at)
            .map(PathStep::Index)
            .map_err(|_| Error::new(format!("the list index {at} is negative")));
    }
    Ok(match part {
        "-" => PathStep::Last,
        "*" => PathStep::Every,
        _ if part.starts_with('[') && part.ends_with(']') => {
            let inside = part.trim_start_matches('[').trim_end_matches(']');
            match inside.split_once('=') {
                Some((field, value)) => PathStep::Matching(field.to_owned(), value.to_owned()),
                None if joined => PathStep::Field(inside.to_owned()),
                None => {
                    return Err(Error::new(format!("{part} selects nothing")).hint("write [name=value]"));
                }
            }
        }
        _ => PathStep::Field(part.to_owned()),
    })
}

/// Returns the node at a path.
pub(crate) fn get<'a>(node: &'a Node, path: &[PathStep]) -> Result<Option<&'a Node>> {
    let Some((step, rest)) = path.split_first() else { return Ok(Some(node)) };
    if node.is_null() {
        return Ok(None);
    }
    let wrong = |what| Error::new(format!("expected {what}, found {}", node.kind_name()));
    let next = match (step, node) {
        (PathStep::Field(name), Node::Map(map)) => map.get(name),
        (PathStep::Field(_), _) => return Err(wrong("a mapping")),
        (PathStep::Index(at), Node::Seq(items)) => items.get(*at),
        (PathStep::Last, Node::Seq(items)) => items.last(),
        (PathStep::Matching(field, value), Node::Seq(items)) => {
            items.iter().find(|item| match field.as_str() {
                "" => item.text_or_empty() == value,
                field => item.get(field).is_some_and(|found| found.text_or_empty() == value),
            })
        }
        (PathStep::Every, _) => return Err(Error::new("* selects several values here")),
        (PathStep::Index(_) | PathStep::Last | PathStep::Matching(..), _) => return Err(wrong("a list")),
    };
    next.map_or(Ok(None), |next| get(next, rest))
}

/// Calls `set` with every node at a path, and returns their number. A missing node is added if `create` says its kind.
pub(crate) fn visit(
    node: &mut Node,
    path: &[PathStep],
    create: Option<NodeKind>,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<usize> {
    let Some((step, rest)) = path.split_first() else {
        set(node)?;
        return Ok(1);
    };
    if let PathStep::Field(name) = step {
        let map = match node {
            _ if node.is_null() => return Ok(0),
            Node::Map(map) => map,
            other => return Err(Error::new(format!("expected a mapping, found {}", other.kind_name()))),
        };
        if let (None, Some(create)) = (map.get(name), create) {
            map.push(name.clone(), next_kind(rest, create).empty());
        }
        return map.get_mut(name).map_or(Ok(0), |field| visit(field, rest, create, set));
    }
    let mut empty = Seq::default();
    let items = match node {
        Node::Seq(items) => items,
        _ if node.is_null() => &mut empty,
        other => return Err(Error::new(format!("expected a list, found {}", other.kind_name()))),
    };
    match step {
        PathStep::Every => {
            items.iter_mut().try_fold(0, |sum, item| Ok(sum + visit(item, rest, create, set)?))
        }
        PathStep::Index(at) => {
            if let (true, Some(create)) = (items.len() == *at, create) {
                items.push(next_kind(rest, create).empty());
            }
            let length = items.len();
            let item = items
                .get_mut(*at)
                .ok_or_else(|| Error::new(format!("no item {at} in a list of {length}")))?;
            visit(item, rest, create, set)
        }
        PathStep::Matching(field, value) => {
            let pattern =
                Regex::new(value).map_err(|_| Error::new(format!("invalid regular expression {value:?}")))?;
            let matches = |item: &Node| match field.as_str() {
                "" => pattern.is_match(item.text_or_empty()),
                field => item.get(field).is_some_and(|found| pattern.is_match(found.text_or_empty())),
            };
            let mut count = 0;
            for item in items.iter_mut().filter(|item| matches(item)) {
                count += if field.is_empty() {
                    visit(item, &[], create, set)?
                } else {
                    visit(item, rest, create, set)?
                };
            }
            let Some(create) = create.filter(|_| count == 0) else { return Ok(count) };
            let value = Node::Scalar(Scalar::plain(value));
            items.push(match field.as_str() {
                "" => value,
                field => Node::Map(Map::from_entries(vec![(field.to_owned(), value)])),
            });
            match items.last_mut() {
                Some(item) if matches(item) => visit(item, rest, Some(create), set),
                _ => Err(Error::new("the item cannot be created, since its value is a pattern")),
            }
        }
        PathStep::Last | PathStep::Field(_) => {
            Err(Error::new("- does not select an item here").hint("use its index"))
        }
    }
}

/// Returns the kind of node that the next step needs.
fn next_kind(rest: &[PathStep], create: NodeKind) -> NodeKind {
    match rest.first() {
        None => create,
        Some(PathStep::Index(_) | PathStep::Matching(..)) => NodeKind::Seq,
        Some(_) => NodeKind::Map,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_brackets_and_after_a_backslash_do_not_split() {
        let steps = parse(r"metadata.annotations.[a.b/c].x\.y.[name=a.b].0.*").unwrap();
        let shown: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
        assert_eq!(
            shown.join(" "),
            r#"Field("metadata") Field("annotations") Field("a.b/c") Field("x.y") Matching("name", "a.b") Index(0) Every"#
        );
    }
}
