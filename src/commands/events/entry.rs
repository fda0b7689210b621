//! An event of Kubernetes, as far as it is shown.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::cluster::{Identified, InvolvedObject};

/// An event in some form, which can be selected and sorted.
pub trait Entry: Identified {
    /// The event.
    fn occurrence(&self) -> &Occurrence;
}

/// The fields of an event that the table shows. Older reporters count and date an event themselves; newer ones set
/// `eventTime` and, from the second occurrence on, a series.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Occurrence {
    metadata: Metadata,
    /// Object that the event is about.
    #[serde(rename = "involvedObject")]
    pub object: InvolvedObject,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub event_type: String,
    reason: String,
    message: String,
    count: Option<i64>,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Option<Series>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    resource_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Series {
    count: i64,
    last_observed_time: Option<Timestamp>,
}

impl Occurrence {
    /// Time by which events are sorted; none comes first.
    pub fn time(&self) -> Option<Timestamp> {
        match &self.series {
            Some(series) => series.last_observed_time,
            None => self.last_timestamp.or(self.event_time),
        }
    }

    /// Texts of the table's columns, the namespace first if it is shown.
    pub fn cells(self, clock: Clock, namespace: bool) -> Vec<String> {
        let seen = self.last_seen(clock);
        let object = format!("{}/{}", self.object.kind, self.object.name);
        let namespace = namespace.then_some(self.metadata.namespace);
        namespace.into_iter().chain([seen, self.event_type, self.reason, object, self.message]).collect()
    }

    /// `45s`, or `45s (x3 over 2m)` if it was seen several times.
    fn last_seen(&self, clock: Clock) -> String {
        let age = |time: Option<Timestamp>| time.map_or_else(|| "<unknown>".to_owned(), |it| clock.age(it));
        let first = age(self.event_time.or(self.first_timestamp));
        match (&self.series, self.count) {
            (Some(Series { count, last_observed_time }), _) => {
                format!("{} (x{count} over {first})", age(*last_observed_time))
            }
            (None, Some(count)) if count > 1 => {
                format!("{} (x{count} over {first})", age(self.last_timestamp))
            }
            _ => first,
        }
    }
}

impl Identified for Occurrence {
    fn namespace(&self) -> &str {
        &self.metadata.namespace
    }

    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
}

impl Entry for Occurrence {
    fn occurrence(&self) -> &Occurrence {
        self
    }
}

/// An event as the API server has it, for formats that show all fields. The object is kept as compact JSON, which takes a
/// fraction of the memory of its values.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct Whole {
    occurrence: Occurrence,
    /// Object as JSON, without `managedFields`.
    pub json: String,
}

impl TryFrom<Value> for Whole {
    type Error = serde_json::Error;

    fn try_from(mut object: Value) -> Result<Self, Self::Error> {
        let mut occurrence = Occurrence::deserialize(&object)?;
        // Only `json` is shown.
        occurrence.message = String::new();
        // Items of a list come without these.
        object["apiVersion"] = "v1".into();
        object["kind"] = "Event".into();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        Ok(Whole { occurrence, json: serde_json::to_string(&object)? })
    }
}

impl Identified for Whole {
    fn namespace(&self) -> &str {
        self.occurrence.namespace()
    }

    fn name(&self) -> &str {
        self.occurrence.name()
    }

    fn version(&self) -> &str {
        self.occurrence.version()
    }
}

impl Entry for Whole {
    fn occurrence(&self) -> &Occurrence {
        &self.occurrence
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn last_seen(event: &Value) -> String {
        let now = "2026-01-01T00:10:00Z".parse().unwrap();
        Occurrence::deserialize(event).unwrap().last_seen(Clock::fixed(now))
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
