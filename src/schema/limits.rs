//! Limits of values: lengths, ranges, patterns, and lists without duplicates.

use serde_json::{Map, Number, Value};

use super::validate::{Check, is_set};

fn count(rules: &Map<String, Value>, name: &str) -> Option<u64> {
    rules.get(name).and_then(Value::as_u64)
}

/// `item` or `items`, as the API server counts.
fn items(number: u64) -> &'static str {
    if number == 1 { "item" } else { "items" }
}

pub(super) fn string(check: &mut Check<'_>, rules: &Map<String, Value>, text: &str, field: &str) {
    let value = Value::from(text);
    let length = text.chars().count() as u64;
    if let Some(most) = count(rules, "maxLength").filter(|most| length > *most) {
        check.fail(field, format!("Too long: may not be more than {most} bytes"));
    }
    if let Some(least) = count(rules, "minLength").filter(|least| length < *least) {
        check.invalid(field, &value, format_args!("should be at least {least} chars long"));
    }
    if let Some(pattern) = rules.get("pattern").and_then(Value::as_str)
        && !check.matches(pattern, text)
    {
        check.invalid(field, &value, format_args!("should match '{pattern}'"));
    }
}

pub(super) fn number(check: &mut Check<'_>, rules: &Map<String, Value>, number: &Number, field: &str) {
    let value = Value::Number(number.clone());
    let Some(is) = number.as_f64() else { return };
    let limit = |name: &str| rules.get(name).and_then(Value::as_f64);
    if rules.get("format").is_some_and(|format| format == "int32")
        && !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&is)
    {
        check.fail(
            field,
            format!(
                "Invalid value: {value}: Checked value must be of type integer with format int32 in {field}"
            ),
        );
    }
    // `exclusiveMaximum` is a switch in Kubernetes, and a limit of its own in newer JSON schemas.
    if let Some(most) = limit("maximum") {
        if is_set(rules, "exclusiveMaximum") && is >= most {
            check.invalid(field, &value, format_args!("should be less than {most}"));
        } else if is > most {
            check.invalid(field, &value, format_args!("should be less than or equal to {most}"));
        }
    }
    if let Some(most) = limit("exclusiveMaximum").filter(|most| is >= *most) {
        check.invalid(field, &value, format_args!("should be less than {most}"));
    }
    if let Some(least) = limit("minimum") {
        if is_set(rules, "exclusiveMinimum") && is <= least {
            check.invalid(field, &value, format_args!("should be greater than {least}"));
        } else if is < least {
            check.invalid(field, &value, format_args!("should be greater than or equal to {least}"));
        }
    }
    if let Some(least) = limit("exclusiveMinimum").filter(|least| is <= *least) {
        check.invalid(field, &value, format_args!("should be greater than {least}"));
    }
    if let Some(factor) = limit("multipleOf").filter(|factor| *factor > 0.0 && (is / factor).fract() != 0.0) {
        check.invalid(field, &value, format_args!("should be a multiple of {factor}"));
    }
}

pub(super) fn object(
    check: &mut Check<'_>,
    rules: &Map<String, Value>,
    fields: &Map<String, Value>,
    field: &str,
) {
    let number = fields.len() as u64;
    if let Some(most) = count(rules, "maxProperties").filter(|most| number > *most) {
        check.fail(field, format!("Too many: {number}: must have at most {most} {}", items(most)));
    }
    if let Some(least) = count(rules, "minProperties").filter(|least| number < *least) {
        check.fail(
            field,
            format!("Invalid value: {number}: {field} in body should have at least {least} properties"),
        );
    }
}

pub(super) fn array(check: &mut Check<'_>, rules: &Map<String, Value>, list: &[Value], field: &str) {
    let number = list.len() as u64;
    if let Some(most) = count(rules, "maxItems").filter(|most| number > *most) {
        check.fail(field, format!("Too many: {number}: must have at most {most} {}", items(most)));
    }
    if let Some(least) = count(rules, "minItems").filter(|least| number < *least) {
        check.fail(
            field,
            format!("Invalid value: {number}: {field} in body should have at least {least} items"),
        );
    }
    let keys: Vec<&str> = rules
        .get("x-kubernetes-list-map-keys")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let list_type = rules.get("x-kubernetes-list-type").and_then(Value::as_str);
    let identity = |item: &Value| match list_type {
        Some("set") => Some(item.clone()),
        _ if is_set(rules, "uniqueItems") => Some(item.clone()),
        // Without any key, the schema of the entry reports it.
        Some("map") if keys.iter().any(|key| !item[*key].is_null()) => {
            let parts = keys.iter().filter(|key| !item[**key].is_null());
            Some(Value::Object(parts.map(|key| ((*key).to_owned(), item[*key].clone())).collect()))
        }
        _ => None,
    };
    let mut seen = std::collections::BTreeSet::new();
    for (at, item) in list.iter().enumerate() {
        let Some(identity) = identity(item) else { continue };
        if !seen.insert(identity.to_string()) {
            check.fail(&format!("{field}[{at}]"), format!("Duplicate value: {identity}"));
        }
    }
}
