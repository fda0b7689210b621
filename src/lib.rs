//! edgeflux: the `flux` command line for the edge.
//!
//! One way for data to flow: argv → clap matches → (verb, kind, arguments) → `commands` →
//! `cluster`, `git`, `forge` → rows, events or YAML → `output`. Modules import downwards only:
//!
//! | module | may import |
//! |---|---|
//! | `output`, `api`, `yaml`, `git`, `forge`, `oci` | nothing of ours (`oci`: `yaml`) |
//! | `error` | the error types of the modules above |
//! | `kinds` | `api` |
//! | `cluster` | `kinds`, `error`, `yaml` |
//! | `kustomize` | `yaml`; files only through its file-system trait |
//! | `manifests` | `api`, `yaml`, `kustomize` |
//! | `context` | `output`, `cluster`, `git`, `forge`, `error` |
//! | `commands` | everything above, and `cli::values`; never a sibling verb |
//! | `cli` | `kinds`, `commands`, `context`, `error`, `output` |
//!
//! `tests/it/layers.rs` reads the `use crate::` lines and holds them against this table.

use std::ffi::OsString;
use std::process::ExitCode;

pub mod api;
pub mod forge;
pub mod git;
pub mod kustomize;
pub mod yaml;

/// Runs the command line given by `args` (the program's name first) and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    drop(args);
    ExitCode::SUCCESS
}
