//! Loading: the only part of the crate that reads files. Everything goes through the [`FileSystem`](fs::FileSystem) trait.

pub(crate) mod configurations;
pub(crate) mod fs;
pub(crate) mod generator_sources;
pub(crate) mod git_source;
pub(crate) mod ignore;
pub(crate) mod loader;
pub(crate) mod memory_fs;
pub(crate) mod patches;
pub(crate) mod remote;
pub(crate) mod replacements;
pub(crate) mod value_add;
