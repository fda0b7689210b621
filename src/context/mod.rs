//! Everything that a command gets beside its arguments: settings, environment, clock, clusters and output.
//!
//! The only module that reads the environment. Environment and clock are values, so that a test can set them.

mod clusters;
mod environment;
mod time_zone;
pub mod web;

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::cluster::{self, Cluster};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Events;
use crate::names::is_label;
use crate::output::Ui;

pub use clusters::Clusters;
pub use environment::Environment;

/// Default of `--namespace`: the namespace that Flux is installed in.
pub const DEFAULT_NAMESPACE: &str = "flux-system";

/// Settings of every command.
#[derive(Default, Clone)]
pub struct Settings {
    /// How to reach the cluster.
    pub connection: cluster::Options,
    /// Namespace of the objects.
    pub namespace: String,
    /// Whether the user named the namespace.
    pub namespace_given: bool,
    /// How long a command may take; while it waits, the longest time without progress.
    pub timeout: Duration,
    /// Whether to print generated objects and the requests to servers.
    pub verbose: bool,
}

/// Everything that a command gets beside its arguments.
pub struct Context {
    /// Settings from flags and environment.
    pub settings: Settings,
    /// Environment variables.
    pub environment: Environment,
    /// Current time.
    pub clock: Clock,
    /// Sink of the progress events of clusters, Git and forges.
    pub events: Events,
    /// Clusters that the command may ask.
    pub clusters: Clusters,
    /// Names of the commands of flux, which plugins cannot replace.
    pub commands: Vec<&'static str>,
    /// Output.
    pub ui: Ui,
}

impl Context {
    /// Creates a context that is not connected to any cluster yet.
    pub fn new(settings: Settings, environment: Environment, clock: Clock, ui: Ui) -> Self {
        let events = ui.events(settings.verbose);
        let clusters = Clusters::new([settings.connection.clone()], clock, events.clone());
        Context { settings, environment, clock, events, clusters, commands: Vec::new(), ui }
    }

    /// The one cluster of the call, connected at the first use. Commands without a cluster never call this, so
    /// they work without a kubeconfig.
    pub async fn cluster(&self) -> Result<&Cluster> {
        self.clusters.named(self.settings.connection.context.as_deref()).await
    }

    /// Asks the user to confirm.
    ///
    /// # Errors
    /// The user declines, or there is no terminal to ask on; then the hint names `flag`, which answers the question.
    pub fn confirm(&self, question: &str, flag: &str) -> Result<()> {
        match self.ui.confirm(question)? {
            Some(true) => Ok(()),
            Some(false) => Err(Error::new(ErrorKind::Interrupted, "aborting").code(1)),
            None => {
                Err(Error::usage("aborting: confirmation is required, and there is no terminal to ask on")
                    .hint(format!("add {flag} to continue without confirmation")))
            }
        }
    }

    /// The time zone in which times are shown to people: `TZ`, or that of the system.
    pub fn time_zone(&self) -> TimeZone {
        time_zone::time_zone(self.environment.variable("TZ").as_deref())
    }

    /// Namespace of the objects.
    pub fn namespace(&self) -> &str {
        &self.settings.namespace
    }
}

/// Checks that a namespace is a DNS label.
pub fn check_namespace(namespace: &str) -> Result<()> {
    if is_label(namespace) {
        return Ok(());
    }
    Err(Error::usage(format!("namespace must be a valid DNS label: {namespace:?}"))
        .hint("use at most 63 lowercase letters, digits and dashes"))
}
