//! `flux create image update`.

use clap::Args;

use super::super::{Common, apply, export, given, names};
use super::template;
use crate::api::{
    AutomationSource, AutomationSourceKind, CommitSpec, CommitUser, GitCheckout, GitRepositoryRef, GitSpec,
    ImageUpdateAutomationSpec, LocalReference, PushSpec, SigningKey, SigningKeyType, UpdateStrategy,
    UpdateStrategyName,
};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::IMAGE_UPDATE_AUTOMATION;

/// The arguments of `flux create image update`.
#[derive(Args)]
pub struct ImageUpdate {
    #[command(flatten)]
    common: Common,
    /// GitRepository to commit to
    #[arg(long, value_name = "NAME")]
    git_repo_ref: Option<String>,
    /// Namespace of the GitRepository [default: the namespace of the object]
    #[arg(long, value_name = "NAME")]
    git_repo_namespace: Option<String>,
    /// Directory with the manifests to update [default: the whole repository]
    #[arg(long, value_name = "DIR")]
    git_repo_path: Option<String>,
    /// Branch to check out
    #[arg(long, value_name = "BRANCH")]
    checkout_branch: Option<String>,
    /// Branch to push to [default: the value of --checkout-branch]
    #[arg(long, value_name = "BRANCH")]
    push_branch: Option<String>,
    /// Author name for commits
    #[arg(long, value_name = "NAME")]
    author_name: Option<String>,
    /// Author email address for commits
    #[arg(long, value_name = "ADDRESS")]
    author_email: Option<String>,
    /// Go template for the commit message, such as 'Update {{range .Changed.Changes}}{{.NewValue}}{{end}}'
    #[arg(long, value_name = "TEMPLATE")]
    commit_template: Option<String>,
    /// Secret with the key to sign commits
    #[arg(long, value_name = "NAME")]
    signing_key_secret: Option<String>,
    /// Type of the signing key: gpg or ssh [default: gpg]
    #[arg(long, value_name = "TYPE")]
    signing_key_type: Option<String>,
}

impl Described for ImageUpdate {
    const ABOUT: About = About::new("update", "Create or update an ImageUpdateAutomation")
        .details(
            "An ImageUpdateAutomation writes the tags that ImagePolicies select to \
             manifests in Git.",
        )
        .usage(
            "<NAME> --git-repo-ref <NAME> --checkout-branch <BRANCH> --author-name <NAME> \
             --author-email <ADDRESS>",
        )
        .examples(&[
            (
                "Commit new image tags to a branch",
                "flux create image update fleet --git-repo-ref=fleet \
                 --git-repo-path=./clusters/edge-1 --checkout-branch=main --author-name=flux \
                 --author-email=flux@example.com",
            ),
            (
                "Push the commits to a separate branch",
                "flux create image update fleet --git-repo-ref=fleet --checkout-branch=main \
                 --push-branch=image-updates --author-name=flux --author-email=flux@example.com",
            ),
        ]);
}

impl Command for ImageUpdate {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;

        let required = |value: Option<String>, flag: &str, example: &str| {
            given(value).ok_or_else(|| Error::required(flag, format!("{flag}={example}")))
        };
        let name = names::reference("--git-repo-ref", self.git_repo_ref)?
            .ok_or_else(|| Error::required("--git-repo-ref", "--git-repo-ref=flux-system"))?;
        let namespace = names::namespace("--git-repo-namespace", self.git_repo_namespace)?;
        let branch = required(self.checkout_branch, "--checkout-branch", "main")?;
        let author = CommitUser {
            name: Some(required(self.author_name, "--author-name", "Flux")?),
            email: required(self.author_email, "--author-email", "flux@example.com")?,
        };
        let message_template = given(self.commit_template);
        if let Some(problem) = message_template.as_deref().and_then(template::problem) {
            context.ui.warning(format!("--commit-template {problem}"));
        }
        let update = given(self.git_repo_path)
            .map(|path| UpdateStrategy { path: Some(path), strategy: Some(UpdateStrategyName::Setters) });
        let object = target.object(ImageUpdateAutomationSpec {
            interval: target.interval(),
            source_ref: AutomationSource {
                api_version: None,
                kind: AutomationSourceKind::GitRepository,
                name,
                namespace,
            },
            git: Some(GitSpec {
                checkout: Some(GitCheckout {
                    reference: GitRepositoryRef { branch: Some(branch), ..GitRepositoryRef::default() },
                }),
                commit: CommitSpec {
                    author,
                    message_template,
                    signing_key: signing_key(self.signing_key_secret, self.signing_key_type)?,
                    ..CommitSpec::default()
                },
                push: given(self.push_branch)
                    .map(|branch| PushSpec { branch: Some(branch), ..PushSpec::default() }),
            }),
            update,
            ..ImageUpdateAutomationSpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &IMAGE_UPDATE_AUTOMATION, &object).await
    }
}

fn signing_key(secret: Option<String>, kind: Option<String>) -> Result<Option<SigningKey>> {
    let secret = names::reference("--signing-key-secret", secret)?;
    let kind = given(kind);
    if kind.is_some() && secret.is_none() {
        return Err(Error::usage("--signing-key-type requires --signing-key-secret")
            .hint("add --signing-key-secret with the name of the Secret"));
    }
    let r#type = kind.map(|word| word.parse::<SigningKeyType>()).transpose();
    let r#type = r#type.map_err(|_| Error::usage("--signing-key-type must be one of: gpg, ssh"))?;
    Ok(secret.map(|name| SigningKey { secret_ref: LocalReference::new(name), r#type }))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn an_image_update_automation_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create image update fleet --git-repo-ref=fleet --checkout-branch=main --author-name=flux --author-email=flux@example.com --git-repo-path=./apps --export"), @"
        ---
        apiVersion: image.toolkit.fluxcd.io/v1
        kind: ImageUpdateAutomation
        metadata:
          name: fleet
          namespace: flux-system
        spec:
          git:
            checkout:
              ref:
                branch: main
            commit:
              author:
                email: flux@example.com
                name: flux
          interval: 1m0s
          sourceRef:
            kind: GitRepository
            name: fleet
          update:
            path: ./apps
            strategy: Setters
        ");
    }
}
