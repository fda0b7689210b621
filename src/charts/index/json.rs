//! Indexes in JSON, read chart by chart.

use std::fmt;
use std::io::Read;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::entry::Syntax;
use super::{Compact, Document};

/// Reasons why a text is no index.
pub(super) enum Fault {
    /// It is not JSON.
    Syntax,
    /// It is JSON with wrong values.
    Data(String),
}

/// Reads an index.
pub(super) fn read(input: impl Read) -> Result<Compact, Fault> {
    let mut index = Document::new(Syntax::Json);
    let mut parser = serde_json::Deserializer::from_reader(input);
    let done = parser.deserialize_map(Index(&mut index)).and_then(|()| parser.end());
    done.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Fault::Data(without_place(&error)),
        serde_json::error::Category::Io => Fault::Data(error.to_string()),
        _ => Fault::Syntax,
    })?;
    index.finish().map_err(Fault::Data)
}

/// Message of an error of ours, without the position that the parser adds.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

struct Index<'a>(&'a mut Document);

impl<'de> Visitor<'de> for Index<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key.eq_ignore_ascii_case("entries") {
                map.next_value_seed(Entries(self.0))?;
            } else {
                let value: Value = map.next_value()?;
                self.0.field(&key, &value).map_err(M::Error::custom)?;
            }
        }
        Ok(())
    }
}

struct Entries<'a>(&'a mut Document);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("charts by their names")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some((name, versions)) = map.next_entry::<String, Value>()? {
            self.0.versions(&name, &versions).map_err(M::Error::custom)?;
        }
        Ok(())
    }
}
