//! The YAML documents that kustomize works on: nodes, how they are parsed, and what they become when kustomize writes
//! them and reads them again.

pub(crate) mod go_json;
mod map;
mod node;
pub(crate) mod parse;
mod presentation;
pub(crate) mod resolve;
pub(crate) mod round_trip;
mod scalar;
mod schema_comments;
mod sequence;
mod shared_scalars;

pub use map::Map;
pub use node::Node;
pub(crate) use presentation::{NullForm, Presentation};
pub(crate) use scalar::Block;
pub use scalar::{Scalar, Tag};
pub use sequence::Seq;
pub(crate) use shared_scalars::SharedScalars;
