//! Uninstalling Flux: suspending its objects, deleting components, finalizers, CRDs and the namespace.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::blocked_deletion::Blockers;
use super::{Cluster, List, ListSelector, PART_OF};
use crate::backoff::{Backoff, ProgressTimer};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::kinds::{KINDS, Product, Verb};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Pauses between two checks whether objects are gone.
const BACKOFF: Backoff = Backoff::constant(Duration::from_millis(500));

/// Timeout of one check; the next one starts afterwards.
const CHECK_TIMEOUT: Duration = Duration::from_secs(30);

/// Resources of the components in their namespace, in the order of their deletion: controllers first, so that they
/// cannot restore the rest.
const NAMESPACED: [Resource; 5] = [
    Resource::DEPLOYMENT,
    Resource::SERVICE,
    Resource::NETWORK_POLICY,
    Resource::RESOURCE_QUOTA,
    Resource::SERVICE_ACCOUNT,
];

/// Cluster-scoped resources of the components.
const CLUSTER_SCOPED: [Resource; 2] = [Resource::CLUSTER_ROLE, Resource::CLUSTER_ROLE_BINDING];

/// How to remove objects.
#[derive(Debug, Clone, Copy)]
pub struct RemovalOptions {
    /// Whether to only report what would be removed.
    pub dry_run: bool,
    /// Longest time to wait without progress until objects are gone.
    pub timeout: Duration,
}

/// Numbers of objects that were removed, and that could not be.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Objects that were deleted, or whose finalizers were removed.
    pub done: usize,
    /// Objects for which that failed.
    pub failed: usize,
}

impl AddAssign for Removed {
    fn add_assign(&mut self, other: Self) {
        self.done += other.done;
        self.failed += other.failed;
    }
}

/// Each method reports [`Event::Deleted`], [`Event::FinalizersRemoved`] or [`Event::DeletionFailed`] for every object.
impl Cluster {
    /// Lists the namespaces with Deployments of Flux, sorted by name.
    pub async fn component_namespaces(&self) -> Result<Vec<String>> {
        let deployments = self.part_of_flux(&Resource::DEPLOYMENT, None).await?;
        let namespaces: BTreeSet<String> =
            deployments.iter().filter_map(ObjectMeta::namespace).map(str::to_owned).collect();
        Ok(namespaces.into_iter().collect())
    }

    /// Deletes the components in a namespace and Flux's cluster roles, and waits until the controllers' pods are
    /// gone: a running controller restores finalizers.
    pub async fn remove_components(&self, namespace: &str, options: &RemovalOptions) -> Result<Removed> {
        let mut removed = Removed::default();
        let mut pods: Vec<String> = Vec::new();
        for resource in NAMESPACED.iter().chain(&CLUSTER_SCOPED) {
            let scope = resource.namespaced.then_some(namespace);
            for object in self.part_of_flux(resource, scope).await? {
                if *resource == Resource::DEPLOYMENT {
                    pods.push(format!("{}-", object.name()));
                }
                removed += self.remove(ObjectRef::of(resource, &object), options).await;
            }
        }
        if options.dry_run || pods.is_empty() {
            return Ok(removed);
        }
        let remaining = async || {
            let list: List<Value> = self.list(&Resource::POD, &ListSelector::namespace(namespace)).await?;
            let names = list.items.iter().map(|pod| pod.name().to_owned());
            Ok(names.filter(|name| pods.iter().any(|prefix| name.starts_with(prefix))).collect())
        };
        self.wait_gone("the controllers' pods", options.timeout, remaining).await?;
        Ok(removed)
    }

