//! Nodes of a document.
//!
//! The tree has no comments and anchors, but it keeps the order of the fields and every scalar as it was written, since
//! kustomize copies texts, not values.

use super::map::Map;
use super::presentation::{NullForm, Presentation};
use super::resolve;
use super::scalar::{Scalar, Tag};
use super::sequence::Seq;

/// A node of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Fields in the order of the document.
    Map(Map),
    /// A list.
    Seq(Seq),
    /// A leaf.
    Scalar(Scalar),
}

impl Node {
    /// Returns a string as kustomize sets it: in quotes if YAML 1.1 would read it as another type.
    pub fn string(text: impl Into<String>) -> Self {
        let scalar = Scalar::string(text);
        Self::Scalar(Scalar { plain: resolve::is_text_in_yaml_1_1(&scalar.text), ..scalar })
    }

    /// Returns a mapping without fields.
    pub fn empty_map() -> Self {
        Self::Map(Map::default())
    }

    /// Returns whether the node is null, explicit or empty.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Map(map) => map.presentation.null != NullForm::NotNull,
            Self::Seq(_) => false,
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
        }
    }

    /// Returns whether the node is null or an empty mapping or list.
    pub(crate) fn is_null_or_empty(&self) -> bool {
        match self {
            Self::Map(map) => map.is_empty() || self.is_null(),
            Self::Seq(items) => items.is_empty(),
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
        }
    }

    /// Returns the mapping, unless it is null to kustomize.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self {
            Some(map).filter(|map| map.presentation.null == NullForm::NotNull)
        } else {
            None
        }
    }

    /// Returns the mapping, unless it is null to kustomize.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Self::Map(map) = self {
            Some(map).filter(|map| map.presentation.null == NullForm::NotNull)
        } else {
            None
        }
    }

    /// Turns a null into a mapping whose fields do not show, as kustomize adds fields to a null.
    pub(crate) fn hidden_fields(&mut self) -> Option<&mut Map> {
        if let Self::Scalar(Scalar { tag: Tag::Null, text, .. }) = self {
            let form = if text.is_empty() { NullForm::Empty } else { NullForm::Explicit };
            *self = Self::Map(Map::null(form));
        }
        if let Self::Map(map) = self {
            Some(map).filter(|map| map.presentation.null != NullForm::NotNull)
        } else {
            None
        }
    }

    pub(crate) fn presentation(&self) -> Presentation {
        match self {
            Self::Map(map) => map.presentation,
            Self::Seq(items) => items.presentation,
            Self::Scalar(_) => Presentation::default(),
        }
    }

    pub(crate) fn presentation_mut(&mut self) -> Option<&mut Presentation> {
        match self {
            Self::Map(map) => Some(&mut map.presentation),
            Self::Seq(items) => Some(&mut items.presentation),
            Self::Scalar(_) => None,
        }
    }

    /// Returns the text of a scalar.
    pub fn text(&self) -> Option<&str> {
        if let Self::Scalar(scalar) = self { Some(&scalar.text) } else { None }
    }

    /// Returns the text of a scalar as kustomize compares it: empty for mappings and lists.
    pub(crate) fn text_or_empty(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// Returns the text of a scalar as kustomize reads data: empty for null too.
    pub(crate) fn data_text(&self) -> &str {
        if self.is_null() { "" } else { self.text_or_empty() }
    }

    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_map()?.get(name)
    }

    /// Returns the value of a field.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(name)
    }

    /// Returns the node at a path of field names.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// Names the kind of node in messages.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Map(_) => "a mapping",
            Self::Seq(_) => "a list",
            Self::Scalar(_) => "a single value",
        }
    }

    /// Sets a field of this mapping to a string; an existing scalar keeps its quotes.
    pub(crate) fn set_text(&mut self, name: &str, text: &str) {
        let Self::Map(map) = self else { return };
        match map.get_mut(name) {
            Some(Node::Scalar(old)) => old.set(text, Tag::Unset),
            Some(other) => *other = Node::string(text),
            None => map.push(name.to_owned(), Node::string(text)),
        }
    }

    /// Returns a copy whose scalars are not shared with others.
    pub(crate) fn unshared(&self) -> Self {
        let mut node = self.clone();
        node.for_each_scalar(&mut |scalar| scalar.shared = 0);
        node
    }

    /// Calls `change` with every scalar.
    pub(crate) fn for_each_scalar(&mut self, change: &mut dyn FnMut(&mut Scalar)) {
        match self {
            Self::Map(map) => map.values_mut().for_each(|(_, value)| value.for_each_scalar(change)),
            Self::Seq(items) => items.iter_mut().for_each(|item| item.for_each_scalar(change)),
            Self::Scalar(scalar) => change(scalar),
        }
    }
}
