//! Schemas that are made of others: `allOf`, `anyOf`, `oneOf` and `not`.

use serde_json::{Map, Value};

use super::validate::Check;

/// Checks a value by the schemas that `rules` combine. They restrict values, and say nothing about unknown fields.
pub(super) fn check<'a>(
    check: &mut Check<'a>,
    rules: &'a Map<String, Value>,
    value: &Value,
    field: &str,
    depth: usize,
) {
    let list = |name: &str| rules.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for schema in list("allOf") {
        let one = apart(check, schema, value, field, depth);
        one.problems.into_iter().filter(|it| !it.is_warning).for_each(|problem| check.add(problem));
    }
    let any = list("anyOf");
    if !any.is_empty() {
        let mut nearest: Option<Check<'_>> = None;
        let mut fits = false;
        for schema in any {
            let one = apart(check, schema, value, field, depth);
            fits |= one.is_valid();
            nearest = Some(nearer(nearest, one));
        }
        if !fits {
            refuse(check, field, "must validate at least one schema (anyOf)", nearest);
        }
    }
    let one_of = list("oneOf");
    if !one_of.is_empty() {
        let mut nearest: Option<Check<'_>> = None;
        let mut fitting = 0_usize;
        for schema in one_of {
            let one = apart(check, schema, value, field, depth);
            fitting += usize::from(one.is_valid());
            nearest = Some(nearer(nearest, one));
        }
        match fitting {
            1 => {}
            0 => {
                let what = "must validate one and only one schema (oneOf). Found none valid";
                refuse(check, field, what, nearest);
            }
            _ => {
                let what = format!(
                    "must validate one and only one schema (oneOf). Found {fitting} valid alternatives"
                );
                refuse(check, field, &what, None);
            }
        }
    }
    if let Some(schema) = rules.get("not").filter(|schema| schema.is_object())
        && apart(check, schema, value, field, depth).is_valid()
    {
        refuse(check, field, "must not validate the schema (not)", None);
    }
}

fn apart<'a>(check: &Check<'a>, schema: &'a Value, value: &Value, field: &str, depth: usize) -> Check<'a> {
    let mut apart = check.apart();
    apart.value(schema, value, field, depth + 1);
    apart.problems.retain(|problem| problem.message != UNKNOWN && !problem.is_warning);
    apart
}

/// Alternatives usually list only the fields that they restrict.
const UNKNOWN: &str = "field not declared in schema";

/// The one with fewer problems.
fn nearer<'a>(nearest: Option<Check<'a>>, one: Check<'a>) -> Check<'a> {
    match nearest {
        Some(nearest) if nearest.problems.len() <= one.problems.len() => nearest,
        _ => one,
    }
}

/// Reports that no alternative fits, and what the nearest one misses.
fn refuse(check: &mut Check<'_>, field: &str, what: &str, nearest: Option<Check<'_>>) {
    check.fail(field, format!("Invalid value: \"{field}\" {what}"));
    for problem in nearest.into_iter().flat_map(|nearest| nearest.problems) {
        check.add(problem);
    }
}
