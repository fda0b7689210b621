//! Labels and annotations that control how objects are applied, and name their owner.

use serde_json::Value;

/// How kustomize-controller applies an object: `merge`, `ifnotpresent` or `ignore`.
pub const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// Whether kustomize-controller deletes and creates an object whose immutable fields change.
pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
const OWNER_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
const OWNER_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";

/// Whether a label or annotation has this value, ignoring case.
pub fn says(object: &Value, name: &str, value: &str) -> bool {
    ["labels", "annotations"].iter().any(|field| {
        object["metadata"][field][name].as_str().is_some_and(|said| said.eq_ignore_ascii_case(value))
    })
}

/// Whether the controller must not touch it.
pub fn is_excluded(object: &Value) -> bool {
    says(object, RECONCILE, "disabled") || says(object, SSA, "ignore")
}

/// Whether it is kept when it is no longer rendered.
pub fn is_unpruned(object: &Value) -> bool {
    says(object, PRUNE, "disabled") || is_excluded(object)
}

/// Whether Helm keeps it when it is no longer rendered.
pub fn is_kept_by_helm(object: &Value) -> bool {
    let policy = object["metadata"]["annotations"]["helm.sh/resource-policy"].as_str();
    policy.is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"))
}

/// Whether its labels name this Flux Kustomization (namespace and name) as the owner.
pub fn belongs_to(object: &Value, (namespace, name): (&str, &str)) -> bool {
    let labels = &object["metadata"]["labels"];
    labels[OWNER_NAME] == name && labels[OWNER_NAMESPACE] == namespace
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_and_annotations_count_in_any_case() {
        let object = json!({"metadata": {"labels": {SSA: "IfNotPresent"}}});
        assert!(says(&object, SSA, "ifnotpresent") && !says(&object, SSA, "ignore"));
    }
}
