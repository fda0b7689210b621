//! Checks of any object, without its schema: metadata, quantities, and selectors of workloads.

use edgeflux_kustomize::names;
use serde_json::{Map, Value};

use super::validate::below;
use super::{Problem, Quantity};

/// Fields of `metadata`.
const METADATA: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Most bytes of all annotations of an object.
const ANNOTATIONS: usize = 256 << 10;

/// Checks what every object must fulfill.
pub fn check(object: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    let is_version = version.split('/').count() <= 2 && version.split('/').all(|part| !part.is_empty());
    if !is_version || !(group.is_empty() || names::is_subdomain(group)) {
        problems.push(Problem::error(
            "apiVersion",
            format!("Invalid value: {version:?}: expected GROUP/VERSION or VERSION"),
        ));
    }
    if kind.is_empty() {
        problems.push(Problem::error("kind", "Required value"));
    }
    metadata(&object["metadata"], &mut problems);
    name(group, &kind, &text(&object["metadata"]["name"]), &mut problems);
    quantities(object, "", &mut problems, 0);
    selector(group, object, &mut problems);
    problems
}

fn metadata(metadata: &Value, problems: &mut Vec<Problem>) {
    let Some(fields) = metadata.as_object() else { return };
    for field in fields.keys().filter(|field| !METADATA.contains(&field.as_str())) {
        problems.push(Problem::error(&below("metadata", field), "field not declared in schema"));
    }
    match metadata["namespace"].as_str() {
        Some(namespace) if !namespace.is_empty() && !names::is_label(namespace) => {
            problems.push(Problem::error(
                "metadata.namespace",
                format!("Invalid value: {namespace:?}: a lowercase RFC 1123 label is expected"),
            ));
        }
        _ => {}
    }
    let is_label = |key: &str, value: &str| names::is_qualified_name(key) && names::is_label_value(value);
    texts(&metadata["labels"], "metadata.labels", problems, is_label);
    let is_annotation = |key: &str, _: &str| names::is_qualified_name(&key.to_ascii_lowercase());
    texts(&metadata["annotations"], "metadata.annotations", problems, is_annotation);
    let size = |(key, value): (&String, &Value)| key.len() + value.as_str().map_or(0, str::len);
    let size: usize = metadata["annotations"].as_object().map_or(0, |it| it.iter().map(size).sum());
    if size > ANNOTATIONS {
        problems.push(Problem::error(
            "metadata.annotations",
            format!("Too long: may not be more than {ANNOTATIONS} bytes"),
        ));
    }
}

/// Checks a map of texts.
fn texts(map: &Value, field: &str, problems: &mut Vec<Problem>, is_valid: impl Fn(&str, &str) -> bool) {
    if !(map.is_null() || map.is_object()) {
        problems.push(Problem::error(field, "Invalid value: a map of strings is expected"));
    }
    for (key, value) in map.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) if is_valid(key, text) => {}
            Value::String(text) if is_valid(key, "") => problems.push(Problem::error(
                field,
                format!("Invalid value: {text:?}: a label value has at most 63 letters, digits and -_."),
            )),
            Value::String(_) => {
                problems.push(Problem::error(
                    field,
                    format!("Invalid value: {key:?}: expected NAME or DOMAIN/NAME"),
                ));
            }
            _ => problems.push(Problem::error(
                &below(field, key),
                format!("Invalid value: {value}: it must be a string; write it in quotes"),
            )),
        }
    }
}

/// Checks the name by the rule of its kind.
fn name(group: &str, kind: &str, name: &str, problems: &mut Vec<Problem>) {
    let is_segment = !(name.contains(['/', '%']) || matches!(name, "." | ".."));
    let (is_valid, expected) = match (group, kind) {
        ("", "Namespace" | "Service") => (names::is_label(name), "a lowercase RFC 1123 label"),
        ("rbac.authorization.k8s.io" | "flowcontrol.apiserver.k8s.io", _) => {
            (is_segment, "a name without / and %")
        }
        _ => (names::is_subdomain(name), "a lowercase RFC 1123 subdomain"),
    };
    if name.is_empty() {
        problems.push(Problem::error("metadata.name", "Required value"));
    } else if !is_valid {
        problems.push(Problem::error(
            "metadata.name",
            format!("Invalid value: {name:?}: {expected} is expected"),
        ));
    }
}

/// Checks the quantities of all `resources` that have requests or limits.
fn quantities(value: &Value, field: &str, problems: &mut Vec<Problem>, depth: usize) {
    const DEEPEST: usize = 100;
    match value {
        _ if depth > DEEPEST => {}
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                quantities(item, &format!("{field}[{at}]"), problems, depth + 1);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = below(field, name);
                if name == "resources" && value.is_object() {
                    resources(value, &place, problems);
                }
                quantities(value, &place, problems, depth + 1);
            }
        }
        _ => {}
    }
}

