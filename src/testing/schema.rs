//! Checks output for programs against its JSON Schema in `docs/output`.

use serde_json::Value;

/// Checks a value against a schema.
///
/// # Panics
/// The value does not match, or the schema is not one.
pub fn check(value: &Value, schema: &str) {
    let schema = serde_json::from_str(schema).expect("a schema in JSON");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{value:#}", errors.join("\n"));
}
