//! The registry: every command, group and verb as data. A new command is a line here and a file in
//! `commands`, which declares its name, its help, its arguments and what it does.

use std::future::Future;
use std::pin::Pin;

use clap::{ArgMatches, Args, Command};

use super::builder::{HELP_COMMAND, arguments};
use super::{completion, docgen};
use crate::commands::about::{About, Example, KindFlag};
use crate::commands::{self, KindCommand, KindGroup, KindsCommand, create};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{Flag, Kind, Verb};

/// A section of the command list in `flux --help`.
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its commands.
    pub nodes: &'static [Node],
}

/// The whole command line, in the order in which `flux --help` lists it.
pub static SECTIONS: &[Section] = &[
    Section {
        title: "Install Flux",
        nodes: &[
            group::<commands::bootstrap::SharedArgs>(
                commands::bootstrap::ABOUT,
                &[
                    command::<commands::bootstrap::github::BootstrapGitHub>(),
                    command::<commands::bootstrap::git::BootstrapGit>(),
                ],
            ),
            command::<commands::install::Install>(),
            command::<commands::check::Check>(),
            command::<commands::migrate::Migrate>(),
            command::<commands::uninstall::Uninstall>(),
        ],
    },
    Section {
        title: "Define objects",
        nodes: &[
            group::<create::Flags>(
                create::ABOUT,
                &[
                    command::<create::kustomization::CreateKustomization>(),
                    command::<create::helm_release::CreateHelmRelease>(),
                    group::<create::source::Flags>(
                        create::source::ABOUT,
                        &[
                            command::<create::source::git::SourceGit>(),
                            command::<create::source::oci::SourceOci>(),
                            command::<create::source::helm::SourceHelm>(),
                            command::<create::source::bucket::SourceBucket>(),
                            command::<create::source::chart::SourceChart>(),
                        ],
                    ),
                    group::<NoFlags>(
                        create::secret::ABOUT,
                        &[
                            command::<create::secret::git::SecretGit>(),
                            command::<create::secret::github_app::SecretGitHubApp>(),
                            command::<create::secret::helm::SecretHelm>(),
                            command::<create::secret::notation::SecretNotation>(),
                            command::<create::secret::oci::SecretOci>(),
                            command::<create::secret::proxy::SecretProxy>(),
                            command::<create::secret::receiver::SecretReceiver>(),
                            command::<create::secret::tls::SecretTls>(),
                        ],
                    ),
                    group::<NoFlags>(
                        create::image::ABOUT,
                        &[
                            command::<create::image::repository::ImageRepository>(),
                            command::<create::image::policy::ImagePolicy>(),
                            command::<create::image::update::ImageUpdate>(),
                        ],
                    ),
                    command::<create::alert_provider::CreateAlertProvider>(),
                    command::<create::alert::CreateAlert>(),
                    command::<create::receiver::CreateReceiver>(),
                    command::<create::tenant::CreateTenant>(),
                ],
            ),
            verb::<commands::export::Export>(),
        ],
    },
    Section {
        title: "Preview changes",
        nodes: &[
            group::<NoFlags>(
                commands::build::ABOUT,
                &[
                    command::<commands::build::kustomization::BuildKustomization>(),
                    command::<commands::build::helm_release::BuildHelmRelease>(),
                    command::<commands::build::all::BuildAll>(),
                ],
            ),
            group::<NoFlags>(
                commands::diff::ABOUT,
                &[
                    command::<commands::diff::DiffKustomization>(),
                    command::<commands::diff::helm_release::DiffHelmRelease>(),
                    command::<commands::diff::all::DiffAll>(),
                ],
            ),
            command::<commands::envsubst::Envsubst>(),
            command::<commands::test::TestAppliers>(),
            group::<NoFlags>(commands::list::ABOUT, &[command::<commands::list::images::ListImages>()]),
        ],
    },
    Section {
        title: "Inspect objects",
        nodes: &[
            command::<commands::status::ShowStatus>(),
            verb_with_all::<commands::get::Get>(),
            command::<commands::events::Events>(),
            command::<commands::logs::Logs>(),
            command::<commands::stats::Stats>(),
            command::<commands::trace::TraceObjects>(),
            group::<NoFlags>(
                commands::tree::ABOUT,
                &[
                    command::<commands::tree::kustomization::TreeKustomization>(),
                    group::<NoFlags>(
                        commands::tree::artifact::ABOUT,
                        &[command::<commands::tree::artifact::TreeArtifactGenerator>()],
                    ),
                    command::<commands::tree::operator::TreeResourceSet>(),
                    command::<commands::tree::operator::TreeFluxInstance>(),
                ],
            ),
            group::<NoFlags>(
                commands::debug::ABOUT,
                &[
                    command::<commands::debug::helm_release::DebugHelmRelease>(),
                    command::<commands::debug::kustomization::DebugKustomization>(),
                ],
            ),
        ],
    },
    Section {
        title: "Control reconciliation",
        nodes: &[
            verb_with_all::<commands::reconcile::Reconcile>(),
            verb_with_all::<commands::wait::Wait>(),
            verb::<commands::suspend::Suspend>(),
            verb::<commands::resume::Resume>(),
            verb::<commands::delete::Delete>(),
            group::<NoFlags>(
                commands::trigger::ABOUT,
                &[command::<commands::trigger::receiver::TriggerReceiver>()],
            ),
        ],
    },
    Section {
        title: "Other commands",
        nodes: &[
            group::<NoFlags>(
                completion::ABOUT,
                &[
                    command::<completion::Bash>(),
                    command::<completion::Zsh>(),
                    command::<completion::Fish>(),
                    command::<completion::PowerShell>(),
                ],
            ),
            command::<docgen::Docgen>(),
            group::<NoFlags>(
                commands::plugin::ABOUT,
                &[
                    command::<commands::plugin::install::Install>(),
                    command::<commands::plugin::list::ListPlugins>(),
                    command::<commands::plugin::search::Search>(),
                    command::<commands::plugin::uninstall::UninstallPlugin>(),
                    command::<commands::plugin::update::Update>(),
                ],
            ),
            command::<commands::version::Version>(),
        ],
    },
];

