//! A chart and the charts in it, while its values are processed for a release.

use super::coalesce::{Mode, coalesce};
use super::table::{deep_copy, empty};
use crate::chart::{Chart, Metadata};
use crate::error::Error;
use crate::template::{Map, Value};

/// Index of a chart in the tree.
pub(crate) type Index = usize;

/// The chart that is in no other one.
pub(crate) const ROOT: Index = 0;

/// A chart and the charts in it. Copies of a chart under several aliases may share their metadata, as in Helm.
#[derive(Debug)]
pub(crate) struct Tree<'c> {
    pub(super) nodes: Vec<Node<'c>>,
    pub(super) metadata: Vec<Metadata>,
    pub(super) warnings: Vec<String>,
}

/// A chart with what is changed for a release.
#[derive(Debug, Clone)]
pub(super) struct Node<'c> {
    pub chart: &'c Chart,
    /// Index of its metadata.
    pub metadata: usize,
    pub values: Map,
    pub parent: Option<Index>,
    pub children: Vec<Index>,
}

impl<'c> Tree<'c> {
    pub fn new(chart: &'c Chart) -> Self {
        let mut tree = Self { nodes: Vec::new(), metadata: Vec::new(), warnings: Vec::new() };
        tree.add(chart, None);
        tree
    }

    fn add(&mut self, chart: &'c Chart, parent: Option<Index>) -> Index {
        let index = self.nodes.len();
        self.metadata.push(chart.metadata.clone());
        self.warnings.extend(chart.warnings.iter().map(|warning| format!("{}: {warning}", chart.name())));
        let values = empty();
        for (key, value) in &chart.values {
            values.insert(key.as_str().into(), Value::from(value));
        }
        let metadata = self.metadata.len() - 1;
        self.nodes.push(Node { chart, metadata, values, parent, children: Vec::new() });
        let children = chart.dependencies.iter().map(|chart| self.add(chart, Some(index))).collect();
        self.nodes[index].children = children;
        index
    }

    pub fn chart(&self, index: Index) -> &'c Chart {
        self.nodes[index].chart
    }

    pub fn metadata(&self, index: Index) -> &Metadata {
        &self.metadata[self.nodes[index].metadata]
    }

    pub fn name(&self, index: Index) -> &str {
        &self.metadata(index).name
    }

    pub fn children(&self, index: Index) -> &[Index] {
        &self.nodes[index].children
    }

    /// The path of a chart: the names of the charts that contain it, with `/charts/` between them.
    pub fn path(&self, index: Index) -> String {
        match self.nodes[index].parent {
            Some(parent) => format!("{}/charts/{}", self.path(parent), self.name(index)),
            None => self.name(index).to_owned(),
        }
    }

    pub fn is_root(&self, index: Index) -> bool {
        self.nodes[index].parent.is_none()
    }

    pub(super) fn set_children(&mut self, index: Index, children: Vec<Index>) {
        for child in &children {
            self.nodes[*child].parent = Some(index);
        }
        self.nodes[index].children = children;
    }

    /// The values that templates get: those of the user over those of the charts. What is null in the user's removes
    /// what the charts have.
    pub fn coalesced(&mut self, values: &Map) -> Result<Map, Error> {
        self.combined(ROOT, values, Mode::Coalesce)
    }

    pub(super) fn combined(&mut self, index: Index, values: &Map, mode: Mode) -> Result<Map, Error> {
        let values = deep_copy(values);
        let mut warnings = std::mem::take(&mut self.warnings);
        let result = coalesce(self, index, &values, "", mode, &mut warnings);
        self.warnings = warnings;
        result.map(|()| values)
    }

    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// What the user or the author of a chart should know, each once.
    pub fn into_warnings(mut self) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        self.warnings.retain(|warning| seen.insert(warning.clone()));
        self.warnings
    }
}
