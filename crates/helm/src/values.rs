//! Values of charts and releases.

mod coalesce;
mod dependencies;
mod set;
mod table;
mod tree;

pub use set::{MAX_ITEMS, MAX_NESTING, set, set_file, set_json, set_literal, set_string};
pub use table::{deep_copy, merge_maps};

pub(crate) use dependencies::is_compatible;
pub(crate) use table::{empty, shallow_copy, table_at};
pub(crate) use tree::{Index, ROOT, Tree};
