//! `get`, `export`, `suspend`, `resume`, `reconcile` and `delete` on objects of every kind, against a real API server. There
//! are no controllers: the tests write the status.

use std::time::Duration;

use edgeflux::kinds::{Flag, KINDS, Kind, Path, Product, Reconciler, Verb};
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::flux::{Flux, Running};
use crate::support::operator;

const WAIT: Duration = Duration::from_mins(1);

/// The minimal spec of each kind.
fn spec(kind: &str) -> Value {
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

fn apply(cluster: &Cluster, kind: &Kind, namespace: &str, name: &str, spec: &Value) {
    cluster.apply_value(&json!({
        "apiVersion": kind.api_version(), "kind": kind.kind,
        "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    }));
}

fn condition(status: &str, reason: &str, message: &str) -> Value {
    json!([{"type": "Ready", "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z"}])
}

/// Sets the status that a controller sets after it has handled a request.
fn report(cluster: &Cluster, kind: &str, namespace: &str, name: &str, conditions: &Value) {
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

fn flux(cluster: &Cluster, verb: &str, path: &Path, line: &str) -> Flux {
    Flux::new(cluster).args([verb]).args(path.words).line(line).limit(WAIT)
}

/// Waits until a reconciliation of the object is requested.
fn asked(cluster: &Cluster, kind: &str, namespace: &str, name: &str) {
    cluster.wait("the request", WAIT, || {
        !cluster.get(kind, namespace, name)["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
            .is_null()
    });
}

#[test]
fn every_verb_works_on_every_kind_that_supports_it() {
    every_verb_works(Cluster::shared(), Product::Flux);
}

#[test]
fn every_verb_works_on_the_kinds_of_flux_operator() {
    let cluster = Cluster::api_only();
    operator::install_crds(&cluster);
    every_verb_works(&cluster, Product::FluxOperator);
    let missing = Flux::new(&cluster).line("get ks -A").fails(1);
    assert!(missing.stderr.contains("install Flux, or the component"), "{missing:?}");
}

#[test]
fn the_kinds_of_flux_operator_come_with_it() {
    let cluster = Cluster::shared();
    let missing = Flux::new(cluster).line("get resourcesets -A").fails(1);
    assert!(missing.stderr.contains("does not serve resourcesets.fluxcd.controlplane.io"), "{missing:?}");
    assert!(missing.stderr.contains("hint: this kind comes with flux-operator"), "{missing:?}");
}

fn every_verb_works(cluster: &Cluster, product: Product) {
    let namespace = cluster.namespace("verbs");
    let there = format!("one -n {namespace}");
    for kind in KINDS.iter().filter(|kind| kind.product == product) {
        let name = kind.kind;
        apply(cluster, kind, &namespace, "one", &spec(name));
        let listed = flux(cluster, "get", &kind.get, &there).ok();
        assert!(listed.stdout.starts_with("NAME\t"), "{listed:?}");
        assert!(listed.stdout.contains("\none"), "{listed:?}");
        if kind.has_conditions {
            assert!(listed.stdout.contains("\tFalse\twaiting to be reconciled\t"), "{listed:?}");
        }
        let exported = flux(cluster, "export", &kind.path, &there).ok();
        let head = format!("---\napiVersion: {}\nkind: {name}\nmetadata:\n  name: one\n", kind.api_version());
        assert!(exported.stdout.starts_with(&head), "{exported:?}");
        assert!(!exported.stdout.contains("\nstatus:"), "{exported:?}");
        assert!(!exported.stderr.contains("newer than this command"), "{exported:?}");
        if kind.takes(Verb::Suspend) {
            flux(cluster, "suspend", &kind.path, &there).ok();
            assert!(kind.suspension.holds(&cluster.get(name, &namespace, "one")), "{name}");
            if kind.takes(Verb::Reconcile) {
                let refused = flux(cluster, "reconcile", &kind.path, &there).fails(1);
                assert!(refused.stderr.contains("resource is suspended"), "{refused:?}");
            }
            flux(cluster, "resume", &kind.path, &format!("{there} --wait=false")).ok();
            assert!(!kind.suspension.holds(&cluster.get(name, &namespace, "one")), "{name}");
        }
        if kind.takes(Verb::Reconcile) {
            // Resuming an object of flux-operator has requested a reconciliation, too.
            let none = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": null}}});
            cluster.patch(name, &namespace, "one", &none);
            assert_eq!((kind.reconciler)(&json!({"spec": spec(name)})), Reconciler::Dynamic);
            let running = flux(cluster, "reconcile", &kind.path, &there).spawn();
            asked(cluster, name, &namespace, "one");
            report(cluster, name, &namespace, "one", &condition("True", "Succeeded", "done"));
            let done = running.wait();
            assert_eq!(done.code, Some(0), "{done:?}");
            assert!(done.stderr.contains(&format!("✔ {name} annotated\n")), "{done:?}");
        }
        if kind.takes(Verb::Delete) {
            let deleted = flux(cluster, "delete", &kind.path, &format!("{there} --silent")).ok();
            assert!(deleted.stderr.ends_with(&format!("✔ {} deleted\n", kind.human)), "{deleted:?}");
            assert!(cluster.try_get(name, &namespace, "one").is_none());
        }
    }
}

fn kustomization(cluster: &Cluster, namespace: &str, name: &str) {
    apply(cluster, &edgeflux::kinds::KUSTOMIZATION, namespace, name, &spec("Kustomization"));
}

#[test]
fn a_missing_object_is_reported_with_the_namespace_that_has_it() {
    let cluster = Cluster::shared();
    let (here, there) = (cluster.namespace("here"), cluster.namespace("there"));
    kustomization(cluster, &there, "only-there");
    let hint = format!("hint: an object with that name exists in namespace {there}: use --namespace {there}");
    for (line, code) in [
        ("get kustomizations only-there", 1),
        ("export kustomization only-there", 1),
        ("reconcile kustomization only-there", 1),
        ("delete kustomization only-there --silent", 1),
        ("suspend kustomization only-there", 0),
        ("resume kustomization only-there", 0),
    ] {
        let missing = Flux::new(cluster).line(line).args(["-n", &here]).fails(code);
        assert!(missing.stderr.contains(&hint), "{missing:?}");
        assert!(missing.stderr.contains("not found"), "{missing:?}");
        assert_eq!(missing.stdout, "");
    }
    let none = Flux::new(cluster).line("get kustomizations -n").args([&here]).fails(1);
    assert!(none.stderr.contains(&format!("no Kustomization objects found in \"{here}\" namespace")));
    assert!(none.stderr.contains("hint: other namespaces have such objects"), "{none:?}");
}

#[test]
fn invalid_selectors_are_refused_before_any_request() {
    for (flag, value, message) in [
        ("-l", "!!", "✗ unable to parse label selector \"!!\": expected a label key, found \"!\""),
        ("-l", "app in web", "✗ unable to parse label selector"),
        ("--status-selector", "ready", "✗ expected status selector in type=status or type!=status format"),
    ] {
        for target in ["kustomizations", "all"] {
            let refused = Flux::bare().args(["get", target, flag, value]).fails(1);
            assert!(refused.stderr.starts_with(message), "{refused:?}");
        }
    }
    let refused = Flux::bare().line("get all --watch -o json").fails(1);
    assert!(refused.stderr.contains("--watch shows a table"), "{refused:?}");
    let refused = Flux::bare().line("get all --watch --sort-by name").fails(1);
    assert!(refused.stderr.contains("--watch and --sort-by cannot be combined"), "{refused:?}");
}

#[test]
fn selectors_filter_by_label_and_by_condition() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("select");
    for (name, team, status) in [("good", "a", "True"), ("bad", "a", "False"), ("other", "b", "True")] {
        kustomization(cluster, &namespace, name);
        let label = json!({"metadata": {"labels": {"team": team}}});
        cluster.patch("Kustomization", &namespace, name, &label);
        report(cluster, "Kustomization", &namespace, name, &condition(status, "R", "m"));
    }
    let names = |args: &[&str]| {
        let listed = Flux::new(cluster).line("get ks --no-header -n").args([&namespace]).args(args).ok();
        let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
        listed.stdout.lines().map(first).collect::<Vec<_>>()
    };
    assert_eq!(names(&["-l", "team=a"]), ["bad", "good"]);
    assert_eq!(names(&["-l", "team notin (a)"]), ["other"]);
    assert_eq!(names(&["--status-selector", "ready=true"]), ["good", "other"]);
    assert_eq!(names(&["--status-selector", "READY!=true", "-l", "team=a"]), ["bad"]);
    assert_eq!(names(&["good", "bad"]), ["good", "bad"]);
}

#[test]
fn a_list_of_several_pages_is_complete() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("pages");
    let all: Vec<String> = (0..260).map(|at| format!("k{at:03}")).collect();
    for name in &all {
        kustomization(cluster, &namespace, name);
    }
    let listed = Flux::new(cluster).line("get ks --no-header -n").args([&namespace]).ok();
    let names = listed.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().trim());
    assert_eq!(names.collect::<Vec<_>>(), all);
}

#[test]
fn a_kind_that_fails_does_not_hide_the_others() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("rights");
    kustomization(cluster, &namespace, "unseen");
    apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, "seen", &spec("GitRepository"));
    let groups: Vec<&str> =
        KINDS.iter().map(|kind| kind.group).filter(|it| !it.starts_with("kustomize")).collect();
    let metadata = json!({"name": "viewer", "namespace": namespace});
    cluster.apply_value(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
        "rules": [{"apiGroups": groups, "resources": ["*"], "verbs": ["list"]}],
    }));
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer"},
        "subjects": [{"kind": "ServiceAccount", "name": "viewer", "namespace": namespace}],
    }));
    let directory = tempfile::TempDir::new().unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    std::fs::write(&kubeconfig, cluster.kubeconfig_for(&cluster.token(&namespace, "viewer"))).unwrap();
    let viewer = || Flux::bare().env("KUBECONFIG", &kubeconfig);
    let listed = viewer().line("get all -n").args([&namespace]).ok();
    assert!(listed.stdout.contains("gitrepository/seen"), "{listed:?}");
    assert_eq!(listed.stderr.matches("✗ ").count(), 1, "{listed:?}");
    assert!(listed.stderr.contains("kustomizations.kustomize.toolkit.fluxcd.io is forbidden"), "{listed:?}");
    assert!(listed.stderr.contains("\n  hint: "), "{listed:?}");
    viewer().line("get all -n default").fails(1);
}

