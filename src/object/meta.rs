//! Typed access to the fields that objects of all kinds have in common.

use serde::Deserialize;
use serde_json::Value;

use super::Condition;

/// Common fields of an object. Required fields that are missing read as empty.
pub trait ObjectMeta {
    /// `apiVersion`, such as `apps/v1`.
    fn api_version(&self) -> &str;

    /// `kind`, such as `Deployment`. Items of a list come without it.
    fn kind(&self) -> &str;

    /// `metadata.name`
    fn name(&self) -> &str;

    /// `metadata.namespace`; none for cluster-scoped objects.
    fn namespace(&self) -> Option<&str>;

    /// `Kind/namespace/name`, or `Kind/name` without a namespace.
    fn full_name(&self) -> String {
        full_name(self.kind(), self.namespace(), self.name())
    }

    /// `metadata.uid`
    fn uid(&self) -> Option<&str>;

    /// `metadata.resourceVersion`
    fn resource_version(&self) -> Option<&str>;

    /// `metadata.generation`
    fn generation(&self) -> Option<i64>;

    /// `status.observedGeneration`
    fn observed_generation(&self) -> Option<i64>;

    /// Value of a label.
    fn label(&self, key: &str) -> Option<&str>;

    /// Value of an annotation.
    fn annotation(&self, key: &str) -> Option<&str>;

    /// Whether the object is being deleted (`metadata.deletionTimestamp` is set).
    fn is_terminating(&self) -> bool;

    /// Whether `spec.suspend` is true.
    fn is_suspended(&self) -> bool;

    /// `status.conditions` in their order.
    fn conditions(&self) -> Vec<Condition>;

    /// The condition of a type.
    fn condition(&self, condition_type: &str) -> Option<Condition>;
}

impl ObjectMeta for Value {
    fn api_version(&self) -> &str {
        self["apiVersion"].as_str().unwrap_or_default()
    }

    fn kind(&self) -> &str {
        self["kind"].as_str().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self["metadata"]["name"].as_str().unwrap_or_default()
    }

    fn namespace(&self) -> Option<&str> {
        self["metadata"]["namespace"].as_str().filter(|namespace| !namespace.is_empty())
    }

    fn uid(&self) -> Option<&str> {
        self["metadata"]["uid"].as_str()
    }

    fn resource_version(&self) -> Option<&str> {
        self["metadata"]["resourceVersion"].as_str()
    }

    fn generation(&self) -> Option<i64> {
        self["metadata"]["generation"].as_i64()
    }

    fn observed_generation(&self) -> Option<i64> {
        self["status"]["observedGeneration"].as_i64()
    }

    fn label(&self, key: &str) -> Option<&str> {
        self["metadata"]["labels"][key].as_str()
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self["metadata"]["annotations"][key].as_str()
    }

    fn is_terminating(&self) -> bool {
        !self["metadata"]["deletionTimestamp"].is_null()
    }

    fn is_suspended(&self) -> bool {
        self["spec"]["suspend"] == true
    }

    fn conditions(&self) -> Vec<Condition> {
        raw_conditions(self).filter_map(|raw| Condition::deserialize(raw).ok()).collect()
    }

    fn condition(&self, condition_type: &str) -> Option<Condition> {
        let raw = raw_conditions(self).find(|raw| raw["type"] == condition_type)?;
        Condition::deserialize(raw).ok()
    }
}

fn raw_conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object["status"]["conditions"].as_array().into_iter().flatten()
}

/// `Kind/namespace/name`, or `Kind/name` without a namespace.
pub(super) fn full_name(kind: &str, namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{kind}/{namespace}/{name}"),
        None => format!("{kind}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_from_their_place() {
        let object = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "web", "namespace": "apps", "uid": "u", "resourceVersion": "7", "generation": 3,
                "labels": {"app.kubernetes.io/name": "web"}, "annotations": {"a": "b"},
                "deletionTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {"suspend": true},
            "status": {"observedGeneration": 2, "conditions": [{"type": "Ready", "status": "True"}]},
        });
        assert_eq!(object.full_name(), "Deployment/apps/web");
        assert_eq!(
            (object.api_version(), object.uid(), object.resource_version()),
            ("apps/v1", Some("u"), Some("7"))
        );
        assert_eq!((object.generation(), object.observed_generation()), (Some(3), Some(2)));
        assert_eq!(
            (object.label("app.kubernetes.io/name"), object.annotation("a")),
            (Some("web"), Some("b"))
        );
        assert!(object.is_terminating() && object.is_suspended());
        assert!(object.condition("Ready").is_some_and(|ready| ready.is_true()));
        assert_eq!(object.conditions().len(), 1);
    }

    #[test]
    fn missing_fields_are_empty() {
        let object = json!({"kind": "Namespace", "metadata": {"name": "apps", "namespace": ""}});
        assert_eq!(object.full_name(), "Namespace/apps");
        assert_eq!((object.label("x"), object.generation(), object.condition("Ready")), (None, None, None));
        assert!(!object.is_terminating() && !object.is_suspended() && object.conditions().is_empty());
        assert_eq!(json!("text").name(), "");
    }
}
