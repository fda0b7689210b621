//! The log of one pod: across lost connections and restarts of its container, each line once.

use std::rc::Rc;
use std::time::{Duration, Instant};

use jiff::{Timestamp, TimestampRound, Unit};
use tokio::sync::watch;

use super::pods::{Pod, State};
use super::position::Position;
use super::{LogEntry, LogOptions, LogSource, LogStart};
use crate::backoff::Backoff;
use crate::cluster::Cluster;
use crate::cluster::lines::Lines;
use crate::cluster::request::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{ObjectRef, Resource};

/// Pauses before a log is opened again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));

/// Longest silence before the log is opened again. A quiet controller is silent for longer, but so is a connection that
/// was lost unnoticed.
const SILENCE: Duration = Duration::from_secs(100);

/// Which run of the container a log is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Current,
    Previous,
}

/// The log of a pod, line by line.
pub struct PodLog<'a> {
    cluster: &'a Cluster,
    source: Rc<LogSource>,
    pod: ObjectRef,
    options: &'a LogOptions,
    /// Changes of the container's state, while the log is followed.
    states: Option<watch::Receiver<State>>,
    /// Restarts of the container when its log was opened.
    restarts: u64,
    /// The open log, and the one that is read after it.
    open: Option<(Run, Lines)>,
    then: Option<Lines>,
    position: Position,
    /// Time of the last line, for those that have none.
    time: Option<Timestamp>,
    /// When the log was opened for the first time.
    opened: Option<Instant>,
    /// Whether it was tried to open the log.
    tried: bool,
    /// Whether the end of a log that is not followed was reached.
    done: bool,
    backoff: Backoff,
    contact: Instant,
    /// Whether it has been reported that the log cannot be opened, since it last was.
    reported: bool,
}

/// What came of reading the open log.
enum Read {
    /// A line.
    Line(Vec<u8>),
    /// Its end, and the line that is cut off there.
    End(Run, Vec<u8>),
    /// The connection was lost.
    Lost,
    /// Nothing came for too long.
    Silent,
}

impl<'a> PodLog<'a> {
    /// Creates the log of a pod, which is not opened yet. With `states`, it is followed.
    pub fn new(
        cluster: &'a Cluster,
        source: Rc<LogSource>,
        namespace: &str,
        options: &'a LogOptions,
        states: Option<watch::Receiver<State>>,
    ) -> Self {
        PodLog {
            cluster,
            pod: ObjectRef::new(Resource::POD, namespace, &source.pod),
            source,
            options,
            states,
            restarts: 0,
            open: None,
            then: None,
            position: Position::default(),
            time: None,
            opened: None,
            tried: false,
            done: false,
            backoff: BACKOFF,
            contact: Instant::now(),
            reported: false,
        }
    }

    /// Name of the pod.
    pub fn pod(&self) -> &str {
        &self.source.pod
    }

    /// Returns the next new line if it has arrived.
    pub fn buffered(&mut self) -> Option<LogEntry> {
        loop {
            let (_, lines) = self.open.as_mut()?;
            let line = lines.buffered()?;
            if let Some(entry) = self.entry(line) {
                return Some(entry);
            }
        }
    }

    /// Returns the next new line; none at the end of the log, which a followed one has when its pod is gone.
    ///
    /// # Errors
    /// The log may not be read, or could not be for the whole timeout; a followed log is tried for as long as there is
    /// the pod.
    pub async fn next(&mut self) -> Result<Option<LogEntry>> {
        loop {
            if self.done || self.open.is_none() && !self.reopen().await? {
                return Ok(None);
            }
            let line = match self.read().await {
                Read::Line(line) => line,
                Read::End(run, rest) => self.end(run, rest),
                Read::Silent if self.states.is_none() => {
                    let error = Error::timeout(format!("no data received for {:?}", self.options.timeout));
                    return Err(self.named(error.hint("allow more time with --timeout")));
                }
                Read::Lost | Read::Silent => {
                    (self.open, self.then) = (None, None);
                    continue;
                }
            };
            if !line.is_empty()
                && let Some(entry) = self.entry(line)
            {
                self.backoff.reset();
                self.contact = Instant::now();
                return Ok(Some(entry));
            }
        }
    }

    async fn read(&mut self) -> Read {
        let Some((run, lines)) = &mut self.open else { return Read::Lost };
        let patience = if self.states.is_some() { SILENCE } else { self.options.timeout };
        match tokio::time::timeout(patience, lines.next()).await {
            Ok(Ok(Some(line))) => Read::Line(line),
            Ok(Ok(None)) => Read::End(*run, lines.rest()),
            Ok(Err(_)) => Read::Lost,
            Err(_) => Read::Silent,
        }
    }

    /// Goes on after the end of a log, and returns the line that is cut off there. While the container runs, the
    /// connection may have cut it off: then it is read again.
    fn end(&mut self, run: Run, rest: Vec<u8>) -> Vec<u8> {
        self.open = self.then.take().map(|lines| (Run::Current, lines));
        if run == Run::Previous {
            // What was opened before the previous log may turn out to be the same log.
            self.position.reopen();
            return rest;
        }
        self.done = self.states.is_none();
        if self.is_running() { Vec::new() } else { rest }
    }

    fn is_running(&self) -> bool {
        self.states.as_ref().is_some_and(|states| {
            let state = states.borrow();
            state.running && !state.gone && state.restarts == self.restarts
        })
    }

