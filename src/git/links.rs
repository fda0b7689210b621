//! Symbolic links in a Git tree. They are followed inside the repository only.

use std::collections::VecDeque;
use std::io;

use super::error::{Error, Result};
use super::files::{EntryKind, Files};

/// Maximum number of links that are followed for one path, as on Linux.
pub const MOST_LINKS: usize = 40;

/// Result of [`Files::resolve`]. Paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Path of a file.
    File(String),
    /// Path of a directory.
    Directory(String),
    /// The path leads into a submodule.
    Submodule {
        /// Path of the submodule.
        path: String,
        /// Rest of the path, within the submodule.
        rest: String,
    },
}

/// Reasons why a path cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved {
    /// Nothing is there.
    #[error("not found")]
    NotFound,
    /// A link or `..` leaves the repository.
    #[error("the path points outside the repository")]
    Outside,
    /// More links than [`MOST_LINKS`], probably in a loop.
    #[error("too many symbolic links")]
    TooManyLinks,
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] Error),
}

impl From<Unresolved> for io::Error {
    fn from(unresolved: Unresolved) -> io::Error {
        match unresolved {
            Unresolved::NotFound => io::ErrorKind::NotFound.into(),
            Unresolved::Outside => io::Error::new(io::ErrorKind::PermissionDenied, unresolved),
            Unresolved::TooManyLinks | Unresolved::Git(_) => io::Error::other(unresolved),
        }
    }
}

impl Files<'_> {
    /// Follows symbolic links and `..` in a path.
    pub fn resolve(&self, path: &str) -> Result<Resolved, Unresolved> {
        let mut steps: VecDeque<String> = steps(path);
        let mut done: Vec<String> = Vec::new();
        let mut kind = EntryKind::Directory;
        let mut links = 0;
        while let Some(step) = steps.pop_front() {
            if step == ".." {
                done.pop().ok_or(Unresolved::Outside)?;
                kind = EntryKind::Directory;
                continue;
            }
            if kind == EntryKind::File {
                return Err(Unresolved::NotFound);
            }
            done.push(step);
            let here = done.join("/");
            kind = self.kind(&here)?.ok_or(Unresolved::NotFound)?;
            match kind {
                EntryKind::File | EntryKind::Directory => {}
                EntryKind::Submodule => {
                    return Ok(Resolved::Submodule { path: here, rest: steps.make_contiguous().join("/") });
                }
                EntryKind::Link => {
                    links += 1;
                    let target = self.link_target(&here)?.unwrap_or_default();
                    if target.starts_with('/') {
                        return Err(Unresolved::Outside);
                    }
                    if links > MOST_LINKS {
                        return Err(Unresolved::TooManyLinks);
                    }
                    done.pop();
                    kind = EntryKind::Directory;
                    for step in self::steps(&target).into_iter().rev() {
                        steps.push_front(step);
                    }
                }
            }
        }
        let path = done.join("/");
        Ok(if kind == EntryKind::File { Resolved::File(path) } else { Resolved::Directory(path) })
    }
}

/// The names and `..` of a path.
fn steps(path: &str) -> VecDeque<String> {
    path.split('/').filter(|step| !matches!(*step, "" | ".")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use git2::{Oid, Signature};

    use super::super::files::LINK;
    use super::*;

    /// Writes a commit with a file `a/file`, and links.
    fn commit(git: &git2::Repository, links: &[(&str, &str)]) -> Oid {
        let mut inner = git.treebuilder(None).expect("a builder");
        inner.insert("file", git.blob(b"x").expect("a blob"), 0o100_644).expect("inserted");
        let mut root = git.treebuilder(None).expect("a builder");
        root.insert("a", inner.write().expect("a tree"), 0o040_000).expect("inserted");
        for (name, target) in links {
            root.insert(name, git.blob(target.as_bytes()).expect("a blob"), LINK).expect("inserted");
        }
        let tree = git.find_tree(root.write().expect("a tree")).expect("a tree");
        let author = Signature::now("a", "a@example.com").expect("valid");
        git.commit(None, &author, &author, "x", &tree, &[]).expect("a commit")
    }

    #[test]
    fn links_are_followed_inside_the_repository_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let git = git2::Repository::init_bare(directory.path()).expect("a repository");
        let links =
            [("to-a", "a"), ("to-file", "./to-a/file"), ("out", "../x"), ("root", "/etc"), ("loop", "loop")];
        let oid = commit(&git, &links);
        let files = Files::of(&git, Some(oid)).expect("files");
        let resolve = |path: &str| files.resolve(path).map_err(|error| error.to_string());
        assert_eq!(resolve("a/file"), Ok(Resolved::File("a/file".into())));
        assert_eq!(resolve("/a/../to-file"), Ok(Resolved::File("a/file".into())));
        assert_eq!(resolve("to-a/."), Ok(Resolved::Directory("a".into())));
        assert_eq!(resolve(""), Ok(Resolved::Directory(String::new())));
        for path in ["a/missing", "a/file/x"] {
            assert_eq!(resolve(path), Err("not found".into()), "{path}");
        }
        for path in ["out", "root", "a/../../x"] {
            assert_eq!(resolve(path), Err("the path points outside the repository".into()), "{path}");
        }
        assert_eq!(resolve("loop"), Err("too many symbolic links".into()));
    }
}
