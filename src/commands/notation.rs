//! Documents for programs: what `-o` of commands with a format of their own writes.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::output::{Columns, Template};

/// `apiVersion` of the formats that are documented in `docs/output`.
pub const API_VERSION: &str = "cli.edgeflux.dev/v1";

/// Notations, as help and errors list them.
pub const NOTATIONS: &str = "json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...";

/// How a command shows its result.
#[derive(Debug, Clone)]
pub enum Output {
    /// For people: lines or tables.
    Text,
    /// For programs: a document.
    Document(Notation),
}

/// How a document is written.
#[derive(Debug, Clone)]
pub enum Notation {
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
    /// What kubectl's template makes of the document.
    JsonPath(Template),
    /// A table with a row for each element of the document's list, or for the document if it has none.
    CustomColumns(Columns),
}

impl Output {
    /// Reads the value of `-o`.
    pub fn parse(text: &str) -> Result<Output, String> {
        match text {
            "" | "text" | "table" => Ok(Output::Text),
            _ => Notation::parse(text)?.map(Output::Document).ok_or_else(|| format!("use text, {NOTATIONS}")),
        }
    }

    /// How a document is written, unless the result is shown to people.
    pub fn notation(&self) -> Option<&Notation> {
        match self {
            Output::Text => None,
            Output::Document(notation) => Some(notation),
        }
    }
}

impl Notation {
    /// Reads the name of a notation, and its template or columns; none if it is not one of [`NOTATIONS`].
    ///
    /// # Errors
    /// The template or the columns are invalid.
    pub fn parse(text: &str) -> Result<Option<Notation>, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Ok(match (name, value) {
            ("json", "") => Some(Notation::Json),
            ("yaml", "") => Some(Notation::Yaml),
            ("jsonpath", template) if !template.is_empty() => {
                let template = Template::parse(template);
                Some(Notation::JsonPath(
                    template.map_err(|error| format!("invalid template {value:?}: {error}"))?,
                ))
            }
            ("custom-columns", columns) if !columns.is_empty() => {
                Some(Notation::CustomColumns(Columns::parse(columns)?))
            }
            _ => None,
        })
    }

    /// Writes a document; JSON, YAML and tables end with a line break.
    ///
    /// # Errors
    /// The document does not fit the template.
    pub fn write(&self, document: &impl Serialize) -> Result<String> {
        let failed = |error: serde_json::Error| Error::failed(error.to_string());
        let unfit = |error| Error::failed(format!("the result does not fit the template: {error}"));
        match self {
            Notation::Json => Ok(serde_json::to_string_pretty(document).map_err(failed)? + "\n"),
            Notation::Yaml => Ok(edgeflux_yaml::to_string_of(document)),
            Notation::JsonPath(template) => {
                template.execute(&serde_json::to_value(document).map_err(failed)?).map_err(unfit)
            }
            Notation::CustomColumns(columns) => {
                let document = serde_json::to_value(document).map_err(failed)?;
                columns.table_of(elements(&document)).map_err(unfit)
            }
        }
    }
}

/// The elements of the document's list, or the document itself if it has none.
fn elements(document: &Value) -> &[Value] {
    let lists = document.as_object().into_iter().flat_map(|fields| fields.values());
    lists.filter_map(Value::as_array).map(Vec::as_slice).next().unwrap_or(std::slice::from_ref(document))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn write(notation: &str, document: &Value) -> String {
        Notation::parse(notation).unwrap().unwrap().write(document).unwrap()
    }

    #[test]
    fn templates_and_columns_see_the_document() {
        let document = json!({"kind": "List", "items": [{"name": "a", "n": 1}, {"name": "b"}]});
        assert_eq!(write("jsonpath={.items[*].name}", &document), "a b");
        assert_eq!(write("custom-columns=NAME:.name,N:.n", &document), "NAME   N\na      1\nb      <none>\n");
        assert_eq!(write("custom-columns=FLUX:.flux", &json!({"flux": "v1"})), "FLUX\nv1\n");
    }

    #[test]
    fn unknown_and_invalid_notations_are_refused() {
        for text in ["xml", "jsonpath", "json=x", "custom-columns="] {
            assert!(Notation::parse(text).unwrap().is_none(), "{text}");
            assert_eq!(Output::parse(text).unwrap_err(), format!("use text, {NOTATIONS}"));
        }
        assert!(Notation::parse("jsonpath={.a").is_err());
        assert!(Notation::parse("custom-columns=A").is_err());
        assert!(matches!(Output::parse("table"), Ok(Output::Text)));
    }
}
