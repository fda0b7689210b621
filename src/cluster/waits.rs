//! Waiting for many objects at once.
//!
//! The objects are read in rounds: several of a kind by one list, few of them one by one. The timeout is that of
//! [`Cluster::wait_ready`]; progress of any object extends it for all.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::verdict::{Verdict, judge, waits_for_others};
use super::wait::{BACKOFF, progress_state};
use super::{Cluster, ListSelector};
use crate::backoff::ProgressTimer;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Objects of a kind that are read one by one; more are listed.
const ONE_BY_ONE: usize = 8;

/// Concurrent requests for single objects.
const AT_ONCE: usize = 10;

/// What an object is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// It is ready.
    Ready,
    /// It is ready at a revision.
    Revision(String),
    /// Its reconciliation is suspended.
    Suspended,
    /// It does not exist.
    Deleted,
}

impl Goal {
    /// What is said of an object that has reached the goal: `ready`.
    pub fn state(&self) -> String {
        match self {
            Goal::Ready => "ready".into(),
            Goal::Revision(revision) => format!("ready at revision {revision}"),
            Goal::Suspended => "suspended".into(),
            Goal::Deleted => "deleted".into(),
        }
    }
}

/// What has become of an object that is waited for. All but `Waiting` end the wait for it.
#[derive(Debug)]
pub enum News {
    /// It is not what it should be yet; the message says what is missing. Reported once for each new state.
    Waiting(String),
    /// It is what it should be.
    Reached,
    /// It failed, with its conditions and recent events, or it cannot be read.
    Failed(Error),
    /// It made no progress until the timeout, with its conditions and recent events.
    TimedOut(Error),
}

/// What the rounds found, before an error is made of it.
enum Found {
    Waiting(String),
    Reached,
    Failed,
    Unreadable(Error),
    TimedOut,
}

/// Objects that are waited for.
pub struct Waits<'a> {
    cluster: &'a Cluster,
    timeout: Duration,
    through_failures: bool,
    timer: ProgressTimer,
    has_read: bool,
    entries: Vec<Entry>,
    found: VecDeque<(usize, Found)>,
}

struct Entry {
    at: ObjectRef,
    goal: Goal,
    requested_at: Option<String>,
    /// States that were seen; see `progress_state`.
    seen: HashSet<String>,
    latest: Option<Value>,
    /// What it lacked when it was last read.
    missing: String,
    /// Why the last attempt to read it failed.
    trouble: Option<Error>,
    /// Whether the server has said whether it exists.
    is_known: bool,
    is_open: bool,
}

