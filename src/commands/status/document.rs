//! What `flux status` knows, in the form of `-o json`; its schema is docs/output/status.schema.json.

use jiff::Timestamp;
use serde::Serialize;

use crate::commands::notation::API_VERSION;
use crate::kinds::Kind;

/// Time for which an object may be under way before that is a problem.
const GRACE: i64 = 10 * 60;

/// The status of a cluster or of a namespace.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub api_version: &'static str,
    pub kind: &'static str,
    /// When the cluster was asked, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// `ok`, `warning` or `critical`, as Nagios has them.
    pub level: Level,
    /// Namespace of the objects; absent if all are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub flux: Flux,
    /// Version of Kubernetes; absent if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<String>,
    pub controllers: Vec<Controller>,
    /// Whether there are no controllers, as far as the user may see.
    #[serde(skip)]
    pub lacks_controllers: bool,
    /// Counts of each kind that the cluster serves.
    pub counts: Vec<Counts>,
    pub not_ready: Vec<Problem>,
    pub suspended: Vec<Named>,
    pub stale: Vec<Stale>,
    pub sources: Vec<Source>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// How serious the state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Level {
    Ok,
    Warning,
    Critical,
}

/// The installed Flux.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flux {
    /// Version; absent if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub bootstrapped: bool,
    /// Tool that manages it, such as Helm or flux-operator; absent if it is flux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
}

/// A controller of Flux.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Controller {
    pub namespace: String,
    pub name: String,
    pub ready: bool,
    /// What is missing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Counts of a kind; each object counts once, a stale one also as stale.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    pub kind: &'static str,
    pub ready: u64,
    pub failed: u64,
    pub waiting: u64,
    pub progressing: u64,
    pub suspended: u64,
    pub stale: u64,
}

/// An object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    pub kind: &'static str,
    pub namespace: String,
    pub name: String,
}

/// State of an object that is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum State {
    Failed,
    Waiting,
    Progressing,
}

/// An object that is not ready.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Problem {
    #[serde(flatten)]
    pub object: Named,
    pub state: State,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    pub message: String,
    /// RFC 3339; absent if it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
    /// Command to run next.
    pub next: String,
}

/// An object that was not reconciled in time.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stale {
    #[serde(flatten)]
    pub object: Named,
    /// RFC 3339
    pub last_reconciled: String,
    /// Command to run next.
    pub next: String,
}

/// A source.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    #[serde(flatten)]
    pub object: Named,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// When its artifact was fetched, RFC 3339; absent if it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fetched: String,
}

/// A request that was refused.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unread {
    pub verb: &'static str,
    /// Resource with its group.
    pub resource: String,
    /// Namespace; absent if all were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl Named {
    pub fn new(kind: &'static Kind, namespace: Option<&str>, name: &str) -> Self {
        Named { kind: kind.kind, namespace: namespace.unwrap_or_default().to_owned(), name: name.to_owned() }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Failed => "failed",
            State::Waiting => "waiting",
            State::Progressing => "progressing",
        }
    }
}

impl Document {
    /// An empty document.
    pub fn new(time: Timestamp, namespace: Option<String>) -> Self {
        Document {
            api_version: API_VERSION,
            kind: "Status",
            time: Some(time.to_string()),
            level: Level::Ok,
            namespace,
            flux: Flux::default(),
            kubernetes: None,
            controllers: Vec::new(),
            lacks_controllers: false,
            counts: Vec::new(),
            not_ready: Vec::new(),
            suspended: Vec::new(),
            stale: Vec::new(),
            sources: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Whether all is healthy.
    pub fn healthy(&self) -> bool {
        self.level == Level::Ok
    }

    /// The document without the time, for comparison.
    pub fn without_time(&self) -> Document {
        Document { time: None, ..self.clone() }
    }

    /// Sums of the counts of all kinds.
    pub fn totals(&self) -> Counts {
        let mut sum =
            Counts { kind: "", ready: 0, failed: 0, waiting: 0, progressing: 0, suspended: 0, stale: 0 };
        for counts in &self.counts {
            sum.ready += counts.ready;
            sum.failed += counts.failed;
            sum.waiting += counts.waiting;
            sum.progressing += counts.progressing;
            sum.suspended += counts.suspended;
            sum.stale += counts.stale;
        }
        sum
    }

    /// Sets the level.
    pub fn judge(&mut self, now: Timestamp) {
        let controllers_fail =
            self.lacks_controllers || self.controllers.iter().any(|controller| !controller.ready);
        let is_long = |problem: &Problem| {
            let since = problem.since.parse::<Timestamp>().ok();
            since.is_none_or(|since| now.as_second() - since.as_second() > GRACE)
        };
        let has = |test: &dyn Fn(&Problem) -> bool| self.not_ready.iter().any(test);
        self.level = if controllers_fail || has(&|it| it.state == State::Failed) {
            Level::Critical
        } else if !self.stale.is_empty() || has(&|it| it.state == State::Waiting || is_long(it)) {
            Level::Warning
        } else {
            Level::Ok
        };
    }

    /// What matters, in a line: `1 failed, 46 of 48 objects ready, 1 suspended`.
    pub fn summary(&self) -> String {
        let sum = self.totals();
        let all = sum.ready + sum.failed + sum.waiting + sum.progressing + sum.suspended;
        let down = self.controllers.iter().filter(|controller| !controller.ready).count();
        let controllers =
            if down == 1 { "1 controller down".to_owned() } else { format!("{down} controllers down") };
        let mut parts: Vec<String> = Vec::new();
        if down > 0 {
            parts.push(controllers);
        } else if self.lacks_controllers {
            parts.push("no controllers".to_owned());
        }
        for (count, what) in
            [(sum.failed, "failed"), (sum.waiting, "waiting"), (sum.progressing, "progressing")]
        {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        if sum.stale > 0 {
            parts.push(format!("{} stale", sum.stale));
        }
        parts.push(format!("{} of {all} objects ready", sum.ready));
        if sum.suspended > 0 {
            parts.push(format!("{} suspended", sum.suspended));
        }
        parts.join(", ")
    }
}
