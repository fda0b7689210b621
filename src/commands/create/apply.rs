//! Applies an object of a Flux kind and waits for its controller.

use serde_json::Value;

use crate::api::{Object, Spec};
use crate::cluster::{Upserted, WaitOptions};
use crate::commands::no_artifact;
use crate::context::Context;
use crate::error::Result;
use crate::event::Progress;
use crate::kinds::{Kind, Reconciler, artifact_revision};
use crate::object::{ObjectRef, Resource};

/// Announces that an object is generated.
pub fn generating(context: &Context, kind: &Kind) {
    context.ui.generate(format!("generating {}", Resource::from(kind).noun()));
}

/// Announces, applies and waits.
pub async fn apply<S: Spec>(context: &Context, kind: &'static Kind, object: &Object<S>) -> Result<()> {
    generating(context, kind);
    apply_and_wait(context, kind, object).await
}

/// Applies an object and waits until it is ready, with progress on the output.
///
/// Failures of the controller are retried until the timeout: a deploy key or a source may still be added. A failure is
/// shown at once, and again with the last events at the timeout.
pub async fn apply_and_wait<S: Spec>(
    context: &Context,
    kind: &'static Kind,
    object: &Object<S>,
) -> Result<()> {
    let noun = Resource::from(kind).noun();
    let cluster = context.cluster().await?;
    context.ui.action(format!("applying {noun}"));
    let at = ObjectRef::new(kind, object.metadata.namespace.as_str(), &object.metadata.name);
    let applied = cluster.upsert(&at, &object.to_value(), take_over).await?;
    let done = if matches!(applied, Upserted::Created(_)) { "created" } else { "updated" };
    context.ui.success(format!("{noun} {done}"));
    context.ui.waiting(format!("waiting for {noun} reconciliation"));
    let options = WaitOptions {
        timeout: context.settings.timeout,
        requested_at: None,
        through_failures: true,
        progress: Progress::Reported,
    };
    let ready = cluster.wait_ready(&at, &options).await?;
    context.ui.success(format!("{noun} reconciliation completed"));
    if (kind.has_artifact)(&ready) {
        let revision = artifact_revision(&ready).ok_or_else(|| no_artifact(kind, &at))?;
        context.ui.success(format!("fetched revision: {revision}"));
    } else if (kind.reconciler)(&ready) == Reconciler::Dynamic {
        context.ui.success((kind.success)(&ready));
    }
    Ok(())
}

/// Replaces the existing spec, and adds the labels to the existing ones.
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
    use crate::testing::Scene;

    #[test]
    fn the_revision_of_a_source_is_shown_and_must_be_there() {
        let create = |name: &str| {
            let flags = "--url=https://git.example.com/fleet --branch=main --silent";
            Scene::new().run(&format!("flux create source git {name} {flags}"))
        };
        let created = create("fleet");
        assert!(created.stderr.contains("✔ fetched revision: main@sha1:0123"), "{created}");
        let without = create("without-artifact");
        assert!(without.stderr.contains("completed but no artifact was found"), "{without}");
        assert_eq!((created.code, without.code), (0, 1));
    }

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
