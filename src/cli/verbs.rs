//! Verbs × kinds: the commands below each verb, and from the words of a command line back to what runs.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::builder::{holder, with_arguments};
use super::go_flags::adapt;
use super::registry::{self, Node, VerbRow};
use crate::commands::KindGroup;
use crate::commands::about::{About, KindFlag};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, KINDS, Kind, Path, Verb, by_word};
use crate::similar::similar;

/// The words that name all kinds of a verb or of a group.
const ALL: &str = "all";

/// What the groups of kinds hold, in words.
const GROUPS: &[(&str, &str)] = &[
    ("artifact", "artifact generators"),
    ("artifacts", "artifact generators"),
    ("image", "image automation objects"),
    ("images", "image automation objects"),
    ("source", "sources"),
    ("sources", "sources"),
];

/// What a verb is done to.
pub enum Object {
    /// Objects of one kind.
    Kind(&'static Kind),
    /// Objects of all kinds of a group, or of all groups.
    All(Option<&'static str>),
    /// Objects of the kinds that a word lists.
    Listed(Vec<&'static Kind>),
}

/// A verb with what it is done to.
pub struct Chosen {
    verb: &'static VerbRow,
    object: Object,
    /// The kinds of [`Object::All`] and [`Object::Listed`].
    kinds: Vec<&'static Kind>,
}

/// The kinds that a verb takes.
fn kinds(verb: Verb) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(move |kind| kind.takes(verb))
}

/// The groups of kinds that a verb takes, in the order of their first kinds.
fn groups(verb: Verb) -> Vec<&'static str> {
    let mut groups: Vec<&str> = Vec::new();
    for kind in kinds(verb) {
        if let [group, _] = kind.path_of(verb).words
            && !groups.contains(group)
        {
            groups.push(group);
        }
    }
    groups
}

/// The kinds of a verb's group.
fn members(verb: Verb, group: &str) -> impl Iterator<Item = (&'static Kind, &'static Path)> {
    kinds(verb)
        .map(move |kind| (kind, kind.path_of(verb)))
        .filter(move |(_, path)| path.words.len() > 1 && path.words[0] == group)
}

/// Another spelling of a group of kinds: `flux get source git` for `flux get sources git`.
fn group_alias(group: &str) -> Option<&str> {
    group.strip_suffix('s')
}

/// The kinds that `flux VERB [GROUP] all` takes.
fn listed(verb: Verb, group: Option<&str>) -> Vec<&'static Kind> {
    let kinds: Vec<&'static Kind> = match group {
        Some(group) => members(verb, group).map(|(kind, _)| kind).collect(),
        None => kinds(verb).collect(),
    };
    kinds.into_iter().filter(|kind| kind.in_get_all).collect()
}

/// Adds the commands below a top-level verb.
pub fn fill(command: Command) -> Command {
    let name = command.get_name().to_owned();
    match registry::find(&[&name]) {
        Some((Node::Verb(verb), _)) => fill_with(command, verb),
        _ => command,
    }
}

/// Adds the commands below a verb.
pub fn fill_with(command: Command, verb: &'static VerbRow) -> Command {
    let mut command = with_flags(command, verb);
    for kind in kinds(verb.verb) {
        let path = kind.path_of(verb.verb);
        if let [name] = path.words {
            command = command.subcommand(kind_command(verb, kind, name, path));
        }
    }
    for group in groups(verb.verb) {
        command = command.subcommand(group_command(verb, group));
    }
    if verb.run_all.is_some() {
        command = command.subcommand(all_command(verb, None));
    }
    command
}

fn group_command(verb: &'static VerbRow, group: &'static str) -> Command {
    let mut command = holder(group, summary_of_group(verb, Some(group), false));
    for flag in shared_flags(verb, group) {
        command = command.arg(flag_arg(flag).global(true));
    }
    for (kind, path) in members(verb.verb, group) {
        command = command.subcommand(kind_command(verb, kind, path.words[1], path));
    }
    command = command.visible_aliases(group_alias(group).map(str::to_owned));
    if verb.run_all.is_some() && !listed(verb.verb, Some(group)).is_empty() {
        command = command.subcommand(all_command(verb, Some(group)));
    }
    command
}

/// The flags of a verb that it has for this kind.
fn flags_of(verb: &VerbRow, kind: &Kind) -> impl Iterator<Item = &'static KindFlag> {
    verb.flags.iter().filter(move |row| kind.flags.contains(&row.flag))
}

