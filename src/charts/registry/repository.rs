//! Names of repositories and tags in a registry.

use std::fmt;

use url::Url;

use crate::charts::http::is_loopback;
use crate::charts::{Error, ErrorKind, Result};

/// Repository in a registry, or the registry itself if the path is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::charts) struct Repository {
    /// Host and port as they are written.
    pub host: String,
    /// Path without a slash at its start and end.
    pub path: String,
}

impl Repository {
    /// Parses the `oci://` URL in `spec.url` of a source.
    pub(in crate::charts) fn parse(source: &str, url: &str) -> Result<Repository> {
        let invalid = |cause: String| {
            Error::new(ErrorKind::Invalid, format!("read {source}"), format!("spec.url {cause}"))
                .hint("use a URL such as oci://ghcr.io/owner/charts, without a tag")
        };
        let rest =
            url.strip_prefix("oci://").ok_or_else(|| invalid("does not start with oci://".to_owned()))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let parsed = Url::parse(&format!("https://{host}/"));
        let is_host = parsed.is_ok_and(|it| it.has_host() && it.username().is_empty() && it.path() == "/");
        if host.is_empty() || host.contains(['@', '?', '#', '\\']) || !is_host {
            return Err(invalid("has no valid host".to_owned()));
        }
        let path = path.trim_matches('/');
        if let Some((_, tag)) = path.split_once(':') {
            return Err(invalid(format!("must not contain a tag; remove ':{tag}'")));
        }
        let repository = Repository { host: host.to_owned(), path: path.to_owned() };
        if !(path.is_empty() || is_name(path)) {
            return Err(invalid(format!("is not valid: {path:?} is no name of a repository")));
        }
        Ok(repository)
    }

    /// The repository of an artifact, which has a path.
    pub(in crate::charts) fn of_artifact(mut self, source: &str) -> Result<Repository> {
        if self.path.is_empty() {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("read {source}"),
                "spec.url names no repository",
            )
            .hint("use a URL such as oci://ghcr.io/owner/charts/podinfo"));
        }
        if self.is_docker_hub() && !self.path.contains('/') {
            self.path = format!("library/{}", self.path);
        }
        Ok(self)
    }

    /// The repository of a chart below this one.
    pub(in crate::charts) fn below(&self, chart: &str) -> Option<Repository> {
        let path = [self.path.as_str(), chart].join("/");
        let path = path.trim_matches('/').to_owned();
        is_name(&path).then(|| Repository { host: self.host.clone(), path })
    }

    /// Whether the registry is on this machine.
    pub(in crate::charts) fn is_loopback(&self) -> bool {
        Url::parse(&format!("https://{}/", self.host)).is_ok_and(|url| is_loopback(&url))
    }

    fn is_docker_hub(&self) -> bool {
        matches!(self.host.as_str(), "docker.io" | "index.docker.io" | "registry-1.docker.io")
    }

    /// Host of the registry's API.
    pub(super) fn server(&self) -> &str {
        if self.is_docker_hub() { "registry-1.docker.io" } else { &self.host }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}", self.host)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, "/{}", self.path) }
    }
}

/// Whether a text is the name of a repository: lowercase words and numbers, separated by `.`, `_`, `-` and `/`.
fn is_name(text: &str) -> bool {
    let is_alphanumeric = |it: Option<char>| it.is_some_and(|it| matches!(it, 'a'..='z' | '0'..='9'));
    text.len() <= 255
        && text.split('/').all(|part| {
            is_alphanumeric(part.chars().next())
                && is_alphanumeric(part.chars().next_back())
                && part.chars().all(|it| matches!(it, 'a'..='z' | '0'..='9' | '.' | '_' | '-'))
                && !part.contains("..")
        })
}

/// Whether a text is a tag.
pub(in crate::charts) fn is_tag(text: &str) -> bool {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    (1..=128).contains(&text.len())
        && text.starts_with(is_word)
        && text.chars().all(|it| is_word(it) || matches!(it, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(url: &str) -> String {
        let error =
            Repository::parse("OCIRepository a/b", url).and_then(|it| it.of_artifact("OCIRepository a/b"));
        error.expect_err("not valid").to_string()
    }

    #[test]
    fn a_url_names_a_registry_and_a_repository() {
        for (url, host, path) in [
            ("oci://ghcr.io/stefanprodan/charts", "ghcr.io", "stefanprodan/charts"),
            ("oci://localhost:5000/", "localhost:5000", ""),
            ("oci://[::1]:5000/a", "[::1]:5000", "a"),
        ] {
            let found = Repository::parse("HelmRepository a/b", url).unwrap();
            assert_eq!((found.host.as_str(), found.path.as_str()), (host, path));
            assert_eq!(found.is_loopback(), host != "ghcr.io");
        }
        let hub = Repository::parse("OCIRepository a/b", "oci://docker.io/redis").unwrap();
        let hub = hub.of_artifact("OCIRepository a/b").unwrap();
        assert_eq!((hub.path.as_str(), hub.server()), ("library/redis", "registry-1.docker.io"));
    }

    #[test]
    fn a_url_with_a_tag_or_without_a_valid_name_is_an_error() {
        assert_eq!(
            cause("oci://ghcr.io/a/b:1.0"),
            "failed to read OCIRepository a/b: spec.url must not contain a tag; remove ':1.0'"
        );
        assert_eq!(
            cause("https://ghcr.io/a"),
            "failed to read OCIRepository a/b: spec.url does not start with oci://"
        );
        assert_eq!(
            cause("oci://user:pass@ghcr.io/a"),
            "failed to read OCIRepository a/b: spec.url has no valid host"
        );
        assert_eq!(
            cause("oci://ghcr.io/a/../b"),
            "failed to read OCIRepository a/b: spec.url is not valid: \"a/../b\" is no name of a repository"
        );
        assert_eq!(cause("oci://ghcr.io"), "failed to read OCIRepository a/b: spec.url names no repository");
    }

    #[test]
    fn a_chart_cannot_leave_its_registry() {
        let base = Repository { host: "h".into(), path: "charts".into() };
        assert_eq!(base.below("podinfo").unwrap().path, "charts/podinfo");
        for chart in ["../../other", "a:tag", "a@sha256:0", "a?x", "A", ""] {
            assert_eq!(base.below(chart).filter(|it| it.path != "charts"), None, "{chart}");
        }
    }

    #[test]
    fn tags_have_no_separators() {
        assert!(is_tag("1.2.3_build.5-x") && is_tag("_a"));
        assert!(
            !is_tag("") && !is_tag("a/b") && !is_tag("-a") && !is_tag(&"x".repeat(129)) && !is_tag("a+b")
        );
    }
}
