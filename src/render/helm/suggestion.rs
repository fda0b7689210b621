//! Hints for a HelmRelease that is not in the files that were searched.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::hint_namespaces;
use crate::object::ObjectMeta;
use crate::similar::similar;

/// Returns the namespaces of objects, sorted.
pub(super) fn namespaces_of<'a>(objects: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let namespaces: BTreeSet<&str> = objects.into_iter().filter_map(ObjectMeta::namespace).collect();
    namespaces.into_iter().map(str::to_owned).collect()
}

/// Returns a hint about the namespaces in which the name exists, or else about a similar name among `others`.
pub(super) fn suggestion<'a>(
    name: &str,
    namespaces: &[String],
    others: impl Iterator<Item = &'a Value>,
) -> Option<String> {
    hint_namespaces(namespaces)
        .or_else(|| Some(format!("did you mean {:?}?", similar(name, others.map(ObjectMeta::name))?)))
}
