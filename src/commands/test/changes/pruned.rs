//! Objects that are deleted because they are no longer rendered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Key;
use crate::commands::appliers::Applier;
use crate::commands::test::validate::{Finding, Rule};
use crate::object::{ObjectId, ObjectMeta};

/// Kinds whose deletion loses data or much else, and what is lost.
const PRECIOUS: [(&str, &str, &str); 7] = [
    ("", "Namespace", ", with everything in it"),
    ("", "PersistentVolumeClaim", ", and with it the data, unless the volume is retained"),
    ("", "PersistentVolume", ""),
    ("apiextensions.k8s.io", "CustomResourceDefinition", ", with all objects of the kind"),
    ("apps", "StatefulSet", ""),
    ("helm.toolkit.fluxcd.io", "HelmRelease", ", which uninstalls the release"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", ", which prunes what it has applied"),
];

/// Objects of an applier that are gone.
pub(super) struct Pruned<'a> {
    pub old: &'a Applier,
    /// The applier in the new state; none if it is gone too.
    pub new: Option<&'a Applier>,
    /// All objects of the new state.
    pub kept: &'a BTreeSet<Key>,
}

impl Pruned<'_> {
    /// Names the precious ones, and counts the others.
    pub fn findings(&self) -> Vec<Finding> {
        let Ok(before) = &self.old.outcome else { return Vec::new() };
        // What is no longer rendered is unknown.
        if self.new.is_some_and(|new| new.outcome.is_err()) || !self.deletes() {
            return Vec::new();
        }
        let mut findings = Vec::new();
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for (object, file) in before.objects.iter().zip(&before.files) {
            let id = ObjectId::of(object);
            if self.kept.contains(&id.key()) || self.is_left(object, file.as_deref()) {
                continue;
            }
            let precious = PRECIOUS.iter().find(|(group, kind, _)| *group == id.group() && *kind == id.kind);
            // A Kustomization that prunes nothing takes nothing with it.
            let precious = precious.filter(|(_, kind, _)| *kind != "Kustomization" || prunes(object));
            match precious {
                Some((_, _, loss)) => {
                    let rule = if id.kind == "Namespace" { Rule::DeletedNamespace } else { Rule::Pruned };
                    let finding = Finding::of_rule(rule, format!("is deleted{loss}"));
                    findings.push(Finding { object: Some(id), file: file.clone(), ..finding });
                }
                None => *others.entry(id.kind).or_default() += 1,
            }
        }
        if !others.is_empty() {
            let others = others.iter().map(|(kind, number)| format!("{number} {kind}")).collect::<Vec<_>>();
            findings.push(Finding::of_rule(Rule::Pruned, format!("deletes {}", others.join(", "))));
        }
        findings
    }

    /// Whether the controller deletes what is no longer rendered.
    fn deletes(&self) -> bool {
        let object = self.new.map_or(&self.old.object, |new| &new.object);
        object.kind() == "HelmRelease"
            || if self.new.is_some() { object["spec"]["prune"] == true } else { prunes(object) }
    }

    /// Whether it is left in the cluster.
    fn is_left(&self, object: &Value, file: Option<&str>) -> bool {
        if self.old.id.kind == "HelmRelease" {
            let is_crd = file.is_some_and(|file| file.contains("/crds/"));
            let is_hook = object.annotation("helm.sh/hook").is_some();
            return is_crd || is_hook || object.annotation("helm.sh/resource-policy") == Some("keep");
        }
        says(object, "prune", "disabled")
            || says(object, "reconcile", "disabled")
            || says(object, "ssa", "ignore")
    }
}

/// Whether deleting this Kustomization deletes what it has applied.
pub(super) fn prunes(object: &Value) -> bool {
    match object["spec"]["deletionPolicy"].as_str() {
        Some("Delete" | "WaitForTermination") => true,
        Some("Orphan") => false,
        _ => object["spec"]["prune"] == true,
    }
}

/// Whether a label or annotation of kustomize-controller has this value, ignoring case.
pub(super) fn says(object: &Value, name: &str, value: &str) -> bool {
    let key = format!("kustomize.toolkit.fluxcd.io/{name}");
    let said = [object.label(&key), object.annotation(&key)];
    said.into_iter().flatten().any(|said| said.eq_ignore_ascii_case(value))
}
