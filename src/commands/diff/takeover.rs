//! Takeover by the controller: it takes over fields that kubectl has set and removes those that it does not apply. It
//! also removes annotations and labels of kubectl and of older Flux versions.

use serde_json::{Map, Value};

const ANNOTATIONS: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum",
];
const LABELS: [&str; 1] = ["fluxcd.io/sync-gc-mark"];

/// Removes the fields from `merged`, the result of a dry run, that the controller removes: those of the field managers
/// `taken_from`, by prefix and operation. Returns whether there were
/// any.
pub(super) fn take_over(taken_from: &[(&str, &str)], live: &Value, merged: &mut Value) -> bool {
    let mut changed = false;
    for (field, names) in [("annotations", &ANNOTATIONS[..]), ("labels", &LABELS[..])] {
        for name in names {
            let is_there = live["metadata"][field].get(name).is_some();
            let pairs = merged.pointer_mut(&format!("/metadata/{field}")).and_then(Value::as_object_mut);
            changed |= is_there && pairs.is_some_and(|pairs| pairs.remove(*name).is_some());
        }
    }
    let mut kept = Map::new();
    for entry in entries(merged).filter(|entry| !is_taken(taken_from, entry)) {
        unite(&mut kept, &entry["fieldsV1"]);
    }
    let mut taken = Map::new();
    for entry in entries(live).filter(|entry| is_taken(taken_from, entry)) {
        unite(&mut taken, &entry["fieldsV1"]);
    }
    remove(merged, &taken, Some(&kept)) | changed
}

fn entries(object: &Value) -> impl Iterator<Item = &Value> {
    object["metadata"]["managedFields"].as_array().into_iter().flatten()
}

fn is_taken(taken_from: &[(&str, &str)], entry: &Value) -> bool {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let (manager, operation) = (text("manager"), text("operation"));
    text("subresource").is_empty()
        && taken_from.iter().any(|(start, of)| manager.starts_with(start) && operation == *of)
}

/// Merges a set of fields into another. Both have the form of `managedFields`: `f:` for fields, `k:` or `v:` for items,
/// and `.` for the value itself.
fn unite(fields: &mut Map<String, Value>, more: &Value) {
    for (key, below) in more.as_object().into_iter().flatten() {
        let own = fields.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
        if let Some(own) = own.as_object_mut() {
            unite(own, below);
        }
    }
}

/// Removes the fields that are in `taken` but not in `kept`.
fn remove(value: &mut Value, taken: &Map<String, Value>, kept: Option<&Map<String, Value>>) -> bool {
    let mut changed = false;
    for (key, below) in taken.iter().filter(|(key, _)| *key != ".") {
        let Some(below) = below.as_object() else { continue };
        let kept = kept.and_then(|kept| kept.get(key)).and_then(Value::as_object);
        // Without anything below, it is one thing to its owners.
        if kept.is_some_and(Map::is_empty) || (below.is_empty() && kept.is_some()) {
            continue;
        }
        let is_own = below.is_empty() || below.contains_key(".");
        let whole = kept.is_none() && (below.is_empty() || (is_own && !key.starts_with("f:")));
        match (value.as_object_mut(), key.strip_prefix("f:")) {
            (Some(fields), Some(name)) => {
                if whole {
                    changed |= fields.remove(name).is_some();
                } else if let Some(field) = fields.get_mut(name)
                    && remove(field, below, kept)
                {
                    changed = true;
                    let is_empty = match field {
                        Value::Object(fields) => fields.is_empty(),
                        Value::Array(items) => items.is_empty(),
                        _ => false,
                    };
                    if is_empty && is_own && kept.is_none() {
                        fields.remove(name);
                    }
                }
                continue;
            }
            (_, Some(_)) => continue,
            (_, None) => {}
        }
        let Some(items) = value.as_array_mut() else { continue };
        let Some(at) = items.iter().position(|item| is_meant(item, key)) else { continue };
        if whole {
            items.remove(at);
            changed = true;
        } else {
            changed |= remove(&mut items[at], below, kept);
        }
    }
    changed
}

/// Whether `k:{"name":"x"}` or `v:"x"` matches an item.
fn is_meant(item: &Value, key: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    if let Some(keys) = key.strip_prefix("k:").and_then(parse) {
        return keys.as_object().is_some_and(|keys| keys.iter().all(|(name, value)| item[name] == *value));
    }
    key.strip_prefix("v:").and_then(parse).is_some_and(|value| *item == value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::policy::KUSTOMIZE;
    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "fieldsV1": fields})
    }

    #[test]
    fn what_kubectl_has_added_goes_and_what_others_own_stays() {
        let controller = entry(
            "kustomize-controller",
            "Apply",
            &json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:name": {}}}}}),
        );
        let kubectl = entry(
            "kubectl-edit",
            "Update",
            &json!({"f:metadata": {"f:annotations": {".": {}, "f:note": {}, "f:other": {}}},
                "f:spec": {"f:replicas": {}, "f:containers": {
                    "k:{\"name\":\"web\"}": {"f:image": {}, "f:env": {".": {}, "k:{\"name\":\"A\"}": {".": {}, "f:name": {}}}},
                    "k:{\"name\":\"side\"}": {".": {}, "f:name": {}}}}}),
        );
        let other = entry("hpa", "Update", &json!({"f:metadata": {"f:annotations": {"f:other": {}}}}));
        let scale = json!({"manager": "kubectl", "operation": "Update", "subresource": "scale",
            "fieldsV1": {"f:spec": {"f:paused": {}}}});
        let object = json!({
            "metadata": {"annotations": {"note": "x", "other": "y"}, "managedFields": [controller, kubectl, other, scale]},
            "spec": {"replicas": 3, "paused": true, "containers": [
                {"name": "web", "image": "nginx", "env": [{"name": "A", "value": "1"}]}, {"name": "side", "image": "default"}]}});
        let mut merged = object.clone();
        assert!(take_over(KUSTOMIZE.taken, &object, &mut merged));
        assert_eq!(merged["metadata"]["annotations"], json!({"other": "y"}));
        assert_eq!(
            merged["spec"],
            json!({"paused": true, "containers": [{"name": "web", "image": "nginx"}]})
        );
        assert!(!take_over(KUSTOMIZE.taken, &json!({"metadata": {}}), &mut merged));
    }

    #[test]
    fn notes_of_kubectl_go() {
        let object = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}}});
        let mut merged = object.clone();
        assert!(take_over(KUSTOMIZE.taken, &object, &mut merged));
        assert_eq!(merged["metadata"]["annotations"], json!({"a": "b"}));
    }
}
