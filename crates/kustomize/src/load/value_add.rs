//! The value and the targets of a `ValueAddTransformer`, which may be in a file.

use super::loader::Loader;
use crate::error::{Error, Result};
use crate::types::decode;
use crate::types::value_add::{ValueAddArgs, ValueAddTarget, ValueAddTargets};

/// Reads the file of targets, and returns the value and all targets.
pub(crate) fn value_and_targets(
    args: ValueAddArgs,
    loader: &Loader<'_>,
) -> Result<(String, Vec<ValueAddTarget>)> {
    let ValueAddArgs { value, targets: ValueAddTargets(mut targets), targets_file } = args;
    if !targets_file.is_empty() {
        let text = loader.read_text(&targets_file)?;
        let more: ValueAddTargets = decode::file_leniently(&loader.shown(&targets_file), &text)?;
        targets.extend(more.0);
    }
    let value = match value.trim() {
        // The default is the name of the kustomization's directory.
        "" => loader.root().file_name().unwrap_or_default().to_string_lossy().into_owned(),
        value => value.to_owned(),
    };
    if targets.is_empty() {
        return Err(Error::new("there are no targets").hint("add targets: the fields to set"));
    }
    Ok((value, targets))
}