/// The flags that every kind of a group takes: they may stand before the kind, too.
fn shared_flags(verb: &VerbRow, group: &str) -> impl Iterator<Item = &'static KindFlag> {
    let name = verb.verb;
    verb.flags.iter().filter(move |row| members(name, group).all(|(kind, _)| kind.flags.contains(&row.flag)))
}

fn kind_command(verb: &VerbRow, kind: &Kind, name: impl Into<clap::builder::Str>, path: &Path) -> Command {
    let mut command = Command::new(name).about(substitute(verb.about_kind.summary, kind, path));
    command = command.visible_aliases(path.aliases.iter().copied());
    for flag in flags_of(verb, kind) {
        command = command.arg(flag_arg(flag));
    }
    with_arguments(command, verb.args)
}

fn all_command(verb: &VerbRow, group: Option<&str>) -> Command {
    with_arguments(Command::new(ALL).about(summary_of_group(verb, group, true)), verb.args)
}

/// The verb's own flags, accepted anywhere after it; its positional ones belong to the commands below.
fn with_flags(mut command: Command, verb: &VerbRow) -> Command {
    for arg in with_arguments(Command::new(verb.about.name), verb.args).get_arguments() {
        if !arg.is_positional() {
            command = command.arg(arg.clone().global(true));
        }
    }
    command
}

fn flag_arg(row: &KindFlag) -> Arg {
    adapt(Arg::new(row.name).long(row.name).action(ArgAction::SetTrue).help(row.help))
}

/// What the words below a verb name.
fn object(verb: &VerbRow, words: &[&str]) -> Option<Object> {
    match words {
        [ALL] if verb.run_all.is_some() => Some(Object::All(None)),
        [group, ALL] if verb.run_all.is_some() => {
            groups(verb.verb).into_iter().find(|it| it == group).map(|group| Object::All(Some(group)))
        }
        _ => kinds(verb.verb).find(|kind| kind.path_of(verb.verb).words == words).map(Object::Kind),
    }
}

/// The verb and the word below it, if the words of a command line name a verb on kinds as kubectl names them: a list
/// such as `ks,hr,sources`, or a plural or short name that is no command here.
pub fn named_as_by_kubectl<'w>(words: &[&'w str]) -> Option<(&'static VerbRow, &'w str)> {
    let (Node::Verb(verb), _) = registry::find(words)? else { return None };
    let [_, word] = words else { return None };
    let is_named =
        verb.run_all.is_some() && object(verb, &words[1..]).is_none() && !groups(verb.verb).contains(word);
    (is_named && (word.contains(',') || kinds_of_word(verb.verb, word).is_some())).then_some((verb, *word))
}

/// The kinds that a verb takes and a word names, as kubectl or flux do: a kind, a group, or all.
fn kinds_of_word(verb: Verb, word: &str) -> Option<Vec<&'static Kind>> {
    if word == ALL {
        return Some(listed(verb, None));
    }
    let group = groups(verb).into_iter().find(|group| *group == word || group_alias(group) == Some(word));
    if let Some(group) = group {
        let kinds = listed(verb, Some(group));
        return Some(if kinds.is_empty() {
            members(verb, group).map(|(kind, _)| kind).collect()
        } else {
            kinds
        });
    }
    let is_named = |kind: &&Kind| {
        let path = kind.path_of(verb);
        path.words == [word] || path.words.len() == 1 && path.aliases.contains(&word)
    };
    let kind =
        kinds(verb).find(is_named).or_else(|| by_word(&word.to_lowercase()).filter(|kind| kind.takes(verb)));
    kind.map(|kind| vec![kind])
}

/// The kinds of a list such as `ks,hr,sources`, each once.
///
/// # Errors
/// A word names no kind.
pub fn kinds_of_list(verb: &VerbRow, list: &str) -> Result<Vec<&'static Kind>> {
    let mut found: Vec<&'static Kind> = Vec::new();
    for word in list.split(',').filter(|word| !word.is_empty()) {
        let Some(kinds) = kinds_of_word(verb.verb, word) else {
            let error = Error::usage(format!("unknown kind {word:?}"));
            let known: Vec<&str> = words(verb.verb);
            return Err(match similar(word, known.iter().copied()) {
                Some(kind) => error.hint(format!("did you mean {kind:?}?")),
                None => error.hint(format!("use one of: {}", known.join(", "))),
            });
        };
        for kind in kinds {
            if !found.contains(&kind) {
                found.push(kind);
            }
        }
    }
    if found.is_empty() {
        return Err(
            Error::usage(format!("{list:?} names no kind")).hint("for example: flux get ks,hr,sources")
        );
    }
    Ok(found)
}

