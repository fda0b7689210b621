//! Hints for objects that exist in another namespace, which is the most common mistake, or under a similar name.

use super::{Cluster, List, ListSelector};
use crate::error::{Error, ErrorKind};
use crate::kinds::Summary;
use crate::object::{ObjectRef, Resource};
use crate::similar::similar;

/// Namespaces that a hint names.
const NAMED: usize = 3;

/// Returns a hint for an object that exists in `namespaces` instead; `None` if there are none.
pub fn hint_namespaces(namespaces: &[String]) -> Option<String> {
    let first = namespaces.first()?;
    let more = if namespaces.len() > NAMED { ", …" } else { "" };
    let places = match namespaces {
        [one] => format!("namespace {one}"),
        several => format!("namespaces {}{more}", several[..several.len().min(NAMED)].join(", ")),
    };
    Some(format!("an object with that name exists in {places}: use --namespace {first}"))
}

impl Cluster {
    /// Adds a hint to a `NotFound` error: the other namespaces in which objects of that kind and name exist, or else an
    /// object of the namespace with a similar name. If they cannot be listed, the error stays as it is.
    pub async fn hint_namespaces_of(&self, error: Error, missing: &ObjectRef) -> Error {
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        let selector = ListSelector { name: Some(&missing.name), ..ListSelector::default() };
        let namespaces = self
            .list_mapped(&missing.resource, &selector, |found: Summary| Some(found.metadata.namespace))
            .await;
        let mut namespaces = match namespaces {
            Ok(Some(List { items, .. })) => items,
            // All namespaces may be forbidden, while that of the object is not.
            _ => Vec::new(),
        };
        namespaces.retain(|found| Some(found) != missing.namespace.as_ref());
        match hint_namespaces(&namespaces) {
            Some(hint) => error.hint(hint),
            None => self.hint_similar(error, missing).await,
        }
    }

    async fn hint_similar(&self, error: Error, missing: &ObjectRef) -> Error {
        let selector = ListSelector { namespace: missing.namespace.as_deref(), ..ListSelector::default() };
        let names = self.names(&missing.resource, &selector).await.unwrap_or_default();
        match similar(&missing.name, names.iter().map(String::as_str)) {
            Some(name) => error.hint(format!("did you mean {name:?}?")),
            None => error,
        }
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