#[test]
fn an_unreachable_cluster_is_reported_once() {
    let gone = crate::support::ports::free();
    let server = format!("--server=http://127.0.0.1:{gone}");
    let failed = Flux::bare().args(["get", "all", "-A", &server]).fails(1);
    assert_eq!(failed.stderr.matches("cannot reach the Kubernetes API server").count(), 1, "{failed:?}");
}

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
fn nothing_is_deleted_without_a_terminal_or_the_flag() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("delete");
    kustomization(cluster, &namespace, "apps");
    let refused =
        Flux::new(cluster).line("delete kustomization apps -n").args([&namespace]).stdin("y\n").fails(1);
    assert!(refused.stderr.contains("--silent"), "{refused:?}");
    assert!(cluster.try_get("Kustomization", &namespace, "apps").is_some());
}

#[test]
fn all_objects_of_a_namespace_are_suspended_and_resumed() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("everything");
    for name in ["one", "two"] {
        kustomization(cluster, &namespace, name);
    }
    let suspended = |name| cluster.get("Kustomization", &namespace, name)["spec"]["suspend"] == true;
    Flux::new(cluster).line("suspend ks --all -n").args([&namespace]).ok();
    assert!(suspended("one") && suspended("two"));
    Flux::new(cluster).line("resume --all ks -n").args([&namespace]).ok();
    assert!(!suspended("one") && !suspended("two"));
    let named = Flux::new(cluster).line("suspend ks one absent one -n").args([&namespace]).ok();
    assert_eq!(named.stderr.matches("► suspending").count(), 1, "{named:?}");
    assert!(suspended("one") && !suspended("two"));
    cluster.patch("Kustomization", &namespace, "two", &json!({"metadata": {"labels": {"team": "web"}}}));
    Flux::new(cluster).line("suspend ks -l team=web -n").args([&namespace]).ok();
    assert!(suspended("two"));
    Flux::new(cluster).line("resume ks -l team!=web -n").args([&namespace]).ok();
    assert!(!suspended("one") && suspended("two"));
}

