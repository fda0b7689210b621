//! Functions for lists.

use super::arguments::{
    ANY, TWO_ANY, bytes, count_items, integer, items, joined, kind, shown, strings, texts, to_int64,
    truncated,
};
use super::equality::contains;
use crate::template::{Call, Element, Error, Functions, ITEM, LIST, List, Signature, Type, Value};

pub fn add(functions: &mut Functions) {
    let any = Signature::variadic(&[], Type::Any);
    let one = Signature::new(ANY);
    let two = Signature::new(TWO_ANY);
    for name in ["list", "tuple"] {
        functions.add(name, any, |_, values| Ok(Value::list(values.to_vec())));
    }
    for name in ["append", "push", "mustAppend", "mustPush"] {
        functions.add(name, two, |_, values| {
            let mut list = items(&values[0], "Cannot push on type")?.clone();
            list.push(values[1].clone());
            Ok(Value::list(list))
        });
    }
    for name in ["prepend", "mustPrepend"] {
        functions.add(name, two, |_, values| {
            let mut list = vec![values[1].clone()];
            list.extend(items(&values[0], "Cannot prepend on type")?.iter().cloned());
            Ok(Value::list(list))
        });
    }
    for name in ["first", "mustFirst"] {
        functions.add(name, one, |_, values| {
            Ok(items(&values[0], "Cannot find first on type")?.first().cloned().unwrap_or_default())
        });
    }
    for name in ["last", "mustLast"] {
        functions.add(name, one, |_, values| {
            Ok(items(&values[0], "Cannot find last on type")?.last().cloned().unwrap_or_default())
        });
    }
    for name in ["rest", "mustRest"] {
        functions.add(name, one, |_, values| {
            let list = items(&values[0], "Cannot find rest on type")?;
            Ok(part(list.get(1..)))
        });
    }
    for name in ["initial", "mustInitial"] {
        functions.add(name, one, |_, values| {
            let list = items(&values[0], "Cannot find initial on type")?;
            Ok(part(list.split_last().map(|(_, others)| others)))
        });
    }
    whole_lists(functions);
}

fn whole_lists(functions: &mut Functions) {
    let any = Signature::variadic(&[], Type::Any);
    let one = Signature::new(ANY);
    let two = Signature::new(TWO_ANY);
    let more = Signature::variadic(ANY, Type::Any);
    for name in ["reverse", "mustReverse"] {
        functions.add(name, one, |_, values| {
            Ok(Value::list(items(&values[0], "Cannot find reverse on type")?.iter().rev().cloned()))
        });
    }
    for name in ["compact", "mustCompact"] {
        functions.add(name, one, |_, values| {
            let list = items(&values[0], "Cannot compact on type")?;
            Ok(Value::list(list.iter().filter(|item| item.is_true()).cloned()))
        });
    }
    for name in ["uniq", "mustUniq"] {
        functions.add(name, one, uniq);
    }
    for name in ["without", "mustWithout"] {
        functions.add(name, more, without);
    }
    for name in ["has", "mustHas"] {
        functions.add(name, two, |call, values| {
            if let Value::Nil = values[1] {
                return Ok(Value::Bool(false));
            }
            let list = items(&values[1], "Cannot find has on type")?.clone();
            Ok(Value::Bool(contains(call, &list, &values[0])?))
        });
    }
    for name in ["slice", "mustSlice"] {
        functions.add(name, more, |_, values| slice(values));
    }
    for name in ["chunk", "mustChunk"] {
        functions.add(name, Signature::new(&[Type::Int, Type::Any]), chunk);
    }
    functions.add("concat", any, concat);
    functions.add("join", Signature::new(&[Type::String, Type::Any]), |_, values| {
        joined(&strings(&values[1])?, bytes(&values[0]))
    });
    functions.add("sortAlpha", one, |_, values| sort_alpha(&values[0]));
    functions.add("toStrings", one, |_, values| {
        Ok(match &values[0] {
            Value::List(list) if list.element() == Element::String => values[0].clone(),
            other => texts(strings(other)?),
        })
    });
}

