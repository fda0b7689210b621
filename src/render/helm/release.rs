//! Renders one HelmRelease whose chart and values are known.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::cache::Cache;
use super::find::Chosen;
use super::keys::OpenSsl;
use super::mask;
use super::values::Data;
use crate::charts::Fetched;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::object::ObjectMeta;
use crate::redact::Redactor;
use edgeflux_helm::chart::Chart;
use edgeflux_helm::controller::{CrdPolicy, PostRenderers, Settings};
use edgeflux_helm::functions;
use edgeflux_helm::release::{self, Capabilities, Manifest, PostRenderer};
use edgeflux_helm::template::Parsed;
use edgeflux_kustomize::Gvk;

/// The time that templates see, in nanoseconds since 1970: the first of January 2024. It is always the same, so that two
/// renders are equal.
const NOW: i128 = 1_704_067_200_000_000_000;

/// How HelmReleases are rendered.
#[derive(Debug, Clone, Default)]
pub struct ReleaseOptions {
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// Whether values are left out that a missing or encrypted ConfigMap or Secret has. Otherwise they are an error.
    pub skips_missing_values: bool,
    /// Whether data of rendered Secrets, and values that come from Secrets, are shown.
    pub shows_secrets: bool,
    /// What was rendered before.
    pub cache: Arc<Cache>,
}

/// What a HelmRelease renders.
#[derive(Debug, Clone)]
pub struct RenderedRelease {
    /// Name and version of the chart, such as `podinfo 6.5.0`.
    pub chart: String,
    /// The values that the chart gets: those of `spec.valuesFrom` and `spec.values`.
    pub values: Value,
    /// CRDs of the chart, if they are applied.
    pub crds: Vec<Manifest>,
    /// Objects, in the order of installation.
    pub manifests: Vec<Manifest>,
    /// Hooks, in the order of installation.
    pub hooks: Vec<Manifest>,
    /// What should be changed although it works, and what is different in the cluster.
    pub warnings: Vec<String>,
    /// The values that come from Secrets.
    pub secrets: Redactor,
    /// Namespace of the release.
    pub namespace: String,
    /// Time that rendering took.
    pub took: Duration,
}

impl RenderedRelease {
    /// CRDs, objects and hooks.
    pub fn all(&self) -> impl Iterator<Item = &Manifest> {
        self.crds.iter().chain(&self.manifests).chain(&self.hooks)
    }

    /// CRDs, objects and hooks as JSON. Those without a namespace get that of the release, unless their kind is known to be
    /// cluster-scoped.
    ///
    /// # Errors
    /// A document is not YAML.
    pub fn objects(&self) -> Result<Vec<Value>> {
        self.placed(self.all())
    }

    /// Objects without CRDs and hooks as JSON, with their namespaces as those of [`Self::objects`].
    ///
    /// # Errors
    /// A document is not YAML.
    pub fn installed(&self) -> Result<Vec<Value>> {
        self.placed(self.manifests.iter())
    }

    /// Hooks as JSON, with their namespaces as those of [`Self::objects`].
    ///
    /// # Errors
    /// A document is not YAML.
    pub fn hook_objects(&self) -> Result<Vec<Value>> {
        self.placed(self.hooks.iter())
    }

    /// The objects of one of its manifests, with their namespaces as those of [`Self::objects`].
    ///
    /// # Errors
    /// A document is not YAML.
    pub fn objects_of(&self, manifest: &Manifest) -> Result<Vec<Value>> {
        placed(&manifest.path, &manifest.content, &self.namespace)
    }

    fn placed<'a>(&self, manifests: impl Iterator<Item = &'a Manifest>) -> Result<Vec<Value>> {
        let placed = manifests.map(|one| placed(&one.path, &one.content, &self.namespace));
        Ok(placed.collect::<Result<Vec<_>>>()?.concat())
    }
}

/// The objects of a manifest, with their namespace.
pub(super) fn placed(path: &str, content: &str, namespace: &str) -> Result<Vec<Value>> {
    let documents =
        edgeflux_yaml::documents(content).map_err(|error| Error::failed(format!("{path}: {error}")))?;
    let mut objects: Vec<Value> = documents.into_iter().filter(Value::is_object).collect();
    for object in &mut objects {
        let is_cluster_scoped = Gvk::new(object.api_version(), object.kind()).is_cluster_scoped();
        if object.namespace().is_none_or(str::is_empty) && !is_cluster_scoped {
            object["metadata"]["namespace"] = namespace.into();
        }
    }
    Ok(objects)
}

