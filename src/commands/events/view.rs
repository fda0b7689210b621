//! The formats of `flux events`: a table, or objects of Kubernetes as JSON or YAML.

use std::io;

use serde_json::Value;

use super::entry::{self, Entry, Whole};
use crate::clock::Clock;
use crate::cluster::KubernetesEvent;
use crate::output::{Grid, Manifest, Report};

/// How events are shown, and how much of each is needed for that.
pub trait View {
    /// The form of the events.
    type Entry: Entry;

    /// Shows all events at once.
    fn list(&mut self, report: &Report<'_>, entries: Vec<Self::Entry>) -> io::Result<()>;

    /// Shows events while more of them come.
    fn stream(&mut self, report: &Report<'_>, entries: Vec<Self::Entry>) -> io::Result<()>;
}

/// A table with a row for each event.
pub struct Table {
    grid: Grid,
    clock: Clock,
    namespaces: bool,
}

impl Table {
    /// A table with or without the namespaces of the events, and their ages by `clock`.
    pub fn new(clock: Clock, namespaces: bool) -> Self {
        let columns = ["Last seen", "Type", "Reason", "Object", "Message"];
        let header = namespaces.then_some("Namespace").into_iter().chain(columns).collect();
        Table { grid: Grid::new(header), clock, namespaces }
    }
}

impl View for Table {
    type Entry = KubernetesEvent;

    fn list(&mut self, report: &Report<'_>, entries: Vec<KubernetesEvent>) -> io::Result<()> {
        // Without events, there is no header either.
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            self.grid.push(entry::cells(entry, self.clock, self.namespaces));
        }
        report.grid(&mut self.grid)
    }

    fn stream(&mut self, report: &Report<'_>, entries: Vec<KubernetesEvent>) -> io::Result<()> {
        self.list(report, entries)
    }
}

/// Objects as JSON: a `List`, or a line for each while more of them come.
pub struct Json;

impl View for Json {
    type Entry = Whole;

    fn list(&mut self, report: &Report<'_>, entries: Vec<Whole>) -> io::Result<()> {
        report.document("{\n    \"apiVersion\": \"v1\",\n    \"items\": [")?;
        let end = if entries.is_empty() { "]" } else { "\n    ]" };
        for (index, entry) in entries.into_iter().enumerate() {
            let object: Value = serde_json::from_str(&entry.json)?;
            report.document(if index == 0 { "\n        " } else { ",\n        " })?;
            report.document(&indented(&object)?)?;
        }
        report.document(end)?;
        report.document(
            ",\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
        )
    }

    fn stream(&mut self, report: &Report<'_>, entries: Vec<Whole>) -> io::Result<()> {
        entries.into_iter().try_for_each(|entry| report.document(&(entry.json + "\n")))
    }
}

/// An object as it stands in a list: indented by four spaces a level, as kubectl does.
fn indented(object: &Value) -> serde_json::Result<String> {
    use serde::Serialize;

    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    object.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    Ok(String::from_utf8_lossy(&text).replace('\n', "\n        "))
}

/// Objects as YAML: a `List`, or a document for each while more of them come.
pub struct Yaml;

impl View for Yaml {
    type Entry = Whole;

    fn list(&mut self, report: &Report<'_>, entries: Vec<Whole>) -> io::Result<()> {
        let none = if entries.is_empty() { " []" } else { "" };
        report.document(&format!("apiVersion: v1\nitems:{none}\n"))?;
        for entry in entries {
            let object: Value = serde_json::from_str(&entry.json)?;
            report.document(&edgeflux_yaml::to_string(&Value::Array(vec![object])))?;
        }
        report.document("kind: List\nmetadata:\n  resourceVersion: \"\"\n")
    }

    fn stream(&mut self, report: &Report<'_>, entries: Vec<Whole>) -> io::Result<()> {
        for entry in entries {
            let object: Value = serde_json::from_str(&entry.json)?;
            report.object(&Manifest::of(&object))?;
        }
        Ok(())
    }
}
