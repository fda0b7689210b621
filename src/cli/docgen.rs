//! `flux docgen`: the pages of all commands as Markdown, for a web site.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::page::{Page, Row};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Result, ResultExt as _};

/// The arguments of `flux docgen`.
#[derive(Debug, Args)]
pub struct Docgen {
    /// Directory to write the pages to
    #[arg(long, value_name = "DIR", default_value = "./docs/cmd")]
    path: PathBuf,
}

impl Described for Docgen {
    const ABOUT: About = About::new("docgen", "Write the documentation of all commands as Markdown")
        .details("Writes a page for each command, with front matter for static site generators.")
        .examples(&[
            ("Write the pages", "flux docgen"),
            ("Write the pages into the content of a website", "flux docgen --path=site/content/cmd"),
        ])
        .hidden();
}

impl Command for Docgen {
    async fn run(self, context: &Context) -> Result<()> {
        let failed = |path: &std::path::Path| format!("failed to write {}", path.display());
        fs::create_dir_all(&self.path).context(failed(&self.path))?;
        let pages = Page::all();
        let pages: Vec<&Page> = pages.iter().filter(|page| !page.hidden).collect();
        for page in &pages {
            let path = self.path.join(format!("{}.md", page.words.join("_")));
            fs::write(&path, markdown(page)).context(failed(&path))?;
        }
        context.ui.success(format!("{} pages written to {}", pages.len(), self.path.display()));
        Ok(())
    }
}

fn markdown(page: &Page) -> String {
    let command = page.words.join(" ");
    let mut out = format!("---\ntitle: \"{command}\"\n---\n## {command}\n\n{}\n\n", page.summary);
    let _ = writeln!(out, "### Synopsis\n");
    if !page.details.is_empty() {
        let _ = writeln!(out, "{}\n", page.details);
    }
    let usage = format!("{command} {} [OPTIONS]", page.usage).replace("  ", " ");
    let _ = writeln!(out, "```\n{usage}\n```\n");
    if !page.aliases.is_empty() {
        let _ = writeln!(out, "Aliases: {}\n", page.aliases.join(", "));
    }
    if !page.examples.is_empty() {
        let examples = page.examples.iter().map(|(purpose, line)| format!("  # {purpose}\n  {line}\n"));
        let _ = writeln!(out, "### Examples\n\n```\n{}```\n", examples.collect::<Vec<_>>().join("\n"));
    }
    table(&mut out, "Arguments", &page.arguments);
    table(&mut out, "Options", &page.options);
    table(&mut out, "Options inherited from parent commands", &page.global_options);
    let _ = writeln!(out, "### SEE ALSO\n");
    if let Some((_, above)) = page.words.split_last().filter(|(_, above)| !above.is_empty()) {
        let _ = writeln!(out, "* {}", link(above));
    }
    for row in page.commands.iter().flat_map(|(_, rows)| rows) {
        let mut words = page.words.clone();
        words.push(row.term.clone());
        let _ = writeln!(out, "* {} - {}", link(&words), row.text);
    }
    out
}

/// Options or arguments as they stand in the help.
fn table(out: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|row| row.term.chars().count()).max().unwrap_or_default();
    let _ = writeln!(out, "### {title}\n\n```");
    for row in rows {
        let _ = writeln!(out, "  {:width$}   {}", row.term, row.text);
    }
    let _ = writeln!(out, "```\n");
}

/// A link to the page of a command, as flux's web site has it.
fn link(words: &[String]) -> String {
    format!("[{}](../{}/)", words.join(" "), words.join("_").to_lowercase())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn every_command_has_a_page() {
        let scene = Scene::offline();
        let outcome = scene.run("flux docgen --path=[dir]/site/cmd");
        assert_eq!(outcome.code, 0, "{outcome}");
        let page = scene.read("site/cmd/flux_trigger.md");
        let (own, rest) = page.split_once("### Options inherited").unwrap();
        let (_, related) = rest.split_once("### SEE ALSO").unwrap();
        let child =
            "* [flux trigger receiver](../flux_trigger_receiver/) - Trigger the webhook of a Receiver";
        assert_eq!(related.trim(), format!("* [flux](../flux/)\n{child}"));
        assert_snapshot!(own.trim_end(), @r#"
        ---
        title: "flux trigger"
        ---
        ## flux trigger

        Trigger Flux objects from outside the cluster

        ### Synopsis

        ```
        flux trigger <COMMAND> [OPTIONS]
        ```

        ### Examples

        ```
          # Trigger a Receiver
          flux trigger receiver apps --token=my-token --url=https://flux-webhook.example.com

          # Trigger a Receiver from GitHub Actions
          flux trigger receiver apps --type=generic-oidc --oidc-provider=github --url=https://flux-webhook.example.com
        ```

        ### Options

        ```
          -h, --help   Show help; use -h for a summary
        ```
        "#);
        let page = scene.read("site/cmd/flux_create_source_git.md");
        assert!(page.starts_with("---\ntitle: \"flux create source git\"\n---\n"), "{page}");
        let root = scene.read("site/cmd/flux.md");
        assert!(root.contains("[flux get](../flux_get/)") && !root.contains("docgen"), "{root}");
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let scene = Scene::offline().file("site", "a file");
        assert_snapshot!(scene.run("flux docgen --path=[dir]/site/cmd"), @"
        [stderr]
        ✗ failed to write [dir]/site/cmd: Not a directory (os error 20)
        [exit code 1]
        ");
    }
}
