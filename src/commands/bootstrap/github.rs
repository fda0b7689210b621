//! `flux bootstrap github`.

use std::time::Duration;

use clap::Args;

use super::args::{SharedArgs, require};
use super::hosted::{self, HostedFlags};
use crate::args::Inherited;
use crate::args::values;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::Result;
use crate::forge::{GitHub, Limits, RepositoryRef, Visibility};

/// Variable with the access token.
const TOKEN_VARIABLE: &str = "GITHUB_TOKEN";

/// The arguments of `flux bootstrap github`.
#[derive(Args)]
pub struct BootstrapGitHub {
    #[command(flatten)]
    shared: Inherited<SharedArgs>,
    /// GitHub user or organization that owns the repository
    #[arg(long, value_name = "OWNER", default_value = "", hide_default_value = true)]
    owner: String,
    /// Name of the repository; created if missing
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    repository: String,
    /// Team to grant access, as NAME or NAME:LEVEL (pull, triage, push, maintain or admin); can be repeated
    #[arg(long = "team", value_delimiter = ',', value_name = "TEAM")]
    teams: Vec<String>,
    /// Treat the owner as a user instead of an organization
    #[arg(long)]
    personal: bool,
    /// Make a new repository private; if set, also applies to an existing repository [default: true]
    #[arg(long)]
    private: Option<bool>,
    /// Interval at which the cluster syncs with the repository
    #[arg(long, value_name = "DURATION", default_value = "1m0s", value_parser = values::duration)]
    interval: Duration,
    /// GitHub host, with an optional port for GitHub Enterprise
    #[arg(long, value_name = "HOST", default_value = "github.com")]
    hostname: String,
    /// Directory of the cluster in the repository
    #[arg(long, value_name = "DIR", default_value = "", hide_default_value = true)]
    path: String,
    /// Allow the deploy key to push, as image automation needs
    #[arg(long)]
    read_write_key: bool,
    /// Update the settings of an existing repository to match the flags and their defaults
    #[arg(long)]
    reconcile: bool,
}

impl Described for BootstrapGitHub {
    const ABOUT: About =
        About::new("github", "Install Flux from a GitHub repository, creating the repository if needed")
            .details(
                "Reads a personal access token from GITHUB_TOKEN or standard input, or prompts for it on a \
                 terminal. The token needs permission to create the repository and its deploy key.\n\n\
                 Run the command again to upgrade Flux, change its configuration, or finish an interrupted \
                 bootstrap.",
            )
            .usage("--owner <OWNER> --repository <NAME>")
            .examples(&[
                (
                    "Use a private repository owned by an organization",
                    "flux bootstrap github --owner=acme --repository=fleet --path=clusters/edge-1",
                ),
                (
                    "Use a repository in your own account",
                    "flux bootstrap github --owner=alice --personal --repository=fleet \
                     --path=clusters/home",
                ),
                (
                    "Use a GitHub Enterprise server, and the token instead of a deploy key",
                    "flux bootstrap github --hostname=github.example.com --owner=acme \
                     --repository=fleet --path=clusters/edge-1 --token-auth",
                ),
            ]);
}

impl Command for BootstrapGitHub {
    async fn run(self, context: &Context) -> Result<()> {
        require(
            &[("--owner", &self.owner), ("--repository", &self.repository)],
            "flux bootstrap github --owner=acme --repository=fleet --path=clusters/edge-1",
        )?;
        let request = HostedFlags {
            at: RepositoryRef::new(&self.owner, &self.repository)?,
            teams: &self.teams,
            personal: self.personal,
            visibility: self
                .private
                .map(|private| if private { Visibility::Private } else { Visibility::Public }),
            reconcile: self.reconcile,
            read_write_key: self.read_write_key,
            path: &self.path,
            interval: self.interval,
            username: &self.owner,
        };
        let token = || hosted::token(context, "GitHub", TOKEN_VARIABLE);
        let limits = Limits::within(context.settings.timeout);
        hosted::run(context, &self.shared, request, token, |token, ca, events| {
            Ok(GitHub::new(&self.hostname, token, ca, &context.environment.network, limits, events)?)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn what_is_missing_or_unusable_is_named() {
        let scene = Scene::new();
        assert_snapshot!(scene.run("flux bootstrap github"), @"
        [stderr]
        ✗ --owner and --repository are required
          hint: for example: flux bootstrap github --owner=acme --repository=fleet --path=clusters/edge-1
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux bootstrap github --owner=acme --repository=fleet"), @"
        [stderr]
        ✗ could not read the GitHub personal access token
          hint: set GITHUB_TOKEN, or pass the token on standard input
        [exit code 1]
        ");
        let scene = scene.variable("GITHUB_TOKEN", "secret-token");
        assert_snapshot!(scene.run("flux bootstrap github --owner=a/b --repository=fleet"), @r#"
        [stderr]
        ✗ failed to use the owner "a/b": not a valid name
          hint: use --owner for the owner and --repository for only the name
        [exit code 1]
        "#);
        assert_snapshot!(
            scene.run("flux bootstrap github --owner=acme --repository=fleet --team=ops:everything"),
            @r#"
        [stderr]
        ✗ failed to use the team "ops:everything": invalid permission "everything" for team "ops"
          hint: levels are pull, triage, push, maintain, admin
        [exit code 1]
        "#
        );
        assert_snapshot!(
            scene.run("flux bootstrap github --owner=acme --repository=fleet --components=source-controller"),
            @"
        [stderr]
        ✗ component kustomize-controller is required
          hint: add kustomize-controller to --components
        [exit code 1]
        "
        );
    }
}
