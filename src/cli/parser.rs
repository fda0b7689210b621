//! Reads a command line: from clap's matches back to the command that the registry has for them.

use std::ffi::OsString;

use clap::ArgMatches;

use super::builder::{self, HELP, HELP_COMMAND, HELP_WORDS, IGNORED, SHORT_HELP};
use super::go_flags::drop_empty_paths;
use super::help::{self, Detail};
use super::misuse;
use super::page::{Page, Row};
use super::plugins::first_word;
use super::registry::{self, Leaf, Node};
use super::verbs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::similar::similar;

/// What a command line asks for.
pub enum Request {
    /// Text to print: help or a version.
    Print(String),
    /// Help of a group with a word that it does not know. flux prints the help and exits with 0.
    Unknown {
        /// Help of the group.
        help: String,
        /// What is unknown, with a similar word as a hint.
        unknown: Error,
    },
    /// A command with its matches.
    Run(Box<Chosen>),
}

/// Reads a command line, the program's name first. `columns` is the width of the terminal, for help.
///
/// # Errors
/// Usage errors, with the nearest correct spelling if there is one.
pub fn parse(args: impl IntoIterator<Item = OsString>, columns: Option<usize>) -> Result<Request> {
    parse_beside_plugins(args, columns, &Vec::new)
}

/// Like [`parse`], with the plugins that `flux --help` lists too.
///
/// # Errors
/// As for [`parse`].
pub fn parse_beside_plugins(
    args: impl IntoIterator<Item = OsString>,
    columns: Option<usize>,
    plugins: &dyn Fn() -> Vec<Row>,
) -> Result<Request> {
    let args = with_all_as_command(args.into_iter().collect());
    check_available(&args)?;
    let mut parsed = root_for(&args).try_get_matches_from(&args);
    if let Ok(matches) = &parsed
        && let Some((verb, word)) = verbs::named_as_by_kubectl(&path(matches))
    {
        let (name, command) = (verb.about.name, verbs::named_command(verb, word)?);
        let root = root_for(&args).mut_subcommand(name, |verb| verb.subcommand(command));
        parsed = root.try_get_matches_from(&args);
    }
    match parsed {
        Ok(matches) => choose(matches, columns, plugins),
        Err(error) => {
            let text = misuse::explain(&error, || long_flags(&args));
            text.map(Request::Print).map_err(|error| with_exit_code(error, &args))
        }
    }
}

/// Flags that mean the command `all` of a group that has one, if no command of it is named: `flux build --all`,
/// `flux diff --base=main`.
const ALL_FLAGS: [&str; 3] = ["--all", "--base", "--from"];

/// Names the command `all` where a flag means it.
fn with_all_as_command(mut args: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = first_word(&args) else { return args };
    let Some((Node::Group(group), _)) = registry::find(&[args[at].to_str().unwrap_or_default()]) else {
        return args;
    };
    let is_command = |word: &OsString| {
        group
            .nodes
            .iter()
            .map(Node::about)
            .any(|about| word == about.name || about.aliases.iter().any(|alias| word == *alias))
    };
    let rest = &args[at + 1..];
    let flag = |word: &OsString| word.to_str().and_then(|word| word.split('=').next().map(str::to_owned));
    let means_all = rest.iter().filter_map(flag).any(|flag| ALL_FLAGS.contains(&flag.as_str()));
    if means_all && !rest.iter().any(is_command) && group.nodes.iter().any(|node| node.about().name == "all")
    {
        args.retain(|word| word != ALL_FLAGS[0]);
        args.insert(at + 1, "all".into());
    }
    args
}

/// Commands of flux that are not available yet. Groups answer unknown words with their help and without an error, which
/// scripts would take for success.
const NOT_YET: [[&str; 2]; 9] = [
    ["bootstrap", "bitbucket-server"],
    ["bootstrap", "gitea"],
    ["bootstrap", "gitlab"],
    ["build", "artifact"],
    ["diff", "artifact"],
    ["list", "artifacts"],
    ["pull", "artifact"],
    ["push", "artifact"],
    ["tag", "artifact"],
];

/// Refuses commands of flux that are not available yet.
fn check_available(args: &[OsString]) -> Result<()> {
    let Some(at) = first_word(args) else { return Ok(()) };
    let is_meant = |words: &&[&str; 2]| args[at..].iter().take(2).eq(words.iter());
    match NOT_YET.iter().find(is_meant) {
        Some(words) => Err(Error::usage(format!("flux {} is not available yet", words.join(" "))).hint(
            "use this command of flux 2.9 until then; both work with the same clusters and repositories",
        )),
        None => Ok(()),
    }
}

/// The command tree that a command line needs: with the top-level command that it names, with none if it has flags only,
/// and otherwise with all, so that a misspelled one is recognized.
pub(super) fn root_for(args: &[OsString]) -> clap::Command {
    let Some(word) = first_word(args).map(|at| args[at].to_str().unwrap_or_default()) else {
        return builder::root_entering("");
    };
    if registry::find(&[word]).is_some() { builder::root_entering(word) } else { builder::root() }
}

