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
    /// Returns the resource of an object by its `apiVersion` and `kind`: from our tables, or as the API server lists it.
    ///
    /// # Errors
    /// `NotFound` if the API server has no such kind.
    pub async fn resource_of(&self, object: &Value) -> Result<Resource> {
        let (api_version, kind) = (object.api_version(), object.kind());
        if let Some(resource) = kinds::resource(api_version, kind) {
            return Ok(resource);
        }
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
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
        let found = list.resources.into_iter().find(|it| it.kind == kind && !it.name.contains('/'));
        let found = found.ok_or_else(no_match)?;
        Ok(Resource {
            kind: kind.to_owned().into(),
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            plural: found.name.into(),
            namespaced: found.namespaced,
            older: &[],
        })
    }
}