/// The words that name kinds and groups in a list.
fn words(verb: Verb) -> Vec<&'static str> {
    let mut words = groups(verb);
    for kind in kinds(verb) {
        let path = kind.path_of(verb);
        if let [word] = path.words {
            words.push(word);
            words.extend(path.aliases);
        } else {
            words.push(kind.plural);
        }
    }
    words
}

/// The command for kinds that are named as by kubectl.
///
/// # Errors
/// As for [`kinds_of_list`].
pub fn named_command(verb: &'static VerbRow, word: &str) -> Result<Command> {
    let kinds = kinds_of_list(verb, word)?;
    let name = word.to_owned();
    Ok(match kinds.as_slice() {
        [kind] if !word.contains(',') => kind_command(verb, kind, name, kind.path_of(verb.verb)),
        _ => with_arguments(Command::new(name), verb.args),
    })
}

/// What the words of a command line name, if they name a verb on a kind.
pub fn choose(words: &[&str]) -> Option<Chosen> {
    let Some((Node::Verb(verb), below)) = registry::find(words) else { return None };
    let object = object(verb, below).or_else(|| {
        let (_, word) = named_as_by_kubectl(words)?;
        let kinds = kinds_of_list(verb, word).ok()?;
        Some(match kinds.as_slice() {
            [kind] if !word.contains(',') => Object::Kind(kind),
            _ => Object::Listed(kinds),
        })
    })?;
    let kinds = match &object {
        Object::Kind(_) => Vec::new(),
        Object::All(group) => listed(verb.verb, *group),
        Object::Listed(kinds) => kinds.clone(),
    };
    Some(Chosen { verb, object, kinds })
}

/// The kind that the words of a command line name under a verb.
pub fn kind_of(words: &[&str]) -> Option<&'static Kind> {
    match choose(words)?.object {
        Object::Kind(kind) => Some(kind),
        Object::All(_) | Object::Listed(_) => None,
    }
}

impl Chosen {
    /// Runs the verb.
    pub async fn run(&self, context: &Context, matches: &ArgMatches) -> Result<()> {
        match (&self.object, self.verb.run_all) {
            (Object::Kind(kind), _) => {
                let given = given(self.verb, kind, matches);
                (self.verb.run)(context, kind, &given, matches).await
            }
            (Object::All(_) | Object::Listed(_), Some(run_all)) => {
                let is_all = matches!(self.object, Object::All(None));
                run_all(context, KindGroup { kinds: &self.kinds, is_all }, matches).await
            }
            // `object` finds several kinds only for verbs that take them.
            (Object::All(_) | Object::Listed(_), None) => Ok(()),
        }
    }
}

/// The flags of the kind's own that the command line sets.
fn given(verb: &VerbRow, kind: &Kind, matches: &ArgMatches) -> Vec<Flag> {
    let set = |row: &&KindFlag| matches.try_get_one::<bool>(row.name).ok().flatten().copied() == Some(true);
    flags_of(verb, kind).filter(set).map(|row| row.flag).collect()
}

/// A verb's entry in help and man pages for the words below it, with the kind filled in.
pub struct Entry {
    /// As [`About::summary`].
    pub summary: String,
    /// As [`About::details`].
    pub details: String,
    /// As [`About::usage`].
    pub usage: String,
    /// As [`About::examples`].
    pub examples: Vec<(String, String)>,
    /// Whether further words name what the verb is done to.
    pub holds_commands: bool,
}

