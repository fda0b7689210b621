//! Owner and rights of a token.

use super::Visibility;

/// Owner and rights of a token, as far as the forge reveals them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User name; `None` for the token of an app or a bot.
    pub login: Option<String>,
    /// Scopes by the forge's names; `None` if the forge does not reveal them. The rights of such a token show only when
    /// it is used.
    pub scopes: Option<Vec<String>>,
}

/// What a token is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Creating, reading and pushing to a repository that is visible to these.
    Repository(Visibility),
    /// Reading the teams of an organization.
    Teams,
}
