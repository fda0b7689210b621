//! The drafts of JSON Schema.

use serde_json::{Map, Value as Json};

use super::reference::{append, split};

/// A version of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

use Draft::{Draft4, Draft6, Draft7, Draft2019, Draft2020};

/// Where the schemas of a keyword are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The value is a schema.
    Value,
    /// The value is a list of schemas.
    List,
    /// The value is a map of schemas.
    Map,
    /// The value is a schema or a list of them.
    ValueOrList,
}

/// Keywords that contain schemas, and the first draft that has each.
const KEYWORDS: &[(&str, Place, Draft)] = &[
    ("$defs", Place::Map, Draft2019),
    ("additionalItems", Place::Value, Draft4),
    ("additionalProperties", Place::Value, Draft4),
    ("allOf", Place::List, Draft4),
    ("anyOf", Place::List, Draft4),
    ("contains", Place::Value, Draft6),
    ("contentSchema", Place::Value, Draft2019),
    ("definitions", Place::Map, Draft4),
    ("dependencies", Place::Map, Draft4),
    ("dependentSchemas", Place::Map, Draft2019),
    ("else", Place::Value, Draft7),
    ("if", Place::Value, Draft7),
    ("items", Place::ValueOrList, Draft4),
    ("not", Place::Value, Draft4),
    ("oneOf", Place::List, Draft4),
    ("patternProperties", Place::Map, Draft4),
    ("prefixItems", Place::List, Draft2020),
    ("properties", Place::Map, Draft4),
    ("propertyNames", Place::Value, Draft6),
    ("then", Place::Value, Draft7),
    ("unevaluatedItems", Place::Value, Draft2019),
    ("unevaluatedProperties", Place::Value, Draft2019),
];

impl Draft {
    /// The newest draft, which schemas without `$schema` have.
    pub const LATEST: Self = Draft2020;

    /// Address of the schema of schemas.
    pub fn url(self) -> &'static str {
        match self {
            Draft4 => "http://json-schema.org/draft-04/schema",
            Draft6 => "http://json-schema.org/draft-06/schema",
            Draft7 => "http://json-schema.org/draft-07/schema",
            Draft2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The draft that `$schema` names.
    pub fn of_url(url: &str) -> Option<Self> {
        let (url, fragment) = split(url);
        if !fragment.is_empty() {
            return None;
        }
        let path = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
        match path {
            "json-schema.org/schema" => Some(Self::LATEST),
            "json-schema.org/draft/2020-12/schema" => Some(Draft2020),
            "json-schema.org/draft/2019-09/schema" => Some(Draft2019),
            "json-schema.org/draft-07/schema" => Some(Draft7),
            "json-schema.org/draft-06/schema" => Some(Draft6),
            "json-schema.org/draft-04/schema" => Some(Draft4),
            _ => None,
        }
    }

    /// Keyword with the address of a schema.
    pub fn id_keyword(self) -> &'static str {
        if self == Draft4 { "id" } else { "$id" }
    }

    /// Address of a schema, without its fragment; empty if it has none.
    pub fn id(self, object: &Map<String, Json>) -> &str {
        if self < Draft2019 && object.contains_key("$ref") {
            return "";
        }
        object.get(self.id_keyword()).and_then(Json::as_str).map_or("", |id| split(id).0)
    }

    /// The schemas in a schema, with their places in the document.
    pub fn subschemas<'j>(self, object: &'j Map<String, Json>, pointer: &str) -> Vec<(String, &'j Json)> {
        let mut found = Vec::new();
        for (keyword, place, since) in KEYWORDS {
            let Some(value) = object.get(*keyword).filter(|_| self >= *since) else { continue };
            let pointer = append(pointer, keyword);
            match value {
                Json::Object(entries) if *place == Place::Map => {
                    found.extend(entries.iter().map(|(key, value)| (append(&pointer, key), value)));
                }
                Json::Array(items) if matches!(place, Place::List | Place::ValueOrList) => {
                    let items = items.iter().enumerate();
                    found.extend(items.map(|(at, value)| (append(&pointer, &at.to_string()), value)));
                }
                _ => {}
            }
            if matches!(place, Place::Value | Place::ValueOrList) {
                found.push((pointer, value));
            }
        }
        found
    }
}
