//! Verbs × kinds: the tables of both as commands, and from the words of a command line back to
//! what runs.

use std::future::Future;
use std::pin::Pin;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::go_flags::adapt;
use super::tree::{holder, with_arguments};
use crate::commands::delete::Delete;
use crate::commands::export::Export;
use crate::commands::get::Get;
use crate::commands::reconcile::Reconcile;
use crate::commands::resume::Resume;
use crate::commands::suspend::Suspend;
use crate::commands::{self, KindCommand};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{Flag, KINDS, Kind, Path, Verb};

/// A verb as a command: a row of the table of verbs.
struct VerbCommand {
    verb: Verb,
    name: &'static str,
    about: &'static str,
    /// What it does to objects of one kind; `{}` stands for the kind, or for what a group holds.
    about_kind: &'static str,
    args: fn(Command) -> Command,
    run: RunOne,
    /// What it does to all kinds of a group at once, where it can.
    run_all: Option<RunAll>,
}

type RunOne = for<'a> fn(&'a Context, &'static Kind, &'a ArgMatches) -> Running<'a>;
type RunAll = for<'a> fn(&'a Context, &'a [&'static Kind], &'a ArgMatches) -> Running<'a>;
type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

const fn row<V: KindCommand + 'static>(
    verb: Verb,
    name: &'static str,
    about: &'static str,
    about_kind: &'static str,
) -> VerbCommand {
    VerbCommand { verb, name, about, about_kind, args: V::augment_args, run: run_one::<V>, run_all: None }
}

const VERBS: &[VerbCommand] = &[
    VerbCommand {
        run_all: Some(get_all),
        ..row::<Get>(Verb::Get, "get", "Show objects and their status", "Show {} and their status")
    },
    row::<Export>(
        Verb::Export,
        "export",
        "Print objects as YAML, ready for a repository",
        "Print {} as YAML",
    ),
    row::<Suspend>(
        Verb::Suspend,
        "suspend",
        "Stop the reconciliation of objects until they are resumed",
        "Stop the reconciliation of {}",
    ),
    row::<Resume>(Verb::Resume, "resume", "Go on with the reconciliation of suspended objects", "Resume {}"),
    row::<Reconcile>(
        Verb::Reconcile,
        "reconcile",
        "Ask for a reconciliation now and wait for its outcome",
        "Reconcile {} now",
    ),
    row::<Delete>(Verb::Delete, "delete", "Delete objects from the cluster", "Delete {}"),
];

/// What the groups of kinds hold, in words.
const GROUPS: &[(&str, &str)] = &[
    ("artifact", "what generates artifacts"),
    ("artifacts", "what generates artifacts"),
    ("image", "image repositories, policies and updates"),
    ("images", "image repositories, policies and updates"),
    ("source", "sources"),
    ("sources", "sources"),
];

fn run_one<'a, V: KindCommand + 'static>(
    context: &'a Context,
    kind: &'static Kind,
    matches: &'a ArgMatches,
) -> Running<'a> {
    Box::pin(async move { super::read::<V>(matches)?.run(context, kind, &given(kind, matches)).await })
}

fn get_all<'a>(context: &'a Context, kinds: &'a [&'static Kind], matches: &'a ArgMatches) -> Running<'a> {
    Box::pin(async move { super::read::<commands::get::Get>(matches)?.run_all(context, kinds).await })
}

