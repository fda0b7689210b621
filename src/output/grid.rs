//! Tables whose rows are not objects, such as events and statistics.

use std::borrow::Cow;

use super::printable::printable;
use super::table;

/// A table whose rows can be shown while more of them come. Only the first part that is shown has the header, and later
/// parts line up with it.
#[derive(Debug)]
pub struct Grid {
    header: Vec<&'static str>,
    pending: Vec<Vec<Cow<'static, str>>>,
    /// Widths of the columns shown so far.
    widths: Vec<usize>,
}

impl Grid {
    /// Creates a table with these columns, named as written in code: `Last seen`.
    pub fn new(header: Vec<&'static str>) -> Self {
        Grid { header, pending: Vec::new(), widths: Vec::new() }
    }

    /// Adds a row: a text for each column. Control characters are made visible.
    pub fn push(&mut self, cells: Vec<String>) {
        self.pending.push(cells.into_iter().map(|cell| Cow::from(printable(cell))).collect());
    }

    /// The rows that were not shown yet, after the header if that was not shown either.
    pub(super) fn take(&mut self) -> String {
        let header = std::mem::take(&mut self.header);
        table::render(&header, &std::mem::take(&mut self.pending), &mut self.widths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_rows_line_up_and_have_no_header() {
        let mut grid = Grid::new(vec!["Last seen", "Type"]);
        grid.push(vec!["3m".into(), "Warning".into()]);
        assert_eq!(grid.take(), "LAST SEEN\tTYPE    \n3m       \tWarning\t\n");
        grid.push(vec!["4s".into(), "\x1b[31mred".into()]);
        assert_eq!(grid.take(), "4s       \t^[[31mred\t\n");
    }
}
