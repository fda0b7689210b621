//! Shell completion: the scripts that shells load, and the answers that those ask for.
//!
//! The scripts hold no commands of their own: they call this program back, with [`VARIABLE`] set, for
//! every completion. So flags are never out of date, and names of objects, namespaces and contexts come
//! from the cluster that the command line means.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, Args, Command, FromArgMatches};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;

use super::global::GlobalArgs;
use super::{builder, plugins, registry, verbs};
use crate::clock::Clock;
use crate::cluster::{self, Cluster, ListSelector};
use crate::commands;
use crate::commands::about::{About, Described};
use crate::context::{Context, Environment, Settings};
use crate::error::{Error, Result};
use crate::event::Events;
use crate::object::Resource;
use crate::output::Report;

/// The environment variable by which a shell's script asks; its value is the shell's name.
pub const VARIABLE: &str = "FLUX_COMPLETE";

/// A cluster or plugin that answers later than this has nothing to offer: somebody waits at the prompt.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The script for a shell: bash, zsh, fish or powershell.
pub fn script(shell: &str) -> Result<String> {
    let shells = Shells::builtins();
    let known = shells.completer(shell).ok_or_else(|| unknown(shell))?;
    let mut script = Vec::new();
    known.write_registration(VARIABLE, "flux", "flux", "flux", &mut script)?;
    String::from_utf8(script).map_err(|error| Error::failed(error.to_string()))
}

fn unknown(shell: &str) -> Error {
    Error::usage(format!("no completion for the shell {shell:?}")).hint("use bash, zsh, fish or powershell")
}

/// What a shell's script is told: the candidates for the word under the cursor, in the shell's own form.
/// `args` are the program's name, `--` and the words of the command line.
pub fn answer(shell: &str, args: Vec<OsString>, environment: &Environment) -> Result<String> {
    let shells = Shells::builtins();
    let known = shells.completer(shell).ok_or_else(|| unknown(shell))?;
    let words: Vec<OsString> = args.into_iter().skip_while(|word| word != "--").skip(1).collect();
    let live = Arc::new(Live::of(&words, environment));
    let mut root = plugins::with_commands(builder::root(), &words, environment);
    root.build();
    let mut root = with_candidates(root, &mut Vec::new(), &live);
    let mut answer = Vec::new();
    known.write_complete(&mut root, words, None, &mut answer)?;
    String::from_utf8(answer).map_err(|error| Error::failed(error.to_string()))
}

/// Attaches what the cluster knows to the arguments that name it.
fn with_candidates(command: Command, path: &mut Vec<String>, live: &Arc<Live>) -> Command {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let kind = verbs::kind_of(&words).or_else(|| registry::leaf(&words)?.completes);
    let command = command.mut_args(|arg| {
        let live = Arc::clone(live);
        match (arg.get_id().as_str(), kind) {
            ("namespace", _) => candidates(arg, move || live.namespaces()),
            ("context", _) => candidates(arg, move || live.contexts()),
            ("installed_plugin", _) => candidates(arg, move || live.plugins.clone()),
            (_, Some(kind)) if arg.is_positional() => {
                candidates(arg, move || live.names(&Resource::from(kind), true))
            }
            _ => arg,
        }
    });
    command.mut_subcommands(|inner| {
        path.push(inner.get_name().to_owned());
        let inner = with_candidates(inner, path, live);
        path.pop();
        inner
    })
}

fn candidates(arg: Arg, names: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Arg {
    arg.add(ArgValueCandidates::new(move || names().into_iter().map(CompletionCandidate::new).collect()))
}

/// The cluster that an unfinished command line means. Whatever goes wrong with it means no candidates: an
/// error has no place in a prompt.
struct Live {
    settings: Option<Settings>,
    /// Names of installed plugins.
    plugins: Vec<String>,
}

impl Live {
    fn of(words: &[OsString], environment: &Environment) -> Self {
        let flags = GlobalArgs::augment_args(Command::new("flux"));
        let given = global_flags(&flags, words);
        let matches = flags.no_binary_name(true).args_override_self(true).try_get_matches_from(given);
        let args = matches.ok().and_then(|matches| GlobalArgs::from_arg_matches(&matches).ok());
        let settings = args.and_then(|args| args.settings(environment).ok()).map(|mut settings| {
            settings.connection.timeout = PATIENCE;
            settings
        });
        Live { settings, plugins: plugins::names(environment) }
    }

    fn contexts(&self) -> Vec<String> {
        self.settings
            .as_ref()
            .map(|settings| cluster::kubeconfig::context_names(&settings.connection))
            .unwrap_or_default()
    }

    fn namespaces(&self) -> Vec<String> {
        self.names(&Resource::NAMESPACE, false)
    }

    fn names(&self, resource: &Resource, namespaced: bool) -> Vec<String> {
        let Some(settings) = &self.settings else { return Vec::new() };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return Vec::new();
        };
        let selector =
            ListSelector { namespace: namespaced.then_some(&settings.namespace), ..ListSelector::default() };
        let listed = runtime.block_on(async {
            let list = async {
                let cluster =
                    Cluster::connect(&settings.connection, Clock::system(), Events::default()).await?;
                cluster.names(resource, &selector).await
            };
            tokio::time::timeout(PATIENCE, list).await
        });
        listed.ok().and_then(Result::ok).unwrap_or_default()
    }
}

