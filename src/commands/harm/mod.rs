//! Changes that hurt: what the API server refuses, and what destroys data or stops updates.

mod claims;
mod immutable;

use serde_json::Value;

use crate::commands::marks::is_kept_by_helm;
use crate::kinds::{APPLIERS, KUSTOMIZATION};
use crate::object::ObjectId;

pub use claims::shrunk;
pub use immutable::immutable_fields;

/// Kinds whose deletion destroys more than the object, and what else.
const PRECIOUS: &[(&str, &str, &str)] = &[
    ("", "Namespace", "every object in the namespace"),
    ("", "PersistentVolumeClaim", "its volume and the data, unless the volume is retained"),
    ("", "PersistentVolume", "its data, unless the volume is retained"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "every object of this kind in the cluster"),
];

/// What is deleted together with an object; none if nothing.
pub fn deleted_with(object: &Value) -> Option<&'static str> {
    if is_kept_by_helm(object) {
        return None;
    }
    let id = ObjectId::of(object);
    let is_kind = |group: &str, kind: &str| group == id.group() && kind == id.kind;
    if let Some((_, _, what)) = PRECIOUS.iter().find(|(group, kind, _)| is_kind(group, kind)) {
        return Some(what);
    }
    let applier = APPLIERS.iter().find(|kind| is_kind(kind.group, kind.kind))?;
    let deletes = applier.kind != KUSTOMIZATION.kind || prunes(object);
    // The controllers leave the objects of a suspended one alone.
    (deletes && object["spec"]["suspend"] != true).then_some("every object that it has applied")
}

/// Whether the deletion of this Kustomization deletes what it has applied.
pub fn prunes(kustomization: &Value) -> bool {
    let spec = &kustomization["spec"];
    match spec["deletionPolicy"].as_str() {
        Some("Orphan") => false,
        Some("Delete" | "WaitForTermination") => true,
        _ => spec["prune"] == true,
    }
}

/// What a change stops or loses.
pub fn of_change(from: &Value, to: &Value) -> Vec<String> {
    let mut harm = shrunk(from, to);
    let id = ObjectId::of(to);
    let is_applier = APPLIERS.iter().any(|kind| kind.kind == id.kind && kind.group == id.group());
    if is_applier && to["spec"]["suspend"] == true && from["spec"]["suspend"] != true {
        harm.push("it is suspended: its objects are no longer updated".to_owned());
    }
    harm
}

/// Fields of a change that the API server refuses, unless the object is deleted and created again.
pub fn refused(from: &Value, to: &Value) -> Vec<String> {
    let fields = immutable_fields(&ObjectId::of(to), from, to).into_iter();
    fields
        .map(|field| {
            format!("{field} is immutable: the API server refuses the change unless the object is deleted and created again")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        // The same kind of another group.
        let other = |app: &str| object("Deployment", "example.com/v1", json!({"selector": {"app": app}}));
        assert_eq!(refused(&other("a"), &other("b")), [""; 0]);
        let bare = object("StatefulSet", "apps/v1", json!({"replicas": 1}));
        assert!(refused(&bare, &set("a", 1))[0].starts_with("spec.serviceName is immutable"));
        let map = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": {"a": value}});
        assert!(refused(&map("1"), &map("2"))[0].starts_with("data is immutable"));
    }

    #[test]
    fn a_deletion_says_what_else_is_lost() {
        let object = |version: &str, kind: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec});
        let kustomization =
            |spec| deleted_with(&object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec));
        let all = Some("every object that it has applied");
        assert_eq!(kustomization(json!({"prune": true})), all);
        assert_eq!(kustomization(json!({"prune": false})), None);
        assert_eq!(kustomization(json!({"prune": false, "deletionPolicy": "Delete"})), all);
        assert_eq!(kustomization(json!({"prune": true, "suspend": true})), None);
        assert_eq!(kustomization(json!({"prune": true, "deletionPolicy": "Orphan"})), None);
        assert_eq!(deleted_with(&object("helm.toolkit.fluxcd.io/v2", "HelmRelease", json!({}))), all);
        assert!(deleted_with(&object("v1", "Namespace", json!({}))).is_some());
        assert_eq!(deleted_with(&object("v1", "ConfigMap", json!({}))), None);
        let mut kept = object("v1", "PersistentVolumeClaim", json!({}));
        assert!(deleted_with(&kept).is_some());
        kept["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
        assert_eq!(deleted_with(&kept), None);
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
