//! Versions of a resource: an older Flux in the cluster serves older ones than we write.

use super::Cluster;
use super::request::Failure;
use crate::error::{Error, Result};
use crate::kinds::{self, Product};
use crate::object::Resource;

impl Cluster {
    /// Sends `request` for the resource in its own version and, if the cluster does not serve that, in older ones,
    /// newest first. The version found is remembered.
    pub(super) async fn in_served_version<T>(
        &self,
        resource: &Resource,
        request: impl AsyncFn(&Resource) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.lock_older_versions().get(&resource.qualified()).copied();
        if let Some(version) = known {
            return request(&resource.with_version(version)).await;
        }
        let first = match request(resource).await {
            Err(failure) if failure.is_resource_missing() && !resource.older.is_empty() => failure,
            outcome => return outcome,
        };
        for version in resource.older {
            match request(&resource.with_version(*version)).await {
                Err(failure) if failure.is_resource_missing() => {}
                outcome => {
                    self.use_older_version(resource, version);
                    return outcome;
                }
            }
        }
        Err(first)
    }

    /// Uses an older version of a resource from now on, with a warning.
    fn use_older_version(&self, resource: &Resource, version: &'static str) {
        let resource = resource.qualified();
        if self.lock_older_versions().insert(resource.clone(), version).is_none() {
            self.events.warning(format!(
                "the cluster serves {resource} as {version} only: its Flux is older than this command"
            ));
        }
    }

    /// Creates the error for a resource that the cluster does not serve.
    pub fn not_served(&self, resource: &Resource) -> Error {
        let product = kinds::of_resource(resource).map_or(Product::Flux, |kind| kind.product);
        Error::not_found(format!(
            "the cluster {} does not serve {} (version {})",
            self.server(),
            resource.qualified(),
            resource.version
        ))
        .hint(product.installation_hint())
    }
}
