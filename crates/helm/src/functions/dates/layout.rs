//! Go's layouts of times, which are examples: `2006-01-02 15:04:05`.

use std::fmt::Write;

use super::calendar::{MONTHS, WEEKDAYS};
use super::time::{Time, Zone};

/// Layout of Go's `Time.String`.
pub const STRING: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

/// An element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    LongYear,
    Year,
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset(Offset),
    /// Digits after a point or comma; those with nines leave zeros out.
    Fraction {
        digits: usize,
        nines: bool,
        point: char,
    },
}

/// Form of a zone's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Whether UTC is `Z`.
    pub z: bool,
    pub colons: bool,
    /// How many of hours, minutes and seconds it has.
    pub parts: usize,
}

const fn offset(z: bool, colons: bool, parts: usize) -> Element {
    Element::Offset(Offset { z, colons, parts })
}

/// Notations, longer ones before those that they start with.
const NOTATIONS: &[(&str, Element)] = &[
    ("January", Element::LongMonth),
    ("Monday", Element::LongWeekday),
    ("MST", Element::ZoneName),
    ("002", Element::ZeroYearDay),
    ("01", Element::ZeroMonth),
    ("02", Element::ZeroDay),
    ("03", Element::ZeroHour12),
    ("04", Element::ZeroMinute),
    ("05", Element::ZeroSecond),
    ("06", Element::Year),
    ("15", Element::Hour),
    ("1", Element::NumMonth),
    ("2006", Element::LongYear),
    ("2", Element::Day),
    ("_2", Element::UnderDay),
    ("__2", Element::UnderYearDay),
    ("3", Element::Hour12),
    ("4", Element::Minute),
    ("5", Element::Second),
    ("PM", Element::UpperPm),
    ("pm", Element::LowerPm),
    ("-070000", offset(false, false, 3)),
    ("-07:00:00", offset(false, true, 3)),
    ("-0700", offset(false, false, 2)),
    ("-07:00", offset(false, true, 2)),
    ("-07", offset(false, false, 1)),
    ("Z070000", offset(true, false, 3)),
    ("Z07:00:00", offset(true, true, 3)),
    ("Z0700", offset(true, false, 2)),
    ("Z07:00", offset(true, true, 2)),
    ("Z07", offset(true, false, 1)),
];

/// The text before the first element of a layout, the element, and what follows it.
pub fn next(layout: &str) -> (&str, Option<(&str, Element)>, &str) {
    for (at, _) in layout.char_indices() {
        let rest = &layout[at..];
        // `_2006` is an underscore and a year.
        if rest.starts_with("_2006") {
            continue;
        }
        if let Some((length, element)) = element(rest) {
            return (&layout[..at], Some((&rest[..length], element)), &rest[length..]);
        }
    }
    (layout, None, "")
}

fn element(text: &str) -> Option<(usize, Element)> {
    if let Some((notation, element)) = NOTATIONS.iter().find(|(notation, _)| text.starts_with(notation)) {
        return Some((notation.len(), *element));
    }
    for (short, element) in [("Jan", Element::Month), ("Mon", Element::Weekday)] {
        if text.strip_prefix(short).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase())) {
            return Some((3, element));
        }
    }
    let point = text.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digit = text[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let digits = text[1..].chars().take_while(|&c| c == digit).count();
    let ended = !text[1 + digits..].starts_with(|c: char| c.is_ascii_digit());
    ended.then_some((1 + digits, Element::Fraction { digits, nines: digit == '9', point }))
}

/// Writes a time by a layout.
pub fn format(time: &Time, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    loop {
        let (prefix, found, suffix) = next(rest);
        out.push_str(prefix);
        let Some((_, element)) = found else { return out };
        write_element(&mut out, time, element);
        rest = suffix;
    }
}

fn write_element(out: &mut String, time: &Time, element: Element) {
    let date = time.date();
    let (hour, minute, second) = time.clock();
    let hour12 = (hour + 11) % 12 + 1;
    let month = MONTHS[usize::try_from(date.month - 1).unwrap_or_default()];
    let weekday = WEEKDAYS[time.weekday()];
    let year_sign = if date.year < 0 { "-" } else { "" };
    let _ = match element {
        Element::LongYear => write!(out, "{year_sign}{:04}", date.year.unsigned_abs()),
        Element::Year => write!(out, "{:02}", date.year.unsigned_abs() % 100),
        Element::LongMonth => write!(out, "{month}"),
        Element::Month => write!(out, "{}", &month[..3]),
        Element::NumMonth => write!(out, "{}", date.month),
        Element::ZeroMonth => write!(out, "{:02}", date.month),
        Element::LongWeekday => write!(out, "{weekday}"),
        Element::Weekday => write!(out, "{}", &weekday[..3]),
        Element::Day => write!(out, "{}", date.day),
        Element::UnderDay => write!(out, "{:2}", date.day),
        Element::ZeroDay => write!(out, "{:02}", date.day),
        Element::UnderYearDay => write!(out, "{:3}", date.day_of_year()),
        Element::ZeroYearDay => write!(out, "{:03}", date.day_of_year()),
        Element::Hour => write!(out, "{hour:02}"),
        Element::Hour12 => write!(out, "{hour12}"),
        Element::ZeroHour12 => write!(out, "{hour12:02}"),
        Element::Minute => write!(out, "{minute}"),
        Element::ZeroMinute => write!(out, "{minute:02}"),
        Element::Second => write!(out, "{second}"),
        Element::ZeroSecond => write!(out, "{second:02}"),
        Element::UpperPm => write!(out, "{}", if hour >= 12 { "PM" } else { "AM" }),
        Element::LowerPm => write!(out, "{}", if hour >= 12 { "pm" } else { "am" }),
        Element::ZoneName => match &time.zone {
            Zone::Utc => write!(out, "UTC"),
            Zone::Fixed { name, .. } if !name.is_empty() => write!(out, "{name}"),
            Zone::Fixed { offset, .. } => {
                write_offset(out, *offset, Offset { z: false, colons: false, parts: 2 })
            }
        },
        Element::Offset(form) => write_offset(out, time.offset(), form),
        Element::Fraction { digits, nines, point } => {
            let all = format!("{:09}{}", time.nanosecond, "0".repeat(digits.saturating_sub(9)));
            let shown = &all[..digits.min(all.len())];
            let shown = if nines { shown.trim_end_matches('0') } else { shown };
            if shown.is_empty() { Ok(()) } else { write!(out, "{point}{shown}") }
        }
    };
}

fn write_offset(out: &mut String, offset: i64, form: Offset) -> std::fmt::Result {
    if form.z && offset == 0 {
        out.push('Z');
        return Ok(());
    }
    let minutes = offset / 60;
    let colon = if form.colons { ":" } else { "" };
    write!(out, "{}{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60)?;
    if form.parts > 1 {
        write!(out, "{colon}{:02}", minutes.abs() % 60)?;
    }
    if form.parts > 2 {
        write!(out, "{colon}{:02}", offset.abs() % 60)?;
    }
    Ok(())
}
