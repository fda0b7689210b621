//! Conversion of `schemars` JSON schemas to structural schemas for Kubernetes.

use schemars::Schema;
use serde_json::{Map, Value};

/// Converts a derived schema to a structural one.
/// Optional fields are not nullable, a type is a single string, integers of Go's `int` have no format, and
/// required fields are sorted.
pub(super) fn of(schema: Schema) -> Value {
    let mut value = schema.to_value();
    rewrite(&mut value);
    value
}

fn rewrite(value: &mut Value) {
    // `schemars` derives `true` for a schema that accepts any value.
    if value.is_boolean() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(schema) = value else { return };
    unwrap_nullable(schema);
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let (Some(only), true) = (types.pop(), types.is_empty()) {
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if schema.get("format").is_some_and(|format| format == "int32") {
        schema.remove("format");
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(rewrite);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key) {
            rewrite(inner);
        }
    }
}

/// Replaces `anyOf: [X, null]` with `X`. Keys next to the `anyOf`, such as the field's own description, take precedence over
/// those of `X`.
fn unwrap_nullable(schema: &mut Map<String, Value>) {
    let Some(Value::Array(mut choices)) = schema.remove("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
    if let Some(Value::Object(inner)) = choices.pop() {
        for (key, value) in inner {
            schema.entry(key).or_insert(value);
        }
    }
}
