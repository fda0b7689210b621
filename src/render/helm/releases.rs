//! Finds HelmReleases and what they refer to, fetches their charts, and renders them.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use super::super::repository::Repository;
use super::super::sources::Located;
use super::super::{Renderer, off_thread};
use super::cache::Cache;
use super::find::{Finder, Place};
use super::objects::{Objects, Placed};
use super::release::{Prepared, ReleaseOptions, RenderedRelease};
use super::suggestion::suggestion;
use super::values::{self, Data};
use crate::api::CRDS;
use crate::charts::{Charts, Wanted};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::HELM_RELEASE;
use crate::object::{ObjectMeta, ObjectRef};
use crate::schema::{Found, Schemas};
use edgeflux_helm::SchemaCheck;
use edgeflux_helm::controller::Settings;
use edgeflux_helm::release;
use edgeflux_helm::template::{Parsed, on_large_stack};

/// Stands for a value that is missing.
const MISSING: &str = "**MISSING**";

/// Renders HelmReleases.
pub struct Releases<'a> {
    context: &'a Context,
    repository: &'a Repository,
    /// Directory of the cluster, whose objects are preferred.
    directory: &'a Path,
    objects: Objects,
    sources: Located<'a>,
    charts: Arc<Charts>,
    options: ReleaseOptions,
}

/// The schema of HelmReleases.
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut schemas = Schemas::default();
    for crd in CRDS.iter().filter(|crd| crd.kind == HELM_RELEASE.kind) {
        schemas.add_kind(crd.group, crd.kind, crd.version, crd.schema_without_status());
    }
    schemas
});

