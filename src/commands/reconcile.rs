//! `flux reconcile`: triggers a reconciliation now and waits for it.

mod fleet;
mod order;
#[cfg(test)]
mod tests;

use clap::Args;
use serde_json::{Map, Value, json};

use super::targets::{Selected, Targets};
use super::{KindCommand, KindGroup, KindsCommand, listing, name_required, no_artifact, only_name};
use crate::cluster::{Cluster, WaitOptions};
use crate::commands::about::{About, DescribedVerb, Example, KindFlag};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Progress;
use crate::kinds::{self, Flag, Kind, REQUESTED_AT, Reconciler, SourceRef, Verb};
use crate::object::ObjectRef;
use fleet::Fleet;

/// The flags of `flux reconcile` and all under it.
#[derive(Debug, Args)]
pub struct Reconcile {
    #[command(flatten)]
    targets: Targets,
    /// Select objects in all namespaces, with --all or --selector
    #[arg(short = 'A', long)]
    all_namespaces: bool,
}

impl DescribedVerb for Reconcile {
    const VERB: Verb = Verb::Reconcile;
    const ABOUT: About = About::new("reconcile", "Reconcile an object now and wait for the result")
        .details(
            "Controllers otherwise reconcile an object at its interval and when its source changes.\n\n\
             With --all, --selector or `flux reconcile all`, all reconciliations are requested at once, and \
             the command then waits for each object, after its sources and dependencies. Suspended objects \
             are skipped. The exit code is then 0 if all objects were reconciled, 1 if one failed, 3 on \
             timeout, 4 if the cluster cannot be reached, and 130 if interrupted.",
        )
        .examples(&[
            ("Fetch a GitRepository now", "flux reconcile source git fleet"),
            (
                "Fetch the source of a Kustomization and apply it",
                "flux reconcile kustomization apps --with-source",
            ),
            ("Retry a failed HelmRelease", "flux reconcile helmrelease podinfo --reset"),
            ("Reconcile everything in all namespaces", "flux reconcile all -A"),
        ]);
    const ABOUT_KIND: About = About::new("", "Reconcile {a kind} now and wait for the result")
        .usage("(<NAME> | --selector <SELECTOR> | --all)")
        .examples(&[
            ("Reconcile the {kind} {name}", "flux reconcile {path} {name}"),
            (
                "Reconcile an object in another namespace, and wait longer",
                "flux reconcile {path} {name} -n apps --timeout=15m",
            ),
            ("Reconcile all {kinds} in a namespace", "flux reconcile {path} --all -n apps"),
        ]);
    const FLAGS: &'static [KindFlag] = &[
        KindFlag {
            flag: Flag::WithSource,
            name: "with-source",
            help: "Reconcile the source of the object first",
        },
        KindFlag {
            flag: Flag::Force,
            name: "force",
            help: "Force a one-off install or upgrade of the release",
        },
        KindFlag {
            flag: Flag::Reset,
            name: "reset",
            help: "Reset the failure count, so that the install or upgrade is retried",
        },
    ];
}

impl KindCommand for Reconcile {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        if self.targets.is_plural() {
            let selected = self.targets.selected(kind)?;
            return self.many(context, &[kind], selected, flags).await;
        }
        if self.all_namespaces {
            return Err(Error::usage("--all-namespaces needs --all or --selector")
                .hint("choose a namespace with --namespace (-n), or select objects by --selector or --all"));
        }
        let Some(name) = only_name(context, &self.targets.names) else {
            return Err(name_required(kind, listing(kind)));
        };
        let cluster = context.cluster().await?;
        let target = ObjectRef::new(kind, context.namespace(), name);
        reconcile(context, cluster, kind, &target, flags).await
    }
}

impl KindsCommand for Reconcile {
    const EXAMPLES_OF_ALL: &'static [Example] = &[
        ("Reconcile {kinds} in all namespaces", "{line} -A"),
        ("Reconcile {kinds} of a team", "{line} -l team=web"),
    ];

    async fn run_all(self, context: &Context, group: KindGroup<'_>) -> Result<()> {
        let selected = self.targets.selected_of_all()?;
        self.many(context, group.kinds, selected, &[]).await
    }
}

