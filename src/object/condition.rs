//! Conditions in the status of an object.

use serde::Deserialize;

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
    pub last_transition_time: String,
    /// Generation of the object that the condition describes; 0 if it is not given.
    pub observed_generation: i64,
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
