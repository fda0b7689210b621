//! Lists: a vector of nodes with its presentation.

use std::ops::{Deref, DerefMut};

use super::node::Node;
use super::presentation::Presentation;

/// Items of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seq {
    items: Vec<Node>,
    pub(crate) presentation: Presentation,
}

impl Seq {
    /// Returns a list with the presentation of another.
    pub(crate) fn like(items: Vec<Node>, presentation: Presentation) -> Self {
        Self { items, presentation }
    }
}

impl Deref for Seq {
    type Target = Vec<Node>;

    fn deref(&self) -> &Vec<Node> {
        &self.items
    }
}

impl DerefMut for Seq {
    fn deref_mut(&mut self) -> &mut Vec<Node> {
        &mut self.items
    }
}

impl From<Vec<Node>> for Seq {
    fn from(items: Vec<Node>) -> Self {
        Self { items, presentation: Presentation::default() }
    }
}

impl FromIterator<Node> for Seq {
    fn from_iter<I: IntoIterator<Item = Node>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl IntoIterator for Seq {
    type Item = Node;
    type IntoIter = std::vec::IntoIter<Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a> IntoIterator for &'a Seq {
    type Item = &'a Node;
    type IntoIter = std::slice::Iter<'a, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<'a> IntoIterator for &'a mut Seq {
    type Item = &'a mut Node;
    type IntoIter = std::slice::IterMut<'a, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter_mut()
    }
}
