//! Progress events: what the layers below the commands report while they work.
//!
//! There is one sink, created with the output. Every client (cluster, Git, forge) gets a clone of it when it is
//! created.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;

use crate::object::ObjectRef;

/// Something that happened during a command, reported as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An object was applied.
    Applied {
        /// Which object.
        object: ObjectRef,
        /// What that changed.
        change: Change,
    },
    /// An object was deleted, or would be.
    Deleted {
        /// Which object.
        object: ObjectRef,
        /// Whether nothing was done.
        dry_run: bool,
    },
    /// The finalizers of an object were removed, or would be.
    FinalizersRemoved {
        /// Which object.
        object: ObjectRef,
        /// Whether nothing was done.
        dry_run: bool,
    },
    /// An object could not be deleted, or its finalizers could not be removed.
    DeletionFailed {
        /// Which object.
        object: ObjectRef,
        /// Error message.
        error: String,
    },
    /// A namespace is not deleted because the server of an API does not answer.
    DeletionBlocked {
        /// Name of the APIService.
        api: String,
    },
    /// An object that is waited for is not ready yet.
    NotReady {
        /// Which object.
        object: ObjectRef,
        /// What is missing.
        message: String,
    },
    /// A Deployment that is waited for is not rolled out yet.
    RollingOut {
        /// Which Deployment.
        deployment: ObjectRef,
        /// What is missing.
        message: String,
    },
    /// The API server is busy or starting; requests are repeated until the timeout.
    ServerNotReady {
        /// Server and answer.
        message: String,
    },
    /// A watch lost its connection and tries to connect again.
    ConnectionLost {
        /// Error message.
        cause: String,
    },
    /// A request was answered, or failed without an answer.
    Request {
        /// HTTP method.
        method: String,
        /// Address, without credentials.
        url: String,
        /// Status of the answer, such as `200 OK`; none without an answer.
        status: Option<String>,
        /// Time until the head of the answer.
        elapsed: Duration,
    },
    /// A request failed and is repeated after a delay.
    Retry {
        /// What is attempted, such as `create the repository acme/fleet`.
        what: String,
        /// Why it is repeated, such as `rate limit reached`.
        cause: String,
        /// Time until the next attempt.
        delay: Duration,
    },
    /// A transfer began or goes on. Those that take longer are reported every few seconds.
    Transfer {
        /// What is fetched, such as `chart podinfo 6.5.0 of HelmRepository apps/podinfo`.
        what: String,
        /// Bytes so far.
        received: u64,
        /// Bytes of the whole, if the server says so.
        total: Option<u64>,
    },
    /// A commit was made and is about to be pushed.
    Committed {
        /// What was committed, such as `sync manifests`.
        what: String,
        /// Branch.
        branch: String,
        /// ID of the commit, 40 hexadecimal digits.
        commit: String,
        /// Address of the repository, without credentials.
        remote: String,
    },
    /// Another push came first; the change is repeated on the new head of the branch.
    PushRaced,
    /// Something that the user may not want.
    Warning {
        /// Message.
        message: String,
    },
}

/// What applying an object changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The object did not exist.
    Created,
    /// The object existed and was changed.
    Configured,
    /// The object existed as applied.
    Unchanged,
}

impl Change {
    /// The word that Flux and kubectl print.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Configured => "configured",
            Change::Unchanged => "unchanged",
        }
    }
}

/// Whether a call reports its progress as events. Warnings and retries are always reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// Progress is not reported.
    #[default]
    Silent,
    /// Progress is reported.
    Reported,
}

/// Sink of events; the default one drops them. It is called from the task or thread that does the work, so it must not block.
#[derive(Clone)]
pub struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    /// Creates a sink from a function.
    pub fn new(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Events(Arc::new(sink))
    }

    /// Reports an event.
    pub fn emit(&self, event: Event) {
        (self.0)(event);
    }

    /// Reports a request that began at `start`.
    pub fn request(&self, method: &http::Method, url: String, status: Option<StatusCode>, start: Instant) {
        let status = status.map(|status| status.to_string());
        self.emit(Event::Request { method: method.to_string(), url, status, elapsed: start.elapsed() });
    }

    /// Reports a warning.
    pub fn warning(&self, message: impl Into<String>) {
        self.emit(Event::Warning { message: message.into() });
    }
}

impl Default for Events {
    fn default() -> Self {
        Events::new(|_| {})
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
