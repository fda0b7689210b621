//! Conditions in the status of an object.

use serde::{Deserialize, Deserializer};

/// A condition, as the Kubernetes API conventions define it. Absent fields are empty.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// Type, such as `Ready`.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Reason in CamelCase, for programs.
    pub reason: String,
    /// Message, for people.
    pub message: String,
    /// When the status last changed, RFC 3339; empty if it is not given.
    #[serde(deserialize_with = "text_or_null")]
    pub last_transition_time: String,
    /// Generation of the object that the condition describes; 0 if it is not given.
    pub observed_generation: i64,
}

/// Reads a time that built-in kinds write as null if it is not known.
fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Condition {
    /// Whether the status is `True`.
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }

    /// Whether the status is `False`.
    pub fn is_false(&self) -> bool {
        self.status == "False"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_be_missing_or_null() {
        for time in ["", r#","lastTransitionTime":null"#] {
            let condition = format!(r#"{{"type":"Ready","status":"True"{time}}}"#);
            let condition: Condition = serde_json::from_str(&condition).unwrap();
            assert!(condition.is_true() && condition.last_transition_time.is_empty());
        }
    }
}
