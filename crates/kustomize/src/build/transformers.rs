//! The built-in transformers of a kustomization's fields, and those of plugins, with their files read.

use std::borrow::Cow;

use super::steps::BuiltIn;
use crate::error::Result;
use crate::load::loader::Loader;
use crate::load::{patches, replacements, value_add};
use crate::transform::patch::{LoadedPatch, StrategicMergePatches};
use crate::transform::replacements::LoadedReplacement;
use crate::transform::value_add::ValueAdd;
use crate::transform::{Transformer, labels};
use crate::types::field_spec::FieldSpec;
use crate::types::kustomization::Kustomization;
use crate::types::namespaced_subjects::NamespacedSubjects;
use crate::types::patch::Patch;
use crate::types::replacement::ReplacementEntry;
use crate::types::transformer_args::{NameEnd, TransformerArgs};
use crate::types::transformer_config::TransformerConfig;

/// Counts the transformers of a field.
pub(super) fn count(built_in: BuiltIn, kustomization: &Kustomization) -> usize {
    let k = kustomization;
    match built_in {
        BuiltIn::PatchesStrategicMerge => k.patches_strategic_merge.len(),
        BuiltIn::Patches => k.patches.len(),
        BuiltIn::Namespace => usize::from(!k.namespace.is_empty()),
        BuiltIn::NamePrefix => usize::from(!k.name_prefix.is_empty()),
        BuiltIn::NameSuffix => usize::from(!k.name_suffix.is_empty()),
        BuiltIn::Labels => k.labels.len(),
        // Kustomize has one for both fields.
        BuiltIn::CommonLabels => usize::from(!(k.labels.is_empty() && k.common_labels.is_empty())),
        BuiltIn::CommonAnnotations => usize::from(!k.common_annotations.is_empty()),
        BuiltIn::PatchesJson6902 => k.patches_json6902.len(),
        BuiltIn::Replicas => k.replicas.len(),
        BuiltIn::Images => k.images.len(),
        BuiltIn::Replacements => k.replacements.len(),
    }
}

/// Returns the transformer of the entry `at` of a field.
pub(super) fn of_entry<'a>(
    built_in: BuiltIn,
    at: usize,
    kustomization: &'a Kustomization,
    config: &'a TransformerConfig,
    loader: &Loader<'_>,
) -> Result<Transformer<'a>> {
    let k = kustomization;
    let rename = |end, text: &'a str, specs: &'a [FieldSpec]| {
        Transformer::Rename(vec![(end, Cow::Borrowed(text))], Cow::Borrowed(specs))
    };
    Ok(match built_in {
        BuiltIn::PatchesStrategicMerge => {
            Transformer::StrategicMerge(vec![strategic_merge(&k.patches_strategic_merge[at], loader)?])
        }
        BuiltIn::Patches => Transformer::Patch(load_patch(Cow::Borrowed(&k.patches[at]), loader)?),
        BuiltIn::Namespace => Transformer::Namespace {
            name: Cow::Borrowed(&k.namespace),
            specs: Cow::Borrowed(&config.namespace),
            subjects: NamespacedSubjects::Default,
            unset_only: false,
        },
        BuiltIn::NamePrefix => rename(NameEnd::Prefix, &k.name_prefix, &config.name_prefix),
        BuiltIn::NameSuffix => rename(NameEnd::Suffix, &k.name_suffix, &config.name_suffix),
        BuiltIn::Labels => {
            let label = &k.labels[at];
            Transformer::Labels(Cow::Borrowed(&label.pairs), Cow::Owned(labels::fields(label, config)?))
        }
        BuiltIn::CommonLabels => {
            Transformer::Labels(Cow::Borrowed(&k.common_labels), Cow::Borrowed(&config.common_labels))
        }
        BuiltIn::CommonAnnotations => Transformer::Annotations(
            Cow::Borrowed(&k.common_annotations),
            Cow::Borrowed(&config.common_annotations),
        ),
        BuiltIn::PatchesJson6902 => {
            let patch = &k.patches_json6902[at];
            patch.named_target()?;
            Transformer::JsonPatch(load_patch(Cow::Borrowed(patch), loader)?)
        }
        BuiltIn::Replicas => {
            Transformer::Replicas(Cow::Borrowed(&k.replicas[at]), Cow::Borrowed(&config.replicas))
        }
        BuiltIn::Images => Transformer::Image(Cow::Borrowed(&k.images[at]), Cow::Borrowed(&config.images)),
        BuiltIn::Replacements => {
            Transformer::Replacements(load_replacements(Cow::Borrowed(&k.replacements[at]), loader)?)
        }
    })
}

