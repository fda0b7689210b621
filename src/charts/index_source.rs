//! Charts of HelmRepositories with an index over HTTP.

use std::io::{Read as _, Seek as _};
use std::path::PathBuf;
use std::time::Duration;

use ::http::StatusCode;
use serde::{Deserialize, Serialize};
use url::Url;

use super::cache::{Cached, Download};
use super::digest::Digest;
use super::fetch::{Charts, missing_of, unresolved, user};
use super::http::{Ask, Http, Validators, host, is_exposed};
use super::index::{self, Entry, Lookup};
use super::{Error, ErrorKind, Fetched, Origin, Result, Wanted, versions};
use crate::secret::Secret;

/// Media types of an index that servers are asked for. Many send others.
const ANYTHING: Option<&str> = None;

/// Number of versions that an error lists.
const LISTED: usize = 5;

/// First bytes of a compressed archive.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Archive without a digest in the index.
#[derive(Serialize, Deserialize)]
struct Unpromised {
    digest: String,
}

/// A HelmRepository that is asked.
struct Repository<'a> {
    wanted: &'a Wanted,
    url: &'a Url,
    pass_credentials: bool,
    http: Http,
}

impl Charts {
    pub(super) async fn in_index(
        &self,
        wanted: &Wanted,
        url: &Url,
        pass_credentials: bool,
    ) -> Result<Fetched> {
        let http = wanted.source.http(&self.options, &self.events)?;
        let repository = Repository { wanted, url, pass_credentials, http };
        let (entry, age) = self.entry(&repository).await?;
        let url = repository.archive_url(&entry)?;
        let digest = Digest::parse(&entry.digest);
        if digest.is_none() && !entry.digest.is_empty() {
            // An unknown algorithm, or a mistake of the one who made the index; Flux ignores the digest.
            let (name, version) = (&wanted.source.name, &entry.version);
            let chart = &wanted.chart;
            self.events.warning(format!(
                "{name}: the digest of chart {chart} {version} is not SHA-256; it is not checked"
            ));
        }
        let what = format!("fetch chart {} {} of {}", wanted.chart, entry.version, wanted.source.name);
        let shown = format!("chart {} {} of {}", wanted.chart, entry.version, wanted.source.name);
        let fetch = async |download: &mut Download| {
            repository.archive(&what, &shown, &url, self.options.limits.chart, download).await
        };
        let cause = format!("version {} is not in the cache", entry.version);
        let (path, digest, fetched) = match digest {
            Some(digest) => {
                let (path, fetched) = self.blob(wanted, &digest, &cause, fetch).await?;
                (path, digest, fetched)
            }
            None => self.unpromised(wanted, &url, &cause, fetch).await?,
        };
        let origin = if fetched || age.is_none() { Origin::Remote } else { Origin::Cache(age) };
        let digest = Some(digest.to_string());
        Ok(Fetched { path, version: Some(entry.version), digest, revision: None, origin })
    }

    /// Finds the version in the index, fetching that if needed. Also returns the age of the index, unless the server was
    /// asked in this run.
    async fn entry(&self, repository: &Repository<'_>) -> Result<(Entry, Option<Duration>)> {
        let Repository { wanted, .. } = repository;
        let key = format!("{}\n{}", repository.url, user(&wanted.source));
        let read = async |done: bool| self.index(repository, &key, done).await;
        let (file, age) = self.slots.run(&format!("index {key}"), &wanted.source.name, read).await?;
        let entries = match index::find(file, &wanted.chart) {
            Ok(Lookup::Found(entries)) => entries,
            Ok(Lookup::Nothing { charts, similar }) => {
                let cause = format!("its index has {charts} charts, but no {}", wanted.chart);
                if let Some(error) = self.outdated(wanted, age) {
                    return Err(error);
                }
                let hint = match similar {
                    Some(name) => format!("did you mean the chart {name}?"),
                    None => {
                        format!("check spec.chart of {} and spec.url of {}", wanted.by, wanted.source.name)
                    }
                };
                return Err(
                    Error::new(ErrorKind::NotFound, format!("find {}", missing_of(wanted)), cause).hint(hint)
                );
            }
            Ok(Lookup::Damaged) | Err(_) => {
                let cause = format!("the index in {} is damaged", self.options.cache.display());
                return Err(Error::new(ErrorKind::Local, format!("find {}", missing_of(wanted)), cause)
                    .hint("remove the directory; it is filled again with --allow-remote"));
            }
        };
        match versions::of_entries(&entries, &wanted.version) {
            Ok(entry) => Ok((entry.clone(), age)),
            Err(versions::Unresolved::Nothing) if self.outdated(wanted, age).is_some() => Err(self
                .outdated(wanted, age)
                .unwrap_or_else(|| self.missing(wanted, "it is not in the index"))),
            Err(reason) => {
                let newest = entries.iter().take(LISTED).map(|entry| entry.version.clone());
                Err(unresolved(wanted, reason, &newest.collect::<Vec<_>>()))
            }
        }
    }

