//! `flux reconcile`: an object that its controller looks at now rather than at its interval.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{KindCommand, only_name};
use crate::cluster::{Cluster, Resource, WaitOptions};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{self, Flag, Kind, Reconciler, SourceRef, Verb};

/// Asks a controller to reconcile the object; the value is when that was asked for.
const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

/// The flags of `flux reconcile` and all under it.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// The object's name
    #[arg(value_name = "name")]
    names: Vec<String>,
}

impl KindCommand for Reconcile {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        let Some(name) = only_name(context, &self.names) else {
            return Err(Error::usage(format!("{} name is required", kind.kind))
                .hint(format!("flux get {} -A lists what there is", kind.get.words.join(" "))));
        };
        let cluster = context.cluster().await?;
        let target = Target { kind, namespace: context.namespace().to_owned(), name: name.to_owned() };
        reconcile(context, cluster, target, flags).await
    }
}

/// An object to reconcile.
struct Target {
    kind: &'static Kind,
    namespace: String,
    name: String,
}

async fn reconcile(context: &Context, cluster: &Cluster, target: Target, flags: &[Flag]) -> Result<()> {
    let Target { kind, namespace, name } = &target;
    let object = match cluster.get(&Resource::from(*kind), Some(namespace), name).await {
        Ok(object) => object,
        Err(error) => return Err(cluster.hint_elsewhere(error, kind, namespace, Some(name)).await),
    };
    if (kind.reconciler)(&object) == Reconciler::Static {
        context.ui.success("reconciliation not supported by the object");
        return Ok(());
    }
    if object["spec"]["suspend"] == true {
        return Err(Error::usage(format!("resource is suspended: {}/{namespace}/{name}", kind.kind))
            .hint(format!("flux resume {} {name} -n {namespace}", kind.path.words.join(" "))));
    }
    if flags.contains(&Flag::WithSource)
        && let Some(source) = kind.source
    {
        let source = source(&object).ok_or_else(|| {
            Error::usage(format!("{}/{namespace}/{name} names no source to reconcile", kind.kind))
        })?;
        let flags: &[Flag] = if source.with_source { &[Flag::WithSource] } else { &[] };
        // A future that awaits itself needs a fixed size; two steps are the most there are.
        Box::pin(reconcile(context, cluster, self::source(source)?, flags)).await?;
    }
    ask(context, cluster, &target, flags).await
}

/// The source as something to reconcile.
fn source(source: SourceRef) -> Result<Target> {
    let kind = kinds::by_name(&source.kind).filter(|kind| kind.takes(Verb::Reconcile)).ok_or_else(|| {
        Error::usage(format!("cannot reconcile source of kind {}", source.kind))
            .hint("leave out --with-source: such a source is not fetched by Flux")
    })?;
    Ok(Target { kind, namespace: source.namespace, name: source.name })
}

/// Asks for a reconciliation and waits for what comes of it.
async fn ask(context: &Context, cluster: &Cluster, target: &Target, flags: &[Flag]) -> Result<()> {
    let Target { kind, namespace, name } = target;
    let resource = Resource::from(*kind);
    context.ui.action(format!("annotating {} {name} in {namespace} namespace", kind.kind));
    let now = Timestamp::now().to_string();
    let mut annotations = Map::new();
    annotations.insert(REQUESTED_AT.into(), Value::from(now.as_str()));
    for annotation in flags.iter().filter_map(|flag| flag.annotation()) {
        annotations.insert(annotation.into(), Value::from(now.as_str()));
    }
    let change = json!({"metadata": {"annotations": annotations}});
    cluster.patch(&resource, Some(namespace), name, &change).await?;
    context.ui.success(format!("{} annotated", kind.kind));
    context.ui.waiting(format!("waiting for {} reconciliation", kind.kind));
    let options =
        WaitOptions { timeout: context.settings.timeout, requested_at: Some(&now), ..WaitOptions::default() };
    let tell = |what: &str| {
        if context.ui.is_terminal() {
            context.ui.waiting(what);
        }
    };
    let object = cluster.wait_ready(&resource, Some(namespace), name, &options, tell).await?;
    context.ui.success((kind.success)(&object));
    Ok(())
}
