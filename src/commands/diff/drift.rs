//! Compares all objects of a Flux Kustomization with the cluster, and those of the Flux Kustomizations among them.

use futures::StreamExt;
use futures::stream;
use serde_json::Value;

use super::ignore::IgnoreRules;
use super::inventory;
use super::mask::masked;
use super::normalize::normalized;
use super::object::{CONCURRENCY, Comparer};
use super::outcome::{Action, Below, Change, Outcome};
use super::policy::{KUSTOMIZE, Policy};
use crate::commands::marks;
use crate::error::{ErrorKind, Result};
use crate::kinds::KUSTOMIZATION;
use crate::object::{ObjectId, ObjectRef};
use crate::render::{FluxKustomization, Renderer, is_flux_kustomization};

/// A comparison with the cluster.
pub(super) struct Drift<'a> {
    pub comparer: Comparer<'a>,
    pub renderer: &'a Renderer,
    /// Whether the Flux Kustomizations among the objects are compared too.
    pub recursive: bool,
}

impl Drift<'_> {
    /// Compares what `kustomization` renders with the cluster. `seen` has the Flux Kustomizations that are being compared.
    ///
    /// # Errors
    /// It does not render, or the cluster cannot be asked. Failures of single objects are in the outcome.
    pub(super) async fn compare(
        &self,
        kustomization: &FluxKustomization,
        seen: &mut Vec<(String, String)>,
    ) -> Result<Outcome> {
        let Comparer { context, cluster, .. } = self.comparer;
        let (namespace, name) = kustomization.id();
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.comparer.show(&format!("rendering Kustomization {name}"));
        let rendered = self.renderer.render(context, kustomization).await?;
        self.comparer.show("");
        let mut outcome = Outcome::new(&KUSTOMIZATION, (&namespace, &name), "");
        outcome.warnings.extend(rendered.warnings.iter().map(ToString::to_string));
        if kustomization.object["spec"]["suspend"] == true {
            let subject = outcome.subject();
            outcome.warnings.push(format!("{subject} is suspended: nothing is applied until it is resumed"));
        }
        for warning in &outcome.warnings {
            context.ui.warning(warning);
        }
        let mut objects: Vec<Value> = rendered.objects.into_iter().map(normalized).collect();
        let force = kustomization.object["spec"]["force"] == true;
        let ignore = IgnoreRules::of(&kustomization.object)?;
        let policy = Policy::new(KUSTOMIZE, force, ignore, &objects, cluster).await?;
        for object in &mut objects {
            policy.place(object);
        }
        seen.push((namespace.clone(), name.clone()));

        let compared = self.comparer.compare_all(&objects, &policy, &outcome.name).await?;
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
                match Box::pin(self.below(kustomization, object, &change, seen)).await {
                    Ok(below) => change.below = below,
                    Err(error) if matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Timeout) => {
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
        if kustomization.object["spec"]["prune"] == true && outcome.failures.is_empty() {
            let stale = inventory::stale(&kustomization.object, &applied);
            let owner = (outcome.namespace.as_str(), outcome.name.as_str());
            let stale = stream::iter(stale.into_iter().map(|id| self.stale(id, owner))).buffered(CONCURRENCY);
            let stale = stale.collect::<Vec<_>>().await;
            outcome.changes.extend(stale);
        }
        Ok(outcome)
    }

    /// Compares the objects of a Flux Kustomization that is among the objects, in its new state.
    async fn below(
        &self,
        kustomization: &FluxKustomization,
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
        let Some(below) = self.renderer.below(kustomization, std::slice::from_ref(&below))?.pop() else {
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
    async fn stale(&self, id: ObjectId, owner: (&str, &str)) -> Change {
        let object = serde_json::json!({"apiVersion": id.api_version, "kind": id.kind});
        let live = match self.comparer.cluster.resource_of(&object).await {
            Ok(resource) => {
                let at = ObjectRef::new(resource, id.in_namespace(), &id.name);
                self.comparer.cluster.find(&at).await.ok().flatten()
            }
            Err(_) => None,
        };
        let is_kept = |live: &Value| marks::is_unpruned(live) || !marks::belongs_to(live, owner);
        let action = if live.as_ref().is_some_and(is_kept) { Action::Kept } else { Action::Deleted };
        Change { id, action, from: live.map(masked), to: None, below: None }
    }
}
