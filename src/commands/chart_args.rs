//! Flags of commands that render HelmReleases: where charts come from, and what they see of the cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use crate::charts::{self, Access, Charts};
use crate::context::Context;
use crate::error::{Error, Result};
use edgeflux_helm::release::{Capabilities, KubeVersion};

/// Age at which an index or a list of tags in the cache is asked for again.
const MAX_AGE: Duration = Duration::from_mins(5);

/// Flags that say where charts come from, and what they see of the cluster.
#[derive(Debug, Clone, Args)]
pub struct ChartArgs {
    /// Directory with charts, used instead of their repositories; can be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    chart_dir: Vec<PathBuf>,
    /// Fetch nothing; take charts from the cache and --chart-dir
    #[arg(long)]
    offline: bool,
    /// Version of Kubernetes that charts see [default: that of the cluster; without one, that of Helm]
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// API versions that charts see besides the others, such as monitoring.coreos.com/v1, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "VERSIONS")]
    api_versions: Vec<String>,
}

impl ChartArgs {
    /// Prepares to fetch charts. Nothing is fetched unless `allow_remote`.
    ///
    /// # Errors
    /// A directory of `--chart-dir` does not exist, there is no directory for the cache, or `--offline` is set too.
    pub fn charts(&self, context: &Context, allow_remote: bool) -> Result<Charts> {
        let environment = &context.environment;
        let home = || Some(PathBuf::from(environment.variable("HOME")?).join(".cache"));
        let cache = environment.variable("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
        let cache = cache.ok_or_else(|| {
            Error::usage("found no directory for the cache of charts").hint("set HOME or XDG_CACHE_HOME")
        })?;
        if let Some(missing) = self.chart_dir.iter().find(|directory| !directory.is_dir()) {
            return Err(Error::usage(format!("--chart-dir: {} is not a directory", missing.display()))
                .hint("use --chart-dir with a directory that has archives or directories of charts"));
        }
        if self.offline && allow_remote {
            return Err(
                Error::usage("--offline and --allow-remote cannot be used together").hint("omit one of them")
            );
        }
        let options = charts::Options {
            cache: cache.join("edgeflux/charts"),
            directories: self.chart_dir.clone(),
            access: match (allow_remote, self.offline) {
                (true, _) => Access::Remote,
                (false, true) => Access::Offline,
                (false, false) => Access::Cached,
            },
            max_age: MAX_AGE,
            limits: charts::Limits::default(),
            network: environment.network.clone(),
            clock: context.clock,
        };
        Ok(Charts::new(options, context.events.clone()))
    }

    /// What charts see of the cluster, or without it, what Helm assumes.
    ///
    /// # Errors
    /// `--kube-version` is not a version, `--api-versions` contains anything other than API versions, or the cluster cannot be asked.
    pub async fn capabilities(&self, context: &Context, with_cluster: bool) -> Result<Capabilities> {
        let mut capabilities = Capabilities::default();
        let given = self.kube_version.as_deref().map(|version| {
            KubeVersion::parse(version).map_err(|error| {
                Error::usage(format!("--kube-version: {error}")).hint("for example: --kube-version=1.35.1")
            })
        });
        let given = given.transpose()?;
        if let Some(text) = self.api_versions.iter().find(|text| !is_api_version(text)) {
            return Err(Error::usage(format!("--api-versions: {text:?} is not an API version"))
                .hint("write versions, with or without a kind: --api-versions=batch/v1,monitoring.coreos.com/v1/ServiceMonitor"));
        }
        if with_cluster {
            let cluster = context.cluster().await?;
            capabilities.kube_version = KubeVersion::parse(&cluster.kubernetes_version().await?.to_string())?;
            capabilities.api_versions = cluster.served_versions().await?;
        }
        if let Some(version) = given {
            capabilities.kube_version = version;
        }
        capabilities.api_versions.extend(self.api_versions.iter().cloned());
        Ok(capabilities)
    }
}

/// Whether a text is `VERSION`, `GROUP/VERSION` or either with `/KIND`, the forms that charts look up.
fn is_api_version(text: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-'))
    };
    text.split('/').count() <= 3 && text.split('/').all(is_name)
}