impl<'a> Releases<'a> {
    /// Prepares to render HelmReleases that refer to `objects`. Charts in Git are in `repository`, or in the directories that
    /// `renderer` has for their sources.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn new(
        context: &'a Context,
        renderer: &'a Renderer,
        repository: &'a Repository,
        objects: Objects,
        charts: Arc<Charts>,
        options: ReleaseOptions,
    ) -> Result<Self> {
        let discovered = match objects.files() {
            None => Vec::new(),
            Some(_) => repository.sources()?,
        };
        let sources = Located::new(&renderer.sources, repository, discovered);
        Ok(Self { context, repository, directory: &renderer.directory, objects, sources, charts, options })
    }

    /// Reads a HelmRelease from a file.
    ///
    /// # Errors
    /// The file cannot be read, or has no HelmRelease of this name in the context's namespace.
    pub fn from_file(&self, file: &Path, name: &str) -> Result<Placed> {
        let shown = file.display();
        let content = std::fs::read(file).map_err(|error| {
            Error::usage(format!("--helmrelease-file: {shown}: {error}"))
                .hint("use --helmrelease-file with an existing file")
        })?;
        let documents = edgeflux_yaml::decode(&content).and_then(|text| edgeflux_yaml::documents(&text));
        let documents =
            documents.map_err(|error| Error::usage(format!("--helmrelease-file: {shown}: {error}")))?;
        let namespace = self.context.namespace();
        let (mut named, others): (Vec<Value>, Vec<Value>) = documents
            .into_iter()
            .filter(|object| object["kind"] == HELM_RELEASE.kind)
            .partition(|object| object.name() == name);
        let is_meant =
            |object: &Value| object.namespace().is_none_or(|own| own.is_empty() || own == namespace);
        let Some(at) = named.iter().position(is_meant) else {
            let hint = suggestion(name, &named, &others);
            let hint = hint.unwrap_or_else(|| "use --helmrelease-file with a file that has it".to_owned());
            return Err(Error::not_found(format!("{shown} has no HelmRelease {namespace}/{name}")).hint(hint));
        };
        let object = named.swap_remove(at);
        let near = file.canonicalize().ok().and_then(|file| file.parent().map(Path::to_path_buf));
        Ok(Placed { object, near: near.unwrap_or_default(), by: None })
    }

    /// Gets a HelmRelease by its name in the context's namespace.
    ///
    /// # Errors
    /// It is missing, or several files define it differently.
    pub async fn named(&self, name: &str) -> Result<Placed> {
        let at = ObjectRef::new(&HELM_RELEASE, self.context.namespace(), name);
        let near = self.directory.canonicalize().unwrap_or_else(|_| self.directory.to_path_buf());
        let Some(files) = self.objects.files() else {
            let cluster = self.context.cluster().await?;
            let object = match cluster.get(&at).await {
                Ok(object) => object,
                Err(error) => return Err(cluster.hint_namespaces_of(error, &at).await),
            };
            return Ok(Placed { object, near, by: None });
        };
        let found = files.all(&at, &near);
        let Some(first) = found.first() else {
            let elsewhere = files.all(&ObjectRef::new(&HELM_RELEASE, None, name), &near);
            let others = files.releases(&near, false);
            let named = elsewhere.iter().map(|one| &one.object);
            let hint = suggestion(name, named, others.iter().map(|one| &one.object));
            let hint = hint.unwrap_or_else(|| "use --path with the directory of the cluster".to_owned());
            let missing = format!("{at} is not in the files of {}", near.display());
            return Err(Error::not_found(missing).hint(hint));
        };
        if let Some(other) = found.iter().find(|other| other.object["spec"] != first.object["spec"]) {
            let shown = |one: &Placed| self.repository.shown(&one.near).to_string();
            return Err(Error::usage(format!(
                "{at} is in {} and in {}, and they differ",
                shown(first),
                shown(other)
            ))
            .hint("use --path with the directory of one cluster"));
        }
        Ok(first.clone())
    }

    /// Adds the status of the HelmRelease in the cluster, unless only the repository is used.
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub async fn with_status(&self, mut release: Placed) -> Result<Placed> {
        if matches!(self.objects, Objects::Files(_)) || release.object["status"].is_object() {
            return Ok(release);
        }
        let namespace = release.object.namespace().unwrap_or_else(|| self.context.namespace());
        let at = ObjectRef::new(&HELM_RELEASE, namespace, release.object.name());
        if let Some(live) = self.context.cluster().await?.find(&at).await? {
            release.object["status"] = live["status"].clone();
        }
        Ok(release)
    }

    /// Renders HelmReleases. Their charts are fetched several at once, and rendered by all cores. The results are in the
    /// order of `releases`; an error says what is missing, or why the chart does not render. `progress` is called with the
    /// number of rendered ones, from several threads.
    ///
    /// # Errors
    /// The cluster cannot be asked, or the work was aborted.
    pub async fn render(
        &self,
        releases: &[Placed],
        progress: Arc<dyn Fn(usize) + Send + Sync>,
    ) -> Result<Vec<Result<Arc<RenderedRelease>>>> {
        let mut prepared = Vec::new();
        for release in releases {
            prepared.push(self.prepare(release).await);
        }
        let wanted: Vec<Wanted> = prepared.iter().flatten().filter_map(Prepared::wanted).cloned().collect();
        let mut fetched = self.charts.fetch(&wanted).await.into_iter();
        for one in &mut prepared {
            let Ok(release) = one else { continue };
            if release.wanted().is_none() {
                continue;
            }
            match fetched.next() {
                Some(Ok(chart)) => release.fetched = Some(chart),
                Some(Err(error)) => *one = Err(Error::from(error)),
                None => {}
            }
        }
        let (shows_secrets, cache) = (self.options.shows_secrets, Arc::clone(&self.options.cache));
        off_thread(move || Ok(render_all(&prepared, shows_secrets, &cache, &*progress))).await
    }

    /// Finds values and chart of a HelmRelease.
    async fn prepare(&self, release: &Placed) -> Result<Prepared> {
        let mut warnings = self.validate(&release.object)?;
        let mut settings = Settings::from_object(&release.object)?;
        if settings.namespace.is_empty() {
            self.context.namespace().clone_into(&mut settings.namespace);
        }
        let mut data = values::of(self.context, &settings, &self.objects, &release.near).await?;
        let finder = Finder { context: self.context, objects: &self.objects, sources: &self.sources };
        let chosen = finder.find(&settings, &release.near).await?;
        let history = release.object["status"]["history"].as_array().and_then(|history| history.first());
        let is_upgrade = history.is_some();
        let checks_schema = settings.checks_schema(is_upgrade);
        let options = release::Options {
            revision: history.and_then(|one| one["version"].as_i64()).unwrap_or_default() + 1,
            is_upgrade,
            schema_check: if checks_schema { SchemaCheck::Lenient } else { SchemaCheck::Off },
            capabilities: self.options.capabilities.clone(),
            ..release::Options::new(settings.release_name(), settings.release_namespace())
        };
        warnings.extend(chosen.warnings.iter().cloned());
        warnings.extend(self.check(&settings, &mut data)?);
        if !release.object["spec"]["kubeConfig"].is_null() {
            warnings.push("it is applied to another cluster (spec.kubeConfig)".to_owned());
        }
        let identity = format!("{}/{} {}", settings.namespace, settings.name, release.object["spec"]);
        Ok(Prepared {
            settings,
            data,
            chosen,
            fetched: None,
            options,
            warnings,
            identity,
            clock: self.context.clock,
        })
    }

    /// Refuses a HelmRelease of the repository that the API server would refuse. A version that Flux does not serve any
    /// more is a warning: it may be for an older one.
    fn validate(&self, release: &Value) -> Result<Vec<String>> {
        if matches!(self.objects, Objects::Cluster) {
            return Ok(Vec::new());
        }
        let version = release.api_version();
        let schema = match SCHEMAS.find(version, HELM_RELEASE.kind).map_err(Error::failed)? {
            Found::Schema(schema) => schema,
            Found::OtherVersions(versions) => {
                let versions = versions.join(", ");
                return Ok(vec![format!("it has version {version}, which is not validated; use {versions}")]);
            }
            Found::Nothing => return Ok(Vec::new()),
        };
        let problems: Vec<String> = schema.check(release).iter().map(ToString::to_string).collect();
        if problems.is_empty() {
            return Ok(Vec::new());
        }
        Err(Error::usage(format!("it is not valid: {}", problems.join("; ")))
            .hint("correct it: the API server refuses it"))
    }

    /// Refuses missing values, or turns them into warnings. A single value is replaced, since charts may require it.
    fn check(&self, settings: &Settings, data: &mut Data) -> Result<Vec<String>> {
        if data.missing.is_empty() {
            return Ok(Vec::new());
        }
        if !self.options.skips_missing_values {
            let missing: Vec<&str> = data.missing.values().map(String::as_str).collect();
            return Err(Error::not_found(format!("spec.valuesFrom: {}", missing.join("; ")))
                .hint("add --skip-missing-values to render without them"));
        }
        let mut warnings = Vec::new();
        for (at, why) in &data.missing {
            if settings.values_from()[*at].path().is_some() {
                data.texts[*at] = Some(MISSING.to_owned());
                warnings.push(format!("rendered with {MISSING} for a value: {why}"));
            } else {
                warnings.push(format!("rendered without values: {why}"));
            }
        }
        Ok(warnings)
    }
}

