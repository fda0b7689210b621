//! Objects in memory, with a version that every change raises, and a controller that is done at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Place of an object: group, plural, namespace (empty for cluster-scoped objects) and name.
pub type Key = (String, String, String, String);

/// Objects by their places.
#[derive(Default)]
pub struct Store {
    objects: BTreeMap<Key, Value>,
    version: u64,
}

impl Store {
    /// Version of the newest change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// An object.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key)
    }

    /// Stores an object as it is.
    pub fn insert(&mut self, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let generation = object["metadata"]["generation"].as_i64().unwrap_or(1);
        object["metadata"]["generation"] = generation.into();
        self.objects.insert(key_of(&object), object.clone());
        object
    }

    /// Stores a changed object, and reconciles it as its controller would.
    pub fn change(&mut self, mut object: Value) -> Value {
        let before = self.objects.get(&key_of(&object));
        if before.is_none_or(|before| before["spec"] != object["spec"]) {
            let generation = before.and_then(|it| it["metadata"]["generation"].as_i64()).unwrap_or(0) + 1;
            object["metadata"]["generation"] = generation.into();
        }
        reconcile(&mut object);
        self.insert(object)
    }

    /// Removes an object.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        self.version += 1;
        self.objects.remove(key)
    }

    /// Objects of a resource in a namespace, or in all if it is empty, that changed after a version.
    pub fn list(&self, group: &str, plural: &str, namespace: &str, after: u64) -> Vec<&Value> {
        let of_resource = self.objects.iter().filter(|((of_group, of_plural, of_namespace, _), _)| {
            of_group == group && of_plural == plural && (namespace.is_empty() || of_namespace == namespace)
        });
        let version = |object: &Value| object["metadata"]["resourceVersion"].as_str()?.parse::<u64>().ok();
        of_resource.map(|(_, object)| object).filter(|it| version(it) > Some(after)).collect()
    }
}

/// Place of an object, from its apiVersion, kind and metadata.
pub fn key_of(object: &Value) -> Key {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let api_version = text(&object["apiVersion"]);
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let metadata = &object["metadata"];
    (group.to_owned(), plural(&text(&object["kind"])), text(&metadata["namespace"]), text(&metadata["name"]))
}

fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

/// Sets what a controller of Flux reports after a reconciliation. A source called `without-artifact` gets none.
fn reconcile(object: &mut Value) {
    let group = object["apiVersion"].as_str().unwrap_or_default();
    let is_flux = group.contains(".toolkit.fluxcd.io/") || group.starts_with("fluxcd.controlplane.io/");
    let reconcile = &object["metadata"]["annotations"]["fluxcd.controlplane.io/reconcile"];
    if !is_flux || object["spec"]["suspend"] == true || reconcile == "disabled" {
        return;
    }
    object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
    object["status"]["lastHandledReconcileAt"] =
        object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].clone();
    let is_source =
        object["apiVersion"].as_str().is_some_and(|it| it.starts_with("source.toolkit.fluxcd.io/"));
    if is_source && object["status"]["artifact"].is_null() && object["metadata"]["name"] != "without-artifact"
    {
        object["status"]["artifact"] =
            json!({"revision": "main@sha1:0123456789abcdef0123456789abcdef01234567"});
    }
    object["status"]["conditions"] = json!([{
        "type": "Ready",
        "status": "True",
        "reason": "Succeeded",
        "message": "reconciled",
        "observedGeneration": object["metadata"]["generation"],
    }]);
}

/// Applies a merge patch (RFC 7386).
pub fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (field, value) in patch {
        if value.is_null() {
            if let Some(fields) = into.as_object_mut() {
                fields.remove(field);
            }
        } else {
            merge(&mut into[field], value);
        }
    }
}
