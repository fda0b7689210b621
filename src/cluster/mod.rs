//! The Kubernetes client: connecting, reading and changing objects, waiting for them.
//!
//! Objects are JSON values, since commands keep fields that they do not know. Group, version and plural of Flux's
//! kinds are known, so they need no discovery. Nothing is printed here: data and errors are returned, progress is
//! reported as [`crate::event::Event`].

mod access;
mod answer;
mod apply;
mod blocked_deletion;
mod client;
mod conflict;
mod connect;
mod credentials;
mod diagnosis;
mod discovery;
mod dry_run;
mod exec;
mod headers;
mod health;
mod installation;
mod kstatus;
pub mod kubeconfig;
mod kubernetes_events;
mod last_errors;
mod lines;
mod list;
mod logs;
mod objects;
mod oidc;
mod operator;
mod other_namespaces;
mod proxy;
mod pruned;
mod removal;
mod request;
mod resource_names;
mod retry;
pub mod rollout;
mod secrets;
mod served;
mod server;
mod unreachable;
mod upsert;
mod verdict;
mod wait;
mod waits;
mod watch;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::clock::Clock;
use crate::event::Events;

pub use connect::Options;
pub use diagnosis::Diagnosis;
pub use dry_run::Refusal;
pub use health::{Diagnosed, Health};
pub use installation::{Installation, KubernetesVersion, PART_OF};
pub use kstatus::{Readiness, readiness};
pub use kubernetes_events::KubernetesEvent;
pub use list::{List, ListSelector, Pages};
pub use logs::{Controller, ControllerLogs, LogEntry, LogOptions, LogSource, LogStart};
pub use operator::{FLUX_OPERATOR, Instance};
pub use other_namespaces::hint_namespaces;
pub use proxy::ProxyUrl;
pub use pruned::Pruned;
pub use removal::{RemovalOptions, Removed};
pub use rollout::RolloutOptions;
pub use upsert::Upserted;
pub use wait::WaitOptions;
pub use waits::{Goal, News, Waits};
pub use watch::{Identified, Identity, Watch, WatchEvent};

/// Field manager of our changes. It is flux's, so that flux can take over what we applied.
pub const FIELD_MANAGER: &str = "flux";

/// A connection to one cluster.
pub struct Cluster {
    session: credentials::Session,
    server: String,
    /// Current time, for the age of events.
    clock: Clock,
    /// Longest wait for an answer.
    timeout: Duration,
    /// Versions that the cluster serves instead of ours, by `plural.group`.
    older_versions: Mutex<BTreeMap<String, &'static str>>,
    /// Secrets that are removed from its answers.
    secrets: secrets::Secrets,
    events: Events,
    /// Whether it has been reported that the server is not ready, since it last answered.
    reported_not_ready: AtomicBool,
    /// Number of watches that have lost their connection.
    lost_watches: AtomicUsize,
    /// Whether an API server answers at the address, if that was in doubt.
    is_api_server: OnceCell<bool>,
}

impl Cluster {
    /// The API server's address, for messages.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether all watches have a connection.
    pub fn is_connected(&self) -> bool {
        self.lost_watches.load(Ordering::Relaxed) == 0
    }

    fn lock_older_versions(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, &'static str>> {
        self.older_versions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
