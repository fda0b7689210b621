//! `reconcile` and `wait` for one object and for many, against a real API server. The tests write the status that
//! controllers would write.

use std::time::Duration;

use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::flux::{Flux, Running};
use crate::support::flux_objects::{WAIT, apply, asked, condition, kustomization, report, spec};
use crate::support::user::User;
use crate::support::watching::says;

fn reconcile(cluster: &Cluster, namespace: &str, line: &str) -> Running {
    let running =
        Flux::new(cluster).line("reconcile kustomization apps -n").args([namespace]).line(line).limit(WAIT);
    let running = running.spawn();
    asked(cluster, "Kustomization", namespace, "apps");
    running
}

fn event(cluster: &Cluster, namespace: &str, reason: &str, message: &str) {
    let object = cluster.get("Kustomization", namespace, "apps");
    cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("apps.{}", reason.to_lowercase()), "namespace": namespace},
        "involvedObject": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "apps",
            "namespace": namespace, "uid": object["metadata"]["uid"]},
        "type": "Warning", "reason": reason, "message": message, "count": 2, "lastTimestamp": "2026-01-01T00:00:00Z",
        "source": {"component": "kustomize-controller"},
    }));
}

#[test]
fn a_failed_reconciliation_is_reported_with_condition_and_events() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("failing");
    kustomization(cluster, &namespace, "apps");
    let running = reconcile(cluster, &namespace, "");
    event(cluster, &namespace, "BuildFailed", "no such folder");
    report(
        cluster,
        "Kustomization",
        &namespace,
        "apps",
        &condition("False", "BuildFailed", "path not found"),
    );
    let failed = running.wait();
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains(&format!("✗ Kustomization/{namespace}/apps failed\n")), "{failed:?}");
    assert!(failed.stderr.contains("  Ready=False (BuildFailed): path not found\n"), "{failed:?}");
    assert!(failed.stderr.contains("    Warning BuildFailed (2 times, "), "{failed:?}");
    assert!(failed.stderr.contains("): no such folder\n"), "{failed:?}");
}

#[test]
fn a_timeout_is_reported_with_the_last_condition() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("slow");
    kustomization(cluster, &namespace, "apps");
    let unseen = reconcile(cluster, &namespace, "--timeout=1s").wait();
    assert_eq!(unseen.code, Some(1), "{unseen:?}");
    assert!(unseen.stderr.contains("no controller has picked it up"), "{unseen:?}");

    event(cluster, &namespace, "Progressing", "health check pending");
    report(
        cluster,
        "Kustomization",
        &namespace,
        "apps",
        &condition("Unknown", "Progressing", "waiting for a Pod"),
    );
    let late = Flux::new(cluster).line("resume ks apps --timeout=1s -n").args([&namespace]).fails(1);
    assert!(late.stderr.contains("is not ready after 1s without progress\n"), "{late:?}");
    assert!(late.stderr.contains("  Ready=Unknown (Progressing): waiting for a Pod\n"), "{late:?}");
    assert!(late.stderr.contains("): health check pending\n"), "{late:?}");
    assert!(!late.stderr.contains("deadline"), "{late:?}");
}

#[test]
fn with_source_reconciles_the_source_first() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("sources");
    kustomization(cluster, &namespace, "apps");
    let missing = Flux::new(cluster).line("reconcile ks apps --with-source -n").args([&namespace]).fails(1);
    assert!(
        missing.stderr.contains("gitrepositories.source.toolkit.fluxcd.io \"source\" not found"),
        "{missing:?}"
    );

    apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, "source", &spec("GitRepository"));
    let running =
        Flux::new(cluster).line("reconcile ks apps --with-source -n").args([&namespace]).limit(WAIT).spawn();
    for (kind, name) in [("GitRepository", "source"), ("Kustomization", "apps")] {
        asked(cluster, kind, &namespace, name);
        report(cluster, kind, &namespace, name, &condition("True", "Succeeded", "done"));
    }
    let done = running.wait();
    assert_eq!(done.code, Some(0), "{done:?}");

    let external =
        json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "ExternalArtifact", "name": "made"}});
    apply(cluster, &edgeflux::kinds::KUSTOMIZATION, &namespace, "made", &external);
    let refused = Flux::new(cluster).line("reconcile ks made --with-source -n").args([&namespace]).fails(1);
    assert!(refused.stderr.contains("cannot reconcile source of kind ExternalArtifact"), "{refused:?}");
    let metadata = &cluster.get("Kustomization", &namespace, "made")["metadata"];
    assert!(metadata["annotations"].is_null(), "nothing was asked for: {metadata}");
}

