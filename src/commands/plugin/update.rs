//! `flux plugin update`.

use clap::Args;

use super::catalog;
use super::directory::Directory;
use super::download::Downloads;
use super::install::install;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};

/// The arguments of `flux plugin update`.
#[derive(Debug, Args)]
pub struct Update {
    /// Name of the plugin to update; without a name, all plugins are updated
    #[arg(id = "installed_plugin", value_name = "NAME")]
    name: Option<String>,
}

impl Described for Update {
    const ABOUT: About = About::new("update", "Update installed plugins")
        .aliases(&["upgrade"])
        .details("Updates plugins that were installed from the catalog to their latest version. Others are skipped.")
        .usage("[<NAME>]")
        .examples(&[
            ("Update a plugin", "flux plugin update operator"),
            ("Update all plugins", "flux plugin update"),
        ]);
}

impl Command for Update {
    async fn run(self, context: &Context) -> Result<()> {
        let directory = super::directory(context)?;
        let name = self.name.filter(|name| !name.is_empty());
        let names: Vec<String> = match name {
            Some(name) if directory.find(&name, &context.commands).is_none() => {
                return Err(Error::not_found(format!("plugin {name:?} is not installed"))
                    .hint(format!("flux plugin install {name}")));
            }
            Some(name) => vec![name],
            None => directory.plugins(&context.commands).into_iter().map(|plugin| plugin.name).collect(),
        };
        if names.is_empty() {
            context.ui.plain("No plugins found");
            return Ok(());
        }
        let downloads = Downloads::new(context)?;
        let mut failed = Vec::new();
        for name in names {
            if let Err(error) = update(context, &directory, &downloads, &name).await {
                let error = error.context(format!("error updating {name}"));
                context.ui.failure(error.to_string());
                context.ui.hints(error.hints());
                failed.push(name);
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        Err(Error::failed(format!("not updated: {}", failed.join(", "))))
    }
}

async fn update(
    context: &Context,
    directory: &Directory,
    downloads: &Downloads<'_>,
    name: &str,
) -> Result<()> {
    let Some(receipt) = directory.receipt(name) else {
        context.ui.warning(format!("skipping {name} (manually installed)"));
        return Ok(());
    };
    super::check_name(name)?;
    let manifest = catalog::manifest(context, downloads, name).await?;
    let selected = manifest.select("")?;
    let (from, to) = (receipt.version, selected.version.version.clone());
    if from == to {
        context.ui.success(format!("{name} already up to date (v{from})"));
        return Ok(());
    }
    context.ui.waiting(format!("updating {name} v{from} → v{to}"));
    install(context, directory, downloads, &selected).await?;
    context.ui.success(format!("updated {name} v{from} → v{to}"));
    Ok(())
}
