//! Where in an object a transformer works: a type and a path, which passes through every item of the lists on its way.

use super::decode::{At, Decode};
use super::error::{Error, Result};
use super::id::Gvk;
use super::look::Hidden;
use super::node::{Node, Scalar};
use super::seq::Seq;
use super::shared::Shared;

/// A field of all objects of a type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct FieldSpec {
    /// The types that have it; empty parts stand for all.
    pub gvk: Gvk,
    /// The names of the fields down to it.
    pub path: Vec<String>,
    /// Whether it is made where it is missing.
    pub create: bool,
}

/// What is made where a field is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Create {
    /// Nothing, whatever the field says.
    Never,
    /// A single value.
    Scalar,
    /// A mapping.
    Map,
}

impl FieldSpec {
    /// From a type and a path with `/` between the names and `\/` for a slash in one.
    pub fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        Self { gvk, path: split(path, '/'), create }
    }

    /// Calls `set` with every node that the path leads to in an object of the type `gvk`.
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
        let mut changes = Shared::default();
        let mut set = |node: &mut Node| {
            let before = Shared::at(node);
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
                let made = match create {
                    Create::Never => None,
                    _ if !self.create => None,
                    Create::Scalar if rest.is_empty() => Some(Node::Scalar(Scalar::string(""))),
                    _ => Some(Node::empty_map()),
                };
                match (map.get_mut(name), made) {
                    (None, None) => Ok(()),
                    (None, Some(mut made)) => {
                        self.follow(&mut made, rest, create, set)?;
                        map.push(name.clone(), made);
                        Ok(())
                    }
                    (Some(field), made) => {
                        if let Some(made) = made.filter(|_| field.is_null()) {
                            match field {
                                Node::Map(map) => map.look.hidden = Hidden::No,
                                _ => *field = made,
                            }
                        }
                        self.follow(field, rest, create, set)
                    }
                }
            }
            Node::Scalar(_) => {
                Err(Error::new("expected a mapping or a list on the way, found a single value"))
            }
        }
    }

    /// Whether a list that has this entry needs no `other`: same path, and a type that `other` selects.
    fn covers(&self, other: &Self) -> bool {
        self.path == other.path && self.gvk.is_selected_by(&other.gvk)
    }
}

/// Adds to `specs` those of `more` that it lacks.
///
/// # Errors
/// Where one says that the field is made and the other that it is not.
pub(super) fn merge(specs: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<()> {
    for spec in more {
        match specs.iter().find(|known| known.covers(spec)) {
            None => specs.push(spec.clone()),
            Some(known) if known.create == spec.create => {}
            Some(_) => {
                let message = format!("two entries for {} disagree on create", spec.path.join("/"));
                return Err(Error::new(message));
            }
        }
    }
    Ok(())
}

/// Splits at `delimiter`, save where a backslash stands before it; a delimiter in front is dropped.
pub(super) fn split(path: &str, delimiter: char) -> Vec<String> {
    let path = match path.strip_prefix(delimiter) {
        Some(rest) => rest,
        None => path,
    };
    let mut parts: Vec<String> = Vec::new();
    for part in path.split(delimiter) {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

impl Decode for FieldSpec {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let gvk =
            Gvk { group: fields.get("group")?, version: fields.get("version")?, kind: fields.get("kind")? };
        let spec = Self::new(gvk, &fields.get::<String>("path")?, fields.get("create")?);
        fields.finish()?;
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_keeps_a_slash_in_a_name() {
        assert_eq!(split(r"/metadata/annotations/a.b\/c", '/'), ["metadata", "annotations", "a.b/c"]);
    }
}
