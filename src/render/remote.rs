//! `--allow-remote`: fetches the remote files and bases of kustomizations over HTTP and Git.
//!
//! Each transfer has a size limit and the timeout of its URL (27 seconds by default, at most [`MAX_TIMEOUT`]), and is
//! done once per [`Fetcher`]. Credentials come from the URL, for SSH from the agent; SSH hosts must be in the user's
//! `known_hosts`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::context::Environment;
use crate::git::{self, Address, Auth, Files, MOST_LINKS, Patience, Remote, Resolved, Scheme, Snapshot};
use edgeflux_kustomize::{Checkout, FileSystem, FileType, GitSource};

/// Longest timeout that a URL may ask for.
const MAX_TIMEOUT: Duration = Duration::from_mins(10);
/// Most bytes that a Git server may send.
const MAX_REPOSITORY_SIZE: usize = 256 * 1024 * 1024;
/// Largest file, in bytes.
const MAX_FILE_SIZE: usize = 16 * 1024 * 1024;

/// Fetches files and repositories, each of them once.
pub struct Fetcher {
    environment: Environment,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    repositories: Mutex<BTreeMap<Fetched, Arc<Tree>>>,
}

/// URL of a repository, its revision, and whether submodules are included.
type Fetched = (String, Option<String>, bool);

impl std::fmt::Debug for Fetcher {
    /// Hides the URLs, which may contain credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetcher")
    }
}

impl Fetcher {
    /// Creates a fetcher with this machine's proxies, SSH agent and known hosts. Nothing is fetched yet.
    pub fn new(environment: &Environment) -> Self {
        Fetcher { environment: environment.clone(), files: Mutex::default(), repositories: Mutex::default() }
    }
}

impl edgeflux_kustomize::Remote for Fetcher {
    fn file(&self, url: &str) -> io::Result<Vec<u8>> {
        if let Some(content) = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(url) {
            return Ok(content.clone());
        }
        let parsed: url::Url = url.parse().map_err(io::Error::other)?;
        let place = url.split_once(['?', '#']).map_or(url, |(place, _)| place);
        let remote = remote(&self.environment, place, GitSource::TIMEOUT)?;
        let content = apart(|| git::file(&remote, &parsed, MAX_FILE_SIZE))?;
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), content.clone());
        Ok(content)
    }

    fn repository(&self, source: &GitSource) -> io::Result<Checkout> {
        let key = (source.url.clone(), source.reference.clone(), source.submodules);
        let known = self.repositories.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let tree = match known {
            Some(tree) => tree,
            None => Arc::new(Tree::fetch(self.environment.clone(), source.clone(), 0)?),
        };
        self.repositories.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&tree));
        Ok(Checkout { files: tree, root: PathBuf::from("/") })
    }
}

/// Git server of a URL, with this machine's settings.
fn remote(environment: &Environment, url: &str, timeout: Duration) -> io::Result<Remote> {
    let address = Address::of_clone(url).map_err(failed)?;
    let auth = match address.scheme() {
        Scheme::Ssh => {
            let socket = environment.variable("SSH_AUTH_SOCK").ok_or_else(|| {
                io::Error::other("no SSH agent found; start one and add a key: eval $(ssh-agent); ssh-add")
            })?;
            let username = address.user().unwrap_or_else(|| "git".to_owned());
            Auth::SshAgent { username, socket: socket.into() }
        }
        Scheme::Http | Scheme::Https => match (address.user(), address.password()) {
            (None, None) => Auth::Anonymous,
            (user, password) => {
                Auth::Basic { username: user.unwrap_or_default(), password: password.unwrap_or_default() }
            }
        },
    };
    let mut remote = environment.remote(address, auth);
    remote.known_hosts = environment.known_hosts();
    let deadline = Instant::now() + timeout.min(MAX_TIMEOUT);
    remote.patience = Patience { deadline: Some(deadline), ..Patience::default() };
    Ok(remote)
}

/// Runs a transfer on a thread of its own: it blocks and starts a runtime.
fn apart<T: Send>(transfer: impl FnOnce() -> git::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| scope.spawn(transfer).join())
        .map_err(|_| io::Error::other("the transfer was aborted"))?
        .map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "what errors are mapped by")]
fn failed(error: git::Error) -> io::Error {
    io::Error::other(match error.next_step() {
        Some(step) => format!("{error}; {step}"),
        None => error.to_string(),
    })
}

/// Files of a repository, read from its objects. Links do not lead out of its root.
struct Tree {
    environment: Environment,
    source: GitSource,
    snapshot: Mutex<Snapshot>,
    /// Submodules that were fetched, by their paths.
    submodules: Mutex<BTreeMap<PathBuf, Arc<Tree>>>,
    /// Number of repositories that contain this one.
    depth: usize,
}

impl Tree {
    fn fetch(environment: Environment, source: GitSource, depth: usize) -> io::Result<Self> {
        let remote = remote(&environment, &source.url, source.timeout)?;
        let revision = source.reference.as_deref();
        let temporary = &environment.temporary;
        let snapshot = apart(|| Snapshot::fetch(&remote, revision, MAX_REPOSITORY_SIZE, temporary))?;
        Ok(Self { environment, source, snapshot: Mutex::new(snapshot), submodules: Mutex::default(), depth })
    }

