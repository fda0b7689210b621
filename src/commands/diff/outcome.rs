//! Results of a comparison.

use serde::Serialize;
use serde_json::Value;

use crate::error::Error;

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

/// Identity of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Id {
    /// API version, such as `apps/v1`.
    pub api_version: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Namespace; empty if the object is cluster-scoped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Id {
    /// Reads the identity of an object.
    pub fn of(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Id {
            api_version: text(&object["apiVersion"]),
            kind: text(&object["kind"]),
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
        }
    }

    /// API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Namespace, if the object has one.
    pub fn in_namespace(&self) -> Option<&str> {
        Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty())
    }

    /// Identity without the API version.
    pub fn key(&self) -> (String, String, String, String) {
        let Id { kind, namespace, name, .. } = self;
        (self.group().to_owned(), kind.clone(), namespace.clone(), name.clone())
    }

    /// `Kind/namespace/name`, or `Kind/name` if cluster-scoped.
    pub fn subject(&self) -> String {
        match self.in_namespace() {
            Some(namespace) => format!("{}/{namespace}/{}", self.kind, self.name),
            None => format!("{}/{}", self.kind, self.name),
        }
    }
}

/// Change of one object. Secrets are masked.
#[derive(Debug)]
pub struct Change {
    /// Which object.
    pub id: Id,
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

/// Changes of the objects of one Flux Kustomization.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Namespace; empty if not given.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its directory, if two states of a repository are compared.
    pub folder: String,
    /// Changes in the order in which objects are rendered; deletions come last.
    pub changes: Vec<Change>,
    /// Reasons why objects could not be compared.
    pub failures: Vec<Error>,
}

impl Outcome {
    /// `Kustomization/namespace/name`, and its directory if known.
    pub fn title(&self) -> String {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        let folder = if self.folder.is_empty() { String::new() } else { format!(" ({})", self.folder) };
        format!("Kustomization/{}{slash}{}{folder}", self.namespace, self.name)
    }

    /// Whether anything would change, here or below.
    pub fn differs(&self) -> bool {
        self.changes.iter().any(|change| {
            change.action.is_change()
                || matches!(&change.below, Some(Below::Compared(outcome)) if outcome.differs())
        })
    }

    /// Takes all failures, including nested ones.
    pub fn take_failures(&mut self) -> Vec<Error> {
        let mut failures = std::mem::take(&mut self.failures);
        for change in &mut self.changes {
            if let Some(Below::Compared(outcome)) = &mut change.below {
                failures.extend(outcome.take_failures());
            }
        }
        failures
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
