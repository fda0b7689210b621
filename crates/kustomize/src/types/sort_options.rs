//! `sortOptions`.

use super::decode::{At, Decode};
use crate::error::{Error, Result};

/// Order of the objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortOptions {
    /// As they were read.
    Fifo,
    /// By kind, then by name; these kinds first and last.
    Legacy(Option<(Vec<String>, Vec<String>)>),
    /// Invalid options, which are an error once objects are sorted.
    Invalid(Error),
}

impl Decode for SortOptions {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let order: String = fields.get("order")?;
        let kinds: Option<LegacyOptions> = fields.optional("legacySortOptions")?;
        fields.finish()?;
        Ok(match order.as_str() {
            "fifo" if kinds.is_some() => {
                Self::Invalid(at.error("legacySortOptions without order: legacy").hint("set order: legacy"))
            }
            "fifo" => Self::Fifo,
            "legacy" => Self::Legacy(kinds.map(|LegacyOptions(first, last)| (first, last))),
            other => Self::Invalid(
                at.error(format!("unknown order {other:?}"))
                    .field(format!("{at}.order"))
                    .hint("it must be legacy or fifo"),
            ),
        })
    }
}

struct LegacyOptions(Vec<String>, Vec<String>);

impl Decode for LegacyOptions {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options = Self(fields.get("orderFirst")?, fields.get("orderLast")?);
        fields.finish()?;
        Ok(options)
    }
}
