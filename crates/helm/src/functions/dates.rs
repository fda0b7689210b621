//! Dates and durations. The local time zone is UTC, as in the container of helm-controller.

mod calendar;
mod duration;
mod layout;
mod parse;
mod time;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Context;
use super::arguments::{ANY, TWO_TEXTS, integer, lossy, text};
use crate::template::{Call, Error, Functions, Signature, Type, Value};
use time::{Time, Zone};

pub use calendar::Date;

const TIME: Type = Type::Object(time::NAME);

/// Checks that a text is a time of a layout. The error is Go's message.
pub fn check_time(layout: &str, text: &str) -> Result<(), String> {
    parse::parse(layout, text).map(drop).map_err(|error| error.message())
}

pub fn add(functions: &mut Functions) {
    functions.add("now", Signature::new(&[]), |call, _| Ok(Value::object(now(call))));
    functions.add("date", Signature::new(&[Type::String, Type::Any]), |call, values| {
        Ok(formatted(call, &lossy(&values[0]), &values[1], "Local"))
    });
    functions.add("htmlDate", Signature::new(ANY), |call, values| {
        Ok(formatted(call, "2006-01-02", &values[0], "Local"))
    });
    functions.add("htmlDateInZone", Signature::new(&[Type::Any, Type::String]), |call, values| {
        Ok(formatted(call, "2006-01-02", &values[0], &lossy(&values[1])))
    });
    for name in ["dateInZone", "date_in_zone"] {
        functions.add(name, Signature::new(&[Type::String, Type::Any, Type::String]), |call, values| {
            Ok(formatted(call, &lossy(&values[0]), &values[1], &lossy(&values[2])))
        });
    }
    let modify = Signature::new(&[Type::String, TIME]);
    for name in ["dateModify", "date_modify"] {
        functions.add(name, modify, |_, values| Ok(modified(values).unwrap_or_else(|_| values[1].clone())));
    }
    for name in ["mustDateModify", "must_date_modify"] {
        functions.add(name, modify, |_, values| modified(values));
    }
    functions.add("toDate", Signature::new(TWO_TEXTS), |_, values| {
        Ok(Value::object(parse::parse(&lossy(&values[0]), &lossy(&values[1])).unwrap_or_default()))
    });
    functions.add("mustToDate", Signature::new(TWO_TEXTS), |_, values| {
        parse::parse(&lossy(&values[0]), &lossy(&values[1])).map(Value::object)
    });
    functions.add("unixEpoch", Signature::new(&[TIME]), |_, values| {
        Ok(text(given(&values[0]).map_or(0, |time| time.unix).to_string()))
    });
    functions.add("ago", Signature::new(ANY), |call, values| {
        let now = now(call);
        let passed = given(&values[0]).map_or(0, |time| now.since(&time));
        Ok(text(duration::shown(duration::rounded_to_seconds(passed))))
    });
    functions.add("duration", Signature::new(ANY), |_, values| {
        let seconds = match &values[0] {
            Value::String(_) => duration::parse_seconds(&lossy(&values[0])),
            Value::Int64(seconds) => *seconds,
            _ => 0,
        };
        Ok(text(duration::shown(seconds.wrapping_mul(1_000_000_000))))
    });
    functions.add("durationRound", Signature::new(ANY), |call, values| {
        let nanoseconds = match &values[0] {
            Value::String(_) => duration::parse(&lossy(&values[0])).unwrap_or_default(),
            Value::Int64(nanoseconds) => *nanoseconds,
            Value::Object(_) => given(&values[0]).map_or(0, |time| now(call).since(&time)),
            _ => 0,
        };
        Ok(text(duration::rounded(nanoseconds)))
    });
}

/// The time of the render.
fn now(call: &Call<'_>) -> Time {
    Time::from_nanoseconds(call.context::<Context>().map_or(0, |context| context.now), Zone::Utc)
}

/// A time, or seconds since 1970.
fn given(value: &Value) -> Option<Time> {
    match value {
        Value::Object(object) => Time::of(&**object),
        Value::Int(_) | Value::Int64(_) => {
            Some(Time { unix: integer(value), nanosecond: 0, zone: Zone::Utc })
        }
        _ => None,
    }
}

/// A time in a zone, by one of Go's layouts. What is no time is now; what is no zone is UTC.
fn formatted(call: &Call<'_>, layout: &str, value: &Value, zone: &str) -> Value {
    let time = given(value).unwrap_or_else(|| now(call));
    let zone = zone_of(zone, time.unix).unwrap_or(Zone::Utc);
    text(layout::format(&Time { zone, ..time }, layout))
}

/// The offset of a zone at a time, from the system's database.
fn zone_of(name: &str, unix: i64) -> Option<Zone> {
    if matches!(name, "" | "UTC" | "Local") || name.contains("..") || name.starts_with(['/', '\\']) {
        return Some(Zone::Utc);
    }
    let zone = TimeZone::get(name).ok()?;
    let info = zone.to_offset_info(Timestamp::from_second(unix).ok()?);
    Some(Zone::Fixed { name: info.abbreviation().to_owned(), offset: i64::from(info.offset().seconds()) })
}

fn modified(values: &[Value]) -> Result<Value, Error> {
    let duration = duration::parse(&lossy(&values[0]))?;
    let time = given(&values[1]).unwrap_or_default();
    Ok(Value::object(time.plus(duration)))
}

/// A time of TOML; those without a zone are in UTC.
pub fn of_toml(text: &str) -> Option<Value> {
    const LAYOUTS: [&str; 4] = [
        "2006-01-02T15:04:05.999999999Z07:00",
        "2006-01-02T15:04:05.999999999",
        "2006-01-02",
        "15:04:05.999999999",
    ];
    let normal = text.to_ascii_uppercase().replacen(' ', "T", 1);
    LAYOUTS.iter().find_map(|layout| parse::parse(layout, &normal).ok()).map(Value::object)
}
