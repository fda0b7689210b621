//! Resources that the API server lists, for kinds that are not in our tables.

use serde::Deserialize;
use serde_json::Value;

use super::Cluster;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::object::{ObjectMeta, Resource};

/// List of the resources of a group and version.
#[derive(Deserialize)]
struct ResourceList {
    resources: Vec<ApiResource>,
}

#[derive(Deserialize)]
struct ApiResource {
    name: String,
    kind: String,
    namespaced: bool,
}

impl Cluster {
    /// Returns the resource of an object by its `apiVersion` and `kind`, in any case: from our tables, or as the API server
    /// lists it.
    ///
    /// # Errors
    /// `NotFound` if the API server has no such kind.
    pub async fn resource_of(&self, object: &Value) -> Result<Resource> {
        self.resource_of_kind(object.api_version(), object.kind()).await
    }

    /// As [`Cluster::resource_of`], for objects of a kind in a version.
    pub async fn resource_of_kind(&self, api_version: &str, kind: &str) -> Result<Resource> {
        if let Some(resource) = kinds::resource(api_version, kind) {
            return Ok(resource);
        }
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let word = kind.to_lowercase();
        let known = kinds::by_word(&word).map(Resource::from).or_else(|| Resource::built_in_by_word(&word));
        if let Some(resource) = known.filter(|resource| resource.group == group) {
            return Ok(resource.with_version(version.to_owned()));
        }
        let path =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let no_match = || {
            Error::not_found(format!("no matches for kind {kind:?} in version {api_version:?}"))
                .hint("install the CRD of this kind first, or fix apiVersion and kind")
        };
        let list = self.raw::<ResourceList>(&path).await;
        let list =
            list.map_err(|error| if error.kind() == ErrorKind::NotFound { no_match() } else { error })?;
        // Subresources, such as `deployments/status`, have the kind as well.
        let is_kind = |it: &ApiResource| it.kind.eq_ignore_ascii_case(kind) && !it.name.contains('/');
        let found = list.resources.into_iter().find(is_kind).ok_or_else(no_match)?;
        Ok(Resource {
            kind: found.kind.into(),
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            plural: found.name.into(),
            namespaced: found.namespaced,
            older: &[],
        })
    }
}
