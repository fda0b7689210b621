//! `flux resume`: resumes the reconciliation of suspended objects.

use clap::Args;
use futures::future::join_all;
use serde_json::Value;

use super::targets::{Change, Targets};
use super::{KindCommand, no_artifact};
use crate::cluster::{Cluster, WaitOptions};
use crate::commands::about::{About, DescribedVerb};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Verb};
use crate::object::ObjectRef;

/// The flags of `flux resume` and all under it.
#[derive(Debug, Args)]
pub struct Resume {
    #[command(flatten)]
    targets: Targets,
    /// Wait until the objects are ready [default: true for one name, otherwise false]
    #[arg(long)]
    wait: Option<bool>,
}

impl DescribedVerb for Resume {
    const VERB: Verb = Verb::Resume;
    const ABOUT: About = About::new("resume", "Resume the reconciliation of suspended objects").examples(&[
        ("Resume a Kustomization and wait until it is ready", "flux resume kustomization apps"),
        ("Resume all HelmReleases in a namespace", "flux resume helmrelease --all -n apps"),
        ("Resume the Kustomizations of a team", "flux resume kustomization -l team=web"),
    ]);
    const ABOUT_KIND: About = About::new("", "Resume the reconciliation of {kinds}")
        .usage("(<NAME>... | --selector <SELECTOR> | --all)")
        .examples(&[
            ("Resume the {kind} {name} and wait until it is ready", "flux resume {path} {name}"),
            (
                "Resume all {kinds} in a namespace and wait for them",
                "flux resume {path} --all --wait -n apps",
            ),
        ]);
}

impl KindCommand for Resume {
    async fn run(self, context: &Context, kind: &'static Kind, _: &[Flag]) -> Result<()> {
        let selected = self.targets.selected(kind)?;
        let namespace = context.namespace();
        let mut resumed = Vec::new();
        let mut failed: Vec<(String, Error)> = Vec::new();
        let report = |name: &str, change: Change| match change {
            Change::Made => {
                context.ui.action(format!("resuming {} {name} in {namespace} namespace", kind.human));
                context.ui.success(format!("{} resumed", kind.human));
                resumed.push(name.to_owned());
            }
            // As in flux, a missing object is not an error: the others are resumed.
            Change::Missing(hints) => {
                context
                    .ui
                    .failure(format!("{} object '{name}' not found in {namespace} namespace", kind.kind));
                context.ui.hints(&hints);
            }
            Change::Failed(error) => failed.push((name.to_owned(), error)),
        };
        let now = context.clock.now().to_string();
        let resumption = |object: &Value| kind.suspension.resume(object, &now);
        let found = selected.change(context, kind, resumption, report).await?;
        if found == 0 {
            let message = format!("no {} objects found in {namespace} namespace", kind.kind);
            let error = selected.nothing_found(context, kind, &message).await?;
            context.ui.failure(error.to_string());
            context.ui.hints(error.hints());
        }
        if found == 1
            && let Some((_, error)) = failed.pop()
        {
            return Err(error);
        }
        for (name, error) in &failed {
            let what = format!("failed resuming {} {name} in {namespace} namespace", kind.kind);
            context.ui.failure(format!("{what}: {error}"));
            context.ui.hints(error.hints());
        }
        if !failed.is_empty() {
            return Err(Error::failed(format!("resuming failed for {} {}(s)", failed.len(), kind.kind)));
        }
        if self.wait.unwrap_or(self.targets.names.len() == 1) {
            wait(context, context.cluster().await?, kind, resumed, &now).await?;
        }
        Ok(())
    }
}

/// Waits for all objects at once, and reports them in the order of their names.
async fn wait(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    mut names: Vec<String>,
    now: &str,
) -> Result<()> {
    names.sort_unstable();
    let requested_at = kind.suspension.resumes_by_request().then_some(now);
    let options = WaitOptions { timeout: context.settings.timeout, requested_at, ..WaitOptions::default() };
    let objects: Vec<ObjectRef> =
        names.iter().map(|name| ObjectRef::new(kind, context.namespace(), name)).collect();
    let waits = objects.iter().map(|object| {
        context.ui.waiting(format!("waiting for {} reconciliation", kind.kind));
        cluster.wait_ready(object, &options)
    });
    let outcomes = join_all(waits).await;
    let mut failed = Vec::new();
    for ((name, at), outcome) in names.iter().zip(&objects).zip(outcomes) {
        match outcome {
            Ok(object) if kind.lacks_artifact(&object) => failed.push(no_artifact(kind, at)),
            Ok(object) => {
                context.ui.success(format!("{} {name} reconciliation completed", kind.kind));
                context.ui.success((kind.success)(&object));
            }
            Err(error) => failed.push(error),
        }
    }
    if failed.len() == 1 && names.len() == 1 {
        return failed.pop().map_or(Ok(()), Err);
    }
    for error in &failed {
        context.ui.failure(error.to_string());
        context.ui.hints(error.hints());
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("reconciliation failed for {} {}(s)", failed.len(), kind.kind)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn objects_are_resumed_and_waited_for() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux resume kustomization infra"), @"
        [stderr]
        ► resuming kustomization infra in flux-system namespace
        ✔ kustomization resumed
        ◎ waiting for Kustomization reconciliation
        ✔ Kustomization infra reconciliation completed
        ✔ applied revision main@sha1:0123456789abcdef0123456789abcdef01234567
        ");
        let infra = scene.live("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "infra");
        assert!(infra["spec"].get("suspend").is_none());
        assert_snapshot!(scene.run("flux resume kustomization --all"), @"
        [stderr]
        ► resuming kustomization apps in flux-system namespace
        ✔ kustomization resumed
        ► resuming kustomization infra in flux-system namespace
        ✔ kustomization resumed
        ► resuming kustomization web in flux-system namespace
        ✔ kustomization resumed
        ");
        assert_snapshot!(scene.run("flux resume kustomization missing --wait=false"), @"
        [stderr]
        ✗ Kustomization object 'missing' not found in flux-system namespace
        ");
    }

    #[test]
    fn objects_are_selected_in_one_way() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux resume kustomization -l team=web"), @"
        [stderr]
        ► resuming kustomization web in flux-system namespace
        ✔ kustomization resumed
        ");
        assert_snapshot!(scene.run("flux resume kustomization -l team=none"), @r#"
        [stderr]
        ✗ no Kustomization objects found in flux-system namespace
          hint: no Kustomization in namespace flux-system matches "team=none"
        "#);
        assert_snapshot!(scene.run("flux resume kustomization apps -l team=web"), @"
        [stderr]
        ✗ names (apps) and --selector cannot be used together
          hint: select objects either by name, with --selector (-l) or with --all
        [exit code 1]
        ");
    }
}
