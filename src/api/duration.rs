//! Durations in the format of Go ("1m0s"), as used for every interval and timeout.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Signed duration in nanoseconds, in the format of Go's `time.Duration`.
/// The range is about 292 years in both directions. "10m" is parsed and written as "10m0s".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

/// Reasons why a string is not a valid duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number with a unit is missing.
    #[error("{0:?} is not a duration: write numbers with units, such as \"30s\" or \"1h30m\"")]
    Invalid(String),
    /// A number has no unit.
    #[error("the duration {0:?} has no unit: write \"{0}s\", \"{0}m\" or \"{0}h\"")]
    MissingUnit(String),
    /// The unit is not ns, us, µs, ms, s, m or h.
    #[error("unknown unit {unit:?} in the duration {text:?}: use ns, us, ms, s, m or h")]
    UnknownUnit {
        /// Complete input.
        text: String,
        /// Unknown unit.
        unit: String,
    },
    /// The duration exceeds about 292 years.
    #[error("the duration {0:?} is out of range: at most about 292 years")]
    OutOfRange(String),
}

impl Duration {
    /// Creates a duration from seconds, saturating at about 292 years.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND.cast_signed()))
    }

    /// Creates a duration from minutes, saturating at about 292 years.
    pub const fn from_mins(minutes: i64) -> Self {
        Self(minutes.saturating_mul(MINUTE.cast_signed()))
    }

    /// Returns the duration in nanoseconds, which may be negative.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Converts to the standard library's duration, or `None` if negative.
    pub fn to_std(self) -> Option<std::time::Duration> {
        u64::try_from(self.0).ok().map(std::time::Duration::from_nanos)
    }
}

impl TryFrom<std::time::Duration> for Duration {
    type Error = DurationError;

    fn try_from(span: std::time::Duration) -> Result<Self, DurationError> {
        i64::try_from(span.as_nanos()).map(Self).map_err(|_| DurationError::OutOfRange(format!("{span:?}")))
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    /// Parses the format of Go's `time.ParseDuration`.
    /// An optional sign, then decimal numbers, each with a unit. Only "0" needs no unit.
    fn from_str(text: &str) -> Result<Self, DurationError> {
        let out_of_range = || DurationError::OutOfRange(text.to_owned());
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(DurationError::Invalid(text.to_owned()));
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let whole = leading(&mut rest, |c| c.is_ascii_digit());
            let fraction = match rest.strip_prefix('.') {
                Some(after) => {
                    rest = after;
                    leading(&mut rest, |c| c.is_ascii_digit())
                }
                None => "",
            };
            if whole.is_empty() && fraction.is_empty() {
                return Err(DurationError::Invalid(text.to_owned()));
            }
            let unit = leading(&mut rest, |c| c != '.' && !c.is_ascii_digit());
            let scale = match unit {
                "" => return Err(DurationError::MissingUnit(text.to_owned())),
                "ns" => 1,
                // The micro sign and the Greek letter mu look the same; Go accepts both.
                "us" | "\u{b5}s" | "\u{3bc}s" => MICROSECOND,
                "ms" => MILLISECOND,
                "s" => SECOND,
                "m" => MINUTE,
                "h" => HOUR,
                other => {
                    return Err(DurationError::UnknownUnit { text: text.to_owned(), unit: other.to_owned() });
                }
            };
            let number =
                if whole.is_empty() { 0 } else { whole.parse::<u64>().map_err(|_| out_of_range())? };
            let part = number.checked_mul(scale).and_then(|n| n.checked_add(fraction_of(fraction, scale)));
            total = part.and_then(|part| total.checked_add(part)).ok_or_else(out_of_range)?;
        }
        // `i64::MIN` has no positive counterpart, so the sign is applied to the unsigned total.
        let nanos = if negative { 0_i64.checked_sub_unsigned(total) } else { i64::try_from(total).ok() };
        nanos.map(Self).ok_or_else(out_of_range)
    }
}

