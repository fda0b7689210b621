//! Functions for dicts, which change them in place.

use super::arguments::{TEXT, bytes, map, shown, texts};
use super::{copy, merge};
use crate::template::{ENTRY, Element, Error, Functions, Map, Signature, Text, Type, Value};

const DICT_AND_KEY: &[Type] = &[Type::Map, Type::String];

pub fn add(functions: &mut Functions) {
    functions.add("dict", Signature::variadic(&[], Type::Any), |_, values| {
        Ok(Value::map(values.chunks(2).map(|pair| {
            (Text::from(shown(&pair[0])), pair.get(1).cloned().unwrap_or_else(|| Value::from("")))
        })))
    });
    functions.add("get", Signature::new(DICT_AND_KEY), |_, values| {
        Ok(map(&values[0]).and_then(|map| map.get(bytes(&values[1]))).unwrap_or_else(|| Value::from("")))
    });
    functions.add("set", Signature::new(&[Type::Map, Type::String, Type::Any]), |call, values| {
        call.made(ENTRY)?;
        let map = map(&values[0])
            .filter(|map| !map.is_nil())
            .ok_or_else(|| Error::new("assignment to entry in nil map"))?;
        map.insert(bytes(&values[1]).into(), values[2].clone());
        Ok(values[0].clone())
    });
    functions.add("unset", Signature::new(DICT_AND_KEY), |_, values| match map(&values[0]) {
        Some(map) => {
            map.remove(bytes(&values[1]));
            Ok(values[0].clone())
        }
        None => Ok(Value::Map(Map::nil(Element::Any))),
    });
    functions.add("hasKey", Signature::new(DICT_AND_KEY), |_, values| {
        Ok(Value::Bool(map(&values[0]).is_some_and(|map| map.get(bytes(&values[1])).is_some())))
    });
    functions.add("pluck", Signature::variadic(TEXT, Type::Map), |_, values| {
        let key = bytes(&values[0]);
        Ok(Value::list(values[1..].iter().filter_map(map).filter_map(|map| map.get(key))))
    });
    functions.add("keys", Signature::variadic(&[], Type::Map), |_, values| {
        Ok(texts(
            values.iter().filter_map(map).flat_map(|map| map.entries().keys().cloned().collect::<Vec<_>>()),
        ))
    });
    functions.add("values", Signature::new(&[Type::Map]), |_, values| {
        Ok(Value::list(
            map(&values[0])
                .map(|map| map.entries().values().cloned().collect::<Vec<_>>())
                .unwrap_or_default(),
        ))
    });
    functions.add("pick", Signature::variadic(&[Type::Map], Type::String), |_, values| {
        let Some(map) = map(&values[0]) else { return Ok(empty()) };
        let picked = values[1..].iter().filter_map(|key| Some((bytes(key), map.get(bytes(key))?)));
        Ok(Value::map(picked.collect::<Vec<_>>()))
    });
    functions.add("omit", Signature::variadic(&[Type::Map], Type::String), |_, values| {
        let Some(map) = map(&values[0]) else { return Ok(empty()) };
        let kept: Vec<_> = map
            .entries()
            .iter()
            .filter(|(key, _)| !values[1..].iter().any(|omitted| bytes(omitted) == key.as_bytes()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Ok(Value::map(kept))
    });
    functions.add("dig", Signature::variadic(&[], Type::Any), |_, values| dig(values));
    for name in ["deepCopy", "mustDeepCopy"] {
        functions.add(name, Signature::new(&[Type::Any]), |call, values| copy::deep_copy(call, &values[0]));
    }
    let merging = Signature::variadic(&[Type::Map], Type::Map);
    for name in ["merge", "mustMerge"] {
        functions.add(name, merging, |call, values| merge::merge(call, values, false));
    }
    for name in ["mergeOverwrite", "mustMergeOverwrite"] {
        functions.add(name, merging, |call, values| merge::merge(call, values, true));
    }
}

fn empty() -> Value {
    Value::map::<Text>([])
}

/// The value at a path of keys, or the last but one argument.
fn dig(values: &[Value]) -> Result<Value, Error> {
    let [keys @ .., default, dict] = values else {
        return Err(Error::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::new("dig needs at least three arguments"));
    }
    let mut dict = as_map(dict)?;
    if let Some(wrong) = keys.iter().find(|key| !matches!(key, Value::String(_))) {
        return Err(not("string", wrong));
    }
    for (at, key) in keys.iter().enumerate() {
        let Some(step) = map(&dict).and_then(|map| map.get(bytes(key))) else { return Ok(default.clone()) };
        if at + 1 == keys.len() {
            return Ok(step);
        }
        dict = as_map(&step)?;
    }
    Ok(default.clone())
}

fn as_map(value: &Value) -> Result<Value, Error> {
    if Type::Map.accepts(value) && value.type_name() == Type::Map.name() {
        return Ok(value.clone());
    }
    Err(not("map[string]interface {}", value))
}

fn not(wanted: &str, value: &Value) -> Error {
    let found = match value {
        Value::Nil => "nil".to_owned(),
        other => other.type_name(),
    };
    Error::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
