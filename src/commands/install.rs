//! `flux install`.

use std::time::Duration;

use clap::Args;

use super::component_args::ComponentArgs;
use super::{Command, preflight};
use crate::cluster::rollout;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::manifests;

/// Between two looks at a Deployment.
const INTERVAL: Duration = Duration::from_secs(1);

/// The arguments of `flux install`.
#[derive(Args)]
pub struct Install {
    /// Print the manifests instead of applying them
    #[arg(long)]
    export: bool,
    /// Take over an installation that another tool, such as Helm, manages
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    components: ComponentArgs,
}

impl Command for Install {
    async fn run(self, context: &Context) -> Result<()> {
        let (ui, namespace) = (&context.ui, context.namespace());
        let options = self.components.options(namespace)?;
        if self.export {
            return Ok(ui.data(&manifests::to_yaml(&options))?);
        }
        ui.generate("generating manifests");
        if context.settings.verbose {
            ui.data(&manifests::to_yaml(&options))?;
        }
        let mut objects = manifests::install(&options);
        ui.success("manifests build completed");
        let cluster = context.cluster().await?;
        preflight::kubernetes_version(cluster).await?;
        let installation = cluster.installation().await?;
        if let Some(installation) = installation.as_ref().filter(|it| it.bootstrapped) {
            return Err(Error::usage(format!(
                "this cluster has already been bootstrapped with Flux {}",
                installation.version
            ))
            .hint("run `flux bootstrap` to upgrade: the repository would undo an installation from here"));
        }
        preflight::other_installation(context, installation.as_ref(), self.force).await?;
        ui.action(format!("installing components in {namespace} namespace"));
        if let Some(secret) = options.pull_secret() {
            ui.action(format!(
                "generating image pull secret {}",
                options.image_pull_secret.as_deref().unwrap_or_default()
            ));
            objects.push(secret);
        }
        cluster
            .apply_all(&objects, |applied| {
                ui.plain(format!("{} {}", applied.subject, applied.change.as_str()));
            })
            .await
            .map_err(|error| error.context("install failed"))?;
        ui.waiting("verifying installation");
        let mut names: Vec<&str> = options.components.iter().map(|component| component.name).collect();
        names.sort_unstable();
        let patience = context.settings.timeout;
        let outcomes =
            cluster.wait_rollouts(namespace, &names, INTERVAL, patience, |what| ui.waiting(what)).await?;
        for outcome in &outcomes {
            match &outcome.failure {
                None => ui.success(format!("{}: deployment ready", outcome.name)),
                Some(why) => ui.failure(format!("{}: {why}", outcome.name)),
            }
        }
        if let Some(error) = rollout::failure(&outcomes, namespace) {
            return Err(error.context("install failed"));
        }
        ui.success("install finished");
        Ok(())
    }
}
