//! `flux create secret`, and the Secrets that other commands create.

pub mod git;
pub mod git_credentials;
pub mod github_app;
pub mod helm;
pub mod helm_credentials;
pub mod notation;
pub mod oci;
pub mod proxy;
pub mod receiver;
pub mod tls;

use std::path::Path;

use clap::Args;

use super::Target;
use crate::commands::about::About;
use crate::commands::secret_manifest::SecretManifest;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::{Input, Manifest, Report};
use crate::secret::Secret;
use crate::{pem, user_file};

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("secret", "Create or update a Secret with credentials for Flux")
    .examples(&[
        (
            "Generate an SSH key for a Git repository",
            "flux create secret git fleet-auth --url=ssh://git@github.com/acme/fleet",
        ),
        (
            "Store the credentials of a container registry",
            "flux create secret oci ghcr-auth --url=ghcr.io --username=flux --password=token",
        ),
    ]);

/// User and password, as flags.
#[derive(Args)]
pub struct Login {
    /// Username for basic authentication
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// Password or token; prompted for on a terminal if missing
    #[arg(short, long, value_name = "PASSWORD")]
    password: Option<Secret>,
}

impl Login {
    /// Whether any flag is given.
    pub fn is_given(&self) -> bool {
        self.username.as_ref().is_some_and(|name| !name.is_empty())
            || self.password.as_ref().is_some_and(|password| !password.is_empty())
    }

    /// Returns user and password; `None` if neither is given. A missing password is asked for.
    fn complete(self, context: &Context) -> Result<Option<(String, Secret)>> {
        let (username, password) = (super::given(self.username), given_secret(self.password));
        match (username, password) {
            (None, None) => Ok(None),
            (Some(username), Some(password)) => Ok(Some((username, password))),
            (Some(username), None) => {
                let asked = if context.ui.is_interactive() {
                    context.ui.secret(&format!("Password of {username}"))?
                } else {
                    None
                };
                let password = asked.ok_or_else(|| {
                    Error::usage("--password is required")
                        .hint("add --password, or run the command on a terminal to be prompted for it")
                })?;
                Ok(Some((username, password)))
            }
            (None, Some(_)) => Err(Error::required("--username", "--username=flux")),
        }
    }
}

/// Starts the Secret of a `create` command: name, namespace and labels come from its flags.
fn manifest(target: &Target, kind: Option<&'static str>, owned: &'static [&'static str]) -> SecretManifest {
    SecretManifest::new(&target.namespace, &target.name, kind, owned).labeled(&target.labels)
}

/// The Secret of an S3 bucket.
pub fn of_bucket(target: &Target, access_key: Secret, secret_key: Secret) -> SecretManifest {
    manifest(target, None, &["accesskey", "secretkey"])
        .with_secret("accesskey", access_key)
        .with_secret("secretkey", secret_key)
}

/// Prints or applies the Secret, as the flags ask. `what` names it in the message: `git` for `git secret`.
async fn finish(secret: &SecretManifest, context: &Context, target: &Target, what: &str) -> Result<()> {
    if target.export {
        let report = Report::new(&context.ui);
        report.object(&Manifest::of(&secret.to_value()))?;
        // flux ends a Secret with an empty line.
        return Ok(report.empty_line()?);
    }
    secret.apply(context.cluster().await?).await?;
    let (name, namespace) = (secret.name(), secret.namespace());
    context.ui.action(format!("{what} secret '{name}' created in '{namespace}' namespace"));
    Ok(())
}

/// The value of a flag; an empty one counts as not given.
pub fn given_secret(flag: Option<Secret>) -> Option<Secret> {
    flag.filter(|value| !value.is_empty())
}

/// Reads the file of a flag, which must contain a certificate in PEM form.
fn read_certificate(input: &Input, flag: &str, path: &Path) -> Result<String> {
    let text = user_file::read_text(input, path, "certificate", flag)?;
    if let Some(what) = pem::not_a_certificate(text.as_bytes()) {
        return Err(Error::usage(format!("{} ({flag}) contains no certificate: {what}", path.display()))
            .hint("use a file in PEM format, which begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(text)
}
