//! The kustomization file.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::decode::{self, At, Decode};
use super::field_spec::FieldSpec;
use super::generator::{ConfigMapArgs, GeneratorArgs, GeneratorOptions, SecretArgs};
use super::image::Image;
use super::patch::Patch;
use super::replacement::ReplacementEntry;
use super::sort_options::SortOptions;
use super::variable::Variable;
use crate::error::{Error, Result, Warning};
use crate::tree::round_trip::unreadable;

/// Names of the kustomization file. A directory may have one of them.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization file: all fields of kustomize 5.8. Fields of older versions are moved to their successors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kustomization {
    pub kind: String,
    pub resources: Vec<String>,
    /// Number of resources, at the end of the list, that are from the deprecated `bases`.
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
    pub warnings: Vec<Warning>,
    /// Text of the file, in which errors find the line of a field.
    pub text: String,
}

/// An entry of `labels`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Label {
    pub pairs: BTreeMap<String, String>,
    pub include_selectors: bool,
    pub include_templates: bool,
    pub fields: Vec<FieldSpec>,
}

/// An entry of `replicas`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replica {
    pub name: String,
    pub count: i64,
}

impl Kustomization {
    /// Keeps the entries of `resources`, `components` and `crds` for which `keeps` returns true, and all of `bases`.
    pub fn retain(&mut self, mut keeps: impl FnMut(&str) -> bool) {
        let bases = self.resources.split_off(self.resources.len() - self.bases);
        for list in [&mut self.resources, &mut self.components, &mut self.crds] {
            list.retain(|entry| keeps(entry));
        }
        self.resources.extend(bases);
    }

    /// Decodes a kustomization file.
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
                .hint("list the files to render in resources"));
        }
        Self::check_characters(file, text, &value)?;
        Ok(Self { text: text.to_owned(), ..decode::file(file, text)? })
    }

    /// Decodes the kustomization file that the controller starts from: numbers and booleans are accepted as strings, and
    /// unknown fields are dropped with a warning.
    pub fn read_leniently(file: &Path, text: &str) -> Result<Self> {
        let value = decode::value(file, text)?;
        Self::check_characters(file, text, &value)?;
        if value.is_null() {
            let warnings = vec![Warning::new("the kustomization is empty").hint(ACCEPTED)];
            return Ok(Self { kind: "Kustomization".to_owned(), warnings, ..Self::default() });
        }
        let mut kustomization: Self = decode::file_leniently(file, text)?;
        if let Err(error) = decode::file::<Self>(file, text) {
            let hint = error.hint.map_or_else(|| ACCEPTED.to_owned(), |hint| format!("{hint}; {ACCEPTED}"));
            kustomization.warnings.push(Warning {
                file: error.file,
                line: error.line,
                column: error.column,
                field: error.field,
                ..Warning::new(error.message).hint(hint)
            });
        }
        Ok(Self { text: text.to_owned(), ..kustomization })
    }

    /// Refuses control characters in the fields that kustomize writes as YAML again, for the steps that they configure.
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
                    .hint("remove it, or put the content into a file"));
            }
        }
        Ok(())
    }

    /// Returns the line of a field such as `images[0]`.
    pub fn line_of(&self, field: &str) -> Option<usize> {
        decode::line_of(field, &self.text)
    }

    /// Returns whether it has no fields, which kustomize refuses.
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

    /// Returns whether it is a component, which changes the resources of the kustomization that names it.
    pub fn is_component(&self) -> bool {
        self.kind == "Component"
    }
}

/// Added to warnings of what kustomize refuses and the controller accepts.
const ACCEPTED: &str = "the controller accepts it";

/// Deprecated fields and their successors.
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
                .map(|(old, new)| Warning::new(format!("the field {old} is deprecated, use {new}")))
                .collect(),
            text: String::new(),
        };
        fields.finish()?;
        Ok(kustomization)
    }
}

/// The metadata of a kustomization, which has no effect.
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