    /// Error for what is not in an index that may be outdated.
    fn outdated(&self, wanted: &Wanted, age: Option<Duration>) -> Option<Error> {
        let age = age.filter(|_| self.options.access != super::Access::Remote)?;
        Some(self.missing(wanted, &format!("it is not in the index that was fetched {} ago", in_words(age))))
    }

    /// Opens the compact form of an index.
    async fn index(
        &self,
        repository: &Repository<'_>,
        key: &str,
        done: bool,
    ) -> Result<(std::fs::File, Option<Duration>)> {
        let wanted = repository.wanted;
        let known = self.cache.index(key);
        let known = match known {
            Some(Cached { value: (file, _), age }) if self.is_fresh(age, done) => {
                return Ok((file, (!done).then_some(age)));
            }
            known => known,
        };
        self.check_access(wanted, "the index of its repository is not in the cache")?;
        // A damaged index is fetched again.
        let validators = known.and_then(|Cached { value: (file, validators), .. }| {
            index::find(file, "").is_ok_and(|it| !matches!(it, Lookup::Damaged)).then_some(validators)
        });
        let what = format!("fetch the index of {}", wanted.source.name);
        let shown = format!("the index of {}", wanted.source.name);
        let url = index_url(repository.url);
        let ask = Ask {
            what: &what,
            url: &url,
            authorization: repository.authorization(&url),
            accept: ANYTHING,
            known: validators.as_ref().filter(|known| **known != Validators::default()),
            compressed: true,
            most: self.options.limits.index,
            progress: Some(&shown),
        };
        let mut download = self.cache.download()?;
        let reply = repository.http.get(&ask, &mut download).await?;
        if reply.status == StatusCode::NOT_MODIFIED && ask.known.is_some() {
            self.cache.confirm_index(key)?;
        } else if reply.status.is_success() {
            let compact = index::convert(download.file()).map_err(|cause| {
                Error::new(
                    ErrorKind::Invalid,
                    what.clone(),
                    format!("{} is not a valid index: {cause}", host_and_path(&url)),
                )
                .redacted(repository.http.redactor())
                .hint(format!(
                    "check spec.url of {}, and whether a login page responds instead",
                    wanted.source.name
                ))
            })?;
            self.cache.keep_index(key, &compact, &reply.validators())?;
        } else {
            return Err(repository.http.refused(&ask, &reply));
        }
        let unreadable =
            || Error::new(ErrorKind::Local, what.clone(), "the index was removed from the cache");
        let Cached { value: (file, _), .. } = self.cache.index(key).ok_or_else(unreadable)?;
        Ok((file, None))
    }

    /// Fetches an archive without a digest in the index.
    async fn unpromised(
        &self,
        wanted: &Wanted,
        url: &Url,
        cause: &str,
        fetch: impl AsyncFnOnce(&mut Download) -> Result<()>,
    ) -> Result<(PathBuf, Digest, bool)> {
        let key = format!("archive\n{url}\n{}", user(&wanted.source));
        let work = async |done: bool| {
            if let Some(Cached { value: Unpromised { digest }, age }) = self.cache.record(&key)
                && self.is_fresh(age, done)
                && let Some(digest) = Digest::parse(&digest)
                && let Some(path) = self.cache.blob(&digest)
            {
                return Ok((path, digest, done));
            }
            self.check_access(wanted, cause)?;
            let mut download = self.cache.download()?;
            fetch(&mut download).await?;
            let digest = download.digest();
            let path = self.cache.keep(download)?;
            self.cache.keep_record(&key, &Unpromised { digest: digest.to_string() })?;
            Ok((path, digest, true))
        };
        self.slots.run(&key, &wanted.source.name, work).await
    }
}

