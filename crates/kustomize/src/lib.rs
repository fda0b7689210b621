//! A kustomize engine: from a directory with a kustomization to the objects that it renders.
//!
//! The rules are those of kustomize 5.8. Files are read through the [`FileSystem`] trait alone; no program is run and no
//! connection opened: URLs are refused unless the file system has a [`Remote`] that fetches them. Nothing is global, so
//! builds may run side by side.
//!
//! ```
//! use std::path::Path;
//! use edgeflux_kustomize::{MemoryFs, Options, build};
//!
//! let mut fs = MemoryFs::new();
//! fs.write("/app/kustomization.yaml", "resources: [cm.yaml]\nnamePrefix: my-\n");
//! fs.write("/app/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n");
//! let build = build(&fs, Path::new("/app"), &Options::default()).unwrap();
//! assert_eq!(build.resources[0].name(), "my-config");
//! ```
//!
//! # Layers
//!
//! | module | may import | holds |
//! |---|---|---|
//! | `error`, `glob`, `names` | | errors and warnings; shell patterns; names and labels that Kubernetes accepts |
//! | `tree` | `error` | YAML documents: nodes, parsing, what becomes of them when they are written |
//! | `types` | `error`, `names`, `tree` | the kustomization file and what it is made of, with decoding and options |
//! | `load` | `error`, `glob`, `tree`, `types` | loading: the only part that reads files |
//! | `transform` | `error`, `tree`, `types` | pure transformers |
//! | `build` | `error`, `tree`, `types`, `load`, `transform` | the steps of a kustomization, as data and dispatched in one place |
//! | `controller` | `error`, `glob`, `tree`, `types`, `load`, `build` | what kustomize-controller adds |
//!
//! A test of this crate checks every import against the table.

mod build;
pub mod controller;
mod error;
mod glob;
#[cfg(test)]
mod layers;
mod load;
pub mod names;
mod transform;
mod tree;
mod types;

pub use build::{Build, Options, add_metadata, build};
pub use error::{Diagnostic, Error, Failed, Result, Succeeded, Warning};
pub use load::fs::{FileSystem, FileType, RootedFs, clean};
pub use load::git_source::GitSource;
pub use load::memory_fs::MemoryFs;
pub use load::remote::{Checkout, Remote, WithRemote};
pub use tree::{Map, Node, Scalar, Seq, Tag};
pub use types::id::{Gvk, ResId};
pub use types::kustomization::FILE_NAMES;
pub use types::label_selector::LabelSelector;
pub use types::resource::Resource;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
