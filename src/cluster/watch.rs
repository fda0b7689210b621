//! Watching objects: changes as they happen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kube::core::Status;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::lines::Lines;
use super::request::Failure;
use super::{Cluster, ListSelector};
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::kinds::{Metadata, Summary};
use crate::object::Resource;

/// Duration of one watch request, in seconds. The next request continues where it ended.
const REQUEST_SECONDS: &str = "290";

/// Longest silence of a live connection. The API server sends a bookmark about once a minute.
const SILENCE: Duration = Duration::from_secs(100);

/// Pauses between attempts to connect again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));

/// Shortest life of a watch; a connection that ends sooner has failed.
const SHORTEST_CONNECTION: Duration = Duration::from_millis(250);

/// What a watch needs to know about an object.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Namespace; empty if the object is cluster-scoped.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// `metadata.resourceVersion`
    pub version: &'a str,
}

/// Object that a watch can return.
pub trait Identified: DeserializeOwned {
    /// Identity of the object.
    fn identity(&self) -> Identity<'_>;
}

impl Identified for Summary {
    fn identity(&self) -> Identity<'_> {
        let Metadata { namespace, name, resource_version: version, .. } = &self.metadata;
        Identity { namespace, name, version }
    }
}

/// A change of an object.
#[derive(Debug)]
pub enum WatchEvent<T> {
    /// An object was created or changed.
    Set(T),
    /// An object was deleted.
    Deleted {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// Last state; none if the object was deleted while there was no connection.
        last: Option<T>,
    },
}

/// A watch on the objects of a resource. It survives interrupted connections, restarts of the API server and expired
/// versions: each change is returned once.
pub struct Watch<'a, T> {
    cluster: &'a Cluster,
    resource: &'a Resource,
    selector: ListSelector<'a>,
    timeout: Duration,
    /// Version from which to watch; empty if a list is needed first.
    version: String,
    /// Version of each object that was returned, by namespace and name.
    known: BTreeMap<(String, String), String>,
    pending: VecDeque<WatchEvent<T>>,
    lines: Option<Lines>,
    contact: Instant,
    backoff: Backoff,
    /// Whether the loss of the connection has been reported.
    lost: bool,
}

impl Cluster {
    /// Creates a watch, which starts with [`Watch::start`]. It fails after `timeout` without contact to the API
    /// server, or if the API server refuses it. Reports [`Event::ConnectionLost`] once for each loss.
    pub fn watch<'a, T: Identified>(
        &'a self,
        resource: &'a Resource,
        selector: ListSelector<'a>,
        timeout: Duration,
    ) -> Watch<'a, T> {
        Watch {
            cluster: self,
            resource,
            selector,
            timeout,
            version: String::new(),
            known: BTreeMap::new(),
            pending: VecDeque::new(),
            lines: None,
            contact: Instant::now(),
            backoff: BACKOFF,
            lost: false,
        }
    }
}

