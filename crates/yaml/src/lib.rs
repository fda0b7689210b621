//! YAML as Kubernetes reads it and as Go's sigs.k8s.io/yaml writes it.
//!
//! Values are [`serde_json::Value`]: a Kubernetes object is JSON, YAML is only how it is written down.
//!
//! - [`to_string`] writes one document, byte for byte as Go's tools write it.
//! - [`documents`] and [`document`] read as the Kubernetes tools read; [`documents_with`] also reads as
//!   kustomize does ([`Schema::Kyaml`]).
//! - [`edit`] changes one value in a text and keeps the rest, comments included.
//! - [`comments`] carries the comments of one text into another.
//! - [`node`] is the tree behind a document for those who need the order, the styles and the places.
//!
//! Reading is strict (a duplicate key is an error), and bounded: nesting, the copies that aliases make
//! and the size of the text all have limits, so that no input can exhaust the memory or the stack.

pub mod comments;
mod cursor;
pub mod edit;
mod encoding;
mod error;
mod event;
#[cfg(test)]
mod golden;
pub mod node;
mod number;
mod order;
mod parse;
mod read;
mod reread;
mod scalar;
mod scan;
mod timestamp;
mod token;
mod write;

pub use encoding::{decode, decode_binary};
pub use error::ReadError;
pub use order::sort_by_key;
pub use read::{document, document_with, documents, documents_with, first_document, value_of};
pub use reread::{reread, reread_json};
pub use scalar::{Plain, Schema, resolve_plain};
pub use timestamp::rfc3339;
pub use write::{to_string, to_string_of};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
