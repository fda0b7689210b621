//! What plain (unquoted) scalars mean in the two schemas of the Kubernetes tools.
//!
//! Source of the rules: go-yaml v2 (`sigs.k8s.io/yaml`, [`Schema::Kubernetes`]) and v3 (kustomize's
//! kyaml, [`Schema::Kyaml`]). The writer asks the same function which strings need quotes.

use super::timestamp::is_timestamp;

/// Rules by which a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schema {
    /// Those of `sigs.k8s.io/yaml`, and so of kubectl and flux: YAML 1.1, where `yes`, `on` and `y` are true.
    #[default]
    Kubernetes,
    /// Those of kustomize (yaml.v3): `yes`, `no`, `on`, `off`, `y` and `n` are strings.
    Kyaml,
}

/// What a plain scalar resolves to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plain {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`, and in the Kubernetes schema words such as `yes`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A number with a fraction or an exponent, or one too large for an integer.
    Float(f64),
    /// A date, with or without a time.
    Timestamp,
    /// A string.
    Str,
}

/// Resolves the plain scalar `text`. `timestamps` is false if a tag asks for another type; dates are not tried then.
pub(super) fn resolve(text: &str, schema: Schema, timestamps: bool) -> Plain {
    let Some(first) = text.bytes().next() else { return Plain::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, schema),
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Plain::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Plain::Float(f64::INFINITY),
            _ => fraction(text),
        },
        b'+' | b'-' | b'0'..=b'9' => match text {
            "+.inf" | "+.Inf" | "+.INF" => Plain::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Plain::Float(f64::NEG_INFINITY),
            _ if timestamps && is_timestamp(text) => Plain::Timestamp,
            _ => number(text, schema),
        },
        _ => Plain::Str,
    }
}

/// Resolves the plain scalar `text` without a tag.
pub fn resolve_plain(text: &str, schema: Schema) -> Plain {
    resolve(text, schema, true)
}

fn word(text: &str, schema: Schema) -> Plain {
    match text {
        "~" | "null" | "Null" | "NULL" => Plain::Null,
        "true" | "True" | "TRUE" => Plain::Bool(true),
        "false" | "False" | "FALSE" => Plain::Bool(false),
        _ if schema == Schema::Kyaml => Plain::Str,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Plain::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Plain::Bool(false),
        _ => Plain::Str,
    }
}

/// Resolves `.5`, `.5e3`, `.1_2`: here Go accepts underscores only between digits.
fn fraction(text: &str) -> Plain {
    if !text.contains('_') {
        return float(text);
    }
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        bytes[at] != b'_'
            || (bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    };
    if (1..bytes.len()).all(between_digits) { float(&text.replace('_', "")) } else { Plain::Str }
}

fn number(text: &str, schema: Schema) -> Plain {
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        &without
    } else {
        text
    };
    let (negative, unsigned) = match plain.as_bytes() {
        [b'-', ..] => (true, &plain[1..]),
        [b'+', ..] => (false, &plain[1..]),
        _ => (false, plain),
    };
    let signed = unsigned.len() != plain.len();
    if let Some(magnitude) = magnitude(unsigned) {
        if let Some(int) = in_range(magnitude, negative) {
            return Plain::Int(int);
        }
        if !signed {
            return Plain::Uint(magnitude);
        }
    }
    if let float @ Plain::Float(_) = float(plain) {
        return float;
    }
    // Go also accepts a sign after the prefix `0b` ("0b-1", "0b+1"), and after `0o` in version 3. Only a minus may come
    // before the prefix.
    let digits_of = |prefix: &str| match plain.strip_prefix('-') {
        Some(rest) => rest.strip_prefix(prefix).filter(|rest| !rest.starts_with(['+', '-'])),
        None => plain.strip_prefix(prefix),
    };
    let second = digits_of("0b")
        .map(|digits| (digits, 2))
        .or_else(|| digits_of("0o").filter(|_| schema == Schema::Kyaml).map(|digits| (digits, 8)));
    if let Some((digits, radix)) = second {
        let (minus, digits) = match digits.as_bytes() {
            [b'-', ..] => (true, &digits[1..]),
            [b'+', ..] => (false, &digits[1..]),
            _ => (negative, digits),
        };
        if let Some(int) = from_radix(digits, radix).and_then(|magnitude| in_range(magnitude, minus)) {
            return Plain::Int(int);
        }
    }
    Plain::Str
}

/// Parses an integer with Go's base prefixes: `0x`, `0b`, `0o` in either case, and a leading zero for octal.
fn magnitude(digits: &str) -> Option<u64> {
    match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => from_radix(&digits[2..], 16),
        [b'0', b'b' | b'B', _, ..] => from_radix(&digits[2..], 2),
        [b'0', b'o' | b'O', _, ..] => from_radix(&digits[2..], 8),
        b"0" => Some(0),
        [b'0', ..] => from_radix(&digits[1..], 8),
        _ => from_radix(digits, 10),
    }
}

/// Parses an unsigned integer; unlike `u64::from_str_radix`, it refuses a sign.
fn from_radix(digits: &str, radix: u32) -> Option<u64> {
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, radix).ok() }
}

fn in_range(magnitude: u64, negative: bool) -> Option<i64> {
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Resolves a decimal number with a fraction or an exponent. One that is too large for a float stays a string.
fn float(text: &str) -> Plain {
    if !is_decimal(text) {
        return Plain::Str;
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => Plain::Float(float),
        _ => Plain::Str,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.as_bytes();
    if let [b'+' | b'-', tail @ ..] = rest {
        rest = tail;
    }
    let whole = digits(rest);
    rest = &rest[whole..];
    if let [b'.', tail @ ..] = rest {
        let fraction = digits(tail);
        if whole == 0 && fraction == 0 {
            return false;
        }
        rest = &tail[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', tail @ ..] = rest {
        rest = match tail {
            [b'+' | b'-', tail @ ..] => tail,
            _ => tail,
        };
        let exponent = digits(rest);
        return exponent > 0 && exponent == rest.len();
    }
    rest.is_empty()
}

/// Returns whether `text` is a base 60 number of YAML 1.1 (`12:30:45`). Neither schema reads it as a number, but other readers
/// do, so the writer quotes it.
/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
pub(super) fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (sixties, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = sixties.split(':');
    let whole = parts.next().unwrap_or_default();
    let Some(second) = parts.next() else { return false };
    let is_sixty = |part: &str| match part.as_bytes() {
        [digit] | [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    let digit_or_underscore = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    whole.starts_with(|first: char| first.is_ascii_digit())
        && whole.bytes().all(digit_or_underscore)
        && is_sixty(second)
        && parts.all(is_sixty)
        && fraction.bytes().all(digit_or_underscore)
}
