//! `flux stats`: how many objects of each kind run, fail or are suspended, and what the sources' artifacts take.

use clap::Args;
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use super::Command;
use super::notation::{API_VERSION, Output};
use crate::cluster::{Cluster, ListSelector};
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{COUNTED, Kind};
use crate::object::{Condition, Resource};
use crate::output::{Grid, Report};

/// The arguments of `flux stats`.
#[derive(Debug, Args)]
pub struct Stats {
    /// Count the objects in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Output format: table, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Output::parse)]
    output: Output,
}

impl Described for Stats {
    const ABOUT: About = About::new("stats", "Count the objects of each kind and their states")
        .details(
            "Shows how many objects are running, failing and suspended, and the size of the artifacts that \
             source-controller stores for them. Kinds that the cluster does not have count as 0.\n\n\
             -o json and -o yaml print a document of kind Stats (cli.edgeflux.dev/v1).",
        )
        .examples(&[
            ("Count the objects in the whole cluster", "flux stats -A"),
            ("Count the objects in the namespace apps", "flux stats -n apps"),
            ("Print the counts as JSON", "flux stats -A -o json"),
        ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Stats {
    async fn run(self, context: &Context) -> Result<()> {
        let cluster = context.cluster().await?;
        let namespace = (!self.all_namespaces).then(|| context.namespace());
        let counts = join_all(COUNTED.iter().map(|kind| count(cluster, kind, namespace))).await;
        let report = Report::new(&context.ui);
        let mut failures: Vec<Error> = Vec::new();
        let mut reconcilers = Vec::new();
        for (kind, counted) in COUNTED.iter().zip(counts) {
            let (counts, error) = match counted {
                Ok(counts) => (Some(counts), None),
                Err(error) => {
                    let text = error.to_string();
                    failures.push(error);
                    (None, Some(text))
                }
            };
            reconcilers.push(Reconciler { kind: kind.kind, counts, error });
        }
        if failures.len() == COUNTED.len() {
            return Err(failures.swap_remove(0));
        }
        let mut shown = std::collections::BTreeSet::new();
        for failure in &failures {
            if shown.insert(failure.to_string()) {
                report.failure(failure.to_string(), failure.hints());
            }
        }
        let document = Document { api_version: API_VERSION, kind: "Stats", namespace, reconcilers };
        match self.output.notation() {
            None => Ok(report.grid(&mut table(&document))?),
            Some(notation) => Ok(report.document(&notation.write(&document)?)?),
        }
    }
}

/// The output of `-o json` and `-o yaml`; its schema is docs/output/stats.schema.json.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    /// Namespace of the objects; absent if all are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    reconcilers: Vec<Reconciler>,
}

/// Counts of a kind, or why the objects could not be counted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reconciler {
    kind: &'static str,
    #[serde(flatten)]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Counts of a kind.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    /// Objects that are not suspended.
    running: u64,
    /// Objects whose Ready condition is `False`, suspended ones too.
    failing: u64,
    suspended: u64,
    /// Size of all artifacts together.
    storage_bytes: u64,
}

/// The few fields of an object that are counted.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Counted {
    spec: Spec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    suspend: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    conditions: Vec<Condition>,
    artifact: Option<Artifact>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Artifact {
    size: u64,
}

impl Counts {
    fn add(&mut self, object: &Counted) {
        if object.spec.suspend {
            self.suspended += 1;
        } else {
            self.running += 1;
        }
        let conditions = &object.status.conditions;
        if conditions.iter().any(|condition| condition.condition_type == "Ready" && condition.is_false()) {
            self.failing += 1;
        }
        self.storage_bytes += object.status.artifact.as_ref().map_or(0, |artifact| artifact.size);
    }
}

async fn count(cluster: &Cluster, kind: &'static Kind, namespace: Option<&str>) -> Result<Counts> {
    let selector = ListSelector { namespace, ..ListSelector::default() };
    let add = |counts: &mut Counts, object: Counted| counts.add(&object);
    Ok(cluster.list_folded(&Resource::from(kind), &selector, add).await?.unwrap_or_default())
}

fn table(document: &Document<'_>) -> Grid {
    let mut grid = Grid::new(vec!["Reconcilers", "Running", "Failing", "Suspended", "Storage"]);
    for Reconciler { kind, counts, .. } in &document.reconcilers {
        let numbers = match counts {
            Some(counts) => [
                counts.running.to_string(),
                counts.failing.to_string(),
                counts.suspended.to_string(),
                size(counts.storage_bytes),
            ],
            None => ["?"; 4].map(str::to_owned),
        };
        grid.push(std::iter::once((*kind).to_owned()).chain(numbers).collect());
    }
    grid
}

/// A size in binary units with one decimal, such as `3.0 MiB`; `-` for none.
fn size(bytes: u64) -> String {
    match bytes {
        0 => return "-".into(),
        1..1024 => return format!("{bytes} B"),
        _ => {}
    }
    let exponent = bytes.ilog2() / 10;
    let unit = char::from(b"BKMGTPE"[exponent as usize]);
    #[allow(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let number = bytes as f64 / (1_u64 << (10 * exponent)) as f64;
    format!("{number:.1} {unit}iB")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::size;
    use crate::testing::{Scene, schema};

    fn scene() -> Scene {
        Scene::with_flux().object(&json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "large", "namespace": "apps"},
            "spec": {"suspend": true},
            "status": {"artifact": {"size": 3_200_000}, "conditions": [{"type": "Ready", "status": "False"}]},
        }))
    }

    #[test]
    fn every_kind_is_counted() {
        assert_snapshot!(scene().run("flux stats -A"), @"
        RECONCILERS          →RUNNING→FAILING→SUSPENDED→STORAGE␠
        GitRepository        →1      →1      →1        →3.1 MiB→
        OCIRepository        →1      →0      →0        →-      →
        HelmRepository       →1      →0      →0        →-      →
        HelmChart            →1      →0      →0        →-      →
        Bucket               →1      →0      →0        →-      →
        Kustomization        →2      →1      →1        →-      →
        HelmRelease          →1      →0      →0        →-      →
        Alert                →1      →0      →0        →-      →
        Provider             →1      →0      →0        →-      →
        Receiver             →1      →0      →0        →-      →
        ImageUpdateAutomation→1      →0      →0        →-      →
        ImagePolicy          →1      →0      →0        →-      →
        ImageRepository      →1      →0      →0        →-      →
        ");
        assert_snapshot!(scene().run("flux stats -n apps -o yaml"), @"
        apiVersion: cli.edgeflux.dev/v1
        kind: Stats
        namespace: apps
        reconcilers:
        - failing: 1
          kind: GitRepository
          running: 0
          storageBytes: 3200000
          suspended: 1
        - failing: 0
          kind: OCIRepository
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: HelmRepository
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: HelmChart
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: Bucket
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: Kustomization
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: HelmRelease
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: Alert
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: Provider
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: Receiver
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: ImageUpdateAutomation
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: ImagePolicy
          running: 0
          storageBytes: 0
          suspended: 0
        - failing: 0
          kind: ImageRepository
          running: 0
          storageBytes: 0
          suspended: 0
        ");
    }

    #[test]
    fn json_has_the_documented_form() {
        for line in ["flux stats -A -o json", "flux stats -o json"] {
            let output: Value = serde_json::from_str(&scene().run(line).stdout).unwrap();
            schema::check(&output, include_str!("../../docs/output/stats.schema.json"));
        }
    }

    #[test]
    fn arguments_are_refused() {
        assert_snapshot!(scene().run("flux stats apps"), @r#"
        [stderr]
        ✗ unknown command "apps" for "flux stats"
          hint: this command takes flags only; add --help to see them
        [exit code 1]
        "#);
    }

    #[test]
    fn sizes_are_shown_in_binary_units() {
        for (bytes, shown) in [
            (0, "-"),
            (1, "1 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1_048_575, "1024.0 KiB"),
            (3 << 20, "3.0 MiB"),
            (5 << 40, "5.0 TiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
