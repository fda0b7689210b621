//! Masks the values of Secrets, which are never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::normalize::is_secret;
use crate::redact::Redactor;

/// Rendered form of a value that is encrypted with SOPS.
const SOPS: &[u8] = b"**SOPS**";
/// Placeholder of a value that is unknown because it is encrypted with SOPS.
const UNKNOWN: &str = "*****";
/// Placeholder of an unchanged value.
const SAME: &str = "***";
const BEFORE: &str = "*** (before)";
const AFTER: &str = "*** (after)";
/// Annotation in which kubectl keeps the whole object, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Masks a Secret in both states. Values that are encrypted in `desired`, the rendered object, count as equal. Other
/// objects are not changed.
pub(super) fn mask(desired: &Value, from: &mut Value, to: &mut Value) {
    if !is_secret(to) && !is_secret(from) {
        return;
    }
    for field in ["data", "stringData"] {
        let wanted = desired.get(field).and_then(Value::as_object);
        let any_encrypted = wanted.is_some_and(|data| data.values().any(is_encrypted));
        let is_unknown =
            |key: &str| any_encrypted && wanted.and_then(|data| data.get(key)).is_none_or(is_encrypted);
        let (mut before, mut after) = (take(from, field), take(to, field));
        if let Some(before) = &mut before {
            for (key, old) in before.iter_mut() {
                let new = after.as_mut().and_then(|after| after.get_mut(key));
                let masks = match &new {
                    _ if is_unknown(key) => (UNKNOWN, UNKNOWN),
                    Some(new) if **new != *old => (BEFORE, AFTER),
                    _ => (SAME, SAME),
                };
                *old = masks.0.into();
                if let Some(new) = new {
                    *new = masks.1.into();
                }
            }
        }
        for (key, new) in after.iter_mut().flatten() {
            if before.as_ref().is_none_or(|before| !before.contains_key(key)) {
                *new = if is_unknown(key) { UNKNOWN } else { SAME }.into();
            }
        }
        put(from, field, before);
        put(to, field, after);
    }
    let applied = |object: &Value| object["metadata"]["annotations"].get(LAST_APPLIED).cloned();
    let masks = if applied(from) == applied(to) { (SAME, SAME) } else { (BEFORE, AFTER) };
    for (object, mask) in [(from, masks.0), (to, masks.1)] {
        if let Some(annotation) = object
            .pointer_mut("/metadata/annotations")
            .and_then(|annotations| annotations.get_mut(LAST_APPLIED))
        {
            *annotation = mask.into();
        }
    }
}

/// Masks values that come from Secrets in both states of an object. Where they differ, the masks differ too.
pub(super) fn mask_values(secrets: &[Redactor], from: &mut Option<Value>, to: &mut Option<Value>) {
    match (from, to) {
        (Some(from), Some(to)) => mask_pair(secrets, from, to),
        (from, to) => from.iter_mut().chain(to).for_each(|object| mask_alone(secrets, object)),
    }
}

fn mask_pair(secrets: &[Redactor], from: &mut Value, to: &mut Value) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            for (key, from) in &mut *from {
                match to.get_mut(key) {
                    Some(to) => mask_pair(secrets, from, to),
                    None => mask_alone(secrets, from),
                }
            }
            let added = to.iter_mut().filter(|(key, _)| !from.contains_key(*key));
            added.for_each(|(_, value)| mask_alone(secrets, value));
        }
        (Value::Array(from), Value::Array(to)) if from.len() == to.len() => {
            from.iter_mut().zip(to).for_each(|(from, to)| mask_pair(secrets, from, to));
        }
        (Value::String(from), Value::String(to)) => {
            let differ = from != to;
            (*from, *to) = (redacted(secrets, from), redacted(secrets, to));
            if differ && from == to {
                from.push_str(" (before)");
                to.push_str(" (after)");
            }
        }
        (from, to) => {
            mask_alone(secrets, from);
            mask_alone(secrets, to);
        }
    }
}

