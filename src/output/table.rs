//! Tables as Flux prints them: cells padded to their column's width, each followed by a tab.

use unicode_width::UnicodeWidthStr;

/// A table of text: an optional header in capitals, and rows of as many cells.
///
/// A cell may hold several lines; its row is then as many lines high. Widths are those of a
/// terminal, and every cell, the last of a row too, is followed by a tab, so `cut -f` works on it.
#[derive(Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column names, which are printed in capitals; none leaves the header out.
    pub fn new(header: &[&str]) -> Self {
        Table { header: header.iter().map(|h| h.to_uppercase()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The number of rows, the header not counted.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the table has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, each line ended by a line feed; empty where there is nothing to show.
    pub fn render(&self) -> String {
        self.render_at_least(&mut Vec::new())
    }

    /// As `render`, with columns at least as wide as `widths` says, which grow to what is rendered:
    /// so the tables of a watch stand under each other.
    pub fn render_at_least(&self, widths: &mut Vec<usize>) -> String {
        let own = self.widths();
        widths.resize(own.len().max(widths.len()), 0);
        widths.iter_mut().zip(own).for_each(|(width, own)| *width = own.max(*width));
        let widths = widths.as_slice();
        let mut out = String::new();
        if !self.header.is_empty() {
            for (name, width) in self.header.iter().zip(widths) {
                pad(&mut out, name, *width);
            }
            // Flux ends its header with a space where every row ends with a tab.
            out.pop();
            out.push_str(" \n");
        }
        for row in &self.rows {
            let height = row.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
            for line in 0..height {
                for (cell, width) in row.iter().zip(widths) {
                    pad(&mut out, cell.split('\n').nth(line).unwrap_or_default(), *width);
                }
                out.push('\n');
            }
        }
        out
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).chain([self.header.len()]).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in std::iter::once(&self.header).chain(&self.rows) {
            for (cell, width) in row.iter().zip(widths.iter_mut()) {
                let longest = cell.split('\n').map(self::width).max().unwrap_or(0);
                *width = longest.max(*width);
            }
        }
        widths
    }
}

/// The columns that a text takes on a terminal. Control characters take none, as in Flux's tables.
fn width(text: &str) -> usize {
    text.width() - text.chars().filter(|char| char.is_control()).count()
}

fn pad(out: &mut String, text: &str, columns: usize) {
    out.push_str(text);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    out.push('\t');
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn cells_are_padded_and_followed_by_a_tab() {
        let mut table = Table::new(&["Name", "Ready"]);
        table.push(vec!["flux-system".into(), "True".into()]);
        assert_eq!(table.render(), "NAME       \tREADY \nflux-system\tTrue \t\n");
    }

    #[test]
    fn columns_stay_as_wide_as_they_were() {
        let mut widths = Vec::new();
        let mut table = Table::new(&[]);
        table.push(vec!["longer".into(), "x".into()]);
        assert_eq!(table.render_at_least(&mut widths), "longer\tx\t\n");
        let mut table = Table::new(&[]);
        table.push(vec!["a".into(), "yz".into()]);
        assert_eq!(table.render_at_least(&mut widths), "a     \tyz\t\n");
        assert_eq!(widths, [6, 2]);
    }

    #[test]
    fn a_cell_of_two_lines_makes_a_row_of_two_lines() {
        let mut table = Table::new(&[]);
        table.push(vec!["a".into(), "one\ntwo lines".into()]);
        assert_eq!(table.render(), "a\tone      \t\n \ttwo lines\t\n");
        let mut table = Table::new(&[]);
        table.push(vec!["a".into(), "one\r\ntwo\n".into()]);
        assert_eq!(table.render(), "a\tone\r\t\n \ttwo\t\n \t   \t\n");
    }

    #[test]
    fn control_characters_take_no_column() {
        let mut table = Table::new(&[]);
        table.push(vec!["a\u{1b}b\u{7}".into()]);
        table.push(vec!["abc".into()]);
        assert_eq!(table.render(), "a\u{1b}b\u{7} \t\nabc\t\n");
    }
}
