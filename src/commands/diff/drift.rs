//! Compares the objects of a Flux Kustomization with the cluster, by dry runs.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use futures::StreamExt;
use futures::stream;
use serde_json::Value;

use super::ignore::IgnoreRules;
use super::inventory;
use super::marks::{self, FORCE, SSA, says};
use super::mask::{adopt, has_unknown, mask, masked, redact};
use super::normalize::{is_definition, is_secret, is_typed, normalized, remove_unknown, unknown_fields};
use super::outcome::{Action, Below, Change, Id, Outcome};
use super::takeover::take_over;
use crate::cluster::{Cluster, Refusal};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::object::{ObjectRef, Resource};
use crate::output::Status;
use crate::render::{Renderer, Unit, is_flux_kustomization};

/// Field manager of kustomize-controller.
const MANAGER: &str = "kustomize-controller";

/// Number of objects that are compared concurrently. More would strain the API server and slow links.
const CONCURRENCY: usize = 8;

/// Largest number of dry runs of one object. Each answer names all unknown fields of one level.
const MAX_ATTEMPTS: usize = 20;

/// A comparison with the cluster.
pub(super) struct Drift<'a> {
    pub context: &'a Context,
    pub cluster: &'a Cluster,
    pub renderer: &'a Renderer,
    /// Whether the Flux Kustomizations among the objects are compared too.
    pub recursive: bool,
    /// Status line that shows the progress.
    pub status: Option<Status<'a>>,
}

/// How the objects of a Flux Kustomization are applied.
struct Policy {
    force: bool,
    ignore: IgnoreRules,
    /// Namespaces and kinds that its own objects create.
    namespaces: BTreeSet<String>,
    kinds: BTreeSet<(String, String)>,
    resources: BTreeMap<(String, String), Resource>,
}

impl Policy {
    /// Removes the namespace of a cluster-scoped object, as the API server does.
    fn place(&self, object: &mut Value) {
        let id = Id::of(object);
        let resource = self.resources.get(&(id.api_version, id.kind));
        if let (false, Some(metadata)) =
            (resource.is_none_or(|resource| resource.namespaced), object["metadata"].as_object_mut())
        {
            metadata.remove("namespace");
        }
    }
}

