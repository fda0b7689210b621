//! Finding charts: directories, cache, repositories.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cache::{Cache, Cached, Download};
use super::digest::Digest;
use super::slots::Slots;
use super::source::Place;
use super::{
    Access, Error, ErrorKind, Fetched, Missing, Options, Origin, Result, Source, Wanted, directory, registry,
    versions,
};
use crate::event::Events;

/// Finds charts. What several of them need (an index, a token) is fetched once.
pub struct Charts {
    pub(super) options: Options,
    pub(super) events: Events,
    pub(super) cache: Cache,
    pub(super) slots: Slots,
}

impl Charts {
    /// Prepares the search. Nothing is read, written or fetched yet.
    pub fn new(options: Options, events: Events) -> Charts {
        let cache = Cache::new(&options.cache, options.clock);
        Charts { options, events, cache, slots: Slots::default() }
    }

    /// Finds charts, several at once. The results are in the order of `wanted`.
    ///
    /// Must be called within a tokio runtime.
    pub async fn fetch(&self, wanted: &[Wanted]) -> Vec<Result<Fetched>> {
        let each = wanted.iter().map(|wanted| self.one(wanted));
        futures::stream::iter(each).buffered(self.options.limits.parallel.max(1)).collect().await
    }

    async fn one(&self, wanted: &Wanted) -> Result<Fetched> {
        for directory in &self.options.directories {
            if let Some(found) = in_directory(directory, wanted)? {
                return Ok(found);
            }
        }
        match &wanted.source.place {
            Place::Index { url, pass_credentials } => self.in_index(wanted, url, *pass_credentials).await,
            Place::Registry { repository, plain } => self.in_registry(wanted, repository, *plain).await,
            Place::Artifact { repository, plain, reference, layer } => {
                self.artifact(wanted, repository, *plain, reference, layer).await
            }
        }
    }

    /// Whether something of this age in the cache is used.
    pub(super) fn is_fresh(&self, age: Duration, done: bool) -> bool {
        done || self.options.access != Access::Remote || age <= self.options.max_age
    }

    /// Fails if nothing may be fetched, or if the source lacks what it needs for it.
    pub(super) fn check_access(&self, wanted: &Wanted, cause: &str) -> Result<()> {
        if self.options.access != Access::Remote {
            return Err(self.missing(wanted, cause));
        }
        let lacking = &wanted.source.connection.lacking;
        if lacking.is_empty() {
            return Ok(());
        }
        let cause = format!("{} is not known here", lacking.join(" and "));
        Err(Error::new(ErrorKind::Missing, format!("fetch {}", missing_of(wanted)), cause).hint(
            "add the Secret to the repository (with --decrypt if it is encrypted), or put the archive of the chart in a \
            directory for --chart-dir",
        ))
    }

    /// Error for a chart that is not on this machine.
    pub(super) fn missing(&self, wanted: &Wanted, cause: &str) -> Error {
        Error::missing(missing_of(wanted), cause).hint(next_step(self.options.access))
    }

    /// Returns an answer of a server, from the cache if it is there and fresh. `lasting` answers never change. Also returns
    /// its age, unless it was asked for in this run.
    pub(super) async fn answer<T: Serialize + DeserializeOwned>(
        &self,
        wanted: &Wanted,
        key: &str,
        lasting: bool,
        cause: &str,
        ask: impl AsyncFnOnce() -> Result<T>,
    ) -> Result<(T, Option<Duration>)> {
        let work = async |done: bool| {
            if let Some(Cached { value, age }) = self.cache.record(key)
                && (lasting || self.is_fresh(age, done))
            {
                return Ok((value, (!done).then_some(age)));
            }
            self.check_access(wanted, cause)?;
            let value = ask().await?;
            self.cache.keep_record(key, &value)?;
            Ok((value, None))
        };
        self.slots.run(key, &wanted.source.name, work).await
    }

    /// Returns the archive with a digest, from the cache if it is there. Also returns whether it was fetched in this run.
    pub(super) async fn blob(
        &self,
        wanted: &Wanted,
        digest: &Digest,
        cause: &str,
        fetch: impl AsyncFnOnce(&mut Download) -> Result<()>,
    ) -> Result<(std::path::PathBuf, bool)> {
        let work = async |done: bool| {
            if let Some(path) = self.cache.blob(digest) {
                return Ok((path, done));
            }
            self.check_access(wanted, cause)?;
            let mut download = self.cache.download()?;
            fetch(&mut download).await?;
            let found = download.digest();
            if found != *digest {
                let what = format!("fetch {}", missing_of(wanted));
                let cause = format!("the archive has the digest {found} instead of {digest}");
                return Err(Error::new(ErrorKind::Digest, what, cause).hint(format!(
                    "do not use it: it was replaced or damaged; ask the owner of {} to publish its index again",
                    wanted.source.name
                )));
            }
            Ok((self.cache.keep(download)?, true))
        };
        self.slots.run(&format!("blob {digest}"), &wanted.source.name, work).await
    }
}

