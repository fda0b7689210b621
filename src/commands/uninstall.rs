//! `flux uninstall`.

use clap::Args;

use super::Command;
use crate::cluster::Removed;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::Ui;

/// The arguments of `flux uninstall`.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Leave the namespace
    #[arg(long)]
    keep_namespace: bool,
    /// Do not ask for a confirmation
    #[arg(short, long)]
    silent: bool,
}

/// Prints what became of each object, and remembers whether something failed.
struct Report<'a> {
    ui: &'a Ui,
    suffix: &'static str,
    deleted: usize,
    failed: usize,
}

impl Report<'_> {
    fn line(&mut self, removed: &Removed, what: &str) {
        match &removed.failure {
            None => {
                self.deleted += 1;
                self.ui.success(format!("{} {what}{}", removed.subject, self.suffix));
            }
            Some(error) => {
                self.failed += 1;
                self.ui.failure(format!("{}: {error}", removed.subject));
            }
        }
    }
}

impl Command for Uninstall {
    async fn run(self, context: &Context) -> Result<()> {
        let (ui, namespace, patience) = (&context.ui, context.namespace(), context.settings.timeout);
        let cluster = context.cluster().await?;
        // An API server that does not answer must not look like one without Flux.
        let installation = cluster.installation().await?;
        let homes = cluster.component_namespaces().await?;
        let had_components = homes.iter().any(|home| home == namespace);
        if !had_components && let Some(home) = homes.first() {
            let what = format!("Flux is in the namespace {}, not in {namespace}", homes.join(", "));
            if !self.dry_run {
                return Err(Error::usage(format!("{what}; nothing was deleted"))
                    .hint(format!("take it away by: flux uninstall --namespace={home}")));
            }
            ui.warning(format!("{what}: without --dry-run this will be refused"));
        }
        let is_there = installation.is_some() || had_components;
        if !self.dry_run && !self.silent {
            let manager = installation.and_then(|installation| installation.managed_by);
            let question = match manager {
                Some(tool) => format!(
                    "Flux is managed by {tool}. Delete Flux and its custom resource definitions all the same?"
                ),
                None => "Delete Flux and its custom resource definitions?".to_owned(),
            };
            context.confirm(&question, "--silent")?;
        }
        let mut report =
            Report { ui, suffix: if self.dry_run { " (dry run)" } else { "" }, deleted: 0, failed: 0 };
        if !self.dry_run {
            ui.action("suspending what the controllers work on");
            cluster.suspend_everything().await?;
        }
        ui.action(format!("deleting components in {namespace} namespace"));
        cluster
            .remove_components(namespace, self.dry_run, patience, |removed| report.line(&removed, "deleted"))
            .await?;
        ui.action("deleting toolkit.fluxcd.io finalizers in all namespaces");
        cluster
            .remove_finalizers(self.dry_run, |removed| report.line(&removed, "finalizers deleted"))
            .await?;
        ui.action("deleting toolkit.fluxcd.io custom resource definitions");
        cluster
            .remove_definitions(self.dry_run, patience, |removed| report.line(&removed, "deleted"))
            .await?;
        if !self.keep_namespace {
            let told = |removed: Removed| report.line(&removed, "deleted");
            let tell = |sentence: String| ui.waiting(sentence);
            let is_ours = cluster
                .remove_namespace(namespace, had_components, self.dry_run, patience, told, tell)
                .await?;
            if !is_ours {
                ui.warning(format!("the namespace {namespace} stays: nothing says that it is Flux's"));
            }
        }
        if report.failed > 0 {
            return Err(Error::failed(format!(
                "uninstall is not finished: {} objects are left",
                report.failed
            ))
            .hint("mend what the lines marked ✗ say, then run the same command again")
            .hint("until then all of Flux's objects are suspended; flux resume starts them again"));
        }
        if !is_there && report.deleted == 0 {
            ui.warning("Flux is not installed: there was nothing to delete");
        }
        ui.success("uninstall finished");
        Ok(())
    }
}
