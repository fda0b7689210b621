//! `flux wait`: waits until objects are ready, at a revision, suspended or deleted.

use clap::Args;
use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use super::notation::{API_VERSION, Output};
use super::targets::{Selected, Targets, is_optional};
use super::{KindCommand, KindGroup, KindsCommand};
use crate::cluster::{Cluster, Goal, ListSelector, News};
use crate::commands::about::{About, DescribedVerb, Example};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{Flag, Kind, Verb};
use crate::object::{ObjectMeta, ObjectRef, Resource};
use crate::output::Report;

/// The flags of `flux wait` and all under it.
#[derive(Debug, Args)]
pub struct Wait {
    #[command(flatten)]
    targets: Targets,
    /// Select objects in all namespaces, with --all or --selector
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// What to wait for: ready, revision=REVISION, suspended or deleted
    #[arg(long = "for", value_name = "GOAL", default_value = "ready", value_parser = goal)]
    goal: Goal,
    /// Output format of the result: text, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = Output::parse)]
    output: Output,
}

fn goal(text: &str) -> Result<Goal, String> {
    match text.split_once('=') {
        Some(("revision", revision)) if !revision.is_empty() => Ok(Goal::Revision(revision.to_owned())),
        None if text == "ready" => Ok(Goal::Ready),
        None if text == "suspended" => Ok(Goal::Suspended),
        None if text == "deleted" => Ok(Goal::Deleted),
        _ => Err("must be one of: ready, revision=REVISION, suspended, deleted".into()),
    }
}

impl DescribedVerb for Wait {
    const VERB: Verb = Verb::Wait;
    const ABOUT: About = About::new("wait", "Wait until objects are ready, suspended or deleted")
        .details(
            "--for ready waits until the current generation of each object is reconciled. --for \
             revision=REVISION also waits until the object is at that revision, given in full, as a branch or \
             tag, or as at least 7 digits of the commit.\n\n\
             A failed attempt that the controller will retry does not end the wait; a stalled object does. A \
             named object that does not exist yet is waited for. With --all or --selector, objects are \
             selected once, at the start; suspended objects are skipped unless --for is suspended or deleted.\n\n\
             The timeout starts over whenever an object makes progress.\n\n\
             Exit codes: 0 if all objects reached the goal, 1 if one failed, 3 on timeout, 4 if the cluster \
             cannot be reached, 130 if interrupted.",
        )
        .examples(&[
            ("Wait until two Kustomizations are ready", "flux wait kustomization infra apps"),
            (
                "Wait until a commit has been applied",
                "flux wait kustomization apps --for revision=4f3e2d1c --timeout=10m",
            ),
            ("Wait until everything is ready", "flux wait all -A"),
        ]);
    const ABOUT_KIND: About = About::new("", "Wait until {kinds} are ready, suspended or deleted")
        .details(
            "Exit codes: 0 if all objects reached the goal, 1 if one failed, 3 on timeout, 4 if the cluster \
             cannot be reached, 130 if interrupted.",
        )
        .usage("(<NAME>... | --selector <SELECTOR> | --all)")
        .examples(&[
            ("Wait until the {kind} {name} is ready", "flux wait {path} {name}"),
            ("Wait until all {kinds} in a namespace are ready", "flux wait {path} --all -n apps"),
            ("Wait until it is deleted", "flux wait {path} {name} --for deleted"),
        ]);
}

impl KindCommand for Wait {
    async fn run(self, context: &Context, kind: &'static Kind, _: &[Flag]) -> Result<()> {
        let selected = self.targets.selected(kind)?;
        if self.all_namespaces && matches!(selected, Selected::Named(_)) {
            return Err(Error::usage("names and --all-namespaces cannot be used together")
                .hint("choose a namespace with --namespace (-n), or select objects by --selector or --all"));
        }
        self.wait(context, &[kind], &selected).await.map_err(Error::distinct)
    }
}

impl KindsCommand for Wait {
    const EXAMPLES_OF_ALL: &'static [Example] = &[
        ("Wait until {kinds} in all namespaces are ready", "{line} -A"),
        ("Wait until {kinds} of a team are ready", "{line} -l team=web"),
    ];

    async fn run_all(self, context: &Context, group: KindGroup<'_>) -> Result<()> {
        let selected = self.targets.selected_of_all()?;
        self.wait(context, group.kinds, &selected).await.map_err(Error::distinct)
    }
}

