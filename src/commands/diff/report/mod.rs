//! Reports of a comparison in the formats of `--output`.

mod human;
mod json;
mod markdown;
mod unified;

pub(super) use human::{Wording, human};
pub(super) use json::json;
pub(super) use markdown::markdown;
pub(super) use unified::unified;

use serde_json::Value;

use super::outcome::Change;

/// YAML of both states without the fields that the server sets; empty if the object does not exist.
fn texts(change: &Change) -> (String, String) {
    let text = |object: &Option<Value>| match object {
        Some(object) => edgeflux_yaml::to_string(&written(object)),
        None => String::new(),
    };
    (text(&change.from), text(&change.to))
}

/// Hunks of an object's change.
fn hunks(change: &Change) -> String {
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
