//! `flux build kustomization`.

use clap::Args;

use super::Command;
use super::render::{RenderArgs, Values};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::yaml;

/// The arguments of `flux build kustomization`.
#[derive(Debug, Args)]
pub struct BuildKustomization {
    /// The name of the Flux Kustomization
    name: Option<String>,
    #[command(flatten)]
    render: RenderArgs,
    /// Do not ask the cluster; variables from its ConfigMaps and Secrets are then empty
    #[arg(long)]
    dry_run: bool,
}

impl Command for BuildKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(name) = &self.name else { return Err(Error::usage("kustomization name is required")) };
        let renderer = self.render.renderer(if self.dry_run { Values::Skipped } else { Values::Cluster })?;
        let mut queue = vec![renderer.kustomization(context, name).await?];
        let mut seen: Vec<(String, String)> = Vec::new();
        // All or nothing: what reads the output must not take half of it for the whole.
        let mut text = String::new();
        while let Some(unit) = queue.pop() {
            let id = (unit.id().0.to_owned(), unit.id().1.to_owned());
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let built = renderer.render(context, &unit).await?;
            for warning in built.warnings {
                context.ui.warning(warning);
            }
            for object in &built.objects {
                text.push_str(&yaml::to_string(object));
                text.push_str("---\n");
            }
            if self.render.recursive {
                for below in renderer.below(&unit, &built.objects)?.into_iter().rev() {
                    queue.push(renderer.live(context, below).await?);
                }
            }
        }
        context.ui.data(&text)?;
        Ok(())
    }
}
