//! Plugins as commands: the one place where a first word that is no command of ours is looked up among them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::process::{Command as Process, Stdio};
use std::sync::LazyLock;

use clap::{Arg, Args as _, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::completion::PATIENCE;
use super::global::GlobalArgs;
use super::page::Row;
use super::registry;
use crate::commands::plugin::directory::{Directory, Plugin};
use crate::context::Environment;
use crate::error::{Error, ErrorKind};

/// Maximum number of candidates that a plugin offers.
const MOST_CANDIDATES: usize = 10_000;

/// A call of a plugin.
pub struct Call {
    plugin: Plugin,
    args: Vec<OsString>,
}

/// The call of a plugin that a command line is, the program's name first; none if the first word is a command of ours
/// or no plugin. Flags before the word are the plugin's too.
pub fn call(args: &[OsString], environment: &Environment) -> Option<Call> {
    let (at, plugin) = called(args, environment)?;
    let args = args.iter().enumerate().skip(1).filter(|(place, _)| *place != at);
    Some(Call { plugin, args: args.map(|(_, arg)| arg.clone()).collect() })
}

/// The plugin that a command line calls, and the place of its name.
fn called(args: &[OsString], environment: &Environment) -> Option<(usize, Plugin)> {
    let at = first_word(args)?;
    let plugin = Directory::of(environment)?.find(args[at].to_str()?, &registry::names())?;
    Some((at, plugin))
}

/// Place of the first word that is neither a flag nor the value of one.
pub fn first_word(args: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(arg) = args.get(at)?.to_str() {
        if !arg.starts_with('-') {
            return Some(at);
        }
        // No value follows the last argument. `flux --version` does not need the table of flags.
        if arg == "--" || at + 1 == args.len() {
            return None;
        }
        at += if takes_next(arg) { 2 } else { 1 };
    }
    None
}

/// Whether the value of a global flag is the next argument.
fn takes_next(flag: &str) -> bool {
    static WITH_VALUE: LazyLock<Vec<String>> = LazyLock::new(|| {
        let global = GlobalArgs::augment_args(Command::new("flux"));
        let with_value = global.get_arguments().filter(|arg| arg.get_action().takes_values());
        let spellings = |arg: &Arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            [long, arg.get_short().map(|short| format!("-{short}"))]
        };
        with_value.flat_map(spellings).flatten().collect()
    });
    WITH_VALUE.iter().any(|spelling| spelling == flag)
}

impl Call {
    /// Becomes the plugin: it has the arguments, the environment, the standard streams and the terminal, gets the
    /// signals, and its exit code is the process's. Returns only if it cannot be started.
    pub fn run(self) -> Error {
        let mut process = Process::new(&self.plugin.path);
        process.args(&self.args);
        let error = replace(process);
        let kind = if error.kind() == std::io::ErrorKind::NotFound {
            ErrorKind::NotFound
        } else {
            ErrorKind::Failed
        };
        let path = self.plugin.path.display();
        Error::new(kind, format!("failed to run plugin {:?} ({path}): {error}", self.plugin.name))
            .hint(format!("install it again: flux plugin install {}", self.plugin.name))
    }
}

#[cfg(unix)]
fn replace(mut process: Process) -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    process.exec()
}

#[cfg(not(unix))]
fn replace(_: Process) -> std::io::Error {
    std::io::Error::other("plugins run on Unix only")
}

fn installed(environment: &Environment) -> Vec<Plugin> {
    Directory::of(environment).map(|directory| directory.plugins(&registry::names())).unwrap_or_default()
}

/// Names of the installed plugins.
pub fn names(environment: &Environment) -> Vec<String> {
    installed(environment).into_iter().map(|plugin| plugin.name).collect()
}

/// The installed plugins as lines of the help.
pub fn rows(environment: &Environment) -> Vec<Row> {
    let row = |name: String| Row { text: summary(&name), term: name };
    names(environment).into_iter().map(row).collect()
}

fn summary(name: &str) -> String {
    format!("Run the {name} plugin")
}

