//! Watching objects: what changes, for as long as somebody wants to know.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::request::Failure;
use super::{Cluster, Resource, Selection};
use crate::error::{Error, Kind, Result};

/// How long the API server is asked to keep one connection; the next goes on where it ended.
const TURN: &str = "290";

/// The API server sends a bookmark about once a minute; a connection silent for longer is dead.
const SILENCE: Duration = Duration::from_secs(100);

/// The pause before contact is tried again, doubled up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a watch needs to know of the objects that it passes on.
pub trait Identified: DeserializeOwned {
    /// The object's namespace.
    fn namespace(&self) -> &str;
    /// Its name.
    fn name(&self) -> &str;
    /// Its `resourceVersion`.
    fn version(&self) -> &str;
}

impl Identified for crate::kinds::Summary {
    fn namespace(&self) -> &str {
        &self.metadata.namespace
    }

    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
}

/// What a watch tells.
#[derive(Debug)]
pub enum News<T> {
    /// An object is new, or not what it was.
    Set(T),
    /// An object is no more.
    Gone {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Contact is lost, for this reason. The watch goes on by itself; this is told once for each
    /// loss.
    Lost(Error),
}

/// A watch on objects of one resource, across cut connections, restarts of the API server and its
/// forgetting of old versions: each change is told once, whatever happened between.
pub struct Watch<'a, T> {
    cluster: &'a Cluster,
    resource: &'a Resource,
    which: Selection<'a>,
    patience: Duration,
    /// From where to watch; empty where a list must come first.
    version: String,
    /// The version of each object that was told, by namespace and name.
    known: BTreeMap<(String, String), String>,
    pending: VecDeque<News<T>>,
    lines: Option<Lines>,
    contact: Instant,
    pause: Duration,
    lost: bool,
}

impl Cluster {
    /// A watch on objects, which begins with [`Watch::begin`]. It ends with an error after
    /// `patience` without any contact to the API server, or where the API server refuses it.
    pub fn watch<'a, T: Identified>(
        &'a self,
        resource: &'a Resource,
        which: Selection<'a>,
        patience: Duration,
    ) -> Watch<'a, T> {
        Watch {
            cluster: self,
            resource,
            which,
            patience,
            version: String::new(),
            known: BTreeMap::new(),
            pending: VecDeque::new(),
            lines: None,
            contact: Instant::now(),
            pause: FIRST_PAUSE,
            lost: false,
        }
    }
}

