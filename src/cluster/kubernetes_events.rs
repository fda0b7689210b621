//! Events of Kubernetes: what controllers report on objects.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, Identified, Identity, ListSelector};
use crate::error::Result;
use crate::object::{ObjectMeta, Resource};

/// An event of Kubernetes (core/v1). Older reporters count and date it themselves; newer ones set `eventTime` and, from
/// the second occurrence on, a series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KubernetesEvent {
    metadata: Metadata,
    /// Object that the event is about.
    #[serde(rename = "involvedObject")]
    pub object: InvolvedObject,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Reason in CamelCase, for programs.
    pub reason: String,
    /// Message, for people.
    pub message: String,
    count: Option<i64>,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Option<Series>,
    reporting_component: String,
    source: Source,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    resource_version: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Series {
    count: i64,
    last_observed_time: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Source {
    component: String,
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

    /// Controller that reported it.
    pub fn reporter(&self) -> &str {
        if self.reporting_component.is_empty() { &self.source.component } else { &self.reporting_component }
    }

    /// How often it was seen; at least 1.
    pub fn count(&self) -> i64 {
        self.series.as_ref().map(|series| series.count).or(self.count).unwrap_or(1).max(1)
    }

    /// When it was first seen; none if the event does not say.
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.event_time.or(self.first_timestamp)
    }

    /// When it was last seen; none if the event does not say.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let observed = self.series.as_ref().and_then(|series| series.last_observed_time);
        observed.or(self.last_timestamp).or(self.event_time)
    }

    /// Whether it was seen several times. A series is one even if it says that it was seen once.
    pub fn is_repeated(&self) -> bool {
        self.series.is_some() || self.count() > 1
    }
}

impl Identified for KubernetesEvent {
    fn identity(&self) -> Identity<'_> {
        let Metadata { namespace, name, resource_version: version } = &self.metadata;
        Identity { namespace, name, version }
    }
}

impl Cluster {
    /// Lists events, oldest first.
    pub async fn kubernetes_events(&self, selector: &ListSelector<'_>) -> Result<Vec<KubernetesEvent>> {
        let mut events = self.list::<KubernetesEvent>(&Resource::EVENT, selector).await?.items;
        events.sort_by_key(KubernetesEvent::last_seen);
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
        assert_eq!((old.object.name.as_str(), old.message.as_str(), old.count()), ("web-1", "m\n", 3));
        assert_eq!(old.last_seen(), "2026-01-01T00:00:00Z".parse().ok());
        let new: KubernetesEvent =
            serde_json::from_value(json!({"type": "Normal", "reason": "R", "message": "m",
            "eventTime": "2026-01-01T00:00:00.000001Z",
            "series": {"count": 4, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}}))
            .unwrap();
        assert_eq!((new.count(), new.last_seen()), (4, "2026-01-01T00:01:00Z".parse().ok()));
    }

    #[test]
    fn a_message_comes_without_the_list_of_changes() {
        let message = "Nothing/default/x dry-run failed: no matches\n\nNamespace/flux-system configured\n";
        assert_eq!(without_changes(message), "Nothing/default/x dry-run failed: no matches");
        assert_eq!(without_changes("health check failed after 5m0s"), "health check failed after 5m0s");
    }
}
