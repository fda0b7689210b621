//! The tree of objects, and its text.

use serde::Serialize;

use crate::kinds::{APPLIERS, Kind, Record};
use crate::object::InventoryEntry;

/// What identifies an object, with flux's field names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Id {
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Group and kind.
    pub group_kind: GroupKind,
}

/// Group and kind of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupKind {
    /// Group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
}

impl Id {
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        let group_kind = GroupKind { group: group.to_owned(), kind: kind.to_owned() };
        Id { namespace: namespace.to_owned(), name: name.to_owned(), group_kind }
    }

    /// Whether it is an object of this group and kind.
    pub fn is(&self, kind: &Kind) -> bool {
        self.group_kind.group == kind.group && self.group_kind.kind == kind.kind
    }

    /// Whether it is an object of Flux or flux-operator, by its group.
    pub fn is_of_flux(&self) -> bool {
        let group = self.group_kind.group.as_str();
        group.contains("toolkit.fluxcd.io") || APPLIERS.iter().any(|kind| kind.group == group)
    }

    /// Its kind, if objects of the kind apply others.
    pub fn applier(&self) -> Option<&'static Kind> {
        APPLIERS.iter().copied().find(|kind| self.is(kind))
    }

    /// Whether the status of the object lists what it applied.
    pub fn keeps_inventory(&self) -> bool {
        let applies = self.applier().and_then(|kind| kind.applies);
        applies.is_some_and(|applier| applier.record == Record::Inventory)
    }
}

impl From<InventoryEntry> for Id {
    fn from(entry: InventoryEntry) -> Self {
        let InventoryEntry { namespace, name, group, kind } = entry;
        Id { namespace, name, group_kind: GroupKind { group, kind } }
    }
}

/// `Kind/namespace/name`, or `Kind/name` without a namespace.
impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Id { namespace, name, group_kind: GroupKind { kind, .. } } = self;
        if namespace.is_empty() { write!(f, "{kind}/{name}") } else { write!(f, "{kind}/{namespace}/{name}") }
    }
}

/// An object and those that it applied.
#[derive(Debug, Serialize)]
pub(super) struct Node {
    /// The object.
    pub resource: Id,
    /// Objects that it applied, in the order of its inventory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Node>,
    /// Why the objects below it are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<Omitted>,
}

/// Why the objects below an object are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Omitted {
    /// The object is above itself: it applies itself, directly or through others.
    Cycle,
    /// The object was shown too often.
    Repeated,
    /// They may not be read.
    Forbidden,
}

impl Omitted {
    fn as_str(self) -> &'static str {
        match self {
            Omitted::Cycle => " (cycle: shown above)",
            Omitted::Repeated => " (shown above)",
            Omitted::Forbidden => " (no permission to read)",
        }
    }
}

impl Node {
    pub fn new(resource: Id) -> Self {
        Node { resource, resources: Vec::new(), omitted: None }
    }

    /// The tree as flux draws it.
    pub fn text(&self) -> String {
        let mut text = self.line();
        self.below(&mut text, &mut String::new());
        text
    }

    fn line(&self) -> String {
        format!("{}{}\n", self.resource, self.omitted.map(Omitted::as_str).unwrap_or_default())
    }

    fn below(&self, text: &mut String, indent: &mut String) {
        for (at, node) in self.resources.iter().enumerate() {
            let is_last = at + 1 == self.resources.len();
            text.push_str(indent);
            text.push_str(if is_last { "└── " } else { "├── " });
            text.push_str(&node.line());
            let length = indent.len();
            indent.push_str(if is_last { "    " } else { "│   " });
            node.below(text, indent);
            indent.truncate(length);
        }
    }
}
