//! `--sort-by`: by a column of the table, or by a path as kubectl does.

use std::cmp::Ordering;

use serde_json::Value;

use super::view::View;
use crate::api;
use crate::error::{Error, Result};
use crate::kinds::Summary;
use crate::output::Template;

/// What the objects of a kind are sorted by.
#[derive(Debug)]
pub enum SortBy {
    /// Name of a column, in lower case.
    Column(String),
    /// Path to a value.
    Path(Template),
}

impl SortBy {
    /// Reads the value of the flag: a path if it has a dot, a brace or a bracket.
    ///
    /// # Errors
    /// The path is invalid, or no kind has the column.
    pub fn parse(text: &str, views: &[View<'_>]) -> Result<SortBy> {
        if text.contains(['.', '{', '[']) {
            let path = Template::parse_relaxed(text);
            return path.map(SortBy::Path).map_err(|error| Error::usage(format!("--sort-by: {error}")));
        }
        let column = text.to_lowercase();
        let mut known: Vec<String> = Vec::new();
        for name in views.iter().flat_map(View::sortable) {
            let name = name.to_lowercase();
            if name == column {
                return Ok(SortBy::Column(column));
            }
            if !known.contains(&name) {
                known.push(name);
            }
        }
        Err(Error::usage(format!("unknown column {text:?} in --sort-by"))
            .hint(format!("use one of: {}; or a path such as .metadata.creationTimestamp", known.join(", "))))
    }

    /// Key of an object. Objects without the value come first.
    ///
    /// # Errors
    /// The path does not fit the object.
    pub fn key(&self, view: &View<'_>, summary: &Summary, object: &Value) -> Result<Key> {
        match self {
            SortBy::Column(column) => Ok(view.sort_key(column, summary)),
            SortBy::Path(path) => {
                let found = path.values(object);
                let found = found.map_err(|error| Error::failed(format!("--sort-by: {error}")))?;
                Ok(found.into_iter().flatten().next().map_or(Key::Missing, |value| Key::of(&value)))
            }
        }
    }
}

/// Value by which objects are sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Key {
    /// There is no value.
    #[default]
    Missing,
    /// Number, or seconds.
    Number(f64),
    /// Text.
    Text(String),
}

impl Key {
    /// Key of a text; durations such as `10m0s` are sorted by their length.
    pub fn text(text: String) -> Key {
        if text.is_empty() {
            return Key::Missing;
        }
        match text.parse::<api::Duration>().ok().and_then(api::Duration::to_std) {
            Some(duration) => Key::Number(duration.as_secs_f64()),
            None => Key::Text(text),
        }
    }

    fn of(value: &Value) -> Key {
        match value {
            Value::Null => Key::Missing,
            Value::String(text) => Key::text(text.clone()),
            Value::Number(number) => number.as_f64().map_or(Key::Missing, Key::Number),
            other => Key::Text(other.to_string()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Key::Missing => 0,
            Key::Number(_) => 1,
            Key::Text(_) => 2,
        }
    }

    /// Order of two keys.
    pub fn cmp(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Number(left), Key::Number(right)) => left.total_cmp(right),
            (Key::Text(left), Key::Text(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_values_come_before_numbers_and_numbers_before_text() {
        let mut keys: Vec<Key> =
            [json!("b"), json!(10), json!(null), json!("1h0m0s"), json!("a"), json!(9.5)]
                .iter()
                .map(Key::of)
                .collect();
        keys.sort_by(Key::cmp);
        let number = Key::Number;
        let text = |text: &str| Key::Text(text.into());
        assert_eq!(keys, [Key::Missing, number(9.5), number(10.0), number(3600.0), text("a"), text("b")]);
    }
}