/// A HelmRelease whose chart and values were found.
pub(super) struct Prepared {
    pub settings: Settings,
    pub data: Data,
    pub chosen: Chosen,
    pub fetched: Option<Fetched>,
    pub options: release::Options,
    pub warnings: Vec<String>,
    /// `metadata` and `spec` of the HelmRelease, as far as they matter.
    pub identity: String,
    pub clock: Clock,
}

impl Prepared {
    /// Renders the release, unless the same was rendered before. Templates need a large stack. `parsed` has those that were
    /// parsed by this thread.
    ///
    /// # Errors
    /// The chart cannot be loaded, or does not render.
    pub fn render(
        &self,
        shows_secrets: bool,
        cache: &Cache,
        parsed: &mut Parsed,
    ) -> Result<Arc<RenderedRelease>> {
        let chart_key = self.chosen.key(self.fetched.as_ref());
        let chart = cache.charts.get(chart_key.clone(), || self.chosen.load(self.fetched.as_ref()))?;
        let Self { identity, settings, data, options, .. } = self;
        let key =
            format!("{chart_key} {identity} {:?} {} {}", data.texts, options.revision, options.is_upgrade);
        let rendered = cache.releases.get(key, || {
            self.rendered(&chart, shows_secrets, parsed).map_err(|error| {
                let error = mask::error(&error, settings, data);
                // They may be the cause.
                chart.warnings.iter().fold(error, Error::hint)
            })
        })?;
        if self.warnings.is_empty() {
            return Ok(rendered);
        }
        let warnings = self.warnings.iter().chain(&rendered.warnings).cloned().collect();
        Ok(Arc::new(RenderedRelease { warnings, ..(*rendered).clone() }))
    }

    fn rendered(&self, chart: &Chart, shows_secrets: bool, parsed: &mut Parsed) -> Result<RenderedRelease> {
        let Self { settings, data, options, clock, .. } = self;
        let since = clock.now();
        let missing = chart.missing_dependencies();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message =
                format!("chart {} does not contain the charts that it depends on: {missing}", chart.name());
            return Err(Error::failed(message).hint(
                "for a chart in Git, run helm dependency build, which puts them into charts/; in the cluster, \
                 source-controller fetches them",
            ));
        }
        chart.check_installable()?;
        let values = settings.compose(&data.texts)?;
        let renderers = PostRenderers::of(settings);
        let mut warnings = Vec::new();
        let mut run = |files: BTreeMap<String, String>| {
            let (files, more) =
                renderers.run(&files).map_err(|error| edgeflux_helm::Error::new(error.to_string()))?;
            warnings.extend(more.iter().map(ToString::to_string));
            Ok(files)
        };
        let seed = format!("{}/{}", options.namespace, options.name).into_bytes();
        let shown_values =
            functions::to_json(&values).map_err(|error| Error::failed(format!("values: {error}")))?;
        let rendered = release::render_parsed(
            chart,
            &values,
            options,
            functions::all(functions::Context { seed, now: NOW, keys: Some(Rc::new(OpenSsl)) }),
            Some(PostRenderer { strategy: settings.post_render_strategy(), run: &mut run }),
            parsed,
        )?;
        warnings.extend(rendered.warnings);
        let runs_hooks = settings.has_hooks(options.is_upgrade);
        let hooks = rendered
            .hooks
            .into_iter()
            .filter(|hook| runs_hooks && (!hook.is_test() || settings.runs_tests()))
            .map(|hook| Manifest { path: hook.path, kind: hook.kind, content: hook.manifest });
        let crds = match settings.crds(options.is_upgrade) {
            CrdPolicy::Skip => Vec::new(),
            CrdPolicy::Create | CrdPolicy::CreateReplace => renderers.crds(rendered.crds, &mut warnings)?,
        };
        let mut rendered = RenderedRelease {
            chart: format!("{} {}", chart.name(), chart.metadata.version),
            values: shown_values,
            crds,
            manifests: rendered.manifests,
            hooks: hooks.collect(),
            warnings,
            secrets: mask::redactor(settings, data),
            namespace: options.namespace.clone(),
            took: clock.since(since),
        };
        if !shows_secrets {
            mask::mask(&mut rendered);
        }
        Ok(rendered)
    }
}
