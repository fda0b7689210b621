//! Paths into an object: `spec.containers.[name=web].env.0.value`, `metadata.labels.[app.kubernetes.io/name]`, `*`.

use regex::Regex;

use super::error::{Error, Result};
use super::fieldspec::split;
use super::node::{Map, Node, Scalar};
use super::seq::Seq;

/// A step of a path.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A field.
    Field(String),
    /// The item at this place.
    Index(usize),
    /// The last item.
    Last,
    /// Every item.
    Every,
    /// The items whose field (or that themselves, where it is empty) have this value. As a target, the value is a
    /// regular expression.
    Matching(String, String),
}

/// What to make where a path leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Map,
    Seq,
}

impl Kind {
    /// The kind of a node.
    pub fn of(node: &Node) -> Self {
        match node {
            Node::Map(_) => Self::Map,
            Node::Seq(_) => Self::Seq,
            Node::Scalar(_) => Self::Scalar,
        }
    }

    fn make(self) -> Node {
        match self {
            Self::Map => Node::empty_map(),
            Self::Seq => Node::Seq(Seq::default()),
            Self::Scalar => Node::Scalar(Scalar { tag: super::node::Tag::Unset, ..Scalar::string("") }),
        }
    }
}

/// Splits a path at its dots, save those in brackets and behind a backslash.
pub(super) fn parse(path: &str) -> Result<Vec<Step>> {
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

fn step(part: &str, joined: bool) -> Result<Step> {
    if let Ok(at) = part.parse::<i64>() {
        return usize::try_from(at)
            .map(Step::Index)
            .map_err(|_| Error::new(format!("the place {at} in a list is negative")));
    }
    Ok(match part {
        "-" => Step::Last,
        "*" => Step::Every,
        _ if part.starts_with('[') && part.ends_with(']') => {
            let inside = part.trim_start_matches('[').trim_end_matches(']');
            match inside.split_once('=') {
                Some((field, value)) => Step::Matching(field.to_owned(), value.to_owned()),
                None if joined => Step::Field(inside.to_owned()),
                None => {
                    return Err(Error::new(format!("{part} selects nothing")).hint("write [name=value]"));
                }
            }
        }
        _ => Step::Field(part.to_owned()),
    })
}

/// The node that a path leads to.
pub(super) fn get<'a>(node: &'a Node, path: &[Step]) -> Result<Option<&'a Node>> {
    let Some((step, rest)) = path.split_first() else { return Ok(Some(node)) };
    if node.is_null() {
        return Ok(None);
    }
    let wrong = |what| Error::new(format!("expected {what}, found {}", node.kind_name()));
    let next = match (step, node) {
        (Step::Field(name), Node::Map(map)) => map.get(name),
        (Step::Field(_), _) => return Err(wrong("a mapping")),
        (Step::Index(at), Node::Seq(items)) => items.get(*at),
        (Step::Last, Node::Seq(items)) => items.last(),
        (Step::Matching(field, value), Node::Seq(items)) => items.iter().find(|item| match field.as_str() {
            "" => item.text_or_empty() == value,
            field => item.get(field).is_some_and(|found| found.text_or_empty() == value),
        }),
        (Step::Every, _) => return Err(Error::new("* stands for several values here")),
        (Step::Index(_) | Step::Last | Step::Matching(..), _) => return Err(wrong("a list")),
    };
    next.map_or(Ok(None), |next| get(next, rest))
}

/// Calls `set` with every node that a path leads to, and returns how many there were. What is missing is made of the
/// kind `create`, where one is given.
pub(super) fn visit(
    node: &mut Node,
    path: &[Step],
    create: Option<Kind>,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<usize> {
    let Some((step, rest)) = path.split_first() else {
        set(node)?;
        return Ok(1);
    };
    if let Step::Field(name) = step {
        let map = match node {
            _ if node.is_null() => return Ok(0),
            Node::Map(map) => map,
            other => return Err(Error::new(format!("expected a mapping, found {}", other.kind_name()))),
        };
        if let (None, Some(create)) = (map.get(name), create) {
            map.push(name.clone(), next_kind(rest, create).make());
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
        Step::Every => items.iter_mut().try_fold(0, |sum, item| Ok(sum + visit(item, rest, create, set)?)),
        Step::Index(at) => {
            if let (true, Some(create)) = (items.len() == *at, create) {
                items.push(next_kind(rest, create).make());
            }
            let length = items.len();
            let item = items
                .get_mut(*at)
                .ok_or_else(|| Error::new(format!("there is no item {at} in a list of {length}")))?;
            visit(item, rest, create, set)
        }
        Step::Matching(field, value) => {
            let pattern = Regex::new(value)
                .map_err(|_| Error::new(format!("{value:?} is not a regular expression")))?;
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
                _ => Err(Error::new("the value that is looked for is a pattern and cannot be made")),
            }
        }
        Step::Last | Step::Field(_) => Err(Error::new("- does not name an item here").hint("use its number")),
    }
}

/// What must stand before the next step.
fn next_kind(rest: &[Step], create: Kind) -> Kind {
    match rest.first() {
        None => create,
        Some(Step::Index(_) | Step::Matching(..)) => Kind::Seq,
        Some(_) => Kind::Map,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_brackets_and_behind_a_backslash_do_not_split() {
        let steps = parse(r"metadata.annotations.[a.b/c].x\.y.[name=a.b].0.*").unwrap();
        let shown: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
        assert_eq!(
            shown.join(" "),
            r#"Field("metadata") Field("annotations") Field("a.b/c") Field("x.y") Matching("name", "a.b") Index(0) Every"#
        );
    }
}