/// A command to run, with what the command line says.
pub struct Chosen {
    /// The matches of the innermost command, the global flags among them.
    pub matches: ArgMatches,
    action: Action,
}

enum Action {
    Leaf(&'static Leaf),
    Verb(verbs::Chosen),
}

impl Chosen {
    /// Runs the command.
    pub async fn run(&self, context: &Context) -> Result<()> {
        match &self.action {
            Action::Leaf(leaf) => (leaf.run)(context, &self.matches).await,
            Action::Verb(verb) => verb.run(context, &self.matches).await,
        }
    }

    /// An error about the command line, with the exit code that the command has for it.
    pub fn misuse(&self, error: Error) -> Error {
        match self.action {
            Action::Leaf(Leaf { usage_exit_code: Some(code), .. }) => error.code(*code),
            _ => error,
        }
    }

    /// Arguments that the command does not take.
    pub fn ignored(&self) -> Vec<String> {
        ignored(&self.matches).cloned().collect()
    }
}

fn ignored(matches: &ArgMatches) -> impl Iterator<Item = &String> {
    matches.try_get_many::<String>(IGNORED).ok().flatten().into_iter().flatten()
}

/// The names of the commands that the matches lead through.
fn path(matches: &ArgMatches) -> Vec<&str> {
    let mut path = Vec::new();
    let mut matches = matches;
    while let Some((name, inner)) = matches.subcommand() {
        path.push(name);
        matches = inner;
    }
    path
}

/// The names of the commands that the matches lead through; leaves the matches of the innermost one.
fn descend(matches: &mut ArgMatches) -> Vec<String> {
    let mut path = Vec::new();
    while let Some((name, inner)) = matches.remove_subcommand() {
        path.push(name);
        *matches = inner;
    }
    path
}

/// The long flags, with their dashes, of the innermost command that a command line names.
fn long_flags(args: &[OsString]) -> Vec<String> {
    let mut root = builder::root();
    let path = root.clone().ignore_errors(true).try_get_matches_from(args);
    let path = path.map(|mut matches| descend(&mut matches)).unwrap_or_default();
    root.build();
    let command = path.iter().fold(&root, |command, name| command.find_subcommand(name).unwrap_or(command));
    let flags = command.get_arguments().filter(|flag| !flag.is_hide_set());
    flags.filter_map(|flag| flag.get_long()).map(|long| format!("--{long}")).collect()
}

/// An error about a command line that could not be read, with the exit code that its command has for it.
fn with_exit_code(error: Error, args: &[OsString]) -> Error {
    let Ok(mut matches) = builder::root().ignore_errors(true).try_get_matches_from(args) else {
        return error;
    };
    let path = descend(&mut matches);
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    match registry::leaf(&words).and_then(|leaf| leaf.usage_exit_code) {
        Some(code) => error.code(code),
        None => error,
    }
}

/// What the matches ask for.
fn choose(
    mut matches: ArgMatches,
    columns: Option<usize>,
    plugins: &dyn Fn() -> Vec<Row>,
) -> Result<Request> {
    let path = descend(&mut matches);
    drop_empty_paths(&mut matches);
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let is_set = |flag| matches.try_get_one::<bool>(flag).ok().flatten() == Some(&true);
    if is_set(HELP) || is_set(SHORT_HELP) {
        let detail = if is_set(HELP) { Detail::Full } else { Detail::Brief };
        return Ok(Request::Print(innermost_help(&words, detail, columns, plugins)));
    }
    if words == [HELP_COMMAND.name] {
        let words = matches.try_get_many::<String>(HELP_WORDS).ok().flatten().into_iter().flatten();
        return help_command(&words.map(String::as_str).collect::<Vec<_>>(), columns, plugins);
    }
    if let Some(leaf) = registry::leaf(&words) {
        if let Some(extra) = ignored(&matches).next().filter(|_| leaf.refuses_arguments) {
            return Err(
                unknown_command(extra, &words).hint("this command takes flags only; add --help to see them")
            );
        }
        return Ok(Request::Run(Box::new(Chosen { matches, action: Action::Leaf(leaf) })));
    }
    if let Some(verb) = verbs::choose(&words) {
        return Ok(Request::Run(Box::new(Chosen { matches, action: Action::Verb(verb) })));
    }
    // A group alone, or with words that it does not know, which clap does not look at.
    let mut rest = matches.try_get_many::<OsString>("").ok().flatten().into_iter().flatten();
    if rest.any(|word| word == "--help" || word == "-h") {
        return Ok(Request::Print(innermost_help(&words, Detail::Full, columns, plugins)));
    }
    let help = innermost_help(&words, Detail::Brief, columns, plugins);
    Ok(match unknown_word(&words) {
        Some(unknown) => Request::Unknown { help, unknown },
        None => Request::Print(help),
    })
}

/// The error for the last of these words, if the group before it does not know it.
fn unknown_word(words: &[&str]) -> Option<Error> {
    let (word, group) = words.split_last()?;
    if Page::of(words).is_some() {
        return None;
    }
    let page = Page::of(group)?;
    let terms = page.commands.iter().flat_map(|(_, rows)| rows).flat_map(|row| row.term.split(", "));
    let error = unknown_command(word, group);
    Some(match similar(word, terms) {
        Some(known) => error.hint(format!("did you mean {known:?}?")),
        None => error,
    })
}

/// The help of the innermost command that the words name.
fn innermost_help(
    words: &[&str],
    detail: Detail,
    columns: Option<usize>,
    plugins: &dyn Fn() -> Vec<Row>,
) -> String {
    let page = (0..=words.len()).rev().find_map(|count| Page::of(&words[..count]));
    page.map(|page| help::text(&with_plugins(page, plugins), detail, columns)).unwrap_or_default()
}

/// The page of the root with the plugins; other pages as they are.
fn with_plugins(mut page: Page, plugins: &dyn Fn() -> Vec<Row>) -> Page {
    if page.words.len() == 1 {
        let rows = plugins();
        if !rows.is_empty() {
            page.commands.push(("Plugins".into(), rows));
        }
    }
    page
}

/// `flux help WORDS`.
fn help_command(words: &[&str], columns: Option<usize>, plugins: &dyn Fn() -> Vec<Row>) -> Result<Request> {
    let args = ["flux"].iter().chain(words);
    let path = match builder::root().ignore_errors(true).try_get_matches_from(args) {
        Ok(mut matches) => descend(&mut matches),
        Err(_) => Vec::new(),
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match Page::of(&path) {
        Some(page) if path.len() == words.len() => {
            Ok(Request::Print(help::text(&with_plugins(page, plugins), Detail::Full, columns)))
        }
        _ => {
            let known = (0..path.len()).rev().find(|count| Page::of(&path[..*count]).is_some()).unwrap_or(0);
            let unknown = words.get(known).copied().unwrap_or_default();
            Err(unknown_command(unknown, &words[..known]).hint("run flux --help to list the commands"))
        }
    }
}

fn unknown_command(word: &str, group: &[&str]) -> Error {
    let group: Vec<&str> = ["flux"].iter().chain(group).copied().collect();
    Error::usage(format!("unknown command {word:?} for \"{}\"", group.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(line: &str) -> String {
        match parse(line.split(' ').map(OsString::from), None) {
            Ok(Request::Print(text) | Request::Unknown { help: text, .. }) => text,
            Ok(Request::Run(_)) => panic!("{line} runs"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn help_is_the_same_however_it_is_asked_for() {
        let full = printed("flux create source git --help");
        assert!(full.starts_with("Create or update a GitRepository"), "{full}");
        for line in [
            "flux help create source git",
            "flux --help create source git",
            "flux create --help source git",
            "flux create source git app --url=x --help",
        ] {
            assert_eq!(printed(line), full, "{line}");
        }
        assert_eq!(printed("flux help create ks"), printed("flux create kustomization --help"));
        assert_eq!(printed("flux help"), printed("flux --help"));
        assert_ne!(printed("flux create source git -h"), full);
    }

    #[test]
    fn a_group_answers_unknown_words_with_its_help() {
        let help = printed("flux create source");
        assert!(help.starts_with("Create or update a source"), "{help}");
        for line in ["flux create source nothing", "flux create source -h"] {
            assert_eq!(printed(line), help, "{line}");
        }
        assert_eq!(printed("flux create source nothing --help"), printed("flux create source --help"));
        assert!(printed("flux get").starts_with("Show"));
    }

    #[test]
    fn a_flag_names_the_command_all_of_a_group() {
        let words = |line: &str| {
            let args = with_all_as_command(line.split(' ').map(OsString::from).collect());
            args.join(std::ffi::OsStr::new(" ")).into_string().unwrap()
        };
        assert_eq!(words("flux build --all --path=x"), "flux build all --path=x");
        assert_eq!(words("flux -n apps build --path x --all"), "flux -n apps build all --path x");
        for same in [
            "flux build kustomization --all",
            "flux build --path=x",
            "flux debug --all",
            "flux build ks --all",
        ] {
            assert_eq!(words(same), same);
        }
    }

    #[test]
    fn commands_that_are_not_available_yet_are_errors() {
        for words in NOT_YET {
            let line = format!("flux {}", words.join(" "));
            assert_eq!(printed(&format!("{line} --path=x")), format!("{line} is not available yet"));
            assert!(registry::find(&words).is_none(), "{line} is available");
        }
    }

    #[test]
    fn help_for_an_unknown_command_names_the_word() {
        assert_eq!(printed("flux help nope"), "unknown command \"nope\" for \"flux\"");
        assert_eq!(printed("flux help get nope"), "unknown command \"nope\" for \"flux get\"");
    }
}
