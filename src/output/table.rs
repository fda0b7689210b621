//! Tables as Flux prints them: cells padded to their column's width, each followed by a tab.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// Lays out a table: a header in capitals unless there is none, and rows of as many cells.
///
/// A cell may have several lines; its row is then as many lines high. Widths are those of a terminal. Every cell, also
/// the last one of a row, is followed by a tab, so `cut -f` works on it. Columns are at least as wide as `widths` says,
/// and `widths` grows to what is laid out: the tables of a watch line up.
pub(super) fn render(header: &[&str], rows: &[Vec<Cow<'_, str>>], widths: &mut Vec<usize>) -> String {
    let header: Vec<Cow<'_, str>> = header.iter().map(|name| name.to_uppercase().into()).collect();
    for row in std::iter::once(&header).chain(rows) {
        widths.resize(row.len().max(widths.len()), 0);
        for (cell, width) in row.iter().zip(widths.iter_mut()) {
            let longest = cell.split('\n').map(self::width).max().unwrap_or(0);
            *width = longest.max(*width);
        }
    }
    let mut out = String::new();
    if !header.is_empty() {
        for (name, width) in header.iter().zip(widths.iter()) {
            pad(&mut out, name, *width);
        }
        // Flux ends its header with a space and every other row with a tab.
        out.pop();
        out.push_str(" \n");
    }
    for row in rows {
        let height = row.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
        for line in 0..height {
            for (cell, width) in row.iter().zip(widths.iter()) {
                pad(&mut out, cell.split('\n').nth(line).unwrap_or_default(), *width);
            }
            out.push('\n');
        }
    }
    out
}

/// Columns that a text takes on a terminal. Control characters take none, as in Flux's tables.
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
    use std::borrow::Cow;

    fn render(header: &[&str], rows: &[&[&str]]) -> String {
        let rows: Vec<Vec<Cow<'_, str>>> =
            rows.iter().map(|row| row.iter().map(|cell| Cow::from(*cell)).collect()).collect();
        super::render(header, &rows, &mut Vec::new())
    }

    #[test]
    fn cells_are_padded_and_followed_by_a_tab() {
        let table = render(&["Name", "Ready"], &[&["flux-system", "True"]]);
        assert_eq!(table, "NAME       \tREADY \nflux-system\tTrue \t\n");
    }

    #[test]
    fn columns_stay_as_wide_as_they_were() {
        let mut widths = Vec::new();
        let row = |cells: [&'static str; 2]| vec![cells.map(Cow::from).to_vec()];
        assert_eq!(super::render(&[], &row(["longer", "x"]), &mut widths), "longer\tx\t\n");
        assert_eq!(super::render(&[], &row(["a", "yz"]), &mut widths), "a     \tyz\t\n");
        assert_eq!(widths, [6, 2]);
    }

    #[test]
    fn a_cell_of_two_lines_makes_a_row_of_two_lines() {
        assert_eq!(render(&[], &[&["a", "one\ntwo lines"]]), "a\tone      \t\n \ttwo lines\t\n");
        assert_eq!(render(&[], &[&["a", "one\r\ntwo\n"]]), "a\tone\r\t\n \ttwo\t\n \t   \t\n");
    }

    #[test]
    fn control_characters_take_no_column() {
        assert_eq!(render(&[], &[&["a\u{1b}b\u{7}"], &["abc"]]), "a\u{1b}b\u{7} \t\nabc\t\n");
    }

    #[test]
    fn an_empty_table_without_header_is_empty() {
        assert_eq!(render(&[], &[]), "");
    }
}
