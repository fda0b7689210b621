//! Rights that requests to GitHub need.

use crate::forge::RepositoryRef;

/// Right that a request needs. It decides which scope, permission and page a refusal names.
#[derive(Debug, Clone)]
pub(super) enum Right {
    /// A valid token.
    Identity,
    /// Read the repository.
    Read(RepositoryRef),
    /// Create repositories in the user's account.
    CreateForUser,
    /// Create repositories in the organization.
    CreateInOrganization(String),
    /// Change settings, teams and deploy keys of the repository.
    Administer(RepositoryRef),
    /// See the organization's teams.
    SeeTeams(String),
}

impl Right {
    /// Scope of a classic token.
    pub(super) fn scope(&self) -> &'static str {
        match self {
            Right::SeeTeams(_) => "read:org",
            _ => "repo",
        }
    }

    /// Permission of a fine-grained token or an app.
    pub(super) fn permission(&self) -> Option<&'static str> {
        match self {
            Right::Identity => None,
            Right::Read(_) => Some("\"Contents: Read and write\" for the repository"),
            Right::CreateForUser => Some("\"Administration: Read and write\" for all repositories"),
            Right::CreateInOrganization(_) => {
                Some("\"Administration: Read and write\" for all of the organization's repositories")
            }
            Right::Administer(_) => Some("\"Administration: Read and write\" for the repository"),
            Right::SeeTeams(_) => Some("\"Members: Read-only\" for the organization"),
        }
    }

    /// User or organization that grants the right.
    pub(super) fn owner(&self) -> Option<&str> {
        match self {
            Right::Identity | Right::CreateForUser => None,
            Right::Read(at) | Right::Administer(at) => Some(at.owner()),
            Right::CreateInOrganization(owner) | Right::SeeTeams(owner) => Some(owner),
        }
    }
}
