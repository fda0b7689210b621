//! `flux get … --watch`: lost connections, and how a watch ends.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use edgeflux::kinds::{FLUX_INSTANCE, KINDS};
use serde_json::json;

use crate::support::assets;
use crate::support::cluster::Cluster;
use crate::support::flux::Flux;
use crate::support::proxy::Proxy;
use crate::support::user::User;
use crate::support::watching::{WAIT, interrupt, says};

fn kustomization(cluster: &Cluster, namespace: &str, name: &str, message: &str) {
    cluster.apply_value(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "source"}},
    }));
    report(cluster, namespace, name, message);
}

/// One change of the object.
fn report(cluster: &Cluster, namespace: &str, name: &str, message: &str) {
    let ready = json!([{"type": "Ready", "status": "True", "reason": "R", "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    cluster.patch_status("Kustomization", namespace, name, &json!({"conditions": ready}));
}

#[test]
fn a_watch_shows_each_change_once_across_lost_connections() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("watch");
    kustomization(cluster, &namespace, "apps", "first");
    kustomization(cluster, &namespace, "infra", "stays");
    let server: SocketAddr = cluster.url().trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::before(server);
    let running = Flux::new(cluster)
        .args([format!("--server=https://{}", proxy.address())])
        .line("get kustomizations --watch -n")
        .args([&namespace])
        .limit(Duration::from_mins(5))
        .spawn();
    says(cluster, &running, "first");
    report(cluster, &namespace, "apps", "second");
    says(cluster, &running, "second");
    for message in ["third", "fourth"] {
        proxy.cut();
        report(cluster, &namespace, "apps", message);
        says(cluster, &running, message);
    }
    cluster.delete("Kustomization", &namespace, "apps");
    says(cluster, &running, "deleted");
    interrupt(&running);
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    for text in ["NAME", "first", "second", "third", "fourth", "stays", "deleted"] {
        assert_eq!(ended.stdout.matches(text).count(), 1, "{text}: {ended:?}");
    }
}

#[test]
fn a_watch_ends_when_its_output_is_closed() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("pipe");
    kustomization(cluster, &namespace, "apps", "first");
    let home = tempfile::TempDir::new().unwrap();
    let mut watch = Command::new(assets::flux())
        .args(["get", "kustomizations", "--watch", "-n", &namespace])
        .env_clear()
        .env("HOME", home.path())
        .env("KUBECONFIG", cluster.kubeconfig())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(watch.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("NAME"), "{line}");
    // The reader is gone, and there is no change to write.
    cluster.wait("the end of the watch", WAIT, || watch.try_wait().unwrap().is_some());
    assert_eq!(watch.wait().unwrap().code(), Some(141));
    let mut errors = String::new();
    watch.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "");
}

#[test]
fn a_watch_that_cannot_start_is_reported() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("refused");
    let refused = Flux::new(cluster).line("get ks --watch -l !! -n").args([&namespace]).fails(1);
    assert!(refused.stderr.contains("unable to parse label selector"), "{refused:?}");
    let gone = crate::support::ports::free();
    let server = format!("--server=http://127.0.0.1:{gone}");
    let failed = Flux::bare().args(["get", "ks", "--watch", &server]).fails(1);
    assert!(failed.stderr.contains("cannot reach the Kubernetes API server"), "{failed:?}");
}

#[test]
fn a_watch_of_several_kinds_shows_each_change_in_a_line() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("kinds");
    kustomization(cluster, &namespace, "apps", "first");
    let running = Flux::new(cluster)
        .line("get ks,hr,sources --watch -n")
        .args([&namespace])
        .limit(Duration::from_mins(5))
        .spawn();
    says(cluster, &running, "first");
    report(cluster, &namespace, "apps", "second");
    says(cluster, &running, "second");
    cluster.apply_value(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "fleet", "namespace": namespace},
        "spec": {"interval": "1m", "url": "https://example.com/fleet"},
    }));
    says(cluster, &running, "gitrepository/fleet");
    interrupt(&running);
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(ended.stdout.matches("kustomization/apps").count(), 2, "{ended:?}");
}

#[test]
fn a_watch_on_a_terminal_is_drawn_in_place() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("live");
    kustomization(cluster, &namespace, "apps", "first");
    let server: SocketAddr = cluster.url().trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::before(server);
    let mut running = Flux::new(cluster)
        .args([format!("--server=https://{}", proxy.address())])
        .line("get all --watch -n")
        .args([&namespace])
        .limit(Duration::from_mins(5))
        .on_terminal()
        .spawn();
    says(cluster, &running, "kustomization/apps");
    says(cluster, &running, "watching https://");
    report(cluster, &namespace, "apps", "second");
    says(cluster, &running, "second");
    proxy.cut();
    report(cluster, &namespace, "apps", "third");
    says(cluster, &running, "third");
    cluster.delete("Kustomization", &namespace, "apps");
    running.answer("no objects", "\u{3}");
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
}

#[test]
fn a_watch_for_programs_prints_each_object_and_each_change() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("programs");
    kustomization(cluster, &namespace, "apps", "first");
    kustomization(cluster, &namespace, "infra", "stays");
    let watch = |format: &str| {
        Flux::new(cluster)
            .line("get ks apps infra --watch -n")
            .args([&namespace, format])
            .limit(Duration::from_mins(5))
            .spawn()
    };
    let json = watch("-ojson");
    let columns = watch("-ocustom-columns=NAME:.metadata.name,MESSAGE:.status.conditions[0].message");
    for (running, first) in [(&json, "\"stays\""), (&columns, "stays")] {
        says(cluster, running, first);
    }
    report(cluster, &namespace, "apps", "second");
    cluster.wait("the change", WAIT, || columns.said().contains("second"));
    says(cluster, &json, "\"second\"");
    cluster.delete("Kustomization", &namespace, "apps");
    cluster.wait("the deletion", WAIT, || columns.said().matches("second").count() == 2);
    cluster.wait("the deletion", WAIT, || json.said().matches("\"second\"").count() == 2);
    let [json, columns] = [json, columns].map(|running| {
        interrupt(&running);
        let ended = running.wait();
        assert_eq!(ended.code, Some(130), "{ended:?}");
        ended.stdout
    });
    let objects: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&json).into_iter().map(Result::unwrap).collect();
    let names: Vec<_> = objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["apps", "infra", "apps", "apps"]);
    assert!(objects.iter().all(|object| object["kind"] == "Kustomization"), "{json}");
    assert_eq!(columns, "NAME    MESSAGE\napps    first\ninfra   stays\napps    second\napps    second\n");
}

#[test]
fn a_watch_of_all_leaves_out_the_kinds_of_flux_operator_that_are_forbidden() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("watch-rights");
    kustomization(cluster, &namespace, "apps", "first");
    let mut groups: Vec<&str> = KINDS.iter().map(|kind| kind.group).collect();
    groups.retain(|group| *group != FLUX_INSTANCE.group);
    let viewer = User::of_namespace(cluster, &namespace, &groups, &["list", "watch"]);
    let running =
        viewer.flux().line("get all --watch -n").args([&namespace]).limit(Duration::from_mins(5)).spawn();
    says(cluster, &running, "first");
    interrupt(&running);
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(!ended.stderr.contains("forbidden"), "{ended:?}");
    let named = viewer.flux().line("get ks,fluxinstances --watch -n").args([&namespace]).spawn();
    says(cluster, &named, "first");
    interrupt(&named);
    let named = named.wait();
    assert!(named.stderr.contains("cannot list resource \"fluxinstances\""), "{named:?}");
}
