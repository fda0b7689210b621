//! `flux list`: what a repository uses.

pub mod images;

use super::about::About;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("list", "List what Flux would use").examples(&[
    ("List the container images of a cluster directory", "flux list images --all --path ./clusters/edge-1"),
    ("List the images of one Kustomization", "flux list images apps"),
]);
