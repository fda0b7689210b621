//! `trace`, `tree` and `debug` against a real API server: discovery, and accounts with few rights.

use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

/// A Kustomization with a ConfigMap and a HelmRelease in its inventory, in a namespace of its own.
fn fleet(cluster: &Cluster) -> String {
    let namespace = cluster.namespace("trace");
    let labels = json!({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": namespace});
    cluster.apply_value(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "fleet", "namespace": namespace},
        "spec": {"interval": "1m", "url": "https://git.example.com/fleet", "ref": {"branch": "main"}},
    }));
    cluster.apply_value(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": namespace},
        "spec": {"interval": "1m", "path": "./apps", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
    }));
    let entries = [
        json!({"id": format!("{namespace}_config__ConfigMap"), "v": "v1"}),
        json!({"id": format!("{namespace}_web_helm.toolkit.fluxcd.io_HelmRelease"), "v": "v2"}),
    ];
    cluster.patch_status("Kustomization", &namespace, "apps", &json!({"inventory": {"entries": entries}}));
    cluster.apply_value(&json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": namespace, "labels": labels},
        "spec": {"interval": "1m", "chartRef": {"kind": "OCIRepository", "name": "web"}, "values": {"replicas": 2}},
    }));
    let time = "2026-01-01T00:00:00Z";
    let snapshot = json!({"name": "web", "namespace": namespace, "version": 1, "chartName": "web", "chartVersion": "1.0.0",
        "configDigest": "sha256:0", "digest": "sha256:0", "status": "deployed", "firstDeployed": time, "lastDeployed": time});
    let status = json!({"storageNamespace": namespace, "history": [snapshot]});
    cluster.patch_status("HelmRelease", &namespace, "web", &status);
    cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config", "namespace": namespace, "labels": labels},
    }));
    namespace
}

#[test]
fn objects_are_found_by_short_names_groups_and_kinds() {
    let cluster = Cluster::shared();
    let namespace = fleet(cluster);
    for words in [
        "cm/config",
        "configmaps config",
        "cm.v1. config",
        "hr.helm.toolkit.fluxcd.io/web",
        "helmrelease web",
    ] {
        let traced = Flux::new(cluster).line("trace -n").args([&namespace]).line(words).ok();
        assert!(traced.stdout.contains("GitRepository:   fleet"), "{words}: {traced:?}");
    }
    let by_kind = "trace config --kind=configmap --api-version=v1 -n";
    let traced = Flux::new(cluster).line(by_kind).args([&namespace]).ok();
    assert!(traced.stdout.starts_with("\nObject:          configmap/config\n"), "{traced:?}");
    let unknown = Flux::new(cluster).line("trace gadget/config -n").args([&namespace]).fails(1);
    assert!(unknown.stderr.contains("the server doesn't have a resource type \"gadget\""), "{unknown:?}");
}

#[test]
fn an_account_without_secrets_sees_the_rest_of_the_tree() {
    let cluster = Cluster::shared();
    let namespace = fleet(cluster);
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "reader", "namespace": namespace},
        "rules": [{"apiGroups": ["*"], "resources": ["kustomizations", "helmreleases"], "verbs": ["get", "list"]}],
    }));
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "reader", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "joe"}],
    }));
    let tree = Flux::new(cluster).line("tree kustomization apps --as=joe -n").args([&namespace]).ok();
    assert!(tree.stdout.contains(&format!("└── HelmRelease/{namespace}/web\n")), "{tree:?}");
    for missing in ["cannot get resource \"secrets\"", &format!("in the namespace \"{namespace}\"")] {
        assert!(tree.stderr.contains(missing), "{tree:?}");
    }
    let values = Flux::new(cluster).line("debug hr web --show-values --as=joe -n").args([&namespace]).ok();
    assert_eq!(values.stdout, "replicas: 2\n");
}
