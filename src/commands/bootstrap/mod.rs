//! `flux bootstrap`: a cluster that follows a repository, from nothing or from whatever is there.
//!
//! `git` and `github` turn their flags into a `Plan` and an `Origin`; `flow` carries the plan out, the
//! same for both. Everything that can be refused is refused before the first outside effect; every step
//! looks at what is there and makes it so, so that the same command can be run again at any time.

mod args;
mod checks;
mod files;
mod flow;
pub mod forge;
pub mod git;
pub mod github;
mod key;
pub mod origin;
mod plan;
mod secret;
mod signing;
mod wait;

pub use args::SharedArgs;
