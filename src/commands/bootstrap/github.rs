//! `flux bootstrap github`.

use std::time::Duration;

use clap::Args;

use super::args::SharedArgs;
use super::forge::{self, Request};
use crate::cli::values;
use crate::commands::{Command, Inherited};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::forge::{GitHub, Limits, RepositoryRef};

/// Variable with the access token.
const TOKEN_VARIABLE: &str = "GITHUB_TOKEN";

/// The arguments of `flux bootstrap github`.
#[derive(Args)]
pub struct BootstrapGitHub {
    #[command(flatten)]
    shared: Inherited<SharedArgs>,
    /// The GitHub user or organization that owns the repository
    #[arg(long, default_value = "", hide_default_value = true)]
    owner: String,
    /// The repository's name; it is made if it is not there
    #[arg(long, default_value = "", hide_default_value = true)]
    repository: String,
    /// A team, as NAME or NAME:LEVEL with the level pull, triage, push, maintain or admin; maintain
    /// without one
    #[arg(long = "team", value_delimiter = ',', value_name = "TEAM")]
    teams: Vec<String>,
    /// The owner is a user rather than an organization
    #[arg(long)]
    personal: bool,
    /// The repository is private; given expressly, a repository that is there is changed too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = values::boolean)]
    private: Option<bool>,
    /// How often the cluster looks at the repository
    #[arg(long, default_value = "1m0s", value_parser = values::duration)]
    interval: Duration,
    /// GitHub's host; of GitHub Enterprise with its port where it has one
    #[arg(long, default_value = "github.com")]
    hostname: String,
    /// The path in the repository that the cluster follows
    #[arg(long, default_value = "", hide_default_value = true)]
    path: String,
    /// Let the deploy key write too, as image automation needs
    #[arg(long)]
    read_write_key: bool,
    /// Change a repository that is there to what the flags say, defaults included
    #[arg(long)]
    reconcile: bool,
}

impl Command for BootstrapGitHub {
    async fn run(self, context: &Context) -> Result<()> {
        for (flag, value) in [("--owner", &self.owner), ("--repository", &self.repository)] {
            if value.is_empty() {
                return Err(Error::usage(format!("{flag} is required")).hint(
                    "for example: flux bootstrap github --owner=acme --repository=fleet --path=clusters/edge",
                ));
            }
        }
        let request = Request {
            at: RepositoryRef::new(&self.owner, &self.repository)?,
            teams: &self.teams,
            personal: self.personal,
            private: self.private,
            reconcile: self.reconcile,
            read_write_key: self.read_write_key,
            path: &self.path,
            interval: self.interval,
            username: &self.owner,
        };
        let token = || forge::token(context, "GitHub", TOKEN_VARIABLE);
        let limits = Limits::within(context.settings.timeout);
        forge::run(context, &self.shared, request, token, |token, ca, events| {
            Ok(GitHub::new(&self.hostname, token, ca, &context.environment.network, limits, events)?)
        })
        .await
    }
}
