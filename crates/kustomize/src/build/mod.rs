//! Building: a kustomization and those below it are run step by step, with loading and transformers in turn.

mod accumulator;
mod builder;
mod finish;
mod options;
mod plugins;
mod steps;
mod stream;
mod transformers;

use std::path::Path;
use std::rc::Rc;

use crate::error::Result;
use crate::load::fs::FileSystem;
use crate::load::loader::Loader;
use crate::types::schema_store::SchemaStore;
pub(crate) use builder::Builder;
pub(crate) use finish::render;
pub use options::{Build, Options};
pub use stream::add_metadata;

/// Renders the kustomization in the directory `root` of `fs`.
///
/// # Errors
/// The kustomization or a file that it names is missing or invalid. The error has the file, the line if known, the field,
/// and how to write it correctly.
pub fn build(fs: &dyn FileSystem, root: &Path, options: &Options) -> Result<Build> {
    let loader = Loader::new(fs, root, options.files_stay_in_their_kustomization)?;
    render(&Builder::read(loader, Rc::new(SchemaStore::default()))?, options)
}
