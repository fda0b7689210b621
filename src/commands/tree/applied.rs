//! What `flux tree kustomization` and its siblings share: what an object applied, and what that applied in turn.

use std::collections::BTreeSet;

use clap::Args;

use super::fleet::Fleet;
use super::graph::{self, Graph};
use super::node::{Id, Node, Omitted};
use super::{Format, Picture};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::Kind;
use crate::output::{Report, printable};

/// How often objects that were already shown are shown with all that is below them.
const MOST_REPEATS: usize = 100;

/// The arguments of `flux tree` for a kind whose objects keep an inventory.
#[derive(Debug, Args)]
pub struct TreeArgs {
    /// Name of the object
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show only Flux objects
    #[arg(long)]
    compact: bool,
    /// Output format: text, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,..., or dot, mermaid or svg for a graph
    #[arg(short, long, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
}

impl TreeArgs {
    /// Shows the tree of an object.
    pub(super) async fn show(self, context: &Context, kind: &'static Kind) -> Result<()> {
        let Some(name) = crate::commands::only_name(context, &self.names) else {
            let line = format!("flux tree {} {}", kind.path.words.join(" "), kind.example);
            return Err(
                Error::usage(format!("{} name is required", kind.human)).hint(format!("for example: {line}"))
            );
        };
        let format = Format::read(context, &self.output, true)?;
        let cluster = context.cluster().await?;
        let mut fleet = Fleet::read(cluster, kind, context.namespace(), name).await?;
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
    /// The objects above.
    above: Vec<&'a Id>,
    /// The objects that were shown with what is below them.
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
        if id.keeps_inventory() && self.grown.contains(id) {
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
            node.resources.push(if object.applier().is_some() && !member.is_leaf {
                self.grow(object)?
            } else {
                Node::new(object.clone())
            });
        }
        self.above.pop();
        Ok(node)
    }
}
