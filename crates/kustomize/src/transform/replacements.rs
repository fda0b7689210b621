//! `replacements`: a value of one object, copied into others.

use std::path::Path;

use serde_json::Value;

use super::embedded;
use crate::decode::{self, At, Decode};
use crate::error::{Error, Result};
use crate::field_path::{self, Kind, Step};
use crate::id::{Gvk, ResId};
use crate::loader::Loader;
use crate::node::{Node, Scalar, Tag};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::selector::Selector;
use crate::shared::{self, Shared};

/// An entry of `replacements`: a replacement, or a file with some.
#[derive(Debug, Clone)]
pub(crate) enum ReplacementEntry {
    Inline(Box<Replacement>),
    File(String),
}

/// A value and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    source: Source,
    targets: Vec<Target>,
}

#[derive(Debug, Clone)]
enum Source {
    Text(String),
    Field { id: ResId, path: String, options: Options },
}

/// Where a value stands.
struct Place {
    resource: usize,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Target {
    select: Selector,
    reject: Vec<Selector>,
    paths: Vec<String>,
    options: Options,
}

#[derive(Debug, Clone, Default)]
struct Options {
    delimiter: String,
    index: i64,
    create: bool,
}

/// Applies the replacements in order.
pub(crate) fn replace(map: &mut ResMap, entries: &[ReplacementEntry], loader: &Loader<'_>) -> Result<()> {
    for entry in entries {
        match entry {
            ReplacementEntry::Inline(replacement) => replacement.apply(map)?,
            ReplacementEntry::File(path) => {
                let text = loader.read_text(path)?;
                let file = loader.shown(path);
                for replacement in read_file(&file, &text)? {
                    replacement.apply(map).map_err(|error| error.file(&file))?;
                }
            }
        }
    }
    Ok(())
}

/// A file with one replacement or a list of them.
fn read_file(file: &Path, text: &str) -> Result<Vec<Replacement>> {
    if decode::value(file, text)?.is_array() {
        decode::file(file, text)
    } else {
        decode::file(file, text).map(|replacement| vec![replacement])
    }
}

impl Replacement {
    fn apply(&self, map: &mut ResMap) -> Result<()> {
        let (mut value, from) = self.source.value(map.resources())?;
        let mut spread = None;
        for target in &self.targets {
            for (at, resource) in map.resources_mut().iter_mut().enumerate() {
                if !target.selects(resource)? {
                    continue;
                }
                let before =
                    if resource.shared > 0 { Shared::below(&resource.node) } else { Shared::default() };
                let from = from.as_ref().filter(|from| from.resource == at);
                for path in &target.paths {
                    let set = target.set(resource, path, &field_path::parse(path)?, &mut value, from);
                    set.map_err(|error| error.during(resource.id()))?;
                }
                if before.settle(&mut resource.node) {
                    spread.get_or_insert_with(|| resource.id());
                }
            }
        }
        if let Some(id) = spread {
            map.warn(shared::spread_further().during(id));
        }
        Ok(())
    }
}

impl Source {
    /// The value, and the object and field where it stands if all of it is taken.
    fn value(&self, resources: &[Resource]) -> Result<(Node, Option<Place>)> {
        let (id, path, options) = match self {
            Self::Text(text) => {
                let value = Node::Scalar(Scalar { tag: Tag::Unset, ..Scalar::string(text) });
                return Ok((value, None));
            }
            Self::Field { id, path, options } => (id, path, options),
        };
        let is_source = |resource: &Resource| resource.ids().any(|other| other.is_selected_by(id));
        let mut found = resources.iter().enumerate().filter(|(_, resource)| is_source(resource));
        let (at, resource) =
            found.next().ok_or_else(|| Error::new(format!("no resource is the source {id}")))?;
        if let Some((_, other)) = found.next() {
            return Err(Error::new(format!("both {} and {} are the source", resource.id(), other.id()))
                .hint("say more about it: group, version, kind, name, namespace"));
        }
        let steps = field_path::parse(path)?;
        let value = field_path::get(&resource.node, &steps)
            .map_err(|error| error.during(format!("{} of {}", path, resource.id())))?
            .filter(|value| !value.is_null_or_empty())
            .ok_or_else(|| Error::new(format!("the source {} has no {path}", resource.id())))?;
        if options.delimiter.is_empty() {
            return Ok((value.unshared(), Some(Place { resource: at, steps })));
        }
        let Node::Scalar(scalar) = value else {
            return Err(Error::new("options.delimiter is for single values"));
        };
        let part = usize::try_from(options.index)
            .ok()
            .and_then(|at| scalar.text.split(options.delimiter.as_str()).nth(at))
            .ok_or_else(|| Error::new(format!("{:?} has no part {}", scalar.text, options.index)))?;
        Ok((Node::Scalar(Scalar { text: part.to_owned(), ..scalar.clone() }), None))
    }
}

impl Target {
    fn selects(&self, resource: &Resource) -> Result<bool> {
        if !self.select.selects_metadata(resource)? {
            return Ok(false);
        }
        for reject in self.reject.iter().filter(|reject| reject.has_metadata()) {
            if reject.selects_metadata(resource)? {
                return Ok(false);
            }
        }
        let rejected =
            |reject: &Selector| !reject.has_no_id() && resource.ids().any(|id| reject.matches_id(&id));
        Ok(!self.reject.iter().any(rejected) && resource.ids().any(|id| self.select.matches_id(&id)))
    }

