//! What a plain scalar means to kustomize, which reads with yaml.v3: `yes` and `on` are texts.

pub(super) use edgeflux_yaml::Plain;
use edgeflux_yaml::{Schema, resolve_plain};

use super::node::Tag;

/// What the plain scalar `text` stands for.
pub(super) fn resolve(text: &str) -> Plain {
    resolve_plain(text, Schema::Kyaml)
}

/// Whether YAML 1.1 reads the plain scalar `text` as a text too.
pub(super) fn is_text_in_yaml_1_1(text: &str) -> bool {
    text.is_empty() || resolve_plain(text, Schema::Kubernetes) == Plain::Str
}

/// The type of the plain scalar `text`.
pub(super) fn tag_of(text: &str) -> Tag {
    match resolve(text) {
        Plain::Null => Tag::Null,
        Plain::Bool(_) => Tag::Bool,
        Plain::Int(_) | Plain::Uint(_) => Tag::Int,
        Plain::Float(_) => Tag::Float,
        Plain::Timestamp => Tag::Timestamp,
        Plain::Str => Tag::Str,
    }
}
