//! Maps of values.

use crate::template::{Element, List, Map, Value};

/// An empty map.
pub(crate) fn empty() -> Map {
    Map::new(Element::Any, std::collections::BTreeMap::new())
}

/// A copy that shares nothing with the original.
pub fn deep_copy(map: &Map) -> Map {
    let entries = map.entries().iter().map(|(key, value)| (key.clone(), copy(value))).collect();
    Map::new(map.element(), entries)
}

fn copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(deep_copy(map)),
        Value::List(list) => Value::List(List::new(list.element(), list.items().iter().map(copy).collect())),
        other => other.clone(),
    }
}

/// A copy whose entries are shared with the original.
pub(crate) fn shallow_copy(map: &Map) -> Map {
    Map::new(map.element(), map.entries().clone())
}

/// Takes over the values of `from`, as of a later `-f` of helm: maps are merged, everything else is replaced.
pub fn merge_maps(into: &Map, from: &Map) {
    for (key, value) in from.entries().iter() {
        if let (Some(Value::Map(old)), Value::Map(new)) = (into.get(key.as_bytes()), value)
            && !old.is_same(new)
        {
            merge_maps(&old, new);
        } else {
            into.insert(key.clone(), value.clone());
        }
    }
}

/// The map at a path, whose parts are separated by dots.
pub(crate) fn table_at(map: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(map.clone(), |map, part| match map.get(part.as_bytes()) {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    })
}

/// The value at a path, unless it is a map.
pub(super) fn value_at(map: &Map, path: &str) -> Option<Value> {
    let (table, key) = match path.rsplit_once('.') {
        Some((table, key)) => (table_at(map, table)?, key),
        None => (map.clone(), path),
    };
    table.get(key.as_bytes()).filter(|value| !matches!(value, Value::Map(_)))
}