/// Splits off and returns the longest prefix whose characters all satisfy `belongs`.
fn leading<'a>(rest: &mut &'a str, belongs: impl Fn(char) -> bool) -> &'a str {
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    let (prefix, after) = rest.split_at(end);
    *rest = after;
    prefix
}

/// Converts the digits after the decimal point to nanoseconds, in units of `scale`, rounded down.
/// Digits after the eighteenth are below one nanosecond in every unit.
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let mut numerator: u128 = 0;
    let mut denominator: u128 = 1;
    for digit in digits.bytes().take(18) {
        numerator = numerator * 10 + u128::from(digit - b'0');
        denominator *= 10;
    }
    u64::try_from(numerator * u128::from(scale) / denominator).unwrap_or(u64::MAX)
}

impl fmt::Display for Duration {
    /// Formats like Go's `Duration.String`: "0s", "1.5µs", "250ms", "1m30s", "720h0m0s".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if nanos < MICROSECOND {
            return write!(f, "{nanos}ns");
        }
        if nanos < MILLISECOND {
            return decimal(f, nanos, MICROSECOND, "\u{b5}s");
        }
        if nanos < SECOND {
            return decimal(f, nanos, MILLISECOND, "ms");
        }
        let (hours, minutes) = (nanos / HOUR, nanos % HOUR / MINUTE);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        decimal(f, nanos % MINUTE, SECOND, "s")
    }
}

/// Writes `nanos` in units of `scale`, a power of ten, without trailing zeros.
fn decimal(f: &mut fmt::Formatter<'_>, nanos: u64, scale: u64, unit: &str) -> fmt::Result {
    let digits = usize::try_from(scale.ilog10()).unwrap_or(0);
    let fraction = format!("{:0digits$}", nanos % scale);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    write!(f, "{}{point}{fraction}{unit}", nanos / scale)
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads_and_writes_it_as_go_does() {
        for (text, written) in [
            ("10m", "10m0s"),
            ("1m", "1m0s"),
            ("60s", "1m0s"),
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("720h", "720h0m0s"),
            ("1h30m", "1h30m0s"),
            ("30m1h", "1h30m0s"),
            ("1.5h", "1h30m0s"),
            (".5s", "500ms"),
            ("5.s", "5s"),
            ("0", "0s"),
            ("+0", "0s"),
            ("-0", "0s"),
            ("0s", "0s"),
            ("0h0m", "0s"),
            ("-1m", "-1m0s"),
            ("+5s", "5s"),
            ("1.5ms", "1.5ms"),
            ("1500us", "1.5ms"),
            ("1\u{b5}s", "1\u{b5}s"),
            ("1\u{3bc}s", "1\u{b5}s"),
            ("999ns", "999ns"),
            ("1001ns", "1.001\u{b5}s"),
            ("1.0001s", "1.0001s"),
            ("61.25s", "1m1.25s"),
            ("0.1234567891234567891234s", "123.456789ms"),
            ("2540400h10m10.000000000s", "2540400h10m10s"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
        ] {
            let duration = text.parse::<Duration>().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(duration.to_string(), written, "{text}");
            assert_eq!(written.parse(), Ok(duration), "{written}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in [
            "",
            "-",
            "+",
            ".",
            ".s",
            "1",
            "10",
            "1m5",
            "m",
            "1x",
            "1d",
            "1w",
            "1 m",
            " 1m",
            "1m ",
            "--1m",
            "1m-5s",
            "1e3s",
            "9223372036854775808ns",
            "2562048h",
            "1..5s",
            "\u{b5}s",
            "1M",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_duration() {
        let error = |text: &str| text.parse::<Duration>().map_err(|e| e.to_string());
        assert_eq!(error("10"), Err(r#"the duration "10" has no unit: write "10s", "10m" or "10h""#.into()));
        assert_eq!(
            error("1d"),
            Err(r#"unknown unit "d" in the duration "1d": use ns, us, ms, s, m or h"#.into())
        );
    }
}
