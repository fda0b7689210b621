//! Go's `reflect.DeepEqual`.

use std::rc::Rc;

use crate::template::{Call, Error, Value};

/// Deepest nesting that is compared.
const MAX_DEPTH: usize = 1000;

/// Reports whether two values have the same types and contents.
pub fn deep_equal(call: &mut Call<'_>, one: &Value, other: &Value) -> Result<bool, Error> {
    let mut compared = 0;
    let equal = equals(one, other, 0, &mut compared);
    call.work(compared)?;
    equal
}

/// Reports whether a list contains a value.
pub fn contains(call: &mut Call<'_>, list: &[Value], value: &Value) -> Result<bool, Error> {
    for item in list {
        if deep_equal(call, value, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp, reason = "so does Go")]
fn equals(one: &Value, other: &Value, depth: usize, compared: &mut u64) -> Result<bool, Error> {
    const LIMIT: u64 = 1_000_000;
    *compared += 1;
    if *compared > LIMIT || depth > MAX_DEPTH {
        return Err(Error::new(format!(
            "exceeded maximum of {LIMIT} values or {MAX_DEPTH} levels to compare"
        )));
    }
    Ok(match (one, other) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Int(one), Value::Int(other)) | (Value::Int64(one), Value::Int64(other)) => one == other,
        (Value::Uint8(one), Value::Uint8(other)) => one == other,
        (Value::Uint64(one), Value::Uint64(other)) => one == other,
        (Value::Float(one), Value::Float(other)) => one == other,
        (Value::Complex(real, imaginary), Value::Complex(other_real, other_imaginary)) => {
            real == other_real && imaginary == other_imaginary
        }
        (Value::String(one), Value::String(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            if one.element() != other.element() || one.is_nil() != other.is_nil() || one.len() != other.len()
            {
                return Ok(false);
            }
            if one.is_same(other) {
                return Ok(true);
            }
            for (one, other) in one.items().iter().zip(other.items().iter()) {
                if !equals(one, other, depth + 1, compared)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(one), Value::Map(other)) => {
            if one.type_name() != other.type_name()
                || one.is_nil() != other.is_nil()
                || one.len() != other.len()
            {
                return Ok(false);
            }
            if one.is_same(other) {
                return Ok(true);
            }
            for ((key, one), (other_key, other)) in one.entries().iter().zip(other.entries().iter()) {
                if key != other_key || !equals(one, other, depth + 1, compared)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Object(one), Value::Object(other)) => Rc::ptr_eq(one, other) || one.equals(&**other),
        _ => false,
    })
}
