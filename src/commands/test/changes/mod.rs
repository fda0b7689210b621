//! Changes between two states of a repository that hurt: what is deleted, what the API server refuses, and what stops.

mod pruned;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::pruned::Pruned;
use super::validate::{Finding, Rule};
use crate::commands::appliers::{Applier, ApplierId, Appliers};
use crate::commands::{harm, marks};
use crate::object::{ObjectId, ObjectMeta};

/// Key of an object: group, kind, namespace and name.
type Key = (String, String, String, String);

/// Compares the appliers of two states, and returns what was found in each: those of the new state, and those that are
/// gone. `base` names the old state.
pub(super) fn compare(before: &Appliers, after: &Appliers, base: &str) -> BTreeMap<ApplierId, Vec<Finding>> {
    let kept: BTreeSet<Key> = objects(after).map(|object| ObjectId::of(object).key()).collect();
    let mut changes: BTreeMap<ApplierId, Vec<Finding>> = BTreeMap::new();
    for (old, new) in pairs(before, after) {
        let Some(old) = old.map(|old| &before.rendered[old]) else { continue };
        let new = new.map(|new| &after.rendered[new]);
        let mut findings = Vec::new();
        match new {
            Some(new) => {
                if !old.object.is_suspended() && new.object.is_suspended() {
                    let message = "becomes suspended: what is rendered from now on is not applied";
                    findings.push(Finding::of_rule(Rule::Suspended, message));
                }
                moved(&old.object, &new.object, &mut findings);
                if old.outcome.is_err() && new.outcome.is_ok() {
                    let message =
                        format!("what changes in its objects is unknown, since it does not render at {base}");
                    findings.push(Finding::new(message));
                }
                if !new.object.is_suspended() {
                    of_objects(old, new, &mut findings);
                    findings.extend(Pruned { old, new: Some(new), kept: &kept }.findings());
                }
            }
            // Its source is no longer here.
            None if after.skipped.iter().any(|it| same(&it.id, &old.id)) => {}
            None => {
                findings.extend(renamed(old, before, after));
                findings.extend(Pruned { old, new: None, kept: &kept }.findings());
            }
        }
        if !findings.is_empty() {
            changes.entry(new.unwrap_or(old).id.clone()).or_default().extend(findings);
        }
    }
    changes
}

fn objects(appliers: &Appliers) -> impl Iterator<Item = &Value> {
    let rendered = appliers.rendered.iter().filter_map(|applier| applier.outcome.as_ref().ok());
    rendered.flat_map(|rendered| &rendered.objects)
}

fn same(one: &ApplierId, other: &ApplierId) -> bool {
    (one.kind, &one.namespace, &one.name) == (other.kind, &other.namespace, &other.name)
}

/// Pairs the appliers of both states: by name and place, then by name if only one is left on each side.
fn pairs(before: &Appliers, after: &Appliers) -> Vec<(Option<usize>, Option<usize>)> {
    let mut left: BTreeSet<usize> = (0..before.rendered.len()).collect();
    let mut pairs: Vec<(Option<usize>, Option<usize>)> = Vec::new();
    for (at, new) in after.rendered.iter().enumerate() {
        let found = left.iter().copied().find(|old| before.rendered[*old].id == new.id);
        if let Some(old) = found {
            left.remove(&old);
        }
        pairs.push((found, Some(at)));
    }
    for old in left {
        let id = &before.rendered[old].id;
        let mut alone = pairs.iter_mut().filter(|(before, new)| {
            before.is_none() && new.is_some_and(|new| same(&after.rendered[new].id, id))
        });
        match (alone.next(), alone.next()) {
            (Some(pair), None) => pair.0 = Some(old),
            _ => pairs.push((Some(old), None)),
        }
    }
    pairs
}

/// Fields of a HelmRelease whose change makes helm-controller uninstall the release, and install another.
const RELEASE_TARGET: [&str; 3] = ["releaseName", "targetNamespace", "storageNamespace"];

fn moved(old: &Value, new: &Value, findings: &mut Vec<Finding>) {
    if old.kind() != "HelmRelease" {
        return;
    }
    for field in RELEASE_TARGET.iter().filter(|field| old["spec"][**field] != new["spec"][**field]) {
        let message =
            format!("spec.{field} changes: the release is uninstalled, and another one is installed");
        findings.push(Finding::of_rule(Rule::Reinstalled, message));
    }
}

/// What recreates an applier under another name, if anything does.
fn renamed(old: &Applier, before: &Appliers, after: &Appliers) -> Option<Finding> {
    let source = |object: &Value| match object.kind() {
        "HelmRelease" => [object["spec"]["chart"].clone(), object["spec"]["chartRef"].clone()],
        _ => [object["spec"]["path"].clone(), object["spec"]["sourceRef"].clone()],
    };
    let is_new = |new: &&Applier| !before.rendered.iter().any(|it| same(&it.id, &new.id));
    let mut candidates = after
        .rendered
        .iter()
        .filter(is_new)
        .filter(|new| new.id.kind == old.id.kind && source(&new.object) == source(&old.object));
    let (Some(new), None) = (candidates.next(), candidates.next()) else { return None };
    let what = match old.id.kind {
        "HelmRelease" => "uninstalls the release, and installs it again",
        _ if harm::prunes(&old.object) => "prunes the objects of the old one while the new one creates them",
        _ => return None,
    };
    let message = format!("is renamed to {}, which {what}", new.id.subject());
    Some(Finding::of_rule(Rule::Renamed, message))
}

/// Compares the objects that an applier renders in both states.
fn of_objects(old: &Applier, new: &Applier, findings: &mut Vec<Finding>) {
    let (Ok(before), Ok(after)) = (&old.outcome, &new.outcome) else { return };
    let known: BTreeMap<Key, &Value> =
        before.objects.iter().map(|object| (ObjectId::of(object).key(), object)).collect();
    let forces_all = new.object["spec"]["force"] == true && new.id.kind != "HelmRelease";
    for (object, file) in after.objects.iter().zip(&after.files) {
        let id = ObjectId::of(object);
        let Some(before) = known.get(&id.key()) else { continue };
        let mut add = |rule, message: String| {
            findings.push(Finding {
                object: Some(id.clone()),
                file: file.clone(),
                ..Finding::of_rule(rule, message)
            });
        };
        for message in harm::shrunk(before, object) {
            add(Rule::ShrinkingVolume, message);
        }
        let is_forced = forces_all || marks::says(object, marks::FORCE, "enabled");
        for field in harm::immutable_fields(&id, before, object) {
            if is_forced {
                let message = format!(
                    "{field} is immutable: the object is deleted and created again (force is enabled)"
                );
                add(Rule::Recreated, message);
            } else {
                add(Rule::ImmutableField, format!("{field} is immutable: the API server refuses the change"));
            }
        }
    }
}
