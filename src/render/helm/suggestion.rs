//! Hints for a HelmRelease that is not in the files that were searched.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::hint_namespaces;
use crate::object::ObjectMeta;
use crate::similar::similar;

/// Returns a hint that says in which namespaces the objects `named` so are, or else which of the `others` has a similar
/// name.
pub(super) fn suggestion<'a>(
    name: &str,
    named: impl IntoIterator<Item = &'a Value>,
    others: impl IntoIterator<Item = &'a Value>,
) -> Option<String> {
    let namespaces: BTreeSet<&str> = named.into_iter().filter_map(ObjectMeta::namespace).collect();
    let namespaces: Vec<String> = namespaces.into_iter().map(str::to_owned).collect();
    hint_namespaces(&namespaces).or_else(|| {
        let name = similar(name, others.into_iter().map(ObjectMeta::name))?;
        Some(format!("did you mean {name:?}?"))
    })
}
