//! A temporary copy of one branch: read files, commit changes, push them; no work tree, so nothing
//! of the repository (links, attributes, filters, hooks) ever acts on this machine.

use std::path::Path;

use git2::{AutotagOption, Direction, FetchOptions, ObjectType, Oid, Tree};
use tempfile::TempDir;

use super::error::{Access, Error, Result};
use super::push::{self, PushOutcome};
use super::remote::Remote;
use super::retry::retrying;
use super::sign::Signer;
use super::transport::{self, connected};
use super::tree::{Changes, normal_path};

/// Who commits, and what is said.
#[derive(Debug, Clone)]
pub struct CommitInfo {
    /// The author's and committer's name.
    pub author_name: String,
    /// The author's and committer's e-mail address.
    pub author_email: String,
    /// The message.
    pub message: String,
}

/// What was found under the branch's name when it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchState {
    /// The branch, with commits.
    Existing,
    /// No such branch; a push will make it, starting from the head of this one.
    Missing {
        /// The repository's default branch.
        from: String,
    },
    /// A repository without any commit.
    Empty,
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// Another repository (submodule).
    Submodule,
}

impl std::fmt::Display for EntryKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File => "a file",
            Self::Link => "a symbolic link",
            Self::Folder => "a directory",
            Self::Submodule => "a submodule",
        })
    }
}

/// A temporary copy of one branch.
pub struct Repository {
    // Removed with everything in it when this is dropped.
    _directory: TempDir,
    git: git2::Repository,
    remote: Remote,
    branch: String,
    state: BranchState,
    head: Option<Oid>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repository({} {} {:?})", self.remote.name(), self.branch, self.head)
    }
}

/// What a server says of its repository before anything is transferred.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The branches' short names with their commits.
    pub branches: Vec<(String, String)>,
    /// The short name of the branch that `HEAD` points to, where the server says so.
    pub default_branch: Option<String>,
}

impl Listing {
    /// The commit of a branch.
    pub fn branch(&self, name: &str) -> Option<&str> {
        self.branches.iter().find(|(branch, _)| branch == name).map(|(_, commit)| commit.as_str())
    }
}

/// Asks the server for its branches as a reader or as a writer; nothing is changed there.
///
/// Servers refuse a writer's question when the credentials may not push.
pub fn list(remote: &Remote, access: Access) -> Result<Listing> {
    retrying(remote, || {
        let mut git = git2::Remote::create_detached(transport::URL)?;
        let direction = match access {
            Access::Read => Direction::Fetch,
            Access::Write => Direction::Push,
        };
        let listing = connected(remote, || {
            git.connect(direction)?;
            let listing = listing_of(git.list()?);
            git.disconnect()?;
            Ok(listing)
        })?;
        listing.map_err(|e| protocol_error(remote, &e))
    })
}

