//! Go's `time.Time`.

use super::calendar::{Date, MONTHS, WEEKDAYS};
use super::layout;
use crate::template::{Error, Json, Object, Shape, Signature, Type, Value};

pub const NAME: &str = "time.Time";

/// A time, to the nanosecond, and the zone in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970 in UTC.
    pub unix: i64,
    pub nanosecond: i64,
    pub zone: Zone,
}

/// A zone at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    Utc,
    /// Seconds east of UTC, and a name if it has one.
    Fixed {
        name: String,
        offset: i64,
    },
}

impl Default for Time {
    /// Go's zero time, in the year 1.
    fn default() -> Self {
        Self { unix: -62_135_596_800, nanosecond: 0, zone: Zone::Utc }
    }
}

const TEXT: Signature = Signature::new(&[Type::String]);
const NOTHING: Signature = Signature::new(&[]);
const OTHER: Signature = Signature::new(&[Type::Object(NAME)]);
const NUMBERS: [&str; 11] = [
    "Year",
    "Day",
    "Hour",
    "Minute",
    "Second",
    "Nanosecond",
    "YearDay",
    "Unix",
    "UnixMilli",
    "UnixMicro",
    "UnixNano",
];

impl Time {
    pub fn from_nanoseconds(nanoseconds: i128, zone: Zone) -> Self {
        let second = 1_000_000_000;
        Self {
            unix: i64::try_from(nanoseconds.div_euclid(second)).unwrap_or_default(),
            nanosecond: i64::try_from(nanoseconds.rem_euclid(second)).unwrap_or_default(),
            zone,
        }
    }

    /// The time that an object is.
    pub fn of(object: &dyn Object) -> Option<Self> {
        if object.type_name() != NAME {
            return None;
        }
        let number = |method| match object.call(method, &[]) {
            Ok(Value::Int(number) | Value::Int64(number)) => Some(number),
            _ => None,
        };
        let zone = match object.call("Zone", &[]) {
            Ok(Value::List(parts)) => match (parts.get(0), parts.get(1)) {
                (Some(Value::String(name)), Some(Value::Int(offset))) => {
                    Zone::Fixed { name: name.to_string(), offset }
                }
                _ => Zone::Utc,
            },
            _ => Zone::Utc,
        };
        Some(Self { unix: number("Unix")?, nanosecond: number("Nanosecond")?, zone })
    }

    /// Seconds east of UTC.
    pub fn offset(&self) -> i64 {
        match &self.zone {
            Zone::Utc => 0,
            Zone::Fixed { offset, .. } => *offset,
        }
    }

    pub fn date(&self) -> Date {
        Date::from_days(self.local().div_euclid(86400))
    }

    /// Seconds since 1970 in the zone.
    fn local(&self) -> i64 {
        self.unix.saturating_add(self.offset())
    }