impl Cluster {
    /// Starts to wait for objects, at most `timeout` without progress. `through_failures` is whether to keep waiting
    /// after a failed attempt that the controller will repeat by itself.
    pub fn waits(&self, timeout: Duration, through_failures: bool) -> Waits<'_> {
        Waits {
            cluster: self,
            timeout,
            through_failures,
            timer: ProgressTimer::start(timeout, BACKOFF),
            has_read: false,
            entries: Vec::new(),
            found: VecDeque::new(),
        }
    }

    /// Reads objects. Several of a kind are listed, if that is allowed.
    async fn read(&self, objects: &[&ObjectRef]) -> Vec<Result<Option<Value>>> {
        let mut by_resource: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, at) in objects.iter().enumerate() {
            by_resource.entry(at.resource.qualified()).or_default().push(index);
        }
        let groups = by_resource.into_values().map(async |indices| {
            let of_group: Vec<&ObjectRef> = indices.iter().map(|index| objects[*index]).collect();
            let listed = if of_group.len() > ONE_BY_ONE { self.list_these(&of_group).await } else { None };
            let read = match listed {
                Some(Ok(listed)) => listed.into_iter().map(Ok).collect(),
                Some(Err(error)) => of_group.iter().map(|_| Err(error.clone())).collect(),
                None => {
                    let one_by_one = stream::iter(of_group.iter().map(|at| self.find(at)));
                    one_by_one.buffered(AT_ONCE).collect::<Vec<_>>().await
                }
            };
            indices.into_iter().zip(read).collect::<Vec<_>>()
        });
        let mut read: Vec<(usize, Result<Option<Value>>)> =
            join_all(groups).await.into_iter().flatten().collect();
        read.sort_by_key(|(index, _)| *index);
        read.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Lists objects of one resource; none if that is not allowed.
    async fn list_these(&self, objects: &[&ObjectRef]) -> Option<Result<Vec<Option<Value>>>> {
        let first = objects.first()?;
        let namespace = first.namespace.as_deref();
        let is_one_namespace = objects.iter().all(|at| at.namespace == first.namespace);
        let selector =
            ListSelector { namespace: namespace.filter(|_| is_one_namespace), ..ListSelector::default() };
        let places: BTreeMap<(Option<&str>, &str), usize> = objects
            .iter()
            .enumerate()
            .map(|(index, at)| ((at.namespace.as_deref(), at.name.as_str()), index))
            .collect();
        let keep = |mut object: Value| {
            let index = *places.get(&(object.namespace(), object.name()))?;
            complete(&mut object, &first.resource);
            Some((index, object))
        };
        match self.list_mapped(&first.resource, &selector, keep).await {
            Ok(list) => {
                let mut found: Vec<Option<Value>> = objects.iter().map(|_| None).collect();
                for (index, object) in list.map(|list| list.items).unwrap_or_default() {
                    found[index] = Some(object);
                }
                Some(Ok(found))
            }
            Err(error) if error.kind() == ErrorKind::Forbidden => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Adds what items of a list lack, and drops what may be large and says nothing about the state.
fn complete(object: &mut Value, resource: &Resource) {
    object["apiVersion"] = resource.api_version().into();
    object["kind"] = resource.kind.as_ref().into();
    for (part, field) in [
        ("metadata", "managedFields"),
        ("status", "inventory"),
        ("spec", "values"),
        ("spec", "patches"),
        ("spec", "postRenderers"),
        ("spec", "postBuild"),
    ] {
        if let Some(part) = object.get_mut(part).and_then(Value::as_object_mut) {
            part.remove(field);
        }
    }
}

impl Waits<'_> {
    /// Adds an object and returns its number. `requested_at` is the value of the annotation
    /// `reconcile.fluxcd.io/requestedAt` whose request must have been handled.
    pub fn add(&mut self, at: ObjectRef, goal: Goal, requested_at: Option<&str>) -> usize {
        self.entries.push(Entry {
            at,
            goal,
            requested_at: requested_at.map(str::to_owned),
            seen: HashSet::new(),
            latest: None,
            missing: String::new(),
            trouble: None,
            is_known: false,
            is_open: true,
        });
        self.entries.len() - 1
    }

    /// Waits for another request of an object, also if the wait for it had ended.
    pub fn again(&mut self, id: usize, requested_at: &str) {
        let entry = &mut self.entries[id];
        entry.requested_at = Some(requested_at.to_owned());
        entry.is_open = true;
        self.found.retain(|(other, _)| *other != id);
    }

    /// Ends the wait for an object.
    pub fn give_up(&mut self, id: usize) {
        self.entries[id].is_open = false;
        self.found.retain(|(other, _)| *other != id);
    }

    /// The object as it was last read.
    pub fn object(&self, id: usize) -> Option<&Value> {
        self.entries[id].latest.as_ref()
    }

    /// Message of an object that waits for another one, such as its source.
    pub fn waits_for_others(&self, id: usize) -> Option<String> {
        let entry = &self.entries[id];
        let message = waits_for_others(entry.latest.as_ref()?, entry.requested_at.as_deref())?;
        Some(self.cluster.secrets.redactor().redact(&message).into_owned())
    }

    /// Returns what happens next, with the number of the object; none once no object is waited for.
    pub async fn next(&mut self) -> Option<(usize, News)> {
        loop {
            if let Some((id, found)) = self.found.pop_front() {
                return Some((id, self.news(id, found).await));
            }
            if !self.entries.iter().any(|entry| entry.is_open) {
                return None;
            }
            if self.has_read {
                if self.timer.is_over() {
                    for (id, entry) in self.entries.iter_mut().enumerate().filter(|(_, entry)| entry.is_open)
                    {
                        entry.is_open = false;
                        self.found.push_back((id, Found::TimedOut));
                    }
                    continue;
                }
                self.timer.pause().await;
            }
            self.has_read = true;
            self.round().await;
        }
    }

    /// Reads all objects that are waited for.
    async fn round(&mut self) {
        let open: Vec<usize> = (0..self.entries.len()).filter(|id| self.entries[*id].is_open).collect();
        let objects: Vec<&ObjectRef> = open.iter().map(|id| &self.entries[*id].at).collect();
        let Ok(read) = tokio::time::timeout(self.timer.left(), self.cluster.read(&objects)).await else {
            // Without an answer, it is unknown whether the object exists.
            for entry in self.entries.iter_mut().filter(|entry| entry.is_open && !entry.is_known) {
                let error = self.cluster.no_answer_within(self.timeout).into_error();
                entry.trouble.get_or_insert(error);
            }
            return;
        };
        for (id, outcome) in open.into_iter().zip(read) {
            self.judge(id, outcome);
        }
    }

    fn judge(&mut self, id: usize, outcome: Result<Option<Value>>) {
        let entry = &mut self.entries[id];
        entry.is_known |= outcome.is_ok();
        let found = match outcome {
            Err(error) if is_transient(&error) => {
                entry.trouble = Some(error);
                return;
            }
            Err(error) => Found::Unreadable(error),
            Ok(None) => {
                entry.trouble = None;
                match (&entry.goal, &entry.latest) {
                    (Goal::Deleted, _) => Found::Reached,
                    (_, Some(_)) => {
                        let at = &entry.at;
                        Found::Unreadable(Error::failed(format!("{at} was deleted while waiting for it")))
                    }
                    (_, None) => return,
                }
            }
            Ok(Some(object)) => {
                entry.trouble = None;
                let requested_at = entry.requested_at.as_deref();
                let verdict =
                    judge(&entry.at.resource, &object, &entry.goal, requested_at, self.through_failures);
                let is_new = entry.seen.insert(progress_state(&object));
                entry.latest = Some(object);
                if let Verdict::Waiting(message) = &verdict {
                    entry.missing.clone_from(message);
                }
                match verdict {
                    Verdict::Ready => Found::Reached,
                    Verdict::Failed => Found::Failed,
                    Verdict::Waiting(message) if is_new => {
                        self.timer.progress();
                        Found::Waiting(message)
                    }
                    Verdict::Waiting(_) => return,
                }
            }
        };
        if !matches!(found, Found::Waiting(_)) {
            entry.is_open = false;
            self.timer.progress();
        }
        self.found.push_back((id, found));
    }

    async fn news(&self, id: usize, found: Found) -> News {
        let Entry { at, goal, latest, missing, trouble, .. } = &self.entries[id];
        match found {
            Found::Waiting(message) => {
                News::Waiting(self.cluster.secrets.redactor().redact(&message).into_owned())
            }
            Found::Reached => News::Reached,
            Found::Unreadable(error) => News::Failed(error),
            Found::Failed => {
                let error = Error::failed(format!("{at} failed"));
                News::Failed(match latest {
                    Some(object) => self.cluster.with_diagnosis(error, object).await,
                    None => error,
                })
            }
            Found::TimedOut => {
                let mut what =
                    format!("{at} is not {} after {:?} without progress", goal.state(), self.timeout);
                // Of an object that is not ready, the conditions say it.
                if *goal != Goal::Ready && latest.is_some() {
                    what = format!("{what}: {missing}");
                }
                News::TimedOut(self.cluster.timed_out(what, latest.as_ref(), trouble.as_ref()).await)
            }
        }
    }
}

/// Whether an error is temporary: a server that restarts or is busy answers again later.
fn is_transient(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Failed)
}
