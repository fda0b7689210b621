//! Manifests: the documents of rendered templates, hooks apart, in the order of installation.

use std::collections::BTreeMap;

use super::hook::Hook;
use crate::chart::Fields;
use crate::error::Error;

/// Kinds in the order in which they are installed. All others follow, in alphabetical order.
const ORDER: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// A document of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Path of the template, with the name of the chart before it.
    pub path: String,
    /// Kind of the object; empty if the document has none.
    pub kind: String,
    /// The document.
    pub content: String,
}

/// What Helm reads of a document.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub kind: String,
    pub name: String,
    pub annotations: BTreeMap<String, String>,
}

impl Head {
    fn read(document: &str) -> Result<Self, Error> {
        let value = crate::yaml::read(document)?;
        let fields = Fields::of(&value)?;
        let mut head = Self::default();
        fields.text("apiVersion", &mut String::new())?;
        fields.text("kind", &mut head.kind)?;
        if let Some(metadata) = fields.object("metadata")? {
            metadata.text("name", &mut head.name)?;
            metadata.text_map("annotations", &mut head.annotations)?;
        }
        Ok(head)
    }
}

/// Splits rendered templates into hooks and other manifests, both in the order of installation.
pub(super) fn sorted(files: &BTreeMap<String, String>) -> Result<(Vec<Hook>, Vec<Manifest>), Error> {
    let (mut hooks, mut manifests) = (Vec::new(), Vec::new());
    for (path, text) in files {
        if path.rsplit('/').next().is_some_and(|name| name.starts_with('_')) {
            continue;
        }
        for document in split(text) {
            let head =
                Head::read(document).map_err(|error| error.context(format!("YAML parse error on {path}")))?;
            match Hook::of(path, document, &head) {
                Some(Ok(hook)) => hooks.push(hook),
                Some(Err(())) => {}
                None => manifests.push(Manifest {
                    path: path.clone(),
                    kind: head.kind,
                    content: document.to_owned(),
                }),
            }
        }
    }
    hooks.sort_by(|a, b| rank(&a.kind).cmp(&rank(&b.kind)));
    manifests.sort_by(|a, b| rank(&a.kind).cmp(&rank(&b.kind)));
    Ok((hooks, manifests))
}

/// Where a kind comes in the order.
fn rank(kind: &str) -> (usize, &str) {
    match ORDER.iter().position(|it| *it == kind) {
        Some(rank) => (rank, ""),
        None => (ORDER.len(), kind),
    }
}

/// Splits a text wherever a line starts with `---`, even if text follows, and drops what is empty.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim_start();
    let mut rest = Some(text.strip_prefix("---").unwrap_or(text));
    let parts = std::iter::from_fn(move || {
        let text = rest?;
        let (part, after) = match text.find("\n---") {
            Some(at) => (&text[..=at], Some(&text[at + 4..])),
            None => (text, None),
        };
        rest = after;
        Some(part)
    });
    parts.map(str::trim_start).filter(|document| !document.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(text: &str) -> Vec<&str> {
        split(text).collect()
    }

    #[test]
    fn documents_begin_at_lines_with_three_hyphens() {
        assert_eq!(documents("\n---\na: 1\n---  # x\nb: 2\n---\n\n--- \n"), ["a: 1\n", "# x\nb: 2\n"]);
        assert_eq!(documents("---a: 1\n---b: 2"), ["a: 1\n", "b: 2"]);
        assert_eq!(documents("a: |\n  ---\n x---"), ["a: |\n  ---\n x---"]);
        assert_eq!(documents("----\n"), ["-\n"]);
        assert_eq!(documents("------\n---\n---\n"), ["---\n"]);
        assert_eq!(documents(" \n"), Vec::<&str>::new());
    }

    #[test]
    fn kinds_that_helm_does_not_know_come_last() {
        let mut kinds = ["Zebra", "Deployment", "Apple", "Namespace", "", "Job"];
        kinds.sort_by(|a, b| rank(a).cmp(&rank(b)));
        assert_eq!(kinds, ["Namespace", "Deployment", "Job", "", "Apple", "Zebra"]);
    }
}
