//! Reports: what a command that shows data returns, piece by piece, and the one place that prints it.
//!
//! A command fills [`Rows`] with objects and typed cells and hands them, whole objects, notes and findings to the
//! [`Report`] in the order in which they appear. Rows may be shown while more of them come: a watch shows them after
//! every change. Only what the format needs is kept of a row, for a table its name and its cells, so memory
//! does not grow with what else the objects hold.

use std::cell;
use std::io;

use super::Ui;
use super::table;

/// A cell with its type, from which a format derives how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text; a table shows it as it is.
    Text(String),
    /// Yes or no; a table shows `True` or `False`.
    Bool(bool),
    /// Status of a condition: `True`, `False` or `Unknown`.
    Status(String),
}

impl Cell {
    fn into_text(self) -> String {
        match self {
            Cell::Text(text) | Cell::Status(text) => text,
            Cell::Bool(true) => "True".to_owned(),
            Cell::Bool(false) => "False".to_owned(),
        }
    }
}

/// An object and what is shown of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Namespace of the object; empty if it has none.
    pub namespace: String,
    /// Name of the object.
    pub name: String,
    /// A cell for each column of the rows' [`Layout`].
    pub cells: Vec<Cell>,
}

/// How rows of one kind of object are laid out.
#[derive(Debug, Default)]
pub struct Layout {
    /// Prefix of each name, such as `gitrepository/`; empty where one kind is shown.
    pub prefix: String,
    /// Whether the namespace is shown.
    pub namespaces: bool,
    /// Names of the columns after namespace and name, as written in code: `Last scan`.
    pub columns: Vec<&'static str>,
    /// Whether column names are shown.
    pub header: bool,
}

/// Rows of one kind of object that were not shown yet. Several can be filled at the same time.
#[derive(Debug)]
pub struct Rows {
    layout: Layout,
    pending: Vec<Row>,
    /// Widths of the columns shown so far: tables of a watch line up.
    widths: Vec<usize>,
}

impl Rows {
    /// Creates rows of this layout; there are none yet.
    pub fn new(layout: Layout) -> Self {
        Rows { layout, pending: Vec::new(), widths: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.pending.push(row);
    }

    /// Number of cells that each row has.
    pub fn columns(&self) -> usize {
        self.layout.columns.len()
    }

    /// Whether all rows have been shown.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Table of the rows that were not shown yet. Only the first table has the header.
    fn take(&mut self) -> String {
        let Layout { prefix, namespaces, .. } = &self.layout;
        let texts = |row: Row| {
            let mut texts = Vec::with_capacity(row.cells.len() + 2);
            texts.extend(namespaces.then_some(row.namespace));
            texts.push(if prefix.is_empty() { row.name } else { format!("{prefix}{}", row.name) });
            texts.extend(row.cells.into_iter().map(Cell::into_text));
            texts
        };
        let rows: Vec<Vec<String>> = std::mem::take(&mut self.pending).into_iter().map(texts).collect();
        let mut names = Vec::new();
        if std::mem::take(&mut self.layout.header) {
            names.extend(self.layout.namespaces.then_some("Namespace"));
            names.push("Name");
            names.extend(&self.layout.columns);
        }
        table::render(&names, &rows, &mut self.widths)
    }
}

/// Prints what a command shows: rows and objects on stdout, notes and findings on stderr.
pub struct Report<'a> {
    ui: &'a Ui,
    has_failed: cell::Cell<bool>,
}

impl<'a> Report<'a> {
    /// Creates a report that is printed as it comes.
    pub fn new(ui: &'a Ui) -> Self {
        Report { ui, has_failed: cell::Cell::new(false) }
    }

    /// Shows the rows that were added since the last call, after the header if it was not shown yet.
    pub fn rows(&self, rows: &mut Rows) -> io::Result<()> {
        self.ui.data(&rows.take())
    }

    /// Shows the rows of one of several kinds: a table and an empty line, or nothing if there are no rows.
    pub fn group(&self, rows: &mut Rows) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.rows(rows)?;
        self.ui.data("\n")
    }

    /// Shows a whole object, given as a YAML document.
    pub fn object(&self, manifest: &str) -> io::Result<()> {
        self.ui.data("---\n")?;
        self.ui.data(manifest)
    }

    /// Shows a document that is not an object of Kubernetes.
    pub fn document(&self, text: &str) -> io::Result<()> {
        self.ui.data(text)
    }

    /// Hands what was shown to the reader; a watch does so after every change.
    pub fn flush(&self) -> io::Result<()> {
        self.ui.flush()
    }

    /// Says something about the data that the user should know.
    pub fn note(&self, text: impl AsRef<str>) {
        self.ui.warning(text);
    }

    /// Says that a part of the report could not be had.
    pub fn failure(&self, text: impl AsRef<str>) {
        self.ui.failure(text);
    }

    /// Begins a group of findings.
    pub fn checking(&self, what: &str) {
        self.ui.action(format!("checking {what}"));
    }

    /// Whether a finding was [`Finding::Failed`].
    pub fn has_failed(&self) -> bool {
        self.has_failed.get()
    }

    /// Shows a finding of a check.
    pub fn finding(&self, finding: Finding) {
        match finding {
            Finding::Passed(text) => self.ui.success(text),
            Finding::Failed(text) => {
                self.has_failed.set(true);
                self.ui.failure(text);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout { columns: vec!["Suspended", "Ready"], header: true, ..Layout::default() }
    }

    fn row(name: &str) -> Row {
        Row {
            namespace: "apps".into(),
            name: name.into(),
            cells: vec![Cell::Bool(false), Cell::Status("True".into())],
        }
    }

    #[test]
    fn later_rows_line_up_with_those_shown_before_and_have_no_header() {
        let mut rows = Rows::new(layout());
        rows.push(row("podinfo"));
        assert_eq!(rows.take(), "NAME   \tSUSPENDED\tREADY \npodinfo\tFalse    \tTrue \t\n");
        rows.push(row("a"));
        assert_eq!(rows.take(), "a      \tFalse    \tTrue \t\n");
        assert!(rows.is_empty());
    }

    #[test]
    fn names_carry_their_kind_and_namespace_where_asked_for() {
        let mut rows =
            Rows::new(Layout { prefix: "bucket/".into(), namespaces: true, header: false, ..layout() });
        rows.push(row("a"));
        assert_eq!(rows.take(), "apps\tbucket/a\tFalse\tTrue\t\n");
    }
}
