//! Objects that were applied before and are no longer rendered.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{InventoryEntry, ObjectId};

/// Order in which the controller applies kinds; others follow.
const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come last.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Objects of the inventory in a Flux Kustomization's status that are not in `rendered`, in the controller's order.
pub(super) fn stale(kustomization: &Value, rendered: &[ObjectId]) -> Vec<ObjectId> {
    let known: BTreeSet<_> = rendered.iter().map(ObjectId::key).collect();
    let entries = kustomization["status"]["inventory"]["entries"].as_array();
    let mut stale: Vec<ObjectId> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| parse(entry["id"].as_str()?, entry["v"].as_str().unwrap_or_default()))
        .filter(|id| !known.contains(&id.key()))
        .collect();
    stale.sort_by_cached_key(|id| (rank(&id.kind), id.key()));
    stale.dedup_by_key(|id| id.key());
    stale
}

fn rank(kind: &str) -> usize {
    let first = FIRST.iter().position(|other| *other == kind);
    let last = LAST.iter().position(|other| *other == kind);
    first.or(last.map(|at| FIRST.len() + 1 + at)).unwrap_or(FIRST.len())
}

fn parse(entry: &str, version: &str) -> Option<ObjectId> {
    let InventoryEntry { namespace, name, group, kind } = InventoryEntry::parse(entry)?;
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Some(ObjectId { api_version, kind, namespace, name })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_rendered_any_more_is_found_in_the_controllers_order() {
        let entries = [
            ("apps_web_apps_Deployment", "v1"),
            ("apps_cm__ConfigMap", "v1"),
            ("_sys__read_rbac.authorization.k8s.io_ClusterRole", "v1"),
            ("apps_w_example.org_Widget", "v1beta1"),
            ("apps_kept__ConfigMap", "v1"),
            ("broken", "v1"),
        ];
        let entries: Vec<_> = entries.iter().map(|(id, v)| json!({"id": id, "v": v})).collect();
        let kustomization = json!({"status": {"inventory": {"entries": entries}}});
        let kept = ObjectId::of(&json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "kept", "namespace": "apps"}}));
        let stale = stale(&kustomization, &[kept]);
        let found: Vec<_> = stale.iter().map(|id| format!("{} {}", id.api_version, id.subject())).collect();
        assert_eq!(
            found,
            [
                "rbac.authorization.k8s.io/v1 ClusterRole/sys:read",
                "v1 ConfigMap/apps/cm",
                "apps/v1 Deployment/apps/web",
                "example.org/v1beta1 Widget/apps/w",
            ]
        );
    }
}