impl Drift<'_> {
    /// Compares what `unit` renders with the cluster. `seen` has the Flux Kustomizations that are being compared.
    ///
    /// # Errors
    /// It does not render, or the cluster cannot be asked. Failures of single objects are in the outcome.
    pub(super) async fn compare(&self, unit: &Unit, seen: &mut Vec<(String, String)>) -> Result<Outcome> {
        let (namespace, name) = unit.id();
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.show(&format!("rendering Kustomization {name}"));
        let rendered = self.renderer.render(self.context, unit).await?;
        self.show("");
        for warning in rendered.warnings {
            self.context.ui.warning(warning.to_string());
        }
        if unit.object["spec"]["suspend"] == true {
            self.context.ui.warning(format!(
                "Kustomization/{namespace}/{name} is suspended: nothing of this is applied before it is resumed"
            ));
        }
        let mut objects: Vec<Value> = rendered.objects.into_iter().map(normalized).collect();
        let policy = self.policy(unit, &objects).await?;
        for object in &mut objects {
            policy.place(object);
        }
        seen.push((namespace.clone(), name.clone()));

        let mut outcome = Outcome { namespace, name, ..Outcome::default() };
        let mut compared = Vec::new();
        {
            let compare = |object| self.object(object, &policy);
            let mut changes = stream::iter(objects.iter().map(compare)).buffered(CONCURRENCY);
            while let Some(change) = changes.next().await {
                match change {
                    // Further objects would fail too.
                    Err(error) if matches!(error.kind(), Kind::Unreachable | Kind::Timeout) => {
                        return Err(error);
                    }
                    change => compared.push(change),
                }
                let (done, all) = (compared.len(), objects.len());
                self.show(&format!("{}: {done} of {all} objects compared", outcome.name));
            }
        }
        let mut applied = Vec::new();
        for (object, change) in objects.iter().zip(compared) {
            let mut change = match change {
                Ok(change) => change,
                Err(error) => {
                    outcome.failures.push(error);
                    continue;
                }
            };
            applied.push(change.id.clone());
            if self.recursive && change.action != Action::Created && is_flux_kustomization(object) {
                match Box::pin(self.below(unit, object, &change, seen)).await {
                    Ok(below) => change.below = below,
                    Err(error) if matches!(error.kind(), Kind::Unreachable | Kind::Timeout) => {
                        return Err(error);
                    }
                    Err(error) => outcome.failures.push(error),
                }
            }
            if change.action != Action::Unchanged || change.below.is_some() {
                outcome.changes.push(change);
            }
        }
        seen.pop();
        if unit.object["spec"]["prune"] == true && outcome.failures.is_empty() {
            let stale = inventory::stale(&unit.object, &applied);
            let owner = (outcome.namespace.as_str(), outcome.name.as_str());
            let stale = stream::iter(stale.into_iter().map(|id| self.stale(id, owner))).buffered(CONCURRENCY);
            let stale = stale.collect::<Vec<_>>().await;
            outcome.changes.extend(stale);
        }
        Ok(outcome)
    }

    fn show(&self, text: &str) {
        if let Some(status) = &self.status {
            status.show(text);
        }
    }

    /// Collects what applies to all objects.
    async fn policy(&self, unit: &Unit, objects: &[Value]) -> Result<Policy> {
        let mut policy = Policy {
            force: unit.object["spec"]["force"] == true,
            ignore: IgnoreRules::of(&unit.object)?,
            namespaces: BTreeSet::new(),
            kinds: BTreeSet::new(),
            resources: BTreeMap::new(),
        };
        for object in objects {
            let id = Id::of(object);
            if is_definition(object) {
                let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                policy.kinds.insert((text("/spec/group").to_owned(), text("/spec/names/kind").to_owned()));
            }
            if id.kind == "Namespace" && id.api_version == "v1" {
                policy.namespaces.insert(id.name.clone());
            }
            let Entry::Vacant(entry) = policy.resources.entry((id.api_version, id.kind)) else { continue };
            match self.cluster.resource_of(object).await {
                Ok(resource) => {
                    entry.insert(resource);
                }
                // Each object of the kind reports it.
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(policy)
    }

    /// Compares one object.
    async fn object(&self, object: &Value, policy: &Policy) -> Result<Change> {
        let id = Id::of(object);
        let subject = id.subject();
        let created = |id| Change {
            id,
            action: Action::Created,
            from: None,
            to: Some(masked(object.clone())),
            below: None,
        };
        let Some(resource) = policy.resources.get(&(id.api_version.clone(), id.kind.clone())) else {
            if policy.kinds.contains(&(id.group().to_owned(), id.kind.clone())) {
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
        if marks::is_excluded(object) {
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
            (live, self.dry_run(&at, &id, &known).await)
        } else {
            futures::join!(find, self.dry_run(&at, &id, object))
        };
        let live = live.map_err(|error| error.context(&subject))?;
        if let Some(live) =
            live.as_ref().filter(|live| marks::is_excluded(live) || says(object, SSA, "ifnotpresent"))
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
        if !(says(object, SSA, "merge") || says(&live, SSA, "merge")) && take_over(&live, &mut merged) {
            merged = self.after_takeover(&at, &id, merged).await?;
        }
        for state in [&mut live, &mut merged] {
            if let Some(metadata) = state["metadata"].as_object_mut() {
                metadata.remove("managedFields");
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
        at: &ObjectRef,
        id: &Id,
        object: &Value,
    ) -> Result<std::result::Result<Value, Refusal>> {
        let subject = id.subject();
        let mut object = object.clone();
        for attempt in 0.. {
            let outcome =
                self.cluster.dry_run(at, &object, MANAGER).await.map_err(|error| error.context(&subject))?;
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
    async fn after_takeover(&self, at: &ObjectRef, id: &Id, mut merged: Value) -> Result<Value> {
        if let Some(metadata) = merged["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        let subject = id.subject();
        let replaced = self.cluster.dry_run_replacing(at, &merged, MANAGER).await;
        match replaced.map_err(|error| error.context(&subject))? {
            Ok(replaced) => Ok(replaced),
            Err(refusal) => Err(refused(&subject, &merged, None, &refusal)),
        }
    }

    /// Compares the objects of a Flux Kustomization that is among the objects, in its new state.
    async fn below(
        &self,
        unit: &Unit,
        object: &Value,
        change: &Change,
        seen: &mut Vec<(String, String)>,
    ) -> Result<Option<Below>> {
        let mut below = object.clone();
        if let Some(state) = change.to.as_ref().filter(|_| change.action != Action::Skipped) {
            below = state.clone();
        } else if let Some(live) = &change.from {
            below = live.clone();
        }
        if !below["spec"]["kubeConfig"].is_null() {
            return Ok(Some(Below::Elsewhere));
        }
        let Some(below) = self.renderer.below(unit, std::slice::from_ref(&below))?.pop() else {
            return Ok(None);
        };
        let (namespace, name) = below.id();
        if seen.iter().any(|(other, of)| other == namespace && of == name) {
            return Ok(None);
        }
        let subject = change.id.subject();
        let outcome = self.compare(&below, seen).await.map_err(|error| error.context(subject))?;
        Ok(Some(Below::Compared(outcome)))
    }

    /// Finds out what happens to an object that is no longer rendered. An object that cannot be read counts as deleted;
    /// one that no longer belongs to `owner` is kept.
    async fn stale(&self, id: Id, owner: (&str, &str)) -> Change {
        let object = serde_json::json!({"apiVersion": id.api_version, "kind": id.kind});
        let live = match self.cluster.resource_of(&object).await {
            Ok(resource) => {
                let at = ObjectRef::new(resource, id.in_namespace(), &id.name);
                self.cluster.find(&at).await.ok().flatten()
            }
            Err(_) => None,
        };
        let is_kept = |live: &Value| marks::is_unpruned(live) || !marks::belongs_to(live, owner);
        let action = if live.as_ref().is_some_and(is_kept) { Action::Kept } else { Action::Deleted };
        Change { id, action, from: live.map(masked), to: None, below: None }
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
