//! `flux plugin list`.

use clap::Args;
use serde::Serialize;

use super::shown;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::notation::Output;
use crate::context::Context;
use crate::error::Result;

/// Version of a plugin that does not come from the catalog.
const MANUAL: &str = "manual";

/// The arguments of `flux plugin list`.
#[derive(Debug, Args)]
pub struct ListPlugins {
    /// Output format: table, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Output::parse)]
    output: Output,
}

/// An installed plugin.
#[derive(Serialize)]
struct Item {
    name: String,
    version: String,
    path: String,
}

impl Described for ListPlugins {
    const ABOUT: About = About::new("list", "List installed plugins")
        .aliases(&["ls"])
        .details("A plugin that was not installed from the catalog has the version `manual`.")
        .examples(&[
            ("List installed plugins", "flux plugin list"),
            ("List the plugins in another directory", "FLUXCD_PLUGINS=/opt/flux flux plugin list"),
            ("Print the plugins as JSON", "flux plugin list -o json"),
        ]);
}

impl Command for ListPlugins {
    async fn run(self, context: &Context) -> Result<()> {
        let directory = super::directory(context)?;
        let plugins = directory.plugins(&context.commands).into_iter().map(|plugin| Item {
            version: directory.receipt(&plugin.name).map_or_else(|| MANUAL.to_owned(), |it| it.version),
            path: plugin.path.display().to_string(),
            name: plugin.name,
        });
        let plugins: Vec<Item> = plugins.collect();
        let line = |item: &Item| {
            vec![item.name.clone().into(), item.version.clone().into(), item.path.clone().into()]
        };
        let header = ["Name", "Version", "Path"];
        shown::show(
            context,
            self.output.notation(),
            "PluginList",
            &plugins,
            &header,
            line,
            "No plugins found",
        )
    }
}
