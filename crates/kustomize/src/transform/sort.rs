//! `sortOptions`.

use crate::config;
use crate::decode::{At, Decode};
use crate::error::{Error, Result};
use crate::resmap::ResMap;

/// In which order the objects come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortOptions {
    /// As they were read.
    Fifo,
    /// By kind, then by name; these kinds first and last.
    Legacy(Option<(Vec<String>, Vec<String>)>),
    /// None. It counts where objects come to be sorted.
    Invalid(Error),
}

/// Puts the objects in order.
pub(crate) fn sort(map: &mut ResMap, options: &SortOptions) -> Result<()> {
    let kinds = match options {
        SortOptions::Fifo => return Ok(()),
        SortOptions::Legacy(kinds) => kinds,
        SortOptions::Invalid(error) => return Err(error.clone()),
    };
    map.sort_by_key(|resource| {
        let id = resource.id();
        let rank = match kinds {
            Some((first, last)) => config::rank_in(&id.gvk.kind, first, last),
            None => config::rank(&id.gvk.kind),
        };
        let namespace = if id.namespace.is_empty() { "~X" } else { &id.namespace };
        let name = if id.name.is_empty() { "~N" } else { &id.name };
        // The core group's own Namespace comes before others of that kind.
        let is_namespace = rank != 0 && id.gvk.kind == "Namespace" && id.gvk.group.is_empty();
        let gvk = if is_namespace { String::new() } else { config::sort_text(&id.gvk) };
        // One text, so that `apps-two` comes before `apps`: a dash is less than the bar.
        (rank, gvk, format!("{namespace}|{name}"))
    });
    Ok(())
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
