//! The command tree: fixed commands from a table of their own, verbs on kinds from the table of
//! kinds. Subcommands are filled in only when the command line enters them, which keeps start-up
//! short.

use std::ffi::OsString;
use std::future::Future;
use std::pin::Pin;

use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::global::GlobalArgs;
use super::go_flags::{adapt, drop_empty_paths};
use super::{Request, complete, matrix};
use crate::commands::{self, create};
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
    /// Whether arguments beside flags are an error; elsewhere they are passed over, as flux does.
    refuses_arguments: bool,
    /// The exit code of a wrong command line, where 1 has a meaning of its own.
    misuse: Option<u8>,
    run: for<'a> fn(&'a Context, &'a ArgMatches) -> Running<'a>,
}

/// A command at work.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A command that holds others.
struct Group {
    path: &'static [&'static str],
    about: &'static str,
    /// The flags that every command below takes.
    args: fn(Command) -> Command,
}

const fn group(path: &'static [&'static str], about: &'static str) -> Group {
    Group { path, about, args: std::convert::identity }
}

const fn leaf<C: commands::Command + 'static>(path: &'static [&'static str], about: &'static str) -> Leaf {
    Leaf {
        path,
        aliases: &[],
        about,
        args: arguments::<C>,
        refuses_arguments: false,
        misuse: None,
        run: run_leaf::<C>,
    }
}

fn run_leaf<'a, C: commands::Command + 'static>(
    context: &'a Context,
    matches: &'a ArgMatches,
) -> Running<'a> {
    Box::pin(async move { super::read::<C>(matches)?.run(context).await })
}

impl Group {
    const fn flags<A: Args>(mut self) -> Group {
        self.args = A::augment_args;
        self
    }
}

impl Leaf {
    const fn aliases(mut self, aliases: &'static [&'static str]) -> Leaf {
        self.aliases = aliases;
        self
    }

    const fn misuse(mut self, code: u8) -> Leaf {
        self.misuse = Some(code);
        self
    }

    const fn refuses_arguments(mut self) -> Leaf {
        self.refuses_arguments = true;
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
    leaf::<commands::build::BuildKustomization>(
        &["build", "kustomization"],
        "Print the objects that a Flux Kustomization renders from a folder",
    )
    .aliases(&["ks"]),
    leaf::<commands::diff::DiffKustomization>(
        &["diff", "kustomization"],
        "Show what applying a folder by a Flux Kustomization would change in the cluster",
    )
    .aliases(&["ks"])
    .misuse(commands::diff::TROUBLE),
    leaf::<commands::envsubst::Envsubst>(
        &["envsubst"],
        "Fill the environment's variables into a text, as Flux does after a build",
    )
    .refuses_arguments(),
    leaf::<commands::check::Check>(&["check"], "Check the cluster and the Flux in it").refuses_arguments(),
    leaf::<commands::install::Install>(&["install"], "Install or upgrade Flux, without a repository")
        .refuses_arguments(),
    leaf::<commands::uninstall::Uninstall>(
        &["uninstall"],
        "Take Flux and its definitions out of the cluster",
    )
    .refuses_arguments(),
    leaf::<commands::version::Version>(
        &["version"],
        "Print the version of this command and of the Flux in the cluster",
    ),
    leaf::<complete::Bash>(
        &["completion", "bash"],
        "Print the completion for bash; load it by: source <(flux completion bash)",
    ),
    leaf::<complete::Zsh>(
        &["completion", "zsh"],
        "Print the completion for zsh; load it by: source <(flux completion zsh)",
    ),
    leaf::<complete::Fish>(
        &["completion", "fish"],
        "Print the completion for fish; load it by: flux completion fish | source",
    ),
    leaf::<complete::PowerShell>(
        &["completion", "powershell"],
        "Print the completion for PowerShell; load it by: flux completion powershell | Out-String | Invoke-Expression",
    ),
    leaf::<create::source::git::SourceGit>(
        &["create", "source", "git"],
        "Create or update a GitRepository: a branch, tag or commit as a source",
    ),
    leaf::<create::source::helm::SourceHelm>(
        &["create", "source", "helm"],
        "Create or update a HelmRepository: an index or a registry of charts as a source",
    ),
    leaf::<create::source::oci::SourceOci>(
        &["create", "source", "oci"],
        "Create or update an OCIRepository: an artifact in a registry as a source",
    ),
    leaf::<create::source::bucket::SourceBucket>(
        &["create", "source", "bucket"],
        "Create or update a Bucket: files in an object storage as a source",
    ),
    leaf::<create::source::chart::SourceChart>(
        &["create", "source", "chart"],
        "Create or update a HelmChart: one chart, fetched for others to use",
    ),
    leaf::<create::kustomization::CreateKustomization>(
        &["create", "kustomization"],
        "Create or update a Kustomization: manifests of a source, applied and kept so",
    )
    .aliases(&["ks"]),
    leaf::<create::helm_release::CreateHelmRelease>(
        &["create", "helmrelease"],
        "Create or update a HelmRelease: a chart, installed with values and kept up to date",
    )
    .aliases(&["hr"]),
    leaf::<create::image::repository::ImageRepository>(
        &["create", "image", "repository"],
        "Create or update an ImageRepository: a container image whose tags are read",
    ),
    leaf::<create::image::policy::ImagePolicy>(
        &["create", "image", "policy"],
        "Create or update an ImagePolicy: which of the tags is the one to run",
    ),
    leaf::<create::image::update::ImageUpdate>(
        &["create", "image", "update"],
        "Create or update an ImageUpdateAutomation: commits chosen tags to Git",
    ),
    leaf::<create::secret::git::SecretGit>(
        &["create", "secret", "git"],
        "Create or update a Secret with the credentials of a Git repository",
    ),
    leaf::<create::secret::helm::SecretHelm>(
        &["create", "secret", "helm"],
        "Create or update a Secret with the credentials of a chart repository",
    ),
    leaf::<create::secret::oci::SecretOci>(
        &["create", "secret", "oci"],
        "Create or update a Secret with the credentials of a registry",
    ),
    leaf::<create::secret::tls::SecretTls>(
        &["create", "secret", "tls"],
        "Create or update a Secret with certificates",
    ),
    leaf::<create::secret::proxy::SecretProxy>(
        &["create", "secret", "proxy"],
        "Create or update a Secret with a proxy's address and credentials",
    ),
    leaf::<create::secret::github_app::SecretGitHubApp>(
        &["create", "secret", "githubapp"],
        "Create or update a Secret with the key of a GitHub App",
    ),
    leaf::<create::secret::notation::SecretNotation>(
        &["create", "secret", "notation"],
        "Create or update a Secret with what Notation trusts",
    ),
    leaf::<create::secret::receiver::SecretReceiver>(
        &["create", "secret", "receiver"],
        "Create or update a Secret with the token of a Receiver",
    ),
    leaf::<create::alert::CreateAlert>(
        &["create", "alert"],
        "Create or update an Alert: whose events are sent where",
    ),
    leaf::<create::alert_provider::CreateAlertProvider>(
        &["create", "alert-provider"],
        "Create or update a Provider: where events are sent to",
    ),
    leaf::<create::receiver::CreateReceiver>(
        &["create", "receiver"],
        "Create or update a Receiver: a webhook that has objects reconciled",
    ),
    leaf::<create::tenant::CreateTenant>(
        &["create", "tenant"],
        "Create or update a tenant: namespaces, and an account that acts in them alone",
    ),
];

