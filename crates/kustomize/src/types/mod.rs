//! The kustomization file and what it is made of, with decoding: entries and options, ids, field specs, selectors,
//! schemas, and the objects that a build passes on.

pub(crate) mod crds;
pub(crate) mod decode;
pub(crate) mod field_spec;
pub(crate) mod generator;
pub(crate) mod id;
pub(crate) mod image;
pub(crate) mod kind_order;
pub(crate) mod kustomization;
pub(crate) mod label_selector;
pub(crate) mod namespaced_subjects;
pub(crate) mod openapi;
pub(crate) mod origin;
pub(crate) mod patch;
pub(crate) mod plugin;
pub(crate) mod replacement;
pub(crate) mod resmap;
pub(crate) mod resource;
pub(crate) mod schema;
pub(crate) mod schema_store;
pub(crate) mod selector;
pub(crate) mod sort_options;
pub(crate) mod transformer_args;
pub(crate) mod transformer_config;
pub(crate) mod value_add;
pub(crate) mod variable;
