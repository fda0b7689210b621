//! `semver` and `semverCompare`.

use super::arguments::{TEXT, TWO_TEXTS, lossy, text};
use crate::semver::{self, Constraint, Version};
use crate::template::{Error, Functions, Json, Object, Shape, Signature, Type, Value};

pub fn add(functions: &mut Functions) {
    functions.add("semver", Signature::new(TEXT), |_, values| Ok(Value::object(version(&values[0])?)));
    functions.add("semverCompare", Signature::new(TWO_TEXTS), |_, values| {
        let constraint = Constraint::parse(&lossy(&values[0])).map_err(failed)?;
        Ok(Value::Bool(constraint.allows(&version(&values[1])?)))
    });
}

fn version(value: &Value) -> Result<Version, Error> {
    Version::parse(&lossy(value)).map_err(failed)
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: semver::Error) -> Error {
    Error::new(error.to_string())
}

const NUMBERS: [&str; 3] = ["Major", "Minor", "Patch"];
const TEXTS: [&str; 4] = ["Prerelease", "Metadata", "Original", "String"];
const NEXT: [&str; 3] = ["IncMajor", "IncMinor", "IncPatch"];
const COMPARISONS: [&str; 6] =
    ["Compare", "Equal", "GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual"];
const OTHER: Signature = Signature::new(&[Type::Object(NAME)]);
const NAME: &str = "*semver.Version";

impl Object for Version {
    fn type_name(&self) -> String {
        NAME.to_owned()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        if COMPARISONS.contains(&name) {
            return Some(OTHER);
        }
        let known = NUMBERS.contains(&name) || TEXTS.contains(&name) || NEXT.contains(&name);
        known.then_some(Signature::new(&[]))
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        if let Some(Value::Object(other)) = arguments.first() {
            let Shape::Text(other) = other.shape() else { return Err(Error::new("not a version")) };
            let order = self.cmp(&Self::parse(&other).map_err(failed)?);
            return Ok(match name {
                "Compare" => Value::Int(order as i64),
                "Equal" => Value::Bool(order.is_eq()),
                "GreaterThan" => Value::Bool(order.is_gt()),
                "GreaterThanEqual" => Value::Bool(order.is_ge()),
                "LessThan" => Value::Bool(order.is_lt()),
                _ => Value::Bool(order.is_le()),
            });
        }
        if let Some(index) = NEXT.iter().position(|next| *next == name) {
            let number = ["major", "minor", "patch"][index];
            let next = self
                .next(index)
                .ok_or_else(|| Error::new(format!("{number} version increment would overflow uint64")))?;
            return Ok(Value::object(Released(next)));
        }
        Ok(match name {
            "Major" => Value::Uint64(self.major()),
            "Minor" => Value::Uint64(self.minor()),
            "Patch" => Value::Uint64(self.patch()),
            "Prerelease" => text(self.prerelease()),
            "Metadata" => text(self.metadata()),
            "Original" => text(self.original()),
            _ => text(self.to_string()),
        })
    }

    fn shape(&self) -> Shape {
        Shape::Text(self.to_string())
    }

    fn json(&self) -> Json {
        Json::Text(self.to_string())
    }
}

/// A version that is no pointer, as those that follow another.
#[derive(Debug)]
struct Released(Version);

impl Object for Released {
    fn type_name(&self) -> String {
        "semver.Version".to_owned()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        // Methods of pointers cannot be called on it.
        let of_values = NUMBERS.contains(&name) || NEXT.contains(&name);
        (of_values || matches!(name, "Prerelease" | "Metadata" | "String")).then_some(Signature::new(&[]))
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        self.0.call(name, arguments)
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn json(&self) -> Json {
        self.0.json()
    }
}
