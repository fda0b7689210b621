//! Arithmetic, with Go's types: `add` and its relatives return `int64`, `addf` and `round` `float64`.

mod decimal;

use super::arguments::{ANY, TEXT, TWO_ANY, integer, lossy, text, to_float, to_int64};
use super::random;
use crate::template::{Call, Element, Error, Functions, List, Signature, Type, Value, print};
use decimal::Decimal;

/// Longest list of numbers that a function makes.
const MAX_NUMBERS: usize = 1 << 20;

pub fn add(functions: &mut Functions) {
    let one = Signature::new(ANY);
    let two = Signature::new(TWO_ANY);
    let any = Signature::variadic(&[], Type::Any);
    let more = Signature::variadic(ANY, Type::Any);
    functions.add("atoi", Signature::new(TEXT), |_, values| Ok(Value::Int(atoi(&lossy(&values[0])))));
    functions.add("int", one, |_, values| Ok(Value::Int(to_int64(&values[0]))));
    functions.add("int64", one, |_, values| Ok(Value::Int64(to_int64(&values[0]))));
    functions.add("float64", one, |_, values| Ok(Value::Float(to_float(&values[0]))));
    functions.add("toDecimal", one, |_, values| {
        let octal = String::from_utf8_lossy(&print(&values[..1])).into_owned();
        Ok(Value::Int64(i64::from_str_radix(&octal, 8).unwrap_or_default()))
    });
    functions.add("add1", one, |_, values| Ok(Value::Int64(to_int64(&values[0]).wrapping_add(1))));
    functions.add("add", any, |_, values| {
        Ok(Value::Int64(values.iter().map(to_int64).fold(0, i64::wrapping_add)))
    });
    functions.add("mul", more, |_, values| {
        Ok(Value::Int64(values.iter().map(to_int64).fold(1, i64::wrapping_mul)))
    });
    functions.add("sub", two, |_, values| {
        Ok(Value::Int64(to_int64(&values[0]).wrapping_sub(to_int64(&values[1]))))
    });
    functions.add("div", two, |_, values| {
        let divisor = divisor(&values[1])?;
        Ok(Value::Int64(to_int64(&values[0]).wrapping_div(divisor)))
    });
    functions.add("mod", two, |_, values| {
        let divisor = divisor(&values[1])?;
        Ok(Value::Int64(to_int64(&values[0]).wrapping_rem(divisor)))
    });
    for name in ["max", "biggest"] {
        functions.add(name, more, |_, values| {
            Ok(Value::Int64(values.iter().map(to_int64).max().unwrap_or_default()))
        });
    }
    functions.add("min", more, |_, values| {
        Ok(Value::Int64(values.iter().map(to_int64).min().unwrap_or_default()))
    });
    floats(functions);
    sequences(functions);
}

fn floats(functions: &mut Functions) {
    let one = Signature::new(ANY);
    let any = Signature::variadic(&[], Type::Any);
    let more = Signature::variadic(ANY, Type::Any);
    functions.add("add1f", one, |_, values| {
        calculated(to_float(&values[0]), &[Value::Int(1)], |one, other| Ok(one.plus(other)))
    });
    functions.add("addf", any, |_, values| calculated(0.0, values, |one, other| Ok(one.plus(other))));
    functions.add("subf", more, |_, values| {
        calculated(to_float(&values[0]), &values[1..], |one, other| Ok(one.minus(other)))
    });
    functions.add("mulf", more, |_, values| {
        calculated(to_float(&values[0]), &values[1..], |one, other| Ok(one.times(other)))
    });
    functions
        .add("divf", more, |_, values| calculated(to_float(&values[0]), &values[1..], Decimal::divided_by));
    functions.add("maxf", more, |_, values| {
        Ok(Value::Float(values.iter().map(to_float).reduce(larger).unwrap_or_default()))
    });
    functions.add("minf", more, |_, values| {
        Ok(Value::Float(-values.iter().map(|value| -to_float(value)).reduce(larger).unwrap_or_default()))
    });
    functions.add("ceil", one, |_, values| Ok(Value::Float(to_float(&values[0]).ceil())));
    functions.add("floor", one, |_, values| Ok(Value::Float(to_float(&values[0]).floor())));
    functions.add("round", Signature::variadic(&[Type::Any, Type::Int], Type::Float), |_, values| {
        let round_on = values.get(2).map_or(0.5, to_float);
        Ok(Value::Float(rounded(to_float(&values[0]), integer(&values[1]), round_on)))
    });
}

