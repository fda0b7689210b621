//! `flux bootstrap`: installs Flux on a cluster from a repository.
//!
//! `git` and a file for each forge (`github`) turn their flags into a `Plan` and an `Origin`; `flow` executes the plan,
//! the same for all. Everything that can be refused is refused before anything is written. Every step reads the current
//! state and changes what differs, so the same command can be run again at any time.

mod args;
mod checks;
mod files;
mod flow;
pub mod forge;
pub mod git;
pub mod github;
mod host_keys;
mod key;
pub mod origin;
mod plan;
mod repository_fs;
mod secret;
mod signing;
mod wait;

pub use args::SharedArgs;