/// The global flags with a value, out of a command line that may be unfinished.
fn global_flags(flags: &Command, words: &[OsString]) -> Vec<String> {
    let valued = |name: &str| {
        flags.get_arguments().any(|arg| {
            let known = name.strip_prefix("--").map_or_else(
                || arg.get_short().is_some_and(|short| name == format!("-{short}")),
                |long| arg.get_long() == Some(long),
            );
            known && arg.get_action().takes_values()
        })
    };
    let mut given = Vec::new();
    let mut words = words.iter().filter_map(|word| word.to_str()).skip(1).peekable();
    while let Some(word) = words.next() {
        if word.split_once('=').is_some_and(|(name, value)| valued(name) && !value.is_empty()) {
            given.push(word.to_owned());
        } else if valued(word)
            && let Some(value) = words.next_if(|value| !value.is_empty() && !value.starts_with('-'))
        {
            given.extend([word.to_owned(), value.to_owned()]);
        }
    }
    given
}

/// The entry of `flux completion` in help and man pages.
pub const ABOUT: About = About::new("completion", "Print the completion script for a shell").examples(&[
    ("Load completions in bash", "flux completion bash > ~/.local/share/bash-completion/completions/flux"),
    ("Load completions in zsh", "flux completion zsh > ~/.zfunc/_flux"),
]);

/// Declares the command that prints the script of a shell.
macro_rules! shells {
    ($($name:ident: $shell:literal, $title:literal, $now:literal, $file:literal;)*) => {$(
        #[doc = concat!("The arguments of `flux completion ", $shell, "`: none.")]
        #[derive(Debug, Args)]
        pub struct $name {}

        impl Described for $name {
            const ABOUT: About = About::new($shell, concat!("Print the completion script for ", $title))
                .details("The script calls flux for every completion, so flags always match the installed \
                    version and object names come from the cluster.")
                .examples(&[
                    (concat!("Load completions in the current session of ", $title), $now),
                    ("Load completions in every new session", $file),
                ]);
        }

        impl commands::Command for $name {
            async fn run(self, context: &Context) -> Result<()> {
                Ok(Report::new(&context.ui).document(&script($shell)?)?)
            }
        }
    )*};
}

shells! {
    Bash: "bash", "bash", "source <(flux completion bash)",
        "flux completion bash > ~/.local/share/bash-completion/completions/flux";
    Zsh: "zsh", "zsh", "source <(flux completion zsh)", "flux completion zsh > ~/.zfunc/_flux";
    Fish: "fish", "fish", "flux completion fish | source",
        "flux completion fish > ~/.config/fish/completions/flux.fish";
    PowerShell: "powershell", "PowerShell", "flux completion powershell | Out-String | Invoke-Expression",
        "flux completion powershell >> $PROFILE";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_asks_this_program() {
        let script = crate::testing::Scene::offline().run("flux completion fish");
        insta::assert_snapshot!(script, @r#"complete --keep-order --exclusive --command flux --arguments "(FLUX_COMPLETE=fish flux -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))""#);
    }

    #[test]
    fn flags_are_found_in_an_unfinished_line() {
        let flags = GlobalArgs::augment_args(Command::new("flux"));
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let found = |line: &str| global_flags(&flags, &words(line)).join(" ");
        assert_eq!(found("flux get ks -n apps --context=edge "), "-n apps --context=edge");
        assert_eq!(found("flux get ks --no-header --kubeconfig /x --namespace "), "--kubeconfig /x");
        assert_eq!(found("flux get ks -n -A --context="), "");
    }
}
