//! Identities of objects in manifests.

use serde::Serialize;
use serde_json::Value;

use super::{ObjectMeta, meta};

/// Identity of an object as its manifest states it. Unlike [`ObjectRef`](super::ObjectRef), it can be had without a
/// cluster, since neither the plural nor the scope of the kind is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// API version, such as `apps/v1`.
    pub api_version: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Namespace; empty if the object is cluster-scoped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// Reads the identity of an object.
    pub fn of(object: &Value) -> Self {
        ObjectId {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
            namespace: object.namespace().unwrap_or_default().to_owned(),
            name: object.name().to_owned(),
        }
    }

    /// API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Namespace, if the object has one.
    pub fn in_namespace(&self) -> Option<&str> {
        Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty())
    }

    /// Identity without the API version.
    pub fn key(&self) -> (String, String, String, String) {
        let ObjectId { kind, namespace, name, .. } = self;
        (self.group().to_owned(), kind.clone(), namespace.clone(), name.clone())
    }

    /// `Kind/namespace/name`, or `Kind/name` if cluster-scoped.
    pub fn subject(&self) -> String {
        meta::full_name(&self.kind, self.in_namespace(), &self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_of_two_versions_of_a_kind_have_one_key() {
        let id = |version: &str| {
            let metadata = json!({"name": "web", "namespace": "apps"});
            ObjectId::of(&json!({"apiVersion": version, "kind": "Deployment", "metadata": metadata}))
        };
        assert_eq!(id("apps/v1").subject(), "Deployment/apps/web");
        assert_eq!((id("apps/v1").group(), id("v1").group()), ("apps", ""));
        assert_eq!(id("apps/v1").key(), id("apps/v1beta1").key());
        assert_ne!(id("apps/v1"), id("apps/v1beta1"));
    }
}