impl Prepared {
    fn wanted(&self) -> Option<&Wanted> {
        match &self.chosen.place {
            Place::Remote(wanted) => Some(wanted),
            Place::Local(..) => None,
        }
    }
}

/// Renders releases by several threads.
fn render_all(
    prepared: &[Result<Prepared>],
    shows_secrets: bool,
    cache: &Cache,
    progress: &(dyn Fn(usize) + Send + Sync),
) -> Vec<Result<Arc<RenderedRelease>>> {
    let threads = match prepared.len() {
        0 | 1 => 1,
        number => thread::available_parallelism().map_or(1, NonZeroUsize::get).min(number),
    };
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Vec<Mutex<Option<Result<Arc<RenderedRelease>>>>> =
        prepared.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        let mut parsed = Parsed::default();
        while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < prepared.len()) {
            let result = match &prepared[at] {
                Ok(release) => release.render(shows_secrets, cache, &mut parsed),
                Err(error) => Err(error.clone()),
            };
            *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
        // The process ends soon. Freeing the trees node by node would take a tenth of the parsing time.
        std::mem::forget(parsed);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| on_large_stack(work));
        }
        on_large_stack(work);
    });
    let aborted = || Err(Error::failed("rendering was aborted"));
    let take = |slot: Mutex<Option<_>>| slot.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|slot| take(slot).unwrap_or_else(aborted)).collect()
}
