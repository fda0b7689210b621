//! The kustomization file.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::decode::{self, At, Decode};
use super::error::{Error, Result};
use super::fieldspec::FieldSpec;
use super::generate::{ConfigMapArgs, GeneratorArgs, SecretArgs};
use super::transform::images::Image;
use super::transform::patch::Patch;
use super::transform::replacements::ReplacementEntry;
use super::transform::sort::SortOptions;
use super::transform::variables::Variable;
use super::written::unreadable;

/// The names that a kustomization file may have. A folder may hold one of them.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization file: all fields of version 5.8, with those that older versions named differently moved to where
/// they belong now.
#[derive(Debug, Clone, Default)]
pub(super) struct Kustomization {
    pub kind: String,
    pub resources: Vec<String>,
    /// How many of the resources, the last ones, stand in `bases`, which has been given up.
    pub bases: usize,
    pub components: Vec<String>,
    pub crds: Vec<String>,
    pub configurations: Vec<String>,
    pub generators: Vec<String>,
    pub transformers: Vec<String>,
    pub validators: Vec<String>,
    pub openapi: BTreeMap<String, String>,
    pub namespace: String,
    pub name_prefix: String,
    pub name_suffix: String,
    pub labels: Vec<Label>,
    pub common_labels: BTreeMap<String, String>,
    pub common_annotations: BTreeMap<String, String>,
    pub patches: Vec<Patch>,
    pub patches_strategic_merge: Vec<String>,
    pub patches_json6902: Vec<Patch>,
    pub images: Vec<Image>,
    pub replicas: Vec<Replica>,
    pub replacements: Vec<ReplacementEntry>,
    pub variables: Vec<Variable>,
    pub config_map_generator: Vec<GeneratorArgs>,
    pub secret_generator: Vec<GeneratorArgs>,
    pub generator_options: Option<GeneratorOptions>,
    pub sort_options: Option<SortOptions>,
    pub build_metadata: Vec<String>,
    pub helm: bool,
    pub warnings: Vec<String>,
    /// The text of the file, where errors look for the line of a field.
    pub text: String,
}

/// An entry of `labels`.
#[derive(Debug, Clone, Default)]
pub(super) struct Label {
    pub pairs: BTreeMap<String, String>,
    pub include_selectors: bool,
    pub include_templates: bool,
    pub fields: Vec<FieldSpec>,
}

/// An entry of `replicas`.
#[derive(Debug, Clone, Default)]
pub(super) struct Replica {
    pub name: String,
    pub count: i64,
}

/// What all generated objects get, unless their generator says otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct GeneratorOptions {
    pub labels: Option<BTreeMap<String, String>>,
    pub annotations: Option<BTreeMap<String, String>>,
    pub disable_name_suffix_hash: bool,
    pub immutable: bool,
}

impl Kustomization {
    /// Keeps the entries of `resources`, `components` and `crds` for which `stays` says so. What stands in `bases` stays.
    pub fn retain(&mut self, mut stays: impl FnMut(&str) -> bool) {
        let bases = self.resources.split_off(self.resources.len() - self.bases);
        for list in [&mut self.resources, &mut self.components, &mut self.crds] {
            list.retain(|entry| stays(entry));
        }
        self.resources.extend(bases);
    }

    /// Reads a kustomization file.
    pub fn read(file: &Path, text: &str) -> Result<Self> {
        let value = decode::value(file, text)?;
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::Object(fields) => fields
                .iter()
                .all(|(name, value)| value.is_null() || matches!(name.as_str(), "apiVersion" | "kind")),
            _ => false,
        };
        if is_empty(&value) {
            return Err(Error::new("the kustomization is empty")
                .file(file)
                .hint("name what it renders in resources"));
        }
        Self::check_characters(file, text, &value)?;
        Ok(Self { text: text.to_owned(), ..decode::file(file, text)? })
    }

    /// Reads the kustomization file that the controller starts from: numbers and booleans pass for texts, and unknown
    /// fields are dropped, of which a warning tells.
    pub fn read_leniently(file: &Path, text: &str) -> Result<Self> {
        let value = decode::value(file, text)?;
        Self::check_characters(file, text, &value)?;
        if value.is_null() {
            let warnings = vec!["the kustomization is empty; the controller lets it pass".to_owned()];
            return Ok(Self { kind: "Kustomization".to_owned(), warnings, ..Self::default() });
        }
        let mut kustomization: Self = decode::file_leniently(file, text)?;
        if let Err(error) = decode::file::<Self>(file, text) {
            kustomization.warnings.push(format!("{error}; the controller lets it pass"));
        }
        Ok(Self { text: text.to_owned(), ..kustomization })
    }

    /// Kustomize writes most fields as YAML again, for the step that they configure.
    fn check_characters(file: &Path, text: &str, value: &Value) -> Result<()> {
        const READ_ONCE: [&str; 12] = [
            "bases",
            "buildMetadata",
            "components",
            "configurations",
            "crds",
            "generators",
            "metadata",
            "openapi",
            "resources",
            "transformers",
            "validators",
            "vars",
        ];
        let fields = value.as_object().into_iter().flatten();
        for (name, value) in fields.filter(|(name, _)| !READ_ONCE.contains(&name.as_str())) {
            if let Some(char) = unreadable(value) {
                let code = u32::from(char);
                let error =
                    Error::new(format!("kustomize cannot read the control character U+{code:04X} here"));
                let line = decode::line_of(name, text);
                return Err(Error { line, ..error }
                    .field(name)
                    .file(file)
                    .hint("take it out, or put the content into a file"));
            }
        }
        Ok(())
    }

    /// The line at which a field such as `images[0]` stands.
    pub fn line_of(&self, field: &str) -> Option<usize> {
        decode::line_of(field, &self.text)
    }

    /// Whether it says nothing, which kustomize refuses.
    pub fn is_empty(&self) -> bool {
        let lists = [
            &self.resources,
            &self.components,
            &self.crds,
            &self.configurations,
            &self.generators,
            &self.transformers,
            &self.validators,
            &self.patches_strategic_merge,
            &self.build_metadata,
        ];
        lists.iter().all(|list| list.is_empty())
            && [&self.namespace, &self.name_prefix, &self.name_suffix].iter().all(|text| text.is_empty())
            && self.common_labels.is_empty()
            && self.common_annotations.is_empty()
            && self.openapi.is_empty()
            && self.labels.is_empty()
            && self.patches.is_empty()
            && self.patches_json6902.is_empty()
            && self.images.is_empty()
            && self.replicas.is_empty()
            && self.replacements.is_empty()
            && self.variables.is_empty()
            && self.config_map_generator.is_empty()
            && self.secret_generator.is_empty()
            && self.generator_options.is_none()
            && self.sort_options.is_none()
            && !self.helm
    }

    /// Whether this is a component, which changes the resources of the kustomization that names it.
    pub fn is_component(&self) -> bool {
        self.kind == "Component"
    }
}