#[test]
fn force_and_reset_are_requested_with_the_reconciliation() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("forced");
    apply(cluster, &edgeflux::kinds::HELM_RELEASE, &namespace, "apps", &spec("HelmRelease"));
    let running = Flux::new(cluster)
        .line("reconcile hr apps --force --reset -n")
        .args([&namespace])
        .limit(WAIT)
        .spawn();
    asked(cluster, "HelmRelease", &namespace, "apps");
    report(cluster, "HelmRelease", &namespace, "apps", &condition("True", "UpgradeSucceeded", "done"));
    assert_eq!(running.wait().code, Some(0));
    let annotations = cluster.get("HelmRelease", &namespace, "apps")["metadata"]["annotations"].clone();
    let asked = &annotations["reconcile.fluxcd.io/requestedAt"];
    assert!(asked.is_string());
    assert_eq!(&annotations["reconcile.fluxcd.io/forceAt"], asked);
    assert_eq!(&annotations["reconcile.fluxcd.io/resetAt"], asked);
}

#[test]
fn everything_is_requested_at_once_and_failures_name_their_cause() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("fleet");
    apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, "source", &spec("GitRepository"));
    for (name, needs) in [("one", None), ("two", Some("one")), ("three", Some("two"))] {
        let mut wanted = spec("Kustomization");
        if let Some(needs) = needs {
            wanted["dependsOn"] = json!([{"name": needs}]);
        }
        apply(cluster, &edgeflux::kinds::KUSTOMIZATION, &namespace, name, &wanted);
    }
    let running = Flux::new(cluster).line("reconcile all -n").args([&namespace]).limit(WAIT).spawn();
    asked(cluster, "GitRepository", &namespace, "source");
    for name in ["one", "two", "three"] {
        asked(cluster, "Kustomization", &namespace, name);
    }
    let blocked =
        |on: &str| condition("False", "DependencyNotReady", &format!("dependency '{on}' is not ready"));
    report(cluster, "Kustomization", &namespace, "three", &blocked("two"));
    report(cluster, "Kustomization", &namespace, "two", &blocked("one"));
    report(cluster, "GitRepository", &namespace, "source", &condition("True", "Succeeded", "done"));
    report(cluster, "Kustomization", &namespace, "one", &condition("False", "BuildFailed", "path not found"));
    let failed = running.wait();
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let object = |name: &str| format!("Kustomization/{namespace}/{name}");
    for line in [
        format!("✔ GitRepository/{namespace}/source: fetched revision main\n"),
        format!("✗ {} failed\n  Ready=False (BuildFailed): path not found\n", object("one")),
        format!("✗ {} waits for {}: dependency 'one' is not ready\n", object("two"), object("one")),
        format!("✗ {} waits for {}: dependency 'two' is not ready\n", object("three"), object("two")),
        "✗ 1 of 4 objects reconciled: 1 failed, 2 waiting for other objects\n".to_owned(),
    ] {
        assert!(failed.stderr.contains(&line), "{line}: {failed:?}");
    }
}

#[test]
fn an_object_is_requested_again_after_its_source_has_another_revision() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("again");
    apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, "source", &spec("GitRepository"));
    kustomization(cluster, &namespace, "apps");
    let running = Flux::new(cluster).line("reconcile all -n").args([&namespace]).limit(WAIT).spawn();
    asked(cluster, "Kustomization", &namespace, "apps");
    let request = || {
        let object = cluster.get("Kustomization", &namespace, "apps");
        object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].clone()
    };
    let first = request();
    // It is done with the old revision before the source has the new one.
    report(cluster, "Kustomization", &namespace, "apps", &condition("True", "Succeeded", "done"));
    asked(cluster, "GitRepository", &namespace, "source");
    report(cluster, "GitRepository", &namespace, "source", &condition("True", "Succeeded", "done"));
    cluster.wait("the second request", WAIT, || request() != first);
    report(cluster, "Kustomization", &namespace, "apps", &condition("True", "Succeeded", "done"));
    let done = running.wait();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.ends_with("✔ 2 objects reconciled\n"), "{done:?}");
}

