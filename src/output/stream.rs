//! Objects that are shown one after the other as they come, for programs that read a watch.

use std::io;

use serde_json::Value;

use super::Report;
use super::format::{Format, Piece};
use super::rows::{Line, Row, Rows};

/// Shows each object for itself in the format that a user chose, as `kubectl get --watch` does.
pub struct ObjectStream<'a> {
    report: &'a Report<'a>,
    format: &'a Format,
    /// Whether the next lines of a table come after a header.
    header: bool,
    /// Whether an object was shown.
    begun: bool,
    /// Lines of a table that were not shown yet.
    lines: Vec<Line>,
    /// Widths of the columns shown so far.
    widths: Vec<usize>,
}

impl<'a> ObjectStream<'a> {
    /// Creates a stream without objects so far.
    pub fn new(report: &'a Report<'a>, format: &'a Format, header: bool) -> Self {
        ObjectStream { report, format, header, begun: false, lines: Vec::new(), widths: Vec::new() }
    }

    /// Adds an object: as JSON, as a YAML document, as a line, or as what the template makes of it.
    ///
    /// # Errors
    /// The output cannot be written, or the object does not fit the template.
    pub fn add(&mut self, rows: &Rows, row: Row, object: Value) -> io::Result<()> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let piece = self.format.piece(rows, row, object, true).map_err(invalid)?;
        let is_first = !std::mem::replace(&mut self.begun, true);
        match (self.format, piece) {
            (_, Piece::Line(line)) => self.lines.push(line),
            (Format::Json, Piece::Text(text)) => self.report.document(&(text + "\n"))?,
            (Format::Yaml, Piece::Text(text)) => {
                self.report.document(if is_first { "" } else { "---\n" })?;
                self.report.document(&text)?;
            }
            (_, Piece::Text(text)) => self.report.document(&text)?,
            (_, Piece::Nothing) => {}
        }
        Ok(())
    }

    /// Hands what was added to the reader.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        if let Format::CustomColumns(columns) = self.format
            && !self.lines.is_empty()
        {
            let (lines, header) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.header));
            self.report.document(&columns.table(lines, header, &mut self.widths))?;
        }
        self.report.flush()
    }
}
