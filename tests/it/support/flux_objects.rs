//! Objects of every Flux kind, and the status that their controllers would write.

use std::time::Duration;

use edgeflux::kinds::Kind;
use serde_json::{Value, json};

use super::cluster::Cluster;

/// How long a command may take.
pub const WAIT: Duration = Duration::from_mins(1);

/// The minimal spec of each kind.
pub fn spec(kind: &str) -> Value {
    let source = json!({"kind": "GitRepository", "name": "source"});
    match kind {
        "GitRepository" => json!({"url": "https://example.com/r", "interval": "1m"}),
        "OCIRepository" => json!({"url": "oci://example.com/r", "interval": "1m"}),
        "HelmRepository" => json!({"url": "https://example.com/charts", "interval": "1m"}),
        "HelmChart" => {
            json!({"chart": "c", "interval": "1m", "sourceRef": {"kind": "HelmRepository", "name": "charts"}})
        }
        "Bucket" => json!({"bucketName": "b", "endpoint": "minio.example.com", "interval": "1m"}),
        "ExternalArtifact" => {
            json!({"sourceRef": {"apiVersion": "example.com/v1", "kind": "Maker", "name": "m"}})
        }
        "ImageRepository" => json!({"image": "example.com/i", "interval": "1m"}),
        "ImagePolicy" => {
            json!({"imageRepositoryRef": {"name": "i"}, "policy": {"alphabetical": {"order": "asc"}}})
        }
        "ImageUpdateAutomation" => {
            json!({"interval": "1m", "sourceRef": source, "git": {"commit": {"author": {"email": "a@example.com"}}}})
        }
        "HelmRelease" => json!({"interval": "1m", "chartRef": {"kind": "OCIRepository", "name": "chart"}}),
        "Kustomization" => json!({"interval": "1m", "prune": true, "sourceRef": source}),
        "Receiver" => json!({"type": "generic", "secretRef": {"name": "token"}, "resources": [source]}),
        "Alert" => json!({"providerRef": {"name": "p"}, "eventSources": [source]}),
        "Provider" => json!({"type": "slack"}),
        "ArtifactGenerator" => json!({
            "sources": [{"alias": "a", "kind": "GitRepository", "name": "source"}],
            "artifacts": [{"name": "o", "copy": [{"from": "@a/**", "to": "@artifact/"}]}],
        }),
        "FluxInstance" => json!({"distribution": {"version": "2.x", "registry": "ghcr.io/fluxcd"}}),
        "FluxReport" => json!({"distribution": {"status": "Installed", "entitlement": "Unknown"}}),
        "ResourceSet" => json!({"resources": []}),
        "ResourceSetInputProvider" => json!({"type": "Static"}),
        other => panic!("no spec of {other} is known here: add one"),
    }
}

/// Applies an object of a kind.
pub fn apply(cluster: &Cluster, kind: &Kind, namespace: &str, name: &str, spec: &Value) {
    cluster.apply_value(&json!({
        "apiVersion": kind.api_version(), "kind": kind.kind,
        "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    }));
}

/// The condition `Ready`.
pub fn condition(status: &str, reason: &str, message: &str) -> Value {
    json!([{"type": "Ready", "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z"}])
}

/// Sets the status that a controller sets after it has handled a request.
pub fn report(cluster: &Cluster, kind: &str, namespace: &str, name: &str, conditions: &Value) {
    let object = cluster.get(kind, namespace, name);
    let mut status = json!({
        "observedGeneration": object["metadata"]["generation"],
        "conditions": conditions,
        // Only sources have one; the API server drops it elsewhere.
        "artifact": {
            "path": "app.tar.gz", "url": "http://127.0.0.1/app.tar.gz", "revision": "main",
            "digest": format!("sha256:{}", "0".repeat(64)), "lastUpdateTime": "2026-01-01T00:00:00Z",
        },
    });
    if let Some(asked) = object["metadata"]["annotations"].get("reconcile.fluxcd.io/requestedAt") {
        status["lastHandledReconcileAt"] = asked.clone();
    }
    cluster.patch_status(kind, namespace, name, &status);
}

/// Waits until a reconciliation of the object is requested.
pub fn asked(cluster: &Cluster, kind: &str, namespace: &str, name: &str) {
    cluster.wait("the request", WAIT, || {
        !cluster.get(kind, namespace, name)["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
            .is_null()
    });
}

/// Applies a Kustomization with the minimal spec.
pub fn kustomization(cluster: &Cluster, namespace: &str, name: &str) {
    apply(cluster, &edgeflux::kinds::KUSTOMIZATION, namespace, name, &spec("Kustomization"));
}
