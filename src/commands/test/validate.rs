//! Validates what each applier renders.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::platforms::Platforms;
use crate::clock::Clock;
use crate::commands::appliers::{Applier, ApplierId, Appliers};
use crate::error::Error;
use crate::object::ObjectId;
use crate::schema::{Found, Problem, Schemas, check_basics};

/// Result of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Outcome {
    /// Everything renders, and no object is invalid.
    Pass,
    /// It does not render, or an object is invalid.
    Fail,
    /// It cannot be rendered here.
    Skip,
}

/// What a warning is about, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    /// Kubernetes refuses a change.
    ImmutableField,
    /// An object is deleted and created again.
    Recreated,
    /// Kubernetes refuses a smaller volume.
    ShrinkingVolume,
    /// Objects are deleted.
    Pruned,
    /// A namespace is deleted.
    DeletedNamespace,
    /// Nothing is applied any more.
    Suspended,
    /// An applier has another name.
    Renamed,
    /// A release is uninstalled, and another one installed.
    Reinstalled,
    /// An image has no build for a processor.
    MissingPlatform,
}

/// What was found in an object, or in the applier itself.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    /// What it is about, if it is a change that hurts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The object; none if it is about the applier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// File of the object, or template of a chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub message: String,
}

impl Finding {
    /// A finding about the applier.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Finding { rule: None, object: None, file: None, message: message.into() }
    }

    /// A finding about a change.
    pub(super) fn of_rule(rule: Rule, message: impl Into<String>) -> Self {
        Finding { rule: Some(rule), ..Finding::new(message) }
    }
}

/// How objects are validated.
pub(super) struct Rules {
    pub schemas: Schemas,
    pub platforms: Option<Platforms>,
    pub clock: Clock,
}

/// The test of one applier.
#[derive(Debug)]
pub(super) struct Test {
    pub id: ApplierId,
    /// Directory of the file that defines the outermost Kustomization: that of a cluster.
    pub suite: String,
    pub outcome: Outcome,
    /// Why it did not pass, in a few words; empty if it passed.
    pub reason: String,
    pub took: Duration,
    /// Number of objects that it renders.
    pub objects: usize,
    /// Number of objects without a known schema.
    pub not_validated: usize,
    pub failures: Vec<Finding>,
    pub warnings: Vec<Finding>,
    pub hints: Vec<String>,
}

/// All tests.
#[derive(Debug)]
pub(super) struct Tests {
    /// In the order of the files; skipped ones come last.
    pub tests: Vec<Test>,
    /// Number of objects of each API version and kind without a known schema.
    pub not_validated: BTreeMap<(String, String), usize>,
}

impl Tests {
    /// Tests the appliers. `changes` are findings about what they change.
    pub(super) fn of(
        appliers: Appliers,
        rules: &Rules,
        mut changes: BTreeMap<ApplierId, Vec<Finding>>,
    ) -> Self {
        let mut not_validated = BTreeMap::new();
        let mut tests: Vec<Test> =
            appliers.rendered.iter().map(|applier| test(applier, rules, &mut not_validated)).collect();
        for test in &mut tests {
            test.warnings.extend(changes.remove(&test.id).unwrap_or_default());
        }
        let skipped = |id, reason| Test { outcome: Outcome::Skip, reason, ..Test::new(id) };
        tests.extend(appliers.skipped.into_iter().map(|it| skipped(it.id, it.reason)));
        // Those that are gone come last.
        tests.extend(changes.into_iter().map(|(id, warnings)| Test {
            suite: id.defined_in.clone(),
            warnings,
            ..skipped(id, "it is removed".to_owned())
        }));
        Tests { tests, not_validated }
    }

    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }
}

impl Test {
    fn new(id: ApplierId) -> Self {
        Test {
            id,
            suite: String::new(),
            outcome: Outcome::Pass,
            reason: String::new(),
            took: Duration::ZERO,
            objects: 0,
            not_validated: 0,
            failures: Vec::new(),
            warnings: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Records that it does not render.
    fn fail(&mut self, error: &Error) {
        self.outcome = Outcome::Fail;
        "it does not render".clone_into(&mut self.reason);
        self.failures.push(Finding::new(error.to_string()));
        self.hints = error.hints().to_vec();
    }
}

fn test(applier: &Applier, rules: &Rules, not_validated: &mut BTreeMap<(String, String), usize>) -> Test {
    let mut test = Test::new(applier.id.clone());
    test.suite.clone_from(&applier.suite);
    test.took = applier.took;
    let rendered = match &applier.outcome {
        Ok(rendered) => rendered,
        Err(error) => {
            test.fail(error);
            return test;
        }
    };
    let since = rules.clock.now();
    test.warnings.extend(rendered.warnings.iter().map(Finding::new));
    test.objects = rendered.objects.len();
    let mut invalid = 0;
    for (object, file) in rendered.objects.iter().zip(&rendered.files) {
        let id = ObjectId::of(object);
        let (is_known, problems) = problems(object, &id, &rules.schemas);
        if !is_known {
            test.not_validated += 1;
            *not_validated.entry((id.api_version.clone(), id.kind.clone())).or_default() += 1;
        }
        invalid += usize::from(problems.iter().any(|problem| !problem.is_warning));
        for problem in problems {
            let list = if problem.is_warning { &mut test.warnings } else { &mut test.failures };
            let message = shown(&problem, &id);
            list.push(Finding { object: Some(id.clone()), file: file.clone(), ..Finding::new(message) });
        }
        if let Some(platforms) = &rules.platforms {
            test.warnings.extend(platforms.findings(object, file.as_deref()));
        }
    }
    for finding in test.failures.iter_mut().chain(&mut test.warnings) {
        finding.message = rendered.secrets.redact(&finding.message).into_owned();
    }
    if invalid > 0 {
        test.outcome = Outcome::Fail;
        let are = if invalid == 1 { "is" } else { "are" };
        test.reason = format!("{invalid} of {} objects {are} invalid", test.objects);
    }
    test.took += rules.clock.since(since);
    test
}

/// Whether the schema of an object is known, and what is wrong with the object.
fn problems(object: &Value, id: &ObjectId, schemas: &Schemas) -> (bool, Vec<Problem>) {
    let mut problems = check_basics(object);
    let own = |message: String| Problem { field: String::new(), message, is_warning: false };
    let is_known = match schemas.find(&id.api_version, &id.kind) {
        Ok(Found::Schema(schema)) => {
            problems.extend(schema.check(object));
            true
        }
        Ok(Found::OtherVersions(versions)) => {
            let versions = versions.join(", ");
            problems.push(own(format!(
                "no matches for kind {:?} in version {:?}; its versions are: {versions}",
                id.kind, id.api_version
            )));
            true
        }
        Ok(Found::Nothing) => false,
        Err(error) => {
            problems.push(own(format!("its schema cannot be read: {error}")));
            true
        }
    };
    problems.sort();
    problems.dedup();
    (is_known, problems)
}

/// The problem as it is shown: without the data of Secrets.
fn shown(problem: &Problem, id: &ObjectId) -> String {
    let is_data = ["data", "stringData"].iter().any(|field| problem.field.split('.').next() == Some(*field));
    if id.kind == "Secret" && is_data {
        return format!("{}: Invalid value (not shown, since it may be secret)", problem.field);
    }
    problem.to_string()
}
