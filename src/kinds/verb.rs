//! Verbs and the flags that they have for some kinds.

/// A command on objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `flux get`
    Get,
    /// `flux export`
    Export,
    /// `flux suspend`
    Suspend,
    /// `flux resume`
    Resume,
    /// `flux reconcile`
    Reconcile,
    /// `flux delete`
    Delete,
    /// `flux wait`
    Wait,
}

/// A flag that a verb has for some kinds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// `get … --show-source`
    ShowSource,
    /// `export source … --with-credentials`
    WithCredentials,
    /// `reconcile … --with-source`
    WithSource,
    /// `reconcile … --force`
    Force,
    /// `reconcile … --reset`
    Reset,
}

impl Flag {
    /// Returns the verb that has the flag.
    pub fn verb(self) -> Verb {
        match self {
            Flag::ShowSource => Verb::Get,
            Flag::WithCredentials => Verb::Export,
            Flag::WithSource | Flag::Force | Flag::Reset => Verb::Reconcile,
        }
    }

    /// Returns the annotation that requests a reconciliation with this flag. Its value is that of
    /// `reconcile.fluxcd.io/requestedAt`.
    pub fn annotation(self) -> Option<&'static str> {
        match self {
            Flag::Force => Some("reconcile.fluxcd.io/forceAt"),
            Flag::Reset => Some("reconcile.fluxcd.io/resetAt"),
            Flag::ShowSource | Flag::WithCredentials | Flag::WithSource => None,
        }
    }
}