impl<T: Identified> Watch<'_, T> {
    /// The objects as they are now; `next` tells what changes from here on.
    pub async fn begin(&mut self) -> Result<Vec<T>> {
        let list = self.cluster.list::<T>(self.resource, &self.which).await?;
        self.version = list.metadata.resource_version;
        self.known = list.items.iter().map(|item| (key(item), item.version().to_owned())).collect();
        self.in_contact();
        Ok(list.items)
    }

    /// The next change, however long it takes to come.
    ///
    /// Nothing is lost where the future is dropped before it is done.
    ///
    /// # Errors
    /// The API server refuses the watch, or could not be reached for the whole patience.
    pub async fn next(&mut self) -> Result<News<T>> {
        loop {
            if let Some(change) = self.pending.pop_front() {
                return Ok(change);
            }
            let Err(failure) = self.advance().await else { continue };
            self.lines = None;
            if failure.is_status(410) {
                self.version.clear();
                continue;
            }
            if is_final(&failure) || self.contact.elapsed() >= self.patience {
                return Err(failure.into_error());
            }
            if !self.lost {
                self.lost = true;
                self.pending.push_back(News::Lost(failure.into_error()));
                continue;
            }
            let left = self.patience.saturating_sub(self.contact.elapsed());
            tokio::time::sleep(self.pause.min(left)).await;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Lists, connects or reads one line, whichever is due.
    async fn advance(&mut self) -> Result<(), Failure> {
        if self.version.is_empty() {
            return self.compare().await;
        }
        let Some(lines) = &mut self.lines else {
            self.lines = Some(self.connect().await?);
            self.in_contact();
            return Ok(());
        };
        let line = match tokio::time::timeout(SILENCE, lines.next()).await {
            Ok(Ok(line)) => line,
            Ok(Err(_)) => return Err(self.unreachable("the connection was cut")),
            Err(_) => return Err(self.unreachable("the connection has fallen silent")),
        };
        let Some(line) = line else {
            // The server ends a connection after its turn. One that ended at once was no watch.
            if lines.opened.elapsed() < FIRST_PAUSE {
                return Err(self.unreachable("the connection was closed"));
            }
            self.lines = None;
            return Ok(());
        };
        self.in_contact();
        self.take(&line)
    }

    async fn connect(&self) -> Result<Lines, Failure> {
        let query = self.which.query(&[
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", TURN),
            ("resourceVersion", &self.version),
        ]);
        let open = async |resource: &Resource| {
            self.cluster.open(&format!("{}?{query}", resource.path(self.which.namespace, None))).await
        };
        self.cluster.with_fallback(self.resource, open).await.map(Lines::new)
    }

    /// Lists again and tells what is not as it was told before.
    async fn compare(&mut self) -> Result<(), Failure> {
        let list = self.cluster.list::<T>(self.resource, &self.which).await.map_err(Failure::Other)?;
        self.in_contact();
        self.version = list.metadata.resource_version;
        let mut before = std::mem::take(&mut self.known);
        for item in list.items {
            let (key, version) = (key(&item), item.version().to_owned());
            if before.remove(&key).as_ref() != Some(&version) {
                self.pending.push_back(News::Set(item));
            }
            self.known.insert(key, version);
        }
        self.pending.extend(before.into_keys().map(|(namespace, name)| News::Gone { namespace, name }));
        Ok(())
    }

    /// Takes in a line of the watch.
    fn take(&mut self, line: &[u8]) -> Result<(), Failure> {
        let head: Line<Head> = self.read(line)?;
        match head.event.as_str() {
            "ADDED" | "MODIFIED" => {
                let item = self.read::<Line<T>>(line)?.object;
                self.known.insert(key(&item), item.version().to_owned());
                self.pending.push_back(News::Set(item));
            }
            "DELETED" => {
                let item = self.read::<Line<T>>(line)?.object;
                let (namespace, name) = key(&item);
                self.known.remove(&(namespace.clone(), name.clone()));
                self.pending.push_back(News::Gone { namespace, name });
            }
            "ERROR" => {
                let line = self.cluster.redacted(line, None);
                return Err(Failure::Status(Box::new(self.read::<Line<Status>>(&line)?.object)));
            }
            // BOOKMARK: only the version has moved.
            _ => {}
        }
        self.version = head.object.metadata.resource_version;
        Ok(())
    }

    fn read<V: DeserializeOwned>(&self, line: &[u8]) -> Result<V, Failure> {
        serde_json::from_slice(line).map_err(|error| self.unreachable(&format!("not a watch: {error}")))
    }

    fn unreachable(&self, why: &str) -> Failure {
        let server = self.cluster.server();
        Failure::Other(
            Error::new(Kind::Unreachable, format!("lost the Kubernetes API server {server}: {why}"))
                .hint("check that the cluster is up, or allow more time by --timeout"),
        )
    }

    fn in_contact(&mut self) {
        self.contact = Instant::now();
        self.pause = FIRST_PAUSE;
        self.lost = false;
    }
}

fn key<T: Identified>(item: &T) -> (String, String) {
    (item.namespace().to_owned(), item.name().to_owned())
}

/// Whether trying again is of no use. A busy server (429) and one that starts (500 and up) may
/// answer later.
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Status(status) => (400..429).contains(&status.code),
        Failure::Other(error) => matches!(error.kind(), Kind::Usage | Kind::NotFound | Kind::Forbidden),
    }
}

/// One line of a watch.
#[derive(Deserialize)]
struct Line<T> {
    #[serde(rename = "type")]
    event: String,
    object: T,
}

/// What every object of a line has, a status too.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    metadata: Version,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    resource_version: String,
}

/// The lines of a body that comes bit by bit.
struct Lines {
    body: Body,
    buffer: Vec<u8>,
    opened: Instant,
}

impl Lines {
    fn new(body: Body) -> Self {
        Lines { body, buffer: Vec::new(), opened: Instant::now() }
    }

    /// The next whole line; none at the body's end, where a line cut short is dropped.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, kube::Error> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=searched + end).collect();
                return Ok(Some(line));
            }
            searched = self.buffer.len();
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Failure {
        Failure::Status(Box::new(Status { code, ..Status::default() }))
    }

    #[test]
    fn a_refusal_ends_a_watch_and_a_busy_or_starting_server_does_not() {
        for code in [400, 401, 403, 404] {
            assert!(is_final(&status(code)), "{code}");
        }
        for code in [429, 500, 502, 503] {
            assert!(!is_final(&status(code)), "{code}");
        }
        assert!(!is_final(&Failure::Other(Error::new(Kind::Unreachable, ""))));
    }

    #[tokio::test]
    async fn lines_are_put_together_from_the_pieces_that_come() {
        let mut lines = Lines::new(Body::from(b"one\n\ntwo\nrest".to_vec()));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(String::from_utf8(line).unwrap());
        }
        assert_eq!(all, ["one\n", "\n", "two\n"]);
    }
}
