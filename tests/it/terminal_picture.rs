//! The picture of a terminal in the README shows what `flux` prints about a home lab.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::book::plain;
use crate::support::cluster::Cluster;
use crate::support::flux::Flux;
use crate::support::sources::root;

const COLUMNS: u16 = 100;
const PICTURE: &str = "docs/terminal.svg";
const REVISION: &str = "main@sha1:b0c487c6f7b1ef1db8c8ccbde0b9d1e9a7a0b4c7";

/// The time of twelve minutes ago.
fn earlier() -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(12)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Creates an object with a status that was reported a while ago.
fn object(cluster: &Cluster, mut object: Value, mut status: Value, ready: &str, reason: &str, message: &str) {
    let (kind, namespace, name) = (
        object["kind"].as_str().expect("a kind").to_owned(),
        object["metadata"]["namespace"].as_str().expect("a namespace").to_owned(),
        object["metadata"]["name"].as_str().expect("a name").to_owned(),
    );
    object["spec"]["interval"] = json!("10m");
    cluster.apply_value(&object);
    status["observedGeneration"] = json!(1);
    status["conditions"] = json!([{
        "type": "Ready", "status": ready, "reason": reason, "message": message,
        "observedGeneration": 1, "lastTransitionTime": earlier(),
    }]);
    cluster.patch_status(&kind, &namespace, &name, &status);
}

fn controller(cluster: &Cluster, name: &str) {
    let labels =
        json!({"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.9.6", "app": name});
    cluster.apply_value(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "flux-system", "labels": labels},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "manager", "image": "x:v1"}]}}},
    }));
    let generation = cluster.get("Deployment", "flux-system", name)["metadata"]["generation"].clone();
    let condition = |kind: &str| json!({"type": kind, "status": "True", "reason": "NewReplicaSetAvailable", "message": ""});
    cluster.patch_status("Deployment", "flux-system", name, &json!({
        "observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": [condition("Available"), condition("Progressing")],
    }));
}

fn home_lab(cluster: &Cluster) {
    for namespace in ["flux-system", "apps"] {
        cluster
            .apply_value(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
    }
    for name in ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"] {
        controller(cluster, name);
    }
    let source = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "flux-system", "namespace": "flux-system"},
        "spec": {"url": "ssh://git@github.com/alice/fleet", "ref": {"branch": "main"}},
    });
    let stored = format!("stored artifact for revision '{REVISION}'");
    let artifact = json!({"artifact": {
        "revision": REVISION, "digest": "sha256:0", "path": "a", "url": "http://a", "lastUpdateTime": earlier(),
    }});
    object(cluster, source, artifact, "True", "Succeeded", &stored);
    for name in ["flux-system", "infrastructure", "apps"] {
        let kustomization = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "flux-system"},
            "spec": {"prune": true, "path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
        });
        let status = json!({"lastAppliedRevision": REVISION, "lastAttemptedRevision": REVISION});
        let message = format!("Applied revision: {REVISION}");
        object(cluster, kustomization, status, "True", "ReconciliationSucceeded", &message);
    }
    for (name, version, suspended, failure) in [
        ("home-assistant", "0.3.14", false, ""),
        ("jellyfin", "2.3.0", true, ""),
        (
            "nextcloud",
            "8.5.2",
            false,
            "Helm upgrade failed for release apps/nextcloud with chart nextcloud@8.5.2: resource Deployment/apps/nextcloud not ready",
        ),
        ("paperless", "9.1.3", false, ""),
    ] {
        let release = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": name, "namespace": "apps"},
            "spec": {"suspend": suspended, "chartRef": {"kind": "OCIRepository", "name": name}},
        });
        let time = "2026-11-26T18:00:00Z";
        let status = json!({"history": [{
            "name": name, "namespace": "apps", "version": 1, "status": "deployed", "chartName": name, "chartVersion": version,
            "configDigest": "sha256:0", "digest": "sha256:0", "firstDeployed": time, "lastDeployed": time,
        }]});
        if failure.is_empty() {
            let message =
                format!("Helm upgrade succeeded for release apps/{name}.v3 with chart {name}@{version}");
            object(cluster, release, status, "True", "UpgradeSucceeded", &message);
        } else {
            object(cluster, release, status, "False", "UpgradeFailed", failure);
        }
    }
}

/// The text in a picture.
fn text(picture: &str) -> String {
    let tags = regex::Regex::new("<[^>]*>").expect("a valid expression");
    plain(&tags.replace_all(picture, " "))
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a switch of the tests")]
fn the_picture_of_the_readme_is_what_flux_shows() {
    let cluster = Cluster::api_only();
    cluster.install_crds();
    home_lab(&cluster);
    let mut shown = String::new();
    for line in ["status", "get kustomizations,helmreleases -A"] {
        let output = Flux::new(&cluster).line(line).on_terminal_of(COLUMNS, 60).run();
        let _ =
            write!(shown, "\u{1b}[1m$ flux {line}\u{1b}[0m\n{}\n", output.stdout.trim_matches(['\r', '\n']));
    }
    let mut drawing = Command::new(root().join("scripts/terminal-picture"))
        .args(["flux status and flux get on a home lab", &COLUMNS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python is installed");
    drawing.stdin.take().expect("it is piped").write_all(shown.as_bytes()).expect("it reads all");
    let drawn = drawing.wait_with_output().expect("it ends");
    assert!(drawn.status.success(), "{shown:?}");
    let drawn = String::from_utf8(drawn.stdout).expect("a picture is text");
    let recorded = fs::read_to_string(root().join(PICTURE)).unwrap_or_default();
    if text(&recorded) != text(&drawn) && std::env::var_os("EDGEFLUX_SITE").is_some_and(|it| it == "record") {
        fs::write(root().join(PICTURE), drawn).expect("written");
    } else {
        assert_eq!(text(&recorded), text(&drawn), "EDGEFLUX_SITE=record draws {PICTURE} again");
    }
}
