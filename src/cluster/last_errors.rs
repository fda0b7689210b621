//! Last errors of a controller, from its log and from how its last run ended.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::Cluster;
use super::rollout::pod_selector;
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Timeout of all requests together. What is found until then is shown.
const DEADLINE: Duration = Duration::from_secs(5);

/// Maximum number of errors that are shown; repeated ones count once.
const MOST: usize = 3;

/// Longest line, in characters.
const WIDTH: usize = 300;

/// Number of lines at the end of a log that are searched.
const TAIL: &str = "200";

/// Maximum number of pods whose logs are read.
const PODS: &str = "10";

/// Container of a controller, in case its pod has others.
const MANAGER: &str = "manager";

impl Cluster {
    /// Returns the last errors of the pods of a Deployment, each a line of at most 300 characters. Empty without the
    /// right to read logs, or without a kubelet that answers.
    pub(super) async fn last_errors(&self, deployment: &ObjectRef) -> Vec<String> {
        let mut found = Vec::new();
        let _ = tokio::time::timeout(DEADLINE, self.collect_errors(deployment, &mut found)).await;
        found
    }

    async fn collect_errors(&self, deployment: &ObjectRef, found: &mut Vec<String>) -> Option<()> {
        let answer = self.get_once(&deployment.path()).await?;
        let deployment: Value = serde_json::from_slice(&answer).ok()?;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("labelSelector", &pod_selector(&deployment))
            .append_pair("limit", PODS)
            .finish();
        let pods = Resource::POD.path(deployment.namespace(), None);
        let list: Value = serde_json::from_slice(&self.get_once(&format!("{pods}?{query}")).await?).ok()?;
        for pod in list["items"].as_array()? {
            let Some(container) = main_container(pod) else { continue };
            add(found, container.last_exit());
            if found.len() >= MOST {
                break;
            }
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("container", &container.name)
                .append_pair("tailLines", TAIL)
                .extend_pairs(container.is_between_runs().then_some(("previous", "true")))
                .finish();
            let path = ObjectRef::of(Resource::POD, pod).path();
            let Some(log) = self.get_once(&format!("{path}/log?{query}")).await else { continue };
            for error in errors_in(&String::from_utf8_lossy(&log)) {
                add(found, Some(format!("log: {error}")));
            }
        }
        Some(())
    }

    /// Returns the answer to a request that is not retried; none if it fails.
    async fn get_once(&self, path: &str) -> Option<Vec<u8>> {
        let (parts, body) = self.exchange(&http::Method::GET, path, None).await.ok()?;
        parts.status.is_success().then_some(body)
    }
}

fn add(found: &mut Vec<String>, line: Option<String>) {
    if let Some(line) = line
        && found.len() < MOST
        && !found.contains(&line)
    {
        found.push(line);
    }
}

/// Status of a container, as far as it says something about failures.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    state: ContainerState,
    last_state: ContainerState,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerState {
    running: Option<Value>,
    terminated: Option<Terminated>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    reason: String,
    exit_code: i64,
}

impl ContainerStatus {
    /// Whether it ran before and is not running now. Its log is that of the previous run.
    fn is_between_runs(&self) -> bool {
        self.state.running.is_none()
            && self.state.terminated.is_none()
            && self.last_state.terminated.is_some()
    }

    fn last_exit(&self) -> Option<String> {
        let end = self.state.terminated.as_ref().or(self.last_state.terminated.as_ref())?;
        let reason = if end.reason.is_empty() { "no reason given" } else { &end.reason };
        Some(format!("the last run of {} ended with exit code {} ({reason})", self.name, end.exit_code))
    }
}

fn main_container(pod: &Value) -> Option<ContainerStatus> {
    let statuses = pod["status"]["containerStatuses"].as_array()?;
    let manager = statuses.iter().find(|status| status["name"] == MANAGER).or(statuses.first())?;
    ContainerStatus::deserialize(manager).ok()
}

/// A line of a controller's log.
#[derive(Default, Deserialize)]
#[serde(default)]
struct LogLine {
    level: String,
    msg: String,
    error: String,
}

/// Returns the last different errors of a log, newest last. A panic of the Go runtime counts as one.
fn errors_in(log: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in log.lines().rev() {
        let text = if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            line.to_owned()
        } else {
            let Ok(line) = serde_json::from_str::<LogLine>(line) else { continue };
            if !matches!(line.level.as_str(), "error" | "dpanic" | "panic" | "fatal") {
                continue;
            }
            let parts = [line.msg, line.error];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
        };
        let text = shortened(&text);
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

/// Joins the words of a text on one line of at most [`WIDTH`] characters.
fn shortened(text: &str) -> String {
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
    fn the_last_different_errors_of_a_log_are_found() {
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
    fn a_long_line_is_shortened() {
        let line = shortened(&"é".repeat(WIDTH + 1));
        assert_eq!(line.chars().count(), WIDTH);
        assert!(line.ends_with("é…"));
        assert_eq!(shortened(&"é".repeat(WIDTH)).chars().last(), Some('é'));
    }

    #[test]
    fn between_two_runs_the_log_of_the_previous_one_is_read() {
        let of = |statuses: Value| main_container(&json!({"status": {"containerStatuses": statuses}}));
        let down = of(json!([{"name": "proxy"}, {"name": "manager", "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]))
        .unwrap();
        assert!(down.is_between_runs());
        assert_eq!(
            down.last_exit().as_deref(),
            Some("the last run of manager ended with exit code 137 (OOMKilled)")
        );
        let runs =
            of(json!([{"name": "manager", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]))
                .unwrap();
        assert!(!runs.is_between_runs());
        assert_eq!(runs.last_exit(), None);
        assert!(of(json!([])).is_none());
    }
}
