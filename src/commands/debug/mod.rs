//! `flux debug`: the values or variables that a controller uses for an object, its status and its history.

pub mod helm_release;
pub mod kustomization;
mod show;

use crate::commands::about::About;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("debug", "Show the values, variables, status or history of an object")
    .examples(&[
        ("Show the values that a chart gets", "flux debug helmrelease podinfo --show-values -n apps"),
        ("Show the variables of a Kustomization", "flux debug kustomization apps --show-vars"),
    ]);

#[cfg(test)]
mod tests;
