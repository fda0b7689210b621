//! `flux tree kustomization`: what a Kustomization applied.

use clap::Args;

use super::applied::TreeArgs;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{KUSTOMIZATION, Kind};

/// The arguments of `flux tree kustomization`.
#[derive(Debug, Args)]
pub struct TreeKustomization {
    #[command(flatten)]
    tree: TreeArgs,
}

impl Described for TreeKustomization {
    const ABOUT: About = About::new("kustomization", "Show the objects that a Kustomization applied")
        .aliases(&["ks"])
        .details(
            "Shows the inventory of the Kustomization as a tree: below each Kustomization and HelmRelease in \
             it are the objects that it applied in turn. Those of a HelmRelease are read from the Secret in \
             which Helm stores the release.\n\n\
             The formats dot, mermaid and svg draw the Kustomizations and HelmReleases with their sources and \
             dependencies, colored by state. A source is drawn only where it differs from that of the \
             Kustomization above.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Show what the root Kustomization applied", "flux tree kustomization flux-system"),
            ("Show only Flux objects", "flux tree kustomization flux-system --compact"),
            ("Draw a picture of the cluster", "flux tree kustomization flux-system -o svg > cluster.svg"),
        ]);
    const COMPLETES: Option<&'static Kind> = Some(&KUSTOMIZATION);
}

impl Command for TreeKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        self.tree.show(context, &KUSTOMIZATION).await
    }
}
