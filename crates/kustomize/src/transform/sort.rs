//! `sortOptions`.

use crate::error::Result;
use crate::types::kind_order;
use crate::types::resmap::ResMap;
use crate::types::sort_options::SortOptions;

/// Sorts the objects.
pub(crate) fn sort(map: &mut ResMap, options: &SortOptions) -> Result<()> {
    let kinds = match options {
        SortOptions::Fifo => return Ok(()),
        SortOptions::Legacy(kinds) => kinds,
        SortOptions::Invalid(error) => return Err(error.clone()),
    };
    map.sort_by_key(|resource| {
        let id = resource.id();
        let rank = match kinds {
            Some((first, last)) => kind_order::rank_in(&id.gvk.kind, first, last),
            None => kind_order::rank(&id.gvk.kind),
        };
        let namespace = if id.namespace.is_empty() { "~X" } else { &id.namespace };
        let name = if id.name.is_empty() { "~N" } else { &id.name };
        // The core Namespace comes before other kinds of that name.
        let is_namespace = rank != 0 && id.gvk.kind == "Namespace" && id.gvk.group.is_empty();
        let gvk = if is_namespace { String::new() } else { kind_order::sort_text(&id.gvk) };
        // One text, so that `apps-two` comes before `apps`: a dash sorts before the bar.
        (rank, gvk, format!("{namespace}|{name}"))
    });
    Ok(())
}
