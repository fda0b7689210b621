//! `flux plugin uninstall`.

use std::fs;
use std::io;

use clap::Args;

use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result, ResultExt as _};

/// The arguments of `flux plugin uninstall`.
#[derive(Debug, Args)]
pub struct UninstallPlugin {
    /// Name of the plugin
    #[arg(id = "installed_plugin", value_name = "NAME")]
    name: Option<String>,
}

impl Described for UninstallPlugin {
    const ABOUT: About = About::new("uninstall", "Uninstall a plugin")
        .aliases(&["delete"])
        .details(
            "Removes the plugin's executable and its receipt. If the executable is a symbolic link, its target is kept.",
        )
        .usage("<NAME>")
        .examples(&[
            ("Uninstall a plugin", "flux plugin uninstall operator"),
            ("Uninstall a plugin from another directory", "FLUXCD_PLUGINS=/opt/flux flux plugin uninstall operator"),
        ]);
}

impl Command for UninstallPlugin {
    async fn run(self, context: &Context) -> Result<()> {
        let name = self.name.filter(|name| !name.is_empty()).ok_or_else(|| {
            Error::usage("name of the plugin is required").hint("`flux plugin list` lists the plugins")
        })?;
        super::check_name(&name)?;
        let directory = super::directory(context)?;
        match fs::remove_file(directory.executable(&name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::not_found(format!("plugin {name:?} is not installed"))
                    .hint("`flux plugin list` lists the plugins"));
            }
            outcome => outcome.context(format!("failed to remove plugin {name:?}"))?,
        }
        match fs::remove_file(directory.receipt_path(&name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => outcome.context(format!("failed to remove the receipt of plugin {name:?}"))?,
        }
        context.ui.success(format!("uninstalled {name}"));
        Ok(())
    }
}
