//! Fetches charts from HelmRepositories and OCIRepositories, as source-controller does it.
//!
//! ```text
//! let source = Arc::new(Source::helm_repository("apps/podinfo", &spec, &secrets)?); // with the Secrets that it names
//! let charts = Charts::new(options, events);            // cache, --chart-dir, and what may be fetched
//! let found = charts.fetch(&wanted).await;              // an archive or a directory for each, or an error
//! let missing = missing(&charts, &found);               // one error for all charts that are not on this machine
//! ```
//!
//! A chart is taken from the first of: a directory of `--chart-dir`, the cache, the repository. What a repository said
//! (index, tags, manifests) is asked again once it is older than [`Options::max_age`], where fetching is allowed; without
//! that, the cache is used at any age. An archive must have the digest that the index or the manifest promises.
//!
//! Limits: see [`Limits`]. Credentials are sent to the host of the source only (with `passCredentials`, to those of its
//! charts), never over plain HTTP to another machine, and are in no message.

mod cache;
mod connection;
mod digest;
mod directory;
mod error;
mod fetch;
mod http;
mod images;
mod index;
mod index_source;
mod oci_source;
mod registry;
mod slots;
mod source;
mod versions;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::net::NetworkSettings;

pub use connection::{SecretData, Secrets};
pub use error::{Error, ErrorKind, Result};
pub use fetch::{Charts, missing};
pub use source::Source;

/// What charts may be taken from.
#[derive(Clone)]
pub struct Options {
    /// Directory of the cache: `$XDG_CACHE_HOME/edgeflux/charts`.
    pub cache: PathBuf,
    /// Directories of `--chart-dir`, the first of which wins.
    pub directories: Vec<PathBuf>,
    /// Whether anything may be fetched.
    pub access: Access,
    /// Age at which an index, a list of tags or the manifest of a tag is asked for again. Zero asks once per run.
    pub max_age: Duration,
    /// Limits of transfers.
    pub limits: Limits,
    /// Proxies and certificates of this machine.
    pub network: NetworkSettings,
    /// Current time.
    pub clock: Clock,
}

/// Whether anything may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `--allow-remote`: what is not in the cache, or too old, is fetched.
    Remote,
    /// Nothing is fetched, because the user has not allowed it.
    Cached,
    /// `--offline`: nothing is fetched, because the user has forbidden it.
    Offline,
}

/// Limits of transfers. Those of sizes are the defaults of source-controller, which has none for layers of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest index, in bytes: 50 MiB.
    pub index: u64,
    /// Largest archive of a chart, in bytes: 10 MiB.
    pub chart: u64,
    /// Largest layer of an OCIRepository, in bytes: 100 MiB.
    pub artifact: u64,
    /// Timeout of a connection attempt, with proxy and TLS handshake.
    pub connect: Duration,
    /// Timeout until the head of a response.
    pub answer: Duration,
    /// Longest time without progress of a transfer; with progress, it may take twelve times as long.
    pub stall: Duration,
    /// Back-off before the first of three retries; it doubles with each further one.
    pub pause: Duration,
    /// Number of charts that are fetched at once.
    pub parallel: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            index: 50 << 20,
            chart: 10 << 20,
            artifact: 100 << 20,
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            pause: Duration::from_millis(500),
            parallel: 6,
        }
    }
}

/// Chart that is wanted.
#[derive(Clone)]
pub struct Wanted {
    /// Source of the chart.
    pub source: Arc<Source>,
    /// Name of the chart in a HelmRepository. An OCIRepository is itself the chart.
    pub chart: String,
    /// Version or range of versions of the chart in a HelmRepository; empty for the newest release.
    pub version: String,
    /// Object that wants it: `HelmRelease apps/podinfo`.
    pub by: String,
}

/// Chart that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Archive, or directory of a chart in `--chart-dir`.
    pub path: PathBuf,
    /// Version by the index, the tag, or the file in `--chart-dir`; none for an artifact by digest.
    pub version: Option<String>,
    /// Digest of the archive: `sha256:` and 64 hexadecimal digits; none for a chart in `--chart-dir`.
    pub digest: Option<String>,
    /// Revision of an OCIRepository, as source-controller writes it: `6.5.0@sha256:…`.
    pub revision: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a chart comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A directory of `--chart-dir`.
    Directory,
    /// The cache, whose index, tags or manifest is of this age; none for a pinned digest, which does not age.
    Cache(Option<Duration>),
    /// The repository was asked in this run.
    Remote,
}

/// Chart that is not on this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Source: `HelmRepository apps/podinfo`.
    pub source: String,
    /// Name of the chart.
    pub chart: String,
    /// Version or range that is wanted; empty for the newest release.
    pub version: String,
    /// Object that wants it.
    pub by: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chart {}", self.chart)?;
        if !self.version.is_empty() {
            write!(f, " {}", self.version)?;
        }
        write!(f, " of {}", self.source)
    }
}
