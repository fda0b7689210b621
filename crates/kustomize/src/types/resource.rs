//! Objects on their way through a build, with their former names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::generator::Behavior;
use super::id::{Gvk, ResId};
use super::origin::Origin;
use crate::error::{Error, Result};
use crate::tree::round_trip::{fold_next_lines, unreadable};
use crate::tree::{Map, Node};

/// An object of a build.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub(crate) node: Node,
    /// Names before each change, oldest first.
    pub(crate) previous: Vec<Name>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    /// Whether a hash of the content is added to the name of a generated object.
    pub(crate) needs_hash: bool,
    pub(crate) behavior: Behavior,
    /// As a patch: whether it may rename its target.
    pub(crate) renames: bool,
    /// As a patch: whether it may change its target's kind.
    pub(crate) changes_kind: bool,
    /// Variables whose values this object holds.
    pub(crate) variables: Vec<String>,
    /// File that it was read from, absolute in the file system.
    pub(crate) file: Option<PathBuf>,
    /// File as messages show it, once the object is rendered.
    pub(crate) shown_file: Option<PathBuf>,
    pub(crate) origin: Option<Origin>,
    pub(crate) transformations: Vec<Origin>,
    /// Whether kustomize keeps notes in the annotations by now, so that a JSON patch finds annotations.
    pub(crate) has_notes: bool,
    /// Number of shared scalars of the object, see [`Scalar::shared`](crate::tree::Scalar).
    pub(crate) shared: u32,
}

/// The part of an id that can change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a name has a name and a namespace")]
pub(crate) struct Name {
    pub name: String,
    pub namespace: String,
    pub kind: String,
}

impl Resource {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            behavior: Behavior::Create,
            renames: false,
            changes_kind: false,
            variables: Vec::new(),
            file: None,
            shown_file: None,
            origin: None,
            transformations: Vec::new(),
            has_notes: false,
            shared: 0,
        }
    }

    /// Returns the object.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the object as kustomize prints it.
    ///
    /// # Errors
    /// A value cannot be written, such as a control character.
    pub fn to_json(&self) -> Result<Value> {
        let value = self.node.to_json().and_then(|mut value| match unreadable(&value) {
            None => {
                fold_next_lines(&mut value);
                Ok(value)
            }
            Some(char) => Err(Error::new(format!(
                "kustomize cannot write the control character U+{:04X}",
                u32::from(char)
            ))
            .hint("remove it, or put the content into binaryData")),
        });
        value.map_err(|error| {
            let error = error.during(self.id());
            match &self.shown_file {
                Some(file) => error.file(file),
                None => error,
            }
        })
    }

    /// Returns group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk::of(&self.node)
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        self.node.get("kind").map(Node::text_or_empty).unwrap_or_default()
    }

    /// Returns group and version.
    pub(crate) fn group_and_version(&self) -> (&str, &str) {
        let version = self.node.get("apiVersion").map(Node::text_or_empty).unwrap_or_default();
        version.split_once('/').unwrap_or(("", version))
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// Returns the namespace that the object sets, or an empty string.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    fn metadata(&self, field: &str) -> &str {
        match self.node.at(&["metadata", field]) {
            Some(value) if !value.is_null() => value.text_or_empty(),
            _ => "",
        }
    }

    /// Returns the current id.
    pub fn id(&self) -> ResId {
        ResId { gvk: self.gvk(), name: self.name().to_owned(), namespace: self.namespace().to_owned() }
    }

    /// Returns the former ids, oldest first, with the current group and version.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = ResId> {
        let gvk = self.gvk();
        self.previous.iter().map(move |before| ResId {
            gvk: Gvk { kind: before.kind.clone(), ..gvk.clone() },
            name: before.name.clone(),
            namespace: before.namespace.clone(),
        })
    }

    /// Returns the id that the object was read with.
    pub(crate) fn original_id(&self) -> ResId {
        self.previous_ids().next().unwrap_or_else(|| self.id())
    }

    /// Returns all ids, the current one first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ResId> {
        std::iter::once(self.id()).chain(self.previous_ids())
    }

    /// Remembers the current name before it changes.
    pub(crate) fn remember_name(&mut self) {
        self.has_notes = true;
        // Kustomize puts its notes there.
        if let Some(metadata) = self.node.get_mut("metadata").and_then(Node::as_map_mut)
            && metadata.get("annotations").is_some_and(|own| own.as_map().is_none() && !own.is_null())
        {
            metadata.remove("annotations");
        }
        let id = self.id();
        let name = Name { namespace: id.effective_namespace().to_owned(), name: id.name, kind: id.gvk.kind };
        if self.previous.last() != Some(&name) {
            self.previous.push(name);
        }
    }

    /// Forgets what kustomize keeps in annotations during a build: former names, prefixes, origin, the request for a hash.
    pub(crate) fn forget_notes(&mut self) {
        self.previous.clear();
        self.prefixes.clear();
        self.suffixes.clear();
        self.needs_hash = false;
        self.origin = None;
        self.transformations.clear();
        self.has_notes = false;
    }

    /// Returns `labels` or `annotations`, with every value as it is written.
    pub(crate) fn metadata_texts<'a>(&'a self, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.node
            .at(&["metadata", field])
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(Map::iter)
            .map(|(name, value)| (name, value.text_or_empty()))
    }

    /// Replaces `labels` or `annotations`; without any, the field is removed.
    pub(crate) fn set_metadata_texts(&mut self, field: &str, texts: Vec<(String, String)>) {
        let Some(root) = self.node.as_map_mut() else { return };
        if root.get("metadata").and_then(Node::as_map).is_none() {
            root.set("metadata", Node::empty_map());
        }
        let Some(metadata) = root.get_mut("metadata").and_then(Node::as_map_mut) else { return };
        metadata.remove(field);
        if !texts.is_empty() {
            let entries = texts.into_iter().map(|(name, text)| (name, Node::string(text))).collect();
            metadata.push(field.to_owned(), Node::Map(Map::of_new(entries)));
        }
    }

    /// Removes a label or annotation, and the field with the last one.
    pub(crate) fn remove_text(&mut self, field: &str, name: &str) {
        let texts = self.metadata_texts(field).filter(|(other, _)| *other != name);
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        self.set_metadata_texts(field, texts);
    }

    /// Turns every value of `labels` or `annotations` into a string.
    pub(crate) fn texts_to_strings(&mut self, field: &str) {
        if self.node.at(&["metadata", field]).is_none() {
            return;
        }
        let texts =
            self.metadata_texts(field).map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        self.set_metadata_texts(field, texts);
    }

    /// Sets the name; the metadata is added if a patch removed it.
    pub(crate) fn set_name(&mut self, name: &str) {
        self.set_metadata("name", name);
    }

    fn set_metadata(&mut self, field: &str, text: &str) {
        let Some(root) = self.node.as_map_mut() else { return };
        if root.get("metadata").is_none_or(Node::is_null) {
            root.set("metadata", Node::empty_map());
        }
        if let Some(metadata) = root.get_mut("metadata") {
            metadata.set_text(field, text);
        }
    }

    /// Sets the namespace; an empty one removes the field.
    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        if !namespace.is_empty() {
            self.set_metadata("namespace", namespace);
        } else if let Some(metadata) = self.node.get_mut("metadata").and_then(Node::as_map_mut) {
            metadata.remove("namespace");
        }
    }

    /// Returns whether nothing of the object is left.
    pub(crate) fn is_gone(&self) -> bool {
        self.node.is_null_or_empty()
    }
}

