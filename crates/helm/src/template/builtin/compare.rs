//! `eq`, `lt` and their relatives.

use crate::template::error::Error;
use crate::template::exec::BuiltinArgument as Operand;
use crate::template::format::{shown, with_verb};
use crate::template::value::Value;

/// Kinds of values that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basic {
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
}

fn basic(value: &Value) -> Option<Basic> {
    Some(match value {
        Value::Bool(_) => Basic::Bool,
        Value::Int(_) | Value::Int64(_) => Basic::Int,
        Value::Uint8(_) | Value::Uint64(_) => Basic::Uint,
        Value::Float(_) => Basic::Float,
        Value::Complex(..) => Basic::Complex,
        Value::String(_) => Basic::String,
        Value::Nil | Value::List(_) | Value::Map(_) | Value::Object(_) => return None,
    })
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) | Value::Int64(number) => Some(i128::from(*number)),
        Value::Uint8(number) => Some(i128::from(*number)),
        Value::Uint64(number) => Some(i128::from(*number)),
        _ => None,
    }
}

fn incompatible(one: &Value, other: &Value) -> Error {
    let (one, other) = (one.type_name(), other.type_name());
    Error::new(format!("incompatible types for comparison: {one} and {other}"))
}

/// Whether the first value equals one of the others.
pub fn equal(first: &Operand, others: &[Operand]) -> Result<bool, Error> {
    if others.is_empty() {
        return Err(Error::new("missing argument for comparison"));
    }
    for other in others {
        if equals(&first.value, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp, reason = "so does Go")]
fn equals(one: &Value, other: &Value) -> Result<bool, Error> {
    if let (Some(one), Some(other)) = (integer(one), integer(other)) {
        return Ok(one == other);
    }
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        (Value::Float(one), Value::Float(other)) => Ok(one == other),
        (Value::Complex(real, imaginary), Value::Complex(other_real, other_imaginary)) => {
            Ok(real == other_real && imaginary == other_imaginary)
        }
        (Value::String(one), Value::String(other)) => Ok(one == other),
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        _ if basic(one) != basic(other) => Err(incompatible(one, other)),
        (Value::Object(one), Value::Object(other)) => Ok(std::rc::Rc::ptr_eq(one, other)),
        (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
            Err(Error::new(format!("non-comparable type {}: {}", with_verb(other, 's'), other.type_name())))
        }
        _ => Err(Error::new(format!(
            "non-comparable types {}: {}, {}: {}",
            with_verb(one, 's'),
            one.type_name(),
            other.type_name(),
            shown(other)
        ))),
    }
}

pub fn less(one: &Operand, other: &Operand) -> Result<bool, Error> {
    let (one, other) = (&one.value, &other.value);
    let bad = || Error::new("invalid type for comparison");
    let (kind, other_kind) = (basic(one).ok_or_else(bad)?, basic(other).ok_or_else(bad)?);
    if let (Some(one), Some(other)) = (integer(one), integer(other)) {
        return Ok(one < other);
    }
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => Ok(one < other),
        (Value::String(one), Value::String(other)) => Ok(one < other),
        _ if kind != other_kind => Err(incompatible(one, other)),
        _ => Err(bad()),
    }
}

pub fn less_or_equal(one: &Operand, other: &Operand) -> Result<bool, Error> {
    Ok(less(one, other)? || equals(&one.value, &other.value)?)
}
