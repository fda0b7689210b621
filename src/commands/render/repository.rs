//! A repository of this machine: the Flux Kustomizations, sources, ConfigMaps and Secrets in its YAML files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::artifact::{Generator, is_generator};
use super::checkout::Checkout;
use super::unit::{Unit, is_flux_kustomization};
use crate::error::{Error, Result};

/// A folder with what belongs together.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    checkout: Arc<Checkout>,
    walk: OnceLock<Walk>,
    values: OnceLock<Vec<Found>>,
}

/// The files of a directory and those below it that say what is in it. Links are not followed: artifacts have none.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Those that may hold objects, in the order of their paths.
    pub yaml_files: Vec<PathBuf>,
    /// The text of each `.sourceignore`, with its directory, in the order of these.
    pub ignore_files: Vec<(PathBuf, String)>,
}

/// A source as a file defines it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// `Kind/namespace/name`.
    pub key: String,
    pub url: String,
    /// The directory of its file.
    pub near: PathBuf,
    /// `spec.ignore`.
    pub ignore: Option<String>,
    /// `spec.sparseCheckout`, as source-controller compares it with paths.
    pub only: Vec<String>,
    /// `spec.recurseSubmodules`.
    pub recurses: bool,
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
    pub(super) sources: Vec<Source>,
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
        Ok(Self::of(canonical(root)?))
    }

    fn of(root: PathBuf) -> Self {
        let checkout = Arc::new(Checkout::of_directory(root.clone()));
        Self { root, checkout, walk: OnceLock::new(), values: OnceLock::new() }
    }

    /// A revision that was written into the directory `root`, with the address that it was cloned from and with the
    /// paths that are not on this machine, each with the reason.
    ///
    /// # Errors
    /// The directory is not there.
    pub fn of_revision(
        root: &Path,
        origin: Option<String>,
        absent: BTreeMap<PathBuf, String>,
    ) -> Result<Self> {
        let root = canonical(root)?;
        let checkout = Arc::new(Checkout::of_revision(root.clone(), origin, absent));
        Ok(Self { root, checkout, walk: OnceLock::new(), values: OnceLock::new() })
    }

    /// The repository that a folder lies in: the nearest folder above it with `.git`, or else the current folder if it is
    /// above, or the folder itself.
    ///
    /// # Errors
    /// The folder is not there.
    pub fn around(folder: &Path) -> Result<Self> {
        let folder = canonical(folder)?;
        if let Some(above) = folder.ancestors().find(|above| above.join(".git").exists()) {
            return Ok(Self::of(above.to_path_buf()));
        }
        match Path::new(".").canonicalize() {
            Ok(current) if folder.starts_with(&current) => Ok(Self::of(current)),
            _ => Ok(Self::of(folder)),
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

    /// Why a path is not on this machine, where that is known.
    pub fn absent(&self, path: &Path) -> Option<&str> {
        self.checkout.absent(path)
    }

    pub(super) fn checkout(&self) -> &Arc<Checkout> {
        &self.checkout
    }

    pub(super) fn walk(&self) -> &Walk {
        self.walk.get_or_init(|| Walk::of(&self.root))
    }

    /// The ConfigMaps and Secrets, read once, when they are first asked for.
    pub(super) fn values(&self) -> &[Found] {
        self.values.get_or_init(|| {
            let mut found = Vec::new();
            for file in &self.walk().yaml_files {
                let Ok(text) = std::fs::read_to_string(file) else { continue };
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
    ///
    /// # Errors
    /// A file of the folder is not on this machine.
    pub(super) fn discover(&self, folder: &Path) -> Result<Discovered> {
        let mut discovered = Discovered::default();
        for file in &self.walk().yaml_files {
            let is_within = file.starts_with(folder);
            if let Some(why) = self.checkout.absent(file) {
                if is_within {
                    return Err(Error::failed(format!("cannot read {}: {why}", self.shown(file))));
                }
                continue;
            }
            let Ok(text) = std::fs::read_to_string(file) else { continue };
            let has_source =
                text.contains("source.toolkit.fluxcd.io/") || text.contains("source.extensions.fluxcd.io/");
            let has_unit = is_within && text.contains("kustomize.toolkit.fluxcd.io/v");
            if !has_source && !has_unit {
                continue;
            }
            let documents = match edgeflux_yaml::documents(&text) {
                Ok(documents) => documents,
                Err(error) if has_unit => {
                    discovered.warnings.push(format!("{}: not read: {error}", self.shown(file)));
                    continue;
                }
                Err(_) => continue,
            };
            let near = file.parent().map(Path::to_path_buf).unwrap_or_default();
            for object in documents {
                // Without a source it is a patch for one.
                let has_name = |field: &str| object["spec"]["sourceRef"][field].is_string();
                if has_unit && is_flux_kustomization(&object) && has_name("kind") && has_name("name") {
                    discovered.units.push(Found { file: file.clone(), object });
                } else if is_generator(&object) {
                    discovered.generators.push(Generator { object, near: near.clone(), above: Vec::new() });
                } else {
                    discovered.sources.extend(Source::read(&object, &near));
                }
            }
        }
        Ok(discovered)
    }
}

fn canonical(folder: &Path) -> Result<PathBuf> {
    folder.canonicalize().map_err(|error| Error::failed(format!("cannot read {}: {error}", folder.display())))
}

impl Found {
    /// As a unit whose folder is to be found.
    pub(super) fn into_unit(self) -> Unit {
        let near = self.file.parent().map(Path::to_path_buf).unwrap_or_default();
        Unit::unplaced(self.object, near)
    }
}

impl Source {
    /// The source that an object defines.
    fn read(object: &Value, near: &Path) -> Option<Self> {
        let group = object["apiVersion"].as_str()?.split_once('/')?.0;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (metadata, spec) = (&object["metadata"], &object["spec"]);
        let url = spec["url"].as_str()?;
        let only = spec["sparseCheckout"].as_array().into_iter().flatten().filter_map(Value::as_str);
        (group == "source.toolkit.fluxcd.io").then(|| Self {
            key: format!(
                "{}/{}/{}",
                text(&object["kind"]),
                text(&metadata["namespace"]),
                text(&metadata["name"])
            ),
            url: url.to_owned(),
            near: near.to_path_buf(),
            ignore: spec["ignore"].as_str().map(str::to_owned),
            only: only.map(|path| path.strip_prefix("./").unwrap_or(path).to_owned()).collect(),
            recurses: spec["recurseSubmodules"] == true,
        })
    }

    /// Whether its artifact has the directories of submodules without their files.
    pub(super) fn leaves_submodules_out(&self) -> bool {
        self.key.starts_with("GitRepository/") && !self.recurses
    }
}

impl Walk {
    pub(super) fn of(root: &Path) -> Self {
        const IGNORE_FILE: &str = ".sourceignore";
        let mut walk = Self::default();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && name != ".git" {
                    folders.push(path);
                } else if name == IGNORE_FILE && path.is_file() {
                    let content = std::fs::read(path).unwrap_or_default();
                    let text = String::from_utf8_lossy(&content).into_owned();
                    walk.ignore_files.push((folder.clone(), text));
                } else if kind.is_file()
                    && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
                {
                    walk.yaml_files.push(path);
                }
            }
        }
        walk.yaml_files.sort();
        walk.ignore_files.sort();
        walk
    }
}
