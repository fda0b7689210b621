//! YAML as the Kubernetes tools read it, and as Go's sigs.k8s.io/yaml writes it.
//!
//! Values are [`serde_json::Value`]: a Kubernetes object is JSON, and YAML is only its notation.
//!
//! ```
//! let object = edgeflux_yaml::document("data: {on: yes}\nkind: ConfigMap\n").unwrap();
//! assert_eq!(object["data"]["true"], true);
//! assert_eq!(edgeflux_yaml::to_string(&object), "data:\n  \"true\": true\nkind: ConfigMap\n");
//! ```
//!
//! - [`to_string`] writes one document, byte for byte as Go's tools write it.
//! - [`documents`] and [`document`] read as the Kubernetes tools do; [`documents_with`] also reads as kustomize does
//!   ([`Schema::Kyaml`]).
//! - [`edit`] changes one value of a text and keeps everything else, comments included.
//! - [`comments`] carries the comments of one text over to another.
//! - [`node`] has the nodes of a document with their order, style and position.
//!
//! Reading is strict (a duplicate key is an error) and bounded: nesting, copies by aliases and the size of the text have
//! limits, so no input can exhaust memory or stack.

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
