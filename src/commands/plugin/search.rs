//! `flux plugin search`.

use clap::Args;
use serde::Serialize;

use super::catalog;
use super::download::Downloads;
use super::shown;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::notation::Output;
use crate::context::Context;
use crate::error::Result;

/// The arguments of `flux plugin search`.
#[derive(Debug, Args)]
pub struct Search {
    /// Text to find in names and descriptions, ignoring case
    query: Option<String>,
    /// Output format: table, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Output::parse)]
    output: Output,
}

/// A plugin of the catalog.
#[derive(Serialize)]
struct Item {
    name: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    installed: Option<String>,
}

impl Described for Search {
    const ABOUT: About = About::new("search", "Search the plugin catalog")
        .details("Lists the plugins in the catalog, with the version that is installed, if any.")
        .usage("[<QUERY>]")
        .examples(&[
            ("List all plugins", "flux plugin search"),
            ("Find plugins for manifests", "flux plugin search manifest"),
        ]);
}

impl Command for Search {
    async fn run(self, context: &Context) -> Result<()> {
        let directory = super::directory(context).ok();
        let catalog = catalog::all(context, &Downloads::new(context)?).await?;
        let query = self.query.unwrap_or_default().to_lowercase();
        let mut found = Vec::new();
        for entry in catalog.plugins {
            let (name, description) = (visible(&entry.name), visible(&entry.description));
            if !name.to_lowercase().contains(&query) && !description.to_lowercase().contains(&query) {
                continue;
            }
            let receipt = directory
                .as_ref()
                .filter(|_| super::check_name(&name).is_ok())
                .and_then(|directory| directory.receipt(&name));
            found.push(Item { name, description, installed: receipt.map(|receipt| receipt.version) });
        }
        let line = |item: &Item| {
            let installed = item.installed.clone().unwrap_or_default();
            vec![item.name.clone().into(), item.description.clone().into(), installed.into()]
        };
        let none = if query.is_empty() {
            "No plugins found in catalog".to_owned()
        } else {
            format!("No plugins matching {query:?} found in catalog")
        };
        let header = ["Name", "Description", "Installed"];
        shown::show(context, self.output.notation(), "PluginSearch", &found, &header, line, &none)
    }
}

/// Text of the catalog in one line, without control characters, which a terminal would obey.
fn visible(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}
