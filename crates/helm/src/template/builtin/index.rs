//! `index` and `slice`.

use crate::template::error::Error;
use crate::template::exec::BuiltinArgument as Operand;
use crate::template::value::{Element, List, Members, Value};

/// Follows indexes and keys: `index x 1 "a"` is `x[1]["a"]`.
pub fn index(values: &[Operand]) -> Result<Operand, Error> {
    if let Value::Nil = values[0].value {
        return Err(Error::new("index of untyped nil"));
    }
    let mut item = values[0].clone();
    for index in &values[1..] {
        let index = &index.value;
        item = match &item.value {
            Value::Nil => return Err(Error::new("index of nil pointer")),
            Value::String(text) => {
                let at = position(index, text.len())?;
                let byte = text.as_bytes().get(at).ok_or_else(|| out_of_range("string"))?;
                Operand::new(Value::Uint8(*byte))
            }
            Value::List(list) => {
                let at = position(index, list.len())?;
                let value = list.get(at).ok_or_else(|| out_of_range("slice"))?;
                Operand { value, boxed: list.element() == Element::Any }
            }
            Value::Map(map) => {
                let found = map.get(&key(index)?);
                Operand {
                    value: found.unwrap_or_else(|| map.element().zero()),
                    boxed: map.element() == Element::Any,
                }
            }
            Value::Object(object) if let Members::Map(entries) = object.members() => {
                let key = key(index)?;
                let found = entries.into_iter().find(|(name, _)| name.as_bytes() == key);
                Operand::new(found.map_or_else(|| object.missing(), |(_, value)| value))
            }
            other => {
                return Err(Error::new(format!("can't index item of type {}", other.pointed_type_name())));
            }
        };
    }
    Ok(item)
}

/// The index at the end is let through, and then refused by the list itself.
fn out_of_range(kind: &str) -> Error {
    Error::new(format!("reflect: {kind} index out of range"))
}

fn key(index: &Value) -> Result<Vec<u8>, Error> {
    match index {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Nil => Err(Error::new("value is nil; should be of type string")),
        other => Err(Error::new(format!("value has type {}; should be string", other.type_name()))),
    }
}

fn position(index: &Value, limit: usize) -> Result<usize, Error> {
    let number = match index {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Uint8(number) => i64::from(*number),
        Value::Uint64(number) => number.cast_signed(),
        Value::Nil => return Err(Error::new("cannot index slice/array with nil")),
        other => {
            return Err(Error::new(format!("cannot index slice/array with type {}", other.type_name())));
        }
    };
    usize::try_from(number)
        .ok()
        .filter(|&at| at <= limit)
        .ok_or_else(|| Error::new(format!("index out of range: {number}")))
}

/// A part of a string or list: `slice x 1 2` is `x[1:2]`.
pub fn slice(values: &[Operand]) -> Result<Operand, Error> {
    let (item, indexes) = (&values[0].value, &values[1..]);
    if let Value::Nil = item {
        return Err(Error::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Error::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match item {
        Value::String(_) if indexes.len() == 3 => return Err(Error::new("cannot 3-index slice a string")),
        Value::String(text) => text.len(),
        Value::List(list) => list.len(),
        other => return Err(Error::new(format!("can't slice item of type {}", other.pointed_type_name()))),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        // Unlike `index`, Go does not look into interfaces here, so that entries of data are no indexes.
        if index.boxed {
            return Err(Error::new("cannot index slice/array with type interface {}"));
        }
        *bound = position(&index.value, length)?;
    }
    let [start, end, capacity] = bounds;
    if start > end {
        return Err(Error::new(format!("invalid slice index: {start} > {end}")));
    }
    if indexes.len() == 3 && end > capacity {
        return Err(Error::new(format!("invalid slice index: {end} > {capacity}")));
    }
    Ok(Operand::new(match item {
        Value::List(list) => Value::List(List::new(list.element(), list.items()[start..end].to_vec())),
        Value::String(text) => Value::String(text.as_bytes()[start..end].into()),
        other => other.clone(),
    }))
}
