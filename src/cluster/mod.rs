//! The only Kubernetes client: connecting, objects, readiness. Data and errors go up, nothing is
//! printed here.
//!
//! Objects are JSON values, since a command passes on what it does not know. The group, version
//! and plural of our kinds are known, so no discovery round trips are made for them.

mod access;
mod answer;
mod apply;
mod client;
mod connect;
mod credentials;
mod diagnosis;
mod dry_run;
mod elsewhere;
mod exec;
mod headers;
mod installation;
pub mod kubeconfig;
mod logs;
mod objects;
mod obstacles;
mod oidc;
mod proxy;
mod ready;
mod removal;
mod request;
mod resource;
pub mod rollout;
mod secrets;
mod server;
mod upsert;
mod wait;
mod watch;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::sync::mpsc::UnboundedSender;

pub use apply::{Applied, Change, subject};
pub use connect::Options;
pub use diagnosis::{Diagnosis, Event};
pub use dry_run::Refusal;
pub use installation::{Installation, KubernetesVersion, PART_OF};
pub use objects::{List, Selection};
pub use proxy::ProxyUrl;
pub use ready::{Readiness, readiness};
pub use removal::{Removed, Step};
pub use resource::Resource;
pub use upsert::Upserted;
pub use wait::WaitOptions;
pub use watch::{Identified, News, Watch};

/// The name under which we own fields, as flux does: so flux can take over what we applied.
pub const FIELD_MANAGER: &str = "flux";

/// Where sentences go about what a request waits for.
pub type Troubles = UnboundedSender<String>;

/// A connection to one cluster.
pub struct Cluster {
    session: credentials::Session,
    server: String,
    /// No request waits longer than this for its answer.
    deadline: Duration,
    /// Versions found to be served in place of the one asked for, by `plural.group`.
    fallbacks: Mutex<BTreeMap<String, &'static str>>,
    /// What must not show in its answers.
    secrets: secrets::Secrets,
    /// Who hears, while a request goes on, that the server is not ready.
    troubles: Option<Troubles>,
    /// Whether they have heard since the server last answered.
    told: AtomicBool,
    /// Whether an API server is at the address, once that was in doubt.
    recognised: OnceCell<bool>,
}

impl Cluster {
    /// The API server's address, for messages.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// One sentence for each setting that is not used, and each kind that the cluster serves in an older version only.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = self.session.access().warnings.clone();
        let older = self.lock_fallbacks();
        notices.extend(older.iter().map(|(resource, version)| {
            format!(
                "{resource} is served as {version} only: the Flux in this cluster is older than this command"
            )
        }));
        notices
    }

    fn lock_fallbacks(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, &'static str>> {
        self.fallbacks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