    /// Sets the value where a path leads. Where the object holds the source as well, what becomes of that goes on.
    fn set(
        &self,
        resource: &mut Resource,
        path: &str,
        steps: &[Step],
        value: &mut Node,
        from: Option<&Place>,
    ) -> Result<()> {
        let create = self.options.create.then(|| Kind::of(value));
        let live = |resource: &Resource, value: &mut Node| {
            if let Some(from) = from
                && let Ok(Some(new)) = field_path::get(&resource.node, &from.steps)
            {
                *value = new.unshared();
            }
        };
        // A path may lead on into a text that holds JSON or YAML.
        if embedded::set(&mut resource.node, steps, value, create)? {
            live(resource, value);
            return Ok(());
        }
        let during = |error: Error| error.during(path);
        // All targets are made before the first is set, also those within the source.
        let count = field_path::visit(&mut resource.node, steps, create, &mut |_| Ok(())).map_err(during)?;
        live(resource, value);
        if from.is_none() {
            let mut set = |node: &mut Node| self.options.set(node, value);
            field_path::visit(&mut resource.node, steps, create, &mut set).map_err(during)?;
        } else {
            for nth in 0..count {
                let mut at = 0;
                let mut set = |node: &mut Node| {
                    at += 1;
                    if at == nth + 1 { self.options.set(node, value) } else { Ok(()) }
                };
                field_path::visit(&mut resource.node, steps, None, &mut set).map_err(during)?;
                live(resource, value);
            }
        }
        if count > 0 {
            return Ok(());
        }
        Err(Error::new(format!("there is no field {path}")).hint("options.create: true would make it"))
    }
}

impl Options {
    fn set(&self, node: &mut Node, value: &Node) -> Result<()> {
        let mut text = value.text_or_empty().to_owned();
        if !self.delimiter.is_empty() {
            let Node::Scalar(old) = &*node else {
                return Err(Error::new("options.delimiter is for single values"));
            };
            let mut parts: Vec<&str> = old.text.split(self.delimiter.as_str()).collect();
            match usize::try_from(self.index) {
                Err(_) => parts.insert(0, &text),
                Ok(at) if at >= parts.len() => parts.push(&text),
                Ok(at) => parts[at] = &text,
            }
            text = parts.join(&self.delimiter);
        }
        match node {
            // The type of what stands there stays: a number that goes where a text is becomes a text.
            Node::Scalar(scalar) => scalar.text = text,
            other => *other = value.clone(),
        }
        Ok(())
    }
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
                    return Err(at
                        .error("both path and a replacement")
                        .hint("give them entries of their own"));
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
        let source: Option<Source> = fields.optional("source")?;
        let text: Option<String> = fields.optional("sourceValue")?;
        let targets: Vec<Target> = fields.get("targets")?;
        fields.finish()?;
        let source = match (source, text) {
            (Some(source), None) => source,
            (None, Some(text)) => Source::Text(text),
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
                .hint("say in targets where the value goes"));
        }
        Ok(Self { source, targets })
    }
}

impl Decode for Source {
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

impl Decode for Target {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let select = fields.optional("select")?;
        let mut paths: Vec<String> = fields.get("fieldPaths")?;
        if paths.is_empty() {
            paths.push(or_name(String::new()));
        }
        let (reject, options) = (fields.get("reject")?, fields.get("options")?);
        fields.finish()?;
        let select =
            select.ok_or_else(|| at.error("a target without select").hint("say which resources it means"))?;
        Ok(Self { select, reject, paths, options })
    }
}

impl Decode for Options {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options = Self {
            delimiter: fields.get("delimiter")?,
            index: fields.get("index")?,
            create: fields.get("create")?,
        };
        // Kustomize reads it and does nothing with it.
        let _: String = fields.get("encoding")?;
        fields.finish()?;
        Ok(options)
    }
}
