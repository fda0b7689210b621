//! What the cluster says of an object that is not as it should be: its conditions and its last
//! events, so that nobody has to go and look for them.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, Resource};
use crate::kinds::Condition;

/// As many events as help; older ones repeat themselves.
const EVENTS: usize = 5;

/// An event of Kubernetes (core/v1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `Normal` or `Warning`.
    pub event_type: String,
    /// A word for programs.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// How often it was seen.
    pub count: i64,
    /// When it was seen last; none where the event does not say.
    pub last_seen: Option<Timestamp>,
}

/// Why an object is not ready, as far as the cluster knows. Displayed as lines, each indented by
/// two spaces and ended by a line feed but for the last; empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The object's conditions, `Ready` first, each message once.
    pub conditions: Vec<Condition>,
    /// Its last events, the newest last.
    pub events: Vec<Event>,
}

impl Diagnosis {
    /// What the object's own status says.
    pub fn of_conditions(object: &Value) -> Diagnosis {
        let conditions = object.pointer("/status/conditions").cloned().unwrap_or_default();
        let mut conditions: Vec<Condition> = serde_json::from_value(conditions).unwrap_or_default();
        for condition in &mut conditions {
            condition.message = essence(&condition.message);
        }
        conditions.sort_by_key(|condition| condition.condition_type != "Ready");
        let mut messages: Vec<String> = Vec::new();
        conditions.retain(|condition| {
            let new = condition.message.is_empty() || !messages.contains(&condition.message);
            messages.push(condition.message.clone());
            new
        });
        Diagnosis { conditions, events: Vec::new() }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.events.is_empty()
    }
}

impl Cluster {
    /// The object's conditions and last events. Events that cannot be read are left out: they are
    /// a help, not what was asked for.
    pub async fn diagnose(&self, object: &Value) -> Diagnosis {
        let mut diagnosis = Diagnosis::of_conditions(object);
        diagnosis.events = self.last_events(object).await.unwrap_or_default();
        let Diagnosis { conditions, events } = &mut diagnosis;
        events.retain(|event| !conditions.iter().any(|condition| condition.message == event.message));
        diagnosis
    }

    async fn last_events(&self, object: &Value) -> Option<Vec<Event>> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let namespace = text("/metadata/namespace").unwrap_or("default");
        let name = text("/metadata/name")?;
        let mut fields = format!("involvedObject.name={name}");
        if let Some(uid) = text("/metadata/uid") {
            fields.push_str(",involvedObject.uid=");
            fields.push_str(uid);
        }
        let resource = Resource::built_in("Event")?;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("fieldSelector", &fields)
            .append_pair("limit", "100")
            .finish();
        let path = format!("{}?{query}", resource.path(Some(namespace), None));
        let list: Events = self.raw(&path).await.ok()?;
        let mut events: Vec<Event> = list.items.into_iter().map(Event::from).collect();
        events.sort_by_key(|event| event.last_seen);
        Some(events.split_off(events.len().saturating_sub(EVENTS)))
    }
}

#[derive(Deserialize)]
struct Events {
    #[serde(default)]
    items: Vec<Raw>,
}

/// An event as the API server has it: older reporters count and date it themselves, newer ones
/// give `eventTime` and, from the second time on, a series.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Raw {
    #[serde(rename = "type")]
    event_type: String,
    reason: String,
    message: String,
    count: Option<i64>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Option<Series>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    #[serde(default)]
    count: i64,
    last_observed_time: Option<Timestamp>,
}

impl From<Raw> for Event {
    fn from(raw: Raw) -> Self {
        let series = raw.series.as_ref();
        let last_seen = series.and_then(|series| series.last_observed_time);
        Event {
            count: series.map(|series| series.count).or(raw.count).unwrap_or(1).max(1),
            last_seen: last_seen.or(raw.last_timestamp).or(raw.event_time),
            event_type: raw.event_type,
            reason: raw.reason,
            message: essence(&raw.message),
        }
    }
}

/// A controller's message without the list of what it changed on the way, which follows the reason.
fn essence(message: &str) -> String {
    let is_change = |line: &str| {
        line.split_once(' ').is_some_and(|(object, done)| {
            object.contains('/') && matches!(done, "created" | "configured" | "unchanged" | "deleted")
        })
    };
    let lines: Vec<&str> =
        message.lines().map(str::trim_end).filter(|line| !line.is_empty() && !is_change(line)).collect();
    lines.join("\n")
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.conditions.iter().map(condition_line).collect();
        if !self.events.is_empty() {
            lines.push("last events:".into());
            let now = Timestamp::now();
            lines.extend(self.events.iter().map(|event| format!("  {}", event_line(event, now))));
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

fn event_line(event: &Event, now: Timestamp) -> String {
    let Event { event_type, reason, message, count, last_seen } = event;
    let mut notes = Vec::new();
    if *count > 1 {
        notes.push(format!("{count} times"));
    }
    notes.extend(last_seen.map(|seen| ago(now.duration_since(seen))));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("{event_type} {reason}{notes}: {message}")
}

/// `12s ago`, `5m ago`, `3h ago`, `2d ago`.
fn ago(past: SignedDuration) -> String {
    let seconds = past.as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds}s ago"),
        120..=7199 => format!("{}m ago", seconds / 60),
        7200..=172_799 => format!("{}h ago", seconds / 3600),
        _ => format!("{}d ago", seconds / 86_400),
    }
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
    fn events_are_read_in_their_old_and_their_new_form() {
        let old: Raw = serde_json::from_value(json!({"type": "Warning", "reason": "R", "message": "m\n",
            "count": 3, "lastTimestamp": "2026-01-01T00:00:00Z", "eventTime": null}))
        .unwrap();
        let new: Raw = serde_json::from_value(json!({"type": "Normal", "reason": "R", "message": "m",
            "eventTime": "2026-01-01T00:00:00.000001Z",
            "series": {"count": 4, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}}))
        .unwrap();
        let now: Timestamp = "2026-01-01T00:03:00Z".parse().unwrap();
        assert_eq!(event_line(&old.into(), now), "Warning R (3 times, 3m ago): m");
        assert_eq!(event_line(&new.into(), now), "Normal R (4 times, 2m ago): m");
    }

    #[test]
    fn a_reason_comes_without_the_list_of_changes() {
        let message = "Nothing/default/x dry-run failed: no matches\n\nNamespace/flux-system configured\n";
        assert_eq!(essence(message), "Nothing/default/x dry-run failed: no matches");
        assert_eq!(essence("health check failed after 5m0s"), "health check failed after 5m0s");
    }

    #[test]
    fn lines_after_the_first_keep_the_indent() {
        assert_eq!(indent("one\ntwo"), "  one\n  two");
    }
}
