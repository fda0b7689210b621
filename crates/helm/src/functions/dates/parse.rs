//! Go's `time.Parse`.

use std::fmt::Write;

use super::calendar::{Date, MONTHS, WEEKDAYS};
use super::layout::{Element, Offset, next};
use super::time::{Time, Zone};
use crate::template::Error;

/// Why an element cannot be read.
enum Wrong {
    /// The text is not one.
    Text,
    /// A number is out of its range.
    Range(&'static str),
}

/// What was read so far.
#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone: String,
}

/// Reads a time by a layout.
pub fn parse(layout: &str, text: &str) -> Result<Time, Error> {
    let (mut rest_layout, mut rest) = (layout, text);
    let mut parts = Parts::default();
    let cannot = |value: &str, element: &str| {
        let (text, layout) = (quoted(text), quoted(layout));
        let (value, element) = (quoted(value), quoted(element));
        Error::new(format!("parsing time {text} as {layout}: cannot parse {value} as {element}"))
    };
    let failed = |message: &str| Error::new(format!("parsing time {}: {message}", quoted(text)));
    loop {
        let (prefix, found, suffix) = next(rest_layout);
        rest = skip(rest, prefix).map_err(|value| cannot(value, prefix))?;
        let Some((notation, element)) = found else {
            if !rest.is_empty() {
                return Err(failed(&format!("extra text: {}", quoted(rest))));
            }
            break;
        };
        let before = rest;
        match parts.read(&mut rest, element, suffix) {
            Ok(()) => {}
            Err(Wrong::Text) => return Err(cannot(before, notation)),
            Err(Wrong::Range(what)) => return Err(failed(&format!("{what} out of range"))),
        }
        rest_layout = suffix;
    }
    parts.time().map_err(failed)
}

/// Text in quotes with nothing but ASCII, as Go's package time shows it.
fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        if !c.is_ascii() || c < ' ' {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "\\x{byte:02x}");
            }
        } else {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out.push('"');
    out
}

/// Skips the text between elements, where spaces match any number of them. The error is where it differs.
fn skip<'t>(text: &'t str, prefix: &str) -> Result<&'t str, &'t str> {
    let (mut text, mut prefix) = (text, prefix);
    while let Some(c) = prefix.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return Err(text);
            }
            prefix = prefix.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
            continue;
        }
        text = text.strip_prefix(c).ok_or(text)?;
        prefix = &prefix[c.len_utf8()..];
    }
    Ok(text)
}

/// Takes bytes from the start of a text.
fn take<'t>(text: &mut &'t str, length: usize) -> Result<&'t str, Wrong> {
    let (taken, rest) = text.split_at_checked(length).ok_or(Wrong::Text)?;
    *text = rest;
    Ok(taken)
}

fn number(digits: &str) -> Result<i64, Wrong> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().map_err(|_| Wrong::Text)
    } else {
        Err(Wrong::Text)
    }
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A number of one or two digits.
fn small(text: &mut &str, fixed: bool) -> Result<i64, Wrong> {
    match leading_digits(text) {
        0 => Err(Wrong::Text),
        1 if fixed => Err(Wrong::Text),
        digits => number(take(text, digits.min(2))?),
    }
}

fn in_range(value: i64, limits: std::ops::Range<i64>, what: &'static str) -> Result<i64, Wrong> {
    if limits.contains(&value) { Ok(value) } else { Err(Wrong::Range(what)) }
}

/// Position of a name, which can be in any case.
fn name(text: &mut &str, names: &[&str], length: Option<usize>) -> Result<i64, Wrong> {
    for (at, name) in names.iter().enumerate() {
        let name = &name[..length.unwrap_or(name.len())];
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            *text = &text[name.len()..];
            return Ok(i64::try_from(at).unwrap_or_default());
        }
    }
    Err(Wrong::Text)
}

