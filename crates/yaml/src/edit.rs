//! Editing one value of a text without changing any other byte: comments, order, quotes, blank lines.
//!
//! A change replaces a piece of the text, which the nodes delimit. Afterwards, both texts are read again in both schemas. If
//! any other value has changed (by an anchor that others refer to, a tag, a layout that is not supported), the change is
//! refused.

use std::fmt;

use serde_json::{Map, Value};

use super::error::ReadError;
use super::node::{self, Document};
use super::read::value_of;
use super::scalar::Schema;
use super::write::to_string;

mod layout;
mod splice;

/// A step of a path in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of a key in a map.
    Key(&'a str),
    /// An item of a list, from 0; the length of the list is a new item at its end.
    Index(usize),
}

/// Why a text cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// The text is not valid YAML.
    Unreadable(ReadError),
    /// There is no value at this path.
    Missing(String),
    /// A change at this path would change other values too.
    Refused(String),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Missing(path) => write!(f, "there is no {path}"),
            Self::Refused(path) => {
                write!(
                    f,
                    "{path} cannot be changed without touching other parts of the file: edit it by hand"
                )
            }
        }
    }
}

impl std::error::Error for EditError {}

impl From<ReadError> for EditError {
    fn from(error: ReadError) -> Self {
        Self::Unreadable(error)
    }
}

/// Sets the value at `path` in the document numbered `document` (from 1), adding missing collections. Returns the new text.
///
/// # Errors
/// The text is not valid YAML, or the change would affect other values.
pub fn set(text: &str, document: usize, path: &[Step<'_>], value: &Value) -> Result<String, EditError> {
    change(text, document, path, &Change::Set(value))
}

/// Inserts `value` into a list, before the item at `path`. Returns the new text.
///
/// # Errors
/// The text is not valid YAML, there is no such list, or the change would affect other values.
pub fn insert(text: &str, document: usize, path: &[Step<'_>], value: &Value) -> Result<String, EditError> {
    change(text, document, path, &Change::Insert(value))
}

/// Removes the value at `path`. Comments on lines of their own are kept. Returns the new text.
///
/// # Errors
/// The text is not valid YAML, there is no such value, or the change would affect other values.
pub fn remove(text: &str, document: usize, path: &[Step<'_>]) -> Result<String, EditError> {
    change(text, document, path, &Change::Remove)
}

enum Change<'a> {
    Set(&'a Value),
    Insert(&'a Value),
    Remove,
}

fn change(text: &str, document: usize, path: &[Step<'_>], change: &Change<'_>) -> Result<String, EditError> {
    let trees = node::trees(text)?;
    let before = values(&trees, Schema::Kubernetes)?;
    let at = document.saturating_sub(1);
    let mut expected = before.clone();
    let in_document = expected.get_mut(at).filter(|_| !path.is_empty());
    in_document
        .and_then(|value| apply(value, path, change))
        .ok_or_else(|| EditError::Missing(written(path)))?;

    let refused = || EditError::Refused(written(path));
    let tree = trees.get(at).ok_or_else(refused)?;
    let edited = splice::edited(text, tree, path, change).ok_or_else(refused)?;
    let edited_trees = node::trees(&edited).map_err(|_| refused())?;
    if !same(&values(&edited_trees, Schema::Kubernetes).map_err(|_| refused())?, &expected) {
        return Err(refused());
    }
    // A text that is not valid in kustomize's schema is not compared in it.
    if let Ok(mut expected) = values(&trees, Schema::Kyaml) {
        let understood = expected.get_mut(at).and_then(|value| apply(value, path, change)).is_some();
        let edited = values(&edited_trees, Schema::Kyaml).map_err(|_| refused())?;
        if !understood || !same(&edited, &expected) {
            return Err(refused());
        }
    }
    Ok(edited)
}

fn values(trees: &[Document<'_>], schema: Schema) -> Result<Vec<Value>, ReadError> {
    trees.iter().map(|tree| value_of(tree, schema)).collect()
}

/// Returns whether both are written alike: 1 and 1.0 are one value.
fn same(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || to_string(a) == to_string(b))
}

/// Applies the change to a value, as which the edited text must read.
fn apply(value: &mut Value, path: &[Step<'_>], change: &Change<'_>) -> Option<()> {
    let [step, rest @ ..] = path else { return None };
    if value.is_null() && !matches!(change, Change::Remove) {
        *value = match step {
            Step::Key(_) => Value::Object(Map::new()),
            Step::Index(_) => Value::Array(Vec::new()),
        };
    }
    match (step, value) {
        (Step::Key(key), Value::Object(entries)) => match (rest, change) {
            ([], Change::Set(value)) => {
                entries.insert((*key).to_owned(), (*value).clone());
                Some(())
            }
            ([], Change::Remove) => entries.remove(*key).map(drop),
            ([], Change::Insert(_)) => None,
            (_, Change::Remove) => apply(entries.get_mut(*key)?, rest, change),
            _ => apply(entries.entry(*key).or_insert(Value::Null), rest, change),
        },
        (Step::Index(at), Value::Array(items)) => match (rest, change) {
            ([], Change::Set(value)) if *at < items.len() => {
                items[*at] = (*value).clone();
                Some(())
            }
            ([], Change::Set(value) | Change::Insert(value)) if *at <= items.len() => {
                items.insert(*at, (*value).clone());
                Some(())
            }
            ([], Change::Remove) if *at < items.len() => {
                items.remove(*at);
                Some(())
            }
            ([], _) => None,
            (_, Change::Set(_) | Change::Insert(_)) if *at == items.len() => {
                items.push(Value::Null);
                apply(items.last_mut()?, rest, change)
            }
            _ => apply(items.get_mut(*at)?, rest, change),
        },
        _ => None,
    }
}

/// Writes a path as `spec.values.items[0]`.
fn written(path: &[Step<'_>]) -> String {
    let mut written = String::new();
    for step in path {
        match step {
            Step::Key(key) if written.is_empty() => written.push_str(key),
            Step::Key(key) => written.extend([".", key]),
            Step::Index(at) => written.extend(["[", &at.to_string(), "]"]),
        }
    }
    if written.is_empty() { "such document".to_owned() } else { written }
}

#[cfg(test)]
mod tests;
