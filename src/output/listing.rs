//! A list of objects, or a single one, in the format that a user chose.

use std::io;

use serde_json::{Value, json};

use super::Report;
use super::format::{Format, Piece};
use super::rows::{Line, Rows};

/// Shows objects kind by kind, each as soon as it is known where the format permits it.
pub struct Listing<'a> {
    report: &'a Report<'a>,
    format: &'a Format,
    /// Whether there is one object, which is not shown as a list.
    single: bool,
    /// Whether tables have a header.
    header: bool,
    /// Whether the beginning of the list was shown.
    begun: bool,
    /// Lines of a table that is shown at the end.
    lines: Vec<Line>,
    /// Objects for a template that looks at all of them together.
    objects: Vec<String>,
}

impl<'a> Listing<'a> {
    /// Creates a list, or a `single` object.
    pub fn new(report: &'a Report<'a>, format: &'a Format, single: bool, header: bool) -> Self {
        if let Format::JsonPath(template, _) = format
            && template.is_text()
        {
            report.note("the template has no expression in braces, and is printed as it is");
        }
        Listing { report, format, single, header, begun: false, lines: Vec::new(), objects: Vec::new() }
    }

    /// Adds objects of a kind; those of a table are shown by [`Listing::end_kind`].
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn add(&mut self, rows: &mut Rows, pieces: impl IntoIterator<Item = Piece>) -> io::Result<()> {
        for piece in pieces {
            match (self.format, piece) {
                (Format::Table | Format::Wide, Piece::Line(line)) => rows.extend([line]),
                (_, Piece::Line(line)) => self.lines.push(line),
                (Format::JsonPath(_, None), Piece::Text(object)) if !self.single => self.objects.push(object),
                (_, Piece::Text(text)) => {
                    let before = self.before()?;
                    self.report.document(before)?;
                    self.report.document(&text)?;
                }
                (_, Piece::Nothing) => {}
            }
        }
        Ok(())
    }

    /// Ends the objects of a kind: the only one, or one of several, whose tables are separated by empty lines.
    ///
    /// # Errors
    /// As for [`Listing::add`].
    pub fn end_kind(&mut self, rows: &mut Rows, only: bool) -> io::Result<()> {
        match self.format {
            Format::Table | Format::Wide if only => self.report.rows(rows),
            Format::Table | Format::Wide => self.report.group(rows),
            _ => Ok(()),
        }
    }

    /// Ends the list.
    ///
    /// # Errors
    /// The output cannot be written, or the list does not fit the template.
    pub fn end(mut self) -> io::Result<()> {
        let is_empty = !self.begun;
        match self.format {
            Format::Table | Format::Wide | Format::Name => Ok(()),
            Format::Yaml | Format::JsonPath(..) if self.single => Ok(()),
            Format::CustomColumns(columns) => {
                let lines = std::mem::take(&mut self.lines);
                self.report.document(&columns.table(lines, self.header, &mut Vec::new()))
            }
            Format::Json if self.single => self.report.document("\n"),
            Format::Json => {
                if is_empty {
                    self.before()?;
                }
                self.report.document(if is_empty { "]" } else { "\n    ]" })?;
                self.report.document(
                    ",\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
                )
            }
            Format::Yaml if is_empty => self
                .report
                .document("apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n"),
            Format::Yaml => self.report.document("kind: List\nmetadata:\n  resourceVersion: \"\"\n"),
            Format::JsonPath(_, Some(itemwise)) => {
                self.before()?;
                self.report.document(&itemwise.after)
            }
            Format::JsonPath(template, None) => {
                let objects = std::mem::take(&mut self.objects);
                let items = objects.iter().map(|object| serde_json::from_str(object));
                let items: Vec<Value> = items.collect::<Result<_, _>>()?;
                drop(objects);
                let list = json!({
                    "apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""},
                });
                let text = template.execute(&list);
                self.report.document(&text.map_err(|error| {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("the list does not fit the template: {error}"),
                    )
                })?)
            }
        }
    }

    /// Shows the beginning of the list before the first object, and returns what stands between two objects.
    fn before(&mut self) -> io::Result<&'static str> {
        let is_first = !std::mem::replace(&mut self.begun, true);
        let (beginning, first, between) = match self.format {
            Format::Json if !self.single => {
                ("{\n    \"apiVersion\": \"v1\",\n    \"items\": [", "\n        ", ",\n        ")
            }
            Format::Yaml if !self.single => ("apiVersion: v1\nitems:\n", "", ""),
            Format::JsonPath(_, Some(itemwise)) if !self.single => {
                (itemwise.before.as_str(), "", itemwise.separator)
            }
            _ => ("", "", ""),
        };
        if !is_first {
            return Ok(between);
        }
        self.report.document(beginning)?;
        Ok(first)
    }
}
