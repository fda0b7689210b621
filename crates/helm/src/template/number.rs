//! Constants of templates: numbers in all of Go's notations, and characters.

use super::quote::{INVALID, quote, unquote_char};
use super::token::Kind;

/// A constant, as every type that can hold it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Number {
    pub text: String,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
}

impl Number {
    pub fn parse(text: &str, kind: Kind) -> Result<Self, String> {
        let mut number = Self { text: text.to_owned(), ..Self::default() };
        match kind {
            Kind::CharConstant => {
                let (unit, tail) = unquote_char(&text[1..], '\'').ok_or(INVALID)?;
                if tail != "'" {
                    return Err(format!("malformed character constant: {text}"));
                }
                number.int = Some(i64::from(unit.code()));
                number.uint = Some(u64::from(unit.code()));
                number.float = Some(f64::from(unit.code()));
            }
            Kind::Complex => {
                let parts = complex(text)?;
                number.simplify(parts);
            }
            _ => number.read(text)?,
        }
        Ok(number)
    }

    #[allow(clippy::cast_precision_loss, reason = "the nearest float is meant")]
    fn read(&mut self, text: &str) -> Result<(), String> {
        if let Some(imaginary) = text.strip_suffix('i').and_then(float) {
            self.simplify((0.0, imaginary));
            return Ok(());
        }
        self.uint = unsigned(text);
        self.int = signed(text);
        if self.int == Some(0) {
            self.uint = Some(0);
        }
        if let Some(int) = self.int {
            self.float = Some(int as f64);
        } else if let Some(uint) = self.uint {
            self.float = Some(uint as f64);
        } else if let Some(value) = float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quote(text.as_bytes())));
            }
            self.float = Some(value);
            self.int = exact_int(value);
            self.uint = exact_uint(value);
        } else {
            return Err(format!("illegal number syntax: {}", quote(text.as_bytes())));
        }
        Ok(())
    }

    fn simplify(&mut self, (real, imaginary): (f64, f64)) {
        self.complex = Some((real, imaginary));
        if imaginary == 0.0 {
            self.float = Some(real);
            self.int = exact_int(real);
            self.uint = exact_uint(real);
        }
    }

    /// Reports whether the notation, rather than the value, makes it a float.
    pub fn is_written_as_float(&self) -> bool {
        let hex = self.text.starts_with("0x") || self.text.starts_with("0X");
        self.float.is_some()
            && !self.text.starts_with('\'')
            && !(hex && self.text.len() > 2 && !self.text.contains(['p', 'P']))
            && self.text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the value is checked")]
fn exact_int(value: f64) -> Option<i64> {
    let range = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    (range.contains(&value) && value.fract() == 0.0).then_some(value as i64)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is checked")]
fn exact_uint(value: f64) -> Option<u64> {
    ((0.0..18_446_744_073_709_551_616.0).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}

fn signed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = i128::from(unsigned(digits)?);
    i64::try_from(if negative { -value } else { value }).ok()
}

/// Go's `ParseUint` with base 0: prefixes, octal with a leading zero, underscores between digits.
fn unsigned(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', _, ..] => (16, &lower[2..]),
        [b'0', b'o', _, ..] => (8, &lower[2..]),
        [b'0', b'b', _, ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(['+', '-']) || !underscores_fit(&lower) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).ok()
}

/// Go's `strconv.ParseInt` with base 0: prefixes, octal with a leading zero, underscores between digits.
pub fn parse_int(text: &str) -> Option<i64> {
    signed(text)
}

/// Go's `strconv.ParseFloat`. Numbers that are too large are errors, as is `1_000`.
pub fn parse_float(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (negative, unsigned) = match lower.as_bytes().first()? {
        b'-' => (true, &lower[1..]),
        b'+' => (false, &lower[1..]),
        _ => (false, lower.as_str()),
    };
    if unsigned.starts_with(['+', '-']) {
        return None;
    }
    let value = match unsigned {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => return Some(f64::NAN),
        _ => float(unsigned)?,
    };
    Some(if negative { -value } else { value })
}

/// Underscores stand between digits, or between a prefix and a digit.
fn underscores_fit(lower: &str) -> bool {
    let digits = lower.trim_start_matches(['+', '-']);
    let prefixed = ["0x", "0o", "0b"].iter().any(|prefix| digits.starts_with(prefix));
    let (mut last, rest) = if prefixed { ('0', &digits[2..]) } else { ('^', digits) };
    for c in rest.chars() {
        let class = match c {
            '_' if last != '0' => return false,
            '_' => '_',
            '0'..='9' => '0',
            'a'..='f' if digits.starts_with("0x") => '0',
            _ if last == '_' => return false,
            _ => '!',
        };
        last = class;
    }
    last != '_'
}

/// Go's `ParseFloat`, for what the lexer lets through.
fn float(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    if !underscores_fit(&lower) {
        return None;
    }
    let plain = lower.replace('_', "");
    let unsigned = plain.trim_start_matches(['+', '-']);
    if plain.len() - unsigned.len() > 1 {
        return None;
    }
    let value = match unsigned.strip_prefix("0x") {
        Some(hex) => hex_float(hex)?,
        None if unsigned.chars().all(|c| matches!(c, '0'..='9' | '.' | 'e' | '+' | '-')) => {
            unsigned.parse().ok()?
        }
        None => return None,
    };
    value.is_finite().then_some(if plain.starts_with('-') { -value } else { value })
}

/// A hexadecimal float, which must have an exponent.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let mut exponent: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut bits, mut sticky) = (0_u128, false);
    for (at, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u128::from(digit.to_digit(16)?);
        if bits >> 120 == 0 {
            bits = bits << 4 | digit;
            exponent = exponent.checked_sub(if at >= whole.len() { 4 } else { 0 })?;
        } else {
            sticky |= digit != 0;
            exponent = exponent.checked_add(if at >= whole.len() { 0 } else { 4 })?;
        }
    }
    Some(scale(bits | u128::from(sticky), exponent))
}

/// `bits` times a power of two, rounded once, to the nearest float.
#[allow(clippy::cast_precision_loss, reason = "no more bits than a float has")]
fn scale(bits: u128, exponent: i32) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let length = 128 - bits.leading_zeros().cast_signed();
    let top = length - 1 + exponent;
    if top > 1023 {
        return f64::INFINITY;
    }
    let keep = if top < -1022 { 53 - (-1022 - top) } else { 53 };
    let (drop, rounded) = match length - keep {
        drop if drop <= 0 => (0, bits),
        drop if drop > length + 1 => return 0.0,
        drop => {
            let half = 1_u128 << (drop - 1);
            let kept = if drop >= 128 { 0 } else { bits >> drop };
            let rest = if drop >= 128 { bits } else { bits & ((1 << drop) - 1) };
            (drop, if rest > half || rest == half && kept & 1 == 1 { kept + 1 } else { kept })
        }
    };
    let power = exponent + drop;
    // Both factors are exact, in two steps for the smallest floats.
    let half = power / 2;
    rounded as f64 * 2_f64.powi(half) * 2_f64.powi(power - half)
}

