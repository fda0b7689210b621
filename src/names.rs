//! Names and labels that Kubernetes accepts. The rules are those of the kustomize engine, which checks label selectors by
//! them.

pub use edgeflux_kustomize::names::{is_label, is_label_value, is_qualified_name, is_subdomain};
