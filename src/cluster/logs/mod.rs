//! Logs of Flux's controllers, merged by time.

mod observer;
mod pod_log;
mod pods;
mod position;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Cluster;
use crate::error::{ErrorKind, Result};
use observer::{Change, Observer, Observing};
use pod_log::PodLog;
use pods::{Pod, State, without_ended};

pub use pods::Controller;

/// How long the lines of other logs wait for the next line of a followed log.
const GRACE: Duration = Duration::from_millis(250);

/// How long the lines of other logs wait for the first line of a followed log.
const FIRST_GRACE: Duration = Duration::from_secs(1);

/// Which part of the logs is read.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// Whether new lines are waited for.
    pub follow: bool,
    /// Number of last lines of each pod; none for all.
    pub tail: Option<u64>,
    /// First lines.
    pub start: LogStart,
    /// Longest time without contact to the API server.
    pub timeout: Duration,
}

/// Where reading of a log starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStart {
    /// At its first line.
    Beginning,
    /// At lines of so many seconds ago.
    SecondsAgo(u64),
    /// At lines of this time.
    Time(Timestamp),
}

/// Where a line comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct LogSource {
    /// Name of the controller's Deployment.
    pub controller: String,
    /// Name of the pod.
    pub pod: String,
    container: String,
}

/// A line of a log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Where it comes from.
    pub source: Rc<LogSource>,
    /// When it was written; none if neither the kubelet nor the line says so.
    pub time: Option<Timestamp>,
    /// The line without its line feed; not necessarily UTF-8.
    pub line: Vec<u8>,
}

type Reading<'a> = Pin<Box<dyn Future<Output = (Result<Option<LogEntry>>, Box<PodLog<'a>>)> + 'a>>;

/// Logs of controllers, merged by time. Nothing is kept of them but the next line of each.
pub struct ControllerLogs<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
    options: &'a LogOptions,
    controllers: Vec<Controller>,
    /// Controllers that had no pod at first.
    without_pods: Vec<String>,
    /// Next lines, and the logs that they were read from.
    heads: Vec<(LogEntry, Box<PodLog<'a>>)>,
    /// Logs whose next line is waited for.
    reading: FuturesUnordered<Reading<'a>>,
    /// Until when the lines of others wait for a log, by pod.
    graces: BTreeMap<String, Instant>,
    /// States of the pods whose logs are followed, by name.
    states: BTreeMap<String, watch::Sender<State>>,
    changes: Option<Observing<'a>>,
    failed: usize,
}

/// What comes first.
enum Step<'a> {
    Read(Result<Option<LogEntry>>, Box<PodLog<'a>>),
    Change(Result<Change>, Observer<'a>),
    Grace,
}

impl Cluster {
    /// Opens the logs of controllers in a namespace. With [`LogOptions::follow`], pods are watched, so that those of new
    /// pods are opened as well. Logs that cannot be read are reported as warnings.
    ///
    /// # Errors
    /// The pods cannot be listed.
    pub async fn controller_logs<'a>(
        &'a self,
        namespace: &'a str,
        controllers: Vec<Controller>,
        options: &'a LogOptions,
    ) -> Result<ControllerLogs<'a>> {
        let mut logs = ControllerLogs {
            cluster: self,
            namespace,
            options,
            controllers,
            without_pods: Vec::new(),
            heads: Vec::new(),
            reading: FuturesUnordered::new(),
            graces: BTreeMap::new(),
            states: BTreeMap::new(),
            changes: None,
            failed: 0,
        };
        let pods = if options.follow {
            let (observer, pods) = Observer::start(self, namespace, options.timeout).await?;
            logs.changes = Some(observer.next());
            pods
        } else {
            observer::list(self, namespace).await?
        };
        let owned: Vec<(String, Pod)> =
            pods.into_iter().filter_map(|pod| Some((logs.controller_of(&pod)?, pod))).collect();
        let names = logs.controllers.iter().map(|controller| &controller.name);
        let without = names.filter(|name| owned.iter().all(|(owner, _)| owner != *name));
        logs.without_pods = without.cloned().collect();
        for (controller, pod) in without_ended(owned) {
            logs.open(controller, &pod);
        }
        Ok(logs)
    }
}

impl<'a> ControllerLogs<'a> {
    /// Names of the controllers that had no pod at first.
    pub fn without_pods(&self) -> &[String] {
        &self.without_pods
    }

