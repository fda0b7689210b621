//! Which subjects of role bindings get the namespace.

use super::decode::{At, Decode};
use crate::error::Result;

/// NamespacedSubjects of role bindings that get the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NamespacedSubjects {
    /// NamespacedSubjects named `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

impl Decode for NamespacedSubjects {
    fn decode(at: &At<'_>) -> Result<Self> {
        match String::decode(at)?.as_str() {
            "" | "defaultOnly" => Ok(Self::Default),
            "allServiceAccounts" => Ok(Self::ServiceAccounts),
            "none" => Ok(Self::None),
            other => Err(at
                .error(format!("unknown value {other:?}"))
                .hint("it must be defaultOnly, allServiceAccounts or none")),
        }
    }
}