fn listing_of(heads: &[git2::RemoteHead<'_>]) -> Listing {
    let mut listing = Listing::default();
    for head in heads {
        if let Some(branch) = head.name().strip_prefix("refs/heads/") {
            listing.branches.push((branch.to_owned(), head.oid().to_string()));
        } else if head.name() == "HEAD" {
            listing.default_branch =
                head.symref_target().and_then(|target| target.strip_prefix("refs/heads/")).map(str::to_owned);
        }
    }
    listing
}

/// An error of libgit2's own while it speaks the protocol.
pub(super) fn protocol_error(remote: &Remote, error: &git2::Error) -> Error {
    remote.network(remote.said(error.message()))
}

impl Repository {
    /// Fetches the newest commit of `branch` into a folder below `temporary`.
    ///
    /// An empty repository and a missing branch are no errors: the first push makes the branch, the
    /// latter from the head of the default branch.
    pub fn clone(remote: &Remote, branch: &str, temporary: &Path) -> Result<Self> {
        if !git2::Reference::is_valid_name(&format!("refs/heads/{branch}")) {
            return Err(Error::Path {
                path: branch.to_owned(),
                reason: "Git does not allow such a name for a branch".into(),
            });
        }
        let directory = tempfile::Builder::new().prefix("flux-bootstrap-").tempdir_in(temporary)?;
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        let git = git2::Repository::init_opts(directory.path(), &options)?;
        let mut repository = Self {
            _directory: directory,
            git,
            remote: remote.clone(),
            branch: branch.to_owned(),
            state: BranchState::Empty,
            head: None,
        };
        repository.refetch()?;
        Ok(repository)
    }

    /// Goes to the branch's newest commit on the server, forgetting commits that were not pushed.
    pub fn refetch(&mut self) -> Result<()> {
        let listing = list(&self.remote, Access::Read)?;
        let (state, source) = if listing.branch(&self.branch).is_some() {
            (BranchState::Existing, Some(self.branch.clone()))
        } else {
            match default_branch(&listing) {
                Some(from) => (BranchState::Missing { from: from.clone() }, Some(from)),
                None => (BranchState::Empty, None),
            }
        };
        self.head = match source {
            Some(source) => Some(self.fetch(&source)?),
            None => None,
        };
        self.state = state;
        Ok(())
    }

    /// Fetches a branch's newest commit, without its history where the server can do that.
    fn fetch(&self, branch: &str) -> Result<Oid> {
        let refspec = format!("+refs/heads/{branch}:refs/remotes/origin/{branch}");
        let get = |depth: i32| {
            connected(&self.remote, || {
                let mut options = FetchOptions::new();
                options.download_tags(AutotagOption::None).update_fetchhead(false).depth(depth);
                self.git.remote_anonymous(transport::URL)?.fetch(&[&refspec], Some(&mut options), None)
            })
        };
        retrying(&self.remote, || {
            // libgit2 says "not supported" in its own words where a server has no shallow fetches.
            let fetched = match get(1)? {
                Err(e) if e.message().contains("shallow") => get(0)?,
                other => other,
            };
            fetched.map_err(|e| protocol_error(&self.remote, &e))
        })?;
        let reference = self.git.find_reference(&format!("refs/remotes/origin/{branch}"))?;
        reference.target().ok_or_else(|| Error::Local(format!("the branch {branch:?} points to no commit")))
    }

    /// The branch's name.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// What was found under the branch's name.
    pub fn state(&self) -> &BranchState {
        &self.state
    }

    /// The commit that the copy stands at, 40 hexadecimal digits; `None` in an empty repository.
    pub fn head(&self) -> Option<String> {
        self.head.map(|oid| oid.to_string())
    }

    /// A file's content; `None` when there is none. Links are not followed.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(tree) = self.tree()? else {
            return Ok(None);
        };
        let path = normal_path(path)?;
        let entry = match tree.get_path(Path::new(&path)) {
            Ok(entry) => entry,
            Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        if entry.kind() != Some(ObjectType::Blob) || entry.filemode() == LINK {
            return Ok(None);
        }
        Ok(Some(self.git.find_blob(entry.id())?.content().to_vec()))
    }

    /// Where a symbolic link points to; `None` when there is none of that path.
    pub fn link_target(&self, path: &str) -> Result<Option<String>> {
        let Some(tree) = self.tree()? else {
            return Ok(None);
        };
        match tree.get_path(Path::new(&normal_path(path)?)) {
            Ok(entry) if entry.filemode() == LINK => {
                let blob = self.git.find_blob(entry.id())?;
                Ok(Some(String::from_utf8_lossy(blob.content()).into_owned()))
            }
            Ok(_) => Ok(None),
            Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// The entries of a folder, sorted by name; `None` when there is no such folder. An empty path is the root.
    pub fn list(&self, path: &str) -> Result<Option<Vec<Entry>>> {
        let Some(root) = self.tree()? else {
            return Ok(None);
        };
        let path = normal_path(path)?;
        let tree = if path.is_empty() {
            root
        } else {
            match root.get_path(Path::new(&path)) {
                Ok(entry) if entry.kind() == Some(ObjectType::Tree) => self.git.find_tree(entry.id())?,
                Ok(_) => return Ok(None),
                Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok(None),
                Err(e) => return Err(e.into()),
            }
        };
        let mut entries: Vec<Entry> = tree
            .iter()
            .filter_map(|entry| {
                let kind = kind_of(entry.kind(), entry.filemode())?;
                Some(Entry { name: entry.name().ok()?.to_owned(), kind })
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(entries))
    }

    /// Looks whether `changes` can be committed on top of the head, and writes nothing.
    ///
    /// # Errors
    /// A path runs through something that is no folder, or is one.
    pub fn check(&self, changes: &Changes) -> Result<()> {
        let tree = self.tree()?;
        changes.iter().try_for_each(|(path, _)| refuse_crossing(tree.as_ref(), path))
    }

    /// Commits `changes` on top of the head; `None` when they change nothing.
    pub fn commit(
        &mut self,
        changes: &Changes,
        info: &CommitInfo,
        signer: Option<&Signer>,
    ) -> Result<Option<String>> {
        let parent = self.head.map(|oid| self.git.find_commit(oid)).transpose()?;
        let before = parent.as_ref().map(git2::Commit::tree).transpose()?;
        let after = self.updated_tree(before.as_ref(), changes)?;
        if before.as_ref().map(Tree::id) == Some(after) || (before.is_none() && changes.is_empty()) {
            return Ok(None);
        }
        let tree = self.git.find_tree(after)?;
        let signature = git2::Signature::now(&info.author_name, &info.author_email)?;
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let content =
            self.git.commit_create_buffer(&signature, &signature, &info.message, &tree, &parents)?;
        let oid = match signer {
            Some(signer) => {
                let text = std::str::from_utf8(&content).map_err(|e| Error::Signing(e.to_string()))?;
                let signature = signer.sign(&content)?;
                self.git.commit_signed(text, &signature, None)?
            }
            None => self.git.odb()?.write(ObjectType::Commit, &content)?,
        };
        self.head = Some(oid);
        Ok(Some(oid.to_string()))
    }

    /// Pushes the head, never by force.
    pub fn push(&mut self) -> Result<PushOutcome> {
        let Some(head) = self.head else {
            return Ok(PushOutcome::Pushed);
        };
        let outcome = push::push(&self.git, &self.remote, &self.branch, head)?;
        if outcome == PushOutcome::Pushed {
            self.state = BranchState::Existing;
        }
        Ok(outcome)
    }

    /// Makes a change on the branch's newest commit and pushes it; when somebody else's push comes
    /// first, does so again on theirs, up to five times.
    ///
    /// `change` reads the copy and says what to write; it is called anew on every head. Returns the
    /// commit, or `None` when there was nothing to change. `on_event` hears of each commit and race.
    pub fn publish(
        &mut self,
        info: &CommitInfo,
        signer: Option<&Signer>,
        mut on_event: impl FnMut(PublishEvent<'_>),
        mut change: impl FnMut(&Self) -> Result<Changes>,
    ) -> Result<Option<String>> {
        const ATTEMPTS: u32 = 5;
        for attempt in 1..=ATTEMPTS {
            let changes = change(self)?;
            let Some(commit) = self.commit(&changes, info, signer)? else {
                return Ok(None);
            };
            on_event(PublishEvent::Committed { commit: &commit });
            match self.push()? {
                PushOutcome::Pushed => return Ok(Some(commit)),
                PushOutcome::Raced => {
                    on_event(PublishEvent::Raced { attempt });
                    self.refetch()?;
                }
            }
        }
        Err(Error::Raced { remote: self.remote.name(), branch: self.branch.clone(), attempts: ATTEMPTS })
    }

    fn tree(&self) -> Result<Option<Tree<'_>>> {
        let tree = |oid| self.git.find_commit(oid).and_then(|commit| commit.tree());
        Ok(self.head.map(tree).transpose()?)
    }

    fn updated_tree(&self, before: Option<&Tree<'_>>, changes: &Changes) -> Result<Oid> {
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (path, content) in changes.iter() {
            refuse_crossing(before, path)?;
            let there = before.and_then(|tree| tree.get_path(Path::new(path)).ok());
            match content {
                Some(content) => {
                    let mode = match there.map(|entry| entry.filemode()) {
                        Some(EXECUTABLE) => git2::FileMode::BlobExecutable,
                        _ => git2::FileMode::Blob,
                    };
                    update.upsert(path, self.git.blob(content)?, mode);
                }
                None if there.is_some() => {
                    update.remove(path);
                }
                None => {}
            }
        }
        if let Some(tree) = before {
            return Ok(update.create_updated(&self.git, tree)?);
        }
        let empty = self.git.treebuilder(None)?.write()?;
        Ok(update.create_updated(&self.git, &self.git.find_tree(empty)?)?)
    }
}

/// Refuses to put a file where a directory is, or below something else (a file, a link, a submodule).
fn refuse_crossing(before: Option<&Tree<'_>>, path: &str) -> Result<()> {
    let Some(tree) = before else { return Ok(()) };
    let wrong = |reason: String| Err(Error::Path { path: path.to_owned(), reason });
    let kind = |path: &str| {
        let entry = tree.get_path(Path::new(path)).ok()?;
        kind_of(entry.kind(), entry.filemode())
    };
    for (at, _) in path.match_indices('/') {
        let above = &path[..at];
        match kind(above) {
            None => return Ok(()),
            Some(EntryKind::Folder) => {}
            Some(other) => return wrong(format!("{above:?} in the repository is {other}, not a directory")),
        }
    }
    match kind(path) {
        None | Some(EntryKind::File) => Ok(()),
        Some(other) => wrong(format!("{other} of this name is in the repository")),
    }
}

/// What happens while a change is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishEvent<'a> {
    /// The commit is made and about to be pushed.
    Committed {
        /// Its id, 40 hexadecimal digits.
        commit: &'a str,
    },
    /// Somebody else's push came first.
    Raced {
        /// The how many-th attempt it was, from 1.
        attempt: u32,
    },
}

/// What an entry of a tree is, by its type and mode.
pub(super) fn kind_of(kind: Option<ObjectType>, mode: i32) -> Option<EntryKind> {
    Some(match (kind?, mode) {
        (ObjectType::Tree, _) => EntryKind::Folder,
        (ObjectType::Commit, _) => EntryKind::Submodule,
        (_, LINK) => EntryKind::Link,
        _ => EntryKind::File,
    })
}

/// Git's mode of a symbolic link.
pub(super) const LINK: i32 = 0o120_000;
/// Git's mode of an executable file.
const EXECUTABLE: i32 = 0o100_755;

/// The branch that a new one starts from: the one that `HEAD` points to, or the only one.
fn default_branch(listing: &Listing) -> Option<String> {
    if let Some(name) = &listing.default_branch
        && listing.branch(name).is_some()
    {
        return Some(name.clone());
    }
    match listing.branches.as_slice() {
        [(only, _)] => Some(only.clone()),
        _ => None,
    }
}
