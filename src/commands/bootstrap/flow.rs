//! A bootstrap, from its checks to a healthy cluster.

use std::time::Duration;

use serde_json::Value;

use super::checks::{self, Found};
use super::files::Files;
use super::key::ClusterKey;
use super::origin::{Admission, Origin};
use super::plan::{Introduction, Plan, SourceAccess};
use super::secret;
use super::wait;
use crate::cluster::RolloutOptions;
use crate::cluster::rollout::{self, Rollout};
use crate::commands::secret_manifest::{SecretManifest, StoredSecret};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Progress;
use crate::git::{self, Access, BranchState, Changes, CommitInfo, Repository, Revision};
use crate::manifests;

/// Pause between two checks of the Deployments.
const INTERVAL: Duration = Duration::from_secs(1);

/// Executes the plan.
///
/// The order of changes is: the repository (`Origin::prepare`), the Secret of a key to which a person has given access,
/// the commit of the components, the components in the cluster, the key (`Origin::admit`), the Secret, the commit of the
/// sync, the sync in the cluster. Each is skipped if it is up to date, so the next run finishes an interrupted one.
pub async fn run(context: &Context, plan: &Plan, origin: &mut impl Origin) -> Result<()> {
    let mut run = Run::check(context, plan, origin).await?;
    origin.prepare(&context.ui).await?;
    if run.repository.is_none() {
        run.repository = Some(clone(context, plan).await?);
    }
    run.save_key().await?;
    run.commit_components().await?;
    run.install().await?;
    run.admit(origin).await?;
    run.apply_secret().await?;
    let former = run.stored.as_ref().and_then(|it| it.text("identity.pub"));
    origin.retire(&context.ui, run.key.as_ref().map(ClusterKey::public), former).await?;
    run.commit_sync().await?;
    run.apply_sync().await?;
    run.wait().await
}

/// Bootstrap in progress.
struct Run<'a> {
    context: &'a Context,
    plan: &'a Plan,
    files: Files,
    found: Found,
    stored: Option<StoredSecret>,
    key: Option<ClusterKey>,
    repository: Option<Repository>,
}

