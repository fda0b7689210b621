//! Why an object is not ready: its conditions and recent events, so that users need not look for them.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::kubernetes_events::without_changes;
use super::{Cluster, KubernetesEvent};
use crate::clock;
use crate::object::{Condition, ObjectMeta};

/// Events that are shown; older ones repeat them.
const EVENTS: usize = 5;

/// Why an object is not ready, as far as the cluster knows. Displayed as lines, each indented by two spaces and
/// separated by line feeds; empty if nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Conditions of the object, `Ready` first, each message once.
    pub conditions: Vec<Condition>,
    /// Recent events, newest last.
    pub events: Vec<KubernetesEvent>,
    /// When the events were read, from which their age is counted.
    pub read_at: Timestamp,
}

impl Diagnosis {
    /// Creates a diagnosis from the status of an object.
    pub fn of_conditions(object: &Value) -> Diagnosis {
        let mut conditions = object.conditions();
        for condition in &mut conditions {
            condition.message = without_changes(&condition.message);
        }
        conditions.sort_by_key(|condition| condition.condition_type != "Ready");
        let mut messages: Vec<String> = Vec::new();
        conditions.retain(|condition| {
            let new = condition.message.is_empty() || !messages.contains(&condition.message);
            messages.push(condition.message.clone());
            new
        });
        Diagnosis { conditions, ..Diagnosis::default() }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.events.is_empty()
    }
}

impl Cluster {
    /// Returns the conditions and recent events of an object. Events that cannot be read are left out.
    pub async fn diagnose(&self, object: &Value) -> Diagnosis {
        let mut diagnosis = Diagnosis::of_conditions(object);
        let mut events = self.events_of(object).await.unwrap_or_default();
        events.drain(..events.len().saturating_sub(EVENTS));
        for event in &mut events {
            event.message = without_changes(&event.message);
        }
        events.retain(|event| !diagnosis.conditions.iter().any(|it| it.message == event.message));
        diagnosis.events = events;
        diagnosis.read_at = self.clock.now();
        diagnosis
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.conditions.iter().map(condition_line).collect();
        if !self.events.is_empty() {
            lines.push("last events:".into());
            lines.extend(self.events.iter().map(|event| format!("  {}", event_line(event, self.read_at))));
        }
        f.write_str(&lines.iter().map(|line| indent(line)).collect::<Vec<_>>().join("\n"))
    }
}

fn condition_line(condition: &Condition) -> String {
    let Condition { condition_type, status, reason, message, .. } = condition;
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    format!("{condition_type}={status}{reason}{message}")
}

fn event_line(event: &KubernetesEvent, now: Timestamp) -> String {
    let KubernetesEvent { event_type, reason, message, .. } = event;
    let mut notes = Vec::new();
    if event.count() > 1 {
        notes.push(format!("{} times", event.count()));
    }
    notes.extend(event.last_seen().map(|seen| format!("{} ago", clock::age(now, seen.min(now)))));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("{event_type} {reason}{notes}: {message}")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_come_ready_first_and_each_message_once() {
        let diagnosis = Diagnosis::of_conditions(&json!({"status": {"conditions": [
            {"type": "Reconciling", "status": "True", "reason": "ProgressingWithRetry", "message": "no such path"},
            {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no such path"},
            {"type": "Healthy", "status": "Unknown"},
        ]}}));
        assert_eq!(diagnosis.to_string(), "  Ready=False (BuildFailed): no such path\n  Healthy=Unknown");
    }

    #[test]
    fn events_are_shown_with_their_count_and_age() {
        let event: KubernetesEvent =
            serde_json::from_value(json!({"type": "Warning", "reason": "R", "message": "m",
            "count": 3, "lastTimestamp": "2026-01-01T00:00:00Z"}))
            .unwrap();
        let now: Timestamp = "2026-01-01T00:03:00Z".parse().unwrap();
        assert_eq!(event_line(&event, now), "Warning R (3 times, 3m ago): m");
    }

    #[test]
    fn lines_after_the_first_keep_the_indent() {
        assert_eq!(indent("one\ntwo"), "  one\n  two");
    }
}