#[test]
fn many_objects_are_suspended_in_the_order_of_their_names() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("many");
    let names: Vec<String> = (0..40).map(|at| format!("k{at:02}")).collect();
    for name in &names {
        kustomization(cluster, &namespace, name);
    }
    let done = Flux::new(cluster).line("suspend ks --all -n").args([&namespace]).ok();
    let order = done.stderr.lines().filter_map(|line| line.strip_prefix("► suspending kustomization "));
    let order: Vec<&str> = order.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(order, names);
    assert!(
        names.iter().all(|name| cluster.get("Kustomization", &namespace, name)["spec"]["suspend"] == true)
    );
}

#[test]
fn exported_sources_include_their_credentials_on_request() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("export");
    for (name, secret) in [("one", "first"), ("two", "second"), ("three", "first")] {
        let mut wanted = spec("GitRepository");
        wanted["secretRef"] = json!({"name": secret});
        apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, name, &wanted);
        cluster.apply_value(&json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": namespace},
            "stringData": {"password": secret},
        }));
    }
    assert!(edgeflux::kinds::GIT_REPOSITORY.flags.contains(&Flag::WithCredentials));
    let with =
        Flux::new(cluster).line("export source --with-credentials git --all -n").args([&namespace]).ok();
    let documents = edgeflux_yaml::documents(&with.stdout).unwrap();
    let names: Vec<&str> = documents.iter().filter_map(|it| it["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["one", "first", "three", "two", "second"]);
    let without = Flux::new(cluster).line("export source git --all -n").args([&namespace]).ok();
    assert!(!without.stdout.contains("kind: Secret"), "{without:?}");
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
        "✗ 1 of 4 objects reconciled: 1 failed, 2 waiting for others\n".to_owned(),
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
    let metadata = json!({"name": "getter", "namespace": namespace});
    cluster.apply_value(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
        "rules": [{"apiGroups": ["kustomize.toolkit.fluxcd.io"], "resources": ["*"], "verbs": ["get"]}],
    }));
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "getter"},
        "subjects": [{"kind": "ServiceAccount", "name": "getter", "namespace": namespace}],
    }));
    let directory = tempfile::TempDir::new().unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    std::fs::write(&kubeconfig, cluster.kubeconfig_for(&cluster.token(&namespace, "getter"))).unwrap();
    let getter = || Flux::bare().env("KUBECONFIG", &kubeconfig);
    getter().line("wait ks -n").args([&namespace]).args(&names).ok();
    let refused = getter().line("wait ks --all -n").args([&namespace]).fails(1);
    assert!(refused.stderr.contains("cannot list resource \"kustomizations\""), "{refused:?}");
    let unpatched = getter().line("suspend ks k0 -n").args([&namespace]).fails(1);
    assert!(unpatched.stderr.contains("cannot patch resource \"kustomizations\""), "{unpatched:?}");
}