fn mask_alone(secrets: &[Redactor], value: &mut Value) {
    match value {
        Value::String(text) => *text = redacted(secrets, text),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_alone(secrets, item)),
        Value::Object(fields) => fields.values_mut().for_each(|field| mask_alone(secrets, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redacted(secrets: &[Redactor], text: &str) -> String {
    secrets.iter().fold(text.to_owned(), |text, redactor| redactor.redact(&text).into_owned())
}

/// Whether a value is the placeholder of an encrypted one.
fn is_encrypted(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.as_bytes() == SOPS
        || STANDARD.decode(text).is_ok_and(|bytes| bytes.windows(SOPS.len()).any(|part| part == SOPS))
}

/// Whether an object is a Secret with unknown values.
pub(super) fn has_unknown(object: &Value) -> bool {
    is_secret(object) && object["data"].as_object().is_some_and(|data| data.values().any(is_encrypted))
}

/// Replaces the unknown values of a Secret by those of `live`.
pub(super) fn adopt(secret: &Value, live: &Value) -> Value {
    let mut secret = secret.clone();
    for (key, value) in secret["data"].as_object_mut().into_iter().flatten() {
        if let Some(live) = live["data"].get(key).filter(|_| is_encrypted(value)) {
            value.clone_from(live);
        }
    }
    secret
}

/// Masks an object without another state, if it is a Secret.
pub(super) fn masked(mut object: Value) -> Value {
    if is_secret(&object) {
        let desired = object.clone();
        mask(&desired, &mut Value::Null, &mut object);
    }
    object
}

/// Removes quoted values from the API server's message about a Secret.
pub(super) fn redact(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    // Go's form of a value: `&value.valueUnstructured{Value:1234}`
    while let Some(at) = rest.find("{Value:") {
        let from = at + "{Value:".len();
        out.push_str(&rest[..from]);
        out.push_str(SAME);
        rest = rest[from..].find('}').map_or("", |end| &rest[from + end..]);
    }
    out.push_str(rest);
    out
}

fn take(object: &mut Value, field: &str) -> Option<Map<String, Value>> {
    match object.get_mut(field).map(Value::take) {
        Some(Value::Object(data)) => Some(data),
        _ => None,
    }
}

fn put(object: &mut Value, field: &str, data: Option<Map<String, Value>>) {
    if let Some(object) = object.as_object_mut() {
        match data {
            Some(data) => object.insert(field.to_owned(), Value::Object(data)),
            // What is no map has no values, and might be one.
            None => object.remove(field),
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(data: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "data": data})
    }

    #[test]
    fn values_are_told_apart_but_not_shown() {
        let (mut from, mut to) = (
            secret(&json!({"a": "MQ==", "b": "MQ==", "c": "MQ=="})),
            secret(&json!({"a": "Mg==", "b": "MQ==", "d": "MQ=="})),
        );
        mask(&to.clone(), &mut from, &mut to);
        assert_eq!(from["data"], json!({"a": "*** (before)", "b": "***", "c": "***"}));
        assert_eq!(to["data"], json!({"a": "*** (after)", "b": "***", "d": "***"}));
    }

    #[test]
    fn what_sops_has_encrypted_counts_as_the_same() {
        let sops = STANDARD.encode("**SOPS**");
        let desired = secret(&json!({"a": sops, "plain": "MQ=="}));
        let (mut from, mut to) =
            (secret(&json!({"a": "MQ==", "old": "MQ==", "plain": "Mg=="})), desired.clone());
        mask(&desired, &mut from, &mut to);
        assert_eq!(from["data"], json!({"a": "*****", "old": "*****", "plain": "*** (before)"}));
        assert_eq!(to["data"], json!({"a": "*****", "plain": "*** (after)"}));
    }

    #[test]
    fn what_kubectl_keeps_of_a_secret_is_masked_too() {
        let with = |text: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: text}}});
        let (mut from, mut to) = (with("hidden"), with("hidden"));
        mask(&json!({}), &mut from, &mut to);
        assert!(!from.to_string().contains("hidden") && !to.to_string().contains("hidden"));
    }

    #[test]
    fn answers_are_redacted() {
        let message = ".data.pin: expected string, got &value.valueUnstructured{Value:1234}";
        assert_eq!(redact(message), ".data.pin: expected string, got &value.valueUnstructured{Value:***}");
        assert_eq!(redact("cut off {Value:1234"), "cut off {Value:***");
    }
}
