//! Arguments of the transformer plugins, by the kind of the object that configures one.

use std::collections::BTreeMap;

use super::decode::{self, At};
use super::field_spec::FieldSpec;
use super::generator::PluginMetadata;
use super::image::Image;
use super::kustomization::Replica;
use super::namespaced_subjects::NamespacedSubjects;
use super::patch::Patch;
use super::plugin::Plugin;
use super::replacement::ReplacementEntry;
use super::value_add::ValueAddArgs;
use crate::error::{Error, Result};

/// Arguments of a transformer plugin, whose files are not read yet.
pub(crate) enum TransformerArgs {
    Annotations(BTreeMap<String, String>, Vec<FieldSpec>),
    Hash,
    Image(Image, Vec<FieldSpec>),
    JsonPatch(Box<Patch>),
    Labels(BTreeMap<String, String>, Vec<FieldSpec>),
    Namespace(NamespaceArgs),
    Patch(Box<Patch>),
    /// Texts for the start and the end of names.
    Rename(Vec<(NameEnd, String)>, Vec<FieldSpec>),
    Replacements(Vec<ReplacementEntry>),
    Replicas(Replica, Vec<FieldSpec>),
    /// Patches or their files.
    StrategicMerge(Vec<String>),
    ValueAdd(ValueAddArgs),
}

/// The fields of a `NamespaceTransformer`.
pub(crate) struct NamespaceArgs {
    pub name: String,
    pub specs: Vec<FieldSpec>,
    pub subjects: NamespacedSubjects,
    /// Whether only objects without a namespace get it.
    pub unset_only: bool,
}

/// The end of a name to which a text is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameEnd {
    /// `namePrefix`
    Prefix,
    /// `nameSuffix`
    Suffix,
}

impl TransformerArgs {
    /// Decodes the arguments of `plugin`.
    pub fn of(plugin: &Plugin) -> Result<Self> {
        let args = match plugin.kind() {
            "HashTransformer" => Ok(Some(Self::Hash)),
            "PatchTransformer" => {
                decode::decode_leniently(plugin.object()).map(|patch| Some(Self::Patch(Box::new(patch))))
            }
            "ValueAddTransformer" => decode::decode_leniently(plugin.object()).map(Self::ValueAdd).map(Some),
            kind => decode::decode_leniently_as(plugin.object(), |at| Self::decode(kind, at)),
        };
        args.map_err(|error| error.during(plugin.id()))?
            .ok_or_else(|| plugin.mismatch("transformer", "generators"))
    }

    /// Decodes the fields of a kind of transformer; `None` if the kind is not one.
    fn decode(kind: &str, at: &At<'_>) -> Result<Option<Self>> {
        let mut fields = at.fields()?;
        let specs: Option<Vec<FieldSpec>> = fields.optional("fieldSpecs")?;
        let no_specs = || at.error("there are no fieldSpecs").hint("add fieldSpecs: [{path: metadata/name}]");
        let rename = |texts: Vec<(NameEnd, String)>, specs: Option<Vec<FieldSpec>>| {
            let texts = texts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
            specs.map(|specs| Self::Rename(texts, specs)).ok_or_else(no_specs)
        };
        Ok(Some(match kind {
            "AnnotationsTransformer" => {
                Self::Annotations(fields.get("annotations")?, specs.unwrap_or_default())
            }
            "ImageTagTransformer" => Self::Image(fields.get("imageTag")?, specs.unwrap_or_default()),
            "LabelTransformer" => Self::Labels(fields.get("labels")?, specs.unwrap_or_default()),
            "NamespaceTransformer" => Self::Namespace(NamespaceArgs {
                name: fields.get::<PluginMetadata>("metadata")?.namespace,
                specs: specs.unwrap_or_default(),
                subjects: fields.get("setRoleBindingSubjects")?,
                unset_only: fields.get("unsetOnly")?,
            }),
            "PatchJson6902Transformer" => Self::JsonPatch(Box::new(Patch {
                path: fields.get("path")?,
                inline: fields.get("jsonOp")?,
                target: fields.optional("target")?,
                ..Patch::default()
            })),
            "PatchStrategicMergeTransformer" => {
                let (mut patches, text): (Vec<String>, String) =
                    (fields.get("paths")?, fields.get("patches")?);
                if !text.is_empty() {
                    patches.push(text);
                }
                if patches.is_empty() {
                    return Err(Error::new("there is no patch").hint("set paths or patches"));
                }
                Self::StrategicMerge(patches)
            }
            "PrefixTransformer" => rename(vec![(NameEnd::Prefix, fields.get("prefix")?)], specs)?,
            "SuffixTransformer" => rename(vec![(NameEnd::Suffix, fields.get("suffix")?)], specs)?,
            "PrefixSuffixTransformer" => {
                let texts =
                    vec![(NameEnd::Prefix, fields.get("prefix")?), (NameEnd::Suffix, fields.get("suffix")?)];
                rename(texts, specs)?
            }
            "ReplacementTransformer" => Self::Replacements(fields.get("replacements")?),
            "ReplicaCountTransformer" => Self::Replicas(fields.get("replica")?, specs.unwrap_or_default()),
            _ => return Ok(None),
        }))
    }
}
