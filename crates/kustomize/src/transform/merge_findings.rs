//! Findings of a strategic merge: what its author can hardly want.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use super::merge_directive;
use crate::error::Warning;
use crate::tree::{Map, Node};
use crate::types::schema::Schemas;

/// The schemas of a merge, and its findings.
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

/// Findings of a merge, each with its field.
#[derive(Default)]
pub(super) struct Findings(RefCell<Vec<Warning>>);

impl Findings {
    pub fn note(&self, finding: Warning) {
        self.0.borrow_mut().push(finding);
    }

    /// Runs `step` and puts its name in front of the fields of its findings.
    pub fn step<T>(&self, name: &str, step: impl FnOnce() -> T) -> T {
        let from = self.0.borrow().len();
        let done = step();
        for finding in self.0.borrow_mut().iter_mut().skip(from) {
            *finding = std::mem::take(finding).inside(name);
        }
        done
    }

    pub fn into_vec(self) -> Vec<Warning> {
        self.0.into_inner()
    }
}

/// The items that a list should have after a merge.
pub(super) struct Census<'a> {
    keys: &'a [String],
    /// Number of items by the values of their keys.
    expected: BTreeMap<Vec<String>, usize>,
    /// Item of the patch that has no key.
    missing: Option<usize>,
    before: usize,
}

impl<'a> Census<'a> {
    /// Counts the items; `None` if the list has no keys, or an item is not a mapping.
    pub fn of(own: &[Node], patch: Option<&[Node]>, keys: &'a [String]) -> Option<Self> {
        let patch = patch.unwrap_or_default();
        let first = keys.first()?;
        let maps = |items: &[Node]| items.iter().all(|item| item.as_map().is_some());
        let is_new = |map: &Map| {
            map.get(first).is_none() && map.iter().any(|(name, _)| name != merge_directive::FIELD)
        };
        let missing = patch.iter().filter_map(Node::as_map).position(is_new);
        let simple = keys.len() == 1 && missing.is_none() && patch.is_empty();
        if !maps(own) || !maps(patch) || (simple && own.len() < 2) {
            return None;
        }
        let mut expected = BTreeMap::new();
        let is_delete = |map: &&Map| {
            map.get(merge_directive::FIELD).is_some_and(|value| value.text_or_empty() == "delete")
        };
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
        for new in
            patch.iter().filter_map(Node::as_map).filter(|map| map.get(merge_directive::FIELD).is_none())
        {
            expected.entry(identity(new, keys)).or_insert(1);
        }
        Some(Self { keys, expected, missing, before: own.len() })
    }

    /// Compares with the merged list.
    pub fn check(mut self, left: &[Node], findings: &Findings) {
        if let Some(at) = self.missing {
            let message = format!(
                "item [{at}] of the patch has no {}, which kustomize uses to match the items of this list: \
                {} of {} items remain",
                self.keys[0],
                left.len().min(self.before),
                self.before,
            );
            findings.note(Warning::new(message).hint(format!("add {} to the item", self.keys[0])));
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
            Warning::new(format!(
                "kustomize drops items of this list, which it matches by {keys}: {}",
                lost.join("; ")
            ))
            .hint(format!(
                "write {keys} in every item, in the resource and in the patch, or use a JSON patch"
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