/// Adds the plugins to the commands that a shell completes. If `words` call a plugin, it is all there is, with what it
/// offers itself.
pub fn with_commands(mut root: Command, words: &[OsString], environment: &Environment) -> Command {
    let command = |name: &str| Command::new(name.to_owned()).about(summary(name)).disable_help_flag(true);
    if let Some((at, plugin)) = called(words, environment) {
        // As clap_complete finds the word under the cursor.
        let index = environment.variable("_CLAP_COMPLETE_INDEX").and_then(|index| index.parse().ok());
        let index: usize = index.unwrap_or(words.len().saturating_sub(1));
        if index > at {
            let before = words.get(at + 1..index).unwrap_or_default();
            let word = words.get(index).map(OsString::as_os_str).unwrap_or_default();
            let offers = offers(&plugin, before, word);
            let root = GlobalArgs::augment_args(Command::new("flux")).disable_help_flag(true);
            return root.subcommand(with_offers(command(&plugin.name), offers));
        }
    }
    for name in names(environment) {
        root = root.subcommand(command(&name));
    }
    root
}

/// A candidate with what is said about it.
type Offer = (String, Option<String>);

fn with_offers(mut command: Command, offers: Vec<Offer>) -> Command {
    let (flags, values): (Vec<Offer>, Vec<Offer>) =
        offers.into_iter().partition(|(value, _)| value.starts_with("--") && value.len() > 2);
    // Each name once.
    let flags: BTreeMap<String, Option<String>> =
        flags.into_iter().map(|(flag, help)| (flag.trim_matches(['-', '=']).to_owned(), help)).collect();
    for (flag, help) in flags {
        command = command.arg(Arg::new(flag.clone()).long(flag).help(help.unwrap_or_default()));
    }
    let values = move || {
        let candidate = |(value, help): &Offer| {
            CompletionCandidate::new(value).help(help.as_ref().map(|help| help.clone().into()))
        };
        values.iter().map(candidate).collect()
    };
    command.arg(Arg::new(" words").num_args(0..).add(ArgValueCandidates::new(values)))
}

/// Asks a plugin to complete a word, by the protocol of cobra: `PLUGIN __complete WORDS… WORD` prints a candidate a
/// line, then a colon and a number.
fn offers(plugin: &Plugin, before: &[OsString], word: &OsStr) -> Vec<Offer> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let answer = runtime.block_on(async {
        let mut process = tokio::process::Command::new(&plugin.path);
        process.arg("__complete").args(before).arg(word).env_remove(super::completion::VARIABLE);
        process.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        tokio::time::timeout(PATIENCE, process.output()).await
    });
    let Some(output) = answer.ok().and_then(Result::ok).filter(|output| output.status.success()) else {
        return Vec::new();
    };
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn parse(answer: &str) -> Vec<Offer> {
    let lines = answer.lines().take_while(|line| !line.starts_with(':')).take(MOST_CANDIDATES);
    let visible = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("_activeHelp_"));
    lines
        .map(|line| match line.split_once('\t') {
            Some((value, help)) => (visible(value), Some(visible(help))),
            None => (visible(line), None),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_found_behind_global_flags() {
        let word = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            first_word(&args).map(|at| args[at].to_string_lossy().into_owned())
        };
        assert_eq!(word("flux demo --x").as_deref(), Some("demo"));
        assert_eq!(word("flux -n apps --context edge --verbose --token=t demo x").as_deref(), Some("demo"));
        assert_eq!(word("flux -napps --timeout=1s demo").as_deref(), Some("demo"));
        assert_eq!(word("flux --help"), None);
        assert_eq!(word("flux -- demo"), None);
        assert_eq!(word("flux"), None);
    }

    #[test]
    fn candidates_are_read_from_the_answer() {
        let found = parse("get\tShow objects\n--all\n\n_activeHelp_ x\nevil\u{1b}[2J\n:4\nnot this\n");
        let values: Vec<&str> = found.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(values, ["get", "--all", "evil[2J"]);
        assert_eq!(found[0].1.as_deref(), Some("Show objects"));
    }
}