    /// Hour, minute and second.
    pub fn clock(&self) -> (i64, i64, i64) {
        let seconds = self.local().rem_euclid(86400);
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    pub fn weekday(&self) -> usize {
        usize::try_from((self.local().div_euclid(86400) + 4).rem_euclid(7)).unwrap_or_default()
    }

    fn nanoseconds(&self) -> i128 {
        i128::from(self.unix) * 1_000_000_000 + i128::from(self.nanosecond)
    }

    /// Nanoseconds from another time to this one, or the nearest number that fits.
    pub fn since(&self, other: &Self) -> i64 {
        let passed = self.nanoseconds() - other.nanoseconds();
        i64::try_from(passed).unwrap_or(if passed < 0 { i64::MIN } else { i64::MAX })
    }

    /// The time after a duration.
    pub fn plus(&self, nanoseconds: i64) -> Self {
        Self::from_nanoseconds(self.nanoseconds() + i128::from(nanoseconds), self.zone.clone())
    }

    fn plus_date(&self, years: i64, months: i64, days: i64) -> Self {
        let limit = |number: i64| number.clamp(-1_000_000, 1_000_000);
        let date = self.date();
        let day = Date {
            year: date.year.saturating_add(limit(years)),
            month: date.month + limit(months),
            day: date.day + limit(days),
        };
        let local = day.to_days().saturating_mul(86400).saturating_add(self.local().rem_euclid(86400));
        Self { unix: local.saturating_sub(self.offset()), ..self.clone() }
    }

    fn number(&self, name: &str) -> Option<Value> {
        let (hour, minute, second) = self.clock();
        let int64 = |number: i128| Value::Int64(i64::try_from(number).unwrap_or_default());
        Some(match name {
            "Year" => Value::Int(self.date().year),
            "Day" => Value::Int(self.date().day),
            "YearDay" => Value::Int(self.date().day_of_year()),
            "Hour" => Value::Int(hour),
            "Minute" => Value::Int(minute),
            "Second" => Value::Int(second),
            "Nanosecond" => Value::Int(self.nanosecond),
            "Unix" => Value::Int64(self.unix),
            "UnixMilli" => int64(self.nanoseconds().div_euclid(1_000_000)),
            "UnixMicro" => int64(self.nanoseconds().div_euclid(1000)),
            "UnixNano" => int64(self.nanoseconds()),
            _ => return None,
        })
    }
}

impl Object for Time {
    fn type_name(&self) -> String {
        NAME.to_owned()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Format" => Some(TEXT),
            "Before" | "After" | "Equal" => Some(OTHER),
            "AddDate" => Some(Signature::new(&[Type::Int, Type::Int, Type::Int])),
            "Month" | "Weekday" | "IsZero" | "UTC" | "Local" | "String" => Some(NOTHING),
            _ => NUMBERS.contains(&name).then_some(NOTHING),
        }
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        let integers: Vec<i64> = arguments.iter().map(super::integer).collect();
        let other = || match arguments.first() {
            Some(Value::Object(other)) => Self::of(&**other).unwrap_or_default(),
            _ => Self::default(),
        };
        Ok(match name {
            "Format" => {
                let layout = arguments.first().map(super::lossy).unwrap_or_default();
                Value::from(layout::format(self, &layout))
            }
            "Before" => Value::Bool(self.nanoseconds() < other().nanoseconds()),
            "After" => Value::Bool(self.nanoseconds() > other().nanoseconds()),
            "Equal" => Value::Bool(self.nanoseconds() == other().nanoseconds()),
            "AddDate" => match integers[..] {
                [years, months, days] => Value::object(self.plus_date(years, months, days)),
                _ => Value::Nil,
            },
            "Month" => {
                let at = usize::try_from(self.date().month - 1).unwrap_or_default();
                Value::object(Name { of: "time.Month", name: MONTHS[at] })
            }
            "Weekday" => Value::object(Name { of: "time.Weekday", name: WEEKDAYS[self.weekday()] }),
            "IsZero" => Value::Bool(self.nanoseconds() == Self::default().nanoseconds()),
            "UTC" | "Local" => Value::object(Self { zone: Zone::Utc, ..self.clone() }),
            "String" => Value::from(layout::format(self, layout::STRING)),
            // Not a method of templates: what `Time::of` needs.
            "Zone" => match &self.zone {
                Zone::Utc => Value::Nil,
                Zone::Fixed { name, offset } => {
                    Value::list([Value::from(name.as_str()), Value::Int(*offset)])
                }
            },
            _ => self.number(name).ok_or_else(|| Error::new(format!("{name} is not a method")))?,
        })
    }

    fn shape(&self) -> Shape {
        Shape::Text(layout::format(self, layout::STRING))
    }

    fn json(&self) -> Json {
        Json::Text(layout::format(self, "2006-01-02T15:04:05.999999999Z07:00"))
    }
}

/// Name of a month or weekday.
#[derive(Debug)]
struct Name {
    of: &'static str,
    name: &'static str,
}

impl Object for Name {
    fn type_name(&self) -> String {
        self.of.to_owned()
    }

    fn kind(&self) -> &'static str {
        "int"
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "String").then_some(NOTHING)
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from(self.name))
    }

    fn shape(&self) -> Shape {
        Shape::Text(self.name.to_owned())
    }
}
