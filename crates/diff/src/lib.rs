//! The difference of two objects, and how it is shown.
//!
//! - [`compare`] finds what differs between two trees: entries of lists are matched by their name, key or id where they
//!   have one, otherwise by their content.
//! - [`human`] shows that as `flux diff` does.
//! - [`lines`] and [`unified`] compare texts line by line.
//!
//! Source of the rules and of the layout: dyff 1.10, which flux 2.9 shows differences with, in the settings that flux
//! gives it. The recorded reports in `tests/golden/diff` hold this module to it.
//!
//! ```
//! use edgeflux_diff as diff;
//! use serde_json::json;
//!
//! let (from, to) = (json!({"spec": {"replicas": 1}}), json!({"spec": {"replicas": 2}}));
//! let (from, to) = (diff::Node::new(&from), diff::Node::new(&to));
//! let report = diff::human(&diff::compare(&from, &to), diff::Look::default());
//! assert_eq!(report, "\nspec.replicas\n± value change\n- 1\n+ 2\n\n");
//! ```

mod certificate;
mod columns;
mod compare;
mod human;
mod identify;
mod lines;
mod neat;
mod paint;
mod tree;
mod unified;

pub use compare::{Detail, Difference, Entries, Item, Path, Step, compare};
pub use human::{Look, human};
pub use lines::{Edit, lines};
pub use paint::Paint;
pub use tree::{Node, Shape, Tag};
pub use unified::unified;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
