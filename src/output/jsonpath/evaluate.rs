//! From a template and a value to what the template leads to.

use serde_json::Value;

use super::value::{self, compare};
use super::{Operator, Part, Slice, Step};

/// Adds the values of each part to `found`.
pub(super) fn parts(parts: &[Part], data: &Value, found: &mut Vec<Vec<Value>>) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => found.push(vec![text.as_str().into()]),
            Part::Path(path) => found.push(follow(path, data)?),
            Part::Range(path, body) => {
                for value in follow(path, data)? {
                    self::parts(body, &value, found)?;
                }
            }
        }
    }
    Ok(())
}

/// The values that steps lead to.
fn follow(path: &[Step], from: &Value) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    walk(path, &[from], &mut |values| {
        found.extend(values.iter().map(|value| (*value).clone()));
        Ok(())
    })?;
    Ok(found)
}

/// Follows steps and hands over where they lead. Values are borrowed until then: most are passed by on the way.
fn walk(
    path: &[Step],
    from: &[&Value],
    arrive: &mut dyn FnMut(&[&Value]) -> Result<(), String>,
) -> Result<(), String> {
    let Some((step, rest)) = path.split_first() else { return arrive(from) };
    let present = || from.iter().copied().filter(|value| !value.is_null());
    let mut next: Vec<&Value> = Vec::new();
    match step {
        Step::Literal(text @ Value::String(_)) => next.push(text),
        Step::Literal(number) => next.extend(from.iter().map(|_| number)),
        // The dot alone is the value itself.
        Step::Field(name) if name.is_empty() => next.extend(from),
        Step::Field(name) => next.extend(present().filter_map(|value| value.get(name))),
        Step::Wildcard => present().for_each(|value| next.extend(children(value))),
        Step::Descent => present().for_each(|value| descend(value, &mut next)),
        Step::Slice(slice) => {
            for value in present() {
                next.extend(slice.of(value)?);
            }
        }
        Step::Union(members) => {
            let mut all = Vec::new();
            for member in members {
                walk(member, from, &mut |values| {
                    all.extend(values.iter().map(|value| (*value).clone()));
                    Ok(())
                })?;
            }
            return walk(rest, &all.iter().collect::<Vec<_>>(), arrive);
        }
        Step::Filter(left, comparison) => {
            for value in from {
                let items = value.as_array().ok_or_else(|| not_a_list(value))?;
                for item in items {
                    if passes(item, left, comparison.as_ref())? {
                        next.push(item);
                    }
                }
            }
        }
    }
    walk(rest, &next, arrive)
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// The value and everything below it, without numbers, truths and what is empty.
fn descend<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    let below = children(value);
    if !below.is_empty() || value.as_str().is_some_and(|text| !text.is_empty()) {
        found.push(value);
        for value in below {
            descend(value, found);
        }
    }
}

fn not_a_list(value: &Value) -> String {
    format!("{} is not a list", value::type_name(value))
}

/// Whether a filter keeps an item.
fn passes(item: &Value, left: &[Step], comparison: Option<&(Operator, Vec<Step>)>) -> Result<bool, String> {
    let Some((operator, right)) = comparison else {
        // A step that does not fit the item means that there is nothing.
        return Ok(follow(left, item).is_ok_and(|found| !found.is_empty()));
    };
    let one = |path: &[Step]| {
        let mut found = follow(path, item)?;
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err("a filter can only compare one value at a time".to_owned()),
        }
    };
    let (Some(left), Some(right)) = (one(left)?, one(right)?) else { return Ok(false) };
    compare(&left, *operator, &right)
}

impl Slice {
    /// The items of a list that are in the slice.
    fn of(self, value: &Value) -> Result<impl Iterator<Item = &Value>, String> {
        let items = value.as_array().ok_or_else(|| not_a_list(value))?;
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let from_end = |bound: i64| if bound < 0 { bound + length } else { bound };
        let start = from_end(self.start.unwrap_or(0));
        let end = if self.is_index { start + 1 } else { from_end(self.end.unwrap_or(length)) };
        let outside = |index: i64| format!("array index out of bounds: index {index}, length {length}");
        let (start, end) = if start == end {
            (0, 0)
        } else if start < 0 || start >= length {
            return Err(outside(self.start.unwrap_or(start)));
        } else if end < 0 || end > length {
            return Err(outside(end - 1));
        } else if start > end {
            return Err(format!("starting index {start} is greater than ending index {end}"));
        } else {
            (start, end)
        };
        let step = self.step.unwrap_or(1);
        if step < 1 {
            return Err("the step of a slice must be greater than 0".into());
        }
        let bound = |bound: i64| usize::try_from(bound).unwrap_or(usize::MAX);
        Ok(items[bound(start)..bound(end)].iter().step_by(bound(step)))
    }
}