    /// Number of logs that could not be read, or not to their end.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Returns the next line. Of logs that are not followed, it is the earliest one; of followed logs, the earliest of
    /// those that have arrived. None at the end, which followed logs do not have. Nothing is lost if the future is
    /// dropped before it completes.
    ///
    /// # Errors
    /// Logs may not be read. While pods are watched: the API server could not be reached for the whole timeout.
    pub async fn next(&mut self) -> Result<Option<LogEntry>> {
        loop {
            let grace = self.graces.values().max().copied().filter(|_| self.options.follow);
            let is_due = self.reading.is_empty() || grace.is_some_and(|grace| grace <= Instant::now());
            if is_due && let Some(entry) = self.take_earliest() {
                return Ok(Some(entry));
            }
            if self.reading.is_empty() && self.changes.is_none() {
                return Ok(None);
            }
            match self.step(grace).await {
                Step::Read(outcome, log) => self.received(outcome, log)?,
                Step::Change(change, observer) => {
                    self.changes = Some(observer.next());
                    self.changed(change?);
                }
                Step::Grace => {}
            }
        }
    }

    /// Waits for a line or for a change of a pod; if there are lines to return, at most until their grace is over.
    async fn step(&mut self, grace: Option<Instant>) -> Step<'a> {
        let grace = grace.filter(|_| !self.heads.is_empty());
        tokio::select! {
            biased;
            Some((outcome, log)) = self.reading.next() => Step::Read(outcome, log),
            (change, observer) = pending(&mut self.changes) => Step::Change(change, observer),
            () = until(grace) => Step::Grace,
        }
    }

    /// Takes the earliest line, and continues with its log.
    fn take_earliest(&mut self) -> Option<LogEntry> {
        let heads = self.heads.iter().enumerate();
        let earliest =
            heads.min_by_key(|&(_, (entry, _))| (entry.time, &entry.source.pod)).map(|(at, _)| at)?;
        let (entry, log) = self.heads.swap_remove(earliest);
        self.go_on(log, GRACE);
        Some(entry)
    }

    fn go_on(&mut self, mut log: Box<PodLog<'a>>, grace: Duration) {
        if let Some(entry) = log.buffered() {
            return self.heads.push((entry, log));
        }
        self.graces.insert(log.pod().to_owned(), Instant::now() + grace);
        self.reading.push(Box::pin(async move { (log.next().await, log) }));
    }

    fn received(&mut self, outcome: Result<Option<LogEntry>>, log: Box<PodLog<'a>>) -> Result<()> {
        self.graces.remove(log.pod());
        match outcome {
            Ok(Some(entry)) => self.heads.push((entry, log)),
            Ok(None) => {
                self.states.remove(log.pod());
            }
            // The logs of the other pods are most likely forbidden, too.
            Err(error) if error.kind() == ErrorKind::Forbidden => return Err(error),
            Err(error) => {
                self.failed += 1;
                self.states.remove(log.pod());
                self.cluster.events.warning(error.to_string());
            }
        }
        Ok(())
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::Set(pod) => self.seen(&pod),
            Change::Deleted(name) => self.gone(&name),
            Change::All(pods) => {
                let gone = self.states.keys().filter(|name| pods.iter().all(|pod| pod.name() != *name));
                let gone: Vec<String> = gone.cloned().collect();
                for name in gone {
                    self.gone(&name);
                }
                for pod in &pods {
                    self.seen(pod);
                }
            }
        }
    }

    /// A pod that exists: its state, or a new log.
    fn seen(&mut self, pod: &Pod) {
        let Some(controller) = self.controller_of(pod) else { return };
        match self.states.get(pod.name()) {
            Some(sender) => {
                let state = pod.state();
                sender.send_if_modified(|known| std::mem::replace(known, state) != state);
            }
            None if pod.has_ended() => {}
            None => self.open(controller, pod),
        }
    }

    fn gone(&mut self, pod: &str) {
        if let Some(sender) = self.states.get(pod) {
            sender.send_modify(|state| state.gone = true);
        }
    }

    fn controller_of(&self, pod: &Pod) -> Option<String> {
        let controller = self.controllers.iter().find(|controller| controller.has(pod))?;
        Some(controller.name.clone())
    }

    fn open(&mut self, controller: String, pod: &Pod) {
        let source =
            LogSource { controller, pod: pod.name().to_owned(), container: pod.container().to_owned() };
        let states = self.options.follow.then(|| {
            let (sender, receiver) = watch::channel(pod.state());
            self.states.insert(source.pod.clone(), sender);
            receiver
        });
        let log = PodLog::new(self.cluster, Rc::new(source), self.namespace, self.options, states);
        self.go_on(Box::new(log), FIRST_GRACE);
    }
}

/// Waits for a change of the pods, for ever if they are not observed.
async fn pending<'a>(changes: &mut Option<Observing<'a>>) -> (Result<Change>, Observer<'a>) {
    match changes {
        Some(change) => change.await,
        None => std::future::pending().await,
    }
}

/// Waits until a time, for ever without one.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
