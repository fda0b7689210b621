//! An event of Kubernetes, as far as it is shown.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::cluster::{Identified, Identity, KubernetesEvent};
use crate::object::{ObjectRef, Resource};
use crate::output::Row;

/// An event in some form, which can be selected and sorted.
pub trait Entry: Identified {
    /// The event.
    fn event(&self) -> &KubernetesEvent;
}

impl Entry for KubernetesEvent {
    fn event(&self) -> &KubernetesEvent {
        self
    }
}

/// Texts of the table's columns, the namespace first if it is shown, and the controller last if the table is wide.
pub fn cells(event: KubernetesEvent, clock: Clock, namespace: bool, wide: bool) -> Vec<String> {
    let seen = last_seen(&event, clock);
    let object = format!("{}/{}", event.object.kind, event.object.name);
    let namespace = namespace.then(|| event.identity().namespace.to_owned());
    let reporter = wide.then(|| event.reporter().to_owned());
    let common = [seen, event.event_type, event.reason, object, event.message];
    namespace.into_iter().chain(common).chain(reporter).collect()
}

/// `45s`, or `45s (x3 over 2m)` if it was seen several times.
fn last_seen(event: &KubernetesEvent, clock: Clock) -> String {
    let age = |time: Option<Timestamp>| time.map_or_else(|| "<unknown>".to_owned(), |it| clock.age(it));
    let first = age(event.first_seen());
    if event.is_repeated() {
        format!("{} (x{} over {first})", age(event.last_seen()), event.count())
    } else {
        first
    }
}

/// An event as the API server has it, for formats that show all fields. The object is kept as compact JSON, which takes a
/// fraction of the memory of its values.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct Whole {
    event: KubernetesEvent,
    json: String,
}

impl TryFrom<Value> for Whole {
    type Error = serde_json::Error;

    fn try_from(object: Value) -> Result<Self, Self::Error> {
        let mut event = KubernetesEvent::deserialize(&object)?;
        // Only `json` is shown.
        event.message = String::new();
        Ok(Whole { event, json: serde_json::to_string(&object)? })
    }
}

impl Whole {
    /// The event as a row without cells, and the whole object.
    pub fn into_parts(self) -> serde_json::Result<(Row, Value)> {
        let Identity { namespace, name, .. } = self.event.identity();
        let object = ObjectRef::new(Resource::EVENT, namespace, name);
        Ok((Row { object, cells: Vec::new() }, serde_json::from_str(&self.json)?))
    }
}

impl Identified for Whole {
    fn identity(&self) -> Identity<'_> {
        self.event.identity()
    }
}

impl Entry for Whole {
    fn event(&self) -> &KubernetesEvent {
        &self.event
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn last_seen(event: &Value) -> String {
        let now = "2026-01-01T00:10:00Z".parse().unwrap();
        super::last_seen(&KubernetesEvent::deserialize(event).unwrap(), Clock::fixed(now))
    }

    #[test]
    fn an_event_is_dated_in_its_old_and_its_new_form() {
        let old = json!({"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:09:00Z",
            "eventTime": null, "count": 1});
        assert_eq!(last_seen(&old), "10m");
        let repeated = json!({"firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T00:09:00Z", "count": 3});
        assert_eq!(last_seen(&repeated), "60s (x3 over 10m)");
        let new = json!({"firstTimestamp": null, "eventTime": "2026-01-01T00:05:00.000001Z"});
        assert_eq!(last_seen(&new), "4m59s");
        let series = json!({"eventTime": "2026-01-01T00:05:00.000000Z",
            "series": {"count": 4, "lastObservedTime": "2026-01-01T00:09:30.000000Z"}});
        assert_eq!(last_seen(&series), "30s (x4 over 5m)");
        assert_eq!(last_seen(&json!({})), "<unknown>");
    }
}
