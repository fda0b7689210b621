//! Flags of a group of commands, read by each command of the group.

use clap::{ArgMatches, Args, FromArgMatches};

/// Flags that a group declares once, as a command of that group reads them. They are accepted anywhere after
/// the group's name; the command itself declares nothing.
#[derive(Debug)]
pub struct Inherited<F>(pub F);

impl<F> std::ops::Deref for Inherited<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F> std::ops::DerefMut for Inherited<F> {
    fn deref_mut(&mut self) -> &mut F {
        &mut self.0
    }
}

impl<F: FromArgMatches> FromArgMatches for Inherited<F> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        F::from_arg_matches(matches).map(Inherited)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<F: FromArgMatches> Args for Inherited<F> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command
    }
}
