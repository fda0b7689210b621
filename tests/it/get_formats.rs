//! `flux get -o` prints what `kubectl get -o` prints of the same objects, byte for byte.

use std::process::Command;

use serde_json::json;

use crate::support::assets;
use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

const KUSTOMIZATIONS: &str = "kustomizations.kustomize.toolkit.fluxcd.io";
const REPOSITORIES: &str = "gitrepositories.source.toolkit.fluxcd.io";

/// Three Kustomizations with different statuses, and a GitRepository.
fn fill(cluster: &Cluster, namespace: &str) {
    let conditions = |status: &str, message: &str| {
        json!([
            {"type": "Ready", "status": status, "reason": "R", "message": message,
                "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1},
            {"type": "Healthy", "status": "True", "reason": "H", "message": "<a & b>\n\"quoted\" é",
                "lastTransitionTime": "2026-01-01T00:00:00Z"},
        ])
    };
    for (name, path, status) in [
        (
            "apps",
            "./apps",
            Some(json!({"conditions": conditions("True", "ok"), "lastAppliedRevision": "main@sha1:00"})),
        ),
        (
            "infra",
            "./infra",
            Some(
                json!({"conditions": conditions("False", "failed: tab\there"), "inventory": {"entries": []}}),
            ),
        ),
        ("web", "./web", None),
    ] {
        cluster.apply_value(&json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": namespace, "labels": {"example.com/team": name},
                "annotations": {"note": "true", "number": "1"}},
            "spec": {"interval": "10m", "prune": true, "path": path, "suspend": name == "web",
                "sourceRef": {"kind": "GitRepository", "name": "source"},
                "postBuild": {"substitute": {"A": "1", "B": "<&>"}}},
        }));
        if let Some(status) = status {
            cluster.patch_status("Kustomization", namespace, name, &status);
        }
    }
    cluster.apply_value(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "source", "namespace": namespace},
        "spec": {"interval": "1m", "url": "https://example.com/r?a=1&b=2"},
    }));
}

fn kubectl(cluster: &Cluster, namespace: &str, args: &[&str]) -> String {
    let mut kubectl = Command::new(assets::program("kubectl"));
    kubectl.arg("--kubeconfig").arg(cluster.kubeconfig()).args(["get", "-n", namespace]).args(args);
    let output = kubectl.output().expect("kubectl runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn formats_are_those_of_kubectl() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("formats");
    fill(cluster, &namespace);
    let mut formats = vec!["json".to_owned(), "yaml".into(), "name".into()];
    formats.extend(
        [
            "{.items[*].metadata.name}",
            "{.items[*].metadata.labels}",
            "{range .items[*]}{.metadata.name}{'\\t'}{.spec.postBuild.substitute}{\"\\n\"}{end}",
            "{range .items[*]}[{range .status.conditions[*]}{.type}={.status};{end}]{end}",
            "{.items[?(@.spec.suspend==true)].metadata.name}",
            "{.items[?(@.metadata.generation>=1)].spec.path}",
            "{.items[?(@.status.lastAppliedRevision)].metadata.name}",
            "{.items[0].metadata.labels.example\\.com/team}",
            "{.items[-1:].metadata.name} {.items[0:3:2].metadata.name} {.items[:2].spec.path}",
            "{.items[*]['metadata.name','spec.path']}",
            "{..sourceRef.name}",
            "{.items[*].status.conditions[?(@.type==\"Healthy\")].message}",
            "{.items[*].metadata.generation} {.kind} {.items[1].spec}",
            "{.items[*].none}",
        ]
        .map(|template| format!("jsonpath={template}")),
    );
    formats.extend(
        [
            "NAME:.metadata.name,SUSPEND:.spec.suspend,REVISION:.status.lastAppliedRevision",
            "A:metadata.name,CONDITIONS:.status.conditions[*].type,MAP:.spec.postBuild.substitute",
            "N:{.metadata.name},READY:.status.conditions[?(@.type==\"Ready\")].status,G:.metadata.generation",
            "REF:.spec.sourceRef,LAST:.none",
        ]
        .map(|columns| format!("custom-columns={columns}")),
    );
    for format in &formats {
        let ours = Flux::new(cluster).args(["get", "ks", "-n", &namespace, "-o", format]).ok();
        assert_eq!(ours.stdout, kubectl(cluster, &namespace, &[KUSTOMIZATIONS, "-o", format]), "{format}");
    }
    for format in [
        "json",
        "yaml",
        "name",
        "jsonpath={.spec}{.status.conditions[0].type}",
        "custom-columns=N:.metadata.name",
    ] {
        let ours = Flux::new(cluster).args(["get", "ks", "apps", "-n", &namespace, "-o", format]).ok();
        assert_eq!(
            ours.stdout,
            kubectl(cluster, &namespace, &[KUSTOMIZATIONS, "apps", "-o", format]),
            "{format}"
        );
    }
    let kinds = format!("{KUSTOMIZATIONS},{REPOSITORIES}");
    for format in
        ["json", "yaml", "name", "jsonpath={.items[*].kind}", "custom-columns=N:.metadata.name,K:.kind"]
    {
        let ours = Flux::new(cluster).args(["get", "ks,gitrepo", "-n", &namespace, "-o", format]).ok();
        assert_eq!(ours.stdout, kubectl(cluster, &namespace, &[&kinds, "-o", format]), "{format}");
    }
    for selector in ["metadata.name=apps", "metadata.name!=apps", "metadata.name!=web,metadata.name!=apps"] {
        let args = ["--field-selector", selector, "-o", "name"];
        let ours = Flux::new(cluster).args(["get", "ks", "-n", &namespace]).args(args).ok();
        let theirs = kubectl(cluster, &namespace, &[&[KUSTOMIZATIONS], &args[..]].concat());
        assert_eq!(ours.stdout, theirs, "{selector}");
    }
    // kubectl's sort is not stable: the values differ.
    for by in [".metadata.name", "{.metadata.uid}", "metadata.uid"] {
        let args = ["--sort-by", by, "-o", "name"];
        let ours = Flux::new(cluster).args(["get", "ks", "-n", &namespace]).args(args).ok();
        let theirs = kubectl(cluster, &namespace, &[&[KUSTOMIZATIONS], &args[..]].concat());
        assert_eq!(ours.stdout, theirs, "{by}");
    }
}

#[test]
fn a_list_of_many_pages_is_one_list() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("pages");
    for number in 0..120 {
        cluster.apply_value(&json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": format!("app-{number:03}"), "namespace": namespace},
            "spec": {"interval": "10m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "source"}},
        }));
    }
    let output = Flux::new(cluster).args(["get", "ks", "-n", &namespace, "-o", "json"]).ok();
    assert_eq!(output.stdout, kubectl(cluster, &namespace, &[KUSTOMIZATIONS, "-o", "json"]));
}

#[test]
fn a_field_that_cannot_be_selected_is_refused() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("fields");
    let refused = Flux::new(cluster)
        .args(["get", "ks", "-n", &namespace, "--field-selector", "spec.suspend=true"])
        .fails(1);
    assert!(refused.stderr.contains("spec.suspend"), "{refused:?}");
}
