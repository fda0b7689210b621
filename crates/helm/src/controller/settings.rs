//! The fields of a HelmRelease that affect what is rendered.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Error;
use super::name::shortened;
use crate::release::Strategy;

/// The fields of a HelmRelease that affect what is rendered (API `helm.toolkit.fluxcd.io/v2`).
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Name of the HelmRelease.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    spec: Spec,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    chart: Option<ChartTemplate>,
    chart_ref: Option<SourceRef>,
    release_name: String,
    target_namespace: String,
    storage_namespace: String,
    values: Option<Map<String, Value>>,
    values_from: Vec<ValuesReference>,
    post_renderers: Vec<PostRenderer>,
    post_render_strategy: Option<Strategy>,
    common_metadata: Option<CommonMetadata>,
    install: Action,
    upgrade: Action,
    test: Test,
}

#[derive(Debug, Clone, Deserialize)]
struct ChartTemplate {
    spec: Chart,
}

/// A chart by its name in a source (`spec.chart.spec`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chart {
    /// Name of the chart in a HelmRepository, or its path in another source.
    pub chart: String,
    /// Range of versions. Sources that are no HelmRepository ignore it.
    pub version: Option<String>,
    /// Where the chart is.
    pub source_ref: SourceRef,
    /// Whether the revision of the source becomes part of the chart's version (`Revision`), or only the version counts.
    pub reconcile_strategy: Option<String>,
    /// Files of the chart whose values are merged, in place of its `values.yaml`.
    pub values_files: Vec<String>,
    /// Whether a missing file of `values_files` is ignored.
    pub ignore_missing_values_files: bool,
}

/// A source of charts (HelmRepository, GitRepository or Bucket), or an object whose artifact is the chart
/// (OCIRepository, HelmChart or ExternalArtifact).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SourceRef {
    /// Kind of the object.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; by default that of the HelmRelease.
    pub namespace: Option<String>,
}

/// Where the chart of a HelmRelease comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartSource<'a> {
    /// A chart in a source.
    Chart(&'a Chart),
    /// The artifact of an object.
    Reference(&'a SourceRef),
}

/// Kind of an object with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum ValuesKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// Values in a ConfigMap or Secret (an entry of `spec.valuesFrom`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValuesReference {
    /// Kind of the object.
    pub kind: ValuesKind,
    /// Its name. The namespace is that of the HelmRelease.
    pub name: String,
    /// Key of the data; by default `values.yaml`.
    values_key: Option<String>,
    /// Path of the value that the data becomes, in the syntax of Helm's `--set`.
    pub target_path: Option<String>,
    /// Whether the data is taken literally, without the syntax of `--set`.
    #[serde(default)]
    pub literal: bool,
    /// Whether the object and the key may be missing.
    #[serde(default)]
    pub optional: bool,
}

impl ValuesReference {
    /// Key of the data.
    pub fn key(&self) -> &str {
        self.values_key.as_deref().filter(|key| !key.is_empty()).unwrap_or("values.yaml")
    }

    /// Path of the value that the data becomes; `None` if the data is a file of values.
    pub fn path(&self) -> Option<&str> {
        self.target_path.as_deref().filter(|path| !path.is_empty())
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct PostRenderer {
    pub(super) kustomize: Option<Kustomize>,
}

/// Patches and images that kustomize applies to the rendered objects.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Kustomize {
    pub(super) patches: Vec<Patch>,
    pub(super) images: Vec<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    pub(super) patch: String,
    pub(super) target: Option<Value>,
}

/// Labels and annotations of all objects (`spec.commonMetadata`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CommonMetadata {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// What becomes of the CRDs in the `crds` directory of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum CrdPolicy {
    /// Nothing.
    Skip,
    /// Missing ones are created.
    #[default]
    Create,
    /// They are created or replaced.
    CreateReplace,
}

/// Options of an installation or upgrade.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Action {
    crds: Option<CrdPolicy>,
    disable_hooks: bool,
    disable_schema_validation: bool,
}

/// Options of tests.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Test {
    enable: bool,
}

impl Settings {
    /// Reads a HelmRelease.
    ///
    /// # Errors
    /// A field does not have the type of the CRD, or there is not exactly one of `spec.chart` and `spec.chartRef`.
    pub fn from_object(object: &Value) -> Result<Self, Error> {
        let settings = Self::without_chart(object)?;
        match (&settings.spec.chart, &settings.spec.chart_ref) {
            (Some(_), Some(_)) => {
                Err(Error::new("spec", "both chart and chartRef are set; remove one of them"))
            }
            (None, None) => Err(Error::new("spec", "neither chart nor chartRef is set")),
            _ => Ok(settings),
        }
    }

    /// Reads a HelmRelease whose chart does not matter, such as for its values. [`Self::chart`] must not be called.
    ///
    /// # Errors
    /// A field does not have the type of the CRD.
    pub fn without_chart(object: &Value) -> Result<Self, Error> {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let spec =
            object.get("spec").filter(|spec| !spec.is_null()).cloned().unwrap_or(Value::Object(Map::new()));
        let spec: Spec = serde_json::from_value(without_nulls(spec))
            .map_err(|error| Error::new("spec", error.to_string()))?;
        Ok(Self { name: text("name"), namespace: text("namespace"), spec })
    }

