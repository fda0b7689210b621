//! Notices new pods, and how containers start and end.

use std::pin::Pin;
use std::time::{Duration, Instant};

use super::pods::Pod;
use crate::cluster::{Cluster, ListSelector, Watch, WatchEvent};
use crate::error::{ErrorKind, Result};
use crate::event::Event;
use crate::object::Resource;

/// Pause between two lists of the pods, if they may not be watched.
const POLL: Duration = Duration::from_secs(5);

/// Resource that is observed.
static PODS: Resource = Resource::POD;

/// What has changed.
pub enum Change {
    /// A pod was created or changed.
    Set(Box<Pod>),
    /// The pod of this name was deleted.
    Deleted(String),
    /// These are all pods now.
    All(Vec<Pod>),
}

/// How changes of the pods in a namespace are noticed.
pub enum Observer<'a> {
    /// By a watch.
    Watch(&'a Cluster, &'a str, Duration, Box<Watch<'a, Pod>>),
    /// By lists, which may fail for as long as this.
    List(&'a Cluster, &'a str, Duration),
}

/// An observer that waits for a change. It is kept until then, since a watch that is dropped while it connects would
/// have to begin again.
pub type Observing<'a> = Pin<Box<dyn Future<Output = (Result<Change>, Observer<'a>)> + 'a>>;

impl<'a> Observer<'a> {
    /// Lists the pods of a namespace, and watches them from then on. It fails after `timeout` without contact to the API
    /// server.
    pub async fn start(
        cluster: &'a Cluster,
        namespace: &'a str,
        timeout: Duration,
    ) -> Result<(Observer<'a>, Vec<Pod>)> {
        let mut watch = Box::new(cluster.watch::<Pod>(&PODS, ListSelector::namespace(namespace), timeout));
        let pods = watch.start().await?;
        Ok((Observer::Watch(cluster, namespace, timeout, watch), pods))
    }

    /// Waits for the next change. Pods that may be listed and not watched are listed every few seconds.
    pub fn next(self) -> Observing<'a> {
        Box::pin(async move {
            match self {
                Observer::Watch(cluster, namespace, timeout, mut watch) => {
                    let change = match watch.next().await {
                        Ok(WatchEvent::Set(pod)) => Ok(Change::Set(Box::new(pod))),
                        Ok(WatchEvent::Deleted { name, .. }) => Ok(Change::Deleted(name)),
                        Err(error) if error.kind() == ErrorKind::Forbidden => {
                            let note = format!("{error}; listing pods every {POLL:?} instead");
                            cluster.events.warning(note);
                            let pods = list(cluster, namespace).await.map(Change::All);
                            return (pods, Observer::List(cluster, namespace, timeout));
                        }
                        Err(error) => Err(error),
                    };
                    (change, Observer::Watch(cluster, namespace, timeout, watch))
                }
                Observer::List(cluster, namespace, timeout) => {
                    let pods = list_again(cluster, namespace, timeout).await.map(Change::All);
                    (pods, Observer::List(cluster, namespace, timeout))
                }
            }
        })
    }
}

/// Lists the pods of a namespace after a pause, and again while the API server cannot be reached.
async fn list_again(cluster: &Cluster, namespace: &str, timeout: Duration) -> Result<Vec<Pod>> {
    let started = Instant::now();
    let mut lost = false;
    loop {
        tokio::time::sleep(POLL).await;
        let error = match list(cluster, namespace).await {
            Err(error) if error.kind() == ErrorKind::Unreachable && started.elapsed() < timeout => error,
            outcome => return outcome,
        };
        if !std::mem::replace(&mut lost, true) {
            cluster.events.emit(Event::ConnectionLost { cause: error.to_string() });
        }
    }
}

/// Lists the pods of a namespace.
pub async fn list(cluster: &Cluster, namespace: &str) -> Result<Vec<Pod>> {
    Ok(cluster.list::<Pod>(&PODS, &ListSelector::namespace(namespace)).await?.items)
}
