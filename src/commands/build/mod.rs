//! `flux build`: renders what Flux would apply.

pub mod all;
pub mod helm_release;
pub mod kustomization;
mod printer;

use super::about::About;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("build", "Render what Flux would apply").examples(&[
    ("Render a Kustomization", "flux build kustomization apps --path ./apps/production"),
    ("Render a HelmRelease with its values", "flux build helmrelease podinfo -n podinfo --allow-remote"),
    (
        "Render all Kustomizations and HelmReleases of a cluster directory",
        "flux build all --path ./clusters/edge-1 --allow-remote",
    ),
]);
