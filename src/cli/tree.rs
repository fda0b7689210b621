//! The command tree: fixed commands from a table of their own, verbs on kinds from the table of
//! kinds. Subcommands are filled in only when the command line enters them, which keeps start-up
//! short.

use std::future::Future;
use std::pin::Pin;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::global::GlobalArgs;
use super::{Request, matrix, values};
use crate::commands;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::manifests::distribution::CLIENT_VERSION;

/// The positional argument that commands without arguments get, so that they can say what they ignore.
const IGNORED: &str = "ignored";

/// A command that does something.
pub struct Leaf {
    path: &'static [&'static str],
    aliases: &'static [&'static str],
    about: &'static str,
    args: fn(Command) -> Command,
    run: for<'a> fn(&'a Context, &'a ArgMatches) -> Running<'a>,
}

/// A command at work.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A command that holds others.
struct Group {
    path: &'static [&'static str],
    about: &'static str,
}

const fn leaf<C: commands::Command + 'static>(path: &'static [&'static str], about: &'static str) -> Leaf {
    Leaf { path, aliases: &[], about, args: arguments::<C>, run: run_leaf::<C> }
}

fn run_leaf<'a, C: commands::Command + 'static>(
    context: &'a Context,
    matches: &'a ArgMatches,
) -> Running<'a> {
    Box::pin(async move { super::read::<C>(matches)?.run(context).await })
}

impl Leaf {
    #[allow(dead_code)] // Used as soon as a fixed command has another spelling.
    const fn aliases(mut self, aliases: &'static [&'static str]) -> Leaf {
        self.aliases = aliases;
        self
    }
}

/// The commands that are no verb on a kind.
const LEAVES: &[Leaf] = &[
    leaf::<commands::bootstrap::git::BootstrapGit>(
        &["bootstrap", "git"],
        "Bootstrap from a repository on any Git server",
    ),
    leaf::<commands::bootstrap::github::BootstrapGitHub>(
        &["bootstrap", "github"],
        "Bootstrap from a repository on GitHub, which is made where it is not there",
    ),
    leaf::<commands::check::Check>(&["check"], "Check the cluster and the Flux in it"),
    leaf::<commands::install::Install>(&["install"], "Install or upgrade Flux, without a repository"),
    leaf::<commands::uninstall::Uninstall>(
        &["uninstall"],
        "Take Flux and its definitions out of the cluster",
    ),
    leaf::<commands::version::Version>(
        &["version"],
        "Print the version of this command and of the Flux in the cluster",
    ),
];

/// The groups of those commands.
const GROUPS: &[Group] =
    &[Group { path: &["bootstrap"], about: "Install Flux by a repository that the cluster then follows" }];

/// The whole command tree, filled in as far as is needed to enter it.
pub fn root() -> Command {
    let mut root = GlobalArgs::augment_args(Command::new("flux"))
        .about("Run GitOps with Flux: install it, define what it applies, look at what it does")
        .disable_version_flag(true)
        .disable_help_subcommand(false)
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Print the version"),
        )
        .version(format!("version {CLIENT_VERSION}"))
        .args_override_self(true)
        .infer_subcommands(false);
    root = root.mut_args(|arg| if arg.get_id() == "version" { arg } else { adapt(arg).global(true) });
    root = root.mut_args(|arg| if arg.get_id() == "version" { arg.global(false) } else { arg });
    for group in GROUPS.iter().filter(|group| group.path.len() == 1) {
        root = root.subcommand(holder(group.path[0], group.about.into()).defer(fill));
    }
    for leaf in LEAVES.iter().filter(|leaf| leaf.path.len() == 1) {
        root = root.subcommand(command(leaf));
    }
    for command in matrix::verbs() {
        root = root.subcommand(command);
    }
    root
}

/// A command that only holds others. Whatever it does not know it answers with its help, as flux does.
pub fn holder(name: &'static str, about: String) -> Command {
    Command::new(name).about(about).allow_external_subcommands(true)
}

/// Fills in what stands under a top-level group.
fn fill(group: Command) -> Command {
    let name = group.get_name().to_owned();
    fill_below(group, &[&name])
}

