//! The texts of patches.

use std::path::PathBuf;

use super::loader::Loader;
use crate::error::{Error, Result};
use crate::tree::{Node, parse};
use crate::types::patch::Patch;

/// Reads the text of a patch; with it comes the patch's file as messages show it, unless the patch is inline.
pub(crate) fn text(patch: &Patch, loader: &Loader<'_>) -> Result<(String, Option<PathBuf>)> {
    match (patch.path.as_str(), patch.inline.trim()) {
        ("", "") => Err(Error::new("a patch without content").hint("set path or patch")),
        ("", _) => Ok((patch.inline.clone(), None)),
        (name, "") => Ok((loader.read_text(name)?, Some(loader.shown(name)))),
        _ => Err(Error::new("a patch with both path and patch").hint("set one of them")),
    }
}

/// Reads an entry of `patchesStrategicMerge`: patches, or a file with some, as messages show it.
pub(crate) fn strategic_merge(entry: &str, loader: &Loader<'_>) -> Result<(Vec<Node>, Option<PathBuf>)> {
    // A text without objects is the name of a file.
    if let Ok(patches) = parse::objects(entry) {
        return Ok((patches, None));
    }
    let file = loader.shown(entry);
    let patches = parse::objects(&loader.read_text(entry)?).map_err(|error| error.file(&file))?;
    Ok((patches, Some(file)))
}
