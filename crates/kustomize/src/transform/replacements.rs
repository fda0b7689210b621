//! `replacements`: a value of one object, copied into others.

use std::borrow::Cow;
use std::path::PathBuf;

use super::embedded;
use super::field_path::{self, NodeKind, PathStep};
use crate::error::{Error, Result};
use crate::tree::{Node, Scalar, SharedScalars, Tag};
use crate::types::replacement::{FieldOptions, Replacement, ReplacementSource, ReplacementTarget};
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;
use crate::types::selector::Selector;

/// A replacement, and the file that it was read from as messages show it.
pub(crate) struct LoadedReplacement<'a> {
    pub replacement: Cow<'a, Replacement>,
    pub file: Option<PathBuf>,
}

/// Object and field of a value.
struct Place {
    resource: usize,
    steps: Vec<PathStep>,
}

/// Applies the replacements in order.
pub(crate) fn replace(map: &mut ResMap, replacements: &[LoadedReplacement<'_>]) -> Result<()> {
    replacements.iter().try_for_each(|LoadedReplacement { replacement, file }| {
        replacement.apply(map).map_err(|error| match file {
            Some(file) => error.file(file),
            None => error,
        })
    })
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
                let before = if resource.shared > 0 {
                    SharedScalars::below(&resource.node)
                } else {
                    SharedScalars::default()
                };
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
            map.warn(SharedScalars::changed_elsewhere().during(id));
        }
        Ok(())
    }
}

impl ReplacementSource {
    /// Returns the value; with it comes its place if the whole field is copied.
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
            found.next().ok_or_else(|| Error::new(format!("no resource matches the source {id}")))?;
        if let Some((_, other)) = found.next() {
            return Err(Error::new(format!("both {} and {} match the source", resource.id(), other.id()))
                .hint("narrow it down by group, version, kind, name or namespace"));
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
            return Err(Error::new("options.delimiter needs a single value"));
        };
        let part = usize::try_from(options.index)
            .ok()
            .and_then(|at| scalar.text.split(options.delimiter.as_str()).nth(at))
            .ok_or_else(|| Error::new(format!("{:?} has no part {}", scalar.text, options.index)))?;
        Ok((Node::Scalar(Scalar { text: part.to_owned(), ..scalar.clone() }), None))
    }
}

impl ReplacementTarget {
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

    /// Sets the value at a path. If the object holds the source too, later targets get the changed source.
    fn set(
        &self,
        resource: &mut Resource,
        path: &str,
        steps: &[PathStep],
        value: &mut Node,
        from: Option<&Place>,
    ) -> Result<()> {
        let create = self.options.create.then(|| NodeKind::of(value));
        let follow_source = |resource: &Resource, value: &mut Node| {
            if let Some(from) = from
                && let Ok(Some(new)) = field_path::get(&resource.node, &from.steps)
            {
                *value = new.unshared();
            }
        };
        // A path may continue in a text that holds JSON or YAML.
        if embedded::set(&mut resource.node, steps, value, create)? {
            follow_source(resource, value);
            return Ok(());
        }
        let during = |error: Error| error.during(path);
        // All targets are added before the first is set, also those within the source.
        let count = field_path::visit(&mut resource.node, steps, create, &mut |_| Ok(())).map_err(during)?;
        follow_source(resource, value);
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
                follow_source(resource, value);
            }
        }
        if count > 0 {
            return Ok(());
        }
        Err(Error::new(format!("no field {path}")).hint("set options.create: true to add it"))
    }
}

impl FieldOptions {
    fn set(&self, node: &mut Node, value: &Node) -> Result<()> {
        let mut text = value.text_or_empty().to_owned();
        if !self.delimiter.is_empty() {
            let Node::Scalar(old) = &*node else {
                return Err(Error::new("options.delimiter needs a single value"));
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
            // The old type stays: a number that replaces a string becomes a string.
            Node::Scalar(scalar) => scalar.text = text,
            other => *other = value.clone(),
        }
        Ok(())
    }
}
