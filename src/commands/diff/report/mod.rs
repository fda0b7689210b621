//! Reports of a comparison in the formats of `--output`.

pub(super) mod github;
mod html;
mod human;
mod json;
mod markdown;
mod unified;

pub(super) use html::html;
pub(super) use human::human;
pub(super) use json::json;
pub(super) use markdown::markdown;
pub(super) use unified::unified;

use std::collections::BTreeSet;

use serde_json::Value;

use super::outcome::{Action, Below, Change, Comparison, Outcome};
use crate::commands::{harm, marks};
use crate::object::ObjectId;

/// YAML of both states without the fields that the server sets; empty if the object does not exist.
fn texts(change: &Change) -> (String, String) {
    let text = |object: &Option<Value>| match object {
        Some(object) => edgeflux_yaml::to_string(&written(object)),
        None => String::new(),
    };
    (text(&change.from), text(&change.to))
}

/// Hunks of an object's change; empty if it does not change.
fn hunks(change: &Change) -> String {
    if !change.action.is_change() {
        return String::new();
    }
    let (from, to) = texts(change);
    edgeflux_diff::unified(&from, &to)
}

/// Removes the fields that the server sets.
fn written(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in
            ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"]
        {
            metadata.remove(field);
        }
    }
    object
}

/// Actions in the order in which they are counted, each with its word in counts and its sign.
const ACTIONS: [(Action, &str, &str); 6] = [
    (Action::Created, "created", "➕"),
    (Action::Recreated, "recreated", "♻️"),
    (Action::Changed, "changed", "✏️"),
    (Action::Deleted, "deleted", "➖"),
    (Action::Kept, "kept", "⏭️"),
    (Action::Skipped, "skipped", "⏭️"),
];

/// Word and sign of an action.
fn words(action: Action) -> (&'static str, &'static str) {
    let row = ACTIONS.iter().find(|(other, ..)| *other == action);
    row.map_or(("unchanged", ""), |(_, word, sign)| (word, sign))
}

/// Number of changes with an action.
fn count(changes: &[&Change], action: Action) -> usize {
    changes.iter().filter(|change| change.action == action).count()
}

/// `2 created, 1 changed`; empty if there are none.
fn counts(changes: &[&Change]) -> String {
    let parts = ACTIONS.iter().filter_map(|(action, word, _)| match count(changes, *action) {
        0 => None,
        count => Some(format!("{count} {word}")),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// `1 object`, `2 objects`.
fn plural(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// Changes that a report shows.
fn shown(changes: &[Change]) -> Vec<&Change> {
    let is_shown = |change: &&Change| {
        change.action != Action::Unchanged || matches!(change.below, Some(Below::Elsewhere))
    };
    changes.iter().filter(is_shown).collect()
}

/// Finds out what hurts in a comparison.
struct Harm {
    /// Whether the API server was not asked whether it accepts the changes.
    is_offline: bool,
    /// Objects that something creates. What is deleted elsewhere only moves.
    created: BTreeSet<(String, String, String, String)>,
}

impl Harm {
    fn in_comparison(comparison: &Comparison) -> Self {
        let changes = comparison.all().flat_map(|outcome| &outcome.changes);
        let created = changes.filter(|change| change.action == Action::Created);
        Self {
            is_offline: comparison.states.is_some(),
            created: created.map(|change| change.id.key()).collect(),
        }
    }

    /// Warnings about a change.
    fn of(&self, change: &Change, outcome: &Outcome) -> Vec<String> {
        let mut harm = match (change.action, &change.from, &change.to) {
            (Action::Deleted, Some(from), _) if outcome.prunes && !self.is_moved(&change.id) => {
                let is_kept = self.is_offline && marks::is_unpruned(from);
                let what = harm::deleted_with(from).filter(|_| !is_kept);
                what.map(|what| format!("its deletion also deletes {what}")).into_iter().collect()
            }
            (Action::Changed, Some(from), Some(to)) => {
                let mut harm = harm::of_change(from, to);
                if self.is_offline {
                    harm.extend(harm::refused(from, to));
                }
                harm
            }
            (Action::Recreated, ..) => {
                vec!["it is deleted and created again, because an immutable field changes".to_owned()]
            }
            _ => Vec::new(),
        };
        if matches!(change.below, Some(Below::Elsewhere)) {
            harm.push("its objects belong to another cluster and were not compared".to_owned());
        }
        harm
    }

    fn is_moved(&self, id: &ObjectId) -> bool {
        self.created.contains(&id.key())
    }
}
