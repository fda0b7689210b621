//! The tree that the transformers work on: YAML without comments and anchors, but with the order of the fields and
//! with each scalar as it was written, since kustomize copies texts, not values.

use super::look::{Hidden, Look};
use super::scalar;
use super::seq::Seq;
use super::written::is_odd_name;

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

/// A leaf: its text, the type it was read as, and whether it was written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, unquoted and unescaped.
    pub text: String,
    /// The type it was read as, or that a transformer gave it.
    pub tag: Tag,
    /// Neither quoted nor a block. A new text keeps this, and only a plain scalar can be anything but a string.
    pub plain: bool,
    /// Written as a block behind `|` or `>`.
    pub(super) block: Block,
    /// Scalars of an object that have the same number here, other than 0, are one node to kustomize: what changes one
    /// of them changes all.
    pub(super) shared: u32,
}

/// Whether a scalar is written as a block, which matters where kustomize writes it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Block {
    /// In one line or in quotes.
    #[default]
    None,
    /// Behind `|`.
    Literal,
    /// Behind `>`.
    Folded,
}

/// The type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A text, whatever it looks like.
    Str,
    /// An integer.
    Int,
    /// A number with a fraction or an exponent.
    Float,
    /// `true` or `false`.
    Bool,
    /// `null`, `~` or nothing.
    Null,
    /// A date.
    Timestamp,
    /// What the text looks like.
    Unset,
}

/// The fields of a mapping, in the order of the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    entries: Vec<(String, Node)>,
    pub(super) look: Look,
}

impl Scalar {
    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self { text: text.into(), tag: Tag::Str, plain: true, block: Block::None, shared: 0 }
    }

    /// A plain scalar as it stands in a document.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        let tag = scalar::tag_of(&text);
        Self { tag, ..Self::string(text) }
    }

    /// Takes the text and the type of `other` but stays quoted or plain, as kustomize sets a field that is there.
    pub(super) fn set(&mut self, text: &str, tag: Tag) {
        text.clone_into(&mut self.text);
        self.tag = tag;
    }
}

impl Map {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value of a field.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a field, at its place where it is there, otherwise at the end.
    pub fn set(&mut self, name: &str, value: Node) {
        match self.get_mut(name) {
            Some(old) => *old = value,
            None => self.push(name.to_owned(), value),
        }
    }

    /// Adds a field that is known not to be there, with a name that kustomize writes without quotes.
    pub(super) fn push(&mut self, name: String, value: Node) {
        self.look.odd_name |= is_odd_name(&name);
        self.entries.push((name, value));
    }

    /// Adds a field that is known not to be there, with its name as it stands in a text.
    pub(super) fn push_as_is(&mut self, name: String, value: Node) {
        self.entries.push((name, value));
    }

    /// Takes a field away.
    pub fn remove(&mut self, name: &str) -> Option<Node> {
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        Some(self.entries.remove(at).1)
    }

    /// Keeps the fields whose names pass.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&str) -> bool) {
        self.entries.retain(|(name, _)| keeps(name));
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The values in order.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn into_entries(self) -> Vec<(String, Node)> {
        self.entries
    }

    pub(super) fn from_entries(entries: Vec<(String, Node)>) -> Self {
        Self { entries, look: Look::default() }
    }

    /// The fields with names that kustomize writes without quotes.
    pub(super) fn of_new(entries: Vec<(String, Node)>) -> Self {
        let odd_name = entries.iter().any(|(name, _)| is_odd_name(name));
        Self { entries, look: Look { odd_name, ..Look::default() } }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Node {
    /// A string as kustomize sets it: in quotes where it would be read as something else by YAML 1.1.
    pub fn string(text: impl Into<String>) -> Self {
        let scalar = Scalar::string(text);
        Self::Scalar(Scalar { plain: scalar::is_text_in_yaml_1_1(&scalar.text), ..scalar })
    }

    /// A mapping without fields.
    pub fn empty_map() -> Self {
        Self::Map(Map::default())
    }

    /// An explicit null, or nothing where a value could stand.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Map(map) => map.look.hidden != Hidden::No,
            Self::Seq(_) => false,
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
        }
    }

    /// Null, or a mapping or list without content.
    pub(super) fn is_null_or_empty(&self) -> bool {
        match self {
            Self::Map(map) => map.is_empty() || self.is_null(),
            Self::Seq(items) => items.is_empty(),
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
        }
    }

    /// The fields of a mapping.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map).filter(|map| map.look.hidden == Hidden::No) } else { None }
    }

    /// The fields of a mapping.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Self::Map(map) = self { Some(map).filter(|map| map.look.hidden == Hidden::No) } else { None }
    }

    /// The fields that kustomize adds to a null, which do not show.
    pub(super) fn hidden_fields(&mut self) -> Option<&mut Map> {
        if let Self::Scalar(Scalar { tag: Tag::Null, text, .. }) = self {
            let hidden = if text.is_empty() { Hidden::Empty } else { Hidden::Null };
            *self = Self::Map(Map { look: Look { hidden, ..Look::default() }, ..Map::default() });
        }
        if let Self::Map(map) = self { Some(map).filter(|map| map.look.hidden != Hidden::No) } else { None }
    }

    pub(super) fn look(&self) -> Look {
        match self {
            Self::Map(map) => map.look,
            Self::Seq(items) => items.look,
            Self::Scalar(_) => Look::default(),
        }
    }

    pub(super) fn look_mut(&mut self) -> Option<&mut Look> {
        match self {
            Self::Map(map) => Some(&mut map.look),
            Self::Seq(items) => Some(&mut items.look),
            Self::Scalar(_) => None,
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        if let Self::Scalar(scalar) = self { Some(&scalar.text) } else { None }
    }

    /// The text of a scalar, as kustomize compares it: empty for mappings and lists.
    pub(super) fn text_or_empty(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// The text of a scalar, as kustomize reads data: empty for null, too.
    pub(super) fn data_text(&self) -> &str {
        if self.is_null() { "" } else { self.text_or_empty() }
    }

    /// A field of a mapping.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_map()?.get(name)
    }

    /// A field of a mapping.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(name)
    }

    /// The node below a path of field names.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// What the node is, for messages.
    pub(super) fn kind_name(&self) -> &'static str {
        match self {
            Self::Map(_) => "a mapping",
            Self::Seq(_) => "a list",
            Self::Scalar(_) => "a single value",
        }
    }

    /// Sets a field of this mapping to a string, keeping the quotes of the one that is there.
    pub(super) fn set_text(&mut self, name: &str, text: &str) {
        let Self::Map(map) = self else { return };
        match map.get_mut(name) {
            Some(Node::Scalar(old)) => old.set(text, Tag::Unset),
            Some(other) => *other = Node::string(text),
            None => map.push(name.to_owned(), Node::string(text)),
        }
    }

    /// The node without what says that its scalars are one with others.
    pub(super) fn unshared(&self) -> Self {
        let mut node = self.clone();
        node.for_each_scalar(&mut |scalar| scalar.shared = 0);
        node
    }

    /// Calls `change` with every scalar.
    pub(super) fn for_each_scalar(&mut self, change: &mut dyn FnMut(&mut Scalar)) {
        match self {
            Self::Map(map) => map.values_mut().for_each(|(_, value)| value.for_each_scalar(change)),
            Self::Seq(items) => items.iter_mut().for_each(|item| item.for_each_scalar(change)),
            Self::Scalar(scalar) => change(scalar),
        }
    }
}
