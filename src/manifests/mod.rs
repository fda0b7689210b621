//! What `install` and `bootstrap` write: the components of a Flux distribution, and their sync.
//!
//! [`distribution`] and [`components`] are tables of facts; a release of Flux is an edit of these
//! two and of the API types. [`install`] makes the objects of an installation from them, in the
//! order in which they are written and applied, and their text; [`sync`] makes the objects that
//! point a cluster at its repository. Nothing here reads a file or asks a cluster.

mod check;
pub mod components;
pub mod distribution;
pub mod install;
mod policies;
mod pull_secret;
mod roles;
pub mod sync;
mod workloads;

pub use check::{InvalidOption, is_subdomain};
pub use components::{COMPONENTS, Component, UnknownComponent};
pub use install::{Options, install, to_yaml};
pub use pull_secret::{Credentials, InvalidCredentials};

#[cfg(test)]
mod tests;
