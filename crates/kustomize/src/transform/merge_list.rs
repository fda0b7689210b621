//! Strategic merge of lists whose items have keys.

use std::collections::HashSet;

use super::merge::{Outcome, place, take_presentation, walk as walk_node};
use super::merge_directive::{self, Directive};
use super::merge_findings::{Census, Merging};
use crate::error::{Error, Result};
use crate::tree::{Map, Node, Scalar, Seq, Tag};
use crate::types::schema::{Field, Schema};

/// Merges the list `origin` of the patch into `dest` by `keys`, or as a set of single values without keys.
#[expect(clippy::needless_pass_by_value, reason = "an optional exclusive reference is handed on")]
pub(super) fn walk(
    dest: Option<&mut Node>,
    origin: Option<&Node>,
    (keys, shape): (&[String], Option<Schema<'_>>),
    schemas: Merging<'_>,
) -> Result<Outcome> {
    let patch = match origin {
        Some(Node::Seq(items)) => Some(items),
        _ => None,
    };
    let Some(Node::Seq(items)) = dest else {
        let Some(patch) = patch else { return Ok(Outcome::Cleared) };
        let list = ListMerge::new(patch.to_vec(), Some(patch), true, (keys, shape, schemas));
        return Ok(Outcome::Replaced(Node::Seq(Seq::like(list.merge()?, patch.presentation))));
    };
    let Some(patch) = patch else {
        if origin.is_some() {
            return Ok(Outcome::Cleared);
        }
        let census = Census::of(items, None, keys);
        **items =
            ListMerge::new(std::mem::take(&mut **items), None, false, (keys, shape, schemas)).merge()?;
        if let Some(census) = census {
            census.check(items, schemas.findings);
        }
        return Ok(Outcome::Kept);
    };
    let empty = items.is_empty();
    take_presentation(&mut items.presentation, patch.presentation, empty);
    let cleaned;
    let (patch, replaces) = match merge_directive::of_list(patch)? {
        None => (&**patch, false),
        Some(Directive::Delete) => return Ok(Outcome::Cleared),
        Some(directive) => {
            cleaned = without(patch, directive);
            (&cleaned, directive == Directive::Replace)
        }
    };
    let dest = if replaces { patch.clone() } else { std::mem::take(&mut **items) };
    // Lists that a patch adds are merged into themselves.
    let same = dest == *patch;
    let census = if replaces || same { None } else { Census::of(&dest, Some(patch), keys) };
    **items = ListMerge::new(dest, Some(patch), same, (keys, shape, schemas)).merge()?;
    if let Some(census) = census {
        census.check(items, schemas.findings);
    }
    Ok(Outcome::Kept)
}

/// Returns the items without those that hold the directive, for themselves or for the list.
fn without(items: &[Node], directive: Directive) -> Vec<Node> {
    let has = |item: &Node| match item.as_map() {
        Some(map) => matches!(merge_directive::of_map(map), Ok(Some(own)) if own == directive),
        None => false,
    };
    items.iter().filter(|item| !has(item) && !is_nothing(item)).cloned().collect()
}

fn is_nothing(node: &Node) -> bool {
    node.is_null() || node.as_map().is_some_and(Map::is_empty)
}

/// Two lists that are merged item by item.
struct ListMerge<'a> {
    dest: Vec<Node>,
    /// Items that are removed from `dest`. They are kept, since others are found by index, and the merged list may already
    /// refer to them.
    gone: Vec<bool>,
    origin: Option<&'a [Node]>,
    /// Items of the patch whose directive has been applied.
    spent: HashSet<usize>,
    /// Whether `dest` and `origin` are one list to kustomize: an item removed from one is removed from the other.
    same: bool,
    /// Fields that identify an item; empty for a list of single values.
    keys: &'a [String],
    shape: Option<Schema<'a>>,
    schemas: Merging<'a>,
}

/// An item of the merged list: one of the object, by its index, or another.
#[derive(Clone)]
enum Item {
    Own(usize),
    Other(Node),
}

