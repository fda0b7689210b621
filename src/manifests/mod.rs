//! Manifests that `install` and `bootstrap` write: the components of Flux, and the sync with a repository.
//!
//! [`distribution`] and [`components`] are tables: a release of Flux is an edit of these two and of the API types.
//! [`install`] creates the objects of an installation from them, and their YAML; [`sync`] creates the objects that make a
//! cluster follow its repository. Nothing here reads a file or sends a request.

mod check;
pub mod components;
pub mod distribution;
pub mod install;
mod policies;
mod pull_secret;
mod roles;
pub mod sync;
mod workloads;

pub use check::InvalidOption;
pub use components::{COMPONENTS, Component, UnknownComponent};
pub use install::{Options, install, to_yaml};
pub use pull_secret::{Credentials, InvalidCredentials};

#[cfg(test)]
mod tests;
