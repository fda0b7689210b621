//! `flux reconcile` of many objects: requests all at once, then waits for each after its sources and dependencies.

use std::collections::BTreeMap;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::order::cycles;
use super::request;
use crate::cluster::{Cluster, Goal, ListSelector, News, Waits};
use crate::commands::no_artifact;
use crate::commands::targets::{Selected, is_optional};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{self, Flag, Kind, Reconciler, SourceRef, Verb};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Concurrent requests.
const AT_ONCE: usize = 10;

/// Kind, namespace and name.
type Place = (String, String, String);

/// What is reconciled.
pub struct Fleet<'a> {
    pub kinds: &'a [&'static Kind],
    pub selected: Selected<'a>,
    /// Namespace; none for all of them.
    pub namespace: Option<&'a str>,
    /// Flags that only some kinds have.
    pub flags: &'a [Flag],
}

/// An object that is reconciled.
struct Member {
    kind: &'static Kind,
    at: ObjectRef,
    /// Revision before the request.
    revision: Option<String>,
    /// Objects that it waits for: at first all, then the numbers of those that are reconciled too.
    references: Vec<SourceRef>,
    needs: Vec<usize>,
    state: State,
}

/// What is known of a member.
enum State {
    /// It has not handled the request.
    Requested,
    /// It has handled the request, but something that it needs has not.
    Early,
    /// It is reconciled. `is_new` is whether its revision has changed.
    Done { is_new: bool },
    /// It failed, or was given up.
    Failed,
}

impl State {
    fn is_settled(&self) -> bool {
        matches!(self, State::Done { .. } | State::Failed)
    }
}

/// Counts for the summary.
#[derive(Default)]
struct Tally {
    failed: usize,
    blocked: usize,
    timed_out: usize,
    unreachable: usize,
}

/// Reconciles many objects.
///
/// # Errors
/// Nothing is selected, or an object was not reconciled: each failure has been reported then.
pub async fn reconcile(context: &Context, fleet: &Fleet<'_>) -> Result<()> {
    let cluster = context.cluster().await?;
    let (members, denied) = members(context, cluster, fleet).await?;
    let mut run = Run {
        context,
        waits: cluster.waits(context.settings.timeout, false),
        cluster,
        flags: fleet.flags,
        members,
        tally: Tally { failed: denied, ..Tally::default() },
    };
    run.refuse_cycles();
    run.request_all().await;
    run.wait().await;
    run.conclude(denied)
}

/// Lists what is reconciled, with the sources if they are wanted, and returns how many kinds could not be listed.
async fn members(context: &Context, cluster: &Cluster, fleet: &Fleet<'_>) -> Result<(Vec<Member>, usize)> {
    let selector = ListSelector {
        namespace: fleet.namespace,
        labels: fleet.selected.labels(),
        ..ListSelector::default()
    };
    let lists = fleet.kinds.iter().map(async |kind| {
        let keep = |object: Value| Some((member(kind, &object), kind.suspension.holds(&object)));
        cluster.list_mapped(&Resource::from(*kind), &selector, keep).await
    });
    let (mut members, mut suspended, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, outcome) in fleet.kinds.iter().zip(join_all(lists).await) {
        match outcome {
            Ok(list) => {
                for (member, is_suspended) in list.map(|list| list.items).unwrap_or_default() {
                    match member {
                        Some(member) if is_suspended => suspended.push(member.at.to_string()),
                        Some(member) => members.push(member),
                        None => {}
                    }
                }
            }
            Err(error) if fleet.kinds.len() > 1 && is_optional(kind, &error) => {}
            Err(error) => errors.push(error),
        }
    }
    if !suspended.is_empty() {
        context.ui.warning(format!("suspended, not reconciled: {}", suspended.join(", ")));
    }
    if members.is_empty() {
        if !errors.is_empty() {
            return Err(errors.swap_remove(0));
        }
        if !suspended.is_empty() {
            return Err(
                Error::usage("all selected objects are suspended").hint("resume them with flux resume")
            );
        }
        return Err(match fleet.kinds {
            [kind] if fleet.namespace.is_some() => {
                fleet.selected.nothing_found(context, kind, "no objects found").await?
            }
            _ => Error::not_found("no objects found").hint("check --namespace (-n) and --selector (-l)"),
        });
    }
    for error in &errors {
        context.ui.failure(error.to_string());
        context.ui.hints(error.hints());
    }
    if fleet.flags.contains(&Flag::WithSource) {
        add_sources(context, cluster, &mut members).await;
    }
    link(&mut members);
    Ok((members, errors.len()))
}

