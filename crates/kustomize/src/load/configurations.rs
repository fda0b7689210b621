//! The files of `configurations` and `crds`.

use super::loader::Loader;
use crate::error::Result;
use crate::types::transformer_config::TransformerConfig;
use crate::types::{crds, decode};

/// Reads a file of `configurations`. Errors that name no file are about the path.
pub(crate) fn configuration(path: &str, loader: &Loader<'_>) -> Result<TransformerConfig> {
    decode::file(&loader.shown(path), &loader.read_text(path)?)
}

/// Reads a file of `crds`. Errors that name no file are about the path.
pub(crate) fn crd_fields(path: &str, loader: &Loader<'_>) -> Result<TransformerConfig> {
    let text = loader.read_text(path)?;
    crds::config(&text).map_err(|error| error.file(&loader.shown(path)))
}