/// The groups of those commands.
const GROUPS: &[Group] = &[
    group(&["bootstrap"], "Install Flux by a repository that the cluster then follows")
        .flags::<commands::bootstrap::SharedArgs>(),
    group(&["build"], "Show what Flux would apply"),
    group(&["diff"], "Show what would change"),
    group(&["completion"], "Print what a shell needs to complete commands"),
    group(&["create"], "Create or update objects, or print them as YAML").flags::<create::Flags>(),
    group(&["create", "source"], "Create or update sources").flags::<create::source::Flags>(),
    group(&["create", "image"], "Create or update objects of the image automation"),
    group(&["create", "secret"], "Create or update Secrets as Flux reads them"),
];

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
    if let Some(own) = GROUPS.iter().find(|own| own.path == path) {
        group = with_group_flags(group, own);
    }
    for inner in GROUPS.iter().filter(|inner| below(inner.path)) {
        let name = inner.path[path.len()];
        group = group.subcommand(fill_below(holder(name, inner.about.into()), inner.path));
    }
    for leaf in LEAVES.iter().filter(|leaf| below(leaf.path)) {
        group = group.subcommand(command(leaf));
    }
    group
}

/// Where help begins to list the flags of groups: after any command's own.
const GROUP_FLAGS: usize = 500;

/// The flags of a group, accepted anywhere after it.
fn with_group_flags(mut command: Command, group: &Group) -> Command {
    for (place, arg) in (group.args)(Command::new("flags")).get_arguments().enumerate() {
        // Shown after the flags of the command itself.
        let place = GROUP_FLAGS + group.path.len() * 10 + place;
        command = command.arg(adapt(arg.clone()).global(true).display_order(place));
    }
    command
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
    finish(args(make_room(command, args)).about(about).long_about(None))
}

/// A command's own flag goes before a global one of the same name, as in flux (`--token` of a Receiver's
/// Secret): the global one gets another name there, which nobody sees.
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

/// What every command that does something gets beside its own arguments.
fn finish(command: Command) -> Command {
    let command = command.args_override_self(true).mut_args(adapt);
    if command.get_positionals().next().is_some() {
        return command;
    }
    command.arg(Arg::new(IGNORED).num_args(0..).hide(true))
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

    /// An error about the command line, with the exit code that the command has for it.
    pub fn misuse(&self, error: Error) -> Error {
        match self.action {
            Action::Fixed(Leaf { misuse: Some(code), .. }) => error.code(*code),
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

/// The names of the commands that the matches lead through; leaves those of the innermost.
fn descend(matches: &mut ArgMatches) -> Vec<String> {
    let mut path = Vec::new();
    while let Some((name, inner)) = matches.remove_subcommand() {
        path.push(name);
        *matches = inner;
    }
    path
}

/// An error about a command line that could not be read, with the exit code that its command has for it.
pub fn misuse(error: Error, args: &[OsString]) -> Error {
    let Ok(mut matches) = root().ignore_errors(true).try_get_matches_from(args) else { return error };
    let path = descend(&mut matches);
    match LEAVES.iter().find(|leaf| leaf.path == path).and_then(|leaf| leaf.misuse) {
        Some(code) => error.code(code),
        None => error,
    }
}

/// What the matches ask for.
pub fn choose(root: &mut Command, mut matches: ArgMatches) -> Result<Request> {
    let path = descend(&mut matches);
    drop_empty_paths(&mut matches);
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    if let Some(leaf) = LEAVES.iter().find(|leaf| leaf.path == words) {
        if let Some(extra) = ignored(&matches).next().filter(|_| leaf.refuses_arguments) {
            return Err(Error::usage(format!("unknown command {extra:?} for \"flux {}\"", words.join(" ")))
                .hint("this command takes flags only; add --help to see them"));
        }
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
