//! `replacements`: a value of one object, copied into others.

use serde_json::Value;

use super::decode::{At, Decode};
use super::id::{Gvk, ResId};
use super::selector::Selector;
use crate::error::Result;

/// An entry of `replacements`: a replacement, or a file with some.
#[derive(Debug, Clone)]
pub(crate) enum ReplacementEntry {
    Inline(Box<Replacement>),
    File(String),
}

/// A value and its targets.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    pub source: ReplacementSource,
    pub targets: Vec<ReplacementTarget>,
}

/// Where the value comes from.
#[derive(Debug, Clone)]
pub(crate) enum ReplacementSource {
    /// `sourceValue`: the value itself.
    Text(String),
    /// A field of an object.
    Field { id: ResId, path: String, options: FieldOptions },
}

/// The fields that get the value.
#[derive(Debug, Clone)]
pub(crate) struct ReplacementTarget {
    pub select: Selector,
    pub reject: Vec<Selector>,
    pub paths: Vec<String>,
    pub options: FieldOptions,
}

/// Which part of a field is copied or replaced, and whether a missing field is added.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldOptions {
    pub delimiter: String,
    pub index: i64,
    pub create: bool,
}

impl Decode for ReplacementEntry {
    fn decode(at: &At<'_>) -> Result<Self> {
        match at.value().get("path") {
            None | Some(Value::Null) => Replacement::decode(at).map(Box::new).map(Self::Inline),
            Some(_) => {
                let mut fields = at.fields()?;
                let entry = Self::File(fields.get("path")?);
                let inline = fields.optional::<Value>("source")?.is_some()
                    || fields
                        .optional::<Value>("targets")?
                        .is_some_and(|targets| targets != Value::Array(Vec::new()));
                if inline {
                    return Err(at.error("both path and a replacement").hint("split it into two entries"));
                }
                fields.finish()?;
                Ok(entry)
            }
        }
    }
}

impl Decode for Replacement {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let source: Option<ReplacementSource> = fields.optional("source")?;
        let text: Option<String> = fields.optional("sourceValue")?;
        let targets: Vec<ReplacementTarget> = fields.get("targets")?;
        fields.finish()?;
        let source = match (source, text) {
            (Some(source), None) => source,
            (None, Some(text)) => ReplacementSource::Text(text),
            (Some(_), Some(_)) => {
                return Err(at.error("both source and sourceValue").hint("set one of them"));
            }
            (None, None) => {
                return Err(at.error("a replacement without source").hint("set source or sourceValue"));
            }
        };
        if targets.is_empty() {
            return Err(at
                .error("a replacement without targets")
                .hint("add targets: the resources and fields to set"));
        }
        Ok(Self { source, targets })
    }
}

impl Decode for ReplacementSource {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let gvk =
            Gvk { group: fields.get("group")?, version: fields.get("version")?, kind: fields.get("kind")? };
        let id = ResId { gvk, name: fields.get("name")?, namespace: fields.get("namespace")? };
        let path: String = fields.get("fieldPath")?;
        let options = fields.get("options")?;
        fields.finish()?;
        Ok(Self::Field { id, path: or_name(path), options })
    }
}

fn or_name(path: String) -> String {
    if path.is_empty() { "metadata.name".to_owned() } else { path }
}

impl Decode for ReplacementTarget {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let select = fields.optional("select")?;
        let mut paths: Vec<String> = fields.get("fieldPaths")?;
        if paths.is_empty() {
            paths.push(or_name(String::new()));
        }
        let (reject, options) = (fields.get("reject")?, fields.get("options")?);
        fields.finish()?;
        let select = select
            .ok_or_else(|| at.error("a target without select").hint("add select: the resources to change"))?;
        Ok(Self { select, reject, paths, options })
    }
}

impl Decode for FieldOptions {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options = Self {
            delimiter: fields.get("delimiter")?,
            index: fields.get("index")?,
            create: fields.get("create")?,
        };
        // Kustomize accepts it without effect.
        let _: String = fields.get("encoding")?;
        fields.finish()?;
        Ok(options)
    }
}
