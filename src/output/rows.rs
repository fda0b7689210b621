//! Rows of a report: objects and typed cells.
//!
//! Rows may be shown while more of them come: a watch shows them after every change. Only what the format needs is kept
//! of a row, for a table its texts, so memory does not grow with what else the objects hold.

use std::borrow::Cow;

use super::table;
use crate::object::ObjectRef;

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
    fn into_text(self) -> Cow<'static, str> {
        match self {
            Cell::Text(text) | Cell::Status(text) => text.into(),
            Cell::Bool(true) => "True".into(),
            Cell::Bool(false) => "False".into(),
        }
    }
}

/// An object and what is shown of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which object.
    pub object: ObjectRef,
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

/// What is kept of a [`Row`] until it is shown: the texts of a table's line.
#[derive(Debug)]
pub struct Line(Vec<Cow<'static, str>>);

impl Line {
    pub(super) fn of(texts: Vec<Cow<'static, str>>) -> Self {
        Line(texts)
    }

    pub(super) fn texts(&self) -> &[Cow<'static, str>] {
        &self.0
    }
}

/// Rows of one kind of object that were not shown yet. Several can be filled at the same time.
#[derive(Debug)]
pub struct Rows {
    layout: Layout,
    pending: Vec<Line>,
    /// Widths of the columns shown so far: tables of a watch line up.
    widths: Vec<usize>,
}

impl Rows {
    /// Creates rows of this layout; there are none yet.
    pub fn new(layout: Layout) -> Self {
        Rows { layout, pending: Vec::new(), widths: Vec::new() }
    }

    /// Reduces a row to what is kept of it.
    pub fn line(&self, row: Row) -> Line {
        let Layout { prefix, namespaces, .. } = &self.layout;
        let ObjectRef { namespace, name, .. } = row.object;
        let mut texts = Vec::with_capacity(row.cells.len() + 2);
        texts.extend(namespaces.then(|| Cow::from(namespace.unwrap_or_default())));
        texts.push(if prefix.is_empty() { name } else { format!("{prefix}{name}") }.into());
        texts.extend(row.cells.into_iter().map(Cell::into_text));
        Line(texts)
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        let line = self.line(row);
        self.pending.push(line);
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
    pub(super) fn take(&mut self) -> String {
        let mut names = Vec::new();
        if std::mem::take(&mut self.layout.header) {
            names.extend(self.layout.namespaces.then_some("Namespace"));
            names.push("Name");
            names.extend(&self.layout.columns);
        }
        let lines: Vec<Vec<Cow<'_, str>>> =
            std::mem::take(&mut self.pending).into_iter().map(|line| line.0).collect();
        table::render(&names, &lines, &mut self.widths)
    }
}

impl Extend<Line> for Rows {
    fn extend<I: IntoIterator<Item = Line>>(&mut self, lines: I) {
        self.pending.extend(lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Resource;

    fn layout() -> Layout {
        Layout { columns: vec!["Suspended", "Ready"], header: true, ..Layout::default() }
    }

    fn row(name: &str) -> Row {
        let object = ObjectRef::new(Resource::DEPLOYMENT, "apps", name);
        Row { object, cells: vec![Cell::Bool(false), Cell::Status("True".into())] }
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
