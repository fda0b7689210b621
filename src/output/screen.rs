//! Screens: texts that are wrapped to the width of the terminal, with signs in color.

use std::fmt::Write as _;
use std::io;

use dialoguer::console::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Report;
use super::printable::printable;
use super::terminal::Terminal;

/// Columns if there is no terminal.
const COLUMNS: usize = 100;

/// What a sign or a number says, from which its color follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Something failed.
    Bad,
    /// Something is under way, or switched off.
    Pending,
}

/// A text of paragraphs and tables.
#[derive(Debug, Default)]
pub struct Screen(Vec<Part>);

#[derive(Debug)]
enum Part {
    Heading(String),
    /// A paragraph: what stands before it, columns of that, and its text.
    Paragraph {
        sign: Option<(Tone, String)>,
        indent: usize,
        text: String,
    },
    /// A table whose first column is text and whose others are numbers; the tone is that of numbers but 0.
    Counts {
        header: Vec<&'static str>,
        tones: Vec<Tone>,
        rows: Vec<(String, Vec<u64>)>,
    },
    Blank,
}

impl Screen {
    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.0.push(Part::Blank);
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.0.push(Part::Heading(text.into()));
    }

    /// Adds a paragraph after a sign, such as `✔`.
    pub fn signed(&mut self, tone: Tone, sign: impl Into<String>, text: impl Into<String>) {
        let sign = sign.into();
        self.0.push(Part::Paragraph {
            indent: sign.width() + 1,
            sign: Some((tone, sign)),
            text: text.into(),
        });
    }

    /// Adds a paragraph that is indented.
    pub fn indented(&mut self, indent: usize, text: impl Into<String>) {
        self.0.push(Part::Paragraph { sign: None, indent, text: text.into() });
    }

    /// Adds a table of counts: a name and a number for each column, of which the first has a name in the header too.
    pub fn counts(&mut self, header: Vec<&'static str>, tones: Vec<Tone>, rows: Vec<(String, Vec<u64>)>) {
        self.0.push(Part::Counts { header, tones, rows });
    }

    /// The lines, none of them wider than the terminal.
    pub(super) fn lines(&self, Terminal { columns, colors }: Terminal) -> Vec<String> {
        let columns = columns.unwrap_or(COLUMNS);
        let mut lines = Vec::new();
        for part in &self.0 {
            match part {
                Part::Blank => lines.push(String::new()),
                Part::Heading(text) => {
                    let style = Style::new().bold().force_styling(colors);
                    lines.extend(wrap(text, columns).iter().map(|line| style.apply_to(line).to_string()));
                }
                Part::Paragraph { sign, indent, text } => {
                    paragraph(&mut lines, sign.as_ref(), *indent, text, columns, colors);
                }
                Part::Counts { header, tones, rows } => {
                    counts(&mut lines, header, tones, rows, columns, colors);
                }
            }
        }
        lines
    }
}

impl Tone {
    pub(super) fn style(self, colors: bool) -> Style {
        let style = match self {
            Tone::Good => Style::new().green(),
            Tone::Bad => Style::new().red(),
            Tone::Pending => Style::new().yellow(),
        };
        style.force_styling(colors)
    }
}

fn paragraph(
    lines: &mut Vec<String>,
    sign: Option<&(Tone, String)>,
    indent: usize,
    text: &str,
    columns: usize,
    colors: bool,
) {
    let text = printable(text.to_owned());
    let wrapped = text.lines().flat_map(|line| wrap(line, columns.saturating_sub(indent)));
    for (at, line) in wrapped.enumerate() {
        let before = match sign {
            Some((tone, sign)) if at == 0 => format!("{} ", tone.style(colors).apply_to(sign)),
            _ => " ".repeat(indent),
        };
        lines.push(before + &line);
    }
}

/// Distance between the columns of a table.
const GAP: usize = 2;

