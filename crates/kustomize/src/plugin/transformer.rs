//! The transformers.

use std::collections::BTreeMap;

use super::Plugin;
use super::generator::Metadata;
use super::value_add::ValueAdd;
use crate::decode::{self, At};
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::kustomization::Replica;
use crate::loader::Loader;
use crate::resmap::ResMap;
use crate::transform::images::{self, Image};
use crate::transform::name::{End, rename};
use crate::transform::namespace::{Subjects, set_namespace};
use crate::transform::patch::{self, Patch};
use crate::transform::replacements::{self, ReplacementEntry};
use crate::transform::{annotations, hash, labels, replicas};

/// What changes objects.
pub(crate) enum Transformer {
    Annotations(BTreeMap<String, String>, Vec<FieldSpec>),
    Hash,
    Image(Image, Vec<FieldSpec>),
    Labels(BTreeMap<String, String>, Vec<FieldSpec>),
    Namespace(Namespace),
    JsonPatch(Box<Patch>),
    /// Texts or files, and one more text.
    Merge(Vec<String>, String),
    Patch(Box<Patch>),
    Rename(Vec<(End, String)>, Vec<FieldSpec>),
    Replacements(Vec<ReplacementEntry>),
    Replicas(Replica, Vec<FieldSpec>),
    ValueAdd(ValueAdd),
}

impl Transformer {
    /// The transformer that `plugin` configures.
    pub fn of(plugin: &Plugin, loader: &Loader<'_>) -> Result<Self> {
        let kind = plugin.kind();
        let fields = Kinded { kind };
        let transformer = match kind {
            "HashTransformer" => Ok(Some(Self::Hash)),
            "PatchTransformer" => {
                decode::decode_leniently(&plugin.object).map(|patch| Some(Self::Patch(Box::new(patch))))
            }
            "ValueAddTransformer" => {
                ValueAdd::read(&plugin.object, loader).map(|value_add| Some(Self::ValueAdd(value_add)))
            }
            _ => decode::decode_leniently_as(&plugin.object, |at| fields.read(at)),
        };
        transformer
            .map_err(|error| error.during(&plugin.id))?
            .ok_or_else(|| plugin.is_not("transformer", "generators"))
    }

    /// Changes the objects.
    pub fn apply(&self, map: &mut ResMap, loader: &Loader<'_>) -> Result<()> {
        match self {
            Self::Annotations(pairs, _) | Self::Labels(pairs, _) if pairs.is_empty() => Ok(()),
            Self::Annotations(annotations, specs) => annotations::annotate(map, annotations, specs),
            Self::Hash => hash::add_hashes(map),
            Self::Image(image, specs) => images::set_image(map, image, specs),
            Self::Labels(labels, specs) => labels::label(map, labels, specs),
            Self::Namespace(Namespace { name: namespace, specs, subjects, unset_only }) => {
                set_namespace(map, namespace, specs, *subjects, *unset_only)
            }
            Self::JsonPatch(patch) => patch::apply_json6902(map, patch, loader),
            Self::Merge(entries, text) => {
                let text = Some(text).filter(|text| !text.is_empty());
                entries.iter().chain(text).try_for_each(|entry| patch::apply_strategic(map, entry, loader))
            }
            Self::Patch(patch) => patch::apply(map, patch, loader),
            Self::Rename(texts, specs) => {
                texts.iter().try_for_each(|(end, text)| rename(map, *end, text, specs))
            }
            Self::Replacements(entries) => replacements::replace(map, entries, loader),
            Self::Replicas(replica, specs) => replicas::set_replicas(map, replica, specs),
            Self::ValueAdd(value_add) => value_add.apply(map),
        }
    }
}

/// The fields of a `NamespaceTransformer`.
pub(crate) struct Namespace {
    name: String,
    specs: Vec<FieldSpec>,
    subjects: Subjects,
    unset_only: bool,
}

/// Reads the fields of a kind of transformer.
struct Kinded<'a> {
    kind: &'a str,
}

impl Kinded<'_> {
    /// Nothing where the kind is no transformer's.
    fn read(&self, at: &At<'_>) -> Result<Option<Transformer>> {
        let mut fields = at.fields()?;
        let specs: Option<Vec<FieldSpec>> = fields.optional("fieldSpecs")?;
        let no_specs = || at.error("there are no fieldSpecs").hint("add fieldSpecs: [{path: metadata/name}]");
        let rename = |texts: Vec<(End, String)>, specs: Option<Vec<FieldSpec>>| {
            let texts = texts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
            specs.map(|specs| Transformer::Rename(texts, specs)).ok_or_else(no_specs)
        };
        Ok(Some(match self.kind {
            "AnnotationsTransformer" => {
                Transformer::Annotations(fields.get("annotations")?, specs.unwrap_or_default())
            }
            "ImageTagTransformer" => Transformer::Image(fields.get("imageTag")?, specs.unwrap_or_default()),
            "LabelTransformer" => Transformer::Labels(fields.get("labels")?, specs.unwrap_or_default()),
            "NamespaceTransformer" => Transformer::Namespace(Namespace {
                name: fields.get::<Metadata>("metadata")?.namespace,
                specs: specs.unwrap_or_default(),
                subjects: fields.get("setRoleBindingSubjects")?,
                unset_only: fields.get("unsetOnly")?,
            }),
            "PatchJson6902Transformer" => Transformer::JsonPatch(Box::new(Patch {
                path: fields.get("path")?,
                inline: fields.get("jsonOp")?,
                target: fields.optional("target")?,
                ..Patch::default()
            })),
            "PatchStrategicMergeTransformer" => {
                let (paths, text): (Vec<String>, String) = (fields.get("paths")?, fields.get("patches")?);
                if paths.is_empty() && text.is_empty() {
                    return Err(Error::new("there is no patch").hint("set paths or patches"));
                }
                Transformer::Merge(paths, text)
            }
            "PrefixTransformer" => rename(vec![(End::Prefix, fields.get("prefix")?)], specs)?,
            "SuffixTransformer" => rename(vec![(End::Suffix, fields.get("suffix")?)], specs)?,
            "PrefixSuffixTransformer" => {
                let texts = vec![(End::Prefix, fields.get("prefix")?), (End::Suffix, fields.get("suffix")?)];
                rename(texts, specs)?
            }
            "ReplacementTransformer" => Transformer::Replacements(fields.get("replacements")?),
            "ReplicaCountTransformer" => {
                Transformer::Replicas(fields.get("replica")?, specs.unwrap_or_default())
            }
            _ => return Ok(None),
        }))
    }
}
