//! Git URLs as kustomizations write them.

use std::fmt;
use std::time::Duration;

/// A directory of a Git repository at a revision, as a kustomization names it:
/// `https://host/org/repo//directory?ref=v1`, `ssh://git@host/org/repo.git/directory`, `git@host:org/repo`,
/// `github.com/org/repo/directory`.
#[derive(Clone, PartialEq, Eq)]
pub struct GitSource {
    /// URL to clone; it may hold credentials.
    pub url: String,
    /// Directory in the repository; empty for its root.
    pub directory: String,
    /// `ref` or `version`: a branch, a tag or a commit. `None` for the default branch.
    pub reference: Option<String>,
    /// `timeout`: how long fetching may take.
    pub timeout: Duration,
    /// `submodules`: whether the repository's submodules are wanted too.
    pub submodules: bool,
}

impl fmt::Debug for GitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitSource({}//{} {:?})", shown(&self.url), self.directory, self.reference)
    }
}

const SCHEMES: [&str; 4] = ["ssh://", "https://", "http://", "file://"];

/// Returns whether a path is the URL of a file.
pub(crate) fn is_file_url(path: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| cut_prefix(path, scheme).is_some())
}

/// Returns a path or URL as messages show it: a URL without query and credentials.
pub(crate) fn shown(path: &str) -> String {
    let Some((scheme, rest)) = path.split_once("://") else { return path.to_owned() };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let (authority, place) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    match user.split_once(':').map_or(user, |(user, _)| user) {
        // A user name over HTTP may be a token.
        user if !user.is_empty() && scheme.eq_ignore_ascii_case("ssh") => {
            format!("{scheme}://{user}@{host}{place}")
        }
        _ => format!("{scheme}://{host}{place}"),
    }
}

impl GitSource {
    /// How long fetching may take unless the URL says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(27);

    /// Parses a URL; `None` if Git could not clone it.
    ///
    /// The repository ends after `_git/NAME`, before `//`, after `.git`, or else after the second part of the path.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let (host, path) = split_host(address)?;
        let (repository, directory) = split_path(&path, host.starts_with("file://"))?;
        let directory = directory.strip_prefix('/').unwrap_or(directory);
        if repository.is_empty() || leaves(directory) {
            return None;
        }
        let mut source = Self {
            url: format!("{host}{repository}"),
            directory: directory.to_owned(),
            reference: None,
            timeout: Self::TIMEOUT,
            submodules: true,
        };
        source.read_query(query);
        Some(source)
    }

    /// Returns the URL of the repository as origins name it: without a password.
    pub(crate) fn origin_url(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else { return self.url.clone() };
        let (authority, place) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        match authority.rsplit_once('@') {
            Some((user, host)) if user.contains(':') => format!("{scheme}://{host}{place}"),
            _ => self.url.clone(),
        }
    }

    fn read_query(&mut self, query: &str) {
        let mut version = None;
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(value) = unescaped(value).filter(|value| !value.is_empty()) else { continue };
            match name {
                "ref" if self.reference.is_none() => self.reference = Some(value),
                "version" if version.is_none() => version = Some(value),
                "timeout" => self.timeout = duration(&value).unwrap_or(self.timeout),
                "submodules" => match value.as_str() {
                    "1" | "t" | "T" | "true" | "TRUE" | "True" => self.submodules = true,
                    "0" | "f" | "F" | "false" | "FALSE" | "False" => self.submodules = false,
                    _ => {}
                },
                _ => {}
            }
        }
        self.reference = self.reference.take().or(version);
    }

    /// Returns the directory as origins name it. Kustomize calls the root of a repository `notCloned` there.
    pub(crate) fn origin_directory(&self) -> &str {
        if self.directory.is_empty() { "notCloned" } else { &self.directory }
    }
}

