//! The clusters of the test bed.

use std::time::Duration;

use crate::support::cluster::Cluster;

#[test]
fn the_shared_cluster_keeps_what_is_applied() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("bed");
    cluster.apply(&format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: fleet
  namespace: {namespace}
spec:
  url: https://example.com/fleet
  interval: 1m
status:
  observedGeneration: 1
"
    ));
    cluster.patch_status(
        "GitRepository",
        &namespace,
        "fleet",
        &serde_json::json!({ "lastHandledReconcileAt": "now" }),
    );
    let found = cluster.get("GitRepository", &namespace, "fleet");
    assert_eq!(found["status"]["observedGeneration"], 1);
    assert_eq!(found["status"]["lastHandledReconcileAt"], "now");
    assert_eq!(cluster.list("GitRepository", &namespace).len(), 1);
    cluster.delete("GitRepository", &namespace, "fleet");
    assert!(cluster.try_get("GitRepository", &namespace, "fleet").is_none());
}

#[test]
fn a_fresh_cluster_runs_deployments_and_removes_namespaces() {
    let cluster = Cluster::fresh();
    cluster.apply(
        "apiVersion: v1
kind: Namespace
metadata:
  name: apps
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: apps
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      containers: [{name: web, image: example.com/web:1}]
",
    );
    cluster.wait("the Deployment's Pod", Duration::from_mins(2), || {
        cluster.get("Deployment", "apps", "web")["status"]["availableReplicas"] == 1
    });
    let image = serde_json::json!([{ "op": "replace", "path": "/spec/template/spec/containers/0/image",
        "value": "unpullable.example.com/web:2" }]);
    let path = cluster.path("Deployment", "apps", "web");
    assert_eq!(cluster.request("JSON", &path, Some(&image)).0, 200);
    cluster.wait("a Pod without its image", Duration::from_mins(2), || {
        cluster.list("Pod", "apps").iter().any(|pod| {
            pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
        })
    });
    cluster.delete("Namespace", "", "apps");
    cluster.wait("the namespace's end", Duration::from_mins(2), || {
        cluster.try_get("Namespace", "", "apps").is_none()
    });
}
