//! Server-side apply of many objects, in stages.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::Cluster;
use crate::backoff::{Backoff, ProgressTimer};
use crate::error::{Error, Result};
use crate::event::{Change, Event, Progress};
use crate::object::{Condition, ObjectMeta, ObjectRef, Resource};

/// Concurrent requests: enough for a fast server, few enough for a slow link.
const AT_ONCE: usize = 8;

/// Longest time until another applied CRD is served.
const ESTABLISH_TIMEOUT: Duration = Duration::from_mins(1);

/// Pauses between two checks whether CRDs are served.
const ESTABLISH_BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(500));

/// Kinds that others build upon. They are applied first.
const FIRST: [&str; 5] =
    ["CustomResourceDefinition", "Namespace", "ClusterRole", "PriorityClass", "StorageClass"];

/// Kinds that pods need when they are created. They are applied second.
const SECOND: [&str; 4] = ["ServiceAccount", "ResourceQuota", "Secret", "ConfigMap"];

impl Cluster {
    /// Applies objects in Flux's order: first CRDs, namespaces and the like, until the API server serves the CRDs,
    /// then what pods need, then the rest. Reports [`Event::Applied`] for each object.
    ///
    /// # Errors
    /// An object is refused. Objects applied before it stay; applying again converges.
    pub async fn apply_all(&self, objects: &[Value], progress: Progress) -> Result<()> {
        let (first, rest): (Vec<&Value>, Vec<&Value>) =
            objects.iter().partition(|object| FIRST.contains(&object.kind()));
        let (second, rest): (Vec<&Value>, Vec<&Value>) =
            rest.into_iter().partition(|object| SECOND.contains(&object.kind()));
        for stage in [first, second, rest] {
            let crds: Vec<&str> = stage
                .iter()
                .filter(|object| object.kind() == Resource::CUSTOM_RESOURCE_DEFINITION.kind)
                .map(|object| object.name())
                .collect();
            let mut outcomes =
                stream::iter(stage.iter().map(|object| self.apply_one(object))).buffered(AT_ONCE);
            while let Some(outcome) = outcomes.next().await {
                let (object, change) = outcome?;
                if progress == Progress::Reported {
                    self.events.emit(Event::Applied { object, change });
                }
            }
            drop(outcomes);
            self.wait_established(&crds).await?;
        }
        Ok(())
    }

    async fn apply_one(&self, object: &Value) -> Result<(ObjectRef, Change)> {
        let outcome = async {
            let at = ObjectRef::of(self.resource_of(object).await?, object);
            let before = self.find(&at).await?;
            let after = self.apply(&at, object).await?;
            let change = match before {
                None => Change::Created,
                Some(before) if before.resource_version() == after.resource_version() => Change::Unchanged,
                Some(_) => Change::Configured,
            };
            Ok::<_, Error>((at, change))
        };
        outcome.await.map_err(|error| error.context(format!("cannot apply {}", object.full_name())))
    }

    /// Waits until the API server serves these CRDs.
    async fn wait_established(&self, names: &[&str]) -> Result<()> {
        let mut pending: BTreeMap<&str, String> = names.iter().map(|name| (*name, String::new())).collect();
        let mut timer = ProgressTimer::start(ESTABLISH_TIMEOUT, ESTABLISH_BACKOFF);
        loop {
            for name in names {
                if !pending.contains_key(name) {
                    continue;
                }
                let crd =
                    self.get(&ObjectRef::new(Resource::CUSTOM_RESOURCE_DEFINITION, None, *name)).await?;
                if crd.condition("Established").is_some_and(|established| established.is_true()) {
                    pending.remove(name);
                    timer.progress();
                } else if let Some(accepted) = crd.condition("NamesAccepted").filter(Condition::is_false) {
                    pending.insert(name, accepted.message);
                }
            }
            if pending.is_empty() {
                return Ok(());
            }
            if timer.is_over() {
                let pending: Vec<String> =
                    pending.iter().map(|(name, why)| format!("{name} {why}").trim_end().to_owned()).collect();
                return Err(Error::timeout(format!("the API server does not serve: {}", pending.join(", ")))
                    .hint("another CRD may use the same names; see kubectl describe crd"));
            }
            timer.pause().await;
        }
    }
}
