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
    failed: usize,
}

impl Report<'_> {
    fn line(&mut self, removed: &Removed, what: &str) {
        match &removed.failure {
            None => self.ui.success(format!("{} {what}{}", removed.subject, self.suffix)),
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
        let mut report = Report { ui, suffix: if self.dry_run { " (dry run)" } else { "" }, failed: 0 };
        if !self.dry_run {
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
            cluster
                .remove_namespace(namespace, self.dry_run, patience, |removed| {
                    report.line(&removed, "deleted");
                })
                .await?;
        }
        if report.failed > 0 {
            return Err(Error::failed(format!(
                "uninstall is not finished: {} objects are left",
                report.failed
            ))
            .hint("mend what the lines marked ✗ say, then run the same command again"));
        }
        ui.success("uninstall finished");
        Ok(())
    }
}
