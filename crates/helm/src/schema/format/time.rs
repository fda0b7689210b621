//! Dates, times and durations.

use super::{digits, integer, wrong};
use crate::functions::check_time;
use crate::template::quote_char;

pub fn date(text: &str) -> Result<(), String> {
    check_time("2006-01-02", text)
}

pub fn time(text: &str) -> Result<(), String> {
    if text.len() < 9 {
        return wrong("less than 9 characters long");
    }
    let bytes = text.as_bytes();
    if bytes[2] != b':' || bytes[5] != b':' {
        return wrong("missing colon in correct place");
    }
    let (Some(clock), Some(mut rest)) = (text.get(..8), text.get(8..)) else {
        return wrong("invalid hour/min/sec");
    };
    let numbers = numbers(clock).ok_or("invalid hour/min/sec")?;
    if numbers.iter().any(|number| *number < 0) {
        return wrong("non-positive hour/min/sec");
    }
    let &[hour, minute, second] = numbers.as_slice() else { return wrong("missing hour/min/sec") };
    if hour > 23 || minute > 59 || second > 60 {
        return wrong("hour/min/sec out of range");
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = digits(fraction);
        if digits == 0 {
            return wrong("no digits in second fraction");
        }
        rest = &fraction[digits..];
    }
    let mut minutes = hour * 60 + minute;
    if !matches!(rest, "z" | "Z") {
        minutes += offset(rest)?;
        if minutes < 0 {
            minutes += 24 * 60;
        }
    }
    if second >= 60 && (minutes / 60, minutes % 60) != (23, 59) {
        return wrong("invalid leap second");
    }
    Ok(())
}

fn numbers(text: &str) -> Option<Vec<i64>> {
    text.split(':').map(|number| integer(number).ok()).collect()
}

/// The minutes that lead from a local time to that of UTC.
fn offset(text: &str) -> Result<i64, String> {
    if text.len() != 6 {
        return wrong("offset must be 6 characters long");
    }
    let sign = match text.as_bytes()[0] {
        b'+' => -1,
        b'-' => 1,
        _ => return wrong("offset must begin with plus/minus"),
    };
    let text = &text[1..];
    if text.as_bytes()[2] != b':' {
        return wrong("missing colon in offset in correct place");
    }
    let (hour, minute) = text.split_once(':').unwrap_or_default();
    let (Ok(hour), Ok(minute)) = (integer(hour), integer(minute)) else {
        return wrong("invalid hour/min in offset");
    };
    if hour < 0 || minute < 0 {
        return wrong("non-positive hour/min in offset");
    }
    if hour > 23 || minute > 59 {
        return wrong("hour/min in offset out of range");
    }
    Ok(sign * (hour * 60 + minute))
}

pub fn date_time(text: &str) -> Result<(), String> {
    if text.len() < 20 {
        return wrong("less than 20 characters long");
    }
    if !matches!(text.as_bytes()[10], b't' | b'T') {
        return wrong("11th character must be t or T");
    }
    date(text.get(..10).unwrap_or_default()).map_err(|reason| format!("invalid date element: {reason}"))?;
    time(&text[11..]).map_err(|reason| format!("invalid time element: {reason}"))
}

pub fn duration(text: &str) -> Result<(), String> {
    const UNITS: [&str; 2] = ["YMD", "HMS"];
    let Some(text) = text.strip_prefix('P') else { return wrong("must start with P") };
    if text.is_empty() {
        return wrong("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        if weeks.is_empty() {
            return wrong("no number in week");
        }
        return if digits(weeks) < weeks.len() { wrong("invalid week") } else { Ok(()) };
    }
    for (at, part) in text.split('T').enumerate() {
        if at != 0 && part.is_empty() {
            return wrong("no time elements");
        }
        let Some(all) = UNITS.get(at) else { return wrong("more than one T") };
        let (mut units, mut part) = (*all, part);
        while !part.is_empty() {
            let digits = digits(part);
            if digits == 0 {
                return wrong("missing number");
            }
            part = &part[digits..];
            let Some(unit) = part.chars().next() else { return wrong("missing unit") };
            let Some(position) = units.find(unit) else {
                let shown = quote_char(unit, false);
                let is_known = all.contains(unit);
                return Err(if is_known {
                    format!("unit {shown} out of order")
                } else {
                    format!("invalid unit {shown}")
                });
            };
            units = &units[position + 1..];
            part = &part[1..];
        }
    }
    Ok(())
}

pub fn period(text: &str) -> Result<(), String> {
    let Some((start, end)) = text.split_once('/') else { return wrong("missing slash") };
    let start_result = if start.starts_with('P') { duration(start) } else { date_time(start) };
    let kind = |is_duration| if is_duration { "duration" } else { "date-time" };
    start_result.map_err(|reason| format!("invalid start {}: {reason}", kind(start.starts_with('P'))))?;
    let is_duration = end.starts_with('P') && !start.starts_with('P');
    let end_result = if is_duration { duration(end) } else { date_time(end) };
    end_result.map_err(|reason| format!("invalid end {}: {reason}", kind(is_duration)))
}
