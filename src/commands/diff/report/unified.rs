//! Report as a patch of YAML files, one file for each object.

use std::fmt::Write as _;

use super::hunks;
use crate::commands::diff::outcome::{Action, Change, Comparison};

/// Writes the patch, without objects that are kept or skipped.
pub fn unified(comparison: &Comparison) -> String {
    let mut out = String::new();
    for outcome in comparison.all() {
        for change in outcome.changes.iter().filter(|change| change.action.is_change()) {
            let hunks = hunks(change);
            let file = file(change);
            let (from, to) = match change.action {
                Action::Created => ("/dev/null".to_owned(), format!("b/{file}")),
                Action::Deleted => (format!("a/{file}"), "/dev/null".to_owned()),
                _ => (format!("a/{file}"), format!("b/{file}")),
            };
            // Writing to a text cannot fail.
            let _ = writeln!(out, "diff --git a/{file} b/{file}\n--- {from}\n+++ {to}");
            out.push_str(&hunks);
        }
    }
    out
}

/// File of an object: `namespace/Kind.group/name.yaml`.
fn file(change: &Change) -> String {
    let id = &change.id;
    let kind = match id.group() {
        "" => id.kind.clone(),
        group => format!("{}.{group}", id.kind),
    };
    match id.namespace.as_str() {
        "" => format!("{kind}/{}.yaml", id.name),
        namespace => format!("{namespace}/{kind}/{}.yaml", id.name),
    }
}
