//! `flux create secret githubapp`.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::super::{Common, given};
use super::{finish, manifest};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::pem::{self, Block};
use crate::secret::Secret;
use crate::user_file;

/// The keys of such a Secret.
const KEYS: &[&str] = &[
    "githubAppBaseURL",
    "githubAppID",
    "githubAppInstallationID",
    "githubAppInstallationOwner",
    "githubAppPrivateKey",
];

/// The arguments of `flux create secret githubapp`.
#[derive(Args)]
pub struct SecretGitHubApp {
    #[command(flatten)]
    common: Common,
    /// ID of the GitHub App
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,
    /// Organization or user that the App is installed for
    #[arg(long, value_name = "NAME")]
    app_installation_owner: Option<String>,
    /// ID of the installation, instead of its owner
    #[arg(long, value_name = "ID")]
    app_installation_id: Option<String>,
    /// File with the private key of the App
    #[arg(long, value_name = "FILE")]
    app_private_key: Option<PathBuf>,
    /// API address of GitHub Enterprise, such as https://github.example.com/api/v3
    #[arg(long, value_name = "URL")]
    app_base_url: Option<String>,
}

impl Described for SecretGitHubApp {
    const ABOUT: About = About::new("githubapp", "Create or update a Secret with the key of a GitHub App")
        .usage(
            "<NAME> --app-id <ID> --app-private-key <FILE> (--app-installation-owner <NAME> \
             | --app-installation-id <ID>)",
        )
        .examples(&[
            (
                "Use an App installed for an organization",
                "flux create secret githubapp fleet-auth --app-id=1 \
                 --app-installation-owner=acme --app-private-key=./app.pem",
            ),
            (
                "Use an App on GitHub Enterprise",
                "flux create secret githubapp fleet-auth --app-id=1 --app-installation-id=2 \
                 --app-private-key=./app.pem --app-base-url=https://github.example.com/api/v3",
            ),
        ]);
}

impl Command for SecretGitHubApp {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let id = given(self.app_id).ok_or_else(|| Error::required("--app-id", "--app-id=123456"))?;
        let (owner, installation) = (given(self.app_installation_owner), given(self.app_installation_id));
        if owner.is_some() == installation.is_some() {
            return Err(Error::usage(
                "exactly one of githubAppInstallationOwner or githubAppInstallationID must be provided",
            )
            .hint("use either --app-installation-owner or --app-installation-id"));
        }
        let base = given(self.app_base_url);
        if base.as_deref().is_some_and(|base| !Url::parse(base).is_ok_and(|url| url.has_host())) {
            return Err(Error::usage("invalid --app-base-url: it is not a URL with a host")
                .hint("write it as https://HOST/api/v3"));
        }
        let path = self
            .app_private_key
            .filter(|path| !path.as_os_str().is_empty())
            .ok_or_else(|| Error::required("--app-private-key", "--app-private-key=./app.private-key.pem"))?;
        let key = user_file::read_text(context.ui.input(), &path, "private key", "--app-private-key")?;
        if !pem::blocks(key.as_bytes()).iter().any(Block::is_private_key) {
            return Err(Error::usage(format!(
                "{} (--app-private-key) contains no private key",
                path.display()
            ))
            .hint("use the private key file that GitHub generated for the App"));
        }
        let mut secret = manifest(&target, Some("Opaque"), KEYS)
            .with("githubAppID", id)
            .with_secret("githubAppPrivateKey", Secret::new(key));
        let rest = [
            ("githubAppInstallationOwner", owner),
            ("githubAppInstallationID", installation),
            ("githubAppBaseURL", base),
        ];
        for (key, value) in rest {
            if let Some(value) = value {
                secret = secret.with(key, value);
            }
        }
        finish(&secret, context, &target, "githubapp").await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_secret_for_a_github_app_is_exported() {
        assert_snapshot!(Scene::offline().file("key.pem", "key\n").run("flux create secret githubapp app --app-id=1 --app-installation-id=2 --app-private-key=[dir]/key.pem --export"), @"
        [stderr]
        ✗ [dir]/key.pem (--app-private-key) contains no private key
          hint: use the private key file that GitHub generated for the App
        [exit code 1]
        ");
    }
}
