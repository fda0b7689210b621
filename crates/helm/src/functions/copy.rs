//! Copies that share nothing with the original.

use crate::template::{Call, ENTRY, Error, ITEM, LIST, List, MAP, Map, Value};

/// Deepest nesting that is copied.
const MAX_DEPTH: usize = 1000;

/// Steps that a copied value counts, so that an execution can copy a million.
const STEPS: u64 = 50;

/// Copies a value with everything in it.
pub fn deep_copy(call: &mut Call<'_>, value: &Value) -> Result<Value, Error> {
    if let Value::Nil = value {
        return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    copy(call, value, 0)
}

fn copy(call: &mut Call<'_>, value: &Value, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!("exceeded maximum of {MAX_DEPTH} levels to copy")));
    }
    call.work(STEPS)?;
    Ok(match value {
        Value::List(list) if list.is_nil() => value.clone(),
        Value::List(list) => {
            let items = list.items().clone();
            call.made(LIST + items.len().saturating_mul(ITEM))?;
            let items = items.iter().map(|item| copy(call, item, depth + 1)).collect::<Result<_, _>>()?;
            Value::List(List::new(list.element(), items))
        }
        Value::Map(map) if map.is_nil() => value.clone(),
        Value::Map(map) => {
            let entries = map.entries().clone();
            call.made(MAP + entries.len().saturating_mul(ENTRY))?;
            let entries = entries
                .into_iter()
                .map(|(key, value)| Ok((key, copy(call, &value, depth + 1)?)))
                .collect::<Result<_, Error>>()?;
            Value::Map(Map::new(map.element(), entries).same_name(map))
        }
        other => other.clone(),
    })
}
