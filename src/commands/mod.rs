//! One file per verb or command: its arguments and what it does.
//!
//! A command reads its arguments, asks the layers below and hands data to the output. It never
//! calls a sibling; what two of them share moves down.

pub mod bootstrap;
pub mod check;
pub mod component_args;
pub mod get;
pub mod install;
pub mod uninstall;
pub mod version;

use crate::context::Context;
use crate::error::Result;

/// A command that stands for itself, as against a verb on a kind.
pub trait Command: clap::Args {
    /// Does what the command says.
    fn run(self, context: &Context) -> impl Future<Output = Result<()>>;
}
