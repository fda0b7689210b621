//! Renders what a repository has, with progress on a terminal: all its Kustomizations, and all HelmReleases among what they
//! render.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, ValueHint};

use super::chart_args::ChartArgs;
use super::render_args::{RenderArgs, SourceArgs};
use crate::charts::Charts;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::ObjectMeta;
use crate::render::helm::{Files, Objects, Placed, ReleaseOptions, Releases, RenderedRelease};
use crate::render::{All, FluxKustomization, Progress, Renderer, Repository, Values, off_thread};

/// Time between two updates of the progress.
const TICK: Duration = Duration::from_millis(100);

/// Flags that say which part of a repository is rendered, and how.
#[derive(Debug, Clone, Args)]
pub struct RepositoryArgs {
    /// Directory with the files of the Kustomizations, such as that of one cluster
    #[arg(long, default_value = ".", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Files to ignore, as .gitignore patterns separated by commas
    #[arg(long, value_delimiter = ',', value_name = "PATTERNS")]
    pub ignore_paths: Vec<String>,
    /// Fail on variables that have neither a value nor a default
    #[arg(long)]
    pub strict_substitute: bool,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub charts: ChartArgs,
}

impl From<&RepositoryArgs> for RenderArgs {
    fn from(args: &RepositoryArgs) -> Self {
        RenderArgs {
            path: args.path.to_string_lossy().into_owned(),
            kustomization_file: None,
            ignore_paths: args.ignore_paths.clone(),
            strict_substitute: args.strict_substitute.then_some(true),
            recursive: false,
            in_memory_build: false,
            sources: args.sources.clone(),
        }
    }
}

impl RepositoryArgs {
    /// Validates the flags of Kustomizations.
    ///
    /// # Errors
    /// `--path` is not a directory, or a flag is malformed.
    pub fn renderer(&self, context: &Context) -> Result<Renderer> {
        if !self.path.is_dir() {
            return Err(Error::usage(format!("--path: {} is not a directory", self.path.display()))
                .hint("use --path with the directory of a cluster, such as ./clusters/edge-1"));
        }
        let mut renderer = Renderer::new(self.path.clone(), Values::Repository);
        renderer.ignore.clone_from(&self.ignore_paths);
        renderer.strict = self.strict_substitute.then_some(true);
        renderer.clock = context.clock;
        self.sources.apply(context, &mut renderer)?;
        Ok(renderer)
    }

    /// Where charts come from, and how HelmReleases are rendered without a cluster.
    ///
    /// # Errors
    /// A flag is malformed.
    pub async fn releases(
        &self,
        context: &Context,
        shows_secrets: bool,
    ) -> Result<(Arc<Charts>, ReleaseOptions)> {
        let options = ReleaseOptions {
            capabilities: self.charts.capabilities(context, false).await?,
            skips_missing_values: true,
            shows_secrets,
            ..ReleaseOptions::default()
        };
        Ok((Arc::new(self.fetcher(context)?), options))
    }

    /// What fetches charts, and asks registries.
    ///
    /// # Errors
    /// A flag is malformed.
    pub fn fetcher(&self, context: &Context) -> Result<Charts> {
        self.charts.charts(context, self.sources.allow_remote)
    }
}

/// What a repository renders.
#[derive(Default)]
pub struct Everything {
    /// Its Kustomizations.
    pub all: All,
    /// The HelmReleases among what they render, in the same order.
    pub releases: Vec<(Placed, Result<Arc<RenderedRelease>>)>,
}

