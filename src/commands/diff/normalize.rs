//! Converts objects to the form in which kustomize-controller sends them to the API server.
//!
//! The controller decodes built-in kinds into Go types and encodes them again, which drops unknown fields. The effects
//! that can be seen in a comparison are reproduced here; the API server does the rest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use serde_json::{Map, Value, json};

use crate::object::ObjectId;
use crate::schema::is_built_in_group;

/// Whether the controller drops unknown fields from objects of this kind.
pub(super) fn is_typed(id: &ObjectId) -> bool {
    is_built_in_group(id.group()) && !is_role(&id.api_version, &id.kind)
}

/// Whether it is a role, which the controller sends unchanged.
fn is_role(api_version: &str, kind: &str) -> bool {
    api_version == "rbac.authorization.k8s.io/v1" && matches!(kind, "Role" | "ClusterRole")
}

/// Whether it is a Secret.
pub(super) fn is_secret(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Secret"))
        && object["apiVersion"] == "v1"
}

/// Whether it is a CRD.
pub(super) fn is_definition(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("CustomResourceDefinition"))
        && object["apiVersion"].as_str().is_some_and(|version| version.starts_with("apiextensions.k8s.io/"))
}

/// Converts an object to the form in which it is sent.
pub(super) fn normalized(mut object: Value) -> Value {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    if is_role(&version, &kind) {
        return object;
    }
    if is_built_in_group(version.rsplit_once('/').map_or("", |(group, _)| group)) {
        drop_nulls(&mut object);
    }
    if is_definition(&object) {
        drop_invalid_ca(&mut object);
    } else if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
    }
    match (version.as_str(), kind.as_str()) {
        ("v1", "Secret") => encode_string_data(&mut object),
        ("v1", "Service") => {
            default_protocols(object.pointer_mut("/spec/ports"));
            drop_if_empty(object.get_mut("spec"), "selector");
        }
        ("v1", "Pod") => of_containers(object.pointer_mut("/spec")),
        ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch/v1", "Job") => {
            of_template(object.pointer_mut("/spec/template"));
        }
        ("batch/v1", "CronJob") => {
            add_metadata(object.pointer_mut("/spec/jobTemplate"));
            of_template(object.pointer_mut("/spec/jobTemplate/spec/template"));
        }
        _ => {}
    }
    object
}

/// Fields with maps of strings, in which the controller reads null as an empty string.
const TEXTS: [&str; 8] =
    ["labels", "annotations", "matchLabels", "nodeSelector", "selector", "data", "stringData", "binaryData"];

/// The maps of [`TEXTS`] that Go omits if empty. An empty `selector` may mean that everything is selected.
const OPTIONAL: [&str; 7] =
    ["labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData", "binaryData"];

/// Removes null fields and empty maps, as encoding a Go type does.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            for (name, field) in fields {
                if TEXTS.contains(&name.as_str())
                    && let Value::Object(texts) = field
                    && !texts.keys().any(|key| key == "matchLabels" || key == "matchExpressions")
                {
                    for text in texts.values_mut().filter(|text| text.is_null()) {
                        *text = "".into();
                    }
                }
                drop_nulls(field);
            }
            for name in OPTIONAL {
                drop_if_empty(Some(value), name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn drop_if_empty(object: Option<&mut Value>, name: &str) {
    if let Some(fields) = object.and_then(Value::as_object_mut)
        && fields.get(name).and_then(Value::as_object).is_some_and(Map::is_empty)
    {
        fields.remove(name);
    }
}

/// Adds empty metadata to a template. Without it, server-side apply would remove the labels that the API server added to
/// a Job.
fn add_metadata(template: Option<&mut Value>) {
    if let Some(template) = template.and_then(Value::as_object_mut) {
        template.entry("metadata").or_insert_with(|| json!({}));
    }
}

/// Adds the default protocol to ports: server-side apply merges them by protocol.
fn default_protocols(ports: Option<&mut Value>) {
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut()
            && port.get("protocol").is_none_or(|protocol| protocol.is_null() || protocol == "")
        {
            port.insert("protocol".to_owned(), "TCP".into());
        }
    }
}

fn of_template(mut template: Option<&mut Value>) {
    add_metadata(template.as_deref_mut());
    of_containers(template.and_then(|template| template.get_mut("spec")));
}

fn of_containers(spec: Option<&mut Value>) {
    let containers = spec.and_then(|spec| spec.get_mut("containers")).and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        default_protocols(container.get_mut("ports"));
    }
}

/// Merges `stringData` into `data`.
fn encode_string_data(secret: &mut Value) {
    let Some(texts) = secret.get("stringData").and_then(Value::as_object) else { return };
    if texts.values().any(|text| !text.is_string()) {
        // The API server says what is wrong with it.
        return;
    }
    let mut data = secret.get("data").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    for (key, text) in texts {
        data.insert(key.clone(), STANDARD.encode(text.as_str().unwrap_or_default()).into());
    }
    if let Some(fields) = secret.as_object_mut() {
        fields.remove("stringData");
        fields.insert("data".to_owned(), Value::Object(data));
    }
}