impl Repository<'_> {
    /// URL of an archive; those in an index may be relative to the repository.
    fn archive_url(&self, entry: &Entry) -> Result<Url> {
        let Wanted { source, chart, .. } = self.wanted;
        let invalid = |cause: String| {
            let what = format!("fetch chart {chart} {} of {}", entry.version, source.name);
            Error::new(ErrorKind::Invalid, what, cause)
        };
        let Some(reference) = entry.url.as_deref() else {
            return Err(invalid("its index has no URL for it".to_owned()).hint("choose another version"));
        };
        let url = resolve(self.url, reference).ok_or_else(|| {
            invalid("its URL in the index is not valid".to_owned()).hint("choose another version")
        })?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            let hint = if url.scheme() == "oci" {
                "Flux cannot fetch it either: use a HelmRepository with spec.type: oci, or an OCIRepository"
            } else {
                "Flux cannot fetch it either"
            };
            return Err(invalid(format!("its URL in the index begins with {}:", url.scheme())).hint(hint));
        }
        Ok(url)
    }

    async fn archive(
        &self,
        what: &str,
        shown: &str,
        url: &Url,
        most: u64,
        download: &mut Download,
    ) -> Result<()> {
        let authorization = self.authorization(url);
        let progress = Some(shown);
        let ask =
            Ask { what, url, authorization, accept: None, known: None, compressed: false, most, progress };
        let reply = self.http.get(&ask, download).await?;
        if !reply.status.is_success() {
            return Err(self.http.refused(&ask, &reply));
        }
        check_archive(what, download)
            .map_err(|error| error.hint(format!("check whether {} serves a login page instead", host(url))))
    }

    /// Credentials for a URL: those of the repository for the same host, or for all with `passCredentials`.
    fn authorization(&self, url: &Url) -> Option<Secret> {
        let login = self.wanted.source.connection.login.as_ref()?;
        if !self.pass_credentials && url.origin() != self.url.origin() {
            return None;
        }
        if is_exposed(url) {
            self.http.events().warning(format!(
                "{}: the credentials are not sent to {} over plain HTTP",
                self.wanted.source.name,
                host(url)
            ));
            return None;
        }
        Some(login.basic())
    }
}

/// Checks that a download is a compressed archive.
pub(super) fn check_archive(what: &str, download: &mut Download) -> Result<()> {
    let mut start = [0; 2];
    let file = download.file();
    let read = file.rewind().and_then(|()| file.read_exact(&mut start));
    if read.is_ok() && start == GZIP {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, what, "what the server sent is not a compressed archive"))
}

/// URL of the index of a repository.
fn index_url(url: &Url) -> Url {
    let mut index = url.clone();
    index.set_path(&format!("{}/index.yaml", url.path().trim_end_matches('/')));
    index
}

/// Resolves the URL of an archive as Helm does: relative to the repository, with its query.
fn resolve(base: &Url, reference: &str) -> Option<Url> {
    if let Ok(mut url) = Url::parse(reference) {
        url.set_fragment(None);
        return Some(url);
    }
    let mut directory = base.clone();
    directory.set_path(&format!("{}/", base.path().trim_end_matches('/')));
    let mut url = directory.join(reference).ok()?;
    url.set_query(base.query());
    url.set_fragment(None);
    Some(url)
}

fn host_and_path(url: &Url) -> String {
    format!("{}{}", host(url), url.path())
}

/// Age for a message: `40 s`, `5 min`, `3 h`, `2 days`.
fn in_words(age: Duration) -> String {
    if age == Duration::MAX {
        return "an unknown time (the clock was set back)".to_owned();
    }
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_resolved_as_helm_does() {
        let resolved = |base: &str, reference: &str| {
            resolve(&Url::parse(base).unwrap(), reference).map(String::from).unwrap_or_default()
        };
        for (base, reference, url) in [
            ("https://a.example.com/charts", "x-1.tgz", "https://a.example.com/charts/x-1.tgz"),
            ("https://a.example.com/charts/", "sub/x-1.tgz", "https://a.example.com/charts/sub/x-1.tgz"),
            ("https://a.example.com/charts", "/x-1.tgz", "https://a.example.com/x-1.tgz"),
            ("https://a.example.com/c?token=1", "x-1.tgz", "https://a.example.com/c/x-1.tgz?token=1"),
            ("https://a.example.com/c?token=1", "https://b/x.tgz?y=2", "https://b/x.tgz?y=2"),
            ("https://a.example.com/c", "../x-1.tgz", "https://a.example.com/x-1.tgz"),
            ("https://a.example.com/c", "//b.example.com/x.tgz", "https://b.example.com/x.tgz"),
            ("https://a.example.com/c", "oci://ghcr.io/x:1", "oci://ghcr.io/x:1"),
        ] {
            assert_eq!(resolved(base, reference), url, "{base} {reference}");
        }
    }

    #[test]
    fn the_index_is_below_the_url() {
        for (base, url) in [
            ("https://a.example.com", "https://a.example.com/index.yaml"),
            ("https://a.example.com/charts/?x=1", "https://a.example.com/charts/index.yaml?x=1"),
        ] {
            assert_eq!(String::from(index_url(&Url::parse(base).unwrap())), url);
        }
    }

    #[test]
    fn ages_are_in_words() {
        for (seconds, text) in [(5, "5 s"), (600, "10 min"), (7300, "2 h"), (900_000, "10 days")] {
            assert_eq!(in_words(Duration::from_secs(seconds)), text);
        }
        assert_eq!(in_words(Duration::MAX), "an unknown time (the clock was set back)");
    }
}
