//! Asking the controllers to look at once, and waiting until they have applied a commit.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::checks::resource;
use crate::cluster::{Cluster, Resource, WaitOptions};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::Revision;

/// Before a failed attempt is asked for again, which is sooner than the controller would by itself.
const AGAIN: Duration = Duration::from_secs(5);
/// So many attempts in a row may fail before the failure counts: a controller that has just started
/// finds neither definitions nor artifacts at first.
const ATTEMPTS: u32 = 4;

/// Waits until the cluster has applied `revision`, asking for it at once.
///
/// `newer` tells the branch's head on the server when the cluster has another revision than the one
/// waited for: somebody may have pushed meanwhile.
pub async fn applied(
    context: &Context,
    namespace: &str,
    revision: &Revision,
    newer: impl AsyncFn() -> Option<Revision>,
) -> Result<()> {
    let cluster = context.cluster().await?;
    let mut wanted = revision.to_string();
    for (kind, revision) in
        [("GitRepository", "/status/artifact/revision"), ("Kustomization", "/status/lastAppliedRevision")]
    {
        context.ui.waiting(format!("waiting for {kind} \"{namespace}/{namespace}\" to be reconciled"));
        let target = Target { cluster, kind, resource: resource(kind)?, namespace, revision };
        wanted = target.follow(context.settings.timeout, wanted, &newer).await.map_err(|error| {
            error.hint(
                "all that was to be written is written: once the cause is gone, run the same command again",
            )
        })?;
        context.ui.success(format!("{kind} reconciled successfully"));
    }
    Ok(())
}

/// What is waited for.
struct Target<'a> {
    cluster: &'a Cluster,
    kind: &'static str,
    resource: Resource,
    namespace: &'a str,
    /// Where the revision stands that the object has.
    revision: &'static str,
}

impl Target<'_> {
    /// Waits for the revision and returns the one that came, which may be newer.
    async fn follow(
        &self,
        timeout: Duration,
        mut wanted: String,
        newer: &impl AsyncFn() -> Option<Revision>,
    ) -> Result<String> {
        let mut attempt = 1;
        loop {
            let asked = self.ask().await?;
            let options = WaitOptions { timeout, requested_at: Some(&asked), through_failures: false };
            let outcome = self.cluster.wait_ready(
                &self.resource,
                Some(self.namespace),
                self.namespace,
                &options,
                |_| {},
            );
            let failure = match outcome.await {
                Ok(object) => {
                    let has = object.pointer(self.revision).and_then(Value::as_str).unwrap_or_default();
                    if has != wanted && newer().await.is_some_and(|head| head.to_string() == has) {
                        has.clone_into(&mut wanted);
                    }
                    if has == wanted {
                        return Ok(wanted);
                    }
                    Error::timeout(format!(
                        "{} {}/{} is at {has:?}, not at {wanted}",
                        self.kind, self.namespace, self.namespace
                    ))
                }
                Err(error) if error.kind() == Kind::Timeout => return Err(error),
                Err(error) => error,
            };
            if attempt == ATTEMPTS {
                return Err(failure);
            }
            attempt += 1;
            sleep(AGAIN.min(timeout)).await;
        }
    }

    /// Asks the controller to look now, and returns the mark by which its answer is known.
    async fn ask(&self) -> Result<String> {
        let mark = jiff::Timestamp::now().to_string();
        let change = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": mark } } });
        self.cluster.patch(&self.resource, Some(self.namespace), self.namespace, &change).await?;
        Ok(mark)
    }
}
