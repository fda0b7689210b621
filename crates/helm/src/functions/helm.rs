//! Helm's own functions: templates in templates, values that are required, and what a cluster would answer.

use super::arguments::{TEXT, lossy, text};
use crate::template::{Error, Functions, Signature, Text, Type, Value};

const NAME_AND_DATA: &[Type] = &[Type::String, Type::Any];
const LOOKUP: &[Type] = &[Type::String, Type::String, Type::String, Type::String];

pub fn add(functions: &mut Functions) {
    functions.add("include", Signature::new(NAME_AND_DATA), |call, values| {
        call.include(&lossy(&values[0]), values[1].clone()).map(text)
    });
    functions.add("tpl", Signature::new(NAME_AND_DATA), |call, values| {
        let rendered = call.render(&lossy(&values[0]), values[1].clone())?;
        Ok(text(super::without_no_value(rendered)))
    });
    functions.add("required", Signature::new(NAME_AND_DATA), |_, values| match &values[1] {
        Value::Nil => Err(wrapped(&values[0])),
        Value::String(text) if text.is_empty() => Err(wrapped(&values[0])),
        value => Ok(value.clone()),
    });
    functions.add("fail", Signature::new(TEXT), |_, values| Err(wrapped(&values[0])));
    // Without a cluster, Helm finds no objects and no addresses.
    functions.add("lookup", Signature::new(LOOKUP), |_, _| Ok(Value::map::<Text>([])));
    functions.add("getHostByName", Signature::new(TEXT), |_, _| Ok(Value::from("")));
}

/// A message for the user. Helm marks it, and shows only what is between the marks.
fn wrapped(message: &Value) -> Error {
    Error::new(format!("HELM_ERR_START{}HELM_ERR_END", lossy(message)))
}
