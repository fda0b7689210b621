//! The objects that apply others, such as Kustomizations and HelmReleases, and are reached from one of them: each is read
//! once, several at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;

use super::helm;
use super::node::Id;
use crate::cluster::Cluster;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{self, Kind, Reconciler, Record, SourceRef};
use crate::object::{InventoryEntry, ObjectMeta, ObjectRef};

/// Requests at the same time.
const CONCURRENT: usize = 16;

/// What was found below an object.
pub(super) struct Fleet {
    pub root: Id,
    members: BTreeMap<Id, Result<Member>>,
    /// What could not be read, each once.
    pub problems: Vec<String>,
}

/// An object that applies others.
pub(super) struct Member {
    /// Objects that it applied.
    pub objects: Vec<Id>,
    /// Whether its objects are not followed: they are in another cluster, or those of a chart.
    pub is_leaf: bool,
    /// Its health.
    pub state: State,
    /// Message of its Ready condition.
    pub message: String,
    /// The object that its content comes from.
    pub source: Option<SourceRef>,
    /// Objects that must be ready first.
    pub depends_on: Vec<Id>,
}

/// Health of an object of Flux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Ready,
    Failed,
    Progressing,
    Suspended,
    /// The object does not exist or may not be read.
    Unknown,
}

impl State {
    /// State and message of an object.
    pub fn of(kind: &Kind, object: &Value) -> (State, String) {
        let ready = object.condition("Ready");
        let state = match &ready {
            _ if kind.suspension.holds(object) => State::Suspended,
            Some(ready) if ready.is_true() => State::Ready,
            Some(ready) if ready.is_false() => State::Failed,
            None if (kind.reconciler)(object) == Reconciler::Static => State::Ready,
            _ => State::Progressing,
        };
        (state, ready.map(|ready| ready.message).unwrap_or_default())
    }
}

/// What the readers of a fleet share.
pub(super) struct Reader<'a> {
    pub cluster: &'a Cluster,
    /// Whether kinds of charts have a namespace, by apiVersion and kind.
    pub scopes: RefCell<BTreeMap<(String, String), bool>>,
    pub problems: RefCell<Vec<String>>,
}

impl Reader<'_> {
    /// Remembers that something could not be read.
    pub fn problem(&self, text: String) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&text) {
            problems.push(text);
        }
    }
}

impl Fleet {
    /// Reads what is below an object whose kind keeps an inventory.
    ///
    /// # Errors
    /// The object itself cannot be read. For others the error is kept.
    pub async fn read(cluster: &Cluster, kind: &'static Kind, namespace: &str, name: &str) -> Result<Fleet> {
        let reader = Reader { cluster, scopes: RefCell::default(), problems: RefCell::default() };
        let root = Id::new(kind.group, kind.kind, namespace, name);
        let at = ObjectRef::new(kind, namespace, name);
        let first = match cluster.get(&at).await {
            Ok(object) => inventory(kind, &object)?,
            Err(error) => return Err(cluster.hint_namespaces_of(error, &at).await),
        };
        let mut members: BTreeMap<Id, Result<Member>> = BTreeMap::new();
        let mut waiting: VecDeque<Id> = next(&first).collect();
        members.insert(root.clone(), Ok(first));
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < CONCURRENT
                && let Some(id) = waiting.pop_front()
            {
                if !members.contains_key(&id) {
                    members.insert(id.clone(), Err(Error::failed("not read")));
                    running.push(async {
                        let member = member(&reader, &id).await;
                        (id, member)
                    });
                }
            }
            let Some((id, member)) = running.next().await else { break };
            if let Ok(member) = &member {
                waiting.extend(next(member));
            }
            members.insert(id, member);
        }
        drop(running);
        for error in members.values().filter_map(|member| member.as_ref().err()) {
            if error.kind() == ErrorKind::Forbidden {
                reader.problem(error.to_string());
            }
        }
        Ok(Fleet { root, members, problems: reader.problems.into_inner() })
    }

    /// A member that was found; none for objects of other kinds.
    pub fn member(&self, id: &Id) -> Option<&Result<Member>> {
        self.members.get(id)
    }
}

/// The members that a member applies in this cluster. What a chart brings is not followed.
fn next(member: &Member) -> impl Iterator<Item = Id> {
    let objects: &[Id] = if member.is_leaf { &[] } else { &member.objects };
    objects.iter().filter(|id| id.applier().is_some()).cloned()
}

async fn member(reader: &Reader<'_>, id: &Id) -> Result<Member> {
    // `next` returns only appliers.
    let kind = id.applier().ok_or_else(|| Error::failed(format!("{id} applies nothing")))?;
    let object = reader.cluster.get(&ObjectRef::new(kind, id.namespace.as_str(), &id.name)).await?;
    if kind.applies.is_none_or(|applier| applier.record == Record::Inventory) {
        return inventory(kind, &object);
    }
    let mut found = about(kind, &object);
    if !found.is_leaf {
        found.objects = helm::objects(reader, &object).await;
    }
    found.is_leaf = true;
    Ok(found)
}

fn inventory(kind: &'static Kind, object: &Value) -> Result<Member> {
    let mut found = about(kind, object);
    for entry in object["status"]["inventory"]["entries"].as_array().into_iter().flatten() {
        let entry = entry["id"].as_str().unwrap_or_default();
        let id = InventoryEntry::parse(entry).map(Id::from).ok_or_else(|| {
            Error::failed(format!(
                "{}: the inventory has an entry that is not an object: {entry:?}",
                object.full_name()
            ))
            .hint(format!(
                "reconcile the object: flux reconcile {} {}",
                kind.path.words.join(" "),
                object.name()
            ))
        })?;
        // A Kustomization that applies itself, as that of flux bootstrap does.
        if !(id.is(kind) && Some(id.namespace.as_str()) == object.namespace() && id.name == object.name()) {
            found.objects.push(id);
        }
    }
    Ok(found)
}

fn about(kind: &'static Kind, object: &Value) -> Member {
    let (state, message) = State::of(kind, object);
    let own = object.namespace().unwrap_or_default();
    let dependencies = object["spec"]["dependsOn"].as_array().into_iter().flatten();
    let depends_on = dependencies.map(|it| {
        let namespace = it["namespace"].as_str().filter(|namespace| !namespace.is_empty()).unwrap_or(own);
        // Those of a ResourceSet name a kind; the others are of the same kind.
        let kind = it["kind"].as_str().and_then(kinds::by_name).unwrap_or(kind);
        Id::new(kind.group, kind.kind, namespace, it["name"].as_str().unwrap_or_default())
    });
    Member {
        objects: Vec::new(),
        is_leaf: object["spec"]["kubeConfig"].is_object(),
        state,
        message,
        source: (kind.upstream)(object).pop(),
        depends_on: depends_on.collect(),
    }
}