/// What a verb is done to.
enum Target {
    Kind(&'static Kind),
    /// The kinds of a group's `all`.
    All(Vec<&'static Kind>),
}

/// A verb with what it is done to.
pub struct Chosen {
    verb: &'static VerbCommand,
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

/// The kinds of a verb's group.
fn members(verb: Verb, group: &str) -> impl Iterator<Item = (&'static Kind, &'static Path)> {
    kinds(verb)
        .map(move |kind| (kind, path_of(kind, verb)))
        .filter(move |(_, path)| path.words.len() > 1 && path.words[0] == group)
}

/// Other spellings of a group of kinds: `flux get source git` for `flux get sources git`.
fn group_aliases(group: &str) -> Option<&str> {
    group.strip_suffix('s')
}

/// The kinds that `flux get [group] all` lists.
fn listed(group: Option<&str>) -> Vec<&'static Kind> {
    let kinds: Vec<&'static Kind> = match group {
        Some(group) => members(Verb::Get, group).map(|(kind, _)| kind).collect(),
        None => kinds(Verb::Get).collect(),
    };
    kinds.into_iter().filter(|kind| kind.in_get_all).collect()
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
    if verb.run_all.is_some() {
        command = command.subcommand(all_command(verb, "objects of every kind"));
    }
    command
}

fn group_command(verb: &'static VerbCommand, group: &'static str) -> Command {
    let held = GROUPS.iter().find(|(name, _)| *name == group).map_or(group, |(_, held)| held);
    let mut command = holder(group, verb.about_kind.replace("{}", held));
    for flag in shared_flags(verb.verb, group) {
        command = command.arg(flag_arg(flag).global(true));
    }
    for (kind, path) in members(verb.verb, group) {
        command = command.subcommand(kind_command(verb, kind, path.words[1], path));
    }
    if verb.verb == Verb::Get {
        command = command.visible_aliases(group_aliases(group).map(str::to_owned));
    }
    if verb.run_all.is_some() && !listed(Some(group)).is_empty() {
        command = command.subcommand(all_command(verb, held));
    }
    command
}

/// The flags that every kind of a group takes: they may stand before the kind, too.
fn shared_flags(verb: Verb, group: &str) -> Vec<Flag> {
    let mut flags: Option<Vec<Flag>> = None;
    for (kind, _) in members(verb, group) {
        match &mut flags {
            Some(flags) => flags.retain(|flag| kind.flags.contains(flag)),
            None => flags = Some(kind.flags_of(verb).collect()),
        }
    }
    flags.unwrap_or_default()
}

fn kind_command(verb: &VerbCommand, kind: &Kind, name: &'static str, path: &Path) -> Command {
    let mut command =
        Command::new(name).about(verb.about_kind.replace("{}", &format!("{} objects", kind.kind)));
    command = command.visible_aliases(path.aliases.iter().copied());
    for flag in kind.flags_of(verb.verb) {
        command = command.arg(flag_arg(flag));
    }
    with_arguments(command, verb.args)
}

fn all_command(verb: &VerbCommand, held: &str) -> Command {
    with_arguments(Command::new("all").about(verb.about_kind.replace("{}", held)), verb.args)
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

fn flag_arg(flag: Flag) -> Arg {
    let (id, help) = describe(flag);
    adapt(Arg::new(id).long(id).action(ArgAction::SetTrue).help(help))
}

fn describe(flag: Flag) -> (&'static str, &'static str) {
    match flag {
        Flag::ShowSource => ("show-source", "Add a column with the source of each object"),
        Flag::WithCredentials => ("with-credentials", "Add the Secret with the credentials of each object"),
        Flag::WithSource => ("with-source", "Reconcile the object's source first"),
        Flag::Force => ("force", "Install or upgrade once, whatever the state of the release"),
        Flag::Reset => ("reset", "Forget failures of the past, so that the release is tried again"),
    }
}

/// What the words of a command line name, if they name a verb on a kind.
pub fn choose(words: &[&str]) -> Option<Chosen> {
    let (name, rest) = words.split_first()?;
    let verb = VERBS.iter().find(|verb| verb.name == *name)?;
    let target = match rest {
        ["all"] if verb.run_all.is_some() => Target::All(listed(None)),
        [group, "all"] if verb.run_all.is_some() => Target::All(listed(Some(group))),
        _ => Target::Kind(kinds(verb.verb).find(|kind| path_of(kind, verb.verb).words == rest)?),
    };
    Some(Chosen { verb, target })
}

/// The kind that the words of a command line name under a verb.
pub fn kind_of(words: &[&str]) -> Option<&'static Kind> {
    match choose(words)?.target {
        Target::Kind(kind) => Some(kind),
        Target::All(_) => None,
    }
}

impl Chosen {
    /// Runs the verb.
    pub async fn run(&self, context: &Context, matches: &ArgMatches) -> Result<()> {
        match (&self.target, self.verb.run_all) {
            (Target::Kind(kind), _) => (self.verb.run)(context, kind, matches).await,
            (Target::All(kinds), Some(run_all)) => run_all(context, kinds, matches).await,
            // `choose` takes `all` for verbs that can do it only.
            (Target::All(_), None) => Ok(()),
        }
    }
}

/// The flags of the kind's own that the command line sets.
fn given(kind: &Kind, matches: &ArgMatches) -> Vec<Flag> {
    let set = |flag: &Flag| matches.try_get_one::<bool>(describe(*flag).0).ok().flatten() == Some(&true);
    kind.flags.iter().copied().filter(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_finds_every_kind_that_takes_it() {
        for verb in VERBS {
            for kind in kinds(verb.verb) {
                let mut words = vec![verb.name];
                words.extend(path_of(kind, verb.verb).words);
                let chosen = choose(&words).unwrap_or_else(|| panic!("{words:?}"));
                assert!(matches!(chosen.target, Target::Kind(found) if found == kind), "{words:?}");
            }
        }
        assert!(choose(&["suspend", "all"]).is_none());
        assert!(choose(&["reconcile", "alert"]).is_none());
    }

    #[test]
    fn groups_are_told_in_words() {
        for verb in VERBS {
            for kind in kinds(verb.verb) {
                if let [group, _] = path_of(kind, verb.verb).words {
                    assert!(GROUPS.iter().any(|(name, _)| name == group), "{group}");
                }
            }
        }
    }

    #[test]
    fn a_flag_of_every_kind_of_a_group_is_the_groups() {
        assert_eq!(shared_flags(Verb::Export, "source"), [Flag::WithCredentials]);
        assert!(shared_flags(Verb::Reconcile, "source").is_empty());
    }
}
