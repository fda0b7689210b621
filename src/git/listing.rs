//! Branches of a server, without a transfer.

use git2::Direction;

use super::error::{Access, Error, Result};
use super::remote::Remote;
use super::retry::retrying;
use super::transport::{self, connected};

/// Branches of a repository on a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Short names of the branches with their commits.
    pub branches: Vec<(String, String)>,
    /// Short name of the branch that `HEAD` points to, if the server tells.
    pub default_branch: Option<String>,
}

impl Listing {
    /// Returns the commit of a branch.
    pub fn branch(&self, name: &str) -> Option<&str> {
        self.branches.iter().find(|(branch, _)| branch == name).map(|(_, commit)| commit.as_str())
    }

    /// Returns the branch from which a new one starts: the one that `HEAD` points to, or the only one.
    pub(super) fn start(&self) -> Option<&str> {
        let default = self.default_branch.as_deref().filter(|name| self.branch(name).is_some());
        default.or(match self.branches.as_slice() {
            [(only, _)] => Some(only.as_str()),
            _ => None,
        })
    }

    fn of(heads: &[git2::RemoteHead<'_>]) -> Listing {
        let mut listing = Listing::default();
        for head in heads {
            if let Some(branch) = head.name().strip_prefix("refs/heads/") {
                listing.branches.push((branch.to_owned(), head.oid().to_string()));
            } else if head.name() == "HEAD" {
                let target = head.symref_target().and_then(|target| target.strip_prefix("refs/heads/"));
                listing.default_branch = target.map(str::to_owned);
            }
        }
        listing
    }
}

/// Lists the branches of a repository. Nothing is changed.
///
/// With [`Access::Write`], servers refuse credentials that may not push.
pub fn list(remote: &Remote, access: Access) -> Result<Listing> {
    retrying(remote, || {
        let mut git = git2::Remote::create_detached(transport::URL)?;
        let direction = match access {
            Access::Read => Direction::Fetch,
            Access::Write => Direction::Push,
        };
        let listing = connected(remote, || {
            git.connect(direction)?;
            let listing = Listing::of(git.list()?);
            git.disconnect()?;
            Ok(listing)
        })?;
        listing.map_err(|e| protocol_error(remote, &e))
    })
}

/// Converts an error of libgit2's protocol code.
pub(super) fn protocol_error(remote: &Remote, error: &git2::Error) -> Error {
    remote.network(remote.said(error.message()))
}
