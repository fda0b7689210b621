//! Compares one object with the cluster, by dry runs.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::mask::{adopt, has_unknown, mask, masked, redact};
use super::normalize::{is_secret, is_typed, remove_unknown, unknown_fields};
use super::outcome::{Action, Change};
use super::policy::{Controller, Policy};
use super::takeover::take_over;
use crate::cluster::{Cluster, Refusal};
use crate::commands::marks::{self, FORCE, SSA};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{ObjectId, ObjectRef};
use crate::output::Status;

/// Largest number of dry runs of one object. Each answer names all unknown fields of one level.
const MAX_ATTEMPTS: usize = 20;

/// Number of objects that are compared concurrently. More would strain the API server and slow links.
pub(super) const CONCURRENCY: usize = 8;

/// Compares objects with the cluster.
pub(super) struct Comparer<'a> {
    pub context: &'a Context,
    pub cluster: &'a Cluster,
    /// Status line that shows the progress.
    pub status: Option<Status<'a>>,
}

impl Comparer<'_> {
    pub(super) fn show(&self, text: &str) {
        if let Some(status) = &self.status {
            status.show(text);
        }
    }

    /// Compares objects, several at once; the results are in their order.
    ///
    /// # Errors
    /// The cluster does not answer. Failures of single objects are in the result.
    pub(super) async fn compare_all(
        &self,
        objects: &[Value],
        policy: &Policy,
        name: &str,
    ) -> Result<Vec<Result<Change>>> {
        let mut compared = Vec::new();
        let compare = |object| self.compare(object, policy);
        let mut changes = stream::iter(objects.iter().map(compare)).buffered(CONCURRENCY);
        while let Some(change) = changes.next().await {
            match change {
                // Further objects would fail too.
                Err(error) if matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Timeout) => {
                    return Err(error);
                }
                change => compared.push(change),
            }
            let (done, all) = (compared.len(), objects.len());
            self.show(&format!("{name}: {done} of {all} objects compared"));
        }
        Ok(compared)
    }

    /// Compares one object.
    async fn compare(&self, object: &Value, policy: &Policy) -> Result<Change> {
        let id = ObjectId::of(object);
        let subject = id.subject();
        let created = |id| Change {
            id,
            action: Action::Created,
            from: None,
            to: Some(masked(object.clone())),
            below: None,
        };
        let Some(resource) = policy.resource(&id) else {
            if policy.creates_kind(&id) {
                return Ok(created(id));
            }
            return Err(Error::not_found(format!(
                "{subject} dry-run failed: no matches for kind {:?} in version {:?}",
                id.kind, id.api_version
            ))
            .hint("install the CRD of this kind first, or fix apiVersion and kind"));
        };
        let namespace = id.in_namespace();
        if resource.namespaced && namespace.is_none() {
            return Err(Error::usage(format!("{subject} namespace not specified"))
                .hint("set metadata.namespace, or spec.targetNamespace of the Flux Kustomization"));
        }
        let skipped = |id, live: Option<Value>| Change {
            id,
            action: Action::Skipped,
            from: live.map(masked),
            to: Some(masked(object.clone())),
            below: None,
        };
        let controller = policy.controller;
        let is_excluded = |object: &Value| controller.obeys_marks && marks::is_excluded(object);
        let says = |object: &Value, name, value| controller.obeys_marks && marks::says(object, name, value);
        if is_excluded(object) {
            return Ok(skipped(id, None));
        }
        let at = ObjectRef::new(resource, namespace, &id.name);
        let find = self.cluster.find(&at);
        let (live, merged) = if has_unknown(object) {
            // Unknown values count as equal, even if the Secret is immutable.
            let live = find.await;
            let known = match &live {
                Ok(Some(live)) => adopt(object, live),
                _ => object.clone(),
            };
            (live, self.dry_run(controller, &at, &id, &known).await)
        } else {
            futures::join!(find, self.dry_run(controller, &at, &id, object))
        };
        let live = live.map_err(|error| error.context(&subject))?;
        if let Some(live) =
            live.as_ref().filter(|live| is_excluded(live) || says(object, SSA, "ifnotpresent"))
        {
            return Ok(skipped(id, Some(live.clone())));
        }
        let mut merged = match merged? {
            Ok(merged) => merged,
            Err(refusal) if refusal.not_found && policy.namespaces.contains(&id.namespace) => {
                return Ok(created(id));
            }
            Err(refusal) => {
                let force = policy.force
                    || says(object, FORCE, "enabled")
                    || live.as_ref().is_some_and(|live| says(live, FORCE, "enabled"));
                if !(refusal.immutable && force) {
                    return Err(refused(&subject, object, live.as_ref(), &refusal));
                }
                let (mut from, mut to) = (live.unwrap_or_default(), object.clone());
                mask(object, &mut from, &mut to);
                let from = Some(from).filter(|from| !from.is_null());
                return Ok(Change { id, action: Action::Recreated, from, to: Some(to), below: None });
            }
        };
        let Some(mut live) = live else { return Ok(created(id)) };
        if !(says(object, SSA, "merge") || says(&live, SSA, "merge"))
            && take_over(controller.taken, &live, &mut merged)
        {
            merged = self.after_takeover(controller, &at, &id, merged).await?;
        }
        for state in [&mut live, &mut merged] {
            if let Some(metadata) = state["metadata"].as_object_mut() {
                metadata.remove("managedFields");
                if !controller.shows_generation {
                    metadata.remove("generation");
                }
            }
        }
        if !policy.ignore.is_empty() {
            let subject = merged.clone();
            policy.ignore.strip(&subject, &mut live);
            policy.ignore.strip(&subject, &mut merged);
        }
        let mut action = if has_drifted(&live, &merged) { Action::Changed } else { Action::Unchanged };
        if is_secret(object) {
            mask(object, &mut live, &mut merged);
            // Unknown values count as equal.
            if !has_drifted(&live, &merged) {
                action = Action::Unchanged;
            }
        }
        Ok(Change { id, action, from: Some(live), to: Some(merged), below: None })
    }

    /// Dry run of an object. Unknown fields of built-in kinds are dropped, as the controller does.
    async fn dry_run(
        &self,
        controller: Controller,
        at: &ObjectRef,
        id: &ObjectId,
        object: &Value,
    ) -> Result<std::result::Result<Value, Refusal>> {
        let subject = id.subject();
        let mut object = object.clone();
        for attempt in 0.. {
            let outcome = self
                .cluster
                .dry_run(at, &object, controller.manager)
                .await
                .map_err(|error| error.context(&subject))?;
            let refusal = match outcome {
                Err(refusal) if is_typed(id) && attempt < MAX_ATTEMPTS => refusal,
                outcome => return Ok(outcome),
            };
            let unknown = unknown_fields(&refusal.message);
            let mut removed = unknown.iter().filter(|path| remove_unknown(&mut object, path)).peekable();
            if removed.peek().is_none() {
                return Ok(Err(refusal));
            }
            let removed: Vec<&String> = removed.collect();
            self.show("");
            for path in removed {
                self.context.ui.warning(format!(
                    "{subject}: {} is unknown to the API server and ignored",
                    path.trim_start_matches('.')
                ));
            }
        }
        Err(Error::failed(format!("{subject}: too many unknown fields")))
    }

    /// Dry run after the controller's takeover removed fields: some of them get defaults.
    async fn after_takeover(
        &self,
        controller: Controller,
        at: &ObjectRef,
        id: &ObjectId,
        mut merged: Value,
    ) -> Result<Value> {
        if let Some(metadata) = merged["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        let subject = id.subject();
        let replaced = self.cluster.dry_run_replacing(at, &merged, controller.manager).await;
        match replaced.map_err(|error| error.context(&subject))? {
            Ok(replaced) => Ok(replaced),
            Err(refusal) => Err(refused(&subject, &merged, None, &refusal)),
        }
    }
}

