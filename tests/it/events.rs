//! `flux events`: many events, and lost connections while it watches.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;
use crate::support::loopback::Loopback;
use crate::support::proxy::Proxy;
use crate::support::watching::{interrupt, says};

fn event(namespace: &str, name: &str, second: usize, message: &str) -> Value {
    let time = format!("2026-01-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "name": "apps", "namespace": namespace},
        "type": "Normal", "reason": "Progressing", "message": message, "count": 1,
        "firstTimestamp": time, "lastTimestamp": time, "source": {"component": "kustomize-controller"},
    })
}

#[test]
fn events_of_several_pages_are_sorted_by_time() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("events");
    for index in 0..300 {
        // The names are in the opposite order.
        cluster.apply_value(&event(
            &namespace,
            &format!("e{:03}", 999 - index),
            index,
            &format!("number {index:03}"),
        ));
    }
    let output = Flux::new(cluster).line("events -n").args([&namespace]).ok();
    let numbers: Vec<&str> = output
        .stdout
        .lines()
        .filter_map(|line| line.split_once("number "))
        .map(|(_, rest)| &rest[..3])
        .collect();
    let wanted: Vec<String> = (0..300).map(|index| format!("{index:03}")).collect();
    assert_eq!(numbers, wanted);
    let json = Flux::new(cluster).line("events -o json -n").args([&namespace]).ok();
    let list: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((list["kind"].as_str(), list["items"].as_array().map(Vec::len)), (Some("List"), Some(300)));
    assert_eq!(list["items"][0]["message"], "number 000");
}

#[test]
fn a_watch_shows_each_event_once_across_lost_connections() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("events");
    cluster.apply_value(&event(&namespace, "one", 1, "first"));
    let server: SocketAddr = cluster.url().trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::before(server);
    let running = Flux::new(cluster)
        .args([format!("--server=https://{}", proxy.address())])
        .line("events --watch -n")
        .args([&namespace])
        .limit(Duration::from_mins(5))
        .spawn();
    says(cluster, &running, "first");
    cluster.apply_value(&event(&namespace, "two", 2, "second"));
    says(cluster, &running, "second");
    for (name, message) in [("three", "third"), ("one", "again")] {
        proxy.cut();
        cluster.apply_value(&event(&namespace, name, 3, message));
        says(cluster, &running, message);
    }
    cluster.delete("Event", &namespace, "two");
    cluster.apply_value(&event(&namespace, "last", 4, "last"));
    says(cluster, &running, "last");
    interrupt(&running);
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    for text in ["LAST SEEN", "first", "second", "third", "again", "last"] {
        assert_eq!(ended.stdout.matches(text).count(), 1, "{text}: {ended:?}");
    }
}

/// A stream of watch events, which ends after them.
fn stream(events: &[Value]) -> Response {
    let lines = events.iter().fold(String::new(), |lines, event| format!("{lines}{event}\n"));
    ([(header::CONTENT_TYPE, "application/json")], Body::from(lines)).into_response()
}

fn versioned(name: &str, version: u64) -> Value {
    let mut event = event("flux-system", name, 1, &format!("{name} at {version}"));
    event["metadata"]["resourceVersion"] = version.to_string().into();
    event
}

#[test]
fn a_watch_that_has_expired_lists_again_and_shows_only_what_is_new() {
    let lists = Arc::new(AtomicUsize::new(0));
    let watches = Arc::new(AtomicUsize::new(0));
    let lists_served = Arc::clone(&lists);
    let router = Router::new().fallback(move |uri: Uri| {
        let answer = if uri.query().is_some_and(|query| query.contains("watch=true")) {
            match watches.fetch_add(1, Ordering::SeqCst) {
                0 => stream(&[
                    json!({"type": "ADDED", "object": versioned("b", 11)}),
                    json!({"type": "BOOKMARK", "object": {"kind": "Event", "metadata": {"resourceVersion": "15"}}}),
                    json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired",
                        "message": "too old resource version"}}),
                ]),
                1 => stream(&[json!({"type": "ADDED", "object": versioned("d", 21)})]),
                _ => StatusCode::FORBIDDEN.into_response(),
            }
        } else {
            let items = match lists_served.fetch_add(1, Ordering::SeqCst) {
                0 => vec![versioned("a", 1)],
                _ => vec![versioned("a", 1), versioned("b", 11), versioned("c", 18)],
            };
            let list = json!({"items": items, "metadata": {"resourceVersion": "20"}});
            ([(header::CONTENT_TYPE, "application/json")], list.to_string()).into_response()
        };
        async { answer }
    });
    let server = Loopback::serve(router, None);
    let output = Flux::bare()
        .line("events --watch --timeout=10s")
        .args([format!("--server={}", server.url())])
        .fails(1);
    let shown: Vec<&str> =
        output.stdout.lines().skip(1).filter_map(|line| line.rsplit('\t').nth(1)).map(str::trim).collect();
    assert_eq!(shown, ["a at 1", "b at 11", "c at 18", "d at 21"], "{output:?}");
    assert_eq!(lists.load(Ordering::SeqCst), 2, "{output:?}");
}

#[test]
fn events_of_a_namespace_that_may_not_be_read_are_named() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("reader");
    let elsewhere = cluster.namespace("elsewhere");
    cluster.apply_value(&event(&namespace, "one", 1, "applied"));
    cluster.apply_value(&event(&elsewhere, "two", 1, "hidden"));
    cluster.apply_value(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": namespace},
        "spec": {"interval": "1m", "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": elsewhere}},
    }));
    cluster.apply_value(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "reader", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "reader"}],
    }));
    let as_reader = |line: &str| Flux::new(cluster).line("--as=reader").line(line).args(["-n", &namespace]);
    let output = as_reader("events --for Kustomization/apps").ok();
    assert!(output.stdout.contains("applied"), "{output:?}");
    let missing =
        format!("cannot list resource \"events\" in API group \"\" in the namespace \"{elsewhere}\"");
    assert!(output.stderr.contains(&missing), "{output:?}");
    let refused = as_reader("events -A").fails(1);
    assert!(refused.stderr.contains("cannot list resource \"events\""), "{refused:?}");
    let counted = as_reader("stats").ok();
    assert!(counted.stdout.contains("Kustomization"), "{counted:?}");
    let refused = as_reader("stats -A").fails(1);
    assert!(refused.stderr.contains("at the cluster scope"), "{refused:?}");
}
