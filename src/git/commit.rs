//! Commits on top of the fetched branch.

use std::path::Path;

use git2::{ObjectType, Oid, Tree};

use super::error::{Error, Result};
use super::files::{EXECUTABLE, EntryKind};
use super::repository::Repository;
use super::sign::Signer;
use super::tree::{Changes, CommitInfo};

impl Repository {
    /// Checks that `changes` can be committed on top of the head. Nothing is written.
    ///
    /// # Errors
    /// A path leads through something other than a directory, or is a directory.
    pub fn check(&self, changes: &Changes) -> Result<()> {
        let files = self.files()?;
        changes.iter().try_for_each(|(path, _)| refuse_crossing(files.root(), path))
    }

    /// Commits `changes` on top of the head. Returns `None` if they change nothing.
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

/// Refuses a file in place of a directory, or below a file, a link or a submodule.
fn refuse_crossing(before: Option<&Tree<'_>>, path: &str) -> Result<()> {
    let Some(tree) = before else { return Ok(()) };
    let wrong = |reason: String| Err(Error::Path { path: path.to_owned(), reason });
    let kind = |path: &str| {
        let entry = tree.get_path(Path::new(path)).ok()?;
        EntryKind::of(entry.kind(), entry.filemode())
    };
    for (at, _) in path.match_indices('/') {
        let above = &path[..at];
        match kind(above) {
            None => return Ok(()),
            Some(EntryKind::Directory) => {}
            Some(other) => return wrong(format!("{above:?} in the repository is {other}, not a directory")),
        }
    }
    match kind(path) {
        None | Some(EntryKind::File) => Ok(()),
        Some(other) => wrong(format!("the repository has {other} of this name")),
    }
}
