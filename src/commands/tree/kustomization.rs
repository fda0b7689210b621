//! `flux tree kustomization`: what a Kustomization applied, and what that applied in turn.

use std::collections::BTreeSet;

use clap::Args;

use super::fleet::Fleet;
use super::graph::{self, Graph};
use super::node::{Id, Node, Omitted};
use super::{Format, Picture};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{self, HELM_RELEASE, KUSTOMIZATION};
use crate::output::{Report, printable};

/// How often Kustomizations that were already shown are shown with all that is below them.
const MOST_REPEATS: usize = 100;

/// The arguments of `flux tree kustomization`.
#[derive(Debug, Args)]
pub struct TreeKustomization {
    /// Name of the Kustomization
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show only Flux objects
    #[arg(long)]
    compact: bool,
    /// Output format: text, json, yaml, or as a graph dot, mermaid or svg
    #[arg(short, long, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
}

impl Described for TreeKustomization {
    const ABOUT: About = About::new("kustomization", "Show the objects that a Kustomization applied")
        .aliases(&["ks"])
        .details(
            "Shows the inventory of the Kustomization and, below the Kustomizations and HelmReleases in it, theirs. \
             The objects of a HelmRelease are read from the Secret in which Helm keeps the release.\n\n\
             The formats dot, mermaid and svg draw the Kustomizations and HelmReleases with their sources and \
             dependencies, colored by state. A source is drawn where it differs from that of the Kustomization \
             above.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Show what the root Kustomization applied", "flux tree kustomization flux-system"),
            ("Show only Flux objects", "flux tree kustomization flux-system --compact"),
            ("Draw a picture of the cluster", "flux tree kustomization flux-system -o svg > cluster.svg"),
        ]);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&KUSTOMIZATION);
}

impl Command for TreeKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(name) = crate::commands::only_name(context, &self.names) else {
            return Err(Error::usage("kustomization name is required")
                .hint("for example: flux tree kustomization flux-system"));
        };
        let format = Format::read(context, &self.output, true);
        let cluster = context.cluster().await?;
        let mut fleet = Fleet::read(cluster, context.namespace(), name).await?;
        let text = if let Format::Picture(picture) = format {
            let graph = Graph::of(cluster, &mut fleet).await;
            match picture {
                Picture::Dot => graph::dot::write(&graph),
                Picture::Mermaid => graph::mermaid::write(&graph),
                Picture::Svg => graph::svg::write(&graph),
            }
        } else {
            let mut growth = Growth {
                fleet: &fleet,
                compact: self.compact,
                above: Vec::new(),
                grown: BTreeSet::new(),
                repeats: 0,
            };
            let tree = growth.grow(&fleet.root)?;
            format.write(&tree)?
        };
        let report = Report::new(&context.ui);
        for problem in &fleet.problems {
            report.failure(printable(problem.clone()), &[]);
        }
        Ok(report.document(&text)?)
    }
}

/// A tree that grows from what was found.
struct Growth<'a> {
    fleet: &'a Fleet,
    compact: bool,
    /// The Kustomizations above.
    above: Vec<&'a Id>,
    /// The Kustomizations that were shown with what is below them.
    grown: BTreeSet<&'a Id>,
    repeats: usize,
}

impl<'a> Growth<'a> {
    fn grow(&mut self, id: &'a Id) -> Result<Node> {
        let mut node = Node::new(id.clone());
        let Some(member) = self.fleet.member(id) else { return Ok(node) };
        let member = match member {
            Ok(member) => member,
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                node.omitted = Some(Omitted::Forbidden);
                return Ok(node);
            }
            Err(error) => return Err(error.clone().context("failed to find object")),
        };
        if self.above.contains(&id) {
            node.omitted = Some(Omitted::Cycle);
            return Ok(node);
        }
        if id.is(&KUSTOMIZATION) && self.grown.contains(id) {
            self.repeats += 1;
            if self.repeats > MOST_REPEATS {
                node.omitted = Some(Omitted::Repeated);
                return Ok(node);
            }
        }
        self.above.push(id);
        self.grown.insert(id);
        for object in &member.objects {
            if self.compact && !object.is_of_flux() {
                continue;
            }
            let is_member = object.is(&KUSTOMIZATION) || object.is(&HELM_RELEASE);
            node.resources.push(if is_member && !member.is_leaf {
                self.grow(object)?
            } else {
                Node::new(object.clone())
            });
        }
        self.above.pop();
        Ok(node)
    }
}
