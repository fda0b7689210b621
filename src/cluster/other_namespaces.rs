//! Hints for objects that exist in another namespace, which is the most common mistake.

use super::{Cluster, List, ListSelector};
use crate::error::{Error, ErrorKind};
use crate::kinds::Summary;
use crate::object::{ObjectRef, Resource};

/// Namespaces that a hint names.
const NAMED: usize = 3;

impl Cluster {
    /// Adds a hint to a `NotFound` error: the other namespaces in which objects of that kind and name exist. If they
    /// cannot be listed, the error stays as it is.
    pub async fn hint_namespaces_of(&self, error: Error, missing: &ObjectRef) -> Error {
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        let selector = ListSelector { name: Some(&missing.name), ..ListSelector::default() };
        let namespaces = self
            .list_mapped(&missing.resource, &selector, |found: Summary| Some(found.metadata.namespace))
            .await;
        let Ok(Some(List { items: mut namespaces, .. })) = namespaces else { return error };
        namespaces.retain(|found| Some(found) != missing.namespace.as_ref());
        let Some(first) = namespaces.first().cloned() else { return error };
        let more = if namespaces.len() > NAMED { ", …" } else { "" };
        namespaces.truncate(NAMED);
        let places = match namespaces.as_slice() {
            [one] => format!("namespace {one}"),
            several => format!("namespaces {}{more}", several.join(", ")),
        };
        error.hint(format!("an object with that name exists in {places}: use --namespace {first}"))
    }

    /// Adds a hint to a `NotFound` error about a namespace without objects of a resource: whether there are any in
    /// other namespaces. If they cannot be listed, the error stays as it is.
    pub async fn hint_other_namespaces(&self, error: Error, resource: &Resource) -> Error {
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        let path = format!("{}?limit=1", resource.path(None, None));
        match self.raw::<List<Summary>>(&path).await {
            Ok(list) if !list.items.is_empty() => {
                error.hint("other namespaces have such objects; choose one with --namespace (-n)")
            }
            _ => error,
        }
    }
}
