//! Rows of a report: objects and typed cells.
//!
//! Rows may be shown while more of them come: a watch shows them after every change. Only what the format needs is kept
//! of a row, for a table its texts, so memory does not grow with what else the objects hold.

use std::borrow::Cow;

use super::screen::Tone;
use super::terminal::{self, Terminal};
use super::{printable, table};
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
    /// How a terminal shows the cell; none for plain text.
    fn tone(&self) -> Option<Tone> {
        match self {
            Cell::Text(_) | Cell::Bool(false) => None,
            Cell::Bool(true) => Some(Tone::Pending),
            Cell::Status(status) => Some(match status.as_str() {
                "True" => Tone::Good,
                "False" => Tone::Bad,
                _ => Tone::Pending,
            }),
        }
    }

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
    /// Whether columns are shortened to the width of a terminal.
    pub fits: bool,
}

/// What is kept of a [`Row`] until it is shown: the texts of a table's line, and which of them are states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    texts: Vec<Cow<'static, str>>,
    /// Columns of states.
    tones: Vec<(usize, Tone)>,
}

impl Line {
    pub(super) fn of(texts: Vec<Cow<'static, str>>) -> Self {
        Line { texts, tones: Vec::new() }
    }

    pub(super) fn toned(self, tones: impl IntoIterator<Item = (usize, Tone)>) -> Self {
        Line { tones: tones.into_iter().collect(), ..self }
    }

    pub(super) fn texts(&self) -> &[Cow<'static, str>] {
        &self.texts
    }

    pub(super) fn tone(&self, column: usize) -> Option<Tone> {
        self.tones.iter().find(|(at, _)| *at == column).map(|(_, tone)| *tone)
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
        let before = texts.len();
        let tones: Vec<(usize, Tone)> =
            row.cells.iter().enumerate().filter_map(|(at, cell)| Some((before + at, cell.tone()?))).collect();
        texts.extend(row.cells.into_iter().map(Cell::into_text).map(without_escapes));
        Line::of(texts).toned(tones)
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

    /// Table of the rows that were not shown yet, for a terminal or for a pipe. Only the first table has the header.
    pub(super) fn take(&mut self, screen: Option<Terminal>) -> String {
        let mut names = Vec::new();
        if std::mem::take(&mut self.layout.header) {
            names = self.names();
        }
        let lines = std::mem::take(&mut self.pending);
        if let Some(screen) = screen {
            return self.on_screen(&names, &lines, screen);
        }
        let lines: Vec<_> = lines.into_iter().map(|line| line.texts).collect();
        table::render(&names, &lines, &mut self.widths)
    }

    /// Table of these lines, with the header if the layout has one, for a table that is drawn again and again.
    pub(super) fn drawn(&self, lines: &[Line], screen: Terminal) -> String {
        let names = if self.layout.header { self.names() } else { Vec::new() };
        let columns = screen.columns.filter(|_| self.layout.fits);
        terminal::render(&names, lines, self.kept(), Terminal { columns, ..screen }, &mut Vec::new())
    }

    /// Number of the columns with names.
    fn kept(&self) -> usize {
        1 + usize::from(self.layout.namespaces)
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::with_capacity(self.layout.columns.len() + 2);
        names.extend(self.layout.namespaces.then_some("Namespace"));
        names.push("Name");
        names.extend(&self.layout.columns);
        names
    }

    fn on_screen(&mut self, names: &[&str], lines: &[Line], screen: Terminal) -> String {
        let columns = screen.columns.filter(|_| self.layout.fits);
        terminal::render(names, lines, self.kept(), Terminal { columns, ..screen }, &mut self.widths)
    }
}

/// Makes escape sequences of a cell visible: a pipe may lead to a terminal. Line breaks of all kinds stay, since flux
/// shows them too.
fn without_escapes(text: Cow<'static, str>) -> Cow<'static, str> {
    let is_plain = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
    if text.chars().all(is_plain) { text } else { printable(text.into_owned()).into() }
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
        assert_eq!(rows.take(None), "NAME   \tSUSPENDED\tREADY \npodinfo\tFalse    \tTrue \t\n");
        rows.push(row("a"));
        assert_eq!(rows.take(None), "a      \tFalse    \tTrue \t\n");
        assert!(rows.is_empty());
    }

    #[test]
    fn names_carry_their_kind_and_namespace_where_asked_for() {
        let mut rows =
            Rows::new(Layout { prefix: "bucket/".into(), namespaces: true, header: false, ..layout() });
        rows.push(row("a"));
        assert_eq!(rows.take(None), "apps\tbucket/a\tFalse\tTrue\t\n");
    }
}