    /// Reads the files of the revision.
    fn files<T>(&self, read: impl FnOnce(&Files<'_>) -> git::Result<T>) -> io::Result<T> {
        let snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        snapshot.files().and_then(|files| read(&files)).map_err(failed)
    }

    /// The submodule that contains a resolved path, and the path within it.
    fn within(&self, path: &Path) -> Option<(Arc<Tree>, PathBuf)> {
        let submodules = self.submodules.lock().unwrap_or_else(PoisonError::into_inner);
        submodules.iter().find_map(|(at, tree)| {
            let rest = path.strip_prefix(at).ok()?;
            Some((Arc::clone(tree), Path::new("/").join(rest)))
        })
    }

    /// The submodule at a path; none if submodules are not included.
    fn submodule(&self, path: &Path) -> io::Result<Option<Arc<Tree>>> {
        if !self.source.submodules {
            return Ok(None);
        }
        if let Some(tree) = self.submodules.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(Some(Arc::clone(tree)));
        }
        if self.depth >= MOST_LINKS {
            return Err(io::Error::other("submodules are nested too deeply"));
        }
        let name = in_tree(path);
        let Some(commit) = self.files(|files| files.submodule(&name))? else { return Ok(None) };
        let modules = self.files(|files| files.read(".gitmodules"))?.unwrap_or_default();
        let url = submodule_url(&String::from_utf8_lossy(&modules), &name)
            .ok_or_else(|| io::Error::other(format!("the submodule {name} has no URL in .gitmodules")))?;
        let source = GitSource {
            url: joined(&self.source.url, &url),
            directory: String::new(),
            reference: Some(commit),
            ..self.source.clone()
        };
        let tree = Arc::new(Self::fetch(self.environment.clone(), source, self.depth + 1)?);
        let mut submodules = self.submodules.lock().unwrap_or_else(PoisonError::into_inner);
        submodules.insert(path.to_path_buf(), Arc::clone(&tree));
        Ok(Some(tree))
    }
}

impl FileSystem for Tree {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let resolved = {
            let snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
            snapshot.files().map_err(failed)?.resolve(&in_tree(path))?
        };
        let root = Path::new("/");
        match resolved {
            Resolved::File(path) => Ok((root.join(path), FileType::File)),
            Resolved::Directory(path) => Ok((root.join(path), FileType::Directory)),
            Resolved::Submodule { path, rest } => {
                let path = root.join(path);
                match self.submodule(&path)? {
                    Some(tree) => {
                        let (inner, entry) = tree.resolve(&root.join(rest))?;
                        Ok((path.join(in_tree(&inner)), entry))
                    }
                    // Git leaves an empty directory.
                    None if rest.is_empty() => Ok((path, FileType::Directory)),
                    None => Err(io::ErrorKind::NotFound.into()),
                }
            }
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Some((tree, path)) = self.within(path) {
            return tree.read(&path);
        }
        self.files(|files| files.read(&in_tree(path)))?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        if let Some((tree, path)) = self.within(path) {
            return tree.list(&path);
        }
        let entries = self.files(|files| files.list(&in_tree(path)))?;
        let entries = entries.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }
}

/// Path in Git's form: relative to the root of the repository, with `/`. `..` is kept.
fn in_tree(path: &Path) -> String {
    let step = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::ParentDir => Some("..".to_owned()),
        _ => None,
    };
    path.components().filter_map(step).collect::<Vec<_>>().join("/")
}

/// URL of the submodule at `path`, from the text of `.gitmodules`.
fn submodule_url(text: &str, path: &str) -> Option<String> {
    let (mut here, mut url) = (false, None);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            if here && url.is_some() {
                break;
            }
            (here, url) = (false, None);
        } else if let Some((name, value)) = line.split_once('=') {
            match name.trim() {
                "path" => here = value.trim() == path,
                "url" => url = Some(value.trim().to_owned()),
                _ => {}
            }
        }
    }
    url.filter(|_| here)
}

/// Resolves the URL of a submodule, which may be relative to that of its repository.
fn joined(base: &str, url: &str) -> String {
    if !(url.starts_with("./") || url.starts_with("../")) {
        return url.to_owned();
    }
    let (mut base, mut url) = (base.trim_end_matches('/'), url);
    loop {
        if let Some(rest) = url.strip_prefix("./") {
            url = rest;
        } else if let Some(rest) = url.strip_prefix("../") {
            base = base.rfind(['/', ':']).map_or(base, |at| &base[..at]);
            url = rest;
        } else {
            return format!("{base}/{url}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submodule_is_found_by_its_path() {
        let text = "[submodule \"a\"]\n\tpath = libs/a\n\turl = ../a.git\n[submodule \"b\"]\n\turl = https://h/b\n\tpath = b\n";
        assert_eq!(submodule_url(text, "libs/a").as_deref(), Some("../a.git"));
        assert_eq!(submodule_url(text, "b").as_deref(), Some("https://h/b"));
        assert_eq!(submodule_url(text, "c"), None);
    }

    #[test]
    fn a_relative_url_of_a_submodule_starts_from_its_repository() {
        assert_eq!(joined("https://h/org/repo.git", "../a.git"), "https://h/org/a.git");
        assert_eq!(joined("https://h/org/repo", "./a"), "https://h/org/repo/a");
        assert_eq!(joined("https://h/org/repo", "ssh://git@h/a"), "ssh://git@h/a");
    }
}
