//! `flux create source git`.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use url::Url;

use super::super::secret::Login;
use super::super::secret::git_credentials::{GitCredentials, deploy_key, known_hosts};
use super::super::{Common, Target, address, apply, export, given, names};
use super::Flags;
use crate::api::{GitProvider, GitRepositoryRef, GitRepositorySpec, LocalReference};
use crate::args::Inherited;
use crate::args::ssh_key::SshKeyArgs;
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::GIT_REPOSITORY;

/// The arguments of `flux create source git`.
#[derive(Args)]
pub struct SourceGit {
    #[command(flatten)]
    common: Common,
    /// URL of the repository: https://host/path or ssh://git@host/path
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Branch to follow
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Tag to check out
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Range of versions whose newest tag is checked out, such as '>=1.0.0 <2.0.0'
    #[arg(long, value_name = "RANGE")]
    tag_semver: Option<String>,
    /// Reference to follow, such as refs/heads/main or refs/pull/1/head
    #[arg(long, value_name = "REF")]
    ref_name: Option<String>,
    /// Commit to check out; with --branch, only that branch is fetched
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// Files to ignore, as .gitignore patterns separated by commas
    #[arg(long, value_name = "PATTERNS", action = ArgAction::Append, value_parser = values::list)]
    ignore_paths: Vec<List>,
    /// Directories to check out, separated by commas
    #[arg(long, value_name = "PATHS", action = ArgAction::Append, value_parser = values::list)]
    sparse_checkout_paths: Vec<List>,
    /// Clone submodules too
    #[arg(long)]
    recurse_submodules: bool,
    /// Provider of the credentials: generic, github, aws or azure
    #[arg(long, value_name = "NAME")]
    provider: Option<GitProvider>,
    /// Existing Secret with the credentials, instead of creating one
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
    /// Secret with the address and credentials of a proxy
    #[arg(long, value_name = "NAME")]
    proxy_secret_ref: Option<String>,
    #[command(flatten)]
    login: Login,
    /// File with the CA certificate of the Git server
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// File with the SSH private key; --password is its passphrase [default: a generated key]
    #[arg(long, value_name = "FILE")]
    private_key_file: Option<PathBuf>,
    #[command(flatten)]
    key: SshKeyArgs,
    /// Do not ask to confirm that the deploy key was added
    #[arg(short, long)]
    silent: bool,
    #[command(flatten)]
    fetch: Inherited<Flags>,
}

impl Described for SourceGit {
    const ABOUT: About = About::new("git", "Create or update a GitRepository")
        .details(
            "For ssh:// URLs a key pair is generated unless --private-key-file or --secret-ref is set; add \
             the printed public key to the repository as a deploy key. Credentials are stored in a Secret \
             with the same name as the source.",
        )
        .usage(
            "<NAME> --url <URL> (--branch <BRANCH> | --tag <TAG> | --tag-semver <RANGE> | \
             --ref-name <REF> | --commit <SHA>)",
        )
        .examples(&[
            (
                "Follow a branch of a public repository",
                "flux create source git podinfo --url=https://github.com/stefanprodan/podinfo \
                 --branch=master",
            ),
            (
                "Follow the newest tag in a range of versions",
                "flux create source git podinfo --url=https://github.com/stefanprodan/podinfo \
                 --tag-semver='>=6.0.0 <7.0.0'",
            ),
            (
                "Use SSH with a private key",
                "flux create source git fleet --url=ssh://git@github.com/acme/fleet \
                 --branch=main --private-key-file=./id_ed25519",
            ),
        ]);
}

impl Command for SourceGit {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let url = address::check("git URL", self.url.clone(), &["https", "ssh", "http"])?;
        let reference = Reference {
            branch: given(self.branch),
            tag: given(self.tag),
            semver: given(self.tag_semver),
            name: given(self.ref_name),
            commit: given(self.commit),
        };
        let ssh = url.scheme() == "ssh";
        if self.ca_file.is_some() && ssh {
            return Err(Error::usage("a CA certificate (--ca-file) does not apply to Git over SSH")
                .hint("omit --ca-file or use an https:// URL"));
        }
        let ignore = List::all(self.ignore_paths);
        let mut spec = GitRepositorySpec {
            url: self.url.unwrap_or_default(),
            interval: target.interval(),
            timeout: self.fetch.0.timeout(),
            reference: Some(reference.chosen(context)?),
            recurse_submodules: self.recurse_submodules,
            ignore: (!ignore.is_empty()).then(|| ignore.join("\n")),
            sparse_checkout: List::all(self.sparse_checkout_paths),
            provider: self.provider,
            secret_ref: names::reference("--secret-ref", self.secret_ref)?.map(LocalReference::new),
            proxy_secret_ref: names::reference("--proxy-secret-ref", self.proxy_secret_ref)?
                .map(LocalReference::new),
            ..GitRepositorySpec::default()
        };
        address::warn_of_password(context, &url);
        if target.export {
            warn_of_credentials(context, &self.login, &spec, &url);
            return export(context, &target.object(spec));
        }
        if spec.secret_ref.is_some() && self.login.is_given() {
            context.ui.warning(
                "--username and --password are ignored: the Secret of --secret-ref has the \
                    credentials",
            );
        }
        apply::generating(context, &GIT_REPOSITORY);
        if spec.secret_ref.is_none() {
            let own_key = self.private_key_file.as_deref().filter(|path| !path.as_os_str().is_empty());
            let ca = self.ca_file.as_deref().map(|path| ("--ca-file", path));
            let credentials =
                GitCredentials::of_flags(context, &url, self.login, None, ca, own_key, &self.key)?;
            if !credentials.is_empty() {
                if url.scheme() == "http" {
                    context.ui.warning("credentials are sent unencrypted to an http:// URL; use https://");
                }
                sign_in(context, &target, credentials, self.silent, own_key.is_some()).await?;
                spec.secret_ref = Some(LocalReference::new(&target.name));
            }
        }
        apply::apply_and_wait(context, &GIT_REPOSITORY, &target.object(spec)).await
    }
}