/// Returns the transformer of a plugin.
pub(super) fn of_plugin(args: TransformerArgs, loader: &Loader<'_>) -> Result<Transformer<'static>> {
    use Cow::Owned;
    Ok(match args {
        TransformerArgs::Annotations(pairs, specs) => Transformer::Annotations(Owned(pairs), Owned(specs)),
        TransformerArgs::Hash => Transformer::Hash,
        TransformerArgs::Image(image, specs) => Transformer::Image(Owned(image), Owned(specs)),
        TransformerArgs::JsonPatch(patch) => {
            patch.named_target()?;
            Transformer::JsonPatch(load_patch(Owned(*patch), loader)?)
        }
        TransformerArgs::Labels(pairs, specs) => Transformer::Labels(Owned(pairs), Owned(specs)),
        TransformerArgs::Namespace(args) => Transformer::Namespace {
            name: Owned(args.name),
            specs: Owned(args.specs),
            subjects: args.subjects,
            unset_only: args.unset_only,
        },
        TransformerArgs::Patch(patch) => Transformer::Patch(load_patch(Owned(*patch), loader)?),
        TransformerArgs::Rename(texts, specs) => {
            let texts = texts.into_iter().map(|(end, text)| (end, Owned(text))).collect();
            Transformer::Rename(texts, Owned(specs))
        }
        TransformerArgs::Replacements(entries) => {
            let mut all = Vec::new();
            for entry in entries {
                all.extend(load_replacements(Owned(entry), loader)?);
            }
            Transformer::Replacements(all)
        }
        TransformerArgs::Replicas(replica, specs) => Transformer::Replicas(Owned(replica), Owned(specs)),
        TransformerArgs::StrategicMerge(entries) => Transformer::StrategicMerge(
            entries.iter().map(|entry| strategic_merge(entry, loader)).collect::<Result<_>>()?,
        ),
        TransformerArgs::ValueAdd(args) => {
            let (value, targets) = value_add::value_and_targets(args, loader)?;
            Transformer::ValueAdd(ValueAdd { value, targets })
        }
    })
}

fn load_patch<'a>(patch: Cow<'a, Patch>, loader: &Loader<'_>) -> Result<LoadedPatch<'a>> {
    let (text, file) = patches::text(&patch, loader)?;
    Ok(LoadedPatch { patch, text, file })
}

fn strategic_merge(entry: &str, loader: &Loader<'_>) -> Result<StrategicMergePatches> {
    let (patches, file) = patches::strategic_merge(entry, loader)?;
    Ok(StrategicMergePatches { patches, file })
}

fn load_replacements<'a>(
    entry: Cow<'a, ReplacementEntry>,
    loader: &Loader<'_>,
) -> Result<Vec<LoadedReplacement<'a>>> {
    let inline = |replacement| vec![LoadedReplacement { replacement, file: None }];
    let path = match entry {
        Cow::Borrowed(ReplacementEntry::Inline(replacement)) => {
            return Ok(inline(Cow::Borrowed(&**replacement)));
        }
        Cow::Owned(ReplacementEntry::Inline(replacement)) => return Ok(inline(Cow::Owned(*replacement))),
        Cow::Borrowed(ReplacementEntry::File(path)) => Cow::Borrowed(path),
        Cow::Owned(ReplacementEntry::File(path)) => Cow::Owned(path),
    };
    let (replacements, file) = replacements::file(&path, loader)?;
    let from_file =
        |replacement| LoadedReplacement { replacement: Cow::Owned(replacement), file: Some(file.clone()) };
    Ok(replacements.into_iter().map(from_file).collect())
}
