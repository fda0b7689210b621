//! Report for programs. `docs/diff.md` describes the fields.

use serde::Serialize;
use serde_json::Value;

use super::{Harm, shown};
use crate::commands::diff::outcome::{Action, Below, Change, Comparison, Outcome};
use crate::kinds::{HELM_RELEASE, KUSTOMIZATION, Kind};
use crate::object::ObjectId;
use edgeflux_diff::{self as diff, Detail, Difference, Entries, Item, Node, Step};

/// Version of the format, raised with every incompatible change.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    differs: bool,
    kustomizations: Vec<Unit<'a>>,
    #[serde(rename = "helmReleases", skip_serializing_if = "Vec::is_empty")]
    helm_releases: Vec<Unit<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    errors: Vec<Failure<'a>>,
}

#[derive(Serialize)]
struct Unit<'a> {
    namespace: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    directory: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    changes: Vec<Object<'a>>,
}

#[derive(Serialize)]
struct Object<'a> {
    action: Action,
    #[serde(flatten)]
    id: &'a ObjectId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Place>,
    /// The objects of the Flux Kustomization belong to another cluster.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    elsewhere: bool,
}

#[derive(Serialize)]
struct Place {
    path: String,
    steps: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reordered: Option<Pair>,
}

#[derive(Serialize)]
struct Pair {
    from: Value,
    to: Value,
}

#[derive(Serialize)]
struct Failure<'a> {
    message: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hints: &'a [String],
}

/// Writes one JSON document, followed by a line feed.
pub fn json(comparison: &Comparison) -> String {
    let harm = Harm::in_comparison(comparison);
    let units = |kind: &Kind| {
        let outcomes = comparison.all().filter(|outcome| outcome.kind.kind == kind.kind);
        outcomes.map(|outcome| unit(outcome, &harm)).collect()
    };
    let document = Document {
        version: VERSION,
        differs: comparison.differs(),
        kustomizations: units(&KUSTOMIZATION),
        helm_releases: units(&HELM_RELEASE),
        warnings: &comparison.warnings,
        errors: comparison
            .failures()
            .map(|error| Failure { message: error.to_string(), hints: error.hints() })
            .collect(),
    };
    // Texts, numbers, lists and maps with texts as keys: all of it is JSON.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn unit<'a>(outcome: &'a Outcome, harm: &Harm) -> Unit<'a> {
    let changes = shown(&outcome.changes).into_iter();
    Unit {
        namespace: &outcome.namespace,
        name: &outcome.name,
        directory: &outcome.directory,
        warnings: &outcome.warnings,
        changes: changes.map(|change| object(change, harm.of(change, outcome))).collect(),
    }
}

fn object(change: &Change, warnings: Vec<String>) -> Object<'_> {
    let differences = match (change.action, &change.from, &change.to) {
        (Action::Changed | Action::Recreated, Some(from), Some(to)) => {
            let (from, to) = (super::written(from), super::written(to));
            let (from, to) = (Node::new(&from), Node::new(&to));
            diff::compare(&from, &to).iter().map(place).collect()
        }
        _ => Vec::new(),
    };
    let elsewhere = matches!(change.below, Some(Below::Elsewhere));
    Object { action: change.action, id: &change.id, warnings, differences, elsewhere }
}

fn place(difference: &Difference<'_>) -> Place {
    let name = |step: &Step<'_>| match step {
        Step::Key(key) => (*key).to_owned(),
        Step::Named { name, .. } => name.to_string(),
        Step::Index(at) => at.to_string(),
    };
    let step = |step: &Step<'_>| match step {
        Step::Key(key) => Value::from(*key),
        Step::Named { field, name } => serde_json::json!({*field: name}),
        Step::Index(at) => Value::from(*at),
    };
    let mut place = Place {
        path: difference.path.iter().map(name).collect::<Vec<_>>().join("."),
        steps: difference.path.iter().map(step).collect(),
        added: None,
        removed: None,
        changed: None,
        reordered: None,
    };
    for detail in &difference.details {
        match detail {
            Detail::Added(added) => place.added = Some(entries(added)),
            Detail::Removed(removed) => place.removed = Some(entries(removed)),
            Detail::Changed { from, to } => {
                place.changed = Some(Pair { from: from.value.clone(), to: to.value.clone() });
            }
            Detail::Reordered { from, to } => {
                place.reordered = Some(Pair { from: items(from), to: items(to) });
            }
        }
    }
    place
}

fn entries(entries: &Entries<'_>) -> Value {
    match entries {
        Entries::Map(entries) => {
            entries.iter().map(|(key, node)| ((*key).to_owned(), node.value.clone())).collect()
        }
        Entries::List(items) => items.iter().map(|node| node.value.clone()).collect(),
    }
}

fn items(items: &[Item<'_>]) -> Value {
    let item = |item: &Item<'_>| match item {
        Item::Name(name) => Value::from(name.as_ref()),
        Item::Entry(node) => node.value.clone(),
    };
    items.iter().map(item).collect()
}
