//! The differences of two objects or two texts, and reports of them.
//!
//! - [`compare`] finds the differences of two trees. Entries of lists are matched by name, key or id if they have one,
//!   otherwise by content.
//! - [`human`] reports them as `flux diff` does.
//! - [`lines`] and [`unified`] compare texts line by line.
//!
//! The rules and the layout are those of dyff 1.10, with which flux 2.9 shows differences, in the settings of flux. The
//! reports recorded in `tests/golden/diff` check them.
//!
//! ```
//! use edgeflux_diff as diff;
//! use serde_json::json;
//!
//! let (from, to) = (json!({"spec": {"replicas": 1}}), json!({"spec": {"replicas": 2}}));
//! let (from, to) = (diff::Node::new(&from), diff::Node::new(&to));
//! let report = diff::human(&diff::compare(&from, &to), diff::ReportOptions::default());
//! assert_eq!(report, "\nspec.replicas\n± value change\n- 1\n+ 2\n\n");
//! ```

mod certificate;
mod columns;
mod compare;
mod human;
mod identify;
mod lines;
mod paint;
mod readable;
mod tree;
mod unified;

pub use compare::{Detail, Difference, Entries, Item, Path, Step, compare};
pub use human::{ReportOptions, human};
pub use lines::{Edit, lines};
pub use paint::Paint;
pub use tree::{Node, Shape, Tag};
pub use unified::unified;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