    /// Suspends all Flux objects that can be suspended, so that a controller that still runs neither prunes nor
    /// uninstalls anything.
    pub async fn suspend_all(&self) -> Result<()> {
        let own = KINDS.iter().filter(|kind| kind.product == Product::Flux);
        for kind in own.filter(|kind| kind.takes(Verb::Suspend)) {
            for object in self.flux_objects(&Resource::from(*kind)).await? {
                if kind.suspension.holds(&object) {
                    continue;
                }
                let at = ObjectRef::of(*kind, &object);
                match self.patch(&at, &kind.suspension.suspend()).await {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(error.context(format!("cannot suspend {at}")));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Removes the finalizers of all Flux objects in all namespaces.
    pub async fn remove_finalizers(&self, options: &RemovalOptions) -> Result<Removed> {
        let mut removed = Removed::default();
        for kind in KINDS.iter().filter(|kind| kind.finalized) {
            for object in self.flux_objects(&Resource::from(*kind)).await? {
                let at = ObjectRef::of(*kind, &object);
                let finalizers = object["metadata"]["finalizers"].as_array();
                let failure = if options.dry_run || finalizers.is_none_or(Vec::is_empty) {
                    None
                } else {
                    self.patch(&at, &json!({"metadata": {"finalizers": null}})).await.err()
                };
                let failure = failure.filter(|error| error.kind() != ErrorKind::NotFound);
                let dry_run = options.dry_run;
                removed += self.report(failure, at, |object| Event::FinalizersRemoved { object, dry_run });
            }
        }
        Ok(removed)
    }

    /// Deletes the CRDs of Flux, including those of older versions, and waits until they are gone.
    pub async fn remove_crds(&self, options: &RemovalOptions) -> Result<Removed> {
        let mut removed = Removed::default();
        let mut crds = self.flux_crds().await?;
        crds.sort();
        for name in crds {
            let crd = ObjectRef::new(Resource::CUSTOM_RESOURCE_DEFINITION, None, name);
            removed += self.remove(crd, options).await;
        }
        if !options.dry_run {
            self.wait_gone("the CRDs", options.timeout, || self.flux_crds()).await?;
        }
        Ok(removed)
    }

    /// Deletes a namespace and waits until it is gone. A namespace without components (`had_components`) and without
    /// Flux's label is kept: the result is none. Reports [`Event::DeletionBlocked`].
    pub async fn remove_namespace(
        &self,
        namespace: &str,
        had_components: bool,
        options: &RemovalOptions,
    ) -> Result<Option<Removed>> {
        let at = ObjectRef::new(Resource::NAMESPACE, None, namespace);
        let Some(found) = self.find(&at).await? else { return Ok(Some(Removed::default())) };
        if !had_components && found.label(PART_OF.0) != Some(PART_OF.1) {
            return Ok(None);
        }
        let removed = self.remove(at, options).await;
        if options.dry_run {
            return Ok(Some(removed));
        }
        let last = RefCell::new(Blockers::default());
        let reported = RefCell::new(BTreeSet::new());
        let what = format!("namespace {namespace}");
        let gone = self.wait_gone(&what, options.timeout, async || {
            let Some(blockers) = self.deletion_blockers(namespace).await? else { return Ok(Vec::new()) };
            for api in &blockers.unavailable {
                // Once, even if its reason changes.
                if reported.borrow_mut().insert(api.name.clone()) {
                    self.events.emit(Event::DeletionBlocked { api: api.name.clone() });
                }
            }
            let mut lines = blockers.lines();
            if lines.is_empty() {
                lines.push(namespace.to_owned());
            }
            last.replace(blockers);
            Ok(lines)
        });
        gone.await.map_err(|error| last.borrow().explain(error))?;
        Ok(Some(removed))
    }

    /// Lists all objects of a Flux resource; empty if it is not served.
    async fn flux_objects(&self, resource: &Resource) -> Result<Vec<Value>> {
        let list = self.list_if_served::<Value>(resource, &ListSelector::default()).await?;
        Ok(list.map(|list| list.items).unwrap_or_default())
    }

    /// Lists the names of the CRDs in Flux's API groups, and of those with Flux's label.
    async fn flux_crds(&self) -> Result<Vec<String>> {
        let list: List<Crd> =
            self.list(&Resource::CUSTOM_RESOURCE_DEFINITION, &ListSelector::default()).await?;
        let of_flux = list.items.into_iter().filter(|crd| {
            let group = crd.spec.group.as_str();
            crd.metadata.labels.get(PART_OF.0).is_some_and(|value| value == PART_OF.1)
                || group == "toolkit.fluxcd.io"
                || group.ends_with(".toolkit.fluxcd.io")
                || KINDS.iter().any(|kind| kind.group == group && kind.product == Product::Flux)
        });
        Ok(of_flux.map(|crd| crd.metadata.name).collect())
    }

    async fn remove(&self, object: ObjectRef, options: &RemovalOptions) -> Removed {
        let failure = if options.dry_run { None } else { self.delete(&object).await.err() };
        let dry_run = options.dry_run;
        self.report(failure, object, |object| Event::Deleted { object, dry_run })
    }

    /// Reports the outcome for an object, and counts it.
    fn report(
        &self,
        failure: Option<Error>,
        object: ObjectRef,
        done: impl FnOnce(ObjectRef) -> Event,
    ) -> Removed {
        if let Some(error) = failure {
            self.events.emit(Event::DeletionFailed { object, error: error.to_string() });
            return Removed { done: 0, failed: 1 };
        }
        self.events.emit(done(object));
        Removed { done: 1, failed: 0 }
    }

    /// Waits until `remaining` returns nothing. The timeout starts again whenever the result changes.
    async fn wait_gone<F>(&self, what: &str, timeout: Duration, remaining: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<Vec<String>>>,
    {
        let mut last = vec![what.to_owned()];
        let mut timer = ProgressTimer::start(timeout, BACKOFF);
        loop {
            // An API server that is busy or restarting has not confirmed any deletion.
            let now = match tokio::time::timeout(CHECK_TIMEOUT, remaining()).await {
                Ok(Ok(now)) => now,
                Ok(Err(error)) if error.kind() != ErrorKind::Unreachable => return Err(error),
                Ok(Err(_)) | Err(_) => last.clone(),
            };
            if now.is_empty() {
                return Ok(());
            }
            if now != last {
                last = now;
                timer.progress();
            }
            if timer.is_over() {
                let remaining = last.join("; ");
                return Err(Error::timeout(format!(
                    "not deleted after {timeout:?} without progress: {what}: {remaining}"
                ))
                .hint("fix or delete these objects, then run the same command again"));
            }
            timer.pause().await;
        }
    }
}

/// Fields of a CRD that show whether it belongs to Flux; its schemas are skipped.
#[derive(Deserialize)]
struct Crd {
    metadata: CrdMetadata,
    spec: CrdSpec,
}

#[derive(Deserialize)]
struct CrdMetadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct CrdSpec {
    group: String,
}
