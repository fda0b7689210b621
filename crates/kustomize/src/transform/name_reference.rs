//! References: names in other objects change along with the objects that they name.
//!
//! A reference is found by its field, and its target by a former name. So only objects that were renamed or moved are
//! candidates, and an index by former names finds them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::field_spec::Create;
use crate::error::{Error, Result};
use crate::tree::{Map, Node, Scalar, Tag};
use crate::types::field_spec::FieldSpec;
use crate::types::id::{Gvk, NO_NAMESPACE, ResId};
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;
use crate::types::transformer_config::{NameReference, TransformerConfig};

/// Updates all references.
pub(crate) fn update(map: &mut ResMap, config: &TransformerConfig) -> Result<()> {
    let candidates = Candidates::new(map.resources());
    let mut fields: HashMap<Gvk, Vec<(&Gvk, &FieldSpec)>> = HashMap::new();
    for resource in map.resources_mut() {
        let original = resource.original_id().gvk;
        let fields = fields.entry(original).or_insert_with_key(|gvk| referring_fields(config, gvk));
        if fields.is_empty() {
            continue;
        }
        let referrer = Referrer::new(resource, &candidates)?;
        for (target, spec) in fields.iter() {
            let mut set = |node: &mut Node| referrer.update(node, target, spec);
            // The field is looked up in the current object, whatever its original kind was.
            spec.apply_to_any(&mut resource.node, Create::Never, &mut set).map_err(|error| {
                error.during(format!("{}: a reference to a {}", referrer.id, target.kind))
            })?;
        }
    }
    Ok(())
}

fn referring_fields<'c>(config: &'c TransformerConfig, gvk: &Gvk) -> Vec<(&'c Gvk, &'c FieldSpec)> {
    let fields = |reference: &'c NameReference| {
        let target = &reference.target;
        reference.referrers.iter().map(move |spec| (target, spec))
    };
    config.name_references.iter().flat_map(fields).filter(|(_, spec)| gvk.is_selected_by(&spec.gvk)).collect()
}

/// Objects that may be named: those that had another name, namespace or kind.
struct Candidates {
    all: Vec<Candidate>,
    by_name: HashMap<String, Vec<usize>>,
    /// Original and current namespaces of all objects, for references with a namespace.
    namespaces: Vec<(String, String)>,
}