impl Reconcile {
    async fn many(
        &self,
        context: &Context,
        kinds: &[&'static Kind],
        selected: Selected<'_>,
        flags: &[Flag],
    ) -> Result<()> {
        let namespace = (!self.all_namespaces).then(|| context.namespace());
        let fleet = Fleet { kinds, selected, namespace, flags };
        fleet::reconcile(context, &fleet).await.map_err(Error::distinct)
    }
}

async fn reconcile(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    target: &ObjectRef,
    flags: &[Flag],
) -> Result<()> {
    let object = match cluster.get(target).await {
        Ok(object) => object,
        Err(error) => return Err(cluster.hint_namespaces_of(error, target).await),
    };
    if (kind.reconciler)(&object) == Reconciler::Static {
        context.ui.success("reconciliation not supported by the object");
        return Ok(());
    }
    if kind.suspension.holds(&object) {
        let resume = format!("flux resume {} {}", kind.path.words.join(" "), target.name);
        let namespace = target.namespace.as_deref().unwrap_or_default();
        return Err(
            Error::usage(format!("resource is suspended: {target}")).hint(format!("{resume} -n {namespace}"))
        );
    }
    if flags.contains(&Flag::WithSource)
        && let Some(source) = kind.source
    {
        let source =
            source(&object).ok_or_else(|| Error::usage(format!("{target} has no source to reconcile")))?;
        let flags: &[Flag] = if source.with_source { &[Flag::WithSource] } else { &[] };
        let (kind, source) = self::source(&source)?;
        // A recursive future must be boxed; there are two steps at most.
        Box::pin(reconcile(context, cluster, kind, &source, flags)).await?;
    }
    request_and_wait(context, cluster, kind, target, flags).await
}

/// Returns the kind of a source and a reference to it.
fn source(source: &SourceRef) -> Result<(&'static Kind, ObjectRef)> {
    let kind = kinds::by_name(&source.kind).filter(|kind| kind.takes(Verb::Reconcile)).ok_or_else(|| {
        Error::usage(format!("cannot reconcile source of kind {}", source.kind))
            .hint("omit --with-source: Flux does not fetch this kind of source")
    })?;
    Ok((kind, ObjectRef::new(kind, source.namespace.as_str(), &source.name)))
}

/// Requests a reconciliation at a time.
async fn request(cluster: &Cluster, target: &ObjectRef, flags: &[Flag], now: &str) -> Result<()> {
    let mut annotations = Map::new();
    annotations.insert(REQUESTED_AT.into(), Value::from(now));
    for annotation in flags.iter().filter_map(|flag| flag.annotation()) {
        annotations.insert(annotation.into(), Value::from(now));
    }
    cluster.patch(target, &json!({"metadata": {"annotations": annotations}})).await.map(drop)
}

/// Requests a reconciliation and waits for its result.
async fn request_and_wait(
    context: &Context,
    cluster: &Cluster,
    kind: &'static Kind,
    target: &ObjectRef,
    flags: &[Flag],
) -> Result<()> {
    let (name, namespace) = (&target.name, target.namespace.as_deref().unwrap_or_default());
    context.ui.action(format!("annotating {} {name} in {namespace} namespace", kind.kind));
    let now = context.clock.now().to_string();
    request(cluster, target, flags, &now).await?;
    context.ui.success(format!("{} annotated", kind.kind));
    context.ui.waiting(format!("waiting for {} reconciliation", kind.kind));
    let options = WaitOptions {
        timeout: context.settings.timeout,
        requested_at: Some(&now),
        // In a log, the lines above and below say enough.
        progress: if context.ui.is_terminal() { Progress::Reported } else { Progress::Silent },
        ..WaitOptions::default()
    };
    let object = cluster.wait_ready(target, &options).await?;
    if kind.lacks_artifact(&object) {
        return Err(no_artifact(kind, target));
    }
    context.ui.success((kind.success)(&object));
    Ok(())
}
