//! Objects that are deleted because they are no longer rendered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Key;
use crate::commands::appliers::Applier;
use crate::commands::test::validate::{Finding, Rule};
use crate::commands::{harm, marks};
use crate::object::{ObjectId, ObjectMeta};

/// Kinds that are named although nothing else is deleted with them: group and kind.
const NAMED: [(&str, &str); 1] = [("apps", "StatefulSet")];

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
            let message = match harm::deleted_with(object) {
                Some(what) => format!("is deleted, and with it {what}"),
                None if NAMED.contains(&(id.group(), id.kind.as_str())) => "is deleted".to_owned(),
                None => {
                    *others.entry(id.kind).or_default() += 1;
                    continue;
                }
            };
            let rule = if id.kind == "Namespace" { Rule::DeletedNamespace } else { Rule::Pruned };
            findings.push(Finding {
                object: Some(id),
                file: file.clone(),
                ..Finding::of_rule(rule, message)
            });
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
            || if self.new.is_some() { object["spec"]["prune"] == true } else { harm::prunes(object) }
    }

    /// Whether it is left in the cluster.
    fn is_left(&self, object: &Value, file: Option<&str>) -> bool {
        if self.old.id.kind == "HelmRelease" {
            let is_crd = file.is_some_and(|file| file.contains("/crds/"));
            let is_hook = object.annotation("helm.sh/hook").is_some();
            return is_crd || is_hook || marks::is_kept_by_helm(object);
        }
        marks::is_unpruned(object)
    }
}