struct Candidate {
    id: ResId,
    namespace: String,
    effective_namespace: String,
    original_namespace: String,
    before: Vec<ResId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Candidates {
    fn new(resources: &[Resource]) -> Self {
        let mut candidates = Self { all: Vec::new(), by_name: HashMap::new(), namespaces: Vec::new() };
        let mut seen = HashSet::new();
        for resource in resources {
            let id = resource.id();
            let original = resource.original_id().effective_namespace().to_owned();
            let pair = (original.clone(), id.effective_namespace().to_owned());
            if seen.insert(pair.clone()) {
                candidates.namespaces.push(pair);
            }
            if resource.previous.is_empty() {
                continue;
            }
            let at = candidates.all.len();
            for before in &resource.previous {
                let places = candidates.by_name.entry(before.name.clone()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
            candidates.all.push(Candidate {
                namespace: resource.namespace().to_owned(),
                effective_namespace: id.effective_namespace().to_owned(),
                original_namespace: original,
                before: resource.previous_ids().collect(),
                prefixes: resource.prefixes.clone(),
                suffixes: resource.suffixes.clone(),
                id,
            });
        }
        candidates
    }
}

/// The object whose references are updated.
struct Referrer<'c> {
    id: ResId,
    candidates: &'c Candidates,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// Group and kind of the role of a role binding.
    role: Option<Gvk>,
    /// Namespaces of the service accounts of a role binding.
    account_namespaces: HashSet<String>,
}

impl<'c> Referrer<'c> {
    fn new(resource: &Resource, candidates: &'c Candidates) -> Result<Self> {
        let text = |node: Option<&Node>| node.and_then(Node::text).map(str::to_owned);
        let role = text(resource.node.at(&["roleRef", "apiGroup"]))
            .zip(text(resource.node.at(&["roleRef", "kind"])))
            .map(|(group, kind)| Gvk { group, kind, version: String::new() });
        let account_namespaces = match resource.node.get("subjects") {
            Some(Node::Seq(subjects)) if resource.kind() == "RoleBinding" => {
                if let Some(other) = subjects.iter().find(|subject| !is_subject(subject)) {
                    let message = match other {
                        Node::Map(_) => "the kind or namespace of a subject is not a string".to_owned(),
                        other => format!("expected a subject, found {}", other.kind_name()),
                    };
                    return Err(Error::new(message)
                        .field("subjects")
                        .hint("write kind, name and namespace of a subject as strings")
                        .during(resource.id()));
                }
                subjects
                    .iter()
                    .filter(|subject| subject.get("kind").and_then(Node::text) == Some("ServiceAccount"))
                    .filter_map(|subject| text(subject.get("namespace")))
                    .collect()
            }
            _ => HashSet::new(),
        };
        Ok(Self {
            id: resource.id(),
            candidates,
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            role,
            account_namespaces,
        })
    }

    fn update(&self, node: &mut Node, target: &Gvk, spec: &FieldSpec) -> Result<()> {
        match node {
            _ if node.is_null() => Ok(()),
            Node::Scalar(scalar) => self.update_name(scalar, target, spec),
            Node::Map(map) => self.update_map(map, target, spec),
            Node::Seq(items) => items.iter_mut().try_for_each(|item| match item {
                _ if item.is_null() => Ok(()),
                Node::Scalar(scalar) => self.update_name(scalar, target, spec),
                Node::Map(map) => self.update_map(map, target, spec),
                Node::Seq(_) => Err(Error::new("expected a name, found a list")),
            }),
        }
    }

    fn update_name(&self, scalar: &mut Scalar, target: &Gvk, spec: &FieldSpec) -> Result<()> {
        let same = |a: &Candidate, b: &Candidate| a.id.name == b.id.name;
        if let Some(found) = self.find(&scalar.text, None, target, spec, same)?
            && found.id.name != scalar.text
        {
            scalar.set(&found.id.name, Tag::Unset);
        }
        Ok(())
    }

    /// Updates a reference with `name` and, often, `namespace`.
    fn update_map(&self, map: &mut Map, target: &Gvk, spec: &FieldSpec) -> Result<()> {
        let Some(name) = map.get("name").map(|name| name.text_or_empty().to_owned()) else {
            return Err(Error::new("the reference has no name").field(spec.path.join(".")));
        };
        let namespace = map.get("namespace").map(|namespace| namespace.text_or_empty().to_owned());
        let same = |a: &Candidate, b: &Candidate| a.id.name == b.id.name && a.namespace == b.namespace;
        let Some(found) = self.find(&name, namespace.as_deref(), target, spec, same)? else { return Ok(()) };
        if found.id.name == name && found.namespace.is_empty() {
            return Ok(());
        }
        let mut set = |field: &str, text: &str| match map.get_mut(field) {
            Some(Node::Scalar(scalar)) => scalar.set(text, Tag::Unset),
            _ => map.set(field, Node::string(text)),
        };
        set("name", &found.id.name);
        // A reference without a namespace stays without one.
        if !found.namespace.is_empty() {
            set("namespace", &found.namespace);
        }
        Ok(())
    }

    /// Returns whether an object may be the target: it is in the same namespace or cluster-scoped, or is in that of a service
    /// account.
    fn reaches(&self, effective_namespace: &str, namespace: &str) -> bool {
        let own = self.id.effective_namespace();
        own == NO_NAMESPACE
            || effective_namespace == NO_NAMESPACE
            || effective_namespace == own
            || self.account_namespaces.contains(namespace)
    }

    fn find(
        &self,
        name: &str,
        namespace: Option<&str>,
        target: &Gvk,
        spec: &FieldSpec,
        same: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Result<Option<&'c Candidate>> {
        let Some(places) = self.candidates.by_name.get(name) else { return Ok(None) };
        let is_role = spec.path.ends_with(&["roleRef".to_owned(), "name".to_owned()]);
        let role = self.role.as_ref().filter(|_| is_role);
        let by_original = namespace.is_some_and(|namespace| {
            let reaches = |now: &str| self.reaches(now, now);
            namespace != NO_NAMESPACE
                && self.candidates.namespaces.iter().any(|(before, now)| before == namespace && reaches(now))
        });
        let own = self.id.effective_namespace();
        let cluster_scoped = own == NO_NAMESPACE;
        let mut found: Vec<&Candidate> = places
            .iter()
            .map(|at| &self.candidates.all[*at])
            .filter(|candidate| self.reaches(&candidate.effective_namespace, &candidate.namespace))
            .filter(|candidate| match namespace {
                None => true,
                Some(namespace) if by_original => candidate.original_namespace == namespace,
                Some(namespace) => candidate.effective_namespace == namespace,
            })
            .filter(|candidate| candidate.before.iter().any(|id| id.gvk.is_selected_by(target)))
            .filter(|candidate| {
                role.is_none_or(|role| candidate.before.iter().any(|id| id.gvk.is_selected_by(role)))
            })
            .filter(|candidate| {
                cluster_scoped
                    || candidate.id.is_cluster_scoped()
                    || candidate.id.gvk.kind == "ServiceAccount"
                    || candidate.effective_namespace == own
            })
            .collect();
        if let [one] = found.as_slice() {
            return Ok(Some(one));
        }
        found.retain(|candidate| {
            let either_empty = |a: &[String], b: &[String]| a.is_empty() || b.is_empty() || same_end(a, b);
            either_empty(&candidate.prefixes, &self.prefixes)
                && either_empty(&candidate.suffixes, &self.suffixes)
        });
        if found.len() > 1 {
            found.retain(|candidate| {
                same_end(&candidate.prefixes, &self.prefixes) && same_end(&candidate.suffixes, &self.suffixes)
            });
        }
        match found.as_slice() {
            [] => Ok(None),
            [first, rest @ ..] if rest.iter().all(|other| same(first, other)) => Ok(Some(first)),
            _ => {
                let ids: Vec<String> = found.iter().map(|candidate| candidate.id.to_string()).collect();
                Err(Error::new(format!("{name:?} is ambiguous: {}", ids.join(" or ")))
                    .hint("give them different names before they are renamed"))
            }
        }
    }
}

fn is_subject(node: &Node) -> bool {
    let text = |field| match node.get(field).map(Node::to_json) {
        None => Some(None),
        Some(Ok(Value::String(text))) => Some(Some(text)),
        Some(_) => None,
    };
    let Some(map) = node.as_map() else { return false };
    if map.get("namespace").is_none() {
        return true;
    }
    match text("kind") {
        None => false,
        Some(kind) => kind.as_deref() != Some("ServiceAccount") || text("namespace").is_some(),
    }
}

/// Returns whether the longer list ends with the shorter one; an empty list only equals an empty one.
fn same_end(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}
