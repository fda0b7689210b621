//! Merging of dicts, by the rules of mergo 1.0.1.

use super::arguments::map;
use crate::template::{Call, Element, Error, Map, Text, Value};

/// Deepest nesting that is merged.
const MAX_DEPTH: usize = 1000;

/// Merges all dicts into the first. What it has already stays, unless it is empty or is to be overwritten.
pub fn merge(call: &mut Call<'_>, values: &[Value], overwrite: bool) -> Result<Value, Error> {
    let target = map(&values[0]).filter(|map| !map.is_nil()).cloned();
    let target = target.unwrap_or_else(|| Map::new(Element::Any, std::collections::BTreeMap::new()));
    for source in values[1..].iter().filter_map(map) {
        into(call, &target, source, overwrite, 0)?;
    }
    Ok(Value::Map(target))
}

fn into(call: &mut Call<'_>, target: &Map, source: &Map, overwrite: bool, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!("exceeded maximum of {MAX_DEPTH} levels to merge")));
    }
    let entries: Vec<(Text, Value)> =
        source.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    call.work(u64::try_from(entries.len()).unwrap_or(u64::MAX))?;
    for (key, value) in entries {
        let own = target.get(key.as_bytes());
        let replaces = match (&value, &own) {
            (Value::Nil, _) => overwrite,
            (Value::Map(value), Some(Value::Map(own))) => {
                into(call, own, value, overwrite, depth + 1)?;
                own.is_empty()
            }
            (_, Some(own)) => overwrite || !own.is_true(),
            (_, None) => true,
        };
        if replaces {
            set(target, key, value)?;
        }
    }
    Ok(())
}

fn set(target: &Map, key: Text, value: Value) -> Result<(), Error> {
    if target.element() != Element::Any {
        let wanted = target.element().type_name();
        return Err(Error::new(format!(
            "reflect.Value.SetMapIndex: value of type interface {{}} is not assignable to type {wanted}"
        )));
    }
    target.insert(key, value);
    Ok(())
}
