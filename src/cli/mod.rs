//! The only place that builds the command tree, and the way back: from matches to what runs.

pub mod complete;
pub mod global;
mod go_flags;
mod matrix;
mod tree;
mod usage;
pub mod values;

use std::ffi::OsString;

use clap::{ArgMatches, FromArgMatches};

use crate::clock::Clock;
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::output::Ui;
use global::GlobalArgs;

pub use tree::root;

/// What a command line asks for.
pub enum Request {
    /// Text to print: help or a version.
    Print(String),
    /// A command with its matches.
    Run(Box<tree::Chosen>),
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// Usage errors, with the nearest right spelling where there is one.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request> {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut root = tree::root();
    match root.try_get_matches_from_mut(&args) {
        Ok(matches) => tree::choose(&mut root, matches),
        Err(error) => usage::explain(&error).map(Request::Print).map_err(|error| tree::misuse(error, &args)),
    }
}

/// Runs what was chosen.
pub async fn run(chosen: tree::Chosen, environment: Environment, clock: Clock, ui: Ui) -> (Ui, Result<()>) {
    let settings = match GlobalArgs::from_arg_matches(&chosen.matches) {
        Ok(args) => args.settings(&environment),
        Err(error) => Err(Error::usage(error.to_string())),
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return (ui, Err(chosen.misuse(error))),
    };
    let context = Context::new(settings, environment, clock, ui);
    for ignored in chosen.ignored() {
        context.ui.warning(format!("ignored: {ignored} (this command takes no arguments)"));
    }
    let outcome = tokio::select! {
        outcome = chosen.run(&context) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::new(Kind::Interrupted, "interrupted")),
    };
    (context.ui, outcome)
}

/// Reads the arguments of a command from its matches.
fn read<A: FromArgMatches>(matches: &ArgMatches) -> Result<A> {
    A::from_arg_matches(matches).map_err(|error| Error::usage(error.to_string()))
}
