//! Checks JSON against a JSON Schema, as far as the schemas in `docs/output` go.

use serde_json::Value;

/// Keywords that only describe.
const ANNOTATIONS: &[&str] = &["$schema", "title", "description"];

/// Checks a value against a schema.
///
/// # Panics
/// The value does not match, or the schema uses a keyword that is not implemented here.
pub fn check(value: &Value, schema: &str) {
    let schema: Value = serde_json::from_str(schema).expect("a schema in JSON");
    check_at(value, &schema, "$");
}

fn check_at(value: &Value, schema: &Value, at: &str) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "const" => assert_eq!(value, wanted, "{at}"),
            "enum" => assert!(wanted.as_array().is_some_and(|all| all.contains(value)), "{at}: {value}"),
            "type" => assert!(has_type(value, wanted), "{at} must be {wanted}: {value}"),
            "minimum" => assert!(value.as_f64() >= wanted.as_f64(), "{at} is too small: {value}"),
            "required" => {
                for name in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    assert!(value.get(name).is_some(), "{at} has no {name}: {value}");
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().into_iter().flatten() {
                    if let Some(value) = value.get(name) {
                        check_at(value, schema, &format!("{at}.{name}"));
                    }
                }
            }
            "additionalProperties" if *wanted == false => {
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    assert!(schema["properties"].get(name).is_some(), "{at} has an undocumented {name}");
                }
            }
            "additionalProperties" if *wanted == true => {}
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check_at(item, wanted, &format!("{at}[{index}]"));
                }
            }
            keyword => assert!(ANNOTATIONS.contains(&keyword), "{at}: {keyword} is not implemented"),
        }
    }
}

fn has_type(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("null") => value.is_null(),
        _ => wanted.as_array().is_some_and(|types| types.iter().any(|wanted| has_type(value, wanted))),
    }
}
