//! Renders one HelmRelease whose chart and values are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::cache::Cache;
use super::find::Chosen;
use super::mask;
use super::values::Data;
use crate::charts::Fetched;
use crate::error::{Error, Result};
use edgeflux_helm::chart::Chart;
use edgeflux_helm::controller::{CrdPolicy, PostRenderers, Settings};
use edgeflux_helm::functions;
use edgeflux_helm::release::{self, Capabilities, Manifest, PostRenderer};

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
    /// What is masked.
    pub masking: Masking,
    /// What was rendered before.
    pub cache: Arc<Cache>,
}

/// What of a rendered release is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Masking {
    /// Data of rendered Secrets, and values that come from Secrets.
    #[default]
    Secrets,
    /// Values that come from Secrets, but in rendered Secrets, which the caller masks.
    Values,
    /// Nothing.
    Nothing,
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
}

impl RenderedRelease {
    /// CRDs, objects and hooks.
    pub fn all(&self) -> impl Iterator<Item = &Manifest> {
        self.crds.iter().chain(&self.manifests).chain(&self.hooks)
    }

    /// CRDs, objects and hooks as JSON.
    ///
    /// # Errors
    /// A document is not YAML.
    pub fn objects(&self) -> Result<Vec<Value>> {
        let mut objects = Vec::new();
        for manifest in self.all() {
            let documents = edgeflux_yaml::documents(&manifest.content)
                .map_err(|error| Error::failed(format!("{}: {error}", manifest.path)))?;
            objects.extend(documents.into_iter().filter(Value::is_object));
        }
        Ok(objects)
    }
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
}

impl Prepared {
    /// Renders the release, unless the same was rendered before. Templates need a large stack.
    ///
    /// # Errors
    /// The chart cannot be loaded, or does not render.
    pub fn render(&self, masking: Masking, cache: &Cache) -> Result<Arc<RenderedRelease>> {
        let chart_key = self.chosen.key(self.fetched.as_ref());
        let chart = cache.charts.get(chart_key.clone(), || self.chosen.load(self.fetched.as_ref()))?;
        let Self { identity, settings, data, options, .. } = self;
        let key =
            format!("{chart_key} {identity} {:?} {} {}", data.texts, options.revision, options.is_upgrade);
        let rendered = cache.releases.get(key, || {
            let rendered = self.rendered(&chart, masking);
            rendered.map_err(|error| mask::error(error, masking, settings, data))
        })?;
        if self.warnings.is_empty() {
            return Ok(rendered);
        }
        let warnings = self.warnings.iter().chain(&rendered.warnings).cloned().collect();
        Ok(Arc::new(RenderedRelease { warnings, ..(*rendered).clone() }))
    }

    fn rendered(&self, chart: &Chart, masking: Masking) -> Result<RenderedRelease> {
        let Self { settings, data, options, .. } = self;
        let values = settings.compose(&data.texts)?;
        let renderers = PostRenderers::of(settings);
        let mut warnings = chart.warnings.clone();
        let mut run = |files: BTreeMap<String, String>| {
            let (files, more) =
                renderers.run(&files).map_err(|error| edgeflux_helm::Error::new(error.to_string()))?;
            warnings.extend(more.iter().map(ToString::to_string));
            Ok(files)
        };
        let seed = format!("{}/{}", options.namespace, options.name).into_bytes();
        let shown_values =
            functions::to_json(&values).map_err(|error| Error::failed(format!("values: {error}")))?;
        let rendered = release::render(
            chart,
            &values,
            options,
            functions::all(functions::Context { seed, now: NOW }),
            Some(PostRenderer { strategy: settings.post_render_strategy(), run: &mut run }),
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
        };
        mask::mask(&mut rendered, masking, settings, data);
        Ok(rendered)
    }
}
