//! Exact numbers, and numbers in messages.

use std::cmp::Ordering;

use serde_json::Number;

use crate::template::{Value, print};

/// A decimal number: `digits` times ten to the power of `exponent`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    negative: bool,
    digits: u128,
    exponent: i32,
}

impl Decimal {
    pub fn of(number: &Number) -> Self {
        if let Some(value) = number.as_i64() {
            return Self { negative: value < 0, digits: value.unsigned_abs().into(), exponent: 0 };
        }
        if let Some(value) = number.as_u64() {
            return Self { negative: false, digits: value.into(), exponent: 0 };
        }
        let text = format!("{:e}", number.as_f64().unwrap_or_default());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.trim_start_matches('-');
        let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
        let exponent = exponent.parse::<i32>().unwrap_or_default();
        Self {
            negative: mantissa.starts_with('-'),
            digits: digits.replace('.', "").parse().unwrap_or_default(),
            exponent: exponent - i32::try_from(decimals).unwrap_or_default(),
        }
    }

    pub fn is_integer(self) -> bool {
        self.digits == 0 || self.exponent >= 0 || {
            let divisor = 10_u128.checked_pow(self.exponent.unsigned_abs());
            divisor.is_some_and(|divisor| self.digits.is_multiple_of(divisor))
        }
    }

    /// The number as an integer, if it is one that fits.
    pub fn integer(self) -> Option<i64> {
        if !self.is_integer() {
            return None;
        }
        let power = 10_u128.checked_pow(self.exponent.unsigned_abs())?;
        let whole = if self.exponent < 0 { self.digits / power } else { self.digits.checked_mul(power)? };
        let whole = i64::try_from(whole).ok()?;
        Some(if self.negative { -whole } else { whole })
    }

    /// A text that equal numbers share.
    pub fn canonical(self) -> String {
        let (mut digits, mut exponent) = (self.digits, self.exponent);
        while digits != 0 && digits.is_multiple_of(10) {
            (digits, exponent) = (digits / 10, exponent + 1);
        }
        match digits {
            0 => "0".to_owned(),
            _ => format!("{}{digits}e{exponent}", if self.negative { "-" } else { "" }),
        }
    }

    pub fn compare(self, other: Self) -> Ordering {
        let sign = |number: Self| match (number.digits, number.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        };
        let (one, two) = (sign(self), sign(other));
        if one != two || one == 0 {
            return one.cmp(&two);
        }
        let ordering = self.compare_magnitude(other);
        if one < 0 { ordering.reverse() } else { ordering }
    }

    /// Compares two numbers that are not zero, without their signs.
    fn compare_magnitude(self, other: Self) -> Ordering {
        let difference = self.exponent - other.exponent;
        if difference < 0 {
            return other.compare_magnitude(self).reverse();
        }
        let scaled =
            10_u128.checked_pow(difference.unsigned_abs()).and_then(|it| self.digits.checked_mul(it));
        scaled.map_or(Ordering::Greater, |scaled| scaled.cmp(&other.digits))
    }

    /// Whether the number is a multiple of another one, which is not zero.
    pub fn is_multiple_of(self, other: Self) -> bool {
        if self.digits == 0 || other.digits == 0 {
            return self.digits == 0;
        }
        let difference = self.exponent - other.exponent;
        if difference < 0 {
            let scaled =
                10_u128.checked_pow(difference.unsigned_abs()).and_then(|it| other.digits.checked_mul(it));
            return scaled.is_some_and(|scaled| self.digits.is_multiple_of(scaled));
        }
        // The digits of a float and of a 64-bit integer are below 2⁶⁴, so that products of two remainders fit.
        let mut rest = self.digits % other.digits;
        for _ in 0..difference {
            if rest == 0 {
                break;
            }
            rest = rest * 10 % other.digits;
        }
        rest == 0
    }
}

/// A number as messages show it: `65,536`, `1.5×10⁻⁰⁷`.
pub fn shown(number: &Number) -> String {
    let text = print(&[Value::Float(number.as_f64().unwrap_or_default())]);
    let text = String::from_utf8_lossy(&text);
    if let Some((mantissa, exponent)) = text.split_once('e') {
        let exponent: String = exponent.chars().filter_map(superscript).collect();
        return format!("{mantissa}×10{exponent}");
    }
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    format!("{sign}{}{fraction}", grouped(digits))
}

/// A count as messages show it.
pub fn count(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&count.unsigned_abs().to_string()))
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn superscript(character: char) -> Option<char> {
    match character {
        '-' => Some('⁻'),
        '0'..='9' => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(usize::from(u8::try_from(character).ok()? - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    fn decimal(text: &str) -> Decimal {
        Decimal::of(&number(text))
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let sorted =
            ["-1e300", "-2", "-1.5", "0", "5e-324", "0.1", "9007199254740992", "9007199254740993", "1e300"];
        for (at, one) in sorted.iter().enumerate() {
            for (other_at, other) in sorted.iter().enumerate() {
                assert_eq!(decimal(one).compare(decimal(other)), at.cmp(&other_at), "{one} {other}");
            }
        }
        assert_eq!(decimal("1.0").compare(decimal("1")), Ordering::Equal);
        assert!(decimal("1e3").is_integer() && decimal("2.0").is_integer() && !decimal("2.5").is_integer());
        assert_eq!(decimal("-2e2").integer(), Some(-200));
    }

    #[test]
    fn multiples_are_exact() {
        for (number, divisor, expected) in [
            ("4.35", "0.01", true),
            ("4.355", "0.01", false),
            ("1e300", "7", false),
            ("1e300", "1e299", true),
            ("0", "3", true),
            ("7", "2", false),
            ("0.3", "0.1", true),
        ] {
            assert_eq!(decimal(number).is_multiple_of(decimal(divisor)), expected, "{number} {divisor}");
        }
    }

    #[test]
    fn numbers_are_shown_in_english() {
        for (text, expected) in [
            ("1000", "1,000"),
            ("1234567", "1.234567×10⁰⁶"),
            ("123456.789", "123,456.789"),
            ("-65536.25", "-65,536.25"),
            ("0.00001", "1×10⁻⁰⁵"),
            ("1e100", "1×10¹⁰⁰"),
        ] {
            assert_eq!(shown(&number(text)), expected);
        }
        assert_eq!(count(-1_234_567), "-1,234,567");
        assert_eq!(count(999), "999");
    }
}
