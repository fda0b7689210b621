//! The methods of Helm's type for values, `common.Values`.

use std::collections::BTreeMap;

use crate::functions;
use crate::template::{Element, Error, Map, MapType, Signature, Type, Value};

/// Helm's type for values.
static VALUES: MapType = MapType { name: "common.Values", method, call };

/// The same map as values.
pub(super) fn named(map: &Map) -> Map {
    map.clone().named(&VALUES)
}

fn method(name: &str) -> Option<Signature> {
    match name {
        "AsMap" | "YAML" => Some(Signature::new(&[])),
        "Encode" => Some(Signature::new(&[Type::Object("io.Writer")])),
        "PathValue" | "Table" => Some(Signature::new(&[Type::String])),
        _ => None,
    }
}

fn call(values: &Map, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let path = || arguments.first().map(ToString::to_string).unwrap_or_default();
    match name {
        "AsMap" if values.is_empty() => Ok(Value::Map(Map::new(Element::Any, BTreeMap::new()))),
        "AsMap" => Ok(Value::Map(values.clone().unnamed())),
        "YAML" => functions::to_yaml(&Value::Map(values.clone())).map(Value::from),
        "Table" => table(values, &path()).map(|table| Value::Map(named(&table))),
        "PathValue" => value(values, &path()),
        _ => Err(Error::new(format!("{name} is not a method"))),
    }
}

fn table(values: &Map, path: &str) -> Result<Map, Error> {
    let mut table = values.clone();
    for name in path.split('.') {
        match table.get(name.as_bytes()) {
            Some(Value::Map(map)) if map.element() == Element::Any => table = map,
            _ => return Err(Error::new(format!("{name:?} is not a table"))),
        }
    }
    Ok(table)
}

/// What is at a path and is no table.
fn value(values: &Map, path: &str) -> Result<Value, Error> {
    if path.is_empty() {
        return Err(Error::new("YAML path cannot be empty"));
    }
    let (table, key) = match path.rsplit_once('.') {
        Some((path, key)) => (self::table(values, path).ok(), key),
        None => (Some(values.clone()), path),
    };
    match table.and_then(|table| table.get(key.as_bytes())) {
        Some(Value::Map(map)) if map.named_type().is_none() => Err(no_value(key)),
        Some(value) => Ok(value),
        None => Err(no_value(key)),
    }
}

fn no_value(key: &str) -> Error {
    Error::new(format!("{key:?} is not a value"))
}
