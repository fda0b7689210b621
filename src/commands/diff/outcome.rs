//! What a comparison found.

use serde::Serialize;
use serde_json::Value;

use crate::error::Error;

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is not there yet.
    Created,
    /// It is there and has to be made anew, since what changes is immutable.
    Recreated,
    /// It is there and is different.
    Changed,
    /// It is there, was applied before, and is not among the objects any more.
    Deleted,
    /// As [`Action::Deleted`], but a label or an annotation keeps it.
    Kept,
    /// A label or an annotation says not to touch it.
    Skipped,
    /// It is the same. Only there for what is below it.
    Unchanged,
}

impl Action {
    /// Whether anything would change in the cluster.
    pub fn is_change(self) -> bool {
        matches!(self, Action::Created | Action::Recreated | Action::Changed | Action::Deleted)
    }
}

/// An object's identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Id {
    /// For instance `apps/v1`.
    pub api_version: String,
    /// For instance `Deployment`.
    pub kind: String,
    /// Empty outside namespaces.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Id {
    /// The identity of an object.
    pub fn of(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Id {
            api_version: text(&object["apiVersion"]),
            kind: text(&object["kind"]),
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
        }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The namespace, inside of one.
    pub fn in_namespace(&self) -> Option<&str> {
        Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty())
    }

    /// What two objects share that are the same one, in whatever version.
    pub fn key(&self) -> (String, String, String, String) {
        let Id { kind, namespace, name, .. } = self;
        (self.group().to_owned(), kind.clone(), namespace.clone(), name.clone())
    }

    /// `Kind/namespace/name`, or `Kind/name` outside namespaces.
    pub fn subject(&self) -> String {
        match self.in_namespace() {
            Some(namespace) => format!("{}/{namespace}/{}", self.kind, self.name),
            None => format!("{}/{}", self.kind, self.name),
        }
    }
}

/// What becomes of one object, Secrets masked.
#[derive(Debug)]
pub struct Change {
    /// Which object.
    pub id: Id,
    /// What becomes of it.
    pub action: Action,
    /// As it is; none where it is not there.
    pub from: Option<Value>,
    /// As it will be; none where it goes.
    pub to: Option<Value>,
    /// Where it is a Flux Kustomization: what becomes of its objects.
    pub below: Option<Below>,
}

/// What becomes of the objects of a Flux Kustomization among the objects.
#[derive(Debug)]
pub enum Below {
    /// They were compared.
    Compared(Outcome),
    /// They are for another cluster.
    Elsewhere,
}

/// What becomes of the objects of one Flux Kustomization.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Its namespace; empty where none is said.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where two states of a repository are compared: its folder in there.
    pub folder: String,
    /// The objects that something happens to, in the order in which they are rendered; those that go come last.
    pub changes: Vec<Change>,
    /// The objects that could not be compared, and why.
    pub failures: Vec<Error>,
}

impl Outcome {
    /// `Kustomization/namespace/name`, and its folder where that is said.
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

    /// Takes all failures, those below too.
    pub fn take_failures(&mut self) -> Vec<Error> {
        let mut failures = std::mem::take(&mut self.failures);
        for change in &mut self.changes {
            if let Some(Below::Compared(outcome)) = &mut change.below {
                failures.extend(outcome.take_failures());
            }
        }
        failures
    }

    /// This and all below, each on its own.
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
