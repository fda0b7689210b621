//! Fields that the API server never changes.

use serde_json::{Map, Value};

use crate::object::ObjectId;

/// How the fields of a kind are immutable.
enum Immutable {
    /// These fields, as JSON pointers. A field that is absent in one of the states has an unknown default.
    Fields(&'static [&'static str]),
    /// All of `spec` but these fields.
    AllBut(&'static [&'static str]),
}

/// Group, kind, and what is immutable.
const KINDS: &[(&str, &str, Immutable)] = &[
    (
        "",
        "PersistentVolume",
        Immutable::Fields(&["/spec/csi", "/spec/nfs", "/spec/hostPath", "/spec/local", "/spec/nodeAffinity"]),
    ),
    ("", "PersistentVolumeClaim", Immutable::AllBut(&["resources", "volumeAttributesClassName"])),
    ("", "Service", Immutable::Fields(&["/spec/clusterIP"])),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        Immutable::Fields(&["/spec/scope", "/spec/names/plural"]),
    ),
    ("apps", "DaemonSet", Immutable::Fields(&["/spec/selector"])),
    ("apps", "Deployment", Immutable::Fields(&["/spec/selector"])),
    ("apps", "ReplicaSet", Immutable::Fields(&["/spec/selector"])),
    (
        "apps",
        "StatefulSet",
        Immutable::AllBut(&[
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ]),
    ),
    (
        "batch",
        "Job",
        Immutable::Fields(&["/spec/template", "/spec/selector", "/spec/completions", "/spec/completionMode"]),
    ),
    ("networking.k8s.io", "IngressClass", Immutable::Fields(&["/spec/controller"])),
    ("node.k8s.io", "RuntimeClass", Immutable::Fields(&["/handler"])),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", Immutable::Fields(&["/roleRef"])),
    ("rbac.authorization.k8s.io", "RoleBinding", Immutable::Fields(&["/roleRef"])),
    ("scheduling.k8s.io", "PriorityClass", Immutable::Fields(&["/value", "/preemptionPolicy"])),
    (
        "storage.k8s.io",
        "StorageClass",
        Immutable::Fields(&["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"]),
    ),
];

/// Fields whose absence means this value.
const DEFAULTS: [(&str, &str); 3] =
    [("podManagementPolicy", "OrderedReady"), ("volumeMode", "Filesystem"), ("serviceName", "")];

/// Returns the immutable fields that differ, such as `spec.selector`.
pub fn immutable_fields(id: &ObjectId, before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if matches!((id.group(), id.kind.as_str()), ("", "ConfigMap" | "Secret")) {
        if id.kind == "Secret" && text(before, "type") != text(after, "type") {
            found.push("type".to_owned());
        }
        if before["immutable"] == true {
            let fields =
                ["data", "binaryData", "stringData"].into_iter().filter(|it| before[*it] != after[*it]);
            found.extend(fields.map(str::to_owned));
            if after["immutable"] != true {
                found.push("immutable".to_owned());
            }
        }
        return found;
    }
    let Some((_, _, rule)) = KINDS.iter().find(|(group, kind, _)| *group == id.group() && *kind == id.kind)
    else {
        return found;
    };
    match rule {
        Immutable::Fields(pointers) => {
            for pointer in *pointers {
                let (Some(old), Some(new)) = (before.pointer(pointer), after.pointer(pointer)) else {
                    continue;
                };
                let is_unset = |value: &Value| value.is_null() || value == "";
                if !is_unset(old) && !is_unset(new) && normal(old) != normal(new) {
                    found.push(pointer.trim_start_matches('/').replace('/', "."));
                }
            }
        }
        Immutable::AllBut(mutable) => {
            let (old, new) = (normal(&before["spec"]), normal(&after["spec"]));
            let empty = Map::new();
            let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names.into_iter().filter(|name| !mutable.contains(&name.as_str())) {
                // What the cluster chose is unknown, such as the storage class.
                let is_chosen =
                    id.kind == "PersistentVolumeClaim" && !(old.contains_key(name) && new.contains_key(name));
                if !is_chosen && old.get(name) != new.get(name) {
                    found.push(format!("spec.{name}"));
                }
            }
        }
    }
    found
}