impl<'a> ListMerge<'a> {
    fn new(
        dest: Vec<Node>,
        origin: Option<&'a [Node]>,
        same: bool,
        (keys, shape, schemas): (&'a [String], Option<Schema<'a>>, Merging<'a>),
    ) -> Self {
        Self {
            gone: vec![false; dest.len()],
            dest,
            origin,
            spent: HashSet::new(),
            same,
            keys,
            shape,
            schemas,
        }
    }

    fn merge(mut self) -> Result<Vec<Node>> {
        let keys: Vec<&str> = match self.keys {
            [] => vec![""],
            keys => keys.iter().map(String::as_str).collect(),
        };
        let mut values = self.values(&keys);
        if keys.len() > 1 {
            complete(&mut values);
        }
        if values.is_empty() {
            return Ok(self.dest);
        }
        let used = used_keys(&values, keys.len());
        let names: Vec<&str> = used.iter().map(|at| keys[*at]).collect();
        let mut merged: Vec<Item> = Vec::new();
        for value in &values {
            let texts: Vec<String> = used.iter().map(|at| value[*at].clone()).collect();
            if let Some(item) = self.item(&names, &texts)? {
                set_item(&mut merged, &self.dest, Some(&item), &names, &texts)?;
            }
        }
        for at in (0..self.dest.len()).filter(|at| !self.gone[*at]) {
            append_own(&mut merged, &self.dest, at, &names)?;
        }
        // An item may be in the list several times: the last one takes it.
        let mut places = vec![0_usize; self.dest.len()];
        for item in &merged {
            if let Item::Own(at) = item {
                places[*at] += 1;
            }
        }
        let node = |item| match item {
            Item::Own(at) if places[at] > 1 => {
                places[at] -= 1;
                self.dest[at].clone()
            }
            Item::Own(at) => std::mem::replace(&mut self.dest[at], Node::Seq(Seq::default())),
            Item::Other(node) => node,
        };
        Ok(merged.into_iter().map(node).collect())
    }

    /// Returns the distinct values of the keys, those of the patch first.
    fn values(&self, keys: &[&str]) -> Vec<Vec<String>> {
        let mut seen = HashSet::new();
        let mut values = Vec::new();
        for item in self.origin.unwrap_or_default().iter().chain(&self.dest) {
            let text = |key: &&str| match *key {
                "" => item.text_or_empty().to_owned(),
                key => match item.get(key) {
                    Some(value) if !value.is_null() => value.text_or_empty().to_owned(),
                    _ => String::new(),
                },
            };
            let texts: Vec<String> = keys.iter().map(text).collect();
            if seen.insert(texts.clone()) {
                values.push(texts);
            }
        }
        values
    }

    /// Merges the items with these values into one.
    fn item(&mut self, names: &[&str], texts: &[String]) -> Result<Option<Item>> {
        let used = used_keys(&[texts.to_vec()], names.len());
        let by: Vec<&str> = used.iter().map(|at| names[*at]).collect();
        let with: Vec<String> = used.iter().map(|at| texts[*at].clone()).collect();
        let is_there = |at: usize| !self.gone[at];
        let own = find(&self.dest, is_there, &by, &with);
        let origin = self.origin.and_then(|items| {
            find(items, |at| !self.same || is_there(at), &by, &with).map(|at| (at, &items[at]))
        });
        let cleaned;
        let origin = match origin {
            Some((at, Node::Map(map)))
                if map.get(merge_directive::FIELD).is_some() && !self.spent.insert(at) =>
            {
                let mut map = map.clone();
                map.remove(merge_directive::FIELD);
                cleaned = Node::Map(map);
                Some(&cleaned)
            }
            origin => origin.map(|(_, node)| node),
        };
        let field = Field { shape: self.shape, merge_keys: None };
        let step = format!("[{}]", texts.join(","));
        let schemas = self.schemas;
        let outcome = schemas
            .findings
            .step(&step, || walk_node(own.map(|at| &mut self.dest[at]), origin, Some(field), schemas));
        let outcome = outcome.map_err(|error| error.inside(&step))?;
        let item = match outcome {
            Outcome::Cleared => None,
            Outcome::Kept => own.map(Item::Own),
            Outcome::Replaced(node) => match own {
                // A single value is set in place.
                Some(at) if matches!(node, Node::Scalar(_)) => {
                    place(&mut self.dest[at], node);
                    Some(Item::Own(at))
                }
                _ => Some(Item::Other(node)),
            },
        };
        let Some(mut item) = item.filter(|item| !is_nothing(view(item, &self.dest))) else {
            self.remove(names, texts)?;
            return Ok(None);
        };
        let fields = match &mut item {
            Item::Own(at) => self.dest[*at].as_map_mut(),
            Item::Other(node) => node.as_map_mut(),
        };
        if let Some(fields) = fields {
            for (name, text) in names.iter().zip(texts) {
                if !text.is_empty() && fields.get(name).is_none() {
                    let value = Scalar { tag: Tag::Unset, ..Scalar::string(text) };
                    fields.push((*name).to_owned(), Node::Scalar(value));
                }
            }
        }
        Ok(Some(item))
    }

    /// Removes the object's own items with these values.
    fn remove(&mut self, names: &[&str], texts: &[String]) -> Result<()> {
        let mut all: Vec<Item> = (0..self.dest.len()).filter(|at| !self.gone[*at]).map(Item::Own).collect();
        set_item(&mut all, &self.dest, None, names, texts)?;
        self.gone.fill(true);
        for item in all {
            if let Item::Own(at) = item {
                self.gone[at] = false;
            }
        }
        Ok(())
    }
}

fn view<'a>(item: &'a Item, dest: &'a [Node]) -> &'a Node {
    match item {
        Item::Own(at) => &dest[*at],
        Item::Other(node) => node,
    }
}

/// Fills missing values of an item from another with the rest in common.
fn complete(values: &mut [Vec<String>]) {
    if values.iter().all(|texts| texts.iter().all(|text| !text.is_empty())) {
        return;
    }
    for i in 0..values.len() {
        for j in 0..values.len() {
            if let Some(both) = completed(&values[i], &values[j]) {
                values[i].clone_from(&both);
                values[j] = both;
            }
        }
    }
}

fn completed(a: &[String], b: &[String]) -> Option<Vec<String>> {
    let mut common = false;
    let mut both = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        if a == b {
            common = true;
        } else if !a.is_empty() && !b.is_empty() {
            return None;
        }
        both.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    common.then_some(both)
}

/// Returns the indexes of the keys for which any item has a value; all if no item has one.
fn used_keys(values: &[Vec<String>], keys: usize) -> Vec<usize> {
    let used: Vec<usize> = (0..keys).filter(|at| values.iter().any(|texts| !texts[*at].is_empty())).collect();
    if used.is_empty() { (0..keys).collect() } else { used }
}

/// Returns the index of the first remaining item with these values.
fn find(items: &[Node], is_there: impl Fn(usize) -> bool, keys: &[&str], texts: &[String]) -> Option<usize> {
    let has = |item: &Node| match (keys.first(), item) {
        (None | Some(&""), _) => texts.first().is_some_and(|text| item.text_or_empty() == text),
        (_, Node::Map(map)) => keys
            .iter()
            .zip(texts)
            .all(|(key, text)| map.get(key).is_some_and(|value| value.text_or_empty() == text)),
        _ => false,
    };
    (0..items.len()).find(|at| is_there(*at) && has(&items[*at]))
}

/// Replaces every item with these values by `item`, or adds it at the end; without `item`, they are removed. Empty items are
/// removed in any case, and without values all items that do not match.
fn set_item(
    items: &mut Vec<Item>,
    dest: &[Node],
    item: Option<&Item>,
    keys: &[&str],
    texts: &[String],
) -> Result<()> {
    let first = |texts: &[&str]| texts.first().is_some_and(|text| !text.is_empty());
    let by_fields = first(keys) && texts.first().is_some_and(|text| !text.is_empty());
    let mut found = false;
    let mut kept = Vec::with_capacity(items.len() + 1);
    for own in items.drain(..) {
        let node = view(&own, dest);
        if is_nothing(node) {
            continue;
        }
        if by_fields && node.as_map().is_none() {
            kept.push(own);
        } else if matches(node, keys, texts)? {
            found = true;
            kept.extend(item.cloned());
        } else if !texts.is_empty() {
            kept.push(own);
        }
    }
    *items = kept;
    if let Some(item) = item.filter(|_| !found) {
        items.push(item.clone());
    }
    Ok(())
}

/// Returns whether an item has these values; a key without a value matches if the one before it does.
fn matches(node: &Node, keys: &[&str], texts: &[String]) -> Result<bool> {
    let mut found = false;
    for (at, key) in keys.iter().enumerate() {
        if let Some(text) = texts.get(at) {
            found = match (*key, node) {
                ("", Node::Scalar(scalar)) => scalar.text == *text,
                ("", _) => return Err(Error::new("expected single values in this list, found another item")),
                (key, Node::Map(map)) => {
                    map.get(key).is_some_and(|value| text.is_empty() || value.text_or_empty() == text)
                }
                _ => return Err(Error::new("expected mappings in this list, found another item")),
            };
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(found)
}

/// Puts the object's own item in the place of its key in the merged list, or at the end.
fn append_own(merged: &mut Vec<Item>, dest: &[Node], at: usize, keys: &[&str]) -> Result<()> {
    let node = &dest[at];
    if is_nothing(node) {
        return Ok(());
    }
    let item = Item::Own(at);
    if keys.first().is_none_or(|key| key.is_empty()) {
        return set_item(merged, dest, Some(&item), &[""], &[node.text_or_empty().to_owned()]);
    }
    let mut texts = Vec::new();
    for key in keys {
        match node.get(key) {
            Some(value) => texts.push(value.text_or_empty().to_owned()),
            None => merged.push(item.clone()),
        }
    }
    if keys.len() > 1 {
        set_item(merged, dest, None, keys, &texts)?;
    }
    set_item(merged, dest, Some(&item), keys, &texts)
}
