//! Results of tests, for people and for programs.

use serde::Serialize;

use super::junit;
use super::validate::{Finding, Outcome, Test, Tests};
use crate::commands::appliers::ApplierId;
use crate::commands::notation::{API_VERSION, NOTATIONS, Notation};
use crate::context::Context;
use crate::error::Result;
use crate::output::{Grid, Report};

/// How the results are shown.
#[derive(Debug, Clone)]
pub(super) enum Format {
    /// A row for each test.
    Table,
    /// A report in JUnit's format.
    Junit,
    /// A document.
    Document(Notation),
}

impl Format {
    pub(super) fn parse(text: &str) -> Result<Format, String> {
        match text {
            "" | "table" => Ok(Format::Table),
            "junit" => Ok(Format::Junit),
            _ => Notation::parse(text)?
                .map(Format::Document)
                .ok_or_else(|| format!("use table, junit, {NOTATIONS}")),
        }
    }

    /// Prints the results.
    ///
    /// # Errors
    /// They do not fit the template, or cannot be written.
    pub(super) fn print(&self, report: &Report<'_>, tests: &Tests) -> Result<()> {
        match self {
            Format::Table => report.grid(&mut table(tests))?,
            Format::Junit => report.document(&junit::write(tests))?,
            Format::Document(notation) => report.document(&notation.write(&Document::of(tests))?)?,
        }
        Ok(())
    }
}

fn table(tests: &Tests) -> Grid {
    let mut grid = Grid::new(vec!["Result", "Kind", "Namespace", "Name", "Objects", "Time", "Reason"]);
    for test in &tests.tests {
        grid.push(vec![
            test.outcome.name().to_owned(),
            test.id.kind.to_owned(),
            test.id.namespace.clone(),
            test.id.name.clone(),
            test.objects.to_string(),
            format!("{:.2}s", test.took.as_secs_f64()),
            test.reason.clone(),
        ]);
    }
    grid
}

/// Prints on stderr what failed, what to look at, and what was not validated.
pub(super) fn explain(context: &Context, tests: &Tests) {
    for test in &tests.tests {
        let title = test.id.title();
        for warning in &test.warnings {
            context.ui.warning(format!("{title}: {}", warning.text()));
        }
        for failure in &test.failures {
            context.ui.failure(format!("{title}: {}", failure.text()));
        }
        context.ui.hints(&test.hints);
    }
    if !tests.not_validated.is_empty() {
        let kinds = tests
            .not_validated
            .iter()
            .map(|((version, kind), number)| format!("{number} {kind} ({version})"));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        context.ui.plain(format!("not validated, since the schema is unknown: {kinds}"));
        context.ui.hints(&["add --schemas with a directory of schemas; see docs/test.md".to_owned()]);
    }
    let [passed, failed, skipped] = [Outcome::Pass, Outcome::Fail, Outcome::Skip].map(|it| tests.count(it));
    context.ui.plain(format!("{passed} passed, {failed} failed, {skipped} skipped"));
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Outcome::Pass => "PASS",
            Outcome::Fail => "FAIL",
            Outcome::Skip => "SKIP",
        }
    }
}

impl Finding {
    /// The object, its file, and the message.
    pub(super) fn text(&self) -> String {
        let file = self.file.as_ref().map(|file| format!(" ({file})")).unwrap_or_default();
        match &self.object {
            Some(object) => format!("{}{file}: {}", object.subject(), self.message),
            None => self.message.clone(),
        }
    }
}

/// The output of `-o json` and `-o yaml`; its schema is docs/output/test.schema.json.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    tests: Vec<Item<'a>>,
    passed: usize,
    failed: usize,
    skipped: usize,
    not_validated: Vec<Unknown<'a>>,
}

/// A test.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    result: Outcome,
    #[serde(flatten)]
    id: &'a ApplierId,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    /// Time that it took.
    seconds: f64,
    objects: usize,
    not_validated: usize,
    failures: &'a [Finding],
    warnings: &'a [Finding],
}

/// A kind without a known schema.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Unknown<'a> {
    api_version: &'a str,
    kind: &'a str,
    objects: usize,
}

impl<'a> Document<'a> {
    fn of(tests: &'a Tests) -> Self {
        let item = |test: &'a Test| Item {
            result: test.outcome,
            id: &test.id,
            reason: &test.reason,
            seconds: (test.took.as_secs_f64() * 1000.0).round() / 1000.0,
            objects: test.objects,
            not_validated: test.not_validated,
            failures: &test.failures,
            warnings: &test.warnings,
        };
        let kind = |((api_version, kind), objects): (&'a (String, String), &usize)| Unknown {
            api_version,
            kind,
            objects: *objects,
        };
        Document {
            api_version: API_VERSION,
            kind: "TestReport",
            tests: tests.tests.iter().map(item).collect(),
            passed: tests.count(Outcome::Pass),
            failed: tests.count(Outcome::Fail),
            skipped: tests.count(Outcome::Skip),
            not_validated: tests.not_validated.iter().map(kind).collect(),
        }
    }
}
