//! Charts: from directories and archives, with the charts that they contain.

mod archive;
mod budget;
mod content;
mod decode;
mod directory;
mod file_system;
mod ignore;
mod load;
mod memory_fs;
mod metadata;
pub(crate) mod pattern;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use budget::{MAX_CHART, MAX_DEPTH, MAX_ENTRIES, MAX_FILE};
pub use content::Content;
pub use file_system::{FileSystem, FileType};
pub use load::read_values;
pub use memory_fs::MemoryFs;
pub use metadata::{Dependency, Lock, Maintainer, Metadata};

pub(crate) use decode::Fields;

use crate::error::Error;
use budget::Budget;

/// A file of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path in the chart.
    pub name: String,
    /// Content, without the mark of UTF-8.
    pub data: Content,
}

impl File {
    fn new(name: String, data: Vec<u8>) -> Self {
        Self { name, data: data.into() }
    }
}

/// A chart as it was loaded. It can be rendered many times, by several threads.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// Content of `Chart.yaml`, and of `requirements.yaml` in charts of version 1.
    pub metadata: Metadata,
    /// Content of `Chart.lock` or `requirements.lock`.
    pub lock: Option<Lock>,
    /// Content of `values.yaml`.
    pub values: Map<String, Value>,
    /// Content of `values.schema.json`.
    pub schema: Option<Arc<[u8]>>,
    /// Files below `templates`.
    pub templates: Vec<File>,
    /// All other files, which templates can read.
    pub files: Vec<File>,
    /// Charts below `charts`, in the order of their names.
    pub dependencies: Vec<Chart>,
    /// What the author of the chart should change.
    pub warnings: Vec<String>,
}

impl Chart {
    /// Loads a directory or an archive.
    pub fn load(fs: &dyn FileSystem, path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let (real, kind) = fs.resolve(path).map_err(|error| Error::new(format!("{shown}: {error}")))?;
        if kind == FileType::Directory {
            let mut budget = Budget::default();
            let files = directory::files(fs, path, &mut budget).map_err(|error| error.context(shown))?;
            return load::root(files, &mut budget);
        }
        let limit = usize::try_from(MAX_CHART).unwrap_or(usize::MAX);
        let data = fs.read(&real, limit).map_err(|error| Error::new(format!("{shown}: {error}")))?;
        Self::from_archive(&data).map_err(|error| error.context(shown))
    }

    /// Loads the bytes of an archive.
    pub fn from_archive(archive: &[u8]) -> Result<Self, Error> {
        let mut budget = Budget::default();
        let files = archive::files(archive, &mut budget)?;
        load::root(files, &mut budget)
    }

    /// Name of the chart.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Names of the charts that it depends on and does not contain.
    pub fn missing_dependencies(&self) -> Vec<&str> {
        let is_there = |name: &str| self.dependencies.iter().any(|chart| chart.name() == name);
        let names = self.metadata.dependencies.iter().map(|dependency| dependency.name.as_str());
        names.filter(|name| !is_there(name)).collect()
    }

    /// Checks that the chart can be installed: it is no library, and the charts that it depends on are there.
    pub fn check_installable(&self) -> Result<(), Error> {
        let kind = &self.metadata.kind;
        if !matches!(kind.as_str(), "" | "application") {
            return Err(Error::new(format!("{kind} charts are not installable")));
        }
        let missing = self.missing_dependencies();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        Err(Error::new(format!("found in Chart.yaml, but missing in charts/ directory: {missing}")))
    }
}
