//! CRDs of flux-operator's kinds, as far as commands need them: any spec and any status.

use std::time::Duration;

use edgeflux::kinds::{KINDS, Product};
use serde_json::json;

use super::cluster::Cluster;

/// Creates the CRDs of flux-operator's kinds.
pub fn install_crds(cluster: &Cluster) {
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    for kind in KINDS.iter().filter(|kind| kind.product == Product::FluxOperator) {
        cluster.apply_value(&json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{}.{}", kind.plural, kind.group)},
            "spec": {
                "group": kind.group,
                "scope": "Namespaced",
                "names": {"kind": kind.kind, "plural": kind.plural, "singular": kind.kind.to_lowercase()},
                "versions": [{
                    "name": kind.version, "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": open, "status": open}}},
                }],
            },
        }));
        cluster.wait("the CRDs of flux-operator", Duration::from_mins(1), || cluster.knows(kind.kind));
    }
}