/// Finds a chart in a directory of `--chart-dir`.
fn in_directory(directory: &Path, wanted: &Wanted) -> Result<Option<Fetched>> {
    let found = match &wanted.source.place {
        Place::Index { .. } | Place::Registry { .. } => {
            directory::find(directory, &wanted.chart, &wanted.version)?
        }
        Place::Artifact { repository, reference, .. } => {
            let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
            // An archive does not show the digest or the tag of its manifest; a tag with a version is trusted.
            let version = match (text(&reference.digest), text(&reference.semver), text(&reference.tag)) {
                (None, Some(range), _) => range,
                (None, None, Some(tag)) => tag.replace('_', "+"),
                _ => return Ok(None),
            };
            directory::find(directory, &repository.path, &version)?
        }
    };
    Ok(found.map(|found| Fetched {
        path: found.path,
        version: Some(found.version),
        digest: None,
        revision: None,
        origin: Origin::Directory,
    }))
}

pub(super) fn missing_of(wanted: &Wanted) -> Missing {
    let (chart, version) = match &wanted.source.place {
        Place::Artifact { repository, reference, .. } => {
            let first = [&reference.digest, &reference.semver, &reference.tag];
            let version = first.into_iter().flatten().find(|text| !text.is_empty());
            let name = repository.path.rsplit('/').next().unwrap_or_default();
            (name.to_owned(), version.cloned().unwrap_or_default())
        }
        _ => (wanted.chart.clone(), wanted.version.clone()),
    };
    let (source, by) = (wanted.source.name.clone(), wanted.by.clone());
    Missing { source, chart, version, by }
}

fn next_step(access: Access) -> &'static str {
    match access {
        Access::Offline => {
            "run the command once without --offline and with --allow-remote, or name a directory that has it with \
            --chart-dir"
        }
        _ => "add --allow-remote to fetch it, or name a directory that has it with --chart-dir",
    }
}

/// Combines the errors of all charts that are not on this machine into one that lists them.
pub fn missing(charts: &Charts, found: &[Result<Fetched>]) -> Option<Error> {
    let errors = found.iter().filter_map(|found| found.as_ref().err());
    let missing: std::collections::BTreeSet<&Missing> = errors.filter_map(Error::missing_chart).collect();
    let list: Vec<String> = missing.iter().map(|missing| format!("{missing} for {}", missing.by)).collect();
    let what = match list.len() {
        0 => return None,
        1 => "find a chart on this machine".to_owned(),
        number => format!("find {number} charts on this machine"),
    };
    let hint = next_step(charts.options.access).replace(" it", " them");
    let hint = if list.len() == 1 { next_step(charts.options.access).to_owned() } else { hint };
    Some(Error::new(ErrorKind::Missing, what, list.join(", ")).hint(hint))
}

/// Name of the user that an answer of a server depends on, for the key of the cache.
pub(super) fn user(source: &Source) -> &str {
    source.connection.login.as_ref().map_or("", |login| login.username.expose())
}

/// Explains why no version was chosen.
pub(super) fn unresolved(wanted: &Wanted, reason: versions::Unresolved, newest: &[String]) -> Error {
    let missing = missing_of(wanted);
    let what = format!("choose a version of {missing}");
    let by = &wanted.by;
    match reason {
        versions::Unresolved::Constraint(cause) => {
            Error::new(ErrorKind::Invalid, what, format!("the range of versions is not valid: {cause}"))
                .hint(format!("use a version or a range such as 6.x in the spec of {by}"))
        }
        versions::Unresolved::Nothing => {
            let cause = match newest {
                [] => "it has no versions".to_owned(),
                newest => format!("no version is in the range; the newest are {}", newest.join(", ")),
            };
            Error::new(ErrorKind::NotFound, what, cause)
                .hint(format!("change the version in the spec of {by}"))
        }
        versions::Unresolved::Several(one, other) => {
            let cause =
                format!("{one} and {other} are equally new, so it is not certain which one the cluster uses");
            Error::new(ErrorKind::Invalid, what, cause).hint(format!("name one of them in the spec of {by}"))
        }
    }
}

/// Whether a text can be used as a tag of a chart without asking for all tags.
pub(super) fn exact_tag(version: &str) -> Option<String> {
    versions::parse(version)?;
    Some(versions::tag_of(version)).filter(|tag| registry::is_tag(tag))
}
