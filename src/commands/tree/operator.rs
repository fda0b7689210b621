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
            "Shows the inventory of the ResourceSet of flux-operator and, below the objects in it that apply others, \
             theirs.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Show what a ResourceSet applied", "flux tree resourceset apps"),
            ("Draw it with sources and states", "flux tree resourceset apps -o svg > apps.svg"),
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
            "Shows the inventory of the FluxInstance of flux-operator, which is Flux itself, and the Kustomization with \
             which it syncs the cluster.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Show all that Flux applied in the cluster", "flux tree fluxinstance flux"),
            ("Show only Flux objects", "flux tree fluxinstance flux --compact"),
        ]);
    const COMPLETES: Option<&'static Kind> = Some(&FLUX_INSTANCE);
}

impl Command for TreeFluxInstance {
    async fn run(self, context: &Context) -> Result<()> {
        self.tree.show(context, &FLUX_INSTANCE).await
    }
}