/// The fields that have a successor, and which.
const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

impl Decode for Kustomization {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let api_version: String = fields.get("apiVersion")?;
        let mut kind: String = fields.get("kind")?;
        if kind.is_empty() {
            "Kustomization".clone_into(&mut kind);
        }
        let expected = match kind.as_str() {
            "Kustomization" => "kustomize.config.k8s.io/v1beta1",
            "Component" => "kustomize.config.k8s.io/v1alpha1",
            _ => {
                return Err(at
                    .error(format!("the kind is {kind:?}"))
                    .field("kind")
                    .hint("it must be Kustomization or Component"));
            }
        };
        if !api_version.is_empty() && api_version != expected {
            return Err(at
                .error(format!("the apiVersion of a {kind} is {api_version:?}"))
                .field("apiVersion")
                .hint(format!("it must be {expected}")));
        }
        let _: Option<ObjectMeta> = fields.optional("metadata")?;
        let mut resources: Vec<String> = fields.get("resources")?;
        let bases: Vec<String> = fields.get("bases")?;
        let bases_count = bases.len();
        resources.extend(bases);
        let mut images: Vec<Image> = fields.get("images")?;
        images.extend(fields.get::<Vec<Image>>("imageTags")?);
        let helm = ["helmCharts", "helmChartInflationGenerator"]
            .into_iter()
            .try_fold(false, |any, name| Ok::<_, Error>(any | !fields.get::<Vec<Value>>(name)?.is_empty()))?;
        let _: Option<Value> = fields.optional("helmGlobals")?;
        let config_maps: Vec<ConfigMapArgs> = fields.get("configMapGenerator")?;
        let secrets: Vec<SecretArgs> = fields.get("secretGenerator")?;
        let kustomization = Self {
            kind,
            resources,
            bases: bases_count,
            components: fields.get("components")?,
            crds: fields.get("crds")?,
            configurations: fields.get("configurations")?,
            generators: fields.get("generators")?,
            transformers: fields.get("transformers")?,
            validators: fields.get("validators")?,
            openapi: fields.get("openapi")?,
            namespace: fields.get("namespace")?,
            name_prefix: fields.get("namePrefix")?,
            name_suffix: fields.get("nameSuffix")?,
            labels: fields.get("labels")?,
            common_labels: fields.get("commonLabels")?,
            common_annotations: fields.get("commonAnnotations")?,
            patches: fields.get("patches")?,
            patches_strategic_merge: fields.get("patchesStrategicMerge")?,
            patches_json6902: fields.get("patchesJson6902")?,
            images,
            replicas: fields.get("replicas")?,
            replacements: fields.get("replacements")?,
            variables: fields.get("vars")?,
            config_map_generator: config_maps.into_iter().map(|ConfigMapArgs(args)| args).collect(),
            secret_generator: secrets.into_iter().map(|SecretArgs(args)| args).collect(),
            generator_options: fields.optional("generatorOptions")?,
            sort_options: fields.optional("sortOptions")?,
            build_metadata: fields.get("buildMetadata")?,
            helm,
            warnings: DEPRECATED
                .iter()
                .filter(|(old, _)| at.value().get(old).is_some_and(|value| !value.is_null()))
                .map(|(old, new)| format!("the field {old} is deprecated, use {new}"))
                .collect(),
            text: String::new(),
        };
        fields.finish()?;
        Ok(kustomization)
    }
}

/// The metadata of a kustomization, which nothing reads.
struct ObjectMeta;

impl Decode for ObjectMeta {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        fields.get::<String>("name")?;
        fields.get::<String>("namespace")?;
        fields.get::<BTreeMap<String, String>>("labels")?;
        fields.get::<BTreeMap<String, String>>("annotations")?;
        fields.finish()?;
        Ok(Self)
    }
}

impl Decode for Label {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let label = Self {
            pairs: fields.get("pairs")?,
            include_selectors: fields.get("includeSelectors")?,
            include_templates: fields.get("includeTemplates")?,
            fields: fields.get("fields")?,
        };
        fields.finish()?;
        Ok(label)
    }
}

impl Decode for Replica {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let replica = Self { name: fields.get("name")?, count: fields.get("count")? };
        fields.finish()?;
        Ok(replica)
    }
}

impl Decode for GeneratorOptions {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options = Self {
            labels: fields.optional("labels")?,
            annotations: fields.optional("annotations")?,
            disable_name_suffix_hash: fields.get("disableNameSuffixHash")?,
            immutable: fields.get("immutable")?,
        };
        fields.finish()?;
        Ok(options)
    }
}