impl Resource {
    /// Takes over what a generated object keeps of the one that it replaces or is merged into: name, namespace, labels,
    /// annotations and history.
    pub(crate) fn inherit(&mut self, old: &Self) {
        if self.transformations.is_empty() {
            self.transformations.clone_from(&old.transformations);
        }
        for field in ["labels", "annotations"] {
            let mut texts: BTreeMap<String, String> = old.owned_texts(field).collect();
            texts.extend(self.owned_texts(field));
            self.set_metadata_texts(field, texts.into_iter().collect());
        }
        let (name, namespace) = (old.name().to_owned(), old.namespace().to_owned());
        self.set_name(&name);
        self.set_namespace(&namespace);
        self.previous.clone_from(&old.previous);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.variables.clone_from(&old.variables);
        let merges = self.behavior == Behavior::Merge;
        self.behavior = old.behavior;
        self.needs_hash &= old.needs_hash;
        self.has_notes = true;
        // A replaced object is from the generator, a merged one from its first origin.
        self.origin = if merges {
            old.origin.clone().or(self.origin.take())
        } else {
            self.origin.take().or(old.origin.clone())
        };
    }

    fn owned_texts<'a>(&'a self, field: &str) -> impl Iterator<Item = (String, String)> + use<'a> {
        self.metadata_texts(field)
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Adds the data of `old` that this object does not set.
    pub(crate) fn merge_data(&mut self, old: &Self) {
        for field in ["data", "binaryData"] {
            let texts = |resource: &Self| -> Vec<(String, Node)> {
                let data = resource.node.get(field).and_then(Node::as_map);
                let string =
                    |(name, value): (&str, &Node)| (name.to_owned(), Node::string(value.data_text()));
                data.into_iter().flat_map(Map::iter).map(string).collect()
            };
            let merged: BTreeMap<String, Node> = texts(old).into_iter().chain(texts(self)).collect();
            let Some(root) = self.node.as_map_mut() else { continue };
            root.remove(field);
            if !merged.is_empty() {
                root.push(field.to_owned(), Node::Map(Map::of_new(merged.into_iter().collect())));
            }
        }
    }
}