/// Renders all Kustomizations of a directory, and all HelmReleases among what they render.
///
/// # Errors
/// There is neither a Kustomization nor a HelmRelease. Failures of single ones are in the result.
pub async fn everything(
    context: &Context,
    renderer: &Renderer,
    repository: &Arc<Repository>,
    charts: Arc<Charts>,
    options: ReleaseOptions,
) -> Result<Everything> {
    let (all, nothing) = match kustomizations(context, renderer, repository, true).await {
        Ok(all) => (all, None),
        Err(error) if error.kind() == ErrorKind::NotFound => (All::default(), Some(error)),
        Err(error) => return Err(error),
    };
    let files = Files::new(Arc::clone(repository), &all.kustomizations, renderer.decrypt.clone());
    let directory = renderer.directory.canonicalize().unwrap_or_else(|_| renderer.directory.clone());
    let found = files.releases(&directory, !all.kustomizations.is_empty());
    if let Some(error) = nothing.filter(|_| found.is_empty()) {
        return Err(error);
    }
    let objects = Objects::Files(Arc::new(files));
    let releases = Releases::new(context, renderer, repository, objects, charts, options)?;
    let number = found.len();
    let results = with_progress(context, Some("HelmReleases"), |report| async {
        let report = move |done| report(Progress { done, known: number });
        releases.render(&found, Arc::new(report)).await
    })
    .await?;
    Ok(Everything { all, releases: found.into_iter().zip(results).collect() })
}

/// Renders all Kustomizations of a directory. `progress` says whether progress is shown on a terminal.
///
/// # Errors
/// The directory has no Kustomization. Failures of single ones are in the result.
pub async fn kustomizations(
    context: &Context,
    renderer: &Renderer,
    repository: &Arc<Repository>,
    progress: bool,
) -> Result<All> {
    let (renderer, repository) = (renderer.clone(), Arc::clone(repository));
    with_progress(context, progress.then_some("Kustomizations"), |report| {
        off_thread(move || renderer.all(&repository, &report))
    })
    .await
}

/// Runs work that reports progress, and shows it on a terminal.
async fn with_progress<T, F: Future<Output = Result<T>>>(
    context: &Context,
    what: Option<&str>,
    work: impl FnOnce(Box<dyn Fn(Progress) + Send + Sync>) -> F,
) -> Result<T> {
    let status = context.ui.status();
    if let Some(what) = what {
        status.show(&format!("rendering {what}"));
    }
    let so_far = Arc::new(Mutex::new(None));
    let shared = Arc::clone(&so_far);
    let mut work = pin!(work(Box::new(move |progress| {
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    })));
    loop {
        tokio::select! {
            result = &mut work => return result,
            () = tokio::time::sleep(TICK) => {}
        }
        let progress: Option<Progress> = *so_far.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(what), Some(Progress { done, known })) = (what, progress) {
            status.show(&format!("rendered {done} of {known} {what}"));
        }
    }
}

/// Shows warnings about files, and the Kustomizations that are skipped.
pub fn warn(context: &Context, all: &All) {
    for warning in &all.warnings {
        context.ui.warning(warning);
    }
    for left_out in &all.elsewhere {
        let (namespace, name) = &left_out.kustomization;
        let source = &left_out.source;
        context.ui.warning(format!(
            "{namespace}/{name} is skipped: {source} or its path is not in this repository; if it is on this machine, add \
            --local-sources={source}=DIRECTORY"
        ));
    }
}

/// Title of a Kustomization in the output: namespace, name, its directory, and that of its file, since several clusters
/// of a repository may have Kustomizations of one name.
pub fn title(kustomization: &FluxKustomization, repository: &Repository) -> String {
    let (namespace, name) = kustomization.id();
    let slash = if namespace.is_empty() { "" } else { "/" };
    let (directory, near) =
        (repository.shown(&kustomization.directory), repository.shown(kustomization.defined_in()));
    format!("{namespace}{slash}{name} (path {directory}, defined in {near})")
}

/// Title of a HelmRelease in the output.
pub fn release_title(release: &Placed, repository: &Repository) -> String {
    let namespace = release.object.namespace().unwrap_or_default();
    let slash = if namespace.is_empty() { "" } else { "/" };
    let (name, near) = (release.object.name(), repository.shown(&release.near));
    format!("HelmRelease {namespace}{slash}{name} (defined in {near})")
}
