//! The order of kinds: which kustomize puts first and last.

use super::id::Gvk;

/// Kinds that come first and last; all others come between them, by name.
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Returns the rank of a kind in the default order; 0 for those between the first and the last.
pub(crate) fn rank(kind: &str) -> isize {
    rank_in(kind, &FIRST, &LAST)
}

/// Returns the rank of a kind among those to put first and last.
pub(crate) fn rank_in(kind: &str, first: &[impl AsRef<str>], last: &[impl AsRef<str>]) -> isize {
    if let Some(at) = last.iter().rposition(|other| other.as_ref() == kind) {
        return isize::try_from(at).unwrap_or(isize::MAX - 1) + 1;
    }
    match first.iter().rposition(|other| other.as_ref() == kind) {
        Some(at) => isize::try_from(at).unwrap_or(0) - isize::try_from(first.len()).unwrap_or(isize::MAX),
        None => 0,
    }
}

/// Returns a type as a text to sort by, in which missing parts come last.
pub(crate) fn sort_text(gvk: &Gvk) -> String {
    let part = |text: &str, missing: &str| if text.is_empty() { missing.to_owned() } else { text.to_owned() };
    format!("{}_{}_{}", part(&gvk.group, "~G"), part(&gvk.version, "~V"), part(&gvk.kind, "~K"))
}
