//! Arguments of `ValueAddTransformer`.

use super::decode::{At, Decode};
use super::selector::Selector;
use crate::error::Result;

/// Fields that get the value.
#[derive(Debug, Clone)]
pub(crate) struct ValueAddTarget {
    pub select: Option<Selector>,
    pub path: String,
    /// Part of a file path that the value becomes, from 1; 0 replaces the whole path.
    pub position: usize,
}

/// The fields of a `ValueAddTransformer`.
pub(crate) struct ValueAddArgs {
    pub value: String,
    pub targets: ValueAddTargets,
    /// File with more targets; empty for none.
    pub targets_file: String,
}

/// A mapping with a list of targets: the object itself or its file.
#[derive(Debug, Clone, Default)]
pub(crate) struct ValueAddTargets(pub Vec<ValueAddTarget>);

impl Decode for ValueAddArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let targets = ValueAddTargets::decode(at)?;
        let mut fields = at.fields()?;
        Ok(Self { value: fields.get("value")?, targets, targets_file: fields.get("targetFilePath")? })
    }
}

impl Decode for ValueAddTargets {
    fn decode(at: &At<'_>) -> Result<Self> {
        Ok(Self(at.fields()?.get("targets")?))
    }
}

impl Decode for ValueAddTarget {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let path: String = fields.get("fieldPath")?;
        if path.is_empty() {
            return Err(at.error("a target without fieldPath"));
        }
        let position: i64 = fields.get("filePathPosition")?;
        let position = usize::try_from(position)
            .map_err(|_| at.error("filePathPosition is negative").hint("1 is the first part of a path"))?;
        Ok(Self { select: fields.optional("selector")?, path, position })
    }
}
