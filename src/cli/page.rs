//! What help and man pages show of a command, as data: its entry in the registry with the arguments that clap
//! knows.

use clap::{Arg, Command};

use super::builder::{self, HELP, HELP_COMMAND, HELP_WORDS};
use super::global::HEADING;
use super::registry::{self, Node};
use super::verbs;
use crate::commands::about::{About, Example};

/// The page of the root.
const ROOT: About = About::new("flux", "Install Flux and manage Kubernetes clusters the GitOps way")
    .examples(&[
        ("Check whether the cluster can run Flux", "flux check --pre"),
        (
            "Install Flux from a GitHub repository",
            "flux bootstrap github --owner=acme --repository=fleet --path=clusters/edge-1",
        ),
        ("List all Flux objects in all namespaces", "flux get all -A"),
        (
            "Fetch the source of a Kustomization and apply it now",
            "flux reconcile kustomization apps --with-source",
        ),
    ]);

const HELP_EXAMPLES: &[Example] =
    &[("List all commands", "flux help"), ("Show the help of a command", "flux help create source git")];

/// A command's page.
#[derive(Debug, Default)]
pub struct Page {
    /// The words of the command, `flux` first.
    pub words: Vec<String>,
    /// As [`About::hidden`].
    pub hidden: bool,
    /// As [`About::summary`].
    pub summary: String,
    /// As [`About::details`].
    pub details: String,
    /// What is written after the words.
    pub usage: String,
    /// Other spellings of the last word.
    pub aliases: Vec<String>,
    /// What a command line does, and the command line.
    pub examples: Vec<(String, String)>,
    /// The commands below this one, in sections with a heading.
    pub commands: Vec<(String, Vec<Row>)>,
    /// Positional arguments.
    pub arguments: Vec<Row>,
    /// The options of the command and its groups.
    pub options: Vec<Row>,
    /// The options of every command.
    pub global_options: Vec<Row>,
}

/// A line of a list: a command or an option, and what it does.
#[derive(Debug)]
pub struct Row {
    /// `git`, `-n, --namespace <NAME>` or `--url <URL>`.
    pub term: String,
    /// What it does, with default and possible values.
    pub text: String,
}

impl Page {
    /// The page of the command that the words below `flux` name. Aliases are not resolved.
    pub fn of(words: &[&str]) -> Option<Page> {
        let mut page = describe(words)?;
        let mut root = builder::root();
        // Entering a command fills it in. Whether the words alone are a correct command line does not matter.
        let _ = root.try_get_matches_from_mut(["flux"].iter().chain(words));
        let mut command = &root;
        for word in words {
            command = command.find_subcommand(word)?;
        }
        page.words = ["flux"].iter().chain(words).map(ToString::to_string).collect();
        page.aliases = command.get_visible_aliases().map(str::to_owned).collect();
        if words.is_empty() {
            page.commands = root_commands();
        } else if command.has_subcommands() {
            page.commands.push(("Commands".into(), command.get_subcommands().map(command_row).collect()));
        }
        page.add_arguments(command);
        // A verb reads the same arguments with `all`, where it may not accept them.
        if page.usage.is_empty() {
            page.arguments.clear();
        }
        Some(page)
    }

    /// Every page, each command before those below it.
    pub fn all() -> Vec<Page> {
        let mut root = builder::root();
        root.build();
        let mut pages = Vec::new();
        collect(&root, &mut Vec::new(), &mut pages);
        pages
    }

    fn new(about: &About) -> Page {
        let About { summary, details, usage, examples, hidden, .. } = about;
        Page {
            hidden: *hidden,
            summary: (*summary).into(),
            details: (*details).into(),
            usage: (*usage).into(),
            examples: owned(examples),
            ..Page::default()
        }
    }

    fn holding_commands(mut self) -> Page {
        self.usage = "<COMMAND>".into();
        self
    }

    fn add_arguments(&mut self, command: &Command) {
        let (mut inherited, mut help) = (Vec::new(), Vec::new());
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if arg.is_positional() {
                self.arguments.push(argument_row(arg));
            } else if arg.get_id() == HELP {
                // `-h` is an argument of its own, which is hidden.
                help.push(Row { term: format!("-h, --{HELP}"), text: text_of(arg) });
            } else if arg.get_help_heading() == Some(HEADING) {
                self.global_options.push(option_row(arg));
            } else if arg.is_global_set() {
                inherited.push((arg.get_display_order(), option_row(arg)));
            } else {
                self.options.push(option_row(arg));
            }
        }
        inherited.sort_by_key(|(place, _)| *place);
        self.options.extend(inherited.into_iter().map(|(_, row)| row));
        self.options.extend(help);
    }
}

fn collect(command: &Command, path: &mut Vec<String>, pages: &mut Vec<Page>) {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    pages.extend(Page::of(&words));
    for inner in command.get_subcommands() {
        path.push(inner.get_name().to_owned());
        collect(inner, path, pages);
        path.pop();
    }
}

/// The page without what clap knows.
fn describe(words: &[&str]) -> Option<Page> {
    if words.is_empty() {
        return Some(Page::new(&ROOT).holding_commands());
    }
    if words == [HELP_COMMAND.name] {
        let mut page = Page::new(&HELP_COMMAND);
        page.usage = "[<COMMAND>...]".into();
        page.examples = owned(HELP_EXAMPLES);
        return Some(page);
    }
    match registry::find(words)? {
        (Node::Leaf(leaf), _) => Some(Page::new(&leaf.about)),
        (Node::Group(group), _) => Some(Page::new(&group.about).holding_commands()),
        (Node::Verb(verb), []) => Some(Page::new(&verb.about).holding_commands()),
        (Node::Verb(verb), below) => {
            let verbs::Entry { summary, details, usage, examples, holds_commands } =
                verbs::entry(verb, below)?;
            let page = Page { summary, details, usage, examples, ..Page::default() };
            Some(if holds_commands { page.holding_commands() } else { page })
        }
    }
}

