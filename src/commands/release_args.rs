//! Flags of commands that render one HelmRelease, and the rendering.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueHint};

use super::chart_args::ChartArgs;
use super::render_args::SourceArgs;
use super::rendering;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::render::helm::{Files, Objects, Placed, ReleaseOptions, Releases, RenderedRelease};
use crate::render::{All, Renderer, Repository, Values};

/// Flags that say where a HelmRelease and what it refers to come from.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// File with the HelmRelease, instead of the one in the cluster
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    helmrelease_file: Option<PathBuf>,
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    charts: ChartArgs,
    /// Render without the values of ConfigMaps and Secrets that are missing or encrypted
    #[arg(long)]
    skip_missing_values: bool,
}

/// Where a HelmRelease and the objects that it refers to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The cluster.
    Cluster,
    /// The repository: what its Kustomizations render, then its files.
    Repository,
    /// The repository; from the cluster what it does not have, or has only encrypted.
    Both,
}

impl ReleaseArgs {
    /// Renders a HelmRelease of the context's namespace. `path` is the directory of the cluster in the repository.
    ///
    /// # Errors
    /// A flag is malformed, the HelmRelease or an object that it refers to is missing, or its chart cannot be found or
    /// does not render.
    pub async fn render(
        &self,
        context: &Context,
        name: &str,
        path: &Path,
        origin: Origin,
        shows_secrets: bool,
    ) -> Result<(Placed, Arc<RenderedRelease>)> {
        if !path.is_dir() {
            return Err(Error::usage(format!("--path: {} is not a directory", path.display()))
                .hint("use --path with the directory of a cluster, such as ./clusters/edge-1"));
        }
        let mut renderer = Renderer::new(path.to_path_buf(), Values::Repository);
        self.sources.apply(context, &mut renderer)?;
        let charts = self.charts.charts(context, self.sources.allow_remote)?;
        let repository = Arc::new(Repository::around(path)?);
        let objects = match origin {
            Origin::Cluster => Objects::Cluster,
            Origin::Repository => Objects::Files(files(context, &renderer, &repository).await?),
            Origin::Both => Objects::FilesThenCluster(files(context, &renderer, &repository).await?),
        };
        let options = ReleaseOptions {
            capabilities: self.charts.capabilities(context, origin != Origin::Repository).await?,
            skips_missing_values: self.skip_missing_values,
            shows_secrets,
            ..ReleaseOptions::default()
        };
        let releases = Releases::new(context, &renderer, &repository, objects, Arc::new(charts), options)?;
        let release = match &self.helmrelease_file {
            Some(file) => releases.from_file(file, name)?,
            None => releases.named(name).await?,
        };
        let release = releases.with_status(release).await?;
        let results = releases.render(std::slice::from_ref(&release), Arc::new(|_| {})).await?;
        let built = results.into_iter().next().unwrap_or_else(|| Err(Error::failed("nothing was rendered")));
        let built =
            built.map_err(|error| error.context(format!("HelmRelease {}/{name}", context.namespace())))?;
        for warning in &built.warnings {
            context.ui.warning(built.secrets.redact(warning));
        }
        Ok((release, built))
    }
}

/// What the Kustomizations of the directory render, and the files of the repository.
async fn files(context: &Context, renderer: &Renderer, repository: &Arc<Repository>) -> Result<Arc<Files>> {
    let all = match rendering::kustomizations(context, renderer, repository, true).await {
        Ok(all) => all,
        Err(error) if error.kind() == ErrorKind::NotFound => All::default(),
        Err(error) => return Err(error),
    };
    for (kustomization, outcome) in &all.kustomizations {
        if let Err(error) = outcome {
            let title = rendering::title(kustomization, repository);
            context.ui.warning(format!("{title} is left out with what it renders: {error}"));
        }
    }
    Ok(Arc::new(Files::new(Arc::clone(repository), &all.kustomizations, renderer.decrypt.clone())))
}
