//! Compares what a HelmRelease renders with the cluster, or with the release that Helm has stored.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::ignore::IgnoreRules;
use super::mask::{mask_values, masked};
use super::object::{CONCURRENCY, Comparer};
use super::outcome::{Action, Change, Outcome};
use super::policy::{HELM, Policy};
use super::revisions::changes;
use crate::commands::marks::is_kept_by_helm;
use crate::error::{Error, Result};
use crate::kinds::HELM_RELEASE;
use crate::object::{ObjectId, ObjectMeta, ObjectRef};
use crate::render::helm::{Placed, RenderedRelease, Stored};
use edgeflux_helm::controller::Settings;

/// Compares a rendered release with the cluster: its objects by dry runs, and the objects of the stored release that it
/// no longer has. CRDs are created only, and hooks exist for a moment, so neither is compared.
///
/// # Errors
/// The cluster cannot be asked. Failures of single objects are in the outcome.
pub(super) async fn with_cluster(
    comparer: &Comparer<'_>,
    release: &Placed,
    built: &RenderedRelease,
) -> Result<Outcome> {
    let mut outcome = start(release);
    let settings = Settings::from_object(&release.object)?;
    let mut objects = built.installed()?;
    for object in &mut objects {
        add_owner(object, &settings);
    }
    let policy = Policy::new(HELM, false, IgnoreRules::default(), &objects, comparer.cluster).await?;
    for object in &mut objects {
        policy.set_namespace(object, &built.namespace);
        policy.place(object);
    }
    let changes = comparer.compare_all(&objects, &policy, release.object.name()).await?;
    for change in changes {
        match change {
            Ok(change) if change.action != Action::Unchanged => outcome.changes.push(change),
            Ok(_) => {}
            Err(error) => outcome.failures.push(redacted(built, &error)),
        }
    }
    if outcome.failures.is_empty()
        && let Some(stored) = Stored::newest(comparer.cluster, &release.object).await?
    {
        let known: BTreeSet<_> = objects.iter().map(|object| ObjectId::of(object).key()).collect();
        let stale = stored.objects.iter().map(ObjectId::of).filter(|id| !known.contains(&id.key()));
        let stale = stream::iter(stale.map(|id| stale_change(comparer, id))).buffered(CONCURRENCY);
        outcome.changes.extend(stale.collect::<Vec<_>>().await.into_iter().flatten());
    }
    mask(&mut outcome, built);
    Ok(outcome)
}

/// Compares a rendered release with the one that Helm has stored, hooks included.
///
/// # Errors
/// There is no stored release, or it cannot be read.
pub(super) async fn with_stored(
    comparer: &Comparer<'_>,
    release: &Placed,
    built: &RenderedRelease,
) -> Result<Outcome> {
    let mut outcome = start(release);
    let stored = Stored::newest(comparer.cluster, &release.object).await?.ok_or_else(|| {
        Error::not_found(format!("{} has no release in the cluster yet", outcome.title()))
            .hint("omit --against=release to see all objects as created")
    })?;
    let before = [stored.objects, stored.hooks].concat();
    let after = [built.installed()?, built.hook_objects()?].concat();
    outcome.changes = changes(before, after);
    for change in &mut outcome.changes {
        if change.action == Action::Deleted && change.from.as_ref().is_some_and(is_kept_by_helm) {
            change.action = Action::Kept;
        }
    }
    mask(&mut outcome, built);
    Ok(outcome)
}

fn start(release: &Placed) -> Outcome {
    let namespace = release.object.namespace().unwrap_or_default();
    Outcome::new(&HELM_RELEASE, (namespace, release.object.name()), "")
}

fn mask(outcome: &mut Outcome, built: &RenderedRelease) {
    let secrets = std::slice::from_ref(&built.secrets);
    for change in &mut outcome.changes {
        mask_values(secrets, &mut change.from, &mut change.to);
    }
}

/// The API server may repeat values in its message.
fn redacted(built: &RenderedRelease, error: &Error) -> Error {
    let hints = error.hints().iter().map(|hint| built.secrets.redact(hint).into_owned());
    hints.fold(Error::new(error.kind(), built.secrets.redact(&error.to_string())), Error::hint)
}

/// Adds the label and the annotations by which Helm knows its objects.
fn add_owner(object: &mut Value, settings: &Settings) {
    for (field, name, value) in [
        ("labels", "app.kubernetes.io/managed-by", "Helm"),
        ("annotations", "meta.helm.sh/release-name", settings.release_name().as_str()),
        ("annotations", "meta.helm.sh/release-namespace", settings.release_namespace()),
    ] {
        object["metadata"][field][name] = value.into();
    }
}

/// What happens to an object that is no longer rendered; nothing if it is gone already.
async fn stale_change(comparer: &Comparer<'_>, id: ObjectId) -> Option<Change> {
    let object = serde_json::json!({"apiVersion": id.api_version, "kind": id.kind});
    let resource = comparer.cluster.resource_of(&object).await.ok()?;
    let at = ObjectRef::new(resource, id.in_namespace(), &id.name);
    let live = comparer.cluster.find(&at).await.ok().flatten()?;
    let action = if is_kept_by_helm(&live) { Action::Kept } else { Action::Deleted };
    Some(Change { id, action, from: Some(masked(live)), to: None, below: None })
}