fn fill_below(mut group: Command, path: &[&str]) -> Command {
    let below = |candidate: &[&str]| candidate.len() == path.len() + 1 && candidate.starts_with(path);
    for inner in GROUPS.iter().filter(|inner| below(inner.path)) {
        let name = inner.path[path.len()];
        group = group.subcommand(fill_below(holder(name, inner.about.into()), inner.path));
    }
    for leaf in LEAVES.iter().filter(|leaf| below(leaf.path)) {
        group = group.subcommand(command(leaf));
    }
    group
}

fn command(leaf: &Leaf) -> Command {
    let name = leaf.path.last().copied().unwrap_or_default();
    Command::new(name).about(leaf.about).visible_aliases(leaf.aliases.iter().copied()).defer(leaf.args)
}

fn arguments<C: Args>(command: Command) -> Command {
    with_arguments(command, C::augment_args)
}

/// Adds arguments to a command, whose about text stays its own.
pub fn with_arguments(command: Command, args: fn(Command) -> Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    finish(args(command).about(about).long_about(None))
}

/// What every command that does something gets beside its own arguments.
fn finish(command: Command) -> Command {
    let command = command.args_override_self(true).mut_args(adapt);
    if command.get_positionals().next().is_some() {
        return command;
    }
    command.arg(Arg::new(IGNORED).num_args(0..).hide(true))
}

/// Makes an argument behave as Go's flag library has it: `--flag`, `--flag=false`, and values that
/// begin with a dash.
pub fn adapt(arg: Arg) -> Arg {
    if arg.is_positional() {
        return arg;
    }
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .hide_default_value(true)
            .hide_possible_values(true)
            .value_name("BOOL")
            .value_parser(ValueParser::new(values::boolean));
    }
    if !arg.get_action().takes_values() {
        return arg;
    }
    if arg.get_value_parser().type_id() == ValueParser::bool().type_id() {
        return arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("BOOL")
            .hide_possible_values(true)
            .value_parser(ValueParser::new(values::boolean));
    }
    arg.allow_hyphen_values(true)
}

/// A command to run, with what the command line says.
pub struct Chosen {
    /// The matches of the innermost command, the global flags among them.
    pub matches: ArgMatches,
    action: Action,
}

enum Action {
    Fixed(&'static Leaf),
    Verb(matrix::Chosen),
}

impl Chosen {
    /// Runs the command.
    pub async fn run(&self, context: &Context) -> Result<()> {
        match &self.action {
            Action::Fixed(leaf) => (leaf.run)(context, &self.matches).await,
            Action::Verb(verb) => verb.run(context, &self.matches).await,
        }
    }

    /// Arguments that the command does not take.
    pub fn ignored(&self) -> Vec<String> {
        let ignored = self.matches.try_get_many::<String>(IGNORED).ok().flatten();
        ignored.map(|values| values.cloned().collect()).unwrap_or_default()
    }
}

/// What the matches ask for.
pub fn choose(root: &mut Command, mut matches: ArgMatches) -> Result<Request> {
    let mut path: Vec<String> = Vec::new();
    while let Some((name, inner)) = matches.remove_subcommand() {
        path.push(name);
        matches = inner;
    }
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    if let Some(leaf) = LEAVES.iter().find(|leaf| leaf.path == words) {
        return Ok(Request::Run(Box::new(Chosen { matches, action: Action::Fixed(leaf) })));
    }
    if let Some(verb) = matrix::choose(&words) {
        return Ok(Request::Run(Box::new(Chosen { matches, action: Action::Verb(verb) })));
    }
    help(root, &words)
}

/// The help of the innermost group that the words name.
fn help(root: &mut Command, words: &[&str]) -> Result<Request> {
    let mut args: Vec<&str> = vec!["flux"];
    let mut group = &mut *root;
    for word in words {
        match group.find_subcommand_mut(word) {
            Some(inner) => group = inner,
            None => break,
        }
        args.push(word);
    }
    args.push("--help");
    match self::root().try_get_matches_from(args) {
        Err(error) => super::usage::explain(&error).map(Request::Print),
        Ok(_) => Err(Error::usage(format!("unknown command: flux {}", words.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_well_formed() {
        let mut root = root();
        root.build();
        root.debug_assert();
    }
}
