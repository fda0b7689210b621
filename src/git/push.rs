//! Push of one commit to one branch, and the meaning of the response.

use std::cell::RefCell;

use git2::{ErrorCode, Oid, PushOptions, RemoteCallbacks};

use super::error::{Access, Error, Result};
use super::listing::{list, protocol_error};
use super::remote::{Remote, in_short};
use super::transport::{self, connected};

/// Result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// The branch points to the commit.
    Pushed,
    /// Another push came first: fetch again and repeat the change on the new head.
    Raced,
}

/// Errors for "another push came first", as git itself and the large hosts write them.
const LOST_RACE: [&str; 8] = [
    "non-fast-forward",
    "fetch first",
    "stale info",
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "reference already exists",
    "remote ref updated since checkout",
];

/// Pushes `commit` to `branch`, never by force.
pub(super) fn push(
    git: &git2::Repository,
    remote: &Remote,
    branch: &str,
    commit: Oid,
) -> Result<PushOutcome> {
    let local = format!("refs/edgeflux/{branch}");
    git.reference(&local, commit, true, "to be pushed")?;
    let refusal = RefCell::new(None);
    let words = RefCell::new(Vec::new());
    let pushed = connected(remote, || {
        let mut callbacks = RemoteCallbacks::new();
        callbacks.push_update_reference(|_, status| {
            *refusal.borrow_mut() = status.map(str::to_owned);
            Ok(())
        });
        callbacks.sideband_progress(|bytes| {
            let mut words = words.borrow_mut();
            if words.len() < 4096 {
                words.extend_from_slice(bytes);
            }
            true
        });
        let mut options = PushOptions::new();
        options.remote_callbacks(callbacks).packbuilder_parallelism(1);
        git.remote_anonymous(transport::URL)?
            .push(&[format!("{local}:refs/heads/{branch}")], Some(&mut options))
    });
    let said = String::from_utf8_lossy(&words.take()).into_owned();
    match pushed {
        Ok(Ok(())) => match refusal.take() {
            None => Ok(PushOutcome::Pushed),
            Some(reason) => refused(remote, branch, commit, &reason, &said),
        },
        Ok(Err(e)) if e.code() == ErrorCode::NotFastForward => Ok(PushOutcome::Raced),
        Ok(Err(e)) => after_failure(remote, branch, commit, protocol_error(remote, &e)),
        Err(e) => after_failure(remote, branch, commit, e),
    }
}

fn refused(remote: &Remote, branch: &str, commit: Oid, reason: &str, said: &str) -> Result<PushOutcome> {
    let text = format!("{reason}\n{said}").to_lowercase();
    let raced = LOST_RACE.iter().any(|words| text.contains(words));
    // A full disk also causes "failed to update ref": it is a race only if the branch has moved.
    if raced && moved(remote, branch, commit) {
        return Ok(PushOutcome::Raced);
    }
    let redactor = remote.redactor();
    let (reason, said) =
        (in_short(&redactor.redact(reason), 1, 300), in_short(&redactor.redact(said), 8, 600));
    let detail = if said.is_empty() { reason } else { in_short(&format!("{reason}: {said}"), 1, 600) };
    Err(Error::PushRefused { remote: remote.name(), branch: branch.to_owned(), detail })
}

/// Whether the branch now points to a commit that is not in our history.
fn moved(remote: &Remote, branch: &str, commit: Oid) -> bool {
    list(remote, Access::Read)
        .ok()
        .and_then(|listing| listing.branch(branch).map(str::to_owned))
        .is_some_and(|head| head != commit.to_string())
}

/// Whether the server accepted the push before the connection broke.
fn after_failure(remote: &Remote, branch: &str, commit: Oid, error: Error) -> Result<PushOutcome> {
    if error.is_transient()
        && let Ok(listing) = list(remote, Access::Read)
        && listing.branch(branch) == Some(&commit.to_string())
    {
        return Ok(PushOutcome::Pushed);
    }
    Err(error)
}