#[test]
fn many_objects_are_waited_for() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("waits");
    let names: Vec<String> = (0..12).map(|at| format!("k{at:02}")).collect();
    for name in &names {
        kustomization(cluster, &namespace, name);
    }
    let running = Flux::new(cluster).line("wait ks --all -n").args([&namespace]).limit(WAIT).spawn();
    for name in &names {
        report(cluster, "Kustomization", &namespace, name, &condition("True", "Succeeded", "done"));
    }
    let done = running.wait();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stderr.matches(" is ready\n").count(), names.len(), "{done:?}");
    let deleted =
        Flux::new(cluster).line("wait ks k00 --for deleted -n").args([&namespace]).limit(WAIT).spawn();
    cluster.delete("Kustomization", &namespace, "k00");
    assert_eq!(deleted.wait().code, Some(0));
    let late =
        Flux::new(cluster).line("wait ks k01 --for suspended --timeout=1s -n").args([&namespace]).fails(3);
    assert!(late.stderr.contains("after 1s without progress: it is not suspended\n"), "{late:?}");
    let gone = format!("--server=http://127.0.0.1:{}", crate::support::ports::free());
    Flux::bare().args(["wait", "ks", "k01", "--timeout=1s", &gone]).fails(4);
}

#[test]
fn an_interrupted_wait_exits_with_130() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("interrupted");
    kustomization(cluster, &namespace, "apps");
    for line in ["wait ks apps -n", "reconcile all -n"] {
        let running = Flux::new(cluster).line(line).args([&namespace]).limit(WAIT).spawn();
        if line.starts_with("reconcile") {
            asked(cluster, "Kustomization", &namespace, "apps");
        } else {
            std::thread::sleep(Duration::from_millis(500));
        }
        crate::support::watching::interrupt(&running);
        assert_eq!(running.wait().code, Some(130), "{line}");
    }
}

#[test]
fn a_wait_for_many_objects_does_not_need_the_right_to_list() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("getter");
    let names: Vec<String> = (0..10).map(|at| format!("k{at}")).collect();
    for name in &names {
        kustomization(cluster, &namespace, name);
        report(cluster, "Kustomization", &namespace, name, &condition("True", "Succeeded", "done"));
    }
    let getter = User::of_namespace(cluster, &namespace, &["kustomize.toolkit.fluxcd.io"], &["get"]);
    getter.flux().line("wait ks -n").args([&namespace]).args(&names).ok();
    let refused = getter.flux().line("wait ks --all -n").args([&namespace]).fails(1);
    assert!(refused.stderr.contains("cannot list resource \"kustomizations\""), "{refused:?}");
    let unpatched = getter.flux().line("suspend ks k0 -n").args([&namespace]).fails(1);
    assert!(unpatched.stderr.contains("cannot patch resource \"kustomizations\""), "{unpatched:?}");
}

#[test]
fn a_terminal_shows_how_far_a_wait_and_a_reconciliation_are() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("progress");
    for name in ["one", "two"] {
        kustomization(cluster, &namespace, name);
    }
    report(cluster, "Kustomization", &namespace, "one", &condition("True", "Succeeded", "done"));
    let on_terminal =
        |line: &str| Flux::new(cluster).line(line).args([&namespace]).limit(WAIT).on_terminal().spawn();
    let running = on_terminal("wait ks --all -n");
    says(cluster, &running, "1 of 2 ready");
    report(cluster, "Kustomization", &namespace, "two", &condition("True", "Succeeded", "done"));
    assert_eq!(running.wait().code, Some(0));
    let running = on_terminal("reconcile ks --all -n");
    for name in ["one", "two"] {
        asked(cluster, "Kustomization", &namespace, name);
    }
    report(cluster, "Kustomization", &namespace, "one", &condition("True", "Succeeded", "done"));
    says(cluster, &running, "1 of 2");
    report(cluster, "Kustomization", &namespace, "two", &condition("True", "Succeeded", "done"));
    let done = running.wait();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.contains("2 objects reconciled"), "{done:?}");
}
