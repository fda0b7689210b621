//! One file per verb or command: its arguments and what it does.
//!
//! A command reads its arguments, asks the layers below and hands data to the output. It never
//! calls a sibling; what two of them share moves down.

pub mod bootstrap;
pub mod build;
pub mod check;
pub mod component_args;
pub mod create;
pub mod delete;
pub mod diff;
pub mod envsubst;
pub mod export;
pub mod get;
pub mod install;
pub mod preflight;
pub mod reconcile;
pub mod resume;
pub mod secret_manifest;
pub mod ssh;
pub mod suspend;
pub mod uninstall;
pub mod version;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::context::Context;
use crate::error::Result;
use crate::kinds::{Flag, Kind};

/// A command that stands for itself, as against a verb on a kind.
pub trait Command: clap::Args {
    /// Does what the command says.
    fn run(self, context: &Context) -> impl Future<Output = Result<()>>;
}

/// A verb on objects of the kinds in the table.
pub trait KindCommand: clap::Args {
    /// Does to objects of `kind` what the verb says. `flags` are those that the command line sets
    /// of the flags that only some kinds have.
    fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> impl Future<Output = Result<()>>;
}

/// The one name that a verb takes. flux passes over further ones without a word; so do we, but say
/// so.
fn only_name<'a>(context: &Context, names: &'a [String]) -> Option<&'a str> {
    let (first, others) = names.split_first()?;
    if !others.is_empty() {
        context.ui.warning(format!("ignored: {} (one object at a time)", others.join(" ")));
    }
    Some(first)
}

/// The names in their order, each once.
fn unique(names: &[String]) -> Vec<&str> {
    let mut seen = std::collections::BTreeSet::new();
    names.iter().map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

/// The flags of a group of commands, read by a command of that group: they are declared once, at the
/// group, and accepted anywhere after it.
#[derive(Debug)]
pub struct Inherited<F>(pub F);

impl<F> std::ops::Deref for Inherited<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F> std::ops::DerefMut for Inherited<F> {
    fn deref_mut(&mut self) -> &mut F {
        &mut self.0
    }
}

impl<F: FromArgMatches> FromArgMatches for Inherited<F> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        F::from_arg_matches(matches).map(Inherited)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<F: FromArgMatches> Args for Inherited<F> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command
    }
}
