//! Changes that hurt: what the API server will refuse, and what destroys data or stops updates.

use serde_json::Value;

use crate::kinds::{APPLIERS, KUSTOMIZATION};
use crate::object::ObjectId;

/// Fields that the API server lets nobody change, by group and kind, as JSON pointers.
const IMMUTABLE: &[(&str, &str, &[&str])] = &[
    (
        "",
        "PersistentVolume",
        &["/spec/csi", "/spec/nfs", "/spec/hostPath", "/spec/local", "/spec/volumeMode"],
    ),
    ("", "Secret", &["/type"]),
    ("apps", "DaemonSet", &["/spec/selector"]),
    ("apps", "Deployment", &["/spec/selector"]),
    ("apps", "ReplicaSet", &["/spec/selector"]),
    ("batch", "Job", &["/spec/selector", "/spec/template", "/spec/completionMode"]),
    ("networking.k8s.io", "IngressClass", &["/spec/controller"]),
    ("node.k8s.io", "RuntimeClass", &["/handler"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["/roleRef"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["/roleRef"]),
    ("scheduling.k8s.io", "PriorityClass", &["/value", "/preemptionPolicy"]),
    (
        "storage.k8s.io",
        "StorageClass",
        &["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"],
    ),
    ("storage.k8s.io", "CSIDriver", &["/spec/attachRequired", "/spec/fsGroupPolicy"]),
];

/// Fields of `spec` that may change, by group and kind; all others may not.
const MUTABLE: &[(&str, &str, &[&str])] = &[
    ("", "PersistentVolumeClaim", &["resources", "volumeAttributesClassName", "volumeName"]),
    (
        "apps",
        "StatefulSet",
        &[
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
            "revisionHistoryLimit",
        ],
    ),
];

/// Kinds whose deletion destroys more than the object, and what else.
const PRECIOUS: &[(&str, &str, &str)] = &[
    ("", "Namespace", "deletes every object in the namespace"),
    ("", "PersistentVolumeClaim", "may delete the volume and its data"),
    ("", "PersistentVolume", "may delete the volume and its data"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "deletes every object of this kind in the cluster"),
];

/// What a deletion destroys besides the object; none if nothing.
pub fn of_deletion(object: &Value) -> Option<String> {
    if object["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" {
        return None;
    }
    let id = ObjectId::of(object);
    if let Some((_, _, what)) =
        PRECIOUS.iter().find(|(group, kind, _)| *group == id.group() && *kind == id.kind)
    {
        return Some(format!("the deletion {what}"));
    }
    let applier = APPLIERS.iter().find(|kind| kind.kind == id.kind && kind.group == id.group())?;
    let spec = &object["spec"];
    let deletes = match spec["deletionPolicy"].as_str() {
        Some("Orphan") => false,
        Some("Delete" | "WaitForTermination") => true,
        _ => applier.kind != KUSTOMIZATION.kind || spec["prune"] == true,
    };
    // The controllers leave the objects of a suspended one alone.
    (deletes && spec["suspend"] != true)
        .then(|| "the deletion also deletes every object that it has applied".to_owned())
}

/// What a change stops or loses.
pub fn of_change(from: &Value, to: &Value) -> Vec<String> {
    let mut harm = Vec::new();
    let id = ObjectId::of(to);
    if APPLIERS.iter().any(|kind| kind.kind == id.kind && kind.group == id.group()) {
        let (spec, before) = (&to["spec"], &from["spec"]);
        if spec["suspend"] == true && before["suspend"] != true {
            harm.push("it is suspended: its objects are no longer updated".to_owned());
        }
    }
    if id.kind == "PersistentVolumeClaim"
        && let (Some(before), Some(after)) = (storage(from), storage(to))
        && after.1 < before.1
    {
        harm.push(format!(
            "the volume shrinks from {} to {}, which the API server refuses",
            before.0, after.0
        ));
    }
    harm
}

/// Fields of a change that the API server refuses, unless the object is deleted and created again.
pub fn refused(from: &Value, to: &Value) -> Vec<String> {
    let id = ObjectId::of(to);
    let is_kind = |group: &str, kind: &str| group == id.group() && kind == id.kind;
    let mut fields: Vec<String> = Vec::new();
    // A field that only one side gives may have this value as its default.
    let differs = |before: Option<&Value>, after: Option<&Value>| matches!((before, after), (Some(before), Some(after)) if before != after);
    for (_, _, pointers) in IMMUTABLE.iter().filter(|(group, kind, _)| is_kind(group, kind)) {
        let changed = pointers.iter().filter(|pointer| differs(from.pointer(pointer), to.pointer(pointer)));
        fields.extend(changed.map(|pointer| pointer.trim_start_matches('/').replace('/', ".")));
    }
    for (_, _, mutable) in MUTABLE.iter().filter(|(group, kind, _)| is_kind(group, kind)) {
        let keys = to["spec"].as_object().into_iter().flatten().map(|(key, _)| key);
        let changed = keys.filter(|key| {
            !mutable.contains(&key.as_str()) && differs(from["spec"].get(key), to["spec"].get(key))
        });
        fields.extend(changed.map(|key| format!("spec.{key}")));
    }
    if from["immutable"] == true && (from["data"] != to["data"] || from["binaryData"] != to["binaryData"]) {
        fields.push("data".to_owned());
    }
    fields
        .into_iter()
        .map(|field| {
            format!("{field} is immutable: the API server refuses the change unless the object is deleted and created again")
        })
        .collect()
}

/// Requested size of a PersistentVolumeClaim: as it is written, and in bytes.
fn storage(claim: &Value) -> Option<(String, f64)> {
    let value = &claim["spec"]["resources"]["requests"]["storage"];
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "m" => 0.001,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => f64::from(1_u32 << 10),
        "Mi" => f64::from(1_u32 << 20),
        "Gi" => f64::from(1_u32 << 30),
        "Ti" => f64::from(1_u32 << 20) * f64::from(1_u32 << 20),
        "Pi" => f64::from(1_u32 << 30) * f64::from(1_u32 << 20),
        "Ei" => f64::from(1_u32 << 30) * f64::from(1_u32 << 30),
        exponent => 10_f64.powi(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    Some((text, number * factor))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(size: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": size}}}})
    }

    #[test]
    fn a_claim_shrinks_by_its_size_in_bytes() {
        let harm = |from, to| of_change(&claim(from), &claim(to));
        assert_eq!(harm("2Gi", "2G"), ["the volume shrinks from 2Gi to 2G, which the API server refuses"]);
        for (from, to) in [("1024Mi", "1Gi"), ("1Gi", "2Gi"), ("1Ti", "2e12"), ("1Gi", "much")] {
            assert_eq!(harm(from, to), [""; 0], "{from} {to}");
        }
        assert_eq!(refused(&claim("1Gi"), &claim("2Gi")), [""; 0]);
    }

    #[test]
    fn immutable_fields_are_refused() {
        let object = |kind: &str, version: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec});
        let set = |name: &str, replicas: u8| {
            object("StatefulSet", "apps/v1", json!({"serviceName": name, "replicas": replicas}))
        };
        assert_eq!(refused(&set("a", 1), &set("a", 2)), [""; 0]);
        assert!(refused(&set("a", 1), &set("b", 1))[0].starts_with("spec.serviceName is immutable"));
        let deployment = |app: &str| object("Deployment", "apps/v1", json!({"selector": {"app": app}}));
        assert!(refused(&deployment("a"), &deployment("b"))[0].starts_with("spec.selector is immutable"));
        // The same kind of another group, and a default that is written out.
        let other = |app: &str| object("Deployment", "example.com/v1", json!({"selector": {"app": app}}));
        assert_eq!(refused(&other("a"), &other("b")), [""; 0]);
        let bare = object("StatefulSet", "apps/v1", json!({"replicas": 1}));
        assert_eq!(refused(&bare, &set("a", 1)), [""; 0]);
        let map = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": {"a": value}});
        assert!(refused(&map("1"), &map("2"))[0].starts_with("data is immutable"));
    }

    #[test]
    fn a_deletion_says_what_else_is_lost() {
        let object = |version: &str, kind: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec});
        let kustomization =
            |spec| of_deletion(&object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec));
        let all = Some("the deletion also deletes every object that it has applied".to_owned());
        assert_eq!(kustomization(json!({"prune": true})), all);
        assert_eq!(kustomization(json!({"prune": false})), None);
        assert_eq!(kustomization(json!({"prune": false, "deletionPolicy": "Delete"})), all);
        assert_eq!(kustomization(json!({"prune": true, "suspend": true})), None);
        assert_eq!(kustomization(json!({"prune": true, "deletionPolicy": "Orphan"})), None);
        assert_eq!(of_deletion(&object("helm.toolkit.fluxcd.io/v2", "HelmRelease", json!({}))), all);
        assert!(of_deletion(&object("v1", "Namespace", json!({}))).is_some());
        assert_eq!(of_deletion(&object("v1", "ConfigMap", json!({}))), None);
        let mut kept = object("v1", "PersistentVolumeClaim", json!({}));
        assert!(of_deletion(&kept).is_some());
        kept["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
        assert_eq!(of_deletion(&kept), None);
    }

    #[test]
    fn suspending_stops_updates() {
        let release = |suspend: bool| json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "a"}, "spec": {"suspend": suspend}});
        assert_eq!(of_change(&release(true), &release(true)), [""; 0]);
        assert_eq!(
            of_change(&release(false), &release(true)),
            ["it is suspended: its objects are no longer updated"]
        );
    }
}
