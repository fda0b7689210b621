//! `flux tree resourceset` and `flux tree fluxinstance`: what objects of flux-operator applied.

use clap::Args;

use super::applied::TreeArgs;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{FLUX_INSTANCE, Kind, RESOURCE_SET};

/// The arguments of `flux tree resourceset`.
#[derive(Debug, Args)]
pub struct TreeResourceSet {
    #[command(flatten)]
    tree: TreeArgs,
}

impl Described for TreeResourceSet {
    const ABOUT: About = About::new("resourceset", "Show the objects that a ResourceSet applied")
        .aliases(&["rset"])
        .details(
            "Shows the inventory of the ResourceSet, a kind of flux-operator, as a tree: below each object in \
             it that applies others, such as a Kustomization, are the objects that it applied.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Show what a ResourceSet applied", "flux tree resourceset apps"),
            ("Draw a ResourceSet with sources and states", "flux tree resourceset apps -o svg > apps.svg"),
        ]);
    const COMPLETES: Option<&'static Kind> = Some(&RESOURCE_SET);
}

impl Command for TreeResourceSet {
    async fn run(self, context: &Context) -> Result<()> {
        self.tree.show(context, &RESOURCE_SET).await
    }
}

/// The arguments of `flux tree fluxinstance`.
#[derive(Debug, Args)]
pub struct TreeFluxInstance {
    #[command(flatten)]
    tree: TreeArgs,
}

impl Described for TreeFluxInstance {
    const ABOUT: About = About::new("fluxinstance", "Show the objects that a FluxInstance applied")
        .details(
            "Shows the inventory of the FluxInstance, a kind of flux-operator, as a tree: Flux itself, and \
             the Kustomization that syncs the cluster with everything below it.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Show everything that Flux applied in the cluster", "flux tree fluxinstance flux"),
            ("Show only Flux objects", "flux tree fluxinstance flux --compact"),
        ]);
    const COMPLETES: Option<&'static Kind> = Some(&FLUX_INSTANCE);
}

impl Command for TreeFluxInstance {
    async fn run(self, context: &Context) -> Result<()> {
        self.tree.show(context, &FLUX_INSTANCE).await
    }
}
