//! Scalars that are one node to kustomize. It sets a label in several fields of an object by putting the same node into
//! each, so that whatever changes the label in one of them later on changes all.

use super::error::Error;
use super::node::{Node, Scalar};

/// The contents of shared scalars by their numbers.
#[derive(Debug, Default)]
pub(super) struct Shared(Vec<(u32, Scalar)>);

impl Shared {
    /// Those that are `node` itself or stand in its fields.
    pub fn at(node: &Node) -> Self {
        let mut found = Self::default();
        match node {
            Node::Scalar(scalar) => found.add(scalar),
            Node::Map(map) => map.iter().for_each(|(_, value)| {
                if let Node::Scalar(scalar) = value {
                    found.add(scalar);
                }
            }),
            Node::Seq(_) => {}
        }
        found
    }

    /// All below `node`.
    pub fn below(node: &Node) -> Self {
        let mut found = Self::default();
        visit(node, &mut |scalar| found.add(scalar));
        found
    }

    fn add(&mut self, scalar: &Scalar) {
        if scalar.shared != 0 && self.0.iter().all(|(number, _)| *number != scalar.shared) {
            self.0.push((scalar.shared, scalar.clone()));
        }
    }

    /// Adds what has been changed at `node` since `before`.
    pub fn note(&mut self, before: &Self, node: &Node) {
        let Self(now) = Self::at(node);
        self.0.extend(now.into_iter().filter(|(number, scalar)| before.differs(*number, scalar)));
    }

    fn differs(&self, number: u32, scalar: &Scalar) -> bool {
        self.0.iter().any(|(other, before)| *other == number && before != scalar)
    }

    /// Gives every scalar of `object` the content that it shares. Returns whether that changed any.
    pub fn spread(&self, object: &mut Node) -> bool {
        let mut changed = false;
        for (number, content) in &self.0 {
            object.for_each_scalar(&mut |scalar| {
                if scalar.shared == *number && scalar != content {
                    changed = true;
                    scalar.clone_from(content);
                }
            });
        }
        changed
    }

    /// As [`Shared::spread`], for what has been changed anywhere below `object` since it held these. Fields are changed in
    /// the order of their names.
    pub fn settle(&self, object: &mut Node) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let mut changes = Self::default();
        visit(object, &mut |scalar| {
            if self.differs(scalar.shared, scalar) {
                changes.0.retain(|(number, _)| *number != scalar.shared);
                changes.0.push((scalar.shared, scalar.clone()));
            }
        });
        changes.spread(object)
    }
}

/// The warning of a change that goes further than its author says.
pub(super) fn spread_further() -> Error {
    Error::new("other fields of the object change as well, such as its selector: kustomize has set the label in all of them at once")
        .hint("set the label in one place only, where it is set first")
}

/// Calls `see` with the shared scalars of a node.
fn visit(node: &Node, see: &mut dyn FnMut(&Scalar)) {
    match node {
        Node::Map(map) => {
            let mut fields: Vec<(&str, &Node)> = map.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            for (_, value) in fields {
                visit(value, see);
            }
        }
        Node::Seq(items) => items.iter().for_each(|item| visit(item, see)),
        Node::Scalar(scalar) if scalar.shared != 0 => see(scalar),
        Node::Scalar(_) => {}
    }
}