/// A word of the command line.
pub enum Node {
    /// A command that does something.
    Leaf(Leaf),
    /// A word that only holds further commands.
    Group(Group),
    /// A verb, which holds a command for each kind that takes it.
    Verb(VerbRow),
}

/// A command that is not a verb.
pub struct Leaf {
    /// Its entry in help and man pages.
    pub about: About,
    /// Adds its arguments.
    pub args: fn(Command) -> Command,
    /// As [`Described::REFUSES_ARGUMENTS`].
    pub refuses_arguments: bool,
    /// As [`Described::USAGE_EXIT_CODE`].
    pub usage_exit_code: Option<u8>,
    /// As [`Described::COMPLETES`].
    pub completes: Option<&'static Kind>,
    /// Reads its arguments and runs it.
    pub run: for<'a> fn(&'a Context, &'a ArgMatches) -> Running<'a>,
}

/// A group of commands.
pub struct Group {
    /// Its entry in help and man pages.
    pub about: About,
    /// Adds the flags that every command of the group takes.
    pub args: fn(Command) -> Command,
    /// Its commands, in the order in which help lists them.
    pub nodes: &'static [Node],
}

/// A verb on the kinds of the table.
pub struct VerbRow {
    /// The verb in the table of kinds.
    pub verb: Verb,
    /// Its entry in help and man pages.
    pub about: About,
    /// The entry of the verb with one kind, with placeholders.
    pub about_kind: About,
    /// Its flags that only some kinds have.
    pub flags: &'static [KindFlag],
    /// Adds the arguments of the verb with one kind.
    pub args: fn(Command) -> Command,
    /// Reads its arguments and runs it for one kind.
    pub run: RunKind,
    /// Runs it for all kinds of a group at once, for verbs with an `all`.
    pub run_all: Option<RunAll>,
    /// Examples of the verb with `all`, with placeholders.
    pub examples_of_all: &'static [Example],
}