    /// Where the chart comes from.
    pub fn chart(&self) -> ChartSource<'_> {
        match (&self.spec.chart, &self.spec.chart_ref) {
            (Some(template), _) => ChartSource::Chart(&template.spec),
            (None, Some(reference)) => ChartSource::Reference(reference),
            (None, None) => unreachable!("from_object requires one of them"),
        }
    }

    /// Name of Helm's release: `spec.releaseName`, or target namespace and name, shortened to 53 bytes.
    pub fn release_name(&self) -> String {
        let spec = &self.spec;
        shortened(&match (spec.release_name.as_str(), spec.target_namespace.as_str()) {
            ("", "") => self.name.clone(),
            ("", namespace) => format!("{namespace}-{}", self.name),
            (name, _) => name.to_owned(),
        })
    }

    /// Namespace of the release.
    pub fn release_namespace(&self) -> &str {
        own_or(&self.spec.target_namespace, &self.namespace)
    }

    /// Namespace of the Secrets in which Helm stores the release.
    pub fn storage_namespace(&self) -> &str {
        own_or(&self.spec.storage_namespace, &self.namespace)
    }

    /// Values in the HelmRelease itself.
    pub fn values(&self) -> Map<String, Value> {
        self.spec.values.clone().unwrap_or_default()
    }

    /// Values in other objects, in the order in which they are merged.
    pub fn values_from(&self) -> &[ValuesReference] {
        &self.spec.values_from
    }

    /// How hooks pass through the post-renderers (`spec.postRenderStrategy`).
    pub fn post_render_strategy(&self) -> Strategy {
        self.spec.post_render_strategy.unwrap_or_default()
    }

    pub(super) fn post_renderers(&self) -> &[PostRenderer] {
        &self.spec.post_renderers
    }

    /// Labels and annotations of all objects.
    pub fn common_metadata(&self) -> Option<&CommonMetadata> {
        self.spec.common_metadata.as_ref()
    }

    /// What becomes of the CRDs of the chart, by an upgrade or the first installation.
    pub fn crds(&self, is_upgrade: bool) -> CrdPolicy {
        self.action(is_upgrade).crds.unwrap_or_default()
    }

    /// Whether hooks are run.
    pub fn has_hooks(&self, is_upgrade: bool) -> bool {
        !self.action(is_upgrade).disable_hooks
    }

    /// Whether values are checked against the schema of the chart.
    pub fn checks_schema(&self, is_upgrade: bool) -> bool {
        !self.action(is_upgrade).disable_schema_validation
    }

    /// Whether the controller runs the tests of the chart after each installation and upgrade.
    pub fn runs_tests(&self) -> bool {
        self.spec.test.enable
    }

    fn action(&self, is_upgrade: bool) -> Action {
        if is_upgrade { self.spec.upgrade } else { self.spec.install }
    }
}

fn own_or<'a>(own: &'a str, otherwise: &'a str) -> &'a str {
    if own.is_empty() { otherwise } else { own }
}

/// Removes fields that are null, as the API server does. Those in `values` have a meaning.
fn without_nulls(spec: Value) -> Value {
    match spec {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| {
                let value = if name == "values" { value } else { without_nulls(value) };
                (name, value)
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(spec: &Value) -> Settings {
        let mut object = json!({"metadata": {"name": "app", "namespace": "apps"}, "spec": spec});
        if object["spec"]["chartRef"].is_null() {
            object["spec"]["chart"] =
                json!({"spec": {"chart": "app", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}});
        }
        Settings::from_object(&object).unwrap()
    }

    #[test]
    fn names_and_namespaces_have_defaults() {
        let plain = settings(&json!({}));
        assert_eq!((plain.release_name().as_str(), plain.release_namespace()), ("app", "apps"));
        assert_eq!(plain.storage_namespace(), "apps");
        let target = settings(&json!({"targetNamespace": "web"}));
        assert_eq!((target.release_name().as_str(), target.release_namespace()), ("web-app", "web"));
        assert_eq!(target.storage_namespace(), "apps");
        let named =
            settings(&json!({"targetNamespace": "web", "releaseName": "own", "storageNamespace": "store"}));
        assert_eq!((named.release_name().as_str(), named.storage_namespace()), ("own", "store"));
    }

    #[test]
    fn options_of_installation_and_upgrade_differ() {
        let settings = settings(&json!({
            "install": {"crds": "Skip", "disableHooks": true},
            "upgrade": {"crds": "CreateReplace", "disableSchemaValidation": true},
        }));
        assert_eq!((settings.crds(false), settings.crds(true)), (CrdPolicy::Skip, CrdPolicy::CreateReplace));
        assert_eq!((settings.has_hooks(false), settings.has_hooks(true)), (false, true));
        assert_eq!((settings.checks_schema(false), settings.checks_schema(true)), (true, false));
    }

    #[test]
    fn nulls_count_as_missing_but_for_values() {
        let settings = settings(&json!({"install": null, "targetNamespace": null, "values": {"a": null}}));
        assert_eq!(settings.values(), *json!({"a": null}).as_object().unwrap());
    }

    #[test]
    fn hooks_pass_through_post_renderers_unless_the_release_says_otherwise() {
        assert_eq!(settings(&json!({})).post_render_strategy(), Strategy::Combined);
        let no_hooks = settings(&json!({"postRenderStrategy": "nohooks"}));
        assert_eq!(no_hooks.post_render_strategy(), Strategy::NoHooks);
    }

    #[test]
    fn a_chart_must_be_named_in_one_way() {
        let error = |spec| Settings::from_object(&json!({"spec": spec})).unwrap_err().to_string();
        assert_eq!(error(json!({})), "spec: neither chart nor chartRef is set");
        let both = json!({"chart": {"spec": {}}, "chartRef": {"kind": "HelmChart", "name": "a"}});
        assert_eq!(error(both), "spec: both chart and chartRef are set; remove one of them");
        assert!(error(json!({"chartRef": {}, "valuesFrom": [{"kind": "Pod", "name": "a"}]})).contains("Pod"));
    }
}
