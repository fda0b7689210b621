//! Where else an object may be: the most common slip is the namespace.

use super::{Cluster, List, Resource, Selection};
use crate::error::Error;
use crate::kinds::{Kind, Summary};

/// As many namespaces as a hint names.
const NAMED: usize = 3;

impl Cluster {
    /// Adds to an error about a missing object (or, without a name, about there being none at
    /// all) where there are such objects. Whatever goes wrong meanwhile leaves the error as it is.
    pub async fn hint_elsewhere(
        &self,
        error: Error,
        kind: &'static Kind,
        namespace: &str,
        name: Option<&str>,
    ) -> Error {
        let resource = Resource::from(kind);
        if error.kind() != crate::error::Kind::NotFound {
            return error;
        }
        let Some(name) = name else {
            let path = format!("{}?limit=1", resource.path(None, None));
            return match self.raw::<List<Summary>>(&path).await {
                Ok(list) if !list.items.is_empty() => {
                    error.hint("there are some in other namespaces: choose one by --namespace (-n)")
                }
                _ => error,
            };
        };
        let which = Selection { name: Some(name), ..Selection::default() };
        let namespaces =
            self.list_as(&resource, &which, |found: Summary| Some(found.metadata.namespace)).await;
        let mut namespaces = match namespaces {
            Ok(Some(list)) => list.items,
            _ => return error,
        };
        namespaces.retain(|found| found != namespace);
        let Some(first) = namespaces.first().cloned() else { return error };
        let more = if namespaces.len() > NAMED { ", …" } else { "" };
        namespaces.truncate(NAMED);
        let places = match namespaces.as_slice() {
            [one] => format!("the namespace {one}"),
            several => format!("the namespaces {}{more}", several.join(", ")),
        };
        error.hint(format!("an object of that name exists in {places}: add --namespace {first}"))
    }
}
