//! Formats of objects: `-o`, chosen once and then followed by [`super::Listing`].

use serde_json::Value;

use super::columns::Columns;
use super::jsonpath::{Itemwise, Template};
use super::rows::{Line, Row, Rows};
use super::{json, printable};
use crate::object::ObjectRef;

/// Formats, as help and errors list them.
pub const FORMATS: &str =
    "table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...";

/// How objects are shown.
#[derive(Debug, Clone, Default)]
pub enum Format {
    /// Table that fits the terminal.
    #[default]
    Table,
    /// Table with more columns, in which nothing is shortened.
    Wide,
    /// Objects as JSON.
    Json,
    /// Objects as YAML.
    Yaml,
    /// `kind.group/name`, a line for each object.
    Name,
    /// Text made by a template.
    JsonPath(Template, Option<Itemwise>),
    /// Table with columns of the user.
    CustomColumns(Columns),
}

/// What a format needs of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Cells of rows.
    pub cells: bool,
    /// Cells of the additional columns too.
    pub wide: bool,
    /// Whole objects.
    pub objects: bool,
}

impl Format {
    /// Reads the value of `-o`.
    pub fn parse(text: &str) -> Result<Format, String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        match (name, value.filter(|value| !value.is_empty())) {
            ("table" | "", None) => Ok(Format::Table),
            ("wide", None) => Ok(Format::Wide),
            ("json", None) => Ok(Format::Json),
            ("yaml", None) => Ok(Format::Yaml),
            ("name", None) => Ok(Format::Name),
            ("jsonpath", Some(template)) => {
                let template = Template::parse(template)
                    .map_err(|error| format!("invalid template {template:?}: {error}"))?;
                let itemwise = template.itemwise();
                Ok(Format::JsonPath(template, itemwise))
            }
            ("custom-columns", Some(columns)) => Columns::parse(columns).map(Format::CustomColumns),
            ("jsonpath", None) => {
                Err("the template is missing; for example: jsonpath={.items[*].metadata.name}".into())
            }
            ("custom-columns", None) => {
                Err("the columns are missing; for example: custom-columns=NAME:.metadata.name".into())
            }
            _ => Err(format!("use {FORMATS}")),
        }
    }

    /// What the format needs of objects.
    pub fn needs(&self) -> Needs {
        let (cells, wide, objects) = match self {
            Format::Table => (true, false, false),
            Format::Wide => (true, true, false),
            Format::Name => (false, false, false),
            Format::Json | Format::Yaml | Format::JsonPath(..) | Format::CustomColumns(_) => {
                (false, false, true)
            }
        };
        Needs { cells, wide, objects }
    }

    /// Whether programs read the format: then no objects are a valid answer, and a part that is missing is a failure.
    pub fn is_for_programs(&self) -> bool {
        !matches!(self, Format::Table | Format::Wide)
    }

    /// Whether what is kept of an object until it is shown is about as large as the object.
    pub fn keeps_objects(&self) -> bool {
        self.needs().objects && !matches!(self, Format::CustomColumns(_))
    }

    /// Reduces an object to what is shown of it: `single`, or as one of a list.
    ///
    /// # Errors
    /// The object does not fit the template.
    pub fn piece(&self, rows: &Rows, row: Row, mut object: Value, single: bool) -> Result<Piece, String> {
        let object = &mut object;
        let of = |error: String, object: &ObjectRef| format!("{object} does not fit the template: {error}");
        Ok(match self {
            Format::Table | Format::Wide => Piece::Line(rows.line(row)),
            Format::Name => Piece::Text(name(&row.object)),
            Format::Json => {
                complete(object, &row.object, false);
                let text = json::indented(object, if single { "" } else { "        " });
                Piece::Text(text.map_err(|error| error.to_string())?)
            }
            Format::Yaml => {
                complete(object, &row.object, false);
                let item = if single { object.take() } else { Value::Array(vec![object.take()]) };
                Piece::Text(edgeflux_yaml::to_string(&item))
            }
            Format::JsonPath(template, itemwise) => {
                complete(object, &row.object, true);
                match itemwise {
                    _ if single => Piece::Text(template.execute(object).map_err(|it| of(it, &row.object))?),
                    Some(itemwise) => match itemwise.execute(object).map_err(|it| of(it, &row.object))? {
                        Some(text) => Piece::Text(text),
                        None => Piece::Nothing,
                    },
                    None => Piece::Text(object.to_string()),
                }
            }
            Format::CustomColumns(columns) => {
                complete(object, &row.object, true);
                Piece::Line(columns.line(object).map_err(|it| of(it, &row.object))?)
            }
        })
    }
}

/// What is kept of an object until it is shown.
#[derive(Debug)]
pub enum Piece {
    /// Line of a table.
    Line(Line),
    /// Text of the object.
    Text(String),
    /// Nothing of it is shown.
    Nothing,
}

/// `kustomization.kustomize.toolkit.fluxcd.io/apps`
fn name(object: &ObjectRef) -> String {
    let resource = &object.resource;
    let kind = resource.kind.to_lowercase();
    let name = printable(object.name.clone());
    if resource.group.is_empty() {
        format!("{kind}/{name}\n")
    } else {
        format!("{kind}.{}/{name}\n", resource.group)
    }
}

/// Adds `apiVersion` and `kind`, which items of a list may lack, and removes `managedFields` unless they are wanted.
fn complete(object: &mut Value, of: &ObjectRef, managed_fields: bool) {
    let Some(fields) = object.as_object_mut() else { return };
    fields.entry("apiVersion").or_insert_with(|| of.resource.api_version().into());
    fields.entry("kind").or_insert_with(|| of.resource.kind.as_ref().into());
    if !managed_fields && let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_formats_are_refused() {
        for text in [
            "xml",
            "json=x",
            "jsonpath",
            "jsonpath=",
            "custom-columns",
            "custom-columns=NAME",
            "jsonpath={.a",
        ] {
            assert!(Format::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn empty_means_table() {
        assert!(matches!(Format::parse(""), Ok(Format::Table)));
    }
}
