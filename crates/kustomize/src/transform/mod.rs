//! The transformers, one per file. Each takes the objects of a kustomization and its own settings.

pub(super) mod annotations;
mod embedded;
mod embedded_yaml;
mod findings;
pub(super) mod go_json;
pub(super) mod hash;
pub(super) mod images;
mod json_patch;
pub(super) mod labels;
mod merge;
mod merge_list;
pub(super) mod name;
pub(super) mod name_reference;
pub(super) mod namespace;
pub(super) mod patch;
pub(super) mod replacements;
pub(super) mod replicas;
pub(super) mod sort;
pub(super) mod variables;
