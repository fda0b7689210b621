//! Where the sources of a repository's Kustomizations lie: on this machine by `--local-sources`, or in the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::artifact::Sources;
use super::repository::{Discovered, Repository};

/// Which sources are the repository itself.
struct Own {
    addresses: BTreeMap<String, BTreeSet<String>>,
    own: BTreeSet<String>,
}

impl Own {
    /// The source that Flux was set up with is the repository; so is another one with the same address.
    fn of(repository: &Repository, discovered: &Discovered) -> Self {
        let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut own: BTreeSet<String> = origin(repository.root()).into_iter().collect();
        for (key, url) in &discovered.sources {
            let address = address(url);
            if key.rsplit('/').next() == Some("flux-system") {
                own.insert(address.clone());
            }
            // What is written without a namespace may get any.
            let key = key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name);
            addresses.entry(key.to_owned()).or_default().insert(address);
        }
        Self { addresses, own }
    }

    /// Whether a source may be the repository.
    fn holds(&self, source: &str) -> bool {
        let name = source.rsplit_once('/').map_or(source, |(_, name)| name);
        self.addresses.get(name).is_none_or(|known| known.iter().any(|address| self.own.contains(address)))
    }
}

/// Host and path of an address, which are the same over HTTPS and SSH.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.replacen(':', "/", 1).trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase()
}

/// The address that the repository was cloned from.
fn origin(root: &Path) -> Option<String> {
    let config = std::fs::read_to_string(root.join(".git/config")).ok()?;
    let (_, rest) = config.split_once("[remote \"origin\"]")?;
    let line = rest.lines().take_while(|line| !line.starts_with('[')).find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "url").then(|| value.trim())
    })?;
    Some(address(line))
}

/// Where the sources lie.
pub(super) struct Located<'a> {
    /// Those of the command line.
    given: &'a BTreeMap<String, PathBuf>,
    own: Own,
    ignored: Vec<(String, String)>,
    root: &'a Path,
}

impl<'a> Located<'a> {
    pub(super) fn new(
        given: &'a BTreeMap<String, PathBuf>,
        repository: &'a Repository,
        discovered: &mut Discovered,
    ) -> Self {
        let own = Own::of(repository, discovered);
        Self { given, own, ignored: std::mem::take(&mut discovered.ignored), root: repository.root() }
    }
}

impl Sources for Located<'_> {
    fn root(&self, source: &str) -> Option<PathBuf> {
        let is_made = source.starts_with("ExternalArtifact/") || source.starts_with("HelmChart/");
        match self.given.get(source) {
            Some(root) => Some(root.clone()),
            None if !is_made && self.own.holds(source) => Some(self.root.to_path_buf()),
            None => None,
        }
    }

    fn ignore(&self, source: &str) -> Vec<String> {
        // What is written without a namespace may get any.
        let parts = |source: &str| {
            let (kind, rest) = source.split_once('/')?;
            Some((kind.to_owned(), rest.rsplit('/').next()?.to_owned()))
        };
        let found = self.ignored.iter().find(|(other, _)| parts(other) == parts(source));
        found.map(|(_, patterns)| patterns.clone()).into_iter().collect()
    }

    fn mount(&self) -> &Path {
        self.root
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
