//! Results of a comparison.

use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::kinds::Kind;
use crate::object::ObjectId;

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is created.
    Created,
    /// It is deleted and created again because an immutable field changes.
    Recreated,
    /// It is changed.
    Changed,
    /// It is deleted: it was applied before and is no longer rendered.
    Deleted,
    /// It is no longer rendered, but a label or annotation keeps it.
    Kept,
    /// A label or annotation excludes it.
    Skipped,
    /// It does not change. Listed only because something below it does.
    Unchanged,
}

impl Action {
    /// Whether anything would change in the cluster.
    pub fn is_change(self) -> bool {
        matches!(self, Action::Created | Action::Recreated | Action::Changed | Action::Deleted)
    }
}

/// Change of one object. Secrets are masked.
#[derive(Debug)]
pub struct Change {
    /// Which object.
    pub id: ObjectId,
    /// What happens to it.
    pub action: Action,
    /// Current state; none if it does not exist.
    pub from: Option<Value>,
    /// New state; none if it is deleted.
    pub to: Option<Value>,
    /// If it is a Flux Kustomization, the changes of its objects.
    pub below: Option<Below>,
}

/// Changes of the objects of a nested Flux Kustomization.
#[derive(Debug)]
pub enum Below {
    /// They were compared.
    Compared(Outcome),
    /// They belong to another cluster.
    Elsewhere,
}

/// Changes of the objects of one Flux Kustomization or HelmRelease.
#[derive(Debug)]
pub struct Outcome {
    /// Kind of what renders the objects.
    pub kind: &'static Kind,
    /// Namespace; empty if not given.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its directory (of a HelmRelease, that of its file), if two states of a repository are compared.
    pub directory: String,
    /// Where a file defines it, if that was looked up.
    pub definition: Option<Definition>,
    /// Whether objects are deleted that it no longer renders.
    pub prunes: bool,
    /// Changes in the order in which objects are rendered; deletions come last.
    pub changes: Vec<Change>,
    /// Warnings about what it renders, which were also shown.
    pub warnings: Vec<String>,
    /// Reasons why objects could not be compared.
    pub failures: Vec<Error>,
}

impl Outcome {
    /// Starts without changes.
    pub fn new(kind: &'static Kind, (namespace, name): (&str, &str), directory: &str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            directory: directory.to_owned(),
            definition: None,
            prunes: true,
            changes: Vec::new(),
            warnings: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// `Kind/namespace/name`.
    pub fn subject(&self) -> String {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        format!("{}/{}{slash}{}", self.kind.kind, self.namespace, self.name)
    }

    /// `Kind/namespace/name`, and its directory if known.
    pub fn title(&self) -> String {
        let directory =
            if self.directory.is_empty() { String::new() } else { format!(" ({})", self.directory) };
        format!("{}{directory}", self.subject())
    }

    /// Whether anything would change, here or below.
    pub fn differs(&self) -> bool {
        self.changes.iter().any(|change| {
            change.action.is_change()
                || matches!(&change.below, Some(Below::Compared(outcome)) if outcome.differs())
        })
    }

    /// This outcome and all nested ones.
    pub fn all(&self) -> Vec<&Outcome> {
        let mut all = vec![self];
        for change in &self.changes {
            if let Some(Below::Compared(outcome)) = &change.below {
                all.extend(outcome.all());
            }
        }
        all
    }
}

/// Place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Path relative to the root of the repository.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
}

/// Result of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Names of the two states of a repository; none if the cluster is compared with.
    pub states: Option<(String, String)>,
    /// Changes by what renders the objects.
    pub outcomes: Vec<Outcome>,
    /// Warnings that are not about one of the outcomes, which were also shown.
    pub warnings: Vec<String>,
}

impl Comparison {
    /// A comparison with the cluster.
    pub fn with_cluster(outcome: Outcome) -> Self {
        Self { outcomes: vec![outcome], ..Self::default() }
    }

    /// Whether anything would change.
    pub fn differs(&self) -> bool {
        self.outcomes.iter().any(Outcome::differs)
    }

    /// All outcomes, including nested ones.
    pub fn all(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().flat_map(Outcome::all)
    }

    /// Reasons why objects could not be compared.
    pub fn failures(&self) -> impl Iterator<Item = &Error> {
        self.all().flat_map(|outcome| &outcome.failures)
    }
}
