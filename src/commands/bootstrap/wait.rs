//! Requests a reconciliation and waits until the controllers have applied a commit.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::clock::Clock;
use crate::cluster::{Cluster, WaitOptions};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::git::Revision;
use crate::kinds::{self, GIT_REPOSITORY, KUSTOMIZATION};
use crate::object::ObjectRef;

/// Back-off before another reconciliation is requested; the controllers would wait longer.
const BACK_OFF: Duration = Duration::from_secs(5);
/// Number of attempts before a failure is reported: a controller that has just started finds neither CRDs nor
/// artifacts.
const ATTEMPTS: u32 = 4;

/// Requests a reconciliation and waits until the cluster has applied `revision`.
///
/// `newer` returns the head of the branch on the server. It is called if the cluster has another revision: there may have
/// been another push.
pub async fn applied(
    context: &Context,
    namespace: &str,
    revision: &Revision,
    newer: impl AsyncFn() -> Option<Revision>,
) -> Result<()> {
    let cluster = context.cluster().await?;
    let mut wanted = revision.to_string();
    let objects: [(&kinds::Kind, &str); 2] =
        [(&GIT_REPOSITORY, "/status/artifact/revision"), (&KUSTOMIZATION, "/status/lastAppliedRevision")];
    for (kind, revision) in objects {
        let (at, kind) = (ObjectRef::new(kind, namespace, namespace), kind.kind);
        context.ui.waiting(format!("waiting for {kind} \"{namespace}/{namespace}\" to be reconciled"));
        let awaited = Awaited { cluster, clock: context.clock, at, revision };
        wanted = awaited.follow(context.settings.timeout, wanted, &newer).await.map_err(|error| {
            error.hint(
                "the repository and the cluster are already updated; fix the cause, then run the same \
                command again",
            )
        })?;
        context.ui.success(format!("{kind} reconciled successfully"));
    }
    Ok(())
}

/// Object whose revision is awaited.
struct Awaited<'a> {
    clock: Clock,
    cluster: &'a Cluster,
    at: ObjectRef,
    /// JSON pointer to the revision.
    revision: &'static str,
}

impl Awaited<'_> {
    /// Waits for the revision. Returns the applied one, which may be newer.
    async fn follow(
        &self,
        timeout: Duration,
        mut wanted: String,
        newer: &impl AsyncFn() -> Option<Revision>,
    ) -> Result<String> {
        let mut attempt = 1;
        loop {
            let requested_at = self.request().await?;
            let options =
                WaitOptions { timeout, requested_at: Some(&requested_at), ..WaitOptions::default() };
            let failure = match self.cluster.wait_ready(&self.at, &options).await {
                Ok(object) => {
                    let has = object.pointer(self.revision).and_then(Value::as_str).unwrap_or_default();
                    if has != wanted && newer().await.is_some_and(|head| head.to_string() == has) {
                        has.clone_into(&mut wanted);
                    }
                    if has == wanted {
                        return Ok(wanted);
                    }
                    Error::timeout(format!("{} is at revision {has:?}, not at {wanted}", self.at))
                }
                Err(error) if error.kind() == ErrorKind::Timeout => return Err(error),
                Err(error) => error,
            };
            if attempt == ATTEMPTS {
                return Err(failure);
            }
            attempt += 1;
            sleep(BACK_OFF.min(timeout)).await;
        }
    }

    /// Requests a reconciliation. Returns the value of the annotation, which the controller repeats in the status.
    async fn request(&self) -> Result<String> {
        let mark = self.clock.now().to_string();
        let change = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": mark } } });
        self.cluster.patch(&self.at, &change).await?;
        Ok(mark)
    }
}