fn counts(
    lines: &mut Vec<String>,
    header: &[&str],
    tones: &[Tone],
    rows: &[(String, Vec<u64>)],
    columns: usize,
    colors: bool,
) {
    let numbers: Vec<usize> = header[1..]
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let longest = rows.iter().map(|(_, counts)| counts[at].to_string().len()).max().unwrap_or(0);
            name.len().max(longest)
        })
        .collect();
    let others: usize = numbers.iter().map(|width| width + GAP).sum();
    let longest = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0).max(header[0].len());
    let first = longest.min(columns.saturating_sub(others)).max(1);
    let mut line = format!("{:first$}", cut(&header[0].to_uppercase(), first));
    for (name, width) in header[1..].iter().zip(&numbers) {
        let _ = write!(line, "{:>width$}", name.to_uppercase(), width = width + GAP);
    }
    lines.push(line);
    for (name, counts) in rows {
        let mut line = format!("{:first$}", cut(name, first));
        for ((count, width), tone) in counts.iter().zip(&numbers).zip(tones) {
            let shown = if *count == 0 { "-".to_owned() } else { count.to_string() };
            let shown = format!("{shown:>width$}", width = width + GAP);
            let style =
                if *count == 0 { Style::new().dim().force_styling(colors) } else { tone.style(colors) };
            line += &style.apply_to(shown).to_string();
        }
        lines.push(line);
    }
}

/// The beginning of a text that fits, with `…` if something is cut off.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    for char in text.chars() {
        if cut.width() + char.width().unwrap_or(0) + 1 > columns {
            break;
        }
        cut.push(char);
    }
    cut + "…"
}

/// The lines of a text, broken at spaces, and within words that are longer than a line; at least one.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let width = word.width();
        if used > 0 && used + 1 + width <= columns {
            line.push(' ');
            line.push_str(word);
            used += 1 + width;
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for char in word.chars() {
            let width = char.width().unwrap_or(0);
            if used + width > columns && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(char);
            used += width;
        }
    }
    lines.push(line);
    lines
}

impl Report<'_> {
    /// Shows a screen.
    pub fn screen(&self, screen: &Screen) -> io::Result<()> {
        let ui = self.ui();
        let lines = screen.lines(Terminal { columns: ui.columns(), colors: ui.has_colors() });
        self.document(&(lines.join("\n") + "\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen() -> Screen {
        let mut screen = Screen::default();
        screen.signed(Tone::Bad, "✗", "not healthy: 1 failed");
        screen.counts(
            vec!["Kind", "Ready", "Failed"],
            vec![Tone::Good, Tone::Bad],
            vec![("ResourceSetInputProvider".into(), vec![12, 0]), ("Kustomization".into(), vec![3, 1])],
        );
        screen.blank();
        screen.heading("Not ready");
        screen.indented(2, "a message\nof two lines, with \x1b[31mcolor and averylongwordwithoutanyspace");
        screen
    }

    fn lines(columns: usize, colors: bool) -> Vec<String> {
        screen().lines(Terminal { columns: Some(columns), colors })
    }

    #[test]
    fn lines_are_not_wider_than_the_terminal() {
        insta::assert_snapshot!(lines(28, false).join("\n"), @"
        ✗ not healthy: 1 failed
        KIND           READY  FAILED
        ResourceSetI…     12       -
        Kustomization      3       1

        Not ready
          a message
          of two lines, with
          ^[[31mcolor and
          averylongwordwithoutanyspa
          ce
        ");
        // Two columns of numbers need 16.
        for columns in [1, 10, 28, 60] {
            let fits = |line: &String| line.width() <= columns.max(16);
            assert!(lines(columns, false).iter().all(fits), "{columns}");
        }
    }

    #[test]
    fn states_are_colored_on_a_terminal_only() {
        let colored = lines(60, true);
        assert!(colored[0].starts_with("\x1b[31m✗\x1b[0m not healthy"), "{colored:?}");
        assert!(!lines(60, false).join("").contains('\x1b'));
        let message = colored.join("\n");
        assert!(message.contains("^[[31mcolor") && !message.contains("\x1b[31mcolor"), "{message:?}");
    }
}
