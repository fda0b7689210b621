//! Builds clap's command tree from the registry. Subcommands are filled in only when the command line enters
//! them, which keeps start-up short.

use clap::{Arg, ArgAction, Args, Command};

use super::global::GlobalArgs;
use super::go_flags::adapt;
use super::registry::{self, Group, Leaf, Node};
use super::verbs;
use crate::commands::about::About;
use crate::manifests::distribution::CLIENT_VERSION;

/// The positional argument of commands without arguments, which collects what they ignore.
pub const IGNORED: &str = "ignored";

/// The id of `--help`, which every command has.
pub const HELP: &str = "help";

/// The id of `-h`.
pub const SHORT_HELP: &str = "short-help";

/// The command that prints the help of others.
pub const HELP_COMMAND: About = About::new("help", "Show the help of a command");

/// The positional argument of `flux help`: the words of a command.
pub const HELP_WORDS: &str = "words";

/// The command tree, filled in as far as is needed to enter it.
pub fn root() -> Command {
    root_with(|_| true)
}

/// The command tree without the top-level commands beside `word`. Each of them takes a copy of all global flags, which
/// a command line that enters another one need not pay for.
pub fn root_entering(word: &str) -> Command {
    root_with(|name| name == word)
}

fn root_with(is_needed: impl Fn(&str) -> bool) -> Command {
    let root = Command::new("flux")
        .disable_version_flag(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .version(format!("version {CLIENT_VERSION}"))
        .args_override_self(true)
        .infer_subcommands(false);
    let mut root = GlobalArgs::augment_args(root)
        .next_help_heading(None)
        .arg(Arg::new(HELP).long("help").action(ArgAction::SetTrue).help("Show help; use -h for a summary"))
        .arg(Arg::new(SHORT_HELP).short('h').action(ArgAction::SetTrue).hide(true))
        .mut_args(|arg| adapt(arg).global(true))
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Print the version of this command"),
        );
    for node in registry::top_level().filter(|node| is_needed(node.about().name)) {
        root = root.subcommand(match node {
            Node::Leaf(leaf) => command(leaf),
            Node::Group(group) => holder(group.about.name, group.about.summary).defer(fill),
            Node::Verb(verb) => holder(verb.about.name, verb.about.summary).defer(verbs::fill),
        });
    }
    let words = Arg::new(HELP_WORDS).value_name("COMMAND").num_args(0..).help("Command to show the help of");
    root.subcommand(Command::new(HELP_COMMAND.name).about(HELP_COMMAND.summary).arg(words))
}

/// A command that only holds others. It answers words that it does not know with its help, as flux does.
pub fn holder(name: &'static str, about: impl Into<clap::builder::StyledStr>) -> Command {
    Command::new(name).about(about).allow_external_subcommands(true)
}

/// Adds what is below a top-level group.
fn fill(command: Command) -> Command {
    let name = command.get_name().to_owned();
    match registry::find(&[&name]) {
        Some((Node::Group(group), _)) => fill_below(command, group, 1),
        _ => command,
    }
}

fn fill_below(mut command: Command, group: &Group, depth: usize) -> Command {
    command = with_group_flags(command, group, depth);
    for node in group.nodes {
        command = command.subcommand(match node {
            Node::Leaf(leaf) => self::command(leaf),
            Node::Group(inner) => fill_below(holder(inner.about.name, inner.about.summary), inner, depth + 1),
            Node::Verb(verb) => verbs::fill_with(holder(verb.about.name, verb.about.summary), verb),
        });
    }
    command
}

/// Where help begins to list the flags of groups: after any command's own.
const GROUP_FLAGS: usize = 500;

/// The flags of a group, accepted anywhere after it.
fn with_group_flags(mut command: Command, group: &Group, depth: usize) -> Command {
    for (place, arg) in (group.args)(Command::new("flags")).get_arguments().enumerate() {
        // Shown after the flags of the command itself.
        let place = GROUP_FLAGS + depth * 10 + place;
        command = command.arg(adapt(arg.clone()).global(true).display_order(place));
    }
    command
}

fn command(leaf: &Leaf) -> Command {
    let About { name, aliases, summary, hidden, .. } = leaf.about;
    Command::new(name).about(summary).hide(hidden).visible_aliases(aliases.iter().copied()).defer(leaf.args)
}

/// Adds the arguments of a struct to a command.
pub fn arguments<A: Args>(command: Command) -> Command {
    with_arguments(command, A::augment_args)
}

/// Adds arguments to a command, whose about text stays its own.
pub fn with_arguments(command: Command, args: fn(Command) -> Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    finish(args(make_room(command, args)).about(about).long_about(None))
}

/// Lets a command's own flag replace a global one of the same name, as in flux (`--token` of a Receiver's
/// Secret): the global one gets a hidden name there.
fn make_room(mut command: Command, args: fn(Command) -> Command) -> Command {
    for own in args(Command::new("own")).get_arguments() {
        let Some(long) = own.get_long() else { continue };
        let global = command.get_arguments().find(|arg| arg.is_global_set() && arg.get_long() == Some(long));
        if let Some(id) = global.map(|arg| arg.get_id().to_string()) {
            let hidden = format!("global-{long}");
            command = command.mut_arg(id, |arg| arg.long(hidden).hide(true));
        }
    }
    command
}

/// Adds what every command that does something has beside its own arguments.
fn finish(command: Command) -> Command {
    let command = command.args_override_self(true).mut_args(adapt);
    if command.get_positionals().next().is_some() {
        return command;
    }
    command.arg(Arg::new(IGNORED).num_args(0..).hide(true))
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
