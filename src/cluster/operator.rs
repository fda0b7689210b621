//! flux-operator, which installs and upgrades Flux by a FluxInstance.

use serde_json::Value;

use super::{Cluster, ListSelector};
use crate::error::{ErrorKind, Result};
use crate::kinds::FLUX_INSTANCE;
use crate::object::{Condition, ObjectMeta, ObjectRef, Resource};

/// Value of the label `app.kubernetes.io/managed-by` of what flux-operator installs.
pub const FLUX_OPERATOR: &str = "flux-operator";

/// FluxInstance by which flux-operator manages Flux.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The object.
    pub at: ObjectRef,
    /// Range of versions of Flux, such as `2.x`.
    pub version: String,
    /// Whether the operator leaves Flux as it is.
    pub suspended: bool,
    /// Ready condition; none before the first reconciliation.
    pub ready: Option<Condition>,
}

impl Cluster {
    /// Gets the FluxInstance of the cluster. Returns none if the cluster has none or forbids listing them: most users do
    /// not have flux-operator, and few roles give rights on its kinds.
    pub async fn flux_instance(&self) -> Result<Option<Instance>> {
        let kind = &FLUX_INSTANCE;
        let list = self.list_if_served::<Value>(&Resource::from(kind), &ListSelector::default()).await;
        let found = match list {
            Ok(list) => list.and_then(|list| list.items.into_iter().next()),
            Err(error) if error.kind() == ErrorKind::Forbidden => None,
            Err(error) => return Err(error),
        };
        Ok(found.map(|object| Instance {
            at: ObjectRef::of(kind, &object),
            version: object["spec"]["distribution"]["version"].as_str().unwrap_or_default().to_owned(),
            suspended: kind.suspension.holds(&object),
            ready: object.condition("Ready"),
        }))
    }
}
