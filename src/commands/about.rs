//! What help, man pages and the parser know of a command before it runs. Each command's file declares it.

use crate::kinds::{Flag, Kind, Verb};

/// The entry of a command or of a group of commands in help and man pages.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The command's word on the command line.
    pub name: &'static str,
    /// Other spellings of the name.
    pub aliases: &'static [&'static str],
    /// One line: an imperative with a capital letter and no period.
    pub summary: &'static str,
    /// Paragraphs for `--help`, separated by empty lines; empty if the summary says it all.
    pub details: &'static str,
    /// Required input, as it is written after the name: `<NAME> --url <URL> (--branch <BRANCH> | --tag <TAG>)`.
    pub usage: &'static str,
    /// Examples, the most common first.
    pub examples: &'static [Example],
    /// Whether lists of commands, completion and man pages leave it out.
    pub hidden: bool,
}

/// What a command line does, and the command line: `("List all sources", "flux get sources all")`.
pub type Example = (&'static str, &'static str);

impl About {
    /// An entry with a name and a summary.
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        About { name, aliases: &[], summary, details: "", usage: "", examples: &[], hidden: false }
    }

    /// Leaves the command out of lists.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Adds other spellings of the name.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Adds paragraphs for `--help`.
    #[must_use]
    pub const fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// Adds the required input.
    #[must_use]
    pub const fn usage(mut self, usage: &'static str) -> Self {
        self.usage = usage;
        self
    }

    /// Adds examples.
    #[must_use]
    pub const fn examples(mut self, examples: &'static [Example]) -> Self {
        self.examples = examples;
        self
    }
}

/// What a command that is not a verb declares beside its arguments.
pub trait Described: clap::Args {
    /// Its entry in help and man pages.
    const ABOUT: About;
    /// Whether positional arguments are an error. Other commands without positional arguments ignore them
    /// with a warning; flux ignores them silently.
    const REFUSES_ARGUMENTS: bool = false;
    /// Exit code of a wrong command line, if 1 has another meaning for this command.
    const USAGE_EXIT_CODE: Option<u8> = None;
    /// Kind whose objects complete the positional argument in a shell.
    const COMPLETES: Option<&'static Kind> = None;
}

/// What a verb declares beside its arguments.
pub trait DescribedVerb: clap::Args {
    /// The verb in the table of kinds.
    const VERB: Verb;
    /// Its own entry in help and man pages: `flux get`.
    const ABOUT: About;
    /// The entry of the verb with one kind, such as `flux get kustomizations`, without a name. In its texts,
    /// `{kind}` is the kind, `{kinds}` its plural, `{a kind}` the kind with its article, `{path}` its words on the command line, and `{name}` an
    /// object's name.
    const ABOUT_KIND: About;
    /// The flags that it has for some kinds only.
    const FLAGS: &'static [KindFlag] = &[];
}

/// A flag that a verb has for some kinds only.
#[derive(Debug, Clone, Copy)]
pub struct KindFlag {
    /// The flag in the table of kinds.
    pub flag: Flag,
    /// Its name, without dashes.
    pub name: &'static str,
    /// Its line in the help.
    pub help: &'static str,
}