fn resources(resources: &Value, field: &str, problems: &mut Vec<Problem>) {
    let empty = Map::new();
    let part = |name: &str| resources[name].as_object().unwrap_or(&empty);
    for name in ["requests", "limits"] {
        for (resource, value) in part(name) {
            if !(value.is_null() || Quantity::of(value).is_some()) {
                let place = below(&below(field, name), resource);
                problems.push(Problem::error(
                    &place,
                    format!("Invalid value: {value}: it is not a quantity, such as 500m or 1Gi"),
                ));
            }
        }
    }
    for (resource, value) in part("requests") {
        let Some(limit) = part("limits").get(resource) else { continue };
        if Quantity::of(value).zip(Quantity::of(limit)).is_some_and(|(request, limit)| request > limit) {
            let limit = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
            let message =
                format!("Invalid value: {value}: must be less than or equal to {resource} limit of {limit}");
            problems.push(Problem::error(&format!("{field}.requests"), message));
        }
    }
}

/// Checks that a workload selects its own Pods.
fn selector(group: &str, object: &Value, problems: &mut Vec<Problem>) {
    if group != "apps" {
        return;
    }
    let labels = &object["spec"]["template"]["metadata"]["labels"];
    let wanted = object["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let missing: Vec<&String> =
        wanted.filter(|(key, value)| labels[key.as_str()] != **value).map(|(key, _)| key).collect();
    if !missing.is_empty() {
        let missing = missing.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!("Invalid value: selector does not match template labels: {missing}");
        problems.push(Problem::error("spec.template.metadata.labels", message));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(object: &Value) -> Vec<String> {
        check(object).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn valid_objects_have_no_problems() {
        for object in [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a.b", "labels": {"a/b": ""}}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "System:x"}}),
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "annotations": {"A/b": "x y"}},
                "spec": {
                    "selector": {"matchLabels": {"a": "b"}},
                    "template": {
                        "metadata": {"labels": {"a": "b", "c": "d"}},
                        "spec": {"containers": [{"resources": {"requests": {"cpu": 1}, "limits": {"cpu": "1"}}}]},
                    },
                },
            }),
        ] {
            assert_eq!(problems(&object), [] as [&str; 0], "{object}");
        }
    }

    #[test]
    fn what_no_kind_accepts_is_reported() {
        let object = |metadata: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata});
        for (object, expected) in [
            (
                json!({"apiVersion": "a/b/c", "kind": "X", "metadata": {"name": "a"}}),
                "apiVersion: Invalid value: \"a/b/c\"",
            ),
            (
                json!({"apiVersion": "A_/v1", "kind": "X", "metadata": {"name": "a"}}),
                "apiVersion: Invalid value: \"A_/v1\"",
            ),
            (json!({"apiVersion": "v1", "metadata": {"name": "a"}}), "kind: Required value"),
            (object(json!({})), "metadata.name: Required value"),
            (
                object(json!({"name": "a.b"})),
                "metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label",
            ),
            (object(json!({"name": "a", "namespace": "A"})), "metadata.namespace: Invalid value: \"A\""),
            (object(json!({"name": "a", "nmae": "b"})), "metadata.nmae: field not declared in schema"),
            (object(json!({"name": "a", "labels": {"a b": "c"}})), "metadata.labels: Invalid value: \"a b\""),
            (object(json!({"name": "a", "labels": {"a": "b c"}})), "metadata.labels: Invalid value: \"b c\""),
            (
                object(json!({"name": "a", "labels": {"a": 1}})),
                "metadata.labels.a: Invalid value: 1: it must be a string",
            ),
            (object(json!({"name": "a", "labels": []})), "metadata.labels: Invalid value: a map of strings"),
            (
                object(json!({"name": "a", "annotations": {"a": true}})),
                "metadata.annotations.a: Invalid value: true",
            ),
            (
                object(json!({"name": "a", "annotations": {"a": "x".repeat(300_000)}})),
                "metadata.annotations: Too long",
            ),
        ] {
            let found = problems(&object);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{expected}: {found:?}");
        }
    }

    #[test]
    fn quantities_and_selectors_of_workloads_are_checked() {
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "other"}},
                    "spec": {"containers": [
                        {"resources": {"requests": {"memory": "1GB"}}},
                        {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}},
                    ]},
                },
            },
        });
        assert_eq!(
            problems(&object),
            [
                "spec.template.spec.containers[0].resources.requests.memory: Invalid value: \"1GB\": it is not a quantity, such as 500m or 1Gi",
                "spec.template.spec.containers[1].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
                "spec.template.metadata.labels: Invalid value: selector does not match template labels: app",
            ]
        );
    }
}
