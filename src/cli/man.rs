//! Man pages, from the same pages as the help. `examples/man.rs` writes them; the binary does not contain them.

use std::fmt::Write as _;

use super::page::{Page, Row};
use crate::manifests::distribution::CLIENT_VERSION;

/// Every man page: its file name, such as `flux-create-source-git.1`, and its text.
pub fn pages() -> Vec<(String, String)> {
    let all = Page::all();
    let pages = all.iter().filter(|page| !page.hidden);
    pages.map(|page| (format!("{}.1", page.words.join("-")), roff(page))).collect()
}

fn roff(page: &Page) -> String {
    let name = page.words.join("-");
    let command = page.words.join(" ");
    let mut out = format!(".TH \"{}\" 1 \"\" \"flux {CLIENT_VERSION}\" \"Flux\"\n", name.to_uppercase());
    section(&mut out, "NAME");
    let _ = writeln!(out, "{} \\- {}", escape(&name), escape(&page.summary));
    section(&mut out, "SYNOPSIS");
    let synopsis = format!("{command} {} [OPTIONS]", page.usage).replace("  ", " ");
    let _ = writeln!(out, "{}", escape(&synopsis));
    if !page.aliases.is_empty() {
        let _ = writeln!(out, ".PP\nAliases: {}", escape(&page.aliases.join(", ")));
    }
    section(&mut out, "DESCRIPTION");
    let _ = writeln!(out, "{}.", escape(&page.summary));
    for paragraph in page.details.split("\n\n").filter(|text| !text.is_empty()) {
        let _ = writeln!(out, ".PP\n{}", escape(paragraph));
    }
    for (title, rows) in &page.commands {
        list(&mut out, title, rows);
    }
    list(&mut out, "Arguments", &page.arguments);
    list(&mut out, "Options", &page.options);
    list(&mut out, "Global options", &page.global_options);
    section(&mut out, "EXAMPLES");
    for (purpose, line) in &page.examples {
        let _ = writeln!(out, ".PP\n{}:\n.PP\n.nf\n.RS\n{}\n.RE\n.fi", escape(purpose), escape(line));
    }
    related(&mut out, page);
    out
}

/// The pages above and below.
fn related(out: &mut String, page: &Page) {
    let above = page.words.split_last().map(|(_, above)| above.join("-")).filter(|name| !name.is_empty());
    let below = page.commands.iter().flat_map(|(_, rows)| rows);
    let below = below.map(|row| format!("{}-{}", page.words.join("-"), row.term));
    let names: Vec<String> =
        above.into_iter().chain(below).map(|name| format!("\\fB{}\\fR(1)", escape(&name))).collect();
    if !names.is_empty() {
        section(out, "SEE ALSO");
        let _ = writeln!(out, "{}", names.join(", "));
    }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, ".SH \"{}\"", title.to_uppercase());
}

fn list(out: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    section(out, title);
    for row in rows {
        let _ = writeln!(out, ".TP\n\\fB{}\\fR\n{}", escape(&row.term), escape(&row.text));
    }
}

/// A text without meaning to roff: dashes that stay dashes, and no line that begins like a macro.
fn escape(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    let lines: Vec<String> = escaped
        .lines()
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_man_page() {
        let pages = pages();
        for name in
            ["flux.1", "flux-get-kustomizations.1", "flux-create-source-git.1", "flux-completion-bash.1"]
        {
            assert!(pages.iter().any(|(page, _)| page == name), "{name}");
        }
        assert_eq!(pages.len(), Page::all().iter().filter(|page| !page.hidden).count());
        for (name, text) in &pages {
            assert!(text.starts_with(".TH \"FLUX"), "{name}");
            assert!(text.contains("\n.SH \"EXAMPLES\"\n"), "{name}");
            for line in text.lines().filter(|line| line.starts_with(['.', '\''])) {
                let known = [".TH ", ".SH ", ".TP", ".PP", ".nf", ".fi", ".RS", ".RE"];
                assert!(known.iter().any(|macro_name| line.starts_with(macro_name)), "{name}: {line}");
            }
        }
    }

    #[test]
    fn texts_have_no_meaning_to_roff() {
        assert_eq!(escape(".x\n'y --z \\"), "\\&.x\n\\&'y \\-\\-z \\e");
    }
}