impl<'a> Run<'a> {
    /// Checks everything and writes nothing.
    async fn check(context: &'a Context, plan: &'a Plan, origin: &mut impl Origin) -> Result<Run<'a>> {
        let found = checks::cluster(context, plan).await?;
        origin.check(&context.ui, &checks::identity(context).await?).await?;
        let repository = if origin.is_missing() { None } else { Some(clone(context, plan).await?) };
        if repository.is_some() {
            let remote = plan.remote.clone();
            git::run_blocking(move || git::list(&remote, Access::Write)).await?;
        }
        context.ui.action("generating component manifests");
        let namespace = &plan.sync.namespace;
        let files = Files::new(
            &context.environment,
            &plan.path,
            namespace,
            manifests::to_yaml(&plan.components),
            plan.sync.to_yaml(),
        );
        if let Some(repository) = &repository {
            files.check_paths(repository)?;
        }
        let objects = files.check(repository.as_ref(), namespace)?;
        checks::objects(context, &objects).await?;
        context.ui.success("generated component manifests");
        let stored = StoredSecret::find(context.cluster().await?, namespace, &plan.sync.secret).await?;
        let key = match &plan.access {
            SourceAccess::Token(_) => None,
            SourceAccess::Key(source) => {
                let key = ClusterKey::choose(&context.environment, plan, source, stored.as_ref()).await?;
                if source.given.is_some() && origin.examine(key.public()).await? == Admission::NeedsAnotherKey
                {
                    return Err(foreign_key());
                }
                key.introduce(context, plan, source, stored.as_ref()).await?;
                Some(key)
            }
        };
        if let Some(stored) = &stored {
            secret::check(stored, &secret::manifest(plan, key.as_ref())?)?;
        }
        for change in &found.changes {
            context.ui.warning(change);
        }
        Ok(Run { context, plan, files, found, stored, key, repository })
    }

    /// Stores a new key to which the user has just given access, so that after an interruption the next run does not ask
    /// for another.
    async fn save_key(&mut self) -> Result<()> {
        let SourceAccess::Key(source) = &self.plan.access else { return Ok(()) };
        let by_hand = source.introduction == Introduction::Asked && source.given.is_none();
        if !by_hand || self.is_stored(&self.secret()?) {
            return Ok(());
        }
        let namespace = &self.plan.sync.namespace;
        let mut objects = self.render()?;
        objects.retain(|object| object["kind"] == "Namespace" && object["metadata"]["name"] == *namespace);
        self.apply(&objects).await?;
        self.apply_secret().await?;
        let cluster = self.context.cluster().await?;
        self.stored = StoredSecret::find(cluster, namespace, &self.plan.sync.secret).await?;
        Ok(())
    }

    async fn commit_components(&mut self) -> Result<()> {
        let files = self.files.clone();
        let changes = move |_: &Repository| files.component_changes();
        if !self.publish("component manifests", self.plan.author.components(), changes).await? {
            self.context.ui.success("component manifests are up to date");
        }
        Ok(())
    }

    async fn commit_sync(&mut self) -> Result<()> {
        self.context.ui.action("generating sync manifests");
        self.context.ui.success("generated sync manifests");
        let files = self.files.clone();
        let changes = move |repository: &Repository| files.sync_changes(repository);
        if !self.publish("sync manifests", self.plan.author.sync(), changes).await? {
            self.context.ui.success("sync manifests are up to date");
        }
        Ok(())
    }

    /// Commits and pushes; if another push came first, again on the new head. Returns whether anything was committed.
    async fn publish(
        &mut self,
        what: &'static str,
        info: CommitInfo,
        changes: impl FnMut(&Repository) -> git::Result<Changes> + Send + 'static,
    ) -> Result<bool> {
        let mut repository =
            self.repository.take().ok_or_else(|| Error::failed("the repository was not fetched"))?;
        let signer = self.plan.signer.clone();
        let work = tokio::task::spawn_blocking(move || {
            let published = repository.publish(what, &info, signer.as_ref(), changes);
            (repository, published)
        });
        let (repository, published) = work.await.map_err(|error| Error::failed(error.to_string()))?;
        self.repository = Some(repository);
        Ok(published?.is_some())
    }

    /// Renders the directory as it is in the repository now.
    fn render(&self) -> Result<Vec<Value>> {
        self.files.render(self.repository.as_ref(), &self.plan.sync.namespace)
    }

    /// Installs the controllers unless they have been applied from the repository.
    async fn install(&mut self) -> Result<()> {
        let (context, plan) = (self.context, self.plan);
        if !self.found.synchronized {
            let namespace = &plan.sync.namespace;
            context.ui.action(format!("installing components in \"{namespace}\" namespace"));
            let components: Vec<Value> =
                self.render()?.into_iter().filter(|object| !is_sync(object, namespace)).collect();
            self.apply(&components).await?;
            context.ui.success("installed components");
        }
        if let (Some(pull), Some(name)) = (plan.components.pull_secret(), &plan.components.image_pull_secret)
        {
            context.cluster().await?.apply_all(&[pull], Progress::Silent).await?;
            context.ui.success(format!("reconciled image pull secret {name}"));
        }
        context.ui.success("reconciled components");
        Ok(())
    }

    /// Gives the cluster's key access at the origin. A key that belongs to another cluster is replaced by a new one.
    async fn admit(&mut self, origin: &mut impl Origin) -> Result<()> {
        let (context, plan) = (self.context, self.plan);
        let (SourceAccess::Key(source), Some(key)) = (&plan.access, &mut self.key) else {
            return Ok(());
        };
        if origin.admit(&context.ui, key.public()).await? == Admission::Admitted {
            return Ok(());
        }
        if source.given.is_some() {
            return Err(foreign_key());
        }
        *key = key.renewed(source)?;
        context.ui.success(format!("public key: {}", key.public().trim_end()));
        if origin.admit(&context.ui, key.public()).await? == Admission::Admitted {
            return Ok(());
        }
        Err(Error::failed("the server refused the new deploy key: another cluster uses it")
            .hint("run the same command again"))
    }

    /// The Secret with the cluster's credentials.
    fn secret(&self) -> Result<SecretManifest> {
        secret::manifest(self.plan, self.key.as_ref())
    }

    fn is_stored(&self, secret: &SecretManifest) -> bool {
        self.stored.as_ref().is_some_and(|stored| secret.matches(stored))
    }

    async fn apply_secret(&mut self) -> Result<()> {
        let (context, plan) = (self.context, self.plan);
        let cluster = context.cluster().await?;
        let (namespace, name) = (&plan.sync.namespace, &plan.sync.secret);
        context.ui.action(format!("determining if source secret \"{namespace}/{name}\" exists"));
        let wanted = self.secret()?;
        if self.is_stored(&wanted) {
            context.ui.success("source secret up to date");
            return Ok(());
        }
        context.ui.action("generating source secret");
        context.ui.action(format!("applying source secret \"{namespace}/{name}\""));
        wanted.apply(cluster).await?;
        context.ui.success("reconciled source secret");
        Ok(())
    }

    async fn apply_sync(&mut self) -> Result<()> {
        self.context.ui.action("applying sync manifests");
        let objects = self.render()?;
        self.apply(&objects).await?;
        self.context.ui.success("reconciled sync configuration");
        Ok(())
    }

    async fn apply(&self, objects: &[Value]) -> Result<()> {
        let progress = if self.context.settings.verbose { Progress::Reported } else { Progress::Silent };
        self.context.cluster().await?.apply_all(objects, progress).await
    }

    /// Waits until the controllers run, have applied the head of the branch, and are healthy.
    async fn wait(&mut self) -> Result<()> {
        let (context, plan) = (self.context, self.plan);
        let ui = &context.ui;
        let cluster = context.cluster().await?;
        let namespace = plan.sync.namespace.as_str();
        let timeout = context.settings.timeout;
        let options = RolloutOptions { interval: INTERVAL, timeout, progress: Progress::Silent };
        let head = self.repository.as_ref().and_then(Repository::head);
        let head = head.ok_or_else(|| Error::failed("the branch has no commits"))?;
        // Nothing is applied without these two: their own errors say more than a timeout.
        let needed = ["source-controller", "kustomize-controller"];
        let rollouts = cluster.wait_rollouts(namespace, &needed, &options).await?;
        if let Some(error) = report(context, &rollouts, false, namespace) {
            return Err(error.context("bootstrap failed"));
        }
        let branch = plan.sync.branch.as_str();
        let newer = async || {
            let remote = plan.remote.clone();
            let listing = git::run_blocking(move || git::list(&remote, Access::Read)).await.ok()?;
            Some(Revision::new(branch, listing.branch(branch)?))
        };
        wait::applied(context, namespace, &Revision::new(branch, head), newer)
            .await
            .map_err(|error| error.context("bootstrap failed"))?;
        ui.action("confirming components are healthy");
        let mut names: Vec<&str> = plan.components.components.iter().map(|it| it.name).collect();
        names.sort_unstable();
        let rollouts = cluster.wait_rollouts(namespace, &names, &options).await?;
        if let Some(error) = report(context, &rollouts, true, namespace) {
            return Err(error.context("bootstrap failed"));
        }
        ui.success("all components are healthy");
        Ok(())
    }
}

