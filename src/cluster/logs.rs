//! Why a controller does not come up, in its own words: the last errors of its log, and how its last
//! run ended.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, Resource};

/// The longest time that all of it may take: it is a help, and nobody waits for it.
const DEADLINE: Duration = Duration::from_secs(5);

/// As many different errors as help.
const MOST: usize = 3;

/// The longest line, in characters.
const WIDTH: usize = 300;

/// As many of a log's last lines are looked at.
const TAIL: &str = "200";

/// The container of a controller, where its pod has others beside it.
const MANAGER: &str = "manager";

impl Cluster {
    /// What the pods of a Deployment say of their failure, each a line of at most 300 characters. Empty
    /// where nothing is known: without the right to read logs, or without a kubelet that answers.
    pub(super) async fn last_errors(&self, namespace: &str, deployment: &str) -> Vec<String> {
        let mut found = Vec::new();
        // What was found in time is told.
        let _ = tokio::time::timeout(DEADLINE, self.collect_errors(namespace, deployment, &mut found)).await;
        found
    }

    async fn collect_errors(&self, namespace: &str, deployment: &str, found: &mut Vec<String>) -> Option<()> {
        let resource = Resource::built_in("Deployment")?;
        let deployment = self.glance(&resource.path(Some(namespace), Some(deployment))).await?;
        let deployment: Value = serde_json::from_slice(&deployment).ok()?;
        let pods = Resource::built_in("Pod")?;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("labelSelector", &selector(&deployment))
            .append_pair("limit", "10")
            .finish();
        let list = self.glance(&format!("{}?{query}", pods.path(Some(namespace), None))).await?;
        let list: Value = serde_json::from_slice(&list).ok()?;
        for pod in list["items"].as_array()? {
            let Some(name) = pod.pointer("/metadata/name").and_then(Value::as_str) else { continue };
            let Some(container) = main_container(pod) else { continue };
            add(found, container.last_end());
            if found.len() >= MOST {
                break;
            }
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("container", &container.name)
                .append_pair("tailLines", TAIL)
                .extend_pairs(container.is_down().then_some(("previous", "true")))
                .finish();
            let log = self.glance(&format!("{}/log?{query}", pods.path(Some(namespace), Some(name)))).await;
            let Some(log) = log else { continue };
            for error in errors_in(&String::from_utf8_lossy(&log)) {
                add(found, Some(format!("log: {error}")));
            }
        }
        Some(())
    }

    /// An answer that is a success, asked for once and without a word about anything else.
    async fn glance(&self, path: &str) -> Option<Vec<u8>> {
        let (parts, body) = self.exchange(&http::Method::GET, path, None).await.ok()?;
        parts.status.is_success().then_some(body)
    }
}

/// The selector of a Deployment's pods as a query takes it.
pub(super) fn selector(deployment: &Value) -> String {
    let labels = deployment.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten();
    let pairs: Vec<String> =
        pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    pairs.join(",")
}

fn add(found: &mut Vec<String>, line: Option<String>) {
    if let Some(line) = line
        && found.len() < MOST
        && !found.contains(&line)
    {
        found.push(line);
    }
}

/// The status of a container, in so far as it tells of failures.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    name: String,
    state: State,
    last_state: State,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    running: Option<Value>,
    terminated: Option<End>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct End {
    reason: String,
    exit_code: i64,
}

impl Container {
    /// Whether it is not running now and ran before: then the log is that of the run before.
    fn is_down(&self) -> bool {
        self.state.running.is_none()
            && self.state.terminated.is_none()
            && self.last_state.terminated.is_some()
    }

    fn last_end(&self) -> Option<String> {
        let end = self.state.terminated.as_ref().or(self.last_state.terminated.as_ref())?;
        let reason = if end.reason.is_empty() { "no reason given" } else { &end.reason };
        Some(format!("the last run of {} ended with exit code {} ({reason})", self.name, end.exit_code))
    }
}

fn main_container(pod: &Value) -> Option<Container> {
    let statuses = pod.pointer("/status/containerStatuses")?.as_array()?;
    let manager = statuses.iter().find(|status| status["name"] == MANAGER).or(statuses.first())?;
    Container::deserialize(manager).ok()
}

/// A line of a controller's log.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    level: String,
    msg: String,
    error: String,
}

/// The last different errors of a log, the newest last. A panic of the Go runtime counts, too.
fn errors_in(log: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in log.lines().rev() {
        let text = if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            line.to_owned()
        } else {
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            if !matches!(line.level.as_str(), "error" | "dpanic" | "panic" | "fatal") {
                continue;
            }
            let parts = [line.msg, line.error];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
        };
        let text = cut(&text);
        if !text.is_empty() && !found.contains(&text) {
            found.push(text);
        }
        if found.len() == MOST {
            break;
        }
    }
    found.reverse();
    found
}

/// One line of at most [`WIDTH`] characters.
fn cut(text: &str) -> String {
    let line = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WIDTH {
        return line;
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_different_errors_of_a_log_are_picked() {
        let log = r#"{"level":"error","ts":"1","msg":"oldest"}
{"level":"error","ts":"2","msg":"unable to start manager","error":"no such\n\u001b[31mhost"}
I1124 not JSON
{"level":"info","ts":"3","msg":"starting","error":"not one"}
{"level":"error","ts":"4","msg":"Reconciler error","error":"denied","controller":"kustomization"}
{"level":"error","ts":"5","msg":"Reconciler error","error":"denied"}
panic: runtime error: invalid memory address
"#;
        assert_eq!(
            errors_in(log),
            [
                "unable to start manager: no such [31mhost",
                "Reconciler error: denied",
                "panic: runtime error: invalid memory address"
            ]
        );
        assert!(errors_in("").is_empty());
    }

    #[test]
    fn a_long_line_is_cut() {
        let line = cut(&"é".repeat(WIDTH + 1));
        assert_eq!(line.chars().count(), WIDTH);
        assert!(line.ends_with("é…"));
        assert_eq!(cut(&"é".repeat(WIDTH)).chars().last(), Some('é'));
    }

    #[test]
    fn a_container_between_two_runs_is_asked_for_the_one_before() {
        let of = |statuses: Value| main_container(&json!({"status": {"containerStatuses": statuses}}));
        let down = of(json!([{"name": "proxy"}, {"name": "manager", "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]))
        .unwrap();
        assert!(down.is_down());
        assert_eq!(
            down.last_end().as_deref(),
            Some("the last run of manager ended with exit code 137 (OOMKilled)")
        );
        let runs =
            of(json!([{"name": "manager", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]))
                .unwrap();
        assert!(!runs.is_down());
        assert_eq!(runs.last_end(), None);
        assert!(of(json!([])).is_none());
    }
}
