//! Pages as text on the terminal.

use std::fmt::Write as _;

use super::page::{Page, Row};

/// How much of a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// `-h`: usage, commands and the command's own options.
    Brief,
    /// `--help`: everything.
    Full,
}

/// Columns of help that does not go to a terminal, and the most that it takes of one.
const WIDTH: usize = 100;

/// Columns below which lines are no longer made shorter.
const NARROWEST: usize = 50;

/// Columns of the longest option that still has its description beside it.
const LONGEST_TERM: usize = 36;

/// A page as text, for a terminal of this width.
pub fn text(page: &Page, detail: Detail, columns: Option<usize>) -> String {
    let width = columns.unwrap_or(WIDTH).clamp(NARROWEST, WIDTH);
    let mut out = String::new();
    let full = detail == Detail::Full;
    paragraph(&mut out, &page.summary, width);
    if full && !page.details.is_empty() {
        out.push('\n');
        page.details.lines().for_each(|line| paragraph(&mut out, line, width));
    }
    heading(&mut out, "Usage");
    usage(&mut out, page, width);
    if !page.aliases.is_empty() {
        heading(&mut out, "Aliases");
        let _ = writeln!(out, "  {}", page.aliases.join(", "));
    }
    if full && !page.examples.is_empty() {
        heading(&mut out, "Examples");
        for (at, (purpose, line)) in page.examples.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            let _ = writeln!(out, "{gap}  # {purpose}\n  {}", command_line(line, width));
        }
    }
    for (title, rows) in &page.commands {
        list(&mut out, title, rows, width);
    }
    list(&mut out, "Arguments", &page.arguments, width);
    list(&mut out, "Options", &page.options, width);
    if full {
        list(&mut out, "Global options", &page.global_options, width);
    } else {
        let _ = writeln!(out, "\nExamples and global options: {} --help", page.words.join(" "));
    }
    out
}

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}:");
}

/// The usage line, broken between alternatives rather than inside of them.
fn usage(out: &mut String, page: &Page, width: usize) {
    let start = format!("  {}", page.words.join(" "));
    let mut line = start.clone();
    let rest = [page.usage.as_str(), "[OPTIONS]"].join(" ");
    for part in usage_parts(&rest) {
        if line.len() + 1 + part.len() > width && line.len() > start.len() {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(5);
        }
        line.push(' ');
        line.push_str(&part);
    }
    let _ = writeln!(out, "{line}");
}

/// The parts of a usage line that stay on one line: a flag with its value, with the sign before it.
fn usage_parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match parts.last_mut() {
            Some(last)
                if last.trim_start_matches(['(', '[', '|', ' ']).starts_with('-')
                    && word.starts_with('<') =>
            {
                last.push(' ');
                last.push_str(word);
            }
            Some(last) if last.as_str() == "|" => {
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

/// A command line of an example, continued on further lines if it is too long for one.
fn command_line(line: &str, width: usize) -> String {
    let room = width - " \\".len();
    let mut out = String::new();
    let mut used = 2;
    for (at, part) in line.split(" --").enumerate() {
        let part = if at == 0 { part.to_owned() } else { format!("--{part}") };
        if at > 0 && used + 1 + part.len() > room {
            out.push_str(" \\\n    ");
            used = 4;
        } else if at > 0 {
            out.push(' ');
            used += 1;
        }
        used += part.len();
        out.push_str(&part);
    }
    out
}

fn list(out: &mut String, title: &str, rows: &[Row], width: usize) {
    if rows.is_empty() {
        return;
    }
    heading(out, title);
    // Options without a short form leave its place empty.
    let has_short = rows.iter().any(|row| row.term.starts_with('-') && !row.term.starts_with("--"));
    let indent = |row: &Row| if has_short && row.term.starts_with("--") { 6 } else { 2 };
    let longest =
        rows.iter().map(|row| indent(row) + row.term.len()).filter(|len| *len <= LONGEST_TERM).max();
    let column = longest.unwrap_or(LONGEST_TERM) + 2;
    for row in rows {
        let mut line = format!("{:indent$}{}", "", row.term, indent = indent(row));
        if line.len() + 2 > column {
            let _ = writeln!(out, "{line}");
            line.clear();
        }
        for text in wrap(&row.text, width.saturating_sub(column)) {
            let _ = writeln!(out, "{line:column$}{text}");
            line.clear();
        }
    }
}

fn paragraph(out: &mut String, text: &str, width: usize) {
    for line in wrap(text, width) {
        let _ = writeln!(out, "{line}");
    }
}

/// The lines of a text, broken at spaces; at least one.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let used = line.chars().count();
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        } else if used > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The help of every command, in a snapshot for each command right below `flux`.
    #[test]
    fn help_texts_are_those_of_the_snapshots() {
        let pages = Page::all();
        let globals = |text: &str| text.find("\nGlobal options:").map(|at| text[at..].to_owned());
        let of_root = pages.first().and_then(|root| globals(&super::text(root, Detail::Full, None)));
        let mut snapshots: BTreeMap<&str, String> = BTreeMap::new();
        for page in &pages {
            let mut text = super::text(page, Detail::Full, None);
            // The same list is in the snapshot of `flux` alone.
            if page.words.len() > 1
                && let Some(globals) = globals(&text).filter(|globals| Some(globals) == of_root.as_ref())
            {
                text.truncate(text.len() - globals.len());
            }
            let name = page.words.get(1).unwrap_or(&page.words[0]);
            let all = snapshots.entry(name).or_default();
            let _ = writeln!(all, "$ {} --help\n{text}", page.words.join(" "));
        }
        insta::with_settings!({
            snapshot_path => "../../tests/snapshots/help",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            for (name, text) in snapshots {
                insta::assert_snapshot!(name, text);
            }
        });
    }

    #[test]
    fn short_help_names_the_global_options_in_one_line() {
        let page = Page::of(&["create", "source", "git"]).expect("the command");
        let text = super::text(&page, Detail::Brief, None);
        assert!(text.contains("--branch <BRANCH>") && !text.contains("--kubeconfig"), "{text}");
        let last = text.lines().last().unwrap_or_default();
        assert!(last.contains("flux create source git --help"), "{last}");
    }

    #[test]
    fn help_fits_the_terminal() {
        for page in Page::all() {
            for (columns, most) in [(None, WIDTH), (Some(80), 80), (Some(500), WIDTH)] {
                for line in super::text(&page, Detail::Full, columns).lines() {
                    // Words that are longer than the room are not broken.
                    let words = line.trim_start().split(' ').count();
                    assert!(line.chars().count() <= most || words < 8, "{columns:?}: {line}");
                }
            }
        }
    }

    #[test]
    fn usage_is_broken_between_alternatives() {
        assert_eq!(
            usage_parts("<NAME> --url <URL> (--branch <BRANCH> | --tag <TAG>) [OPTIONS]"),
            ["<NAME>", "--url <URL>", "(--branch <BRANCH>", "| --tag <TAG>)", "[OPTIONS]"]
        );
    }

    #[test]
    fn long_examples_are_continued() {
        assert_eq!(command_line("flux get all -A", 100), "flux get all -A");
        assert_eq!(
            command_line("flux create source git app --url=https://example.com/app --branch=main", 50),
            "flux create source git app \\\n    --url=https://example.com/app --branch=main"
        );
    }
}