/// Shows which Deployments are not ready, with `all` also those that are, and returns the error for the former.
fn report(context: &Context, rollouts: &[Rollout], all: bool, namespace: &str) -> Option<Error> {
    for rollout in rollouts {
        match &rollout.failure {
            None if all => context.ui.success(format!("{}: deployment ready", rollout.name)),
            None => {}
            Some(why) => context.ui.failure(format!("{}: {why}", rollout.name)),
        }
    }
    rollout::failure(rollouts, namespace)
}

fn foreign_key() -> Error {
    Error::usage("the key of --private-key-file belongs to another cluster or repository")
        .hint("use a separate key for this cluster, or omit --private-key-file to create one")
}

/// Whether an object is one of the two that form the sync.
fn is_sync(object: &Value, namespace: &str) -> bool {
    let kind = object["kind"].as_str().unwrap_or_default();
    matches!(kind, "GitRepository" | "Kustomization")
        && object["metadata"]["name"] == namespace
        && object["metadata"]["namespace"] == namespace
}

async fn clone(context: &Context, plan: &Plan) -> Result<Repository> {
    let (remote, branch) = (plan.remote.clone(), plan.sync.branch.clone());
    context.ui.action(format!("cloning branch \"{branch}\" from Git repository \"{}\"", remote.address));
    let directory = tempfile::env::temp_dir();
    let repository = git::run_blocking(move || Repository::clone(&remote, &branch, &directory)).await?;
    context.ui.success("cloned repository");
    if let BranchState::Missing { from } = repository.state() {
        let from = plan.redactor().redact(from).into_owned();
        context.ui.warning(format!(
            "the branch \"{}\" does not exist yet: it will start from \"{from}\"",
            repository.branch()
        ));
    }
    Ok(repository)
}