/// A part of a list; nil if the list is empty.
fn part(items: Option<&[Value]>) -> Value {
    match items {
        Some(items) => Value::list(items.to_vec()),
        None => Value::List(List::nil(Element::Any)),
    }
}

fn uniq(call: &mut Call<'_>, values: &[Value]) -> Result<Value, Error> {
    let list = items(&values[0], "Cannot find uniq on type")?;
    let mut found: Vec<Value> = Vec::new();
    for item in list.iter() {
        if !contains(call, &found, item)? {
            found.push(item.clone());
        }
    }
    Ok(Value::list(found))
}

fn without(call: &mut Call<'_>, values: &[Value]) -> Result<Value, Error> {
    let list = items(&values[0], "Cannot find without on type")?;
    let mut left = Vec::new();
    for item in list.iter() {
        if !contains(call, &values[1..], item)? {
            left.push(item.clone());
        }
    }
    Ok(Value::list(left))
}

fn slice(values: &[Value]) -> Result<Value, Error> {
    let list = items(&values[0], "list should be type of slice or array but")?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let start = values.get(1).map_or(0, to_int64);
    let end = values.get(2).map_or(i64::try_from(list.len()).unwrap_or(i64::MAX), to_int64);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match range.and_then(|(start, end)| list.get(start..end)) {
        Some(items) => {
            let Value::List(whole) = &values[0] else { return Ok(Value::Nil) };
            Ok(Value::List(List::new(whole.element(), items.to_vec())))
        }
        None => Err(Error::new("reflect.Value.Slice: slice index out of bounds")),
    }
}

/// Lists of at most `size` items each. The numbers are computed as Sprig does it, which shows for negative sizes.
#[allow(clippy::cast_precision_loss, reason = "so does Sprig")]
fn chunk(call: &mut Call<'_>, values: &[Value]) -> Result<Value, Error> {
    let wrong_length = || Error::new("runtime error: makeslice: len out of range");
    let size = integer(&values[0]);
    let list = items(&values[1], "Cannot chunk type")?;
    let length = list.len() as f64;
    let count = ((length - 1.0) / size as f64).floor() + 1.0;
    let count = usize::try_from(truncated(count)).map_err(|_| wrong_length())?;
    count_items(call, count.min(list.len()), LIST + ITEM)?;
    let mut chunks = Vec::new();
    for at in 0..count {
        let remainder = truncated((length % size as f64).floor());
        let wanted = if at + 1 == count && remainder != 0 { remainder } else { size };
        let wanted = usize::try_from(wanted).map_err(|_| wrong_length())?;
        let start = i64::try_from(at).unwrap_or_default().saturating_mul(size);
        let chunk = usize::try_from(start)
            .ok()
            .and_then(|start| list.get(start..start.saturating_add(wanted)))
            .ok_or_else(|| Error::new("reflect: slice index out of range"))?;
        chunks.push(Value::list(chunk.to_vec()));
    }
    Ok(Value::List(List::new(Element::List, chunks)))
}

fn concat(call: &mut Call<'_>, values: &[Value]) -> Result<Value, Error> {
    let length = values.iter().map(|value| if let Value::List(list) = value { list.len() } else { 0 }).sum();
    count_items(call, length, ITEM)?;
    let mut all = Vec::with_capacity(length);
    for value in values {
        match value {
            Value::List(list) => all.extend(list.items().iter().cloned()),
            Value::Nil => return Err(Error::new(super::arguments::NIL_DEREFERENCE)),
            other => return Err(Error::new(format!("Cannot concat type {} as list", kind(other)))),
        }
    }
    if all.is_empty() {
        return Ok(Value::List(List::nil(Element::Any)));
    }
    Ok(Value::list(all))
}

/// The items as sorted texts. A list of texts is sorted in place.
fn sort_alpha(value: &Value) -> Result<Value, Error> {
    Ok(match value {
        Value::List(list) if list.element() == Element::String => {
            list.update(|items| items.sort_by(|one, other| bytes(one).cmp(bytes(other))));
            value.clone()
        }
        Value::List(_) => {
            let mut items = strings(value)?;
            items.sort();
            texts(items)
        }
        other => texts([shown(other)]),
    })
}
