//! `patches` and `patchesJson6902`.

use super::decode::{At, Decode};
use super::selector::Selector;
use crate::error::{Error, Result};

/// An entry of `patches` or `patchesJson6902`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patch {
    /// File that the patch is in.
    pub path: String,
    /// The patch itself, if it is in no file.
    pub inline: String,
    pub target: Option<Selector>,
    /// Whether the patch may rename its target.
    pub renames: bool,
    /// Whether the patch may change the kind of its target.
    pub changes_kind: bool,
}

impl Patch {
    /// Returns the target of an entry of `patchesJson6902`, which must have a name.
    pub fn named_target(&self) -> Result<&Selector> {
        self.target.as_ref().filter(|target| target.has_name()).ok_or_else(|| {
            Error::new("a JSON patch without the name of its target")
                .field("patchesJson6902")
                .hint("set target.name")
        })
    }
}

impl Decode for Patch {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options: Options = fields.get("options")?;
        let patch = Self {
            path: fields.get("path")?,
            inline: fields.get("patch")?,
            target: fields.optional("target")?,
            renames: options.renames,
            changes_kind: options.changes_kind,
        };
        fields.finish()?;
        Ok(patch)
    }
}

#[derive(Default)]
struct Options {
    renames: bool,
    changes_kind: bool,
}

impl Decode for Options {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options =
            Self { renames: fields.get("allowNameChange")?, changes_kind: fields.get("allowKindChange")? };
        fields.finish()?;
        Ok(options)
    }
}