impl<T: Identified> Watch<'_, T> {
    /// Returns the current objects. [`Watch::next`] returns what changes from here on.
    pub async fn start(&mut self) -> Result<Vec<T>> {
        let list = self.cluster.list::<T>(self.resource, &self.selector).await?;
        self.version = list.metadata.resource_version;
        self.known = list.items.iter().map(|item| (key(item), item.identity().version.to_owned())).collect();
        self.in_contact();
        Ok(list.items)
    }

    /// Returns the next change. Nothing is lost if the future is dropped before it completes.
    ///
    /// # Errors
    /// The API server refuses the watch, or could not be reached for the whole timeout.
    pub async fn next(&mut self) -> Result<WatchEvent<T>> {
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
            if is_final(&failure) || self.contact.elapsed() >= self.timeout {
                return Err(failure.into_error());
            }
            if !self.lost {
                self.lost = true;
                // Several watches lose one connection.
                if self.cluster.lost_watches.fetch_add(1, Ordering::Relaxed) == 0 {
                    let cause = failure.into_error().to_string();
                    self.cluster.events.emit(Event::ConnectionLost { cause });
                }
                continue;
            }
            let left = self.timeout.saturating_sub(self.contact.elapsed());
            tokio::time::sleep(self.backoff.pause().min(left)).await;
        }
    }

    /// Lists, connects or reads one line, whichever is next.
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
            Ok(Err(_)) => return Err(self.unreachable("the connection was interrupted")),
            Err(_) => return Err(self.unreachable("the server has sent nothing for too long")),
        };
        let Some(line) = line else {
            // The server ends each connection after a while.
            if lines.opened.elapsed() < SHORTEST_CONNECTION {
                return Err(self.unreachable("the connection was closed"));
            }
            self.lines = None;
            return Ok(());
        };
        self.in_contact();
        self.receive(&line)
    }

    async fn connect(&self) -> Result<Lines, Failure> {
        let query = self.selector.query(&[
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", REQUEST_SECONDS),
            ("resourceVersion", &self.version),
        ]);
        let open = async |resource: &Resource| {
            self.cluster.open(&format!("{}?{query}", resource.path(self.selector.namespace, None))).await
        };
        self.cluster.in_served_version(self.resource, open).await.map(Lines::new)
    }

    /// Lists again and returns what differs from the objects returned before.
    async fn compare(&mut self) -> Result<(), Failure> {
        let list = self.cluster.list::<T>(self.resource, &self.selector).await.map_err(Failure::Other)?;
        self.in_contact();
        self.version = list.metadata.resource_version;
        let mut before = std::mem::take(&mut self.known);
        for item in list.items {
            let (key, version) = (key(&item), item.identity().version.to_owned());
            if before.remove(&key).as_ref() != Some(&version) {
                self.pending.push_back(WatchEvent::Set(item));
            }
            self.known.insert(key, version);
        }
        self.pending.extend(before.into_keys().map(|(namespace, name)| WatchEvent::Deleted {
            namespace,
            name,
            last: None,
        }));
        Ok(())
    }

    /// Reads a line of the watch.
    fn receive(&mut self, line: &[u8]) -> Result<(), Failure> {
        let head: Line<Head> = self.read(line)?;
        match head.event.as_str() {
            "ADDED" | "MODIFIED" => {
                let item = self.read::<Line<T>>(line)?.object;
                self.known.insert(key(&item), item.identity().version.to_owned());
                self.pending.push_back(WatchEvent::Set(item));
            }
            "DELETED" => {
                let item = self.read::<Line<T>>(line)?.object;
                let (namespace, name) = key(&item);
                self.known.remove(&(namespace.clone(), name.clone()));
                self.pending.push_back(WatchEvent::Deleted { namespace, name, last: Some(item) });
            }
            "ERROR" => {
                let line = self.cluster.redacted(line, None);
                return Err(Failure::Status(Box::new(self.read::<Line<Status>>(&line)?.object)));
            }
            // BOOKMARK: only the version is newer.
            _ => {}
        }
        self.version = head.object.metadata.resource_version;
        Ok(())
    }

    fn read<V: DeserializeOwned>(&self, line: &[u8]) -> Result<V, Failure> {
        serde_json::from_slice(line)
            .map_err(|error| self.unreachable(&format!("it sent something other than watch events: {error}")))
    }

    fn unreachable(&self, why: &str) -> Failure {
        let server = self.cluster.server();
        Failure::Other(
            Error::new(
                ErrorKind::Unreachable,
                format!("lost the connection to the Kubernetes API server {server}: {why}"),
            )
            .hint("check that the cluster is up, or allow more time with --timeout"),
        )
    }

    fn in_contact(&mut self) {
        self.contact = Instant::now();
        self.backoff.reset();
        self.found();
    }
}

impl<T> Watch<'_, T> {
    /// Counts the watch among those with a connection again.
    fn found(&mut self) {
        if std::mem::take(&mut self.lost) {
            self.cluster.lost_watches.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl<T> Drop for Watch<'_, T> {
    fn drop(&mut self) {
        self.found();
    }
}

fn key<T: Identified>(item: &T) -> (String, String) {
    let Identity { namespace, name, .. } = item.identity();
    (namespace.to_owned(), name.to_owned())
}

/// Whether a retry is useless. A busy server (429) and one that is starting (500 and up) may answer later.
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Status(status) => (400..429).contains(&status.code),
        Failure::Other(error) => {
            matches!(error.kind(), ErrorKind::Usage | ErrorKind::NotFound | ErrorKind::Forbidden)
        }
    }
}

/// One line of a watch.
#[derive(Deserialize)]
struct Line<T> {
    #[serde(rename = "type")]
    event: String,
    object: T,
}

/// Part that every object of a line has, and a status as well.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Failure {
        Failure::Status(Box::new(Status { code, ..Status::default() }))
    }

    #[test]
    fn a_refusal_ends_a_watch_and_a_busy_server_does_not() {
        for code in [400, 401, 403, 404] {
            assert!(is_final(&status(code)), "{code}");
        }
        for code in [429, 500, 502, 503] {
            assert!(!is_final(&status(code)), "{code}");
        }
        assert!(!is_final(&Failure::Other(Error::new(ErrorKind::Unreachable, ""))));
    }
}