fn owned(examples: &[Example]) -> Vec<(String, String)> {
    examples.iter().map(|(purpose, line)| ((*purpose).into(), (*line).into())).collect()
}

/// The top-level commands in their sections.
fn root_commands() -> Vec<(String, Vec<Row>)> {
    let row = |about: &About| Row { term: about.name.into(), text: about.summary.into() };
    let shown = |nodes: &'static [Node]| nodes.iter().map(Node::about).filter(|about| !about.hidden);
    let rows = |nodes| shown(nodes).map(row).collect::<Vec<_>>();
    let mut sections: Vec<(String, Vec<Row>)> =
        registry::SECTIONS.iter().map(|section| (section.title.into(), rows(section.nodes))).collect();
    if let Some((_, last)) = sections.last_mut() {
        last.push(row(&HELP_COMMAND));
    }
    sections
}

fn command_row(command: &Command) -> Row {
    let mut text = command.get_about().map(ToString::to_string).unwrap_or_default();
    let aliases: Vec<&str> = command.get_visible_aliases().collect();
    if !aliases.is_empty() {
        let label = if aliases.len() == 1 { "alias" } else { "aliases" };
        text = format!("{text} [{label}: {}]", aliases.join(", "));
    }
    Row { term: command.get_name().to_owned(), text }
}

fn argument_row(arg: &Arg) -> Row {
    let repeats = if arg.get_id() == HELP_WORDS { "..." } else { "" };
    Row { term: format!("<{}>{repeats}", value_name(arg)), text: text_of(arg) }
}

fn option_row(arg: &Arg) -> Row {
    let mut term = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, long) => format!("--{}", long.unwrap_or_default()),
    };
    if takes_value(arg) {
        term = format!("{term} <{}>", value_name(arg));
    }
    Row { term, text: text_of(arg) }
}

/// Whether a value has to follow; `--flag=false` of Go's flags is not shown.
fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values() && arg.get_num_args().is_none_or(|range| range.min_values() > 0)
}

fn value_name(arg: &Arg) -> String {
    match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => arg.get_id().as_str().to_uppercase().replace('-', "_"),
    }
}

fn text_of(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if takes_value(arg) && !values.is_empty() && !arg.is_hide_possible_values_set() {
        text = format!("{text}: {}", alternatives(&values));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && !arg.is_hide_default_value_set() {
        text = format!("{text} [default: {}]", defaults.join(","));
    }
    text
}

/// The values of a flag in words: `debug, info or error`.
fn alternatives(values: &[String]) -> String {
    match values {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => values.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::parser::{self, Request};

    /// The words of a command line before its pipe or redirection, as a shell splits it.
    fn split(line: &str) -> Vec<OsString> {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                c => word.push(c),
            }
        }
        words.push(word);
        let words = words.into_iter().take_while(|word| !["|", ">", ">>", "<"].contains(&word.as_str()));
        words.map(OsString::from).collect()
    }

    /// The parts of a usage line that are flags.
    fn flags(usage: &str) -> impl Iterator<Item = &str> {
        usage
            .split_whitespace()
            .map(|word| word.trim_matches(['(', ')', '[', ']']))
            .filter(|word| word.starts_with("--"))
    }

    #[test]
    fn every_command_has_examples_that_can_be_read() {
        for page in Page::all() {
            let command = page.words.join(" ");
            assert!(page.examples.len() >= 2, "{command} has {} examples", page.examples.len());
            for (_, line) in &page.examples {
                let own = line.find(&command);
                let line = own.map_or_else(|| panic!("{line:?} does not show {command}"), |at| &line[at..]);
                let words = line.split(" | ").next().unwrap_or_default().trim_end_matches(')');
                match parser::parse(split(words), None) {
                    Ok(Request::Run(chosen)) => assert_eq!(chosen.ignored(), [""; 0], "{line}"),
                    Ok(Request::Print(_) | Request::Unknown { .. }) => {
                        assert!(line.starts_with("flux help"), "{line} only shows help");
                    }
                    Err(error) => panic!("{line}: {error}"),
                }
            }
        }
    }

    #[test]
    fn usage_lines_name_options_of_the_command() {
        for page in Page::all() {
            let known =
                |flag: &str| page.options.iter().any(|row| row.term.split_whitespace().any(|it| it == flag));
            for flag in flags(&page.usage) {
                assert!(known(flag), "{}: {flag}", page.words.join(" "));
            }
        }
    }

    #[test]
    fn texts_begin_with_a_capital_and_end_without_a_period() {
        for page in Page::all() {
            let rows = [&page.arguments, &page.options, &page.global_options];
            let texts = rows.iter().flat_map(|rows| rows.iter().map(|row| &row.text));
            for text in texts.chain([&page.summary]).chain(page.examples.iter().map(|(purpose, _)| purpose)) {
                assert!(text.starts_with(char::is_uppercase), "{}: {text:?}", page.words.join(" "));
                assert!(!text.ends_with('.'), "{}: {text:?}", page.words.join(" "));
            }
        }
    }
}