impl Wait {
    async fn wait(&self, context: &Context, kinds: &[&'static Kind], selected: &Selected<'_>) -> Result<()> {
        let cluster = context.cluster().await?;
        let (objects, mut failed) = self.objects(context, cluster, kinds, selected).await?;
        let mut waits = cluster.waits(context.settings.timeout, true);
        for at in &objects {
            waits.add(at.clone(), self.goal.clone(), None);
        }
        let state = self.goal.state();
        let mut outcomes: Vec<Outcome> = Vec::new();
        let progress = |done: usize, missing: &str| {
            let total = objects.len();
            context.ui.progress(format!("{done} of {total} {state}{missing}"));
        };
        progress(0, "");
        while let Some((id, news)) = waits.next().await {
            let at = &objects[id];
            let error = match news {
                News::Waiting(message) => {
                    progress(outcomes.len(), &format!("; {at}: {message}"));
                    continue;
                }
                News::Reached => {
                    context.ui.success(format!("{at} is {state}"));
                    outcomes.push(Outcome::of(at, "reached", None));
                    progress(outcomes.len(), "");
                    continue;
                }
                News::Failed(error) => {
                    outcomes.push(Outcome::of(at, "failed", Some(error.to_string())));
                    error
                }
                News::TimedOut(error) => {
                    outcomes.push(Outcome::of(at, "timedOut", Some(error.to_string())));
                    error
                }
            };
            failed.push(error);
            progress(outcomes.len(), "");
        }
        let total = objects.len();
        if let Some(notation) = self.output.notation() {
            outcomes.sort_by(|a, b| a.place().cmp(&b.place()));
            let document = Document { api_version: API_VERSION, kind: "Wait", objects: outcomes };
            Report::new(&context.ui).document(&notation.write(&document)?)?;
        }
        conclude(context, failed, total, &state)
    }

    /// The objects to wait for, and the errors of kinds that cannot be listed.
    async fn objects(
        &self,
        context: &Context,
        cluster: &Cluster,
        kinds: &[&'static Kind],
        selected: &Selected<'_>,
    ) -> Result<(Vec<ObjectRef>, Vec<Error>)> {
        if let (Selected::Named(names), [kind]) = (selected, kinds) {
            let at = |name: &&str| ObjectRef::new(*kind, context.namespace(), *name);
            return Ok((names.iter().map(at).collect(), Vec::new()));
        }
        let waits_for_controller = matches!(self.goal, Goal::Ready | Goal::Revision(_));
        let namespace = (!self.all_namespaces).then(|| context.namespace());
        let selector = ListSelector { namespace, labels: selected.labels(), ..ListSelector::default() };
        let lists = kinds.iter().map(async |kind| {
            let keep = |object: Value| {
                let at = ObjectRef::new(*kind, object.namespace(), object.name());
                Some((at, waits_for_controller && kind.suspension.holds(&object)))
            };
            cluster.list_mapped(&Resource::from(*kind), &selector, keep).await
        });
        let (mut objects, mut skipped, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, outcome) in kinds.iter().zip(join_all(lists).await) {
            match outcome {
                Ok(list) => {
                    for (at, is_suspended) in list.map(|list| list.items).unwrap_or_default() {
                        if is_suspended { skipped.push(at.to_string()) } else { objects.push(at) }
                    }
                }
                Err(error) if kinds.len() > 1 && is_optional(kind, &error) => {}
                Err(error) => failed.push(error),
            }
        }
        if !skipped.is_empty() {
            context.ui.warning(format!("suspended, not waited for: {}", skipped.join(", ")));
        }
        if !failed.is_empty() && objects.is_empty() {
            return Err(failed.swap_remove(0));
        }
        if objects.is_empty() && skipped.is_empty() && self.goal != Goal::Deleted {
            return Err(match (kinds, self.all_namespaces) {
                ([kind], false) => selected.nothing_found(context, kind, "no objects found").await?,
                _ => Error::not_found("no objects found").hint("check --namespace (-n) and --selector (-l)"),
            });
        }
        Ok((objects, failed))
    }
}

/// Reports the failures, and returns the error of all of them together.
fn conclude(context: &Context, mut failed: Vec<Error>, total: usize, state: &str) -> Result<()> {
    let count = failed.len();
    let Some(worst) = worst(&failed) else {
        return Ok(());
    };
    if count == 1 {
        return failed.pop().map_or(Ok(()), Err);
    }
    for error in &failed {
        context.ui.failure(error.to_string());
        context.ui.hints(error.hints());
    }
    Err(Error::new(worst, format!("{count} of {total} objects are not {state}")))
}

/// The kind of the gravest error: a failure counts more than a timeout.
fn worst(errors: &[Error]) -> Option<ErrorKind> {
    let grave = |kind: ErrorKind| match kind {
        ErrorKind::Timeout => 0,
        ErrorKind::Unreachable => 1,
        _ => 2,
    };
    errors.iter().map(Error::kind).max_by_key(|kind| grave(*kind))
}

/// The output of `-o json` and `-o yaml`; its schema is docs/output/wait.schema.json.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: &'static str,
    kind: &'static str,
    objects: Vec<Outcome>,
}

/// What became of an object.
#[derive(Serialize)]
struct Outcome {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Outcome {
    fn of(at: &ObjectRef, state: &'static str, message: Option<String>) -> Self {
        let (kind, namespace, name) = (at.resource.kind.to_string(), at.namespace.clone(), at.name.clone());
        Outcome { kind, namespace, name, state, message }
    }