/// A command at work.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Runs a verb for one kind, with the flags that only some kinds have.
pub type RunKind = for<'a> fn(&'a Context, &'static Kind, &'a [Flag], &'a ArgMatches) -> Running<'a>;

/// Runs a verb for several kinds.
pub type RunAll = for<'a> fn(&'a Context, KindGroup<'a>, &'a ArgMatches) -> Running<'a>;

/// The flags of a group that has none.
#[derive(Args)]
struct NoFlags {}

const fn command<C: commands::Command + 'static>() -> Node {
    Node::Leaf(Leaf {
        about: C::ABOUT,
        args: arguments::<C>,
        refuses_arguments: C::REFUSES_ARGUMENTS,
        usage_exit_code: C::USAGE_EXIT_CODE,
        completes: C::COMPLETES,
        run: |context, matches| Box::pin(async move { super::read::<C>(matches)?.run(context).await }),
    })
}

const fn group<F: Args>(about: About, nodes: &'static [Node]) -> Node {
    Node::Group(Group { about, args: F::augment_args, nodes })
}

const fn verb<V: KindCommand + 'static>() -> Node {
    Node::Verb(verb_row::<V>(None, &[]))
}

const fn verb_with_all<V: KindsCommand + 'static>() -> Node {
    let run_all: RunAll = |context, group, matches| {
        Box::pin(async move { super::read::<V>(matches)?.run_all(context, group).await })
    };
    Node::Verb(verb_row::<V>(Some(run_all), V::EXAMPLES_OF_ALL))
}

const fn verb_row<V: KindCommand + 'static>(
    run_all: Option<RunAll>,
    examples_of_all: &'static [Example],
) -> VerbRow {
    VerbRow {
        verb: V::VERB,
        about: V::ABOUT,
        about_kind: V::ABOUT_KIND,
        flags: V::FLAGS,
        args: V::augment_args,
        run: |context, kind, flags, matches| {
            Box::pin(async move { super::read::<V>(matches)?.run(context, kind, flags).await })
        },
        run_all,
        examples_of_all,
    }
}

impl Node {
    /// Its entry in help and man pages.
    pub fn about(&self) -> &About {
        match self {
            Node::Leaf(leaf) => &leaf.about,
            Node::Group(group) => &group.about,
            Node::Verb(verb) => &verb.about,
        }
    }
}

/// The words right below `flux`.
pub fn top_level() -> impl Iterator<Item = &'static Node> {
    SECTIONS.iter().flat_map(|section| section.nodes)
}

/// The words that are commands right below `flux`, with their other spellings.
pub fn names() -> Vec<&'static str> {
    let words = |about: &About| std::iter::once(about.name).chain(about.aliases.iter().copied());
    let mut names: Vec<&str> = top_level().flat_map(|node| words(node.about())).collect();
    names.push(HELP_COMMAND.name);
    names
}

/// The node that the first words of a command line name, and the words that are left: those below a verb.
pub fn find<'w, 's>(words: &'w [&'s str]) -> Option<(&'static Node, &'w [&'s str])> {
    let (first, mut rest) = words.split_first()?;
    let mut node = top_level().find(|node| node.about().name == *first)?;
    while let Node::Group(group) = node
        && let Some((word, below)) = rest.split_first()
    {
        node = group.nodes.iter().find(|node| node.about().name == *word)?;
        rest = below;
    }
    (rest.is_empty() || matches!(node, Node::Verb(_))).then_some((node, rest))
}

/// The leaf that the words of a command line name.
pub fn leaf(words: &[&str]) -> Option<&'static Leaf> {
    match find(words)? {
        (Node::Leaf(leaf), _) => Some(leaf),
        _ => None,
    }
}