/// Type of a Secret.
fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().filter(|text| !text.is_empty()).unwrap_or("Opaque")
}

/// The value without what has no effect: nulls, empty maps, defaults, and what controllers write.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                let is_default = DEFAULTS.iter().any(|(field, default)| field == name && value == default);
                let is_written =
                    matches!(name.as_str(), "status" | "creationTimestamp" | "apiVersion" | "kind")
                        && !fields.contains_key("name");
                let value = normal(value);
                let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                if !(is_default || is_written || is_empty) {
                    kept.insert(name.clone(), value);
                }
            }
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(normal).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(version: &str, kind: &str, before: &Value, after: &Value) -> Vec<String> {
        let id = ObjectId { api_version: version.to_owned(), kind: kind.to_owned(), ..ObjectId::default() };
        immutable_fields(&id, before, after)
    }

    #[test]
    fn immutable_fields_are_those_of_the_kind() {
        let spec = |spec: Value| json!({"spec": spec});
        for (version, kind, before, after, expected) in [
            (
                "apps/v1",
                "Deployment",
                spec(json!({"selector": 1, "replicas": 1})),
                spec(json!({"selector": 2, "replicas": 2})),
                "spec.selector",
            ),
            (
                "apps/v1",
                "StatefulSet",
                spec(json!({"serviceName": "a"})),
                spec(json!({"serviceName": "b"})),
                "spec.serviceName",
            ),
            (
                "apps/v1",
                "StatefulSet",
                spec(json!({})),
                spec(json!({"podManagementPolicy": "Parallel"})),
                "spec.podManagementPolicy",
            ),
            ("batch/v1", "Job", spec(json!({"template": 1})), spec(json!({"template": 2})), "spec.template"),
            (
                "v1",
                "Service",
                spec(json!({"clusterIP": "10.0.0.1"})),
                spec(json!({"clusterIP": "10.0.0.2"})),
                "spec.clusterIP",
            ),
            (
                "v1",
                "PersistentVolumeClaim",
                spec(json!({"storageClassName": "a"})),
                spec(json!({"storageClassName": "b"})),
                "spec.storageClassName",
            ),
            (
                "storage.k8s.io/v1",
                "StorageClass",
                json!({"provisioner": "a"}),
                json!({"provisioner": "b"}),
                "provisioner",
            ),
            (
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                json!({"roleRef": {"name": "a"}}),
                json!({"roleRef": {"name": "b"}}),
                "roleRef",
            ),
            (
                "v1",
                "ConfigMap",
                json!({"immutable": true, "data": {"a": "1"}}),
                json!({"immutable": true, "data": {"a": "2"}}),
                "data",
            ),
            ("v1", "Secret", json!({"type": "a"}), json!({}), "type"),
        ] {
            assert_eq!(of(version, kind, &before, &after), [expected], "{kind}");
        }
    }

    #[test]
    fn other_fields_and_defaults_may_change() {
        let spec = |spec: Value| json!({"spec": spec});
        for (version, kind, before, after) in [
            (
                "apps/v1",
                "StatefulSet",
                spec(json!({"replicas": 1})),
                spec(json!({"replicas": 2, "podManagementPolicy": "OrderedReady"})),
            ),
            ("v1", "Service", spec(json!({})), spec(json!({"clusterIP": "10.0.0.2"}))),
            (
                "v1",
                "PersistentVolumeClaim",
                spec(json!({"resources": 1})),
                spec(json!({"resources": 2, "storageClassName": "b"})),
            ),
            ("v1", "ConfigMap", json!({"data": {"a": "1"}}), json!({"data": {"a": "2"}, "immutable": true})),
            ("v1", "Secret", json!({}), json!({"type": "Opaque"})),
            ("example.com/v1", "Deployment", spec(json!({"selector": 1})), spec(json!({"selector": 2}))),
        ] {
            assert_eq!(of(version, kind, &before, &after), [] as [&str; 0], "{kind}");
        }
    }
}