/// Reports whether text starts with a point or comma and a digit.
fn is_fraction(text: &str) -> bool {
    text.starts_with(['.', ',']) && text[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// A fraction of a second with its point, in nanoseconds. More than nine digits are ignored.
fn fraction(text: &mut &str, length: usize) -> Result<i64, Wrong> {
    let taken = take(text, length)?;
    if !taken.starts_with(['.', ',']) {
        return Err(Wrong::Text);
    }
    let digits = taken.get(1..length.min(10)).ok_or(Wrong::Text)?;
    let scale = 10_i64.pow(u32::try_from(9 - digits.len()).unwrap_or_default());
    Ok(number(digits)? * scale)
}

impl Parts {
    fn read(&mut self, text: &mut &str, element: Element, suffix: &str) -> Result<(), Wrong> {
        match element {
            Element::Year => {
                let year = number(take(text, 2)?)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::LongYear => self.year = number(take(text, 4)?)?,
            Element::Month => self.month = Some(name(text, &MONTHS, Some(3))? + 1),
            Element::LongMonth => self.month = Some(name(text, &MONTHS, None)? + 1),
            Element::NumMonth | Element::ZeroMonth => {
                let month = small(text, element == Element::ZeroMonth)?;
                self.month = Some(in_range(month, 1..13, "month")?);
            }
            Element::Weekday => drop(name(text, &WEEKDAYS, Some(3))?),
            Element::LongWeekday => drop(name(text, &WEEKDAYS, None)?),
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    *text = text.strip_prefix(' ').unwrap_or(text);
                }
                self.day = Some(small(text, element == Element::ZeroDay)?);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                for _ in 0..2 {
                    if element == Element::UnderYearDay {
                        *text = text.strip_prefix(' ').unwrap_or(text);
                    }
                }
                let digits = leading_digits(text).min(3);
                if digits == 0 || element == Element::ZeroYearDay && digits != 3 {
                    return Err(Wrong::Text);
                }
                self.year_day = Some(number(take(text, digits)?)?);
            }
            Element::Hour => self.hour = in_range(small(text, false)?, 0..24, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                self.hour = in_range(small(text, element == Element::ZeroHour12)?, 0..13, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                self.minute = in_range(small(text, element == Element::ZeroMinute)?, 0..60, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                self.second = in_range(small(text, element == Element::ZeroSecond)?, 0..60, "second")?;
                let in_layout = matches!(next(suffix).1, Some((_, Element::Fraction { .. })));
                if is_fraction(text) && !in_layout {
                    self.nanosecond = fraction(text, 1 + leading_digits(&text[1..]))?;
                }
            }
            Element::UpperPm => self.afternoon = Some(half_of_day(take(text, 2)?, ["AM", "PM"])?),
            Element::LowerPm => self.afternoon = Some(half_of_day(take(text, 2)?, ["am", "pm"])?),
            Element::Offset(form) => self.offset(text, form)?,
            Element::ZoneName => {
                if let Some(rest) = text.strip_prefix("UTC") {
                    (self.utc, *text) = (true, rest);
                } else {
                    take(text, zone_length(text).ok_or(Wrong::Text)?)?.clone_into(&mut self.zone);
                }
            }
            Element::Fraction { digits, nines: false, .. } => self.nanosecond = fraction(text, 1 + digits)?,
            Element::Fraction { .. } => {
                if is_fraction(text) {
                    self.nanosecond = fraction(text, 1 + leading_digits(&text[1..]))?;
                }
            }
        }
        Ok(())
    }

    fn offset(&mut self, text: &mut &str, form: Offset) -> Result<(), Wrong> {
        if form.z
            && let Some(rest) = text.strip_prefix('Z')
        {
            (self.utc, *text) = (true, rest);
            return Ok(());
        }
        let colon = usize::from(form.colons);
        let count = form.parts;
        let taken = take(text, 1 + 2 * count + colon * (count - 1))?;
        let mut numbers = [0; 3];
        for (at, value) in numbers.iter_mut().enumerate().take(count) {
            let start = 1 + at * (2 + colon);
            if form.colons && at > 0 && taken.as_bytes()[start - 1] != b':' {
                return Err(Wrong::Text);
            }
            *value = number(taken.get(start..start + 2).ok_or(Wrong::Text)?)?;
        }
        let [hours, minutes, seconds] = numbers;
        in_range(hours, 0..25, "time zone offset hour")?;
        in_range(minutes, 0..61, "time zone offset minute")?;
        in_range(seconds, 0..61, "time zone offset second")?;
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.offset = Some(match taken.as_bytes()[0] {
            b'+' => offset,
            b'-' => -offset,
            _ => return Err(Wrong::Text),
        });
        Ok(())
    }

    /// The time that the parts make. The error is a message.
    fn time(self) -> Result<Time, &'static str> {
        let hour = match (self.afternoon, self.hour) {
            (Some(true), 0..12) => self.hour + 12,
            (Some(false), 12) => 0,
            _ => self.hour,
        };
        let date = self.date()?;
        let unix = date.to_days() * 86400 + hour * 3600 + self.minute * 60 + self.second;
        let time = Time { unix, nanosecond: self.nanosecond, zone: Zone::Utc };
        if self.utc {
            return Ok(time);
        }
        if let Some(offset) = self.offset {
            let zone = match offset {
                0 if matches!(self.zone.as_str(), "" | "UTC") => Zone::Utc,
                _ => Zone::Fixed { name: self.zone, offset },
            };
            return Ok(Time { unix: unix - offset, zone, ..time });
        }
        if !self.zone.is_empty() {
            // An unknown zone is taken for UTC, but keeps its name.
            let offset =
                self.zone.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok()).unwrap_or_default();
            return Ok(Time { zone: Zone::Fixed { name: self.zone, offset: offset * 3600 }, ..time });
        }
        Ok(time)
    }

    fn date(&self) -> Result<Date, &'static str> {
        let year = self.year;
        let Some(year_day) = self.year_day else {
            let date = Date { year, month: self.month.unwrap_or(1), day: self.day.unwrap_or(1) };
            let valid = (1..=date.days_in_month()).contains(&date.day);
            return if valid { Ok(date) } else { Err("day out of range") };
        };
        let first = Date { year, month: 1, day: 1 }.to_days();
        let date = Date::from_days(first + year_day - 1);
        if year_day < 1 || date.year != year {
            return Err("day-of-year out of range");
        }
        if self.month.is_some_and(|month| month != date.month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|day| day != date.day) {
            return Err("day-of-year does not match day");
        }
        Ok(date)
    }
}

fn half_of_day(text: &str, names: [&str; 2]) -> Result<bool, Wrong> {
    names.iter().position(|name| *name == text).map(|at| at == 1).ok_or(Wrong::Text)
}

/// Length of the abbreviation of a zone.
fn zone_length(text: &str) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix("GMT") {
        return Some(3 + signed_offset(rest).unwrap_or(0));
    }
    if text.starts_with(['+', '-']) {
        return signed_offset(text);
    }
    match text.bytes().take(6).take_while(u8::is_ascii_uppercase).count() {
        5 if text.as_bytes()[4] == b'T' => Some(5),
        4 if text.as_bytes()[3] == b'T' || text.starts_with("WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// Length of a sign and a number of hours below 24.
fn signed_offset(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['+', '-'])?;
    let length = leading_digits(digits);
    let hours: i64 = digits[..length].parse().ok()?;
    (hours < 24).then_some(length + 1)
}
