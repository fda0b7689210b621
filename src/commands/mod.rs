//! One file per verb or command: its name, help, arguments and what it does.
//!
//! A command reads its arguments, asks the layers below and hands data to the output. It never
//! calls a sibling; what two of them share moves down.

pub mod about;
mod appliers;
pub mod bootstrap;
pub mod build;
mod chart_args;
pub mod check;
pub mod create;
pub mod debug;
pub mod delete;
pub mod diff;
pub mod envsubst;
pub mod events;
pub mod export;
pub mod get;
mod harm;
pub mod install;
pub mod list;
pub mod logs;
mod marks;
pub mod migrate;
mod notation;
pub mod plugin;
pub mod preflight;
pub mod reconcile;
mod release_args;
pub mod render_args;
mod rendering;
pub mod resume;
pub mod secret_manifest;
pub mod ssh;
pub mod stats;
pub mod status;
pub mod suspend;
mod targets;
pub mod test;
pub mod trace;
pub mod tree;
pub mod trigger;
pub mod uninstall;
pub mod version;
pub mod wait;
mod warnings;

use about::{Described, DescribedVerb, Example};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind};
use crate::object::ObjectRef;

/// A command that is not a verb on a kind.
pub trait Command: Described {
    /// Runs the command.
    fn run(self, context: &Context) -> impl Future<Output = Result<()>>;
}

/// A verb on objects of the kinds in the table.
pub trait KindCommand: DescribedVerb {
    /// Runs the verb for objects of `kind`. `flags` are the given ones of the flags that only some kinds have.
    fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> impl Future<Output = Result<()>>;
}

/// A verb that also takes all kinds of a group at once: `flux get sources all`.
pub trait KindsCommand: KindCommand {
    /// Examples for the help. `{kinds}` stands for the kinds in words, and `{line}` for the command line.
    const EXAMPLES_OF_ALL: &'static [Example];

    /// Runs the verb for objects of all these kinds.
    fn run_all(self, context: &Context, group: KindGroup<'_>) -> impl Future<Output = Result<()>>;
}

/// Kinds that a command line names together.
#[derive(Clone, Copy)]
pub struct KindGroup<'a> {
    /// The kinds, in the order of the table or of the command line.
    pub kinds: &'a [&'static Kind],
    /// Whether no kind was named, as in `flux get all`.
    pub is_all: bool,
}

/// The one name that a verb takes. flux passes over further ones without a word; so do we, but say
/// so.
fn only_name<'a>(context: &Context, names: &'a [String]) -> Option<&'a str> {
    let (first, others) = names.split_first()?;
    if !others.is_empty() {
        context.ui.warning(format!("ignored: {} (this command takes one name)", others.join(" ")));
    }
    Some(first)
}

/// An error for a verb without a name, with a hint how to find or give one.
fn name_required(kind: &Kind, hint: impl Into<String>) -> Error {
    Error::usage(format!("{} name is required", kind.human)).hint(hint)
}

/// How to list the objects of a kind.
fn listing(kind: &Kind) -> String {
    format!("run flux get {} -A to list them", kind.get.words.join(" "))
}

/// The names in their order, each once.
fn unique(names: &[String]) -> Vec<&str> {
    let mut seen = std::collections::BTreeSet::new();
    names.iter().map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

/// Error for a source that is ready and has no artifact all the same.
fn no_artifact(kind: &Kind, at: &ObjectRef) -> Error {
    let namespace = at.namespace.as_deref().unwrap_or_default();
    Error::failed(format!("{at}: reconciliation completed but no artifact was found")).hint(format!(
        "see what its controller reports: flux events --for {}/{} -n {namespace}",
        kind.kind, at.name
    ))
}
