//! The transformers, one per file: pure functions of the objects and their arguments. Files have been read before.

pub(crate) mod annotations;
mod embedded;
mod embedded_yaml;
pub(crate) mod field_path;
mod field_spec;
pub(crate) mod generate;
pub(crate) mod hash;
pub(crate) mod iam_policy;
pub(crate) mod images;
mod json_patch;
pub(crate) mod labels;
mod merge;
mod merge_directive;
mod merge_findings;
mod merge_list;
mod name;
pub(crate) mod name_reference;
mod namespace;
pub(crate) mod patch;
pub(crate) mod replacements;
mod replicas;
pub(crate) mod sort;
pub(crate) mod value_add;
pub(crate) mod variables;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::Result;
use crate::types::field_spec::FieldSpec;
use crate::types::image::Image;
use crate::types::kustomization::Replica;
use crate::types::namespaced_subjects::NamespacedSubjects;
use crate::types::resmap::ResMap;
use crate::types::schema_store::SchemaStore;
use crate::types::transformer_args::NameEnd;
use patch::{LoadedPatch, StrategicMergePatches};
use replacements::LoadedReplacement;
use value_add::ValueAdd;

/// The fields that a transformer works on.
pub(crate) type FieldSpecs<'a> = Cow<'a, [FieldSpec]>;

/// A transformer with its arguments, ready to be applied.
pub(crate) enum Transformer<'a> {
    Annotations(Cow<'a, BTreeMap<String, String>>, FieldSpecs<'a>),
    Hash,
    Image(Cow<'a, Image>, FieldSpecs<'a>),
    JsonPatch(LoadedPatch<'a>),
    Labels(Cow<'a, BTreeMap<String, String>>, FieldSpecs<'a>),
    Namespace { name: Cow<'a, str>, specs: FieldSpecs<'a>, subjects: NamespacedSubjects, unset_only: bool },
    Patch(LoadedPatch<'a>),
    Rename(Vec<(NameEnd, Cow<'a, str>)>, FieldSpecs<'a>),
    Replacements(Vec<LoadedReplacement<'a>>),
    Replicas(Cow<'a, Replica>, FieldSpecs<'a>),
    StrategicMerge(Vec<StrategicMergePatches>),
    ValueAdd(ValueAdd),
}

impl Transformer<'_> {
    /// Changes the objects.
    pub fn apply(&self, map: &mut ResMap, schemas: &SchemaStore) -> Result<()> {
        match self {
            Self::Annotations(pairs, _) | Self::Labels(pairs, _) if pairs.is_empty() => Ok(()),
            Self::Annotations(annotations, specs) => annotations::annotate(map, annotations, specs),
            Self::Hash => hash::add_hashes(map),
            Self::Image(image, specs) => images::set_image(map, image, specs),
            Self::JsonPatch(patch) => patch::apply_json6902(map, patch),
            Self::Labels(labels, specs) => labels::label(map, labels, specs),
            Self::Namespace { name, specs, subjects, unset_only } => {
                namespace::set_namespace(map, name, specs, *subjects, *unset_only)
            }
            Self::Patch(patch) => patch::apply(map, patch, schemas),
            Self::Rename(texts, specs) => {
                texts.iter().try_for_each(|(end, text)| name::rename(map, *end, text, specs))
            }
            Self::Replacements(replacements) => replacements::replace(map, replacements),
            Self::Replicas(replica, specs) => replicas::set_replicas(map, replica, specs),
            Self::StrategicMerge(entries) => {
                entries.iter().try_for_each(|patches| patch::apply_strategic(map, patches, schemas))
            }
            Self::ValueAdd(value_add) => value_add.apply(map),
        }
    }
}
