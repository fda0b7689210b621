//! Where an object comes from: its owners up to one that Flux applied, the object of Flux that applied it, such as a
//! Kustomization, and what that was made from.

use futures::future::join_all;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cluster::Cluster;
use crate::error::{Error, ErrorKind, Result, ResultExt};
use crate::kinds::{self, APPLIERS, Fact, KUSTOMIZATION, Product, SourceRef};
use crate::object::{ObjectMeta, ObjectRef};

/// Most owners that are followed from an object.
const MOST_OWNERS: usize = 64;

/// An object and the steps by which Flux applied it to the cluster.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Trace {
    pub object: Subject,
    /// Whether Flux manages the object; none if that could not be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<bool>,
    /// The object that applied it, and the sources of that object, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Why the object could not be traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The traced object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subject {
    pub api_version: String,
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    pub name: String,
}

/// An object of Flux on the way.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub api_version: String,
    pub kind: &'static str,
    pub namespace: String,
    pub name: String,
    #[serde(flatten, serialize_with = "by_field")]
    pub facts: Vec<Fact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    #[serde(skip)]
    pub traces_failure: bool,
    /// Whether the kind comes with flux-operator.
    #[serde(skip)]
    pub of_operator: bool,
}

/// A Ready condition.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ready {
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    pub message: String,
    /// RFC 3339
    pub last_transition_time: String,
}

/// Writes facts as a map; empty ones are left out.
fn by_field<S: serde::Serializer>(facts: &[Fact], serializer: S) -> Result<S::Ok, S::Error> {
    let given = facts.iter().filter(|fact| !fact.value.is_empty());
    let map: Map<String, Value> =
        given.map(|fact| (fact.field.to_owned(), fact.value.clone().into())).collect();
    map.serialize(serializer)
}

impl Trace {
    /// Traces an object.
    pub async fn of(cluster: &Cluster, object: &Value) -> Trace {
        let subject = Subject {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
            namespace: object.namespace().unwrap_or_default().to_owned(),
            name: object.name().to_owned(),
        };
        let (managed, steps, error) = match steps(cluster, object).await {
            Ok(steps) if steps.is_empty() => (Some(false), steps, None),
            Ok(steps) => (Some(true), steps, None),
            Err((managed, error)) => (managed, Vec::new(), Some(error.to_string())),
        };
        Trace { object: subject, managed, steps, error }
    }

    /// Message for an object that has no steps; none if it has some.
    pub fn problem(&self) -> Option<String> {
        let cause = match (&self.error, self.managed) {
            (Some(error), _) => error.as_str(),
            (None, Some(false)) => "object not managed by Flux",
            (None, _) => return None,
        };
        let Subject { kind, name, namespace, .. } = &self.object;
        let place = if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
        // In flux's words.
        Some(format!("failed to trace {kind}/{name}{place}: {cause}"))
    }
}

/// The steps of an object; none if Flux does not manage it. An error comes with what is known then.
async fn steps(cluster: &Cluster, object: &Value) -> Result<Vec<Step>, (Option<bool>, Error)> {
    let line = owners(cluster, object).await.map_err(|error| (None, error))?;
    // Flux prefers the labels of kustomize-controller, at whatever owner they are.
    let applier = APPLIERS.iter().find_map(|kind| {
        let group = kind.applies?.labels;
        let label = |object: &Value, field: &str| {
            object.label(&format!("{group}/{field}")).map(str::to_owned).unwrap_or_default()
        };
        let name = line.iter().map(|it| (label(it, "name"), it)).find(|(name, _)| !name.is_empty());
        name.map(|(name, it)| SourceRef {
            kind: kind.kind.to_owned(),
            name,
            namespace: label(it, "namespace"),
            with_source: false,
        })
    });
    let Some(applier) = applier else { return Ok(Vec::new()) };
    chain(cluster, &applier).await.map_err(|error| (Some(true), error))
}

/// The object and its owners. Of several owners the first one that has owners itself is followed, as flux does.
async fn owners(cluster: &Cluster, object: &Value) -> Result<Vec<Value>> {
    let namespace = object.namespace().map(str::to_owned);
    let mut line = vec![object.clone()];
    let mut follow = Some(object.clone());
    while let Some(object) = follow.take() {
        for reference in object["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
            let part = |name: &str| reference[name].as_str().unwrap_or_default();
            let uid = reference["uid"].as_str();
            let is_known = uid.is_some() && line.iter().any(|it| it.uid() == uid);
            if is_known || line.len() >= MOST_OWNERS {
                continue;
            }
            let (kind, name) = (part("kind"), part("name"));
            let found = async {
                let resource = cluster.resource_of_kind(part("apiVersion"), kind).await?;
                cluster.get(&ObjectRef::new(resource, namespace.as_deref(), name)).await
            };
            let owner = match found.await {
                Ok(owner) => owner,
                // The owner is gone: so will the object be.
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(line),
                Err(error) => return Err(error.context(format!("failed to get its owner {kind}/{name}"))),
            };
            let has_owners = owner["metadata"]["ownerReferences"].as_array().is_some_and(|it| !it.is_empty());
            line.push(owner.clone());
            if has_owners {
                follow = Some(owner);
                break;
            }
        }
    }
    Ok(line)
}

/// The step of the object that applied it, and the steps of its sources.
async fn chain(cluster: &Cluster, applier: &SourceRef) -> Result<Vec<Step>> {
    // In flux's words.
    let word = if applier.kind == KUSTOMIZATION.kind { "kustomization" } else { &applier.kind };
    let Some((object, step)) = get(cluster, applier, word).await? else { return Ok(Vec::new()) };
    let mut steps = vec![step];
    let mut upstream = kinds::by_name(&applier.kind).map(|kind| (kind.upstream)(&object)).unwrap_or_default();
    while let Some(last) = upstream.last().cloned() {
        let found = join_all(upstream.iter().map(|source| get(cluster, source, &source.kind))).await;
        let mut objects = Vec::new();
        for found in found {
            let Some((object, step)) = found? else { continue };
            steps.push(step);
            objects.push(object);
        }
        let further = kinds::by_name(&last.kind).zip(objects.last());
        upstream = further.map(|(kind, object)| (kind.upstream)(object)).unwrap_or_default();
    }
    Ok(steps)
}

/// An object of Flux with its step; none if the table does not have its kind.
async fn get(cluster: &Cluster, at: &SourceRef, word: &str) -> Result<Option<(Value, Step)>> {
    let Some(kind) = kinds::by_name(&at.kind) else { return Ok(None) };
    let reference = ObjectRef::new(kind, at.namespace.as_str(), &at.name);
    let object = cluster.get(&reference).await.context(format!("failed to find {word}"))?;
    let step = Step {
        api_version: kind.api_version(),
        kind: kind.kind,
        namespace: object.namespace().unwrap_or_default().to_owned(),
        name: object.name().to_owned(),
        facts: (kind.facts)(&object),
        ready: ready(&object),
        traces_failure: kind.traces_failure,
        of_operator: kind.product == Product::FluxOperator,
    };
    Ok(Some((object, step)))
}

fn ready(object: &Value) -> Option<Ready> {
    let conditions = object["status"]["conditions"].as_array()?;
    let condition = conditions.iter().find(|condition| condition["type"] == "Ready")?;
    let field = |name: &str| condition[name].as_str().unwrap_or_default().to_owned();
    Some(Ready {
        status: field("status"),
        reason: field("reason"),
        message: field("message"),
        last_transition_time: field("lastTransitionTime"),
    })
}