fn cut_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Splits an address after scheme, user and host.
fn split_host(address: &str) -> Option<(String, String)> {
    let address = cut_prefix(address, "git::").unwrap_or(address);
    let (scheme, rest) = SCHEMES
        .into_iter()
        .find_map(|scheme| Some((scheme, cut_prefix(address, scheme)?)))
        .unwrap_or(("", address));
    let is_user = |user: &&str| {
        user.starts_with(|first: char| first.is_ascii_alphabetic())
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let user = rest.split_once('@').map(|(user, _)| user).filter(is_user);
    let rest = user.map_or(rest, |user| &rest[user.len() + 1..]);
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let is_github = ["github.com/", "github.com:"].iter().any(|host| cut_prefix(rest, host).is_some());
    // `user@host:path`, without a scheme.
    let is_scp = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !is_scp {
        return None;
    }
    if scheme == "file://" {
        return Some((scheme.to_owned(), format!("{user}{rest}")));
    }
    let slash = rest.find('/');
    let end = match rest.find(':').filter(|colon| is_scp && *colon > 0) {
        Some(colon) if slash.is_none_or(|slash| colon < slash) => Some(colon),
        _ => slash,
    };
    let (host, path) = end.map_or((rest, ""), |end| rest.split_at(end + 1));
    if host.is_empty() {
        return None;
    }
    let host = match (is_github, scheme == "ssh://" || !user.is_empty()) {
        (true, true) => format!("{user}github.com:"),
        (true, false) => "https://github.com/".to_owned(),
        (false, _) => format!("{scheme}{user}{host}"),
    };
    Some((host, path.to_owned()))
}

/// Splits a path into the repository and the directory in it.
fn split_path(path: &str, whole: bool) -> Option<(&str, &str)> {
    const COLLECTION: &str = "_git/";
    if let Some(at) = path.find(COLLECTION) {
        let name = at + COLLECTION.len();
        return Some(match path[name..].find('/') {
            Some(end) => (&path[..name + end], &path[name + end + 1..]),
            None => (path, ""),
        });
    }
    if let Some(parts) = path.split_once("//") {
        return Some(parts);
    }
    if let Some(at) = path.find(".git") {
        return Some(path.split_at(at + ".git".len()));
    }
    if whole {
        return Some((path, ""));
    }
    let first = path.find('/')?;
    match path[first + 1..].find('/') {
        Some(second) => Some((&path[..=first + second], &path[first + second + 2..])),
        None => Some((path, "")),
    }
}

/// Returns whether a path leads out of its directory.
fn leaves(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

/// Decodes the value of a query parameter; `None` if an escape is invalid.
fn unescaped(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Parses `61` (seconds) or `1m30s`; `None` unless the time is positive.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return (seconds > 0).then(|| Duration::from_secs(seconds));
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !(char.is_ascii_digit() || char == '.'))?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest.find(|char: char| char.is_ascii_digit() || char == '.').unwrap_or(rest.len());
        total += number
            * match &rest[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[end..];
    }
    Duration::try_from_secs_f64(total).ok().filter(|duration| !duration.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String, String)> {
        let source = GitSource::parse(text)?;
        Some((source.url, source.directory, source.reference.unwrap_or_default()))
    }

    #[test]
    fn urls_are_split_into_repository_directory_and_revision() {
        for (text, url, directory, reference) in [
            ("https://github.com/org/repo//a/b?ref=v1", "https://github.com/org/repo", "a/b", "v1"),
            ("github.com/org/repo/a?version=v1", "https://github.com/org/repo", "a", "v1"),
            ("git@github.com:org/repo.git//a", "git@github.com:org/repo.git", "a", ""),
            ("ssh://git@GitHub.com/org/repo", "git@github.com:org/repo", "", ""),
            ("https://git.example/a/b/c.git/x/y", "https://git.example/a/b/c.git", "x/y", ""),
            ("https://me@dev.example/o/p/_git/r/x", "https://me@dev.example/o/p/_git/r", "x", ""),
            ("git::https://git.example/org/repo", "https://git.example/org/repo", "", ""),
            ("git@host:org/repo?ref=a%2Fb&version=c", "git@host:org/repo", "", "a/b"),
            ("https://git.example:8443/org/repo/x", "https://git.example:8443/org/repo", "x", ""),
            ("file:///srv/git/repo//x", "file:///srv/git/repo", "x", ""),
        ] {
            let expected = Some((url.to_owned(), directory.to_owned(), reference.to_owned()));
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_path_or_file_is_not_a_repository() {
        for text in
            ["../base", "/srv/base", "base", "host/org/repo", "https://host/one", "https://host/o/r//../../x"]
        {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn messages_and_origins_show_no_credentials() {
        assert_eq!(shown("https://user:secret@host/o/r?token=secret"), "https://host/o/r");
        assert_eq!(shown("https://token@host/o/r"), "https://host/o/r");
        assert_eq!(shown("ssh://git@host/o/r?ref=x"), "ssh://git@host/o/r");
        let source = GitSource::parse("https://user:secret@host/o/r").unwrap();
        assert_eq!(source.origin_url(), "https://host/o/r");
    }

    #[test]
    fn the_query_sets_timeout_and_submodules() {
        let source = GitSource::parse("https://host/o/r?timeout=1m30s&submodules=false").unwrap();
        assert_eq!((source.timeout, source.submodules), (Duration::from_secs(90), false));
        let source = GitSource::parse("https://host/o/r?timeout=61&submodules=maybe").unwrap();
        assert_eq!((source.timeout, source.submodules), (Duration::from_secs(61), true));
        assert_eq!(GitSource::parse("https://host/o/r?timeout=-1s").unwrap().timeout, GitSource::TIMEOUT);
    }
}
