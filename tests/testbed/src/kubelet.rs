//! Acts as the kubelet of a node, without running anything.
//!
//! A Pod that the scheduler has given to the node runs and is ready at once, unless one of its images has `unpullable` in
//! its name: that one can never be pulled. The Pod of a Job succeeds. A Pod that is deleted is gone at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;

/// How often the Pods are looked at.
const PERIOD: Duration = Duration::from_millis(200);

/// The node that all Pods run on, with its status. The kubelet here sends no heartbeats: the node lifecycle controller
/// must not run.
pub const NODE: &str = "apiVersion: v1
kind: Node
metadata:
  name: edge
  labels:
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    kubernetes.io/hostname: edge
status:
  allocatable: {cpu: '32', memory: 256Gi, pods: '500'}
  capacity: {cpu: '32', memory: 256Gi, pods: '500'}
  addresses: [{type: InternalIP, address: 127.0.0.1}, {type: Hostname, address: edge}]
  conditions: [{type: Ready, status: 'True', reason: KubeletReady, message: acts as a kubelet}]
";

/// Looks after the Pods until it is dropped.
pub struct Kubelet {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Kubelet {
    /// Starts it, with the administrator's client.
    pub(super) fn start(client: Arc<Client>) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                // The server may be busy, or about to end: the next look finds what this one missed.
                let pods = get(&client, "/api/v1/pods").unwrap_or_default();
                for pod in pods["items"].as_array().into_iter().flatten() {
                    look_after(&client, pod);
                }
                std::thread::sleep(PERIOD);
            }
        });
        Self { done, thread: Some(thread) }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed, and the Pods of the test have not become ready.
            let _ = thread.join();
        }
    }
}

fn get(client: &Client, path: &str) -> Option<Value> {
    let (code, text) = client.send(super::cluster::prepare(http::Method::GET, path), String::new()).ok()?;
    if code == 200 { serde_json::from_str(&text).ok() } else { None }
}

/// Sends a change. A conflict or a Pod that is gone by now shows at the next look.
fn send(client: &Client, method: http::Method, path: &str, body: &Value) {
    let content =
        if method == http::Method::PATCH { "application/merge-patch+json" } else { "application/json" };
    let request = super::cluster::prepare(method, path).header("Content-Type", content);
    let _ = client.send(request, body.to_string());
}

fn look_after(client: &Client, pod: &Value) {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if text("/spec/nodeName").is_empty() && pod["metadata"]["deletionTimestamp"].is_null() {
        return;
    }
    let namespace = text("/metadata/namespace");
    let path = format!("/api/v1/namespaces/{namespace}/pods/{}", text("/metadata/name"));
    if !pod["metadata"]["deletionTimestamp"].is_null() {
        if !pod["metadata"]["finalizers"].is_null() {
            send(client, http::Method::PATCH, &path, &json!({"metadata": {"finalizers": null}}));
        }
        send(client, http::Method::DELETE, &path, &json!({"gracePeriodSeconds": 0}));
        return;
    }
    let owners = pod["metadata"]["ownerReferences"].as_array();
    let is_job = owners.is_some_and(|owners| owners.iter().any(|owner| owner["kind"] == "Job"));
    let images = pod["spec"]["containers"].as_array().into_iter().flatten().map(|it| it["image"].as_str());
    let pullable = !images.flatten().any(|image| image.contains("unpullable"));
    let status = match text("/status/phase") {
        "Pending" if pullable => running(pod),
        "Pending" if pod["status"]["containerStatuses"].is_null() => {
            let events = format!("/api/v1/namespaces/{namespace}/events");
            send(client, http::Method::POST, &events, &failed_to_pull(pod));
            without_image(pod)
        }
        "Running" if is_job => succeeded(pod),
        _ => return,
    };
    send(client, http::Method::PATCH, &format!("{path}/status"), &json!({ "status": status }));
}

/// When the Pod was made: the time of everything that happens to it.
fn time(pod: &Value) -> &Value {
    &pod["metadata"]["creationTimestamp"]
}

fn conditions(pod: &Value, types: &[&str], status: &str) -> Value {
    types
        .iter()
        .map(|it| json!({"type": it, "status": status, "lastTransitionTime": time(pod)}))
        .chain(
            pod["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|it| it["type"] == "PodScheduled")
                .cloned(),
        )
        .collect()
}

fn containers(pod: &Value, ready: bool, state: impl Fn(&Value) -> Value) -> Value {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    containers
        .map(|it| {
            json!({
                "name": it["name"], "image": it["image"], "imageID": "", "ready": ready, "started": ready,
                "restartCount": 0, "state": state(it),
            })
        })
        .collect()
}

fn running(pod: &Value) -> Value {
    json!({
        "phase": "Running",
        "startTime": time(pod),
        "conditions": conditions(pod, &["Initialized", "ContainersReady", "Ready"], "True"),
        "containerStatuses": containers(pod, true, |_| json!({"running": {"startedAt": time(pod)}})),
    })
}

fn succeeded(pod: &Value) -> Value {
    let ended =
        json!({"exitCode": 0, "reason": "Completed", "startedAt": time(pod), "finishedAt": time(pod)});
    json!({
        "phase": "Succeeded",
        "containerStatuses": containers(pod, false, |_| json!({ "terminated": ended })),
    })
}

fn without_image(pod: &Value) -> Value {
    let waiting = |container: &Value| {
        let message = format!("Back-off pulling image {}", container["image"]);
        json!({"waiting": {"reason": "ImagePullBackOff", "message": message}})
    };
    json!({
        "phase": "Pending",
        "startTime": time(pod),
        "conditions": conditions(pod, &["ContainersReady", "Ready"], "False"),
        "containerStatuses": containers(pod, false, waiting),
    })
}

fn failed_to_pull(pod: &Value) -> Value {
    let metadata = &pod["metadata"];
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "pull-", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": "Failed",
        "message": "Failed to pull image: not found",
        "source": {"component": "kubelet"},
        "firstTimestamp": time(pod),
        "lastTimestamp": time(pod),
        "count": 1,
    })
}