/// Real and imaginary part of `1+2i`, with the messages of Go's `fmt.Sscan`.
fn complex(text: &str) -> Result<(f64, f64), String> {
    let split = text.strip_suffix('i').and_then(|body| {
        let bytes = body.as_bytes();
        let is_sign = |at: usize| {
            matches!(bytes[at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E' | b'p' | b'P')
        };
        (1..bytes.len()).rev().find(|&at| is_sign(at)).map(|at| body.split_at(at))
    });
    match split {
        Some((real, imaginary)) if !real.ends_with('i') => Ok((part(real)?, part(imaginary)?)),
        _ => Err("syntax error scanning complex number".to_owned()),
    }
}

fn part(text: &str) -> Result<f64, String> {
    float(text).ok_or_else(|| format!("strconv.ParseFloat: parsing {}: {INVALID}", quote(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text, if text.starts_with('\'') { Kind::CharConstant } else { Kind::Number }).unwrap()
    }

    #[test]
    fn integers_have_all_notations() {
        for (text, value) in [
            ("0", 0),
            ("-7", -7),
            ("+7", 7),
            ("0x1F", 31),
            ("0o17", 15),
            ("017", 15),
            ("0b101", 5),
            ("1_000", 1000),
            ("0x_f", 15),
            ("1e3", 1000),
            ("'a'", 97),
            (r"'\n'", 10),
            ("0x1p4", 16),
        ] {
            assert_eq!(number(text).int, Some(value), "{text}");
        }
        assert_eq!(number("18446744073709551615").uint, Some(u64::MAX));
    }

    #[test]
    fn floats_are_exact() {
        assert_eq!(number("0x1.8p1").float, Some(3.0));
        assert_eq!(number("0x1p-1074").float, Some(5e-324));
        assert_eq!(number("0x1p-1075").float, Some(0.0));
        assert_eq!(number("0x1.fffffffffffff8p0").float, Some(2.0));
        assert_eq!(number("1_0.2_5").float, Some(10.25));
        assert!(number("1.0").is_written_as_float() && !number("0xe").is_written_as_float());
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for text in ["089", "9223372036854775808000", "1__0", "0x", "0x1.8", "1e400", "."] {
            assert!(Number::parse(text, Kind::Number).is_err(), "{text}");
        }
    }
}
