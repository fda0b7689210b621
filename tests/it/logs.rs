//! `flux logs` with a real API server and a kubelet that serves logs.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::flux::{Flux, Running};
use crate::support::pod_logs::PodLogs;
use crate::support::proxy::Proxy;
use crate::support::watching::{interrupt, says};

/// A namespace with controllers, and their logs.
struct Bed {
    cluster: &'static Cluster,
    namespace: String,
    logs: PodLogs,
}

impl Bed {
    fn new() -> Self {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("logs");
        let logs = PodLogs::start();
        cluster.apply_value(&logs.node(&namespace));
        Bed { cluster, namespace, logs }
    }

    fn controller(&self, name: &str) {
        self.cluster.apply_value(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace,
                "labels": {"app.kubernetes.io/part-of": "flux"}},
            "spec": {
                "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "manager", "image": "x"}]}},
            },
        }));
    }

    /// A pod of a controller. Names of pods are unique, also among tests: the kubelet knows them by name.
    fn pod(&self, controller: &str, name: &str) {
        self.cluster.apply_value(&json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": self.namespace, "labels": {"app": controller}},
            "spec": {"nodeName": self.namespace, "containers": [{"name": "manager", "image": "x"}],
                "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0},
        }));
        self.state(name, 0, &json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}));
    }

    fn state(&self, pod: &str, restarts: u64, state: &Value) {
        let status = json!([{"name": "manager", "image": "x", "imageID": "", "ready": true,
            "restartCount": restarts, "state": state}]);
        self.cluster.patch_status(
            "Pod",
            &self.namespace,
            pod,
            &json!({"phase": "Running", "containerStatuses": status}),
        );
    }

    fn restarted(&self, pod: &str, restarts: u64) {
        self.state(pod, restarts, &json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}));
    }

    fn flux(&self, line: &str) -> Flux {
        Flux::new(self.cluster).line(line).args(["-n", &self.namespace, "--flux-namespace", &self.namespace])
    }

    fn line(&self, pod: &str, message: &str) {
        let line = json!({"level": "info", "ts": "T", "msg": message, "controllerKind": "Kustomization",
            "name": "apps", "namespace": self.namespace});
        self.logs.write(pod, &line.to_string());
    }

    fn says(&self, running: &Running, text: &str) {
        says(self.cluster, running, text);
    }
}

fn messages(stdout: &str) -> Vec<&str> {
    stdout.lines().filter_map(|line| line.split_once(" - ")).map(|(_, message)| message.trim()).collect()
}

#[test]
fn the_logs_of_controllers_are_merged_and_limited() {
    let bed = Bed::new();
    for (controller, pod) in [("helm", "helm-1"), ("source", "source-1")] {
        bed.controller(controller);
        bed.pod(controller, pod);
    }
    bed.controller("idle");
    for number in 1..=6 {
        bed.line(if number % 3 == 0 { "helm-1" } else { "source-1" }, &format!("line {number}"));
    }
    let all = bed.flux("logs").ok();
    let wanted = ["line 1", "line 2", "line 3", "line 4", "line 5", "line 6"];
    assert_eq!(messages(&all.stdout), wanted, "{all:?}");
    assert!(all.stderr.contains("controller idle has no pod"), "{all:?}");
    let tail = bed.flux("logs --tail=1").ok();
    assert_eq!(messages(&tail.stdout), ["line 5", "line 6"], "{tail:?}");
    let since = bed.flux("logs --since-time=2026-01-01T00:00:02Z").ok();
    assert_eq!(messages(&since.stdout), ["line 4", "line 5", "line 6"], "{since:?}");
    bed.flux("logs --since=90s").ok();
    assert!(bed.logs.requests().iter().any(|query| query.contains("sinceSeconds=90")));
}

#[test]
fn followed_logs_have_each_line_once_across_lost_connections() {
    let bed = Bed::new();
    bed.controller("source");
    bed.pod("source", "source-2");
    bed.line("source-2", "line 01");
    let server: SocketAddr = bed.cluster.url().trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::before(server);
    let running = bed
        .flux("logs --follow --tail=1")
        .args([format!("--server=https://{}", proxy.address())])
        .limit(Duration::from_mins(5))
        .spawn();
    bed.says(&running, "line 01");
    // Several lines of the same time, before and after the connection is lost.
    bed.logs.pause_clock(true);
    for number in [2, 3] {
        bed.line("source-2", &format!("line {number:02}"));
    }
    bed.says(&running, "line 03");
    proxy.cut();
    for number in [4, 5] {
        bed.line("source-2", &format!("line {number:02}"));
    }
    bed.says(&running, "line 05");
    bed.logs.pause_clock(false);
    proxy.cut();
    bed.line("source-2", "line 06");
    bed.says(&running, "line 06");
    interrupt(&running);
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let wanted: Vec<String> = (1..=6).map(|number| format!("line {number:02}")).collect();
    assert_eq!(messages(&ended.stdout), wanted, "{ended:?}");
}

#[test]
fn followed_logs_go_on_after_restarts_and_in_new_pods() {
    let bed = Bed::new();
    bed.controller("source");
    bed.pod("source", "source-3");
    bed.line("source-3", "run 1");
    let server: SocketAddr = bed.cluster.url().trim_start_matches("https://").parse().unwrap();
    let proxy = Proxy::before(server);
    let running = bed
        .flux("logs -f")
        .args([format!("--server=https://{}", proxy.address())])
        .limit(Duration::from_mins(5))
        .spawn();
    bed.says(&running, "run 1");
    // A restart while connected.
    bed.logs.write("source-3", "panic: oops");
    bed.logs.restart("source-3");
    bed.line("source-3", "run 2");
    bed.restarted("source-3", 1);
    bed.says(&running, "run 2");
    // A restart while the connection is lost: the end of the previous run must not be missing.
    proxy.cut();
    bed.line("source-3", "end of run 2");
    bed.logs.restart("source-3");
    bed.line("source-3", "run 3");
    bed.restarted("source-3", 2);
    bed.says(&running, "run 3");
    // Another pod takes over.
    bed.line("source-4", "new pod");
    bed.pod("source", "source-4");
    bed.says(&running, "new pod");
    bed.cluster.delete("Pod", &bed.namespace, "source-3");
    bed.logs.end("source-3");
    bed.line("source-4", "goes on");
    bed.says(&running, "goes on");
    interrupt(&running);
    let ended = running.wait();
    let wanted = ["run 1", "run 2", "end of run 2", "run 3", "new pod", "goes on"];
    assert_eq!(messages(&ended.stdout), wanted, "{ended:?}");
    assert_eq!(ended.stdout.matches("panic: oops").count(), 1, "{ended:?}");
}
