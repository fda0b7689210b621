//! References to single objects.

use std::fmt;

use serde_json::Value;

use super::{ObjectMeta, Resource, meta};

/// Reference to an object: its resource, namespace and name. Displayed as `Kind/namespace/name`, or `Kind/name` if
/// the object is cluster-scoped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// Resource that the object belongs to.
    pub resource: Resource,
    /// Namespace; none if the object is cluster-scoped.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectRef {
    /// Creates a reference. The namespace is dropped if the resource is cluster-scoped.
    pub fn new<'a>(
        resource: impl Into<Resource>,
        namespace: impl Into<Option<&'a str>>,
        name: impl Into<String>,
    ) -> Self {
        let resource = resource.into();
        let namespace = namespace.into().filter(|_| resource.namespaced).map(str::to_owned);
        ObjectRef { resource, namespace, name: name.into() }
    }

    /// Creates a reference to an object of a resource.
    pub fn of(resource: impl Into<Resource>, object: &Value) -> Self {
        ObjectRef::new(resource, object.namespace(), object.name())
    }

    /// Path of the object at the API server.
    pub fn path(&self) -> String {
        self.path_in(&self.resource)
    }

    /// Path of the object in another version of its resource.
    pub fn path_in(&self, resource: &Resource) -> String {
        resource.path(self.namespace.as_deref(), Some(&self.name))
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&meta::full_name(&self.resource.kind, self.namespace.as_deref(), &self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_kind_namespace_and_name() {
        let deployment = ObjectRef::new(Resource::DEPLOYMENT, "apps", "web");
        assert_eq!(deployment.to_string(), "Deployment/apps/web");
        assert_eq!(deployment.path(), "/apis/apps/v1/namespaces/apps/deployments/web");
        let namespace = ObjectRef::new(Resource::NAMESPACE, "ignored", "apps");
        assert_eq!(namespace.to_string(), "Namespace/apps");
        assert_eq!(namespace.path(), "/api/v1/namespaces/apps");
    }
}
