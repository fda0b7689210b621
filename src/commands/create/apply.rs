//! Applying an object of a Flux kind and waiting until its controller has done what it says.

use serde_json::Value;

use crate::api::{Object, Spec};
use crate::cluster::{Resource, Upserted, WaitOptions};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::{Kind, Reconciler};

/// What messages call the kind: `GitRepository source`.
fn noun(kind: &Kind) -> String {
    let source = kind.group == "source.toolkit.fluxcd.io";
    if source { format!("{} source", kind.kind) } else { kind.kind.to_owned() }
}

/// Says that an object of the kind is being made.
pub fn generating(context: &Context, kind: &Kind) {
    context.ui.generate(format!("generating {}", noun(kind)));
}

/// Says so, and applies it and waits.
pub async fn apply<S: Spec>(context: &Context, kind: &'static Kind, object: &Object<S>) -> Result<()> {
    generating(context, kind);
    apply_and_wait(context, kind, object).await
}

/// Applies an object and waits for it to be ready; progress goes to the output.
///
/// Attempts that fail are waited out: a deploy key may still be on its way, a source may still come.
/// What fails is shown at once, and said again, with the last events, when the time is over.
pub async fn apply_and_wait<S: Spec>(
    context: &Context,
    kind: &'static Kind,
    object: &Object<S>,
) -> Result<()> {
    let noun = noun(kind);
    let cluster = context.cluster().await?;
    context.ui.action(format!("applying {noun}"));
    let resource = Resource::from(kind);
    let (namespace, name) = (object.metadata.namespace.as_str(), object.metadata.name.as_str());
    let applied = cluster.upsert(&resource, Some(namespace), name, &object.to_value(), take_over).await?;
    let done = if matches!(applied, Upserted::Created(_)) { "created" } else { "updated" };
    context.ui.success(format!("{noun} {done}"));
    context.ui.waiting(format!("waiting for {noun} reconciliation"));
    let options =
        WaitOptions { timeout: context.settings.timeout, requested_at: None, through_failures: true };
    let progress = |message: &str| context.ui.waiting(format!("{noun} {name}: {message}"));
    let ready = cluster.wait_ready(&resource, Some(namespace), name, &options, progress).await?;
    context.ui.success(format!("{noun} reconciliation completed"));
    if (kind.reconciler)(&ready) == Reconciler::Dynamic {
        context.ui.success((kind.success)(&ready));
    }
    Ok(())
}

/// Puts the spec in the place of the one that is there, and adds the labels to those that are there.
fn take_over(existing: &mut Value, wanted: &Value) {
    existing["spec"] = wanted["spec"].clone();
    for (key, value) in wanted["metadata"]["labels"].as_object().into_iter().flatten() {
        existing["metadata"]["labels"][key] = value.clone();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::take_over;

    #[test]
    fn labels_of_others_stay() {
        let mut existing = json!({"metadata": {"labels": {"theirs": "1"}}, "spec": {"a": 1}});
        take_over(&mut existing, &json!({"metadata": {"labels": {"ours": "2"}}, "spec": {"b": 2}}));
        assert_eq!(existing, json!({"metadata": {"labels": {"theirs": "1", "ours": "2"}}, "spec": {"b": 2}}));
        let mut bare = json!({"metadata": {}, "spec": {}});
        take_over(&mut bare, &json!({"metadata": {"labels": {"ours": "2"}}, "spec": {}}));
        assert_eq!(bare, json!({"metadata": {"labels": {"ours": "2"}}, "spec": {}}));
    }
}