/// Creates the Secret with the credentials. Shows a new deploy key and asks whether it was added.
async fn sign_in(
    context: &Context,
    target: &Target,
    mut credentials: GitCredentials,
    silent: bool,
    own_key: bool,
) -> Result<()> {
    let kept = !own_key && credentials.keep_key(context, target).await?;
    if credentials.is_ssh() && !kept && !silent && !context.ui.is_interactive() {
        return Err(Error::usage("the deploy key must be added to the repository, and there is no terminal to confirm it")
            .hint("add --silent (-s) to continue without confirmation, or create the Secret first: flux create secret git"));
    }
    let secret = credentials.into_secret(&context.environment, target).await?;
    if let Some(hosts) = known_hosts(&secret) {
        context.ui.success(format!("collected public keys from SSH server:\n{hosts}"));
    }
    if let Some(key) = deploy_key(&secret) {
        context.ui.generate(format!("deploy key: {key}"));
        if kept {
            context.ui.success(
                "the Secret already contained this key; to generate a new key, delete the Secret first",
            );
        } else if !silent
            && context.ui.confirm("Have you added the deploy key to your repository")? != Some(true)
        {
            return Err(Error::new(ErrorKind::Interrupted, "aborted; nothing was written")
                .hint("every run generates a new key: add the key and confirm in the same run")
                .code(1));
        }
    }
    context.ui.action("applying secret with repository credentials");
    secret.apply(context.cluster().await?).await?;
    context.ui.success("authentication configured");
    Ok(())
}

/// Warns that `--export` does not create the Secret for the given credentials.
fn warn_of_credentials(context: &Context, login: &Login, spec: &GitRepositorySpec, url: &Url) {
    if spec.secret_ref.is_none() && (login.is_given() || url.scheme() == "ssh") {
        context.ui.warning(
            "--export does not print credentials: create a Secret with `flux create secret git NAME` and \
            add --secret-ref=NAME",
        );
    }
}

/// Flags for the reference to check out.
struct Reference {
    branch: Option<String>,
    tag: Option<String>,
    semver: Option<String>,
    name: Option<String>,
    commit: Option<String>,
}

impl Reference {
    /// The reference that takes effect in the controller: commit (with its branch), then reference name, tag range, tag,
    /// branch. Warns about the others.
    fn chosen(self, context: &Context) -> Result<GitRepositoryRef> {
        let mut unused: Vec<&str> = Vec::new();
        let flags = [
            ("--commit", self.commit.is_some()),
            ("--ref-name", self.name.is_some()),
            ("--tag-semver", self.semver.is_some()),
            ("--tag", self.tag.is_some()),
            ("--branch", self.branch.is_some() && self.commit.is_none()),
        ];
        let mut set = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag);
        let Some(used) = set.next() else {
            // In flux's words.
            return Err(Error::usage(
                "a Git ref is required, use one of the following: --branch, --tag, --commit, --ref-name or --tag-semver",
            )
            .hint("for example: --branch=main"));
        };
        unused.extend(set);
        if !unused.is_empty() {
            context.ui.warning(format!("{used} takes precedence; {} is ignored", unused.join(" and ")));
        }
        let none = GitRepositoryRef::default();
        Ok(match used {
            "--commit" => GitRepositoryRef { commit: self.commit, branch: self.branch, ..none },
            "--ref-name" => GitRepositoryRef { name: self.name, ..none },
            "--tag-semver" => GitRepositoryRef { semver: self.semver, ..none },
            "--tag" => GitRepositoryRef { tag: self.tag, ..none },
            _ => GitRepositoryRef { branch: self.branch, ..none },
        })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_git_repository_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create source git podinfo --url=https://github.com/stefanprodan/podinfo --branch=main --interval=5m --label=team=web --export"), @"
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata:
          labels:
            team: web
          name: podinfo
          namespace: flux-system
        spec:
          interval: 5m0s
          ref:
            branch: main
          url: https://github.com/stefanprodan/podinfo
        ");
    }
}
