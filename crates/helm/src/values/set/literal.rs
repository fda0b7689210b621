//! A key, and a value that has no syntax.

use super::place::{
    End, Reader, check_index, count_name, inner_list, inner_map, item_list, item_map, list_value, set, wrong,
};
use crate::error::Error;
use crate::template::{Map, Value};

pub(super) fn parse(text: &str, values: &Map) -> Result<(), Error> {
    let mut reader = Reader::new(text);
    loop {
        match key(&mut reader, values, 0) {
            Ok(()) => {}
            Err(End::Text) => return Ok(()),
            Err(End::Wrong(error)) => return Err(error),
        }
    }
}

fn key(reader: &mut Reader<'_>, values: &Map, names: usize) -> Result<(), End> {
    let (name, stop) = reader.until(&['=', '[', '.'], false);
    let quoted = || crate::template::quote(name.as_bytes());
    match stop {
        None if name.is_empty() => Err(End::Text),
        None => Err(wrong(format!("key {} has no value", quoted()))),
        Some('=') => {
            set(values, &name, rest(reader));
            Ok(())
        }
        Some('.') => {
            let names = count_name(names)?;
            let inner = inner_map(values, &name)?;
            let result = key(reader, &inner, names);
            if inner.is_empty() {
                return result.and_then(|()| Err(wrong(format!("key map {} has no value", quoted()))));
            }
            set(values, &name, Value::Map(inner));
            result
        }
        Some(_) => {
            let index = reader.index(false)?;
            let mut list = inner_list(values, &name)?;
            let result = item(reader, &mut list, index, names);
            set(values, &name, list_value(list));
            result
        }
    }
}

fn item(reader: &mut Reader<'_>, list: &mut Vec<Value>, index: i64, names: usize) -> Result<(), End> {
    check_index(index)?;
    let (extra, stop) = reader.until(&['[', '.', '='], false);
    if !extra.is_empty() {
        let extra = crate::template::quote(extra.as_bytes());
        return Err(wrong(format!("unexpected data at end of array index: {extra}")));
    }
    match stop {
        None => Err(End::Text),
        Some('=') => {
            let value = rest(reader);
            reader.set_item(list, index, value)
        }
        Some('.') => {
            let inner = item_map(list, index);
            key(reader, &inner, names)?;
            reader.set_item(list, index, Value::Map(inner))
        }
        Some(_) => {
            let inner_index = reader.index(false)?;
            let mut inner = item_list(list, index)?;
            reader.enter()?;
            item(reader, &mut inner, inner_index, names)?;
            reader.leave();
            reader.set_item(list, index, list_value(inner))
        }
    }
}

/// All that is left of the text.
fn rest(reader: &mut Reader<'_>) -> Value {
    Value::from(std::mem::take(&mut reader.rest))
}