/// Removes placeholder certificates, which the API server rejects: cert-manager and others inject the real ones later.
fn drop_invalid_ca(definition: &mut Value) {
    let Some(client) = definition.pointer_mut("/spec/conversion/webhook/clientConfig") else { return };
    let Some(bundle) = client.get("caBundle").and_then(Value::as_str).filter(|bundle| !bundle.is_empty())
    else {
        return;
    };
    let is_valid = STANDARD.decode(bundle).is_ok_and(|pem| {
        pem.is_empty() || X509::stack_from_pem(&pem).is_ok_and(|certificates| !certificates.is_empty())
    });
    if let (false, Some(client)) = (is_valid, client.as_object_mut()) {
        client.remove("caBundle");
    }
}

/// Removes a field that the API server reported as unknown, such as
/// `.spec.template.spec.containers[name="web"].x`. Returns whether it existed.
pub(super) fn remove_unknown(object: &mut Value, path: &str) -> bool {
    if let Some(rest) = path.strip_prefix('.') {
        let Some(fields) = object.as_object_mut() else { return false };
        // Names may hold dots: the longest that fits is meant.
        let fits = |name: &str| {
            rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let name = fields.keys().filter(|name| fits(name)).max_by_key(|name| name.len()).cloned();
        let Some(name) = name else { return false };
        return match &rest[name.len()..] {
            "" => fields.remove(&name).is_some(),
            rest => fields.get_mut(&name).is_some_and(|object| remove_unknown(object, rest)),
        };
    }
    let Some((selector, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) else {
        return false;
    };
    let Some(items) = object.as_array_mut() else { return false };
    if let Ok(at) = selector.parse::<usize>() {
        return items.get_mut(at).is_some_and(|item| remove_unknown(item, rest));
    }
    let keys: Vec<(&str, Value)> = selector
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key, serde_json::from_str(value).unwrap_or_else(|_| json!(value))))
        .collect();
    let item = items.iter_mut().find(|item| keys.iter().all(|(key, value)| item[*key] == *value));
    item.is_some_and(|item| remove_unknown(item, rest))
}

/// Fields that a message of the API server reports as unknown.
pub(super) fn unknown_fields(message: &str) -> Vec<String> {
    const UNKNOWN: &str = ": field not declared in schema";
    let lines = message.lines().filter_map(|line| line.trim().strip_suffix(UNKNOWN));
    // Without others on further lines it stands behind what was being done.
    lines.map(|line| line.rsplit_once(": ").map_or(line, |(_, path)| path).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_read_from_the_answer_and_removed() {
        let one = "failed to create typed patch object (apps/c; /v1, Kind=ConfigMap): .bogus: field not declared in schema";
        assert_eq!(unknown_fields(one), [".bogus"]);
        let several = "failed to create typed patch object (a/u; apps/v1, Kind=Deployment): errors:\n  .metadata.x: field not declared in schema\n  .spec.bog: field not declared in schema";
        assert_eq!(unknown_fields(several), [".metadata.x", ".spec.bog"]);

        let mut object = json!({"spec": {"a.b": {"x": 1}, "ports": [
            {"containerPort": 80, "protocol": "TCP", "zz": 1}, {"containerPort": 80, "protocol": "UDP", "zz": 2}]}});
        assert!(remove_unknown(&mut object, ".spec.a.b.x"));
        assert!(remove_unknown(&mut object, ".spec.ports[containerPort=80,protocol=\"UDP\"].zz"));
        assert!(!remove_unknown(&mut object, ".spec.none"));
        assert_eq!(
            object,
            json!({"spec": {"a.b": {}, "ports": [
                {"containerPort": 80, "protocol": "TCP", "zz": 1}, {"containerPort": 80, "protocol": "UDP"}]}})
        );
    }

    #[test]
    fn ports_get_their_protocol_and_secrets_their_data() {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "creationTimestamp": null},
            "spec": {"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}]}, "status": {}});
        assert_eq!(
            normalized(service),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
                "spec": {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}})
        );
        let secret =
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}, "stringData": {"a": "y"}});
        assert_eq!(normalized(secret)["data"], json!({"a": "eQ=="}));
    }

    #[test]
    fn empty_maps_are_left_out_and_templates_get_metadata() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"labels": {}}, "data": {}});
        assert_eq!(normalized(secret), json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}}));
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {}}}});
        assert_eq!(normalized(job)["spec"], json!({"template": {"metadata": {}, "spec": {}}}));
        let budget =
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"selector": {}}});
        assert_eq!(normalized(budget.clone()), budget);
        let service = json!({"apiVersion": "v1", "kind": "Service", "spec": {"selector": {}}});
        assert_eq!(normalized(service)["spec"], json!({}));
    }

    #[test]
    fn a_certificate_to_be_filled_in_is_left_out() {
        let definition = |bundle: &str| {
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "status": {},
                "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}}})
        };
        let client = normalized(definition("Cg=="))["spec"]["conversion"]["webhook"]["clientConfig"].clone();
        assert_eq!(client, json!({}));
        assert_eq!(normalized(definition("Cg=="))["status"], json!({}));
    }
}
