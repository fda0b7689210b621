//! An object on its way through a build, with what it was called before.

use std::path::PathBuf;

use serde_json::Value;

use super::error::{Error, Result};
use super::id::{Gvk, ResId};
use super::node::{Map, Node};
use super::origin::Origin;
use super::written::{fold_next_lines, unreadable};

/// An object of a build.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub(super) node: Node,
    /// What it was called before each change, the oldest first.
    pub(super) previous: Vec<Name>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    /// Whether a hash of the content goes to the name, for what a generator made.
    pub(super) needs_hash: bool,
    pub(super) behavior: Behavior,
    /// As a patch: whether it may rename its target.
    pub(super) renames: bool,
    /// As a patch: whether it may change its target's kind.
    pub(super) changes_kind: bool,
    /// The variables whose value this object holds.
    pub(super) variables: Vec<String>,
    /// The file that it was read from, absolute in the file system.
    pub(super) file: Option<PathBuf>,
    /// That file as messages show it, once the object is rendered.
    pub(super) shown_file: Option<PathBuf>,
    pub(super) origin: Option<Origin>,
    pub(super) transformations: Vec<Origin>,
    /// Whether kustomize would keep notes in the annotations by now, so that a JSON patch finds annotations.
    pub(super) has_notes: bool,
    /// How many scalars of the object may be shared, see [`Scalar::shared`](super::node::Scalar::shared).
    pub(super) shared: u32,
}

/// The changeable part of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a name has a name and a namespace")]
pub(super) struct Name {
    pub name: String,
    pub namespace: String,
    pub kind: String,
}

/// What a generator does with an object that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behavior {
    /// It must not be there.
    #[default]
    Create,
    /// Its data is replaced.
    Replace,
    /// Its data is kept where the generator does not set it.
    Merge,
}

impl Resource {
    pub(super) fn new(node: Node) -> Self {
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

    /// The object.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The object as it is printed.
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
            .hint("take it out, or put the content into binaryData")),
        });
        value.map_err(|error| {
            let error = error.during(self.id());
            match &self.shown_file {
                Some(file) => error.file(file),
                None => error,
            }
        })
    }

    /// The type.
    pub fn gvk(&self) -> Gvk {
        Gvk::of(&self.node)
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.node.get("kind").map(Node::text_or_empty).unwrap_or_default()
    }

    /// Group and version.
    pub(super) fn group_and_version(&self) -> (&str, &str) {
        let version = self.node.get("apiVersion").map(Node::text_or_empty).unwrap_or_default();
        version.split_once('/').unwrap_or(("", version))
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// The namespace as it stands in the object, empty where there is none.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    fn metadata(&self, field: &str) -> &str {
        match self.node.at(&["metadata", field]) {
            Some(value) if !value.is_null() => value.text_or_empty(),
            _ => "",
        }
    }

    /// The present id.
    pub fn id(&self) -> ResId {
        ResId { gvk: self.gvk(), name: self.name().to_owned(), namespace: self.namespace().to_owned() }
    }

    /// The ids it had before, the oldest first; they carry the present group and version.
    pub(super) fn previous_ids(&self) -> impl Iterator<Item = ResId> {
        let gvk = self.gvk();
        self.previous.iter().map(move |before| ResId {
            gvk: Gvk { kind: before.kind.clone(), ..gvk.clone() },
            name: before.name.clone(),
            namespace: before.namespace.clone(),
        })
    }

    /// The id it came with.
    pub(super) fn original_id(&self) -> ResId {
        self.previous_ids().next().unwrap_or_else(|| self.id())
    }

    /// All ids, the present one first.
    pub(super) fn ids(&self) -> impl Iterator<Item = ResId> {
        std::iter::once(self.id()).chain(self.previous_ids())
    }

    /// Remembers the present name before it changes.
    pub(super) fn remember_name(&mut self) {
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

    /// Forgets what kustomize keeps in annotations while it builds: former names, prefixes, origin, the wish for a hash.
    pub(super) fn forget_notes(&mut self) {
        self.previous.clear();
        self.prefixes.clear();
        self.suffixes.clear();
        self.needs_hash = false;
        self.origin = None;
        self.transformations.clear();
        self.has_notes = false;
    }

    /// `labels` or `annotations`, with every value as it is written.
    pub(super) fn metadata_texts<'a>(&'a self, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.node
            .at(&["metadata", field])
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(Map::iter)
            .map(|(name, value)| (name, value.text_or_empty()))
    }

    /// Writes `labels` or `annotations` anew as strings; without any the field goes.
    pub(super) fn set_metadata_texts(&mut self, field: &str, texts: Vec<(String, String)>) {
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

    /// Takes one of the labels or annotations away, and the field with the last one.
    pub(super) fn remove_text(&mut self, field: &str, name: &str) {
        let texts = self.metadata_texts(field).filter(|(other, _)| *other != name);
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        self.set_metadata_texts(field, texts);
    }

    /// Makes every value of `labels` or `annotations` the string as which it is written.
    pub(super) fn texts_to_strings(&mut self, field: &str) {
        if self.node.at(&["metadata", field]).is_none() {
            return;
        }
        let texts =
            self.metadata_texts(field).map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        self.set_metadata_texts(field, texts);
    }

    /// Sets the name in the metadata, which is made where a patch took it away.
    pub(super) fn set_name(&mut self, name: &str) {
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

    /// Sets the namespace in the metadata; an empty one takes the field away.
    pub(super) fn set_namespace(&mut self, namespace: &str) {
        if !namespace.is_empty() {
            self.set_metadata("namespace", namespace);
        } else if let Some(metadata) = self.node.get_mut("metadata").and_then(Node::as_map_mut) {
            metadata.remove("namespace");
        }
    }

    /// Whether nothing of the object is left.
    pub(super) fn is_gone(&self) -> bool {
        self.node.is_null_or_empty()
    }
}

impl Resource {
    /// Takes over what a generated object keeps of the one that it replaces or is merged into: name, namespace, labels,
    /// annotations and its history.
    pub(super) fn inherit(&mut self, old: &Self) {
        if self.transformations.is_empty() {
            self.transformations.clone_from(&old.transformations);
        }
        for field in ["labels", "annotations"] {
            let mut texts: std::collections::BTreeMap<String, String> = old.owned_texts(field).collect();
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
        // A Replace comes from the generator, a Merge from where the object first came from.
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
    pub(super) fn merge_data(&mut self, old: &Self) {
        for field in ["data", "binaryData"] {
            let texts = |resource: &Self| -> Vec<(String, Node)> {
                let data = resource.node.get(field).and_then(Node::as_map);
                let string =
                    |(name, value): (&str, &Node)| (name.to_owned(), Node::string(value.data_text()));
                data.into_iter().flat_map(Map::iter).map(string).collect()
            };
            let merged: std::collections::BTreeMap<String, Node> =
                texts(old).into_iter().chain(texts(self)).collect();
            let Some(root) = self.node.as_map_mut() else { continue };
            root.remove(field);
            if !merged.is_empty() {
                root.push(field.to_owned(), Node::Map(Map::of_new(merged.into_iter().collect())));
            }
        }
    }
}
