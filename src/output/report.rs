//! Reports: what a command that shows data hands over, piece by piece, and the one place that prints it.
//!
//! A command hands [`Rows`] with typed cells, whole objects as [`Manifest`]s, documents, notes and findings to the
//! [`Report`] in the order in which they appear. No other way leads to stdout.

use std::borrow::Cow;
use std::io;

use serde_json::Value;

use super::Ui;
use super::grid::Grid;
use super::rows::Rows;
use super::table;

/// Prints the data of a command: rows and objects on stdout, notes and findings on stderr.
pub struct Report<'a> {
    ui: &'a Ui,
}

impl<'a> Report<'a> {
    /// Creates a report that is printed as it comes.
    pub fn new(ui: &'a Ui) -> Self {
        Report { ui }
    }

    /// Streams that it prints on.
    pub(super) fn ui(&self) -> &Ui {
        self.ui
    }

    /// Shows the rows that were added since the last call, after the header if it was not shown yet.
    pub fn rows(&self, rows: &mut Rows) -> io::Result<()> {
        self.ui.data(&rows.take(self.ui.screen()))
    }

    /// Shows the rows of one of several kinds: a table and an empty line, or nothing if there are no rows.
    pub fn group(&self, rows: &mut Rows) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.rows(rows)?;
        self.empty_line()
    }

    /// Shows a table of what is not an object of the cluster.
    pub fn table(&self, header: &[&str], rows: &[Vec<Cow<'static, str>>]) -> io::Result<()> {
        self.ui.data(&table::render(header, rows, &mut Vec::new()))
    }

    /// Shows a whole object, after a separator.
    pub fn object(&self, object: &Manifest) -> io::Result<()> {
        self.ui.data("---\n")?;
        self.ui.data(object.text())
    }

    /// Shows an object that a build rendered, before a separator.
    pub fn rendered(&self, object: &Manifest) -> io::Result<()> {
        self.ui.data(object.text())?;
        self.ui.data("---\n")
    }

    /// Shows a comment about the objects that follow.
    pub fn comment(&self, text: &str) -> io::Result<()> {
        self.ui.data(&format!("# {text}\n"))
    }

    /// Shows an empty line.
    pub fn empty_line(&self) -> io::Result<()> {
        self.ui.data("\n")
    }

    /// Shows the rows of a table that were added since the last call, after the header if it was not shown yet.
    pub fn grid(&self, grid: &mut Grid) -> io::Result<()> {
        self.ui.data(&grid.take())
    }

    /// Shows a whole document: a comparison, versions, a help text, or a file of manifests.
    pub fn document(&self, text: &str) -> io::Result<()> {
        self.ui.data(text)
    }

    /// Shows a line of a text that may not be UTF-8, and hands it to the reader.
    pub fn line(&self, line: &[u8]) -> io::Result<()> {
        self.ui.bytes(line)?;
        self.ui.data("\n")?;
        self.flush()
    }

    /// Hands what was shown to the reader; a watch does so after every change.
    pub fn flush(&self) -> io::Result<()> {
        self.ui.flush()
    }

    /// Shows a warning about the data.
    pub fn note(&self, text: impl AsRef<str>) {
        self.ui.warning(text);
    }

    /// Shows why a part of the report is missing, with hints what to do next.
    pub fn failure(&self, text: impl AsRef<str>, hints: &[String]) {
        self.ui.failure(text);
        self.ui.hints(hints);
    }

    /// Begins a group of findings.
    pub fn checking(&self, what: &str) {
        self.ui.action(format!("checking {what}"));
    }

    /// Shows a finding of a check.
    pub fn finding(&self, finding: Finding) {
        match finding {
            Finding::Passed(text) => self.ui.success(text),
            Finding::Failed(text) => self.ui.failure(text),
            Finding::Detail(text) => self.ui.action(text),
        }
    }
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// All is well.
    Passed(String),
    /// Something is missing or wrong.
    Failed(String),
    /// A fact about what was checked before, such as the image of a controller.
    Detail(String),
}

/// A whole object as it is shown. Only its text is kept, which is far smaller than the object, so that a long list of
/// objects needs little memory. It may be a Secret: there is no `Debug`.
pub struct Manifest(String);

impl Manifest {
    /// Converts an object.
    pub fn of(object: &Value) -> Self {
        Manifest(edgeflux_yaml::to_string(object))
    }

    /// Takes an object as YAML: a text that keeps the comments of a user's file.
    pub fn of_yaml(text: String) -> Self {
        Manifest(text)
    }

    /// The object as YAML.
    pub fn text(&self) -> &str {
        &self.0
    }
}
