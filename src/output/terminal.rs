//! Tables on a terminal: columns that fit its width, and states in color.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::printable;
use super::rows::Line;
use super::screen::Tone;

/// Space between two columns.
const GAP: usize = 2;

/// Narrowest width to which columns other than the message are shortened.
const NARROWEST: usize = 8;

/// Width up to which the message is shortened before other columns are.
const MESSAGE: usize = 24;

/// A terminal, as far as a table depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terminal {
    /// Width; none if nothing is shortened.
    pub columns: Option<usize>,
    /// Whether it shows colors.
    pub colors: bool,
}

/// Lays out a table, the last of whose columns is the message. `kept` is the number of the first columns, with names,
/// that are shortened last but for the message. Columns are at least as wide as `widths` says, and `widths` grows to
/// what is laid out.
///
/// The message takes the space that the other columns leave. If that is too little to be read, the other columns are
/// shortened, the widest first, then the names, and the message last.
pub(super) fn render(
    header: &[&str],
    lines: &[Line],
    kept: usize,
    screen: Terminal,
    widths: &mut Vec<usize>,
) -> String {
    let header: Vec<String> = header.iter().map(|name| name.to_uppercase()).collect();
    let fold = |text: &str| {
        printable(if screen.columns.is_some() { text.replace('\n', " ") } else { text.to_owned() })
    };
    let rows: Vec<Vec<String>> =
        lines.iter().map(|line| line.texts().iter().map(|text| fold(text.trim_end())).collect()).collect();
    for row in std::iter::once(&header).chain(&rows) {
        widths.resize(row.len().max(widths.len()), 0);
        for (cell, width) in row.iter().zip(widths.iter_mut()) {
            *width = cell.split('\n').map(UnicodeWidthStr::width).max().unwrap_or(0).max(*width);
        }
    }
    let mut fitting = widths.clone();
    if let Some(columns) = screen.columns {
        fit(&mut fitting, &header, kept, columns);
    }
    let mut out = String::new();
    if !header.is_empty() {
        push(&mut out, &header.iter().map(String::as_str).collect::<Vec<_>>(), &fitting, |_| None);
    }
    for (line, row) in lines.iter().zip(&rows) {
        let height = row.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
        for number in 0..height {
            let cells: Vec<&str> =
                row.iter().map(|cell| cell.split('\n').nth(number).unwrap_or_default()).collect();
            push(&mut out, &cells, &fitting, |at| line.tone(at).filter(|_| screen.colors));
        }
    }
    out
}

/// Shortens columns until they fit.
fn fit(widths: &mut [usize], header: &[String], kept: usize, columns: usize) {
    let Some((message, others)) = widths.split_last_mut() else { return };
    let available = columns.saturating_sub(GAP * others.len());
    let least_message = MESSAGE.min(*message);
    let floor = |at: usize| header.get(at).map_or(0, |name| name.width()).max(NARROWEST);
    for shortened in [kept.min(others.len())..others.len(), 0..kept.min(others.len())] {
        while others.iter().sum::<usize>() + least_message > available {
            let widest = shortened.clone().filter(|at| others[*at] > floor(*at)).max_by_key(|at| others[*at]);
            let Some(widest) = widest else { break };
            others[widest] -= 1;
        }
    }
    *message = (*message).min(available.saturating_sub(others.iter().sum())).max(1);
}

/// Adds a row: cells padded to their columns, the last one without space after it.
fn push(out: &mut String, cells: &[&str], widths: &[usize], tone: impl Fn(usize) -> Option<Tone>) {
    let start = out.len();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let text = shortened(cell, *width);
        let padding = width - text.width().min(*width);
        match tone(at) {
            Some(tone) => out.push_str(&tone.style(true).apply_to(&text).to_string()),
            None => out.push_str(&text),
        }
        out.extend(std::iter::repeat_n(' ', padding + GAP));
    }
    out.truncate(start + out[start..].trim_end().len());
    out.push('\n');
}

/// A text of at most this width; one that is cut ends with an ellipsis.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let kept = text.chars().take_while(|char| {
        let fits = char.width().unwrap_or(0) <= left;
        left = left.saturating_sub(char.width().unwrap_or(0));
        fits
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 5] = ["Name", "Revision", "Suspended", "Ready", "Message"];

    fn table(columns: Option<usize>, colors: bool) -> String {
        let line = |texts: [&'static str; 5], tones: &[(usize, Tone)]| {
            Line::of(texts.map(Into::into).to_vec()).toned(tones.iter().copied())
        };
        let lines = [
            line(
                ["apps", "main@sha1:01234567", "False", "True", "Applied revision: main@sha1:01234567"],
                &[(3, Tone::Good)],
            ),
            line(
                [
                    "infrastructure-controllers",
                    "main@sha1:01234567",
                    "True",
                    "False",
                    "health check failed after 5m0s:\ntimeout waiting for: [Deployment/apps/web status: 'InProgress']",
                ],
                &[(2, Tone::Pending), (3, Tone::Bad)],
            ),
        ];
        render(&HEADER, &lines, 1, Terminal { columns, colors }, &mut Vec::new())
    }

    #[test]
    fn no_row_is_wider_than_the_terminal() {
        for columns in 50..200 {
            let table = table(Some(columns), false);
            assert!(table.lines().all(|line| line.width() <= columns), "{columns}\n{table}");
        }
    }

    #[test]
    fn the_message_takes_what_the_other_columns_leave() {
        insta::assert_snapshot!(table(Some(110), false), @"
        NAME                        REVISION            SUSPENDED  READY  MESSAGE
        apps                        main@sha1:01234567  False      True   Applied revision: main@sha1:01234567
        infrastructure-controllers  main@sha1:01234567  True       False  health check failed after 5m0s: timeout wai…
        ");
        insta::assert_snapshot!(table(Some(80), false), @"
        NAME                        REVISION  SUSPENDED  READY  MESSAGE
        apps                        main@sh…  False      True   Applied revision: main@…
        infrastructure-controllers  main@sh…  True       False  health check failed aft…
        ");
        insta::assert_snapshot!(table(Some(60), false), @"
        NAME      REVISION  SUSPENDED  READY  MESSAGE
        apps      main@sh…  False      True   Applied revision: mai…
        infrast…  main@sh…  True       False  health check failed a…
        ");
    }

    #[test]
    fn nothing_is_shortened_without_a_width() {
        insta::assert_snapshot!(table(None, false), @"
        NAME                        REVISION            SUSPENDED  READY  MESSAGE
        apps                        main@sha1:01234567  False      True   Applied revision: main@sha1:01234567
        infrastructure-controllers  main@sha1:01234567  True       False  health check failed after 5m0s:
                                                                          timeout waiting for: [Deployment/apps/web status: 'InProgress']
        ");
    }

    #[test]
    fn states_have_colors() {
        let table = table(Some(110), true);
        for colored in ["\x1b[32mTrue\x1b[0m", "\x1b[33mTrue\x1b[0m", "\x1b[31mFalse\x1b[0m"] {
            assert!(table.contains(colored), "{colored:?}\n{table:?}");
        }
    }

    #[test]
    fn wide_characters_are_cut_at_their_width() {
        assert_eq!(shortened("日本語", 6), "日本語");
        assert_eq!(shortened("日本語", 5), "日本…");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("one two", 5), "one…");
    }
}
