//! Field specs: the fields of a type that a transformer works on. A path passes through every item of the lists on its
//! way.

use super::decode::{At, Decode};
use super::id::Gvk;
use crate::error::{Error, Result};

/// A field of all objects of a type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FieldSpec {
    /// Types that have the field; empty parts select all.
    pub gvk: Gvk,
    /// Names of the fields down to it.
    pub path: Vec<String>,
    /// Whether a missing field is added.
    pub create: bool,
}

impl FieldSpec {
    /// Returns the field of a type at a path with `/` between the names and `\/` for a slash in a name.
    pub fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        Self { gvk, path: split(path, '/'), create }
    }

    /// Returns whether a list with this entry does not need `other`: it has the same path, and `other` selects its type.
    fn covers(&self, other: &Self) -> bool {
        self.path == other.path && self.gvk.is_selected_by(&other.gvk)
    }
}

/// Adds to `specs` those of `more` that it lacks.
///
/// # Errors
/// Two specs disagree on whether a missing field is added.
pub(crate) fn merge(specs: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<()> {
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

/// Splits at `delimiter`, except after a backslash; a leading delimiter is dropped.
pub(crate) fn split(path: &str, delimiter: char) -> Vec<String> {
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