/// An object that is reconciled; none if no controller reconciles it.
fn member(kind: &'static Kind, object: &Value) -> Option<Member> {
    ((kind.reconciler)(object) == Reconciler::Dynamic).then(|| Member {
        kind,
        at: ObjectRef::new(kind, object.namespace(), object.name()),
        revision: (kind.revision)(object),
        references: kind.needs(object),
        needs: Vec::new(),
        state: State::Requested,
    })
}

/// Adds the sources of the members, and theirs.
async fn add_sources(context: &Context, cluster: &Cluster, members: &mut Vec<Member>) {
    let mut next = 0;
    while next < members.len() {
        let known: Vec<Place> = members.iter().map(place).collect();
        let mut wanted: Vec<(&'static Kind, ObjectRef)> = Vec::new();
        for reference in members[next..].iter().flat_map(|member| &member.references) {
            let Some(kind) = kinds::by_name(&reference.kind).filter(|kind| kind.takes(Verb::Reconcile))
            else {
                continue;
            };
            let at = ObjectRef::new(kind, reference.namespace.as_str(), &reference.name);
            if kind.group == kinds::GIT_REPOSITORY.group
                && !known.contains(&place_of(reference))
                && !wanted.iter().any(|(_, other)| *other == at)
            {
                wanted.push((kind, at));
            }
        }
        next = members.len();
        let found = stream::iter(wanted.iter().map(|(_, at)| cluster.find(at))).buffered(AT_ONCE);
        for ((kind, at), outcome) in wanted.iter().zip(found.collect::<Vec<_>>().await) {
            match outcome {
                Ok(Some(object)) if !kind.suspension.holds(&object) => members.extend(member(kind, &object)),
                Ok(Some(_)) => context.ui.warning(format!("suspended, not reconciled: {at}")),
                Ok(None) => context.ui.warning(format!("{at} does not exist")),
                Err(error) => context.ui.warning(format!("{at} is not reconciled: {error}")),
            }
        }
    }
}

fn place(member: &Member) -> Place {
    let ObjectRef { resource, namespace, name } = &member.at;
    (resource.kind.to_string(), namespace.clone().unwrap_or_default(), name.clone())
}

fn place_of(reference: &SourceRef) -> Place {
    (reference.kind.clone(), reference.namespace.clone(), reference.name.clone())
}

/// Finds the members that each member waits for.
fn link(members: &mut [Member]) {
    let places: BTreeMap<Place, usize> =
        members.iter().enumerate().map(|(id, member)| (place(member), id)).collect();
    for member in members {
        let mut needs: Vec<usize> =
            member.references.iter().filter_map(|it| places.get(&place_of(it)).copied()).collect();
        needs.sort_unstable();
        needs.dedup();
        member.needs = needs;
    }
}

struct Run<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    waits: Waits<'a>,
    flags: &'a [Flag],
    members: Vec<Member>,
    tally: Tally,
}

