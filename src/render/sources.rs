//! Directories of the sources of a repository's Kustomizations: from `--local-sources`, or the repository itself.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::artifact::Sources;
use super::checkout::Checkout;
use super::repository::{Repository, Source};
use super::source_files::SourceFiles;
use super::walk::Walk;
use crate::error::Result;

/// Sources that are the repository itself.
struct Own {
    addresses: BTreeMap<String, BTreeSet<String>>,
    own: BTreeSet<String>,
}

impl Own {
    /// The source that Flux was bootstrapped with is the repository, and so is any source with the same address.
    fn of(repository: &Repository, definitions: &[Source]) -> Self {
        let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let origin = repository.checkout().origin();
        let mut own: BTreeSet<String> = origin.iter().map(|url| address(url)).collect();
        for Source { key, url, .. } in definitions {
            let address = address(url);
            if key.rsplit('/').next() == Some("flux-system") {
                own.insert(address.clone());
            }
            // An object without a namespace may get any.
            let key = key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name);
            addresses.entry(key.to_owned()).or_default().insert(address);
        }
        Self { addresses, own }
    }

    /// Whether a source can be the repository.
    fn holds(&self, source: &str) -> bool {
        let name = source.rsplit_once('/').map_or(source, |(_, name)| name);
        self.addresses.get(name).is_none_or(|known| known.iter().any(|address| self.own.contains(address)))
    }
}

/// Host and path of a URL, which are the same for HTTPS and SSH.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.replacen(':', "/", 1).trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase()
}

/// Directories of sources.
pub(super) struct Located<'a> {
    /// Directories from `--local-sources`.
    given: &'a BTreeMap<String, PathBuf>,
    own: Own,
    definitions: Vec<Source>,
    repository: &'a Repository,
    /// Files of sources, by their roots and the positions of their definitions.
    known: Mutex<Known>,
}

type Known = BTreeMap<(PathBuf, Option<usize>), Arc<SourceFiles>>;

impl<'a> Located<'a> {
    pub(super) fn new(
        given: &'a BTreeMap<String, PathBuf>,
        repository: &'a Repository,
        definitions: Vec<Source>,
    ) -> Self {
        let own = Own::of(repository, &definitions);
        Self { given, own, definitions, repository, known: Mutex::default() }
    }

    /// Files of a source that `--local-sources` names.
    pub(super) fn given(&self, source: &str, near: &Path) -> Option<Result<Arc<SourceFiles>>> {
        let root = self.given.get(source)?;
        Some(self.files_of(root, self.definition(source, near)))
    }

    /// Whether a file of the repository is in its artifact, or in at least one if several clusters define it.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub(super) fn has_file(&self, file: &Path) -> Result<bool> {
        let root = self.repository.root();
        let own = self.definitions.iter().enumerate();
        let mut own = own.filter(|(_, source)| self.own.own.contains(&address(&source.url))).peekable();
        if own.peek().is_none() {
            return Ok(self.files_of(root, None)?.has_file(file));
        }
        for (at, _) in own {
            if self.files_of(root, Some(at))?.has_file(file) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Definition of a source: the nearest file that defines one of this name.
    fn definition(&self, source: &str, near: &Path) -> Option<usize> {
        let parts = |key: &str| {
            let mut parts = key.splitn(3, '/').map(str::to_owned);
            Some((parts.next()?, parts.next()?, parts.next()?))
        };
        let (kind, namespace, name) = parts(source)?;
        let fits = |other: &Source| {
            // An object without a namespace may get any.
            parts(&other.key).is_some_and(|(other_kind, other_namespace, other_name)| {
                let same = namespace.is_empty() || other_namespace.is_empty() || namespace == other_namespace;
                same && kind == other_kind && name == other_name
            })
        };
        let common = |other: &Source| {
            other.near.components().zip(near.components()).take_while(|(one, other)| one == other).count()
        };
        let fitting = self.definitions.iter().enumerate().filter(|(_, other)| fits(other));
        fitting.min_by_key(|(_, other)| Reverse(common(other))).map(|(at, _)| at)
    }

    fn files_of(&self, root: &Path, definition: Option<usize>) -> Result<Arc<SourceFiles>> {
        let key = (root.to_path_buf(), definition);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = known.get(&key) {
            return Ok(files.clone());
        }
        let source = definition.and_then(|at| self.definitions.get(at));
        let repository = self.repository;
        let place = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let files = if place == repository.root() {
            SourceFiles::new(&place, repository.walk(), repository.checkout().clone(), source)
        } else {
            let checkout = if place.starts_with(repository.root()) {
                repository.checkout().clone()
            } else {
                Arc::new(Checkout::of_directory(place.clone()))
            };
            SourceFiles::new(&place, &Walk::of(&place), checkout, source)
        };
        let files = Arc::new(files?);
        known.insert(key, files.clone());
        Ok(files)
    }
}

impl Sources for Located<'_> {
    fn files(&self, source: &str, near: &Path) -> Option<Result<Arc<SourceFiles>>> {
        let is_made = source.starts_with("ExternalArtifact/") || source.starts_with("HelmChart/");
        let root = match self.given.get(source) {
            Some(root) => root.as_path(),
            None if !is_made && self.own.holds(source) => self.repository.root(),
            None => return None,
        };
        Some(self.files_of(root, self.definition(source, near)))
    }

    fn mount(&self) -> &Path {
        self.repository.root()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_over_https_and_ssh() {
        for url in [
            "https://github.com/Owner/repo",
            "https://user@github.com/owner/repo.git",
            "ssh://git@github.com/owner/repo",
            "git@github.com:owner/repo.git/",
        ] {
            assert_eq!(address(url), "github.com/owner/repo", "{url}");
        }
    }
}
