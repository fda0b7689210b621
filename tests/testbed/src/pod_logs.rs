//! Acts as the part of a kubelet that serves the logs of containers, as the API server asks for them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::loopback::Loopback;
use super::tls::Authority;

/// The logs of the containers of a node. Each line is written half a second after the one before, from 2026-01-01 on,
/// unless [`PodLogs::pause_clock`] says otherwise.
pub struct PodLogs {
    server: Loopback,
    logs: Logs,
}

#[derive(Clone)]
struct Logs {
    pods: Arc<Mutex<Pods>>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Pods {
    by_name: HashMap<String, Pod>,
    /// Time, in half seconds.
    now: u64,
    stopped: bool,
    requests: Vec<String>,
}

/// The runs of a container, the last one is the current one.
#[derive(Clone, Default)]
struct Pod {
    runs: Vec<Vec<Line>>,
    gone: bool,
}

#[derive(Clone)]
struct Line {
    time: u64,
    text: String,
}

impl PodLogs {
    /// Starts the server. The API server does not verify its certificate.
    pub fn start() -> Self {
        let logs = Logs { pods: Arc::default(), changed: watch::Sender::new(0) };
        let router = Router::new()
            .route("/containerLogs/{namespace}/{pod}/{container}", get(answer))
            .with_state(logs.clone());
        Self { server: Loopback::serve(router, Some(Authority::new().server_tls(&[]))), logs }
    }

    /// A node of this name whose kubelet this is.
    pub fn node(&self, name: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "status": {
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": self.server.address().port()}},
            },
        })
    }

    /// Writes a line into the log of a pod.
    pub fn write(&self, pod: &str, text: &str) {
        self.change(|pods| {
            if !pods.stopped {
                pods.now += 1;
            }
            let line = Line { time: pods.now, text: text.to_owned() };
            let runs = &mut pods.by_name.entry(pod.to_owned()).or_default().runs;
            if runs.is_empty() {
                runs.push(Vec::new());
            }
            runs.last_mut().expect("a run").push(line);
        });
    }

    /// Lets all lines from now on have the same time, or not any more.
    pub fn pause_clock(&self, paused: bool) {
        self.change(|pods| pods.stopped = paused);
    }

    /// Ends the container of a pod and starts it again.
    pub fn restart(&self, pod: &str) {
        self.change(|pods| pods.by_name.entry(pod.to_owned()).or_default().runs.push(Vec::new()));
    }

    /// Ends the container of a pod for good.
    pub fn end(&self, pod: &str) {
        self.change(|pods| pods.by_name.entry(pod.to_owned()).or_default().gone = true);
    }

    /// Queries of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.logs.lock().requests.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Pods)) {
        change(&mut self.logs.lock());
        self.logs.changed.send_modify(|version| *version += 1);
    }
}

impl Logs {
    fn lock(&self) -> MutexGuard<'_, Pods> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The line, with its time if `timestamps=true` asks for it.
    fn text(&self, stamped: bool) -> String {
        if !stamped {
            return format!("{}\n", self.text);
        }
        let half = if self.time.is_multiple_of(2) { "" } else { ".5" };
        format!("{}{half}Z {}\n", second(self.time / 2), self.text)
    }
}

/// A second as RFC 3339, without the zone.
fn second(second: u64) -> String {
    format!("2026-01-01T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// A log that is being followed.
struct Follow {
    logs: Logs,
    changes: watch::Receiver<u64>,
    pod: String,
    run: usize,
    sent: usize,
    stamps: bool,
}

impl Follow {
    /// The lines that were written since the last call; none at the end of the container's run.
    async fn next(&mut self) -> Option<String> {
        loop {
            self.changes.borrow_and_update();
            let (more, has_ended) = {
                let pods = self.logs.lock();
                let pod = pods.by_name.get(&self.pod)?;
                let lines = pod.runs.get(self.run).map(Vec::as_slice).unwrap_or_default();
                let more: String = lines[self.sent..].iter().map(|line| line.text(self.stamps)).collect();
                self.sent = lines.len();
                (more, pod.gone || pod.runs.len() > self.run + 1)
            };
            if !more.is_empty() {
                return Some(more);
            }
            if has_ended {
                return None;
            }
            self.changes.changed().await.ok()?;
        }
    }
}

async fn answer(
    State(logs): State<Logs>,
    Path((_, pod, _)): Path<(String, String, String)>,
    uri: Uri,
) -> Response {
    let query: HashMap<&str, String> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, value.replace("%3A", ":")))
        .collect();
    let is = |name: &str| query.get(name).is_some_and(|value| value == "true");
    let (run, lines) = {
        let mut pods = logs.lock();
        pods.requests.push(uri.query().unwrap_or_default().to_owned());
        let runs = pods.by_name.get(&pod).map(|pod| pod.runs.clone()).unwrap_or_default();
        let last = runs.len().saturating_sub(1);
        let run = if is("previous") { last.checked_sub(1) } else { Some(last) };
        let Some(run) = run else {
            return (StatusCode::BAD_REQUEST, "previous terminated container not found").into_response();
        };
        (run, runs.get(run).cloned().unwrap_or_default())
    };
    let since = query.get("sinceTime").map(|time| time.trim_end_matches('Z')).unwrap_or_default();
    let tail = query.get("tailLines").and_then(|tail| tail.parse().ok()).unwrap_or(usize::MAX);
    let stamps = is("timestamps");
    let chosen: Vec<&Line> = lines.iter().filter(|line| *second(line.time / 2) >= *since).collect();
    let first: String =
        chosen[chosen.len().saturating_sub(tail)..].iter().map(|line| line.text(stamps)).collect();
    if !is("follow") {
        return first.into_response();
    }
    let changes = logs.changed.subscribe();
    let follow = Follow { logs, changes, pod, run, sent: lines.len(), stamps };
    let stream = futures::stream::unfold((Some(first), follow), |(first, mut follow)| async move {
        let text = match first.filter(|first| !first.is_empty()) {
            Some(first) => first,
            None => follow.next().await?,
        };
        Some((Ok::<_, Infallible>(text), (None, follow)))
    });
    Body::from_stream(stream).into_response()
}