    /// Splits a line into time and text; none if it was returned before.
    fn entry(&mut self, mut line: Vec<u8>) -> Option<LogEntry> {
        while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            line.pop();
        }
        let stamp = line.iter().take(40).position(|byte| *byte == b' ');
        let stamp = stamp.and_then(|end| Some((end, parse(&line[..end])?)));
        let stamped = match stamp {
            Some((end, time)) => {
                line.drain(..=end);
                Some(time)
            }
            // Some servers leave out the times.
            None => own_time(&line),
        };
        self.time = stamped.or(self.time);
        if !self.position.is_new(stamped.or(self.time)) {
            return None;
        }
        Some(LogEntry { source: Rc::clone(&self.source), time: self.time, line })
    }

    /// Opens the log, and returns whether there is one.
    async fn reopen(&mut self) -> Result<bool> {
        if let Some(states) = &mut self.states
            && !wait_until_started(states).await
        {
            return Ok(false);
        }
        if std::mem::replace(&mut self.tried, true) && !self.pause().await {
            return Ok(false);
        }
        let since = self.position.reopen();
        match self.request(Run::Current, since).await {
            Ok(lines) => self.use_lines(lines, since).await,
            Err(failure) if failure.is_object_missing() => return Ok(false),
            Err(failure) => self.bear(failure)?,
        }
        Ok(true)
    }

    /// Reads the open log, after that of the previous run if the container was started again since the last line. If that
    /// cannot be found out, the log is opened once more.
    async fn use_lines(&mut self, lines: Lines, since: Option<Timestamp>) {
        self.reported = false;
        self.contact = Instant::now();
        if self.states.is_none() {
            self.opened.get_or_insert(self.contact);
            self.open = Some((Run::Current, lines));
            return;
        }
        // Asked for after the log was opened: a restart before that is known by now.
        let Ok(found) = self.cluster.find(&self.pod).await else { return };
        let state = found.and_then(|pod| serde_json::from_value::<Pod>(pod).ok());
        let restarts = state.map_or(self.restarts, |pod| pod.state().restarts);
        let missed = if self.opened.is_none() { 0 } else { restarts.saturating_sub(self.restarts) };
        self.restarts = restarts;
        if missed > 1 {
            self.cluster.events.warning(format!(
                "{} was restarted {missed} times since the connection was lost: only the logs of its last two runs are available",
                self.pod
            ));
        }
        let previous = if missed > 0 { self.request(Run::Previous, since).await.ok() } else { None };
        (self.open, self.then) = match previous {
            Some(previous) => (Some((Run::Previous, previous)), Some(lines)),
            None => (Some((Run::Current, lines)), None),
        };
        self.opened.get_or_insert(self.contact);
    }

    /// Waits before the log is opened again, until the container's state changes at the latest. Returns whether the pod
    /// still exists.
    async fn pause(&mut self) -> bool {
        let pause = self.backoff.pause();
        let Some(states) = &mut self.states else {
            tokio::time::sleep(pause).await;
            return true;
        };
        if states.borrow().gone {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            changed = states.changed() => {
                // A moment for the log of a container that has just started.
                tokio::time::sleep(Duration::from_millis(50)).await;
                changed.is_ok()
            }
        }
    }

    async fn request(&self, run: Run, since: Option<Timestamp>) -> Result<Lines, Failure> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("container", &self.source.container).append_pair("timestamps", "true");
        if self.states.is_some() && run == Run::Current {
            query.append_pair("follow", "true");
        }
        if run == Run::Previous {
            query.append_pair("previous", "true");
        }
        match (since, self.opened) {
            (Some(since), _) => {
                query.append_pair("sinceTime", &whole_second(since));
            }
            // It was opened and had no line yet.
            (None, Some(opened)) => {
                query.append_pair("sinceSeconds", &(opened.elapsed().as_secs() + 1).to_string());
            }
            (None, None) => self.first_lines(&mut query),
        }
        let path = format!("{}/log?{}", self.pod.path(), query.finish());
        self.cluster.open(&path).await.map(Lines::new)
    }

    /// Parameters by which the user limits the log.
    fn first_lines(&self, query: &mut url::form_urlencoded::Serializer<'_, String>) {
        if let Some(tail) = self.options.tail {
            query.append_pair("tailLines", &tail.to_string());
        }
        match self.options.start {
            LogStart::Beginning => {}
            LogStart::SecondsAgo(seconds) => {
                query.append_pair("sinceSeconds", &seconds.to_string());
            }
            LogStart::Time(time) => {
                query.append_pair("sinceTime", &whole_second(time));
            }
        }
    }

    /// Reports a failure to open the log once, unless a retry is useless or has been for too long.
    fn bear(&mut self, failure: Failure) -> Result<()> {
        let is_waiting = failure.is_status(400);
        let error = failure.into_error();
        let is_final = matches!(error.kind(), ErrorKind::Forbidden) || is_waiting && self.states.is_none();
        let is_over = self.states.is_none() && self.contact.elapsed() >= self.options.timeout;
        if is_final || is_over {
            return Err(self.named(error));
        }
        if !is_waiting && !std::mem::replace(&mut self.reported, true) {
            self.cluster.events.warning(format!("{}; retrying", self.named(error)));
        }
        Ok(())
    }

    fn named(&self, error: Error) -> Error {
        error.context(format!("failed to read the log of {}", self.pod))
    }
}

/// Waits until a container has started. Returns whether its pod still exists.
async fn wait_until_started(states: &mut watch::Receiver<State>) -> bool {
    let started = states.wait_for(|state| state.started || state.gone).await;
    started.is_ok_and(|state| state.started)
}

fn parse(text: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Returns the time that a controller wrote into its line.
fn own_time(line: &[u8]) -> Option<Timestamp> {
    #[derive(serde::Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        ts: std::borrow::Cow<'a, str>,
    }
    if line.first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice::<Line<'_>>(line).ok()?.ts.parse().ok()
}

/// Returns the second that a time is in, as the API server reads it.
fn whole_second(time: Timestamp) -> String {
    let round = TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor);
    time.round(round).unwrap_or(time).to_string()
}
