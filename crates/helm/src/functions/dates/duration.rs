//! Durations, in nanoseconds.

use crate::template::{Error, quote};

const SECOND: u64 = 1_000_000_000;

/// Go's `Duration.String`: `1h2m3.5s`.
pub fn shown(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let total = nanoseconds.unsigned_abs();
    if total < SECOND {
        let body = match total {
            0 => return "0s".to_owned(),
            1..1000 => format!("{total}ns"),
            1000..1_000_000 => format!("{}µs", with_fraction(total, 1000, 3)),
            _ => format!("{}ms", with_fraction(total, 1_000_000, 6)),
        };
        return format!("{sign}{body}");
    }
    let seconds = with_fraction(total % (60 * SECOND), SECOND, 9);
    let minutes = total / SECOND / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

fn with_fraction(value: u64, unit: u64, digits: usize) -> String {
    let text = format!("{}.{:0digits$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Rounds to whole seconds, half away from zero.
pub fn rounded_to_seconds(nanoseconds: i64) -> i64 {
    let second = SECOND.cast_signed();
    let rest = nanoseconds % second;
    let whole = nanoseconds - rest;
    if rest.unsigned_abs() * 2 < SECOND {
        whole
    } else if nanoseconds < 0 {
        whole.checked_sub(second).unwrap_or(i64::MIN)
    } else {
        whole.checked_add(second).unwrap_or(i64::MAX)
    }
}

/// Sprig's `durationRound`: the largest unit alone.
pub fn rounded(nanoseconds: i64) -> String {
    const UNITS: [(u64, &str); 6] =
        [(365 * 86400, "y"), (30 * 86400, "mo"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let total = nanoseconds.unsigned_abs();
    match UNITS.iter().find(|(seconds, _)| total > seconds * SECOND) {
        Some((seconds, name)) => format!("{}{name}", total / (seconds * SECOND)),
        None => "0s".to_owned(),
    }
}

/// A number of seconds: 0, or the nearest that fits.
pub fn parse_seconds(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// Go's `ParseDuration`.
pub fn parse(text: &str) -> Result<i64, Error> {
    let invalid = || Error::new(format!("time: invalid duration {}", quote(text.as_bytes())));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let limit = 1_u64 << 63;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let length = digits(rest);
        let whole = &rest[..length];
        rest = &rest[length..];
        let fraction = match rest.strip_prefix('.') {
            Some(after) => {
                let length = digits(after);
                rest = &after[length..];
                &after[..length]
            }
            None => "",
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let length = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = &rest[..length];
        rest = &rest[length..];
        let scale = match unit {
            "" => {
                return Err(Error::new(format!("time: missing unit in duration {}", quote(text.as_bytes()))));
            }
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => {
                let (unit, text) = (quote(unit.as_bytes()), quote(text.as_bytes()));
                return Err(Error::new(format!("time: unknown unit {unit} in duration {text}")));
            }
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        let value = whole.checked_mul(scale).filter(|&value| value <= limit).ok_or_else(invalid)?;
        total = total
            .checked_add(value + fraction_of(fraction, scale))
            .filter(|&total| total <= limit)
            .ok_or_else(invalid)?;
    }
    match (negative, i64::try_from(total)) {
        (true, _) => Ok(0_i64.wrapping_sub_unsigned(total)),
        (false, Ok(total)) => Ok(total),
        (false, Err(_)) => Err(invalid()),
    }
}

/// A fraction of a unit, computed with floats as Go does.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "so does Go"
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0);
    for digit in digits.bytes() {
        // More digits than fit are ignored.
        let Some(next) = value.checked_mul(10).map(|value| value + u64::from(digit - b'0')) else { break };
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_as_go_does() {
        for (text, shown_as) in [
            ("1h30m", "1h30m0s"),
            ("1.5h", "1h30m0s"),
            ("-2m3.05s", "-2m3.05s"),
            ("100ms", "100ms"),
            ("1us", "1µs"),
            ("0", "0s"),
            (".5s", "500ms"),
        ] {
            assert_eq!(shown(parse(text).unwrap()), shown_as, "{text}");
        }
        for text in ["", "1", "x", "1x", ".s", "9999999999h", "1h-"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(rounded(parse("2400h10m").unwrap()), "3mo");
    }
}
