//! `flux envsubst`.

use std::io;

use clap::Args;

use super::Command;
use crate::context::{Context, Environment};
use crate::error::{Error, Result, ResultExt as _};
use edgeflux_kustomize::controller::expand;

/// The arguments of `flux envsubst`.
#[derive(Debug, Args)]
pub struct Envsubst {
    /// Refuse variables that are not set and have no default
    #[arg(long)]
    strict: bool,
}

impl Command for Envsubst {
    /// Line by line, each written as soon as it is read: what is piped through may never end.
    async fn run(self, context: &Context) -> Result<()> {
        // A variable that is empty counts as set.
        let value = |name: &str| match Environment::variable(name) {
            Some(value) => Some(value),
            None if self.strict && !Environment::has(name) => None,
            None => Some(String::new()),
        };
        let mut number = 0;
        while let Some(line) = line().await.context("reading standard input")? {
            number += 1;
            let filled = expand(&line, &value)
                .map_err(|error| Error::failed(format!("line {number} of the input: {error}")))?;
            context.ui.data(&filled)?;
            context.ui.data("\n")?;
            context.ui.flush()?;
        }
        Ok(())
    }
}

/// The next line of stdin, read beside this thread so that Ctrl-C is seen; none at its end.
async fn line() -> io::Result<Option<String>> {
    let read = tokio::task::spawn_blocking(|| io::stdin().lines().next().transpose()).await;
    // It fails only where the read itself was ended from within.
    read.map_err(io::Error::other)?
}
