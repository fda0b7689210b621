//! `flux version`.

use clap::Args;

use super::Command;
use crate::context::Context;
use crate::error::Result;
use crate::manifests::distribution::VERSION;

/// The arguments of `flux version`.
#[derive(Debug, Args)]
pub struct Version {
    /// Print the version of this command only
    #[arg(long)]
    client: bool,
    /// How to print: yaml or json
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    output: String,
}

impl Command for Version {
    async fn run(self, context: &Context) -> Result<()> {
        let _ = (self.client, self.output);
        Ok(context.ui.data(&format!("flux: v{VERSION}\n"))?)
    }
}
