//! Verbs × kinds: the table of kinds as commands, and from the words of a command line back to it.

use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::tree::{holder, with_arguments};
use crate::commands;
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{Flag, KINDS, Kind, Path, Verb};

/// A verb as a command.
struct VerbCommand {
    verb: Verb,
    name: &'static str,
    about: &'static str,
    args: fn(Command) -> Command,
}

const VERBS: &[VerbCommand] = &[VerbCommand {
    verb: Verb::Get,
    name: "get",
    about: "Show objects and their status",
    args: commands::get::Get::augment_args,
}];

/// What a verb is done to.
enum Target {
    Kind(&'static Kind),
    /// The kinds of a group's `all`.
    All(Vec<&'static Kind>),
}

/// A verb with what it is done to.
pub struct Chosen {
    verb: Verb,
    target: Target,
}

/// The verbs as top-level commands, filled in when entered.
pub fn verbs() -> impl Iterator<Item = Command> {
    VERBS.iter().map(|verb| holder(verb.name, verb.about.into()).defer(fill))
}

fn path_of(kind: &Kind, verb: Verb) -> &Path {
    if verb == Verb::Get { &kind.get } else { &kind.path }
}

/// The kinds that a verb takes.
fn kinds(verb: Verb) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(move |kind| kind.takes(verb))
}

/// Other spellings of a group of kinds: `flux get source git` for `flux get sources git`.
fn group_aliases(group: &str) -> Option<&str> {
    group.strip_suffix('s')
}

/// The kinds that `flux get [group] all` lists.
fn listed(group: Option<&str>) -> Vec<&'static Kind> {
    let member =
        |kind: &&Kind| group.is_none_or(|group| kind.get.words.len() > 1 && kind.get.words[0] == group);
    kinds(Verb::Get).filter(|kind| kind.in_get_all).filter(member).collect()
}

fn fill(command: Command) -> Command {
    let Some(verb) = VERBS.iter().find(|verb| verb.name == command.get_name()) else { return command };
    let mut command = with_flags(command, verb);
    let mut groups: Vec<&str> = Vec::new();
    for kind in kinds(verb.verb) {
        let path = path_of(kind, verb.verb);
        if let [name] = path.words {
            command = command.subcommand(kind_command(verb, kind, name, path));
        } else if !groups.contains(&path.words[0]) {
            groups.push(path.words[0]);
        }
    }
    for group in groups {
        command = command.subcommand(group_command(verb, group));
    }
    if verb.verb == Verb::Get {
        command = command.subcommand(all_command(verb, "Show objects of every kind"));
    }
    command
}

fn group_command(verb: &'static VerbCommand, group: &'static str) -> Command {
    let mut command = holder(group, format!("{}: {group}", verb.about));
    for kind in kinds(verb.verb) {
        let path = path_of(kind, verb.verb);
        if let [first, name] = path.words
            && *first == group
        {
            command = command.subcommand(kind_command(verb, kind, name, path));
        }
    }
    if verb.verb == Verb::Get {
        command = command.visible_aliases(group_aliases(group).map(str::to_owned));
        if !listed(Some(group)).is_empty() {
            command = command.subcommand(all_command(verb, "Show objects of all these kinds"));
        }
    }
    command
}

fn kind_command(verb: &VerbCommand, kind: &Kind, name: &'static str, path: &Path) -> Command {
    let mut command = Command::new(name).about(format!("{}: {}", verb.about, kind.kind));
    command = command.visible_aliases(path.aliases.iter().copied());
    for flag in kind.flags.iter().filter(|flag| verb_of(**flag) == verb.verb) {
        let (id, help) = describe(*flag);
        command = command.arg(Arg::new(id).long(id).action(ArgAction::SetTrue).help(help));
    }
    with_arguments(command, verb.args)
}

fn all_command(verb: &VerbCommand, about: &'static str) -> Command {
    with_arguments(Command::new("all").about(about), verb.args)
}

/// The verb's own flags, accepted anywhere after it; its positional ones belong to the commands below.
fn with_flags(mut command: Command, verb: &VerbCommand) -> Command {
    for arg in with_arguments(Command::new(verb.name), verb.args).get_arguments() {
        if !arg.is_positional() {
            command = command.arg(arg.clone().global(true));
        }
    }
    command
}

fn verb_of(flag: Flag) -> Verb {
    match flag {
        Flag::ShowSource => Verb::Get,
        Flag::WithSource | Flag::Force | Flag::Reset => Verb::Reconcile,
    }
}

fn describe(flag: Flag) -> (&'static str, &'static str) {
    match flag {
        Flag::ShowSource => ("show-source", "Add a column with the source of each object"),
        Flag::WithSource => ("with-source", "Reconcile the object's source first"),
        Flag::Force => ("force", "Install or upgrade once, whatever the state of the release"),
        Flag::Reset => ("reset", "Forget failures of the past, so that the release is tried again"),
    }
}

/// What the words of a command line name, if they name a verb on a kind.
pub fn choose(words: &[&str]) -> Option<Chosen> {
    let (name, rest) = words.split_first()?;
    let verb = VERBS.iter().find(|verb| verb.name == *name)?.verb;
    let target = match rest {
        ["all"] if verb == Verb::Get => Target::All(listed(None)),
        [group, "all"] if verb == Verb::Get => Target::All(listed(Some(group))),
        _ => Target::Kind(kinds(verb).find(|kind| path_of(kind, verb).words == rest)?),
    };
    Some(Chosen { verb, target })
}

impl Chosen {
    /// Runs the verb.
    pub async fn run(&self, context: &Context, matches: &ArgMatches) -> Result<()> {
        match (&self.target, self.verb) {
            (Target::Kind(kind), Verb::Get) => {
                commands::get::one(context, kind, super::read(matches)?, &given(kind, matches)).await
            }
            (Target::All(kinds), _) => commands::get::many(context, kinds, super::read(matches)?).await,
            (Target::Kind(_), _) => unreachable!("VERBS lists `get` alone"),
        }
    }
}

/// The flags of the kind's own that the command line sets.
fn given(kind: &Kind, matches: &ArgMatches) -> Vec<Flag> {
    let set = |flag: &Flag| matches.try_get_one::<bool>(describe(*flag).0).ok().flatten() == Some(&true);
    kind.flags.iter().copied().filter(set).collect()
}