fn sequences(functions: &mut Functions) {
    functions.add("until", Signature::new(&[Type::Int]), |call, values| {
        let stop = integer(&values[0]);
        Ok(numbers(steps(call, 0, stop, if stop < 0 { -1 } else { 1 })?))
    });
    functions.add("untilStep", Signature::new(&[Type::Int, Type::Int, Type::Int]), |call, values| {
        Ok(numbers(steps(call, integer(&values[0]), integer(&values[1]), integer(&values[2]))?))
    });
    functions.add("seq", Signature::variadic(&[], Type::Int), |call, values| {
        let values: Vec<i64> = values.iter().map(integer).collect();
        let (start, step, end) = match values[..] {
            [end] => (1, None, end),
            [start, end] => (start, None, end),
            [start, step, end] if end >= start || step <= 0 => (start, Some(step), end),
            _ => return Ok(text("")),
        };
        let direction = if end < start { -1 } else { 1 };
        let numbers = steps(call, start, end.wrapping_add(direction), step.unwrap_or(direction))?;
        Ok(text(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
    });
    functions.add("randInt", Signature::new(&[Type::Int, Type::Int]), |call, values| {
        let (from, to) = (integer(&values[0]), integer(&values[1]));
        let count = u64::try_from(to.wrapping_sub(from)).unwrap_or_default();
        if count == 0 {
            return Err(Error::new("invalid argument to Intn"));
        }
        let number = random::Stream::new(call, "randInt").below(count);
        Ok(Value::Int(from.wrapping_add(number.cast_signed())))
    });
}

fn numbers(numbers: Vec<i64>) -> Value {
    Value::List(List::new(Element::Int, numbers.into_iter().map(Value::Int).collect()))
}

/// Go's `strconv.Atoi` without its error: 0, or the number that is nearest.
fn atoi(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

fn divisor(value: &Value) -> Result<i64, Error> {
    match to_int64(value) {
        0 => Err(Error::new("runtime error: integer divide by zero")),
        divisor => Ok(divisor),
    }
}

/// Applies an operation to exact decimal numbers.
fn calculated(
    first: f64,
    others: &[Value],
    operation: impl Fn(&Decimal, &Decimal) -> Result<Decimal, Error>,
) -> Result<Value, Error> {
    let mut result = Decimal::new(first)?;
    for other in others {
        result = operation(&result, &Decimal::new(to_float(other))?)?;
    }
    Ok(Value::Float(result.to_float()))
}

/// Go's `math.Max`.
fn larger(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() {
        return if one == f64::INFINITY || other == f64::INFINITY { f64::INFINITY } else { f64::NAN };
    }
    if one == 0.0 && other == 0.0 {
        return if one.is_sign_negative() { other } else { one };
    }
    if one > other { one } else { other }
}

/// Rounds as Sprig does: up from `round_on`, which for negative numbers is never reached.
fn rounded(value: f64, places: i64, round_on: f64) -> f64 {
    let power = power_of_ten(places);
    let digits = power * value;
    let fraction = if digits.is_infinite() { f64::NAN } else { digits.fract() };
    let whole = if fraction >= round_on { digits.ceil() } else { digits.floor() };
    whole / power
}

/// Go's `math.Pow(10, exponent)`, with its roundings.
fn power_of_ten(exponent: i64) -> f64 {
    if exponent.unsigned_abs() > 400 {
        return if exponent > 0 { f64::INFINITY } else { 0.0 };
    }
    // A fraction from a half to one, and a power of two.
    let (mut fraction, mut power) = (0.625_f64, 4_i32);
    let (mut product, mut product_power) = (1.0_f64, 0_i32);
    let mut rest = exponent.unsigned_abs();
    while rest != 0 {
        if rest & 1 == 1 {
            product *= fraction;
            product_power += power;
        }
        fraction *= fraction;
        power *= 2;
        if fraction < 0.5 {
            fraction += fraction;
            power -= 1;
        }
        rest >>= 1;
    }
    if exponent < 0 {
        (product, product_power) = (1.0 / product, -product_power);
    }
    let half = product_power / 2;
    product * 2_f64.powi(half) * 2_f64.powi(product_power - half)
}

/// Numbers from a start to before an end.
fn steps(call: &mut Call<'_>, start: i64, end: i64, by: i64) -> Result<Vec<i64>, Error> {
    let mut numbers = Vec::new();
    if if end < start { by >= 0 } else { by <= 0 } {
        return Ok(numbers);
    }
    let mut number = start;
    while if end < start { number > end } else { number < end } {
        if numbers.len() >= MAX_NUMBERS {
            return Err(Error::new(format!("exceeded maximum of {MAX_NUMBERS} numbers")));
        }
        numbers.push(number);
        number = number.wrapping_add(by);
    }
    call.work(u64::try_from(numbers.len()).unwrap_or(u64::MAX))?;
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_sprig_rounds_them() {
        for (value, places, expected) in [
            (123.5555, 3, 123.556),
            (123.555, 0, 124.0),
            (-1.2, 0, -2.0),
            (-1.5, 0, -2.0),
            (1234.0, -2, 1200.0),
        ] {
            assert_eq!(rounded(value, places, 0.5).to_string(), expected.to_string(), "{value}");
        }
    }

    #[test]
    fn texts_are_read_as_the_nearest_number() {
        assert_eq!(["12", "-3", "+4", "1.5", "", "x", "-"].map(atoi), [12, -3, 4, 0, 0, 0, 0]);
        assert_eq!(["99999999999999999999", "-99999999999999999999"].map(atoi), [i64::MAX, i64::MIN]);
    }
}
