//! What helm-controller adds to Helm: the settings of a HelmRelease, and its post-renderers.
//!
//! The rules are those of helm-controller 1.6, which Flux 2.9 installs.

mod name;
mod post_render;
mod settings;
mod values;

pub use name::shortened;
pub use post_render::PostRenderers;
pub use settings::{
    Chart, ChartSource, CommonMetadata, CrdPolicy, Settings, SourceRef, ValuesKind, ValuesReference,
};

use std::fmt;

/// An error in a HelmRelease, or of its post-renderers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Field of the HelmRelease, such as `spec.postRenderers[0]`.
    pub field: String,
    /// What is wrong, and how to write it correctly if known.
    pub message: String,
}

impl Error {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl std::error::Error for Error {}
