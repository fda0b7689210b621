//! `flux create secret git`.

use std::path::PathBuf;

use clap::Args;

use super::super::{Common, address};
use super::git_credentials::{GitCredentials, deploy_key};
use super::{Login, finish, given_secret};
use crate::args::ssh_key::SshKeyArgs;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::Result;
use crate::secret::Secret;

/// The arguments of `flux create secret git`.
#[derive(Args)]
pub struct SecretGit {
    #[command(flatten)]
    common: Common,
    /// URL of the repository: https://host/path or ssh://git@host/path
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    login: Login,
    /// Bearer token, instead of a username and a password
    #[arg(long, value_name = "TOKEN")]
    bearer_token: Option<Secret>,
    /// File with the CA certificate of the Git server
    #[arg(long, value_name = "FILE")]
    ca_crt_file: Option<PathBuf>,
    /// File with the SSH private key; --password is its passphrase [default: a generated key]
    #[arg(long, value_name = "FILE")]
    private_key_file: Option<PathBuf>,
    #[command(flatten)]
    key: SshKeyArgs,
}

impl Described for SecretGit {
    const ABOUT: About =
        About::new("git", "Create or update a Secret with the credentials of a Git repository")
            .details("For ssh:// URLs the host keys of the server are stored as well.")
            .usage("<NAME> --url <URL>")
            .examples(&[
                (
                    "Generate an SSH key",
                    "flux create secret git fleet-auth --url=ssh://git@github.com/acme/fleet",
                ),
                (
                    "Use an existing SSH key",
                    "flux create secret git fleet-auth --url=ssh://git@github.com/acme/fleet \
                     --private-key-file=./id_ed25519",
                ),
                (
                    "Use a username and a token",
                    "flux create secret git fleet-auth --url=https://github.com/acme/fleet \
                     --username=git --password=token",
                ),
            ]);
}

impl Command for SecretGit {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let url = address::check("git URL", self.url, &["https", "ssh", "http"])?;
        let bearer = given_secret(self.bearer_token);
        let ca = self.ca_crt_file.as_deref().map(|path| ("--ca-crt-file", path));
        let credentials = GitCredentials::of_flags(
            context,
            &url,
            self.login,
            bearer,
            ca,
            self.private_key_file.as_deref(),
            &self.key,
        )?;
        let credentials = credentials.required()?;
        let secret = credentials.into_secret(&context.environment, &target).await?;
        if !target.export
            && let Some(key) = deploy_key(&secret)
        {
            context.ui.generate(format!("deploy key: {key}"));
        }
        finish(&secret, context, &target, "git").await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_secret_for_https_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create secret git fleet --url=https://github.com/acme/fleet --username=git --password=token --export"), @"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: fleet
          namespace: flux-system
        stringData:
          password: token
          username: git
        ");
    }
}
