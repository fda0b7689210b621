//! What a strategic merge does that its author can hardly want, noted on the way.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use super::merge::{DIRECTIVE, within};
use crate::error::Error;
use crate::node::{Map, Node};
use crate::schema::Schemas;

/// What a merge goes by: the schemas, and where it notes what it finds.
#[derive(Clone, Copy)]
pub(super) struct Merging<'a> {
    pub schemas: Schemas<'a>,
    pub findings: &'a Findings,
}

impl<'a> Deref for Merging<'a> {
    type Target = Schemas<'a>;

    fn deref(&self) -> &Schemas<'a> {
        &self.schemas
    }
}

/// The findings of a merge, each with the field that it is about.
#[derive(Default)]
pub(super) struct Findings(RefCell<Vec<Error>>);

impl Findings {
    pub fn note(&self, finding: Error) {
        self.0.borrow_mut().push(finding);
    }

    /// Does a step and puts its name in front of the field of what it finds.
    pub fn step<T>(&self, name: &str, step: impl FnOnce() -> T) -> T {
        let from = self.0.borrow().len();
        let done = step();
        for finding in self.0.borrow_mut().iter_mut().skip(from) {
            *finding = within(std::mem::take(finding), name);
        }
        done
    }

    pub fn into_vec(self) -> Vec<Error> {
        self.0.into_inner()
    }
}

/// What should be left of a list after a merge.
pub(super) struct Census<'a> {
    keys: &'a [String],
    /// The entries, how often each of them should be there, and whether the patch brings it.
    expected: BTreeMap<Vec<String>, usize>,
    /// Whether an entry of the patch cannot be matched at all.
    missing: Option<usize>,
    before: usize,
}

impl<'a> Census<'a> {
    /// Nothing where the list has no keys or an entry that is no mapping.
    pub fn of(own: &[Node], patch: Option<&[Node]>, keys: &'a [String]) -> Option<Self> {
        let patch = patch.unwrap_or_default();
        let first = keys.first()?;
        let maps = |items: &[Node]| items.iter().all(|item| item.as_map().is_some());
        let is_new = |map: &Map| map.get(first).is_none() && map.iter().any(|(name, _)| name != DIRECTIVE);
        let missing = patch.iter().filter_map(Node::as_map).position(is_new);
        let simple = keys.len() == 1 && missing.is_none() && patch.is_empty();
        if !maps(own) || !maps(patch) || (simple && own.len() < 2) {
            return None;
        }
        let mut expected = BTreeMap::new();
        let is_delete =
            |map: &&Map| map.get(DIRECTIVE).is_some_and(|value| value.text_or_empty() == "delete");
        let deleted: Vec<&Map> = patch.iter().filter_map(Node::as_map).filter(is_delete).collect();
        for own in own.iter().filter_map(Node::as_map) {
            let goes = |map: &&Map| {
                keys.iter().all(|key| map.get(key).is_none_or(|text| own.get(key) == Some(text)))
                    && keys.iter().any(|key| map.get(key).is_some())
            };
            if !own.is_empty() && !deleted.iter().any(goes) {
                *expected.entry(identity(own, keys)).or_insert(0) += 1;
            }
        }
        for new in patch.iter().filter_map(Node::as_map).filter(|map| map.get(DIRECTIVE).is_none()) {
            expected.entry(identity(new, keys)).or_insert(1);
        }
        Some(Self { keys, expected, missing, before: own.len() })
    }

    /// Compares with what is left.
    pub fn check(mut self, left: &[Node], findings: &Findings) {
        if let Some(at) = self.missing {
            let message = format!(
                "entry [{at}] of the patch has no {}, by which kustomize matches the entries of this list: {} of {} entries are left",
                self.keys[0],
                left.len().min(self.before),
                self.before,
            );
            findings.note(Error::new(message).hint(format!("add {} to the entry", self.keys[0])));
            return;
        }
        for map in left.iter().filter_map(Node::as_map) {
            if let Some(count) = self.expected.get_mut(&identity(map, self.keys)) {
                *count = count.saturating_sub(1);
            }
        }
        let lost: Vec<String> = self
            .expected
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(texts, _)| {
                let parts = self.keys.iter().zip(texts).filter(|(_, text)| !text.is_empty());
                parts.map(|(key, text)| format!("{key} {text}")).collect::<Vec<_>>().join(", ")
            })
            .collect();
        if lost.is_empty() {
            return;
        }
        let keys = self.keys.join(" and ");
        findings.note(
            Error::new(format!(
                "kustomize drops entries of this list, which it matches by {keys}: {}",
                lost.join("; ")
            ))
            .hint(format!(
                "write {keys} in every entry, in the resource and in the patch, or change the list by a JSON patch"
            )),
        );
    }
}

fn identity(map: &Map, keys: &[String]) -> Vec<String> {
    let text = |key: &String| match map.get(key) {
        Some(value) if !value.is_null() => value.text_or_empty().to_owned(),
        _ if key == "protocol" => "TCP".to_owned(),
        _ => String::new(),
    };
    keys.iter().map(text).collect()
}

/// The first place below `node` where a directive of strategic merge stands.
pub(super) fn directive(node: &Node) -> Option<(String, &str)> {
    let is_directive = |name: &str| {
        name == DIRECTIVE
            || name == "$retainKeys"
            || name.starts_with("$setElementOrder/")
            || name.starts_with("$deleteFromPrimitiveList/")
    };
    let join = |step: String, (rest, _): (String, &str)| match rest.as_str() {
        "" => step,
        _ if rest.starts_with('[') => format!("{step}{rest}"),
        _ => format!("{step}.{rest}"),
    };
    match node {
        Node::Map(map) => map.iter().find_map(|(name, value)| {
            if is_directive(name) {
                return Some((String::new(), name));
            }
            let found = directive(value)?;
            let directive = found.1;
            Some((join(name.to_owned(), found), directive))
        }),
        Node::Seq(items) => items.iter().enumerate().find_map(|(at, item)| {
            let found = directive(item)?;
            let directive = found.1;
            Some((join(format!("[{at}]"), found), directive))
        }),
        Node::Scalar(_) => None,
    }
}
