//! What the cluster says: all kinds at the same time, page by page, reduced to what is shown.

use std::time::Duration;

use futures::future::{join_all, join3};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::document::{Controller, Counts, Document, Flux, Named, Problem, Source, Stale, State, Unread};
use super::next;
use crate::api;
use crate::cluster::{
    Cluster, Diagnosed, FLUX_OPERATOR, Health, ListSelector, Pruned, Readiness, kubeconfig, readiness,
};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{KINDS, Kind, Product, Summary};
use crate::object::{ObjectMeta, Resource};

/// Intervals without a reconciliation after which an object is stale.
const MISSED: i64 = 3;
/// Shortest time after which an object is stale, in seconds.
const SHORTEST: i64 = 15 * 60;
/// Bytes of a message that are kept: more is not shown.
const MESSAGE: usize = 2_000;

/// How staleness is judged.
#[derive(Clone, Copy)]
struct Limits {
    now: Timestamp,
    stale: Option<Duration>,
}

/// Asks the cluster.
pub(super) async fn take(
    context: &Context,
    namespace: Option<String>,
    stale: Option<Duration>,
) -> Result<Document> {
    let cluster = context.cluster().await?;
    let limits = Limits { now: context.clock.now(), stale };
    // A user who may read one namespace only mostly has a context with that namespace.
    let of_context = || kubeconfig::context_namespace(&context.settings.connection);
    let home = namespace.clone().or_else(of_context).unwrap_or_else(|| context.namespace().to_owned());
    let mut document = Document::new(limits.now, namespace.clone());
    let scope = namespace.as_deref();
    let lists = join_all(KINDS.iter().map(|kind| list(cluster, kind, scope, &home, limits)));
    let (lists, controllers, (version, installation, instance)) = tokio::join!(
        lists,
        controllers(cluster, context.namespace()),
        join3(cluster.kubernetes_version(), cluster.installation(), cluster.flux_instance()),
    );
    document.kubernetes = match version {
        Ok(version) => Some(version.to_string()),
        Err(error) if is_fatal(&error) => return Err(error),
        Err(_) => None,
    };
    let version_of_controllers = match controllers {
        Ok((controllers, version)) => {
            document.lacks_controllers = controllers.is_empty();
            document.controllers = controllers;
            version
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            document.refused("list", &Resource::DEPLOYMENT, Some(context.namespace()));
            None
        }
        Err(error) => return Err(error),
    };
    match installation {
        Ok(Some(installation)) => {
            let given = |text: String| Some(text).filter(|text| !text.is_empty());
            document.flux = Flux {
                version: given(installation.version),
                bootstrapped: installation.bootstrapped,
                managed_by: installation.managed_by,
            };
        }
        Ok(None) => {}
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            document.refused("get", &Resource::CUSTOM_RESOURCE_DEFINITION, None);
            document.flux.version = version_of_controllers;
        }
        Err(error) => return Err(error),
    }
    if instance?.is_some() {
        document.flux.managed_by = Some(FLUX_OPERATOR.to_owned());
    }
    document.add(lists)?;
    document.judge(limits.now);
    Ok(document)
}

/// Whether nothing can be said of the cluster.
fn is_fatal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Timeout)
}

/// What was found of a kind.
#[derive(Default)]
struct Found {
    /// States in the order of [`Counts`].
    counts: [u64; 5],
    not_ready: Vec<Problem>,
    suspended: Vec<Named>,
    stale: Vec<Stale>,
    sources: Vec<Source>,
}

/// Objects of a kind, and which requests for them were refused.
struct Listed {
    kind: &'static Kind,
    /// None if the cluster does not serve the kind, or refuses to list it.
    found: Option<Found>,
    refused: Vec<(Option<String>, Error)>,
}

