//! `flux status` against a real API server: exit codes, a narrow terminal, a user with few rights, and watching.

use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;
use crate::support::operator;
use crate::support::user::User;
use crate::support::watching::{interrupt, says};

fn deployment(cluster: &Cluster, available: u64) {
    cluster
        .apply_value(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}));
    let labels =
        json!({"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.9.4", "app": "source"});
    cluster.apply_value(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "source-controller", "namespace": "flux-system", "labels": labels},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "source"}}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "manager", "image": "x:v1"}]}}},
    }));
    let generation =
        cluster.get("Deployment", "flux-system", "source-controller")["metadata"]["generation"].clone();
    let condition =
        |kind: &str, reason: &str| json!({"type": kind, "status": "True", "reason": reason, "message": ""});
    cluster.patch_status("Deployment", "flux-system", "source-controller", &json!({
        "observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "readyReplicas": available,
        "availableReplicas": available,
        "conditions": [condition("Available", "MinimumReplicasAvailable"), condition("Progressing", "NewReplicaSetAvailable")],
    }));
}

fn kustomization(cluster: &Cluster, namespace: &str, name: &str, status: &str, message: &str) {
    cluster.apply_value(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "source"}},
    }));
    report(cluster, namespace, name, status, message);
}

fn report(cluster: &Cluster, namespace: &str, name: &str, status: &str, message: &str) {
    let ready = json!([{"type": "Ready", "status": status, "reason": "BuildFailed", "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1}]);
    cluster.patch_status(
        "Kustomization",
        namespace,
        name,
        &json!({"observedGeneration": 1, "conditions": ready}),
    );
}

/// The text that a terminal shows, without colors.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        rest = after.split_once(|char: char| char.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[test]
fn the_exit_code_reflects_the_health() {
    let cluster = Cluster::api_only();
    let missing = Flux::new(&cluster).line("status").fails(1);
    assert!(missing.stderr.contains("Flux is not installed"), "{missing:?}");
    let unknown = Flux::new(&cluster).line("status --nagios").fails(3);
    assert!(unknown.stdout.starts_with("UNKNOWN - Flux is not installed"), "{unknown:?}");

    cluster.install_crds();
    operator::install_crds(&cluster);
    deployment(&cluster, 1);
    let apps = cluster.namespace("status");
    kustomization(&cluster, &apps, "web", "True", "applied");
    let healthy = Flux::new(&cluster).line("status").ok();
    assert!(healthy.stdout.starts_with("✔ healthy: 1 of 1 objects ready\n"), "{healthy:?}");
    assert!(healthy.stdout.contains(", 1 of 1 controllers ready"), "{healthy:?}");
    Flux::new(&cluster).line("status --nagios").ok();

    report(
        &cluster,
        &apps,
        "web",
        "False",
        "kustomize build failed: accumulating resources from a file that is missing",
    );
    let failed = Flux::new(&cluster).line("status -o json").fails(1);
    let document: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!((&document["level"], &document["notReady"][0]["name"]), (&json!("critical"), &json!("web")));
    let critical = Flux::new(&cluster).line("status --nagios").fails(2);
    assert!(
        critical.stdout.starts_with("CRITICAL - 1 failed, 0 of 1 objects ready; Kustomization"),
        "{critical:?}"
    );

    let phone = Flux::new(&cluster).line("status").on_terminal_of(60, 24).fails(1);
    let lines = plain(&phone.stdout);
    assert!(lines.lines().all(|line| line.trim_end().chars().count() <= 60), "{lines}");
    assert!(phone.stdout.contains("\u{1b}[31m✗"), "{phone:?}");

    report(&cluster, &apps, "web", "True", "applied");
    deployment(&cluster, 0);
    let down = Flux::new(&cluster).line("status").fails(1);
    assert!(down.stdout.starts_with("✗ not healthy: 1 controller down"), "{down:?}");
    assert!(down.stdout.contains("0 of 1 pods are available"), "{down:?}");
}

#[test]
fn a_user_of_one_namespace_sees_it_and_learns_what_is_missing() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("status-rights");
    kustomization(cluster, &namespace, "web", "True", "applied");
    let viewer = User::of_namespace(cluster, &namespace, &["kustomize.toolkit.fluxcd.io"], &["list"]);
    let shown = viewer.flux().line("status -n").args([&namespace]).ok();
    assert!(shown.stdout.starts_with("✔ healthy: 1 of 1 objects ready\n"), "{shown:?}");
    let missing = format!("\nlist in namespace {namespace}: deployments.apps");
    assert!(shown.stdout.contains("Missing permissions\n") && shown.stdout.contains(&missing), "{shown:?}");
    assert!(shown.stdout.contains("gitrepositories.source.toolkit.fluxcd.io"), "{shown:?}");
    assert!(!shown.stdout.contains("controlplane"), "{shown:?}");
    let unknown = viewer.flux().line("status --nagios -n").args([&namespace]).fails(3);
    assert!(unknown.stdout.starts_with("UNKNOWN - 1 of 1 objects ready"), "{unknown:?}");
    let nothing = viewer.flux().line("status").fails(1);
    assert!(nothing.stderr.contains("is forbidden"), "{nothing:?}");
    assert!(nothing.stderr.contains("flux status -n NAMESPACE"), "{nothing:?}");
}

#[test]
fn an_unreachable_cluster_has_an_exit_code_of_its_own() {
    let server = format!("--server=http://127.0.0.1:{}", crate::support::ports::free());
    let gone = Flux::bare().args(["status", &server]).fails(4);
    assert_eq!(gone.stderr.matches("cannot reach the Kubernetes API server").count(), 1, "{gone:?}");
    let unknown = Flux::bare().args(["status", "--nagios", &server]).fails(3);
    assert!(unknown.stdout.starts_with("UNKNOWN - cannot reach"), "{unknown:?}");
    Flux::bare().args(["status", "--watch", &server]).fails(4);
}

#[test]
fn a_watch_shows_changes_until_it_is_interrupted() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("status-watch");
    kustomization(cluster, &namespace, "web", "True", "first");
    let line = format!("status --watch --poll-interval=1s -n {namespace}");
    let running = Flux::new(cluster).line(&line).spawn();
    says(cluster, &running, "1 of 1 objects ready");
    report(cluster, &namespace, "web", "False", "second");
    says(cluster, &running, "next: flux events --for Kustomization/web");
    interrupt(&running);
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(ended.stdout.matches("objects ready").count(), 2, "{ended:?}");
    let mut terminal = Flux::new(cluster).line(&line).on_terminal().spawn();
    terminal.answer("second", "\u{3}");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stdout.contains("\u{1b}[K\r\n\u{1b}[J"), "{ended:?}");
}