/// Whether anything differs except the fields that the server maintains.
fn has_drifted(live: &Value, merged: &Value) -> bool {
    // An empty map is the same as none.
    let pairs = |object: &Value, field: &str| {
        object["metadata"][field].as_object().filter(|pairs| !pairs.is_empty()).cloned()
    };
    if ["labels", "annotations"].iter().any(|field| pairs(live, field) != pairs(merged, field)) {
        return true;
    }
    let rest = |object: &Value| {
        let fields = object.as_object().into_iter().flatten();
        let fields = fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>()
    };
    rest(live) != rest(merged)
}

/// Error for an object that the API server refuses.
fn refused(subject: &str, object: &Value, live: Option<&Value>, refusal: &Refusal) -> Error {
    let message = if is_secret(object) { redact(&refusal.message) } else { refusal.message.clone() };
    if refusal.not_found {
        return Error::not_found(format!("{subject} not found: {message}"))
            .hint("create the namespace first, or add it to the objects");
    }
    let reason = match refusal.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let error = Error::failed(format!("{subject} dry-run failed{reason}: {message}"));
    if refusal.immutable && live.is_some() {
        return error.hint(format!(
            "if the field is immutable, let the controller recreate the object: annotate it with {FORCE}: enabled"
        ));
    }
    error
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_the_server_maintains_are_no_drift() {
        let object = |generation: u8, labels: &Value, replicas: u8| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "status": {"replicas": replicas},
                "metadata": {"name": "x", "generation": generation, "labels": labels}, "spec": {"a": 1}})
        };
        assert!(!has_drifted(&object(1, &json!({}), 1), &object(2, &Value::Null, 2)));
        assert!(has_drifted(&object(1, &json!({}), 1), &object(1, &json!({"a": "b"}), 1)));
    }
}
