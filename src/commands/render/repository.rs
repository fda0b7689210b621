//! A repository of this machine: the Flux Kustomizations, sources, ConfigMaps and Secrets in its YAML files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::artifact::{Generator, is_generator};
use super::unit::{Unit, is_flux_kustomization};
use crate::error::{Error, Result};

/// A folder with what belongs together.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    values: OnceLock<Vec<Found>>,
}

/// An object of a file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub file: PathBuf,
    pub object: Value,
}

/// What discovery found.
#[derive(Debug, Default)]
pub struct Discovered {
    /// The Flux Kustomizations, by their files and places in them. Their folders are not set.
    pub(super) units: Vec<Found>,
    /// The addresses of sources, by `Kind/namespace/name`.
    pub(super) sources: Vec<(String, String)>,
    /// `spec.ignore` of sources, by `Kind/namespace/name`.
    pub(super) ignored: Vec<(String, String)>,
    pub(super) generators: Vec<Generator>,
    /// Files that look as if they held Flux Kustomizations and cannot be read.
    pub warnings: Vec<String>,
}

impl Repository {
    /// The repository with this root.
    ///
    /// # Errors
    /// The folder is not there.
    pub fn new(root: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", root.display())))?;
        Ok(Self { root, values: OnceLock::new() })
    }

    /// The repository that a folder lies in: the nearest folder above it with `.git`, or else the current folder if it is
    /// above, or the folder itself.
    ///
    /// # Errors
    /// The folder is not there.
    pub fn around(folder: &Path) -> Result<Self> {
        let repository = Self::new(folder)?;
        let folder = &repository.root;
        if let Some(above) = folder.ancestors().find(|above| above.join(".git").exists()) {
            return Ok(Self { root: above.to_path_buf(), values: OnceLock::new() });
        }
        match Path::new(".").canonicalize() {
            Ok(current) if folder.starts_with(&current) => {
                Ok(Self { root: current, values: OnceLock::new() })
            }
            _ => Ok(repository),
        }
    }

    /// The root, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path as messages show it.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        match path.strip_prefix(&self.root) {
            Ok(inside) if inside.as_os_str().is_empty() => Path::new(".").display(),
            Ok(inside) => inside.display(),
            Err(_) => path.display(),
        }
    }

    /// The ConfigMaps and Secrets, read once, when they are first asked for.
    pub(super) fn values(&self) -> &[Found] {
        self.values.get_or_init(|| {
            let mut found = Vec::new();
            for file in yaml_files(&self.root) {
                let Ok(text) = std::fs::read_to_string(&file) else { continue };
                if !(text.contains("ConfigMap") || text.contains("Secret")) {
                    continue;
                }
                // What is no YAML (a template, for instance) holds no values either.
                let Ok(documents) = edgeflux_yaml::documents(&text) else { continue };
                for object in documents {
                    if object["apiVersion"] == "v1"
                        && (object["kind"] == "ConfigMap" || object["kind"] == "Secret")
                    {
                        found.push(Found { file: file.clone(), object });
                    }
                }
            }
            found
        })
    }

    /// The Flux Kustomizations of all documents of all files of a folder; the sources and ArtifactGenerators of the whole
    /// repository.
    pub(super) fn discover(&self, folder: &Path) -> Discovered {
        let mut discovered = Discovered::default();
        for file in yaml_files(&self.root) {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            let has_source =
                text.contains("source.toolkit.fluxcd.io/") || text.contains("source.extensions.fluxcd.io/");
            let has_unit = file.starts_with(folder) && text.contains("kustomize.toolkit.fluxcd.io/v");
            if !has_source && !has_unit {
                continue;
            }
            let documents = match edgeflux_yaml::documents(&text) {
                Ok(documents) => documents,
                Err(error) if has_unit => {
                    discovered.warnings.push(format!("{}: not read: {error}", self.shown(&file)));
                    continue;
                }
                Err(_) => continue,
            };
            for object in documents {
                // Without a source it is a patch for one.
                let has_name = |field: &str| object["spec"]["sourceRef"][field].is_string();
                if has_unit && is_flux_kustomization(&object) && has_name("kind") && has_name("name") {
                    discovered.units.push(Found { file: file.clone(), object });
                } else if is_generator(&object) {
                    let near = file.parent().map(Path::to_path_buf).unwrap_or_default();
                    discovered.generators.push(Generator { object, near, above: Vec::new() });
                } else if let Some((key, url)) = source(&object) {
                    if let Some(patterns) = object["spec"]["ignore"].as_str() {
                        discovered.ignored.push((key.clone(), patterns.to_owned()));
                    }
                    discovered.sources.push((key, url));
                }
            }
        }
        discovered
    }
}

impl Found {
    /// As a unit whose folder is to be found.
    pub(super) fn into_unit(self) -> Unit {
        let near = self.file.parent().map(Path::to_path_buf).unwrap_or_default();
        Unit::unplaced(self.object, near)
    }
}

/// A source's key and address.
fn source(object: &Value) -> Option<(String, String)> {
    let group = object["apiVersion"].as_str()?.split_once('/')?.0;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let url = object["spec"]["url"].as_str()?;
    let metadata = &object["metadata"];
    (group == "source.toolkit.fluxcd.io").then(|| {
        let key =
            format!("{}/{}/{}", text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]));
        (key, url.to_owned())
    })
}

/// The YAML files of a folder and those below it, in the order of their paths. Links to folders are not followed.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && name != ".git" && seen.insert(path.clone()) {
                folders.push(path);
            } else if !kind.is_dir()
                && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
                && path.is_file()
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
