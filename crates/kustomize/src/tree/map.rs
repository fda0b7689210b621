//! Mappings: the fields of an object in the order of the document.

use super::node::Node;
use super::presentation::{NullForm, Presentation};
use super::resolve;

/// Fields of a mapping, in the order of the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    entries: Vec<(String, Node)>,
    pub(crate) presentation: Presentation,
}

impl Map {
    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns the value of a field.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a field in place, or adds it at the end.
    pub fn set(&mut self, name: &str, value: Node) {
        match self.get_mut(name) {
            Some(old) => *old = value,
            None => self.push(name.to_owned(), value),
        }
    }

    /// Adds a field that is known to be missing, with a name that kustomize writes without quotes.
    pub(crate) fn push(&mut self, name: String, value: Node) {
        self.presentation.ambiguous_name |= resolve::is_ambiguous_name(&name);
        self.entries.push((name, value));
    }

    /// Adds a field that is known to be missing, with its name as it is written in a document.
    pub(crate) fn push_as_is(&mut self, name: String, value: Node) {
        self.entries.push((name, value));
    }

    /// Removes a field and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Node> {
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        Some(self.entries.remove(at).1)
    }

    /// Keeps the fields whose names pass.
    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(&str) -> bool) {
        self.entries.retain(|(name, _)| keeps(name));
    }

    /// Iterates over the fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Iterates over the fields in order, with their values to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    pub(crate) fn into_entries(self) -> Vec<(String, Node)> {
        self.entries
    }

    /// Returns a mapping without fields that is null to kustomize.
    pub(super) fn null(null: NullForm) -> Self {
        Self { entries: Vec::new(), presentation: Presentation { null, ..Presentation::default() } }
    }

    pub(crate) fn from_entries(entries: Vec<(String, Node)>) -> Self {
        Self { entries, presentation: Presentation::default() }
    }

    /// Returns a mapping whose field names kustomize writes without quotes.
    pub(crate) fn of_new(entries: Vec<(String, Node)>) -> Self {
        let ambiguous_name = entries.iter().any(|(name, _)| resolve::is_ambiguous_name(name));
        Self { entries, presentation: Presentation { ambiguous_name, ..Presentation::default() } }
    }

    /// Returns the number of fields.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