impl Run<'_> {
    /// Fails the objects that wait for themselves.
    fn refuse_cycles(&mut self) {
        let needs: Vec<Vec<usize>> = self.members.iter().map(|member| member.needs.clone()).collect();
        for cycle in cycles(&needs) {
            let names: Vec<String> =
                cycle.iter().chain(cycle.first()).map(|id| self.members[*id].at.to_string()).collect();
            self.context.ui.failure(format!("dependencies form a cycle: {}", names.join(" → ")));
            self.context.ui.hints(&["remove one of them from spec.dependsOn".to_owned()]);
            for id in cycle {
                self.members[id].state = State::Failed;
                self.tally.failed += 1;
            }
        }
    }

    /// Requests all reconciliations at once.
    async fn request_all(&mut self) {
        let now = self.context.clock.now().to_string();
        let count = self.members.iter().filter(|member| !member.state.is_settled()).count();
        self.context.ui.action(format!("annotating {}", objects(count)));
        for member in &self.members {
            self.waits.add(member.at.clone(), Goal::Ready, Some(&now));
        }
        let requests = self.members.iter().map(async |member| {
            if member.state.is_settled() {
                return Ok(());
            }
            let flags: Vec<Flag> =
                self.flags.iter().copied().filter(|flag| member.kind.flags.contains(flag)).collect();
            request(self.cluster, &member.at, &flags, &now).await
        });
        let outcomes: Vec<Result<()>> = stream::iter(requests).buffered(AT_ONCE).collect().await;
        let mut requested = 0;
        for (id, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Err(error) => {
                    let error = error.context(format!("failed to annotate {}", self.members[id].at));
                    self.fail(id, &error);
                }
                Ok(()) if self.members[id].state.is_settled() => self.waits.give_up(id),
                Ok(()) => requested += 1,
            }
        }
        if requested > 0 {
            self.context.ui.success(format!("{} annotated", objects(requested)));
        }
    }

    async fn wait(&mut self) {
        self.show_progress("");
        while let Some((id, news)) = self.waits.next().await {
            let settled = match news {
                News::Waiting(message) => {
                    self.show_progress(&format!("; {}: {message}", self.members[id].at));
                    self.unblock(id).await
                }
                News::Reached => {
                    self.members[id].state = State::Early;
                    self.conclude_early(id).await
                }
                News::Failed(error) => self.fail(id, &error),
                News::TimedOut(error) => match self.waits.waits_for_others(id) {
                    Some(_) => self.give_up(id),
                    None => self.fail(id, &error),
                },
            };
            if settled {
                self.follow(id).await;
                self.show_progress("");
            }
        }
    }

    /// Goes on with the members that waited for a settled one, and with those that waited for them.
    async fn follow(&mut self, settled: usize) {
        let mut settled = vec![settled];
        while let Some(need) = settled.pop() {
            let waiting: Vec<usize> = (0..self.members.len())
                .filter(|id| self.members[*id].needs.contains(&need) && self.is_next(*id))
                .collect();
            for id in waiting {
                let has_ended = match self.members[id].state {
                    State::Early => self.conclude_early(id).await,
                    _ => self.unblock(id).await,
                };
                if has_ended {
                    settled.push(id);
                }
            }
        }
    }

    /// Goes on with a member that may wait for others although they are settled. Returns whether that settles the member.
    async fn unblock(&mut self, id: usize) -> bool {
        if self.is_blocked(id) {
            return self.give_up(id);
        }
        let needs_others = !self.members[id].needs.is_empty();
        if needs_others && self.is_next(id) && self.waits.waits_for_others(id).is_some() {
            // Its controller would look at its dependencies again only after a while.
            return self.again(id).await;
        }
        false
    }

    /// Whether everything that a member needs has been settled, and the member has not.
    fn is_next(&self, id: usize) -> bool {
        let member = &self.members[id];
        !member.state.is_settled() && member.needs.iter().all(|need| self.members[*need].state.is_settled())
    }

    /// Whether a member waits for another one that has failed.
    fn is_blocked(&self, id: usize) -> bool {
        let needs = &self.members[id].needs;
        let has_failed = needs.iter().any(|need| matches!(self.members[*need].state, State::Failed));
        has_failed && self.is_next(id) && self.waits.waits_for_others(id).is_some()
    }

    /// Ends the wait for a member that has handled the request, unless something that it needs has not, or is at another
    /// revision since. Returns whether the member is settled.
    async fn conclude_early(&mut self, id: usize) -> bool {
        if !self.is_next(id) {
            return false;
        }
        let is_outdated = self.members[id]
            .needs
            .iter()
            .any(|need| matches!(self.members[*need].state, State::Done { is_new: true }));
        if is_outdated && !self.members[id].references.is_empty() {
            // Once: the references are not needed any more.
            self.members[id].references.clear();
            return self.again(id).await;
        }
        let (kind, at) = (self.members[id].kind, self.members[id].at.clone());
        let Some(object) = self.waits.object(id) else { return false };
        if kind.lacks_artifact(object) {
            return self.fail(id, &no_artifact(kind, &at));
        }
        let (message, revision) = ((kind.success)(object), (kind.revision)(object));
        self.context.ui.success(format!("{at}: {message}"));
        let is_new = revision != self.members[id].revision;
        self.members[id].state = State::Done { is_new };
        true
    }

    /// Requests the reconciliation of a member again. Returns whether that failed, which settles the member.
    async fn again(&mut self, id: usize) -> bool {
        let now = self.context.clock.now().to_string();
        let at = self.members[id].at.clone();
        if let Err(error) = request(self.cluster, &at, &[], &now).await {
            return self.fail(id, &error.context(format!("failed to annotate {at}")));
        }
        self.members[id].state = State::Requested;
        self.waits.again(id, &now);
        false
    }

    /// Reports why a member failed.
    fn fail(&mut self, id: usize, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::Timeout => self.tally.timed_out += 1,
            ErrorKind::Unreachable => self.tally.unreachable += 1,
            _ => self.tally.failed += 1,
        }
        self.context.ui.failure(error.to_string());
        self.context.ui.hints(error.hints());
        self.waits.give_up(id);
        self.members[id].state = State::Failed;
        true
    }

    /// Reports what a member waits for, and ends the wait for it.
    fn give_up(&mut self, id: usize) -> bool {
        let message = self.waits.waits_for_others(id).unwrap_or_default();
        let member = &self.members[id];
        let failed = member.needs.iter().filter(|need| matches!(self.members[**need].state, State::Failed));
        let failed: Vec<String> = failed.map(|need| self.members[*need].at.to_string()).collect();
        let whom = if failed.is_empty() { String::new() } else { format!(" for {}", failed.join(", ")) };
        self.context.ui.failure(format!("{} waits{whom}: {message}", member.at));
        self.tally.blocked += 1;
        self.waits.give_up(id);
        self.members[id].state = State::Failed;
        true
    }

    fn done(&self) -> usize {
        self.members.iter().filter(|member| matches!(member.state, State::Done { .. })).count()
    }

    fn show_progress(&self, now: &str) {
        let (done, total) = (self.done(), self.members.len());
        self.context.ui.progress(format!("{done} of {total} objects reconciled{now}"));
    }

    /// Returns the summary as an error if something was not reconciled, and prints it otherwise.
    fn conclude(&self, denied: usize) -> Result<()> {
        let (done, total) = (self.done(), self.members.len());
        let Tally { failed, blocked, timed_out, unreachable } = self.tally;
        if done == total && denied == 0 {
            self.context.ui.success(format!("{} reconciled", objects(total)));
            return Ok(());
        }
        let counts = [
            (failed - denied, "failed"),
            (timed_out, "timed out"),
            (unreachable, "unknown (connection lost)"),
            (blocked, "waiting for other objects"),
        ];
        let mut counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if denied > 0 {
            counts.push(format!("{denied} {} not listed", if denied == 1 { "kind" } else { "kinds" }));
        }
        let kind = match (failed, unreachable) {
            (0, 0) => ErrorKind::Timeout,
            (0, _) => ErrorKind::Unreachable,
            _ => ErrorKind::Failed,
        };
        Err(Error::new(kind, format!("{done} of {total} objects reconciled: {}", counts.join(", "))))
    }
}

fn objects(count: usize) -> String {
    if count == 1 { "1 object".into() } else { format!("{count} objects") }
}
