//! How objects of a kind are suspended and resumed.

use serde_json::{Value, json};

use super::{REQUESTED_AT, Summary};
use crate::object::ObjectMeta;

/// Annotation by which source-watcher's objects are suspended.
pub(super) const GENERATOR_RECONCILE: &str = "source.extensions.fluxcd.io/reconcile";
/// Annotation by which flux-operator's objects are suspended.
pub(super) const OPERATOR_RECONCILE: &str = "fluxcd.controlplane.io/reconcile";

/// Value of an annotation that suspends an object, in any case.
const DISABLED: &str = "disabled";
/// Value of an annotation that resumes an object.
const ENABLED: &str = "enabled";

/// How objects of a kind are suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspension {
    /// By the field `spec.suspend`.
    Field,
    /// By an annotation: `disabled` suspends, `enabled` resumes.
    Annotation(&'static str),
}

impl Suspension {
    /// Whether an object is suspended.
    pub fn holds(self, object: &Value) -> bool {
        match self {
            Suspension::Field => object.is_suspended(),
            Suspension::Annotation(key) => is_disabled(object.annotation(key)),
        }
    }

    /// Whether an object is suspended, by its summary.
    pub fn holds_in(self, summary: &Summary) -> bool {
        match self {
            Suspension::Field => summary.spec.suspend,
            Suspension::Annotation(key) => is_disabled(summary.metadata.annotations.get(key)),
        }
    }

    /// Merge patch that suspends an object.
    pub fn suspend(self) -> Value {
        match self {
            Suspension::Field => json!({"spec": {"suspend": true}}),
            Suspension::Annotation(key) => json!({"metadata": {"annotations": {key: DISABLED}}}),
        }
    }

    /// Merge patch that resumes an object; none if nothing is to be changed. `now` is the time of the request to
    /// reconcile it.
    pub fn resume(self, object: &Value, now: &str) -> Option<Value> {
        match self {
            Suspension::Field => {
                object["spec"].get("suspend").is_some().then(|| json!({"spec": {"suspend": null}}))
            }
            Suspension::Annotation(key) => {
                Some(json!({"metadata": {"annotations": {key: ENABLED, REQUESTED_AT: now}}}))
            }
        }
    }

    /// Whether resuming requests a reconciliation. Without a request, the generation that changes with the field tells
    /// a new status from an old one.
    pub fn resumes_by_request(self) -> bool {
        self != Suspension::Field
    }
}

fn is_disabled(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case(DISABLED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_removed_and_an_annotation_is_set_to_enabled() {
        let field = Suspension::Field;
        let suspended = json!({"spec": {"suspend": true}});
        assert!(field.holds(&suspended) && !field.holds(&json!({})));
        assert_eq!(field.suspend(), suspended);
        assert_eq!(field.resume(&suspended, "now"), Some(json!({"spec": {"suspend": null}})));
        assert_eq!(field.resume(&json!({"spec": {}}), "now"), None);

        let annotation = Suspension::Annotation(OPERATOR_RECONCILE);
        let with = |value: &str| json!({"metadata": {"annotations": {OPERATOR_RECONCILE: value}}});
        assert!(annotation.holds(&with("Disabled")) && !annotation.holds(&with("enabled")));
        assert_eq!(annotation.suspend(), with("disabled"));
        let mut resumed = with("enabled");
        resumed["metadata"]["annotations"][REQUESTED_AT] = "now".into();
        assert_eq!(annotation.resume(&with("disabled"), "now"), Some(resumed));
        assert!(!annotation.holds(&suspended));
        let summary: Summary = serde_json::from_value(with("disabled")).unwrap();
        assert!(annotation.holds_in(&summary) && !field.holds_in(&summary));
    }
}
