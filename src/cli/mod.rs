//! The command line: a registry of all commands, a builder that makes clap's command tree of it, and a parser
//! from clap's matches back to the command to run. Help and man pages come from the same registry.

mod builder;
pub mod completion;
mod docgen;
pub mod global;
mod go_flags;
mod help;
mod home;
pub mod man;
mod misuse;
mod page;
mod parser;
pub mod plugins;
mod registry;
mod verbs;

use clap::{ArgMatches, FromArgMatches};

use crate::clock::Clock;
use crate::context::{Context, Environment};
use crate::error::{Error, ErrorKind, Result};
use crate::output::Ui;
use global::GlobalArgs;

pub use home::expand as expand_home;
pub use parser::{Chosen, Request, parse, parse_beside_plugins};

/// Runs what was chosen.
pub async fn run(chosen: Chosen, environment: Environment, clock: Clock, ui: Ui) -> (Ui, Result<()>) {
    let settings = match GlobalArgs::from_arg_matches(&chosen.matches) {
        Ok(args) => args.settings(&environment),
        Err(error) => Err(Error::usage(error.to_string())),
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return (ui, Err(chosen.misuse(error))),
    };
    let mut context = Context::new(settings, environment, clock, ui);
    context.commands = registry::names();
    for ignored in chosen.ignored() {
        context.ui.warning(format!("ignored: {ignored} (this command takes no arguments)"));
    }
    let outcome = tokio::select! {
        outcome = chosen.run(&context) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::new(ErrorKind::Interrupted, "interrupted")),
    };
    (context.ui, outcome)
}

/// Reads the arguments of a command from its matches.
fn read<A: FromArgMatches>(matches: &ArgMatches) -> Result<A> {
    A::from_arg_matches(matches).map_err(|error| Error::usage(error.to_string()))
}
