//! The step between rendering and sorting in which the caller changes manifests.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::manifest::sorted;
use crate::error::Error;

/// Which manifests a post-renderer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Hooks and all others together: Helm 4.
    #[default]
    Combined,
    /// Hooks in a call of their own, before the others.
    Separate,
    /// No hooks: Helm 3.
    NoHooks,
}

/// Changes rendered manifests. It gets the text of each template by path, and returns as much; the texts may have several
/// documents.
pub struct PostRenderer<'p> {
    /// Which manifests it gets.
    pub strategy: Strategy,
    /// What it does.
    pub run: &'p mut dyn FnMut(BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error>,
}

/// Runs a post-renderer.
pub(super) fn run(
    files: BTreeMap<String, String>,
    post_renderer: PostRenderer<'_>,
) -> Result<BTreeMap<String, String>, Error> {
    let PostRenderer { strategy, run } = post_renderer;
    if strategy == Strategy::Combined {
        return run(files);
    }
    let (hooks, manifests) = sorted(&files)?;
    let hooks = by_path(hooks.into_iter().map(|hook| (hook.path, hook.manifest)));
    let manifests = by_path(manifests.into_iter().map(|manifest| (manifest.path, manifest.content)));
    let hooks = if strategy == Strategy::Separate && !hooks.is_empty() { run(hooks)? } else { hooks };
    let manifests = if manifests.is_empty() { manifests } else { run(manifests)? };
    Ok(by_path(hooks.into_iter().chain(manifests)))
}

/// The texts of each path in one, as several documents.
fn by_path(texts: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in texts {
        match files.entry(path) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(text);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                entry.get_mut().push_str("\n---\n");
                entry.get_mut().push_str(&text);
            }
        }
    }
    files
}
