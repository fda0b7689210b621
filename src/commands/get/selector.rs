//! Selectors of `flux get`, validated before the cluster is asked.

use crate::error::{Error, Result};
use crate::kinds::{Kind, Summary};

/// `--status-selector`: a condition that objects must or must not have.
#[derive(Debug, PartialEq, Eq)]
pub struct StatusSelector {
    condition: String,
    status: String,
    negated: bool,
}

impl StatusSelector {
    /// Parses `type=status` or `type!=status`.
    pub fn parse(text: &str) -> Result<StatusSelector> {
        let (negated, parts) = match text.split_once("!=") {
            Some(parts) => (true, Some(parts)),
            None => (false, text.split_once('=')),
        };
        let (condition, status) = parts.ok_or_else(|| {
            Error::usage(format!(
                "expected status selector in type=status or type!=status format, but found: {text}"
            ))
            .hint("for example: --status-selector ready=false")
        })?;
        Ok(StatusSelector { condition: condition.into(), status: status.into(), negated })
    }

    /// Whether it selects an object of this kind. Case is ignored; an object without the condition does not match `=`.
    pub fn matches(&self, kind: &Kind, object: &Summary) -> bool {
        let has = if kind.has_conditions {
            let condition = object.condition(&self.condition);
            condition.is_some_and(|condition| condition.status.eq_ignore_ascii_case(&self.status))
        } else {
            let (ready, _) = (kind.ready)(object);
            self.condition.eq_ignore_ascii_case("Ready") && self.status.eq_ignore_ascii_case(&ready)
        };
        has != self.negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{ALERT, KUSTOMIZATION};

    fn ready(status: &str) -> Summary {
        serde_json::from_value(
            serde_json::json!({"status": {"conditions": [{"type": "Ready", "status": status}]}}),
        )
        .unwrap()
    }

    #[test]
    fn a_condition_is_compared_in_any_case() {
        let selector = |text: &str| StatusSelector::parse(text).unwrap();
        assert!(selector("ready=FALSE").matches(&KUSTOMIZATION, &ready("False")));
        assert!(!selector("Ready!=false").matches(&KUSTOMIZATION, &ready("False")));
        assert!(selector("Ready!=false").matches(&KUSTOMIZATION, &ready("Unknown")));
        assert!(!selector("Healthy=False").matches(&KUSTOMIZATION, &ready("False")));
        assert!(selector("Healthy!=False").matches(&KUSTOMIZATION, &Summary::default()));
        assert!(!selector("Ready=").matches(&KUSTOMIZATION, &ready("True")));
    }

    #[test]
    fn a_kind_without_conditions_is_ready() {
        assert!(StatusSelector::parse("ready=true").unwrap().matches(&ALERT, &Summary::default()));
        assert!(!StatusSelector::parse("ready!=true").unwrap().matches(&ALERT, &Summary::default()));
    }

    #[test]
    fn an_invalid_status_selector_is_refused() {
        assert!(StatusSelector::parse("ready").is_err());
        assert!(StatusSelector::parse("").is_err());
    }
}
