//! Loads the chart of a HelmRelease, with the values files that source-controller merges.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::source_files::{Notes, View, clamped};
use super::find::{Chosen, Place};
use crate::charts::Fetched;
use crate::error::{Error, Result};
use edgeflux_helm::chart::{self, Chart};
use edgeflux_helm::semver::Version;
use edgeflux_kustomize::FileSystem as _;

impl Chosen {
    /// What the loaded chart depends on.
    pub fn key(&self, fetched: Option<&Fetched>) -> String {
        let (path, revision) = match (&self.place, fetched) {
            (Place::Local(_, path), _) => (path.as_path(), None),
            (Place::Remote(_), Some(fetched)) => (fetched.path.as_path(), fetched.revision.as_deref()),
            (Place::Remote(_), None) => (Path::new(""), None),
        };
        format!("{} {revision:?} {:?} {}", path.display(), self.values_files, self.ignores_missing)
    }

    /// Loads the chart. `fetched` is what was fetched for a remote one.
    ///
    /// # Errors
    /// The chart or a values file cannot be read.
    pub fn load(&self, fetched: Option<&Fetched>) -> Result<Chart> {
        let mut chart = match (&self.place, fetched) {
            (Place::Local(files, path), _) => {
                if !path.exists() {
                    return Err(Error::not_found(format!("there is no chart in {}", path.display()))
                        .hint("write spec.chart.spec.chart as a path below the root of the source"));
                }
                let view = View::of_chart(files);
                let chart = Chart::load(&Seen(&view), path);
                let Notes { warnings, left_out } = view.into_notes();
                let mut chart = chart.map_err(|error| {
                    let notes = warnings.iter().chain(&left_out);
                    notes.fold(Error::from(error), Error::hint)
                })?;
                chart.warnings.extend(warnings);
                chart
            }
            (Place::Remote(_), Some(fetched)) => {
                let root = fetched.path.parent().unwrap_or(Path::new("/"));
                let disk = edgeflux_kustomize::RootedFs::new(root)
                    .map_err(|error| Error::failed(format!("cannot read {}: {error}", root.display())))?;
                let mut chart = Chart::load(&Seen(&disk), &fetched.path)?;
                if let Some(revision) = &fetched.revision {
                    add_digest(&mut chart, revision)?;
                }
                chart
            }
            (Place::Remote(wanted), None) => {
                return Err(Error::failed(format!("{} was not fetched", wanted.by)));
            }
        };
        self.merge_values_files(&mut chart)?;
        Ok(chart)
    }

    /// Replaces the values of the chart by those of `spec.chart.spec.valuesFiles`, merged in their order.
    fn merge_values_files(&self, chart: &mut Chart) -> Result<()> {
        let mut merged: Option<serde_json::Map<String, Value>> = None;
        for path in &self.values_files {
            let values = match self.values_file(chart, path)? {
                Some(values) => values,
                None if self.ignores_missing => continue,
                None => {
                    return Err(Error::not_found(format!(
                        "spec.chart.spec.valuesFiles: the chart has no file {path:?}"
                    ))
                    .hint(match self.place {
                        Place::Local(..) => "write the path relative to the root of the source",
                        Place::Remote(_) => "write the path relative to the root of the chart",
                    }));
                }
            };
            merge(merged.get_or_insert_default(), values);
        }
        if let Some(merged) = merged.filter(|merged| !merged.is_empty()) {
            chart.values = merged;
        }
        Ok(())
    }

    /// Values of a file: of the source, or of a chart from a repository.
    fn values_file(&self, chart: &mut Chart, path: &str) -> Result<Option<serde_json::Map<String, Value>>> {
        let clean = clamped(path);
        let bytes = match &self.place {
            Place::Local(files, _) => {
                let view = View::of_chart(files);
                let bytes = match view.resolve(&files.root().join(&clean)) {
                    Ok((real, edgeflux_kustomize::FileType::File)) => {
                        Some(view.read(&real).map_err(|error| Error::failed(format!("{path}: {error}")))?)
                    }
                    _ => None,
                };
                let Notes { warnings, mut left_out } = view.into_notes();
                chart.warnings.extend(warnings);
                if let (false, Some(why)) = (self.ignores_missing, left_out.pop_first()) {
                    return Err(Error::not_found(format!("spec.chart.spec.valuesFiles: {why}"))
                        .hint("name a file that the source includes, relative to its root"));
                }
                bytes
            }
            Place::Remote(_) if clean == Path::new("values.yaml") => return Ok(Some(chart.values.clone())),
            Place::Remote(_) => {
                chart.files.iter().find(|file| Path::new(&file.name) == clean).map(|file| file.data.to_vec())
            }
        };
        let Some(bytes) = bytes else { return Ok(None) };
        let values = chart::read_values(&String::from_utf8_lossy(&bytes));
        Ok(Some(
            values.map_err(|error| Error::failed(format!("spec.chart.spec.valuesFiles: {path}: {error}")))?,
        ))
    }
}

/// Adds the digest of an artifact (`6.5.0@sha256:…`, or `sha256:…`) to the version of the chart, as helm-controller does.
fn add_digest(chart: &mut Chart, revision: &str) -> Result<()> {
    const LENGTH: usize = 12;
    let digest = revision.rsplit_once('@').map_or(revision, |(_, digest)| digest);
    let digest = digest.rsplit_once(':').map_or(digest, |(_, hex)| hex);
    let version = Version::parse(&chart.metadata.version)
        .and_then(|version| version.with_metadata(digest.get(..LENGTH).unwrap_or(digest)))
        .map_err(|error| {
            Error::failed(format!("version {:?} of the chart: {error}", chart.metadata.version))
        })?;
    chart.metadata.version = version.to_string();
    Ok(())
}

/// Merges values into others: maps are merged, everything else is replaced.
fn merge(into: &mut serde_json::Map<String, Value>, from: serde_json::Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// A file system of kustomize's engine for Helm's.
struct Seen<'a>(&'a dyn edgeflux_kustomize::FileSystem);

impl chart::FileSystem for Seen<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, chart::FileType)> {
        let (path, kind) = self.0.resolve(path)?;
        Ok((
            path,
            match kind {
                edgeflux_kustomize::FileType::File => chart::FileType::File,
                edgeflux_kustomize::FileType::Directory => chart::FileType::Directory,
            },
        ))
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.0.read(path)?;
        if bytes.len() > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it has more than {limit} bytes"),
            ));
        }
        Ok(bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.0.list(path)
    }
}