/// The entry for these words below a verb.
pub fn entry(verb: &VerbRow, words: &[&str]) -> Option<Entry> {
    if let Some(Object::Kind(kind)) = object(verb, words) {
        let path = kind.path_of(verb.verb);
        let fill = |text: &str| substitute(text, kind, path);
        let About { summary, details, usage, examples, .. } = &verb.about_kind;
        return Some(Entry {
            summary: fill(summary),
            details: fill(details),
            usage: fill(usage),
            examples: examples.iter().map(|(purpose, line)| (fill(purpose), fill(line))).collect(),
            holds_commands: false,
        });
    }
    let group = match words {
        [ALL] => None,
        [group] | [group, ALL] => Some(groups(verb.verb).into_iter().find(|it| it == group)?),
        _ => return None,
    };
    let all = words.last() == Some(&ALL);
    let names_optional = verb.about_kind.usage.starts_with('[');
    let line = format!("flux {} {}", verb.about.name, words.join(" "));
    let examples = if all {
        let fill = |text: &str| text.replace("{kinds}", held(group)).replace("{line}", &line);
        verb.examples_of_all.iter().map(|(purpose, line)| (fill(purpose), fill(line))).collect()
    } else {
        let member = group.and_then(|group| members(verb.verb, group).next());
        let fill = |(kind, path): (&'static Kind, &'static Path)| {
            let of_kind = verb.about_kind.examples.iter().take(2);
            of_kind
                .map(|(purpose, line)| (substitute(purpose, kind, path), substitute(line, kind, path)))
                .collect()
        };
        member.map(fill).unwrap_or_default()
    };
    Some(Entry {
        summary: summary_of_group(verb, group, all),
        details: String::new(),
        // Where names are optional for a kind, they are optional for all kinds.
        usage: if all && names_optional { verb.about_kind.usage.into() } else { String::new() },
        examples,
        holds_commands: !all,
    })
}

/// The objects of a group in words.
fn held(group: Option<&str>) -> &str {
    let Some(group) = group else { return "all Flux objects" };
    GROUPS.iter().find(|(name, _)| *name == group).map_or(group, |(_, held)| held)
}

/// The summary for the objects of a group: any of them, or `all` at once.
fn summary_of_group(verb: &VerbRow, group: Option<&str>, all: bool) -> String {
    let objects = held(group);
    let an_object = match (all, group) {
        (false, _) => with_article(objects.trim_end_matches('s')),
        (true, None) => objects.to_owned(),
        (true, Some(_)) => format!("all {objects}"),
    };
    verb.about_kind.summary.replace("{kinds}", objects).replace("{a kind}", &an_object)
}

/// A text of [`VerbRow::about_kind`] for a kind.
fn substitute(text: &str, kind: &Kind, path: &Path) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    text.replace("{kinds}", &plural(kind.kind))
        .replace("{a kind}", &with_article(kind.kind))
        .replace("{kind}", kind.kind)
        .replace("{path}", &path.words.join(" "))
        .replace("{name}", kind.example)
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn plural(kind: &str) -> String {
    kind.strip_suffix('y').map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verbs() -> impl Iterator<Item = &'static VerbRow> {
        registry::top_level().filter_map(|node| match node {
            Node::Verb(verb) => Some(verb),
            Node::Leaf(_) | Node::Group(_) => None,
        })
    }

    #[test]
    fn every_verb_finds_every_kind_that_takes_it() {
        for verb in verbs() {
            for kind in kinds(verb.verb) {
                let mut words = vec![verb.about.name];
                words.extend(kind.path_of(verb.verb).words);
                assert_eq!(kind_of(&words), Some(kind), "{words:?}");
            }
        }
        assert!(choose(&["suspend", "all"]).is_none());
        assert!(choose(&["reconcile", "alert"]).is_none());
    }

    #[test]
    fn every_group_is_described() {
        for verb in verbs() {
            for group in groups(verb.verb) {
                assert!(GROUPS.iter().any(|(name, _)| *name == group), "{group}");
            }
        }
    }

    #[test]
    fn every_flag_of_a_kind_is_described_by_its_verb() {
        for kind in KINDS {
            for flag in kind.flags {
                let verb = verbs().find(|verb| verb.verb == flag.verb()).expect("a verb for the flag");
                assert!(verb.flags.iter().any(|row| row.flag == *flag), "{flag:?}");
            }
        }
    }

    #[test]
    fn a_group_takes_the_flags_that_all_its_kinds_take() {
        let shared = |verb: Verb| {
            let row = verbs().find(|row| row.verb == verb).expect("the verb");
            shared_flags(row, "source").map(|row| row.flag).collect::<Vec<_>>()
        };
        assert_eq!(shared(Verb::Export), [Flag::WithCredentials]);
        assert!(shared(Verb::Reconcile).is_empty());
    }
}
