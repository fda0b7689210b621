//! The text that `helm template` prints.

use std::fmt::Write as _;

use super::Rendered;
use super::manifest::split;
use crate::chart::pattern;
use crate::error::Error;

/// What `helm template` leaves out or adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Whether CRDs of the directory `crds` come first.
    pub crds: bool,
    /// Leave out hooks.
    pub no_hooks: bool,
    /// Leave out the hooks that are tests.
    pub skip_tests: bool,
    /// Patterns of the templates that are shown, such as `templates/deployment.yaml`. None for all of them.
    pub only: Vec<String>,
}

impl Rendered {
    /// The manifest of the release, as Helm stores it: without hooks, with CRDs if they are wanted.
    pub fn manifest(&self, crds: bool) -> String {
        let crds = self.crds.iter().filter(|_| crds).map(|crd| (&crd.path, &crd.content));
        let manifests = self.manifests.iter().map(|manifest| (&manifest.path, &manifest.content));
        let mut text = String::new();
        for (path, content) in crds.chain(manifests) {
            add(&mut text, path, content);
        }
        text
    }

    /// What `helm template` prints.
    ///
    /// # Errors
    /// A pattern matches no template.
    pub fn text(&self, shown: &Shown) -> Result<String, Error> {
        let mut text = self.manifest(shown.crds).trim().to_owned();
        text.push('\n');
        if !shown.no_hooks {
            for hook in self.hooks.iter().filter(|hook| !(shown.skip_tests && hook.is_test())) {
                add(&mut text, &hook.path, &hook.manifest);
            }
        }
        if shown.only.is_empty() { Ok(text) } else { selected(&text, &shown.only) }
    }
}

fn add(text: &mut String, path: &str, content: &str) {
    let _ = writeln!(text, "---\n# Source: {path}\n{content}");
}

/// The documents of templates whose paths match, in the order of the patterns.
fn selected(text: &str, patterns: &[String]) -> Result<String, Error> {
    let documents: Vec<(&str, &str)> =
        split(text).filter_map(|document| Some((source(document)?, document))).collect();
    let mut out = String::new();
    for pattern in patterns {
        let mut matching =
            documents.iter().filter(|(path, _)| pattern::matches(pattern, path).unwrap_or(false)).peekable();
        if matching.peek().is_none() {
            return Err(Error::new(format!("could not find template {pattern} in chart")));
        }
        for (_, document) in matching {
            let _ = writeln!(out, "---\n{document}");
        }
    }
    Ok(out)
}

/// The path that a document's comment names, without the name of the chart.
fn source(document: &str) -> Option<&str> {
    document.match_indices("# Source: ").find_map(|(at, mark)| {
        let line = document[at + mark.len()..].lines().next()?;
        let (chart, path) = line.split_once('/')?;
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}
