//! Events of Kubernetes: what controllers report on objects.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, ListSelector};
use crate::error::Result;
use crate::object::{ObjectMeta, Resource};

/// An event of Kubernetes (core/v1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct KubernetesEvent {
    /// Object that the event is about.
    pub object: InvolvedObject,
    /// `Normal` or `Warning`.
    pub event_type: String,
    /// Reason in CamelCase, for programs.
    pub reason: String,
    /// Message, for people, without the list of changes that Flux's controllers append.
    pub message: String,
    /// How often it was seen.
    pub count: i64,
    /// When it was last seen; none if the event does not say.
    pub last_seen: Option<Timestamp>,
}

/// Object that an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct InvolvedObject {
    /// Kind.
    pub kind: String,
    /// Namespace; empty if the object is cluster-scoped.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl KubernetesEvent {
    /// Whether the event is a warning.
    pub fn is_warning(&self) -> bool {
        self.event_type == "Warning"
    }
}

impl Cluster {
    /// Lists events, oldest first.
    pub async fn kubernetes_events(&self, selector: &ListSelector<'_>) -> Result<Vec<KubernetesEvent>> {
        let mut events = self.list::<KubernetesEvent>(&Resource::EVENT, selector).await?.items;
        events.sort_by_key(|event| event.last_seen);
        Ok(events)
    }

    /// Lists the events of an object, oldest first.
    pub async fn events_of(&self, object: &Value) -> Result<Vec<KubernetesEvent>> {
        let mut fields = format!("involvedObject.name={}", object.name());
        if let Some(uid) = object.uid() {
            fields.push_str(",involvedObject.uid=");
            fields.push_str(uid);
        }
        // Events of cluster-scoped objects are in the namespace default.
        let namespace = object.namespace().unwrap_or("default");
        let selector =
            ListSelector { namespace: Some(namespace), fields: Some(&fields), ..ListSelector::default() };
        self.kubernetes_events(&selector).await
    }
}

/// An event as the API server returns it. Older reporters count and date it themselves; newer ones set `eventTime`
/// and, from the second occurrence on, a series.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Raw {
    involved_object: InvolvedObject,
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

impl From<Raw> for KubernetesEvent {
    fn from(raw: Raw) -> Self {
        let series = raw.series.as_ref();
        let last_seen = series.and_then(|series| series.last_observed_time);
        KubernetesEvent {
            object: raw.involved_object,
            count: series.map(|series| series.count).or(raw.count).unwrap_or(1).max(1),
            last_seen: last_seen.or(raw.last_timestamp).or(raw.event_time),
            event_type: raw.event_type,
            reason: raw.reason,
            message: without_changes(&raw.message),
        }
    }
}

/// Removes the list of changed objects that Flux's controllers append to a message.
pub(super) fn without_changes(message: &str) -> String {
    let is_change = |line: &str| {
        line.split_once(' ').is_some_and(|(object, change)| {
            object.contains('/') && matches!(change, "created" | "configured" | "unchanged" | "deleted")
        })
    };
    let lines: Vec<&str> =
        message.lines().map(str::trim_end).filter(|line| !line.is_empty() && !is_change(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_in_their_old_and_their_new_form() {
        let old: KubernetesEvent =
            serde_json::from_value(json!({"type": "Warning", "reason": "R", "message": "m\n",
            "involvedObject": {"kind": "Pod", "namespace": "apps", "name": "web-1", "uid": "u"},
            "count": 3, "lastTimestamp": "2026-01-01T00:00:00Z", "eventTime": null}))
            .unwrap();
        assert!(old.is_warning());
        assert_eq!((old.object.name.as_str(), old.message.as_str(), old.count), ("web-1", "m", 3));
        assert_eq!(old.last_seen, "2026-01-01T00:00:00Z".parse().ok());
        let new: KubernetesEvent =
            serde_json::from_value(json!({"type": "Normal", "reason": "R", "message": "m",
            "eventTime": "2026-01-01T00:00:00.000001Z",
            "series": {"count": 4, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}}))
            .unwrap();
        assert_eq!((new.count, new.last_seen), (4, "2026-01-01T00:01:00Z".parse().ok()));
    }

    #[test]
    fn a_message_comes_without_the_list_of_changes() {
        let message = "Nothing/default/x dry-run failed: no matches\n\nNamespace/flux-system configured\n";
        assert_eq!(without_changes(message), "Nothing/default/x dry-run failed: no matches");
        assert_eq!(without_changes("health check failed after 5m0s"), "health check failed after 5m0s");
    }
}
