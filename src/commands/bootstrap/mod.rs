//! `flux bootstrap`: installs Flux on a cluster from a repository.
//!
//! `git` and a file for each forge (`github`) turn their flags into a `Plan` and an `Origin`; `flow` executes the plan,
//! the same for all. Everything that can be refused is refused before anything is written. Every step reads the current
//! state and changes what differs, so the same command can be run again at any time.

mod args;
mod checks;
mod files;
mod flow;
pub mod git;
pub mod github;
mod host_keys;
mod hosted;
mod key;
pub mod origin;
mod plan;
mod repository_fs;
mod secret;
mod signing;
mod wait;

use crate::commands::about::About;

pub use args::SharedArgs;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("bootstrap", "Install Flux and sync the cluster from a Git repository")
    .details(
        "Commits the manifests of Flux to the repository, applies them to the cluster, \
         and lets Flux reconcile a directory of the repository from then on.",
    )
    .examples(&[
        (
            "Use a GitHub repository",
            "flux bootstrap github --owner=acme --repository=fleet --path=clusters/edge-1",
        ),
        (
            "Use any Git server",
            "flux bootstrap git --url=ssh://git@git.example.com/acme/fleet \
             --path=clusters/edge-1",
        ),
    ]);