/// Lists the objects of a kind, those of `home` if all of them may not be listed.
async fn list(
    cluster: &Cluster,
    kind: &'static Kind,
    scope: Option<&str>,
    home: &str,
    limits: Limits,
) -> Result<Listed> {
    let mut refused = Vec::new();
    let scopes = std::iter::once(scope).chain(scope.is_none().then_some(Some(home)));
    for namespace in scopes {
        let selector = ListSelector { namespace, ..ListSelector::default() };
        let add = |found: &mut Found, Pruned(object)| found.add(kind, &object, limits);
        match cluster.list_folded(&Resource::from(kind), &selector, add).await {
            Ok(found) => return Ok(Listed { kind, found, refused }),
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                refused.push((namespace.map(str::to_owned), error));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Listed { kind, found: None, refused })
}

impl Found {
    fn add(&mut self, kind: &'static Kind, object: &Value, limits: Limits) {
        let found = Diagnosed::of(kind, object);
        let named = || Named::new(kind, object.namespace(), object.name());
        let (place, state) = match found.health {
            Health::Ready => (0, None),
            Health::Failed => (1, Some(State::Failed)),
            Health::Waiting => (2, Some(State::Waiting)),
            Health::Progressing => (3, Some(State::Progressing)),
            Health::Suspended => (4, None),
        };
        self.counts[place] += 1;
        if let Some(state) = state {
            let next = next::for_problem(kind, object, &found);
            let mut message = found.message;
            message.truncate(message.floor_char_boundary(MESSAGE));
            self.not_ready.push(Problem {
                object: named(),
                state,
                reason: found.reason,
                message,
                since: found.since,
                next,
            });
        }
        match found.health {
            Health::Suspended => self.suspended.push(named()),
            Health::Ready => {
                let summary = Summary::deserialize(object).unwrap_or_default();
                if let Some(at) = summary.last_run().filter(|at| is_stale(kind, object, at, limits)) {
                    let next = next::for_stale(kind, object);
                    self.stale.push(Stale { object: named(), last_reconciled: at.to_owned(), next });
                }
            }
            _ => {}
        }
        let artifact = &object["status"]["artifact"];
        if (kind.has_artifact)(object) || artifact.is_object() {
            let text = |field: &str| artifact[field].as_str().unwrap_or_default().to_owned();
            let (revision, fetched) = (text("revision"), text("lastUpdateTime"));
            self.sources.push(Source { object: named(), revision, fetched });
        }
    }
}

fn is_stale(kind: &Kind, object: &Value, at: &str, limits: Limits) -> bool {
    let Ok(at) = at.parse::<Timestamp>() else { return false };
    let age = limits.now.as_second() - at.as_second();
    if let Some(limit) = limits.stale {
        return age > i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
    }
    let Some(interval) = (kind.interval)(object).and_then(|it| it.parse::<api::Duration>().ok()) else {
        return false;
    };
    let interval = interval.as_nanos() / 1_000_000_000;
    interval > 0 && age > interval.saturating_mul(MISSED).max(SHORTEST)
}

/// The controllers, and the version in their labels.
async fn controllers(cluster: &Cluster, home: &str) -> Result<(Vec<Controller>, Option<String>)> {
    let deployments = match cluster.part_of_flux(&Resource::DEPLOYMENT, None).await {
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            cluster.part_of_flux(&Resource::DEPLOYMENT, Some(home)).await?
        }
        deployments => deployments?,
    };
    let version = deployments.iter().find_map(|it| it.label("app.kubernetes.io/version"));
    let version = version.map(str::to_owned);
    let controllers = deployments.into_iter().map(|mut deployment| {
        // The items of a list come without their kind.
        let resource = Resource::DEPLOYMENT;
        deployment["apiVersion"] = resource.api_version().into();
        deployment["kind"] = resource.kind.into();
        let message = match readiness(&deployment) {
            Readiness::Current => String::new(),
            Readiness::InProgress(message) | Readiness::Failed(message) => message,
            Readiness::Terminating => "it is being deleted".into(),
        };
        Controller {
            namespace: deployment.namespace().unwrap_or_default().to_owned(),
            name: deployment.name().to_owned(),
            ready: message.is_empty(),
            message,
        }
    });
    Ok((controllers.collect(), version))
}

impl Document {
    fn refused(&mut self, verb: &'static str, resource: &Resource, namespace: Option<&str>) {
        let namespace = namespace.map(str::to_owned);
        self.unread.push(Unread { verb, resource: resource.qualified(), namespace });
    }

    /// Adds what was found of all kinds.
    ///
    /// # Errors
    /// The cluster cannot be reached, has no Flux, or refuses everything.
    fn add(&mut self, lists: Vec<Result<Listed>>) -> Result<()> {
        let (mut last, mut listed) = (None, 0);
        for list in lists {
            let Listed { kind, found, refused } = list?;
            // Few roles know the kinds of flux-operator, and most clusters do not have them.
            for (namespace, error) in refused.into_iter().filter(|_| kind.product == Product::Flux) {
                self.refused("list", &Resource::from(kind), namespace.as_deref());
                last = Some(error);
            }
            let Some(found) = found else { continue };
            listed += 1;
            let [ready, failed, waiting, progressing, suspended] = found.counts;
            let stale = found.stale.len() as u64;
            self.counts.push(Counts {
                kind: kind.kind,
                ready,
                failed,
                waiting,
                progressing,
                suspended,
                stale,
            });
            self.not_ready.extend(found.not_ready);
            self.suspended.extend(found.suspended);
            self.stale.extend(found.stale);
            self.sources.extend(found.sources);
        }
        match last {
            _ if listed > 0 => {}
            Some(error) => {
                return Err(error.hint("name a namespace that you may read: flux status -n NAMESPACE"));
            }
            None => {
                return Err(Error::not_found("Flux is not installed: the cluster serves none of its kinds")
                    .hint("install Flux with `flux bootstrap` or `flux install`"));
            }
        }
        self.not_ready.sort_by(|a, b| (a.state, &a.since, &a.object).cmp(&(b.state, &b.since, &b.object)));
        // The oldest first, and those that were never fetched before them.
        self.sources.sort_by(|a, b| (&a.fetched, &a.object).cmp(&(&b.fetched, &b.object)));
        self.stale.sort_by(|a, b| (&a.last_reconciled, &a.object).cmp(&(&b.last_reconciled, &b.object)));
        Ok(())
    }
}
