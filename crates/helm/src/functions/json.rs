//! JSON as Go's encoding/json reads and writes it.

mod read;
mod write;

use super::arguments::{ANY, JSON_MARKS, TEXT, bytes, count_read, text};
use crate::template::{Element, Error, Functions, List, Map, Signature, Text, Type, Value};

use read::read_with;

pub use read::read;
pub use write::{Style, write};

pub fn add(functions: &mut Functions) {
    let one = Signature::new(ANY);
    functions.add("toJson", one, |_, values| Ok(written_or_empty(&values[0], Style::Compact)));
    functions.add("toPrettyJson", one, |_, values| Ok(written_or_empty(&values[0], Style::Pretty)));
    functions.add("mustToJson", one, |_, values| write(&values[0], Style::Compact).map(text));
    functions.add("mustToPrettyJson", one, |_, values| write(&values[0], Style::Pretty).map(text));
    for name in ["toRawJson", "mustToRawJson"] {
        functions.add(name, one, |_, values| write(&values[0], Style::Raw).map(text));
    }
    let from = Signature::new(TEXT);
    functions.add("fromJson", from, |call, values| {
        count_read(call, &values[0], JSON_MARKS)?;
        Ok(dict(read_with(bytes(&values[0]), |value| check(value, Type::Map))))
    });
    functions.add("fromJsonArray", from, |call, values| {
        count_read(call, &values[0], JSON_MARKS)?;
        Ok(array(read_with(bytes(&values[0]), |value| check(value, Type::List))))
    });
    functions.add("mustFromJson", from, |call, values| {
        count_read(call, &values[0], JSON_MARKS)?;
        read(bytes(&values[0]))
    });
}

fn written_or_empty(value: &Value, style: Style) -> Value {
    text(write(value, style).unwrap_or_default())
}

/// What was read as a dict. An error becomes its entry `Error`.
pub fn dict(read: Result<Value, Error>) -> Value {
    let error = match read {
        Ok(Value::Nil) => return Value::Map(Map::nil(Element::Any)),
        Ok(value) => return value,
        Err(error) => error,
    };
    Value::map([(Text::from("Error"), Value::from(error.message()))])
}

/// What was read as a list. An error becomes its only item.
pub fn array(read: Result<Value, Error>) -> Value {
    let error = match read {
        Ok(Value::Nil) => return Value::List(List::nil(Element::Any)),
        Ok(value) => return value,
        Err(error) => error,
    };
    Value::list([Value::from(error.message())])
}

/// Checks that JSON is null or has a type.
pub fn check(value: &Value, wanted: Type) -> Result<(), Error> {
    if matches!(value, Value::Nil) || wanted.accepts(value) { Ok(()) } else { Err(mismatch(value, wanted)) }
}

/// Go's message for JSON of another type.
fn mismatch(value: &Value, wanted: Type) -> Error {
    let found = match value {
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    };
    Error::new(format!("json: cannot unmarshal {found} into Go value of type {}", wanted.name()))
}
