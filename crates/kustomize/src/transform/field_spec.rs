//! Applying a field spec: the nodes of an object that its path leads to.

use crate::error::{Error, Result};
use crate::tree::{Node, NullForm, Scalar, Seq, SharedScalars};
use crate::types::field_spec::FieldSpec;
use crate::types::id::Gvk;

/// What is added for a missing field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Create {
    /// Nothing, whatever the field spec says.
    Never,
    /// A single value.
    Scalar,
    /// A mapping.
    Map,
}

impl FieldSpec {
    /// Calls `set` with every node at the path in an object of the type `gvk`.
    pub fn apply(
        &self,
        gvk: &Gvk,
        object: &mut Node,
        create: Create,
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        if gvk.is_selected_by(&self.gvk) { self.apply_to_any(object, create, set) } else { Ok(()) }
    }

    /// As [`FieldSpec::apply`], whatever the type of the object.
    pub fn apply_to_any(
        &self,
        object: &mut Node,
        create: Create,
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let mut changes = SharedScalars::default();
        let mut set = |node: &mut Node| {
            let before = SharedScalars::at(node);
            set(node)?;
            changes.note(&before, node);
            Ok(())
        };
        self.follow(object, &self.path, create, &mut set)
            .map_err(|error| error.field(self.path.join(".")))?;
        changes.spread(object);
        Ok(())
    }

    fn follow(
        &self,
        node: &mut Node,
        path: &[String],
        create: Create,
        set: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let Some((name, rest)) = path.split_first() else { return set(node) };
        if node.is_null() {
            return Ok(());
        }
        match node {
            Node::Seq(items) => items.iter_mut().try_for_each(|item| self.follow(item, path, create, set)),
            Node::Map(map) => {
                let name = match name.strip_suffix("[]") {
                    Some("") => return Err(Error::new("a path with an empty field name")),
                    None if name.is_empty() => return Err(Error::new("a path with an empty field name")),
                    Some(list) => {
                        if let Some(field) = map.get_mut(list) {
                            if field.is_null() {
                                *field = Node::Seq(Seq::default());
                            }
                            self.follow(field, rest, create, set)?;
                        }
                        return Ok(());
                    }
                    None => name,
                };
                let missing = match create {
                    Create::Never => None,
                    _ if !self.create => None,
                    Create::Scalar if rest.is_empty() => Some(Node::Scalar(Scalar::string(""))),
                    _ => Some(Node::empty_map()),
                };
                match (map.get_mut(name), missing) {
                    (None, None) => Ok(()),
                    (None, Some(mut added)) => {
                        self.follow(&mut added, rest, create, set)?;
                        map.push(name.clone(), added);
                        Ok(())
                    }
                    (Some(field), missing) => {
                        if let Some(added) = missing.filter(|_| field.is_null()) {
                            match field {
                                Node::Map(map) => map.presentation.null = NullForm::NotNull,
                                _ => *field = added,
                            }
                        }
                        self.follow(field, rest, create, set)
                    }
                }
            }
            Node::Scalar(_) => Err(Error::new("expected a mapping or a list, found a single value")),
        }
    }
}
