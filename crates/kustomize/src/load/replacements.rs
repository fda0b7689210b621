//! The files of `replacements`.

use std::path::PathBuf;

use super::loader::Loader;
use crate::error::Result;
use crate::types::decode;
use crate::types::replacement::Replacement;

/// Reads a file with one replacement or a list of them, and returns the file as messages show it.
pub(crate) fn file(path: &str, loader: &Loader<'_>) -> Result<(Vec<Replacement>, PathBuf)> {
    let text = loader.read_text(path)?;
    let file = loader.shown(path);
    let replacements = if decode::value(&file, &text)?.is_array() {
        decode::file(&file, &text)?
    } else {
        vec![decode::file(&file, &text)?]
    };
    Ok((replacements, file))
}