    fn place(&self) -> (&str, Option<&str>, &str) {
        (&self.kind, self.namespace.as_deref(), &self.name)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Scene, schema};

    fn scene() -> Scene {
        Scene::with_flux().object(&json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "stalled", "namespace": "flux-system", "generation": 1},
            "spec": {}, "status": {"observedGeneration": 1, "conditions": [
                {"type": "Ready", "status": "False", "reason": "InvalidPath", "message": "no \u{1b}[31mpath"},
                {"type": "Stalled", "status": "True", "reason": "InvalidPath", "message": "no \u{1b}[31mpath"},
            ]},
        }))
    }

    #[test]
    fn ready_objects_are_not_waited_for() {
        assert_snapshot!(scene().run("flux wait kustomization apps"), @"
        [stderr]
        ✔ Kustomization/flux-system/apps is ready
        ");
        assert_snapshot!(scene().run("flux wait ks apps --for revision=0123456789"), @"
        [stderr]
        ✔ Kustomization/flux-system/apps is ready at revision 0123456789
        ");
        assert_snapshot!(scene().run("flux wait source all"), @"
        [stderr]
        ✔ OCIRepository/flux-system/charts is ready
        ✔ Bucket/flux-system/charts is ready
        ✔ GitRepository/flux-system/fleet is ready
        ✔ HelmRepository/flux-system/charts is ready
        ✔ HelmChart/flux-system/podinfo is ready
        ✔ ExternalArtifact/flux-system/split is ready
        ");
    }

    #[test]
    fn suspended_and_deleted_objects_are_waited_for() {
        assert_snapshot!(scene().run("flux wait ks infra --for suspended"), @"
        [stderr]
        ✔ Kustomization/flux-system/infra is suspended
        ");
        assert_snapshot!(scene().run("flux wait ks gone --for deleted"), @"
        [stderr]
        ✔ Kustomization/flux-system/gone is deleted
        ");
        assert_snapshot!(scene().run("flux wait hr --all --for deleted -n empty"), @"");
    }

    #[test]
    fn a_stalled_object_ends_the_wait() {
        assert_snapshot!(scene().run("flux wait ks apps stalled"), @"
        [stderr]
        ✔ Kustomization/flux-system/apps is ready
        ✗ Kustomization/flux-system/stalled failed
          Ready=False (InvalidPath): no ^[[31mpath
        [exit code 1]
        ");
    }

    #[test]
    fn a_server_that_never_answers_does_not_make_objects_missing() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", silent.local_addr().unwrap());
        let outcome = scene().run(&format!("flux wait ks web --server={server} --timeout=500ms"));
        assert_snapshot!(outcome.to_string().replace(&server, "[silent]"), @"
        [stderr]
        ✗ Kustomization/flux-system/web is not ready after 500ms without progress: [silent] did not respond within 500ms
          hint: check that the cluster is running, or allow more time with --timeout
        [exit code 3]
        ");
    }

    #[test]
    fn a_timeout_has_an_exit_code_of_its_own() {
        assert_snapshot!(scene().run("flux wait ks web --timeout=0s"), @"
        [stderr]
        ✗ Kustomization/flux-system/web is not ready after 0ns without progress: [server] had no time to respond
          hint: set --timeout to more than 0
        [exit code 3]
        ");
        assert_snapshot!(scene().run("flux wait ks web --timeout=500ms"), @"
        [stderr]
        ✗ Kustomization/flux-system/web is not ready after 500ms without progress
          Ready=False (Test): kustomization path not found
          hint: fix the reported problem and try again, or allow more time with --timeout
        [exit code 3]
        ");
        assert_snapshot!(scene().run("flux wait ks missing --timeout=500ms"), @"
        [stderr]
        ✗ Kustomization/flux-system/missing is not ready after 500ms without progress: it does not exist
        [exit code 3]
        ");
        assert_snapshot!(scene().run("flux wait ks apps --for suspended --timeout=500ms"), @"
        [stderr]
        ✗ Kustomization/flux-system/apps is not suspended after 500ms without progress: it is not suspended
          Ready=True (Test): reconciled
          hint: fix the reported problem and try again, or allow more time with --timeout
        [exit code 3]
        ");
        assert_snapshot!(scene().run("flux wait ks apps --for revision=fffffff --timeout=500ms"), @"
        [stderr]
        ✗ Kustomization/flux-system/apps is not ready at revision fffffff after 500ms without progress: it is at revision main@sha1:0123456789abcdef0123456789abcdef01234567
          Ready=True (Test): reconciled
          hint: fix the reported problem and try again, or allow more time with --timeout
        [exit code 3]
        ");
    }

    #[test]
    fn a_failure_counts_more_than_a_timeout() {
        assert_snapshot!(scene().run("flux wait kustomization --all --timeout=500ms"), @"
        [stderr]
        ⚠️ suspended, not waited for: Kustomization/flux-system/infra
        ✔ Kustomization/flux-system/apps is ready
        ✗ Kustomization/flux-system/stalled failed
          Ready=False (InvalidPath): no ^[[31mpath
        ✗ Kustomization/flux-system/web is not ready after 500ms without progress
          Ready=False (Test): kustomization path not found
          hint: fix the reported problem and try again, or allow more time with --timeout
        ✗ 2 of 3 objects are not ready
        [exit code 1]
        ");
    }

    #[test]
    fn an_unreachable_cluster_has_an_exit_code_of_its_own() {
        let outcome = Scene::offline().run("flux wait ks apps --server=http://127.0.0.1:1 --timeout=300ms");
        assert_eq!(outcome.code, 4, "{outcome}");
    }

    #[test]
    fn wrong_arguments_are_refused() {
        let scene = Scene::offline();
        assert_snapshot!(scene.run("flux wait kustomization"), @"
        [stderr]
        ✗ kustomization name is required
          hint: add one or more names, --selector (-l) or --all
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux wait kustomization apps --for applied"), @r#"
        [stderr]
        ✗ invalid argument "applied" for "--for" flag: must be one of: ready, revision=REVISION, suspended, deleted
          hint: add --help to see commands and options
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux wait kustomization apps --for revision="), @r#"
        [stderr]
        ✗ invalid argument "revision=" for "--for" flag: must be one of: ready, revision=REVISION, suspended, deleted
          hint: add --help to see commands and options
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux wait kustomization apps -A"), @"
        [stderr]
        ✗ names and --all-namespaces cannot be used together
          hint: choose a namespace with --namespace (-n), or select objects by --selector or --all
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux wait all apps"), @"
        [stderr]
        ✗ names are not accepted with all: apps
          hint: to select objects by name, write their kind instead of all
        [exit code 1]
        ");
    }

    #[test]
    fn the_result_has_the_documented_form() {
        let outcome = scene().run("flux wait kustomization --all --timeout=100ms -o json");
        let output: Value = serde_json::from_str(&outcome.stdout).unwrap();
        schema::check(&output, include_str!("../../docs/output/wait.schema.json"));
        let states: Vec<_> =
            output["objects"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect();
        assert_eq!(states, ["reached", "failed", "timedOut"]);
        assert_eq!(outcome.code, 1);
    }
}
