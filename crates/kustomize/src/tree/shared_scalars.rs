//! Scalars that are one node to kustomize.
//!
//! Kustomize sets a label in several fields of an object by putting the same YAML node into each, so that a later change
//! of the label in one field changes all of them.

use super::node::Node;
use super::scalar::Scalar;
use crate::error::Warning;

/// Contents of shared scalars by their numbers.
#[derive(Debug, Default)]
pub(crate) struct SharedScalars(Vec<(u32, Scalar)>);

impl SharedScalars {
    /// Collects `node` itself and the scalars in its fields.
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

    /// Collects all scalars below `node`.
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

    /// Adds the scalars at `node` that changed since `before`.
    pub fn note(&mut self, before: &Self, node: &Node) {
        let Self(now) = Self::at(node);
        self.0.extend(now.into_iter().filter(|(number, scalar)| before.differs(*number, scalar)));
    }

    fn differs(&self, number: u32, scalar: &Scalar) -> bool {
        self.0.iter().any(|(other, before)| *other == number && before != scalar)
    }

    /// Gives every scalar of `object` the content that it shares. Returns whether any scalar changed.
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

    /// Spreads the changes made anywhere below `object` since these contents were collected. Returns whether any other
    /// scalar changed. Fields are visited in the order of their names.
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

    /// Warns of a change that reaches other fields than the one it names.
    pub fn changed_elsewhere() -> Warning {
        Warning::new(
            "other fields of the object change as well, such as its selector: kustomize set the \
            label in all of them from the same value",
        )
        .hint("set the label in one place only, where it is set first")
    }
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
