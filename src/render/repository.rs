//! A repository on this machine: the Flux Kustomizations, sources, ConfigMaps and Secrets in its YAML files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::artifact::{Generator, is_generator};
use super::checkout::Checkout;
use super::file;
use super::flux_kustomization::{FluxKustomization, is_flux_kustomization};
use super::walk::Walk;
use crate::error::{Error, Result};

/// Root directory of everything that belongs together, usually a Git repository.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    checkout: Arc<Checkout>,
    walk: OnceLock<Walk>,
    texts: OnceLock<Vec<(PathBuf, String)>>,
    objects: OnceLock<Vec<Found>>,
}

/// Groups and kinds of objects that others refer to.
const REFERRED: [(&str, &str); 7] = [
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "ServiceAccount"),
    (SOURCES, "HelmRepository"),
    (SOURCES, "OCIRepository"),
    (SOURCES, "HelmChart"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
];
const SOURCES: &str = "source.toolkit.fluxcd.io";

/// Whether others may refer to an object: it is of one of the kinds that [`Repository::objects`] has.
pub(super) fn is_referred(object: &Value) -> bool {
    let group = object["apiVersion"].as_str().unwrap_or_default().rsplit_once('/');
    let group = group.map_or("", |(group, _)| group);
    REFERRED.iter().any(|(own, kind)| *own == group && object["kind"] == *kind)
}

/// A source that a file defines.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// `Kind/namespace/name`.
    pub key: String,
    pub url: String,
    /// Directory of its file.
    pub near: PathBuf,
    /// `spec.ignore`.
    pub ignore: Option<String>,
    /// `spec.sparseCheckout`, in the form in which source-controller compares it with paths.
    pub only: Vec<String>,
    /// `spec.recurseSubmodules`.
    pub recurses: bool,
}

/// An object in a file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub file: PathBuf,
    pub object: Value,
}

/// Result of discovery.
#[derive(Debug, Default)]
pub struct Discovered {
    /// Flux Kustomizations in the order of their files. Their directories are not set.
    pub(super) kustomizations: Vec<Found>,
    pub(super) sources: Vec<Source>,
    pub(super) generators: Vec<Generator>,
    /// Warnings about files that seem to contain Flux Kustomizations and cannot be parsed.
    pub warnings: Vec<String>,
}

impl Repository {
    /// Opens the repository with this root.
    ///
    /// # Errors
    /// The directory does not exist.
    pub fn new(root: &Path) -> Result<Self> {
        Ok(Self::of(canonical(root)?))
    }

    fn of(root: PathBuf) -> Self {
        let checkout = Arc::new(Checkout::of_directory(root.clone()));
        Self { root, checkout, walk: OnceLock::new(), texts: OnceLock::new(), objects: OnceLock::new() }
    }

    /// Opens a revision that was checked out into the directory `root`. `address` is the URL that it was cloned from, and
    /// `absent` has the paths that are missing, each with the reason.
    ///
    /// # Errors
    /// The directory does not exist.
    pub fn of_revision(
        root: &Path,
        origin: Option<String>,
        absent: BTreeMap<PathBuf, String>,
    ) -> Result<Self> {
        let root = canonical(root)?;
        let checkout = Arc::new(Checkout::of_revision(root.clone(), origin, absent));
        Ok(Self { root, checkout, walk: OnceLock::new(), texts: OnceLock::new(), objects: OnceLock::new() })
    }

    /// Opens the repository that contains a directory: the nearest directory above it with `.git`, otherwise the current
    /// directory if it is above, otherwise the directory itself.
    ///
    /// # Errors
    /// The directory does not exist.
    pub fn around(directory: &Path) -> Result<Self> {
        let directory = canonical(directory)?;
        if let Some(above) = directory.ancestors().find(|above| above.join(".git").exists()) {
            return Ok(Self::of(above.to_path_buf()));
        }
        match Path::new(".").canonicalize() {
            Ok(current) if directory.starts_with(&current) => Ok(Self::of(current)),
            _ => Ok(Self::of(directory)),
        }
    }

    /// Root directory, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path in the form that messages show.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        match path.strip_prefix(&self.root) {
            Ok(inside) if inside.as_os_str().is_empty() => Path::new(".").display(),
            Ok(inside) => inside.display(),
            Err(_) => path.display(),
        }
    }

    /// Reason why a path is missing on this machine, if known.
    pub fn absent(&self, path: &Path) -> Option<&str> {
        self.checkout.absent(path)
    }

    pub(super) fn checkout(&self) -> &Arc<Checkout> {
        &self.checkout
    }

    pub(super) fn walk(&self) -> &Walk {
        self.walk.get_or_init(|| Walk::of(&self.root))
    }

    /// The YAML files that may have objects which Flux or others refer to, with their texts, read at the first use.
    fn texts(&self) -> &[(PathBuf, String)] {
        self.texts.get_or_init(|| {
            let mut texts = Vec::new();
            let mut content = Vec::new();
            for file in self.walk().yaml_files.iter().filter(|file| self.checkout.absent(file).is_none()) {
                if file::read_into(file, &mut content).is_ok()
                    && let Ok(text) = str::from_utf8(&content)
                    && (text.contains(GROUPS) || has_referred(text))
                {
                    texts.push((file.clone(), text.to_owned()));
                }
            }
            texts
        })
    }

    /// Objects that others refer to, read at the first use: ConfigMaps, Secrets, service accounts, sources of charts, and
    /// HelmReleases.
    pub(super) fn objects(&self) -> &[Found] {
        self.objects.get_or_init(|| {
            let mut found = Vec::new();
            for (file, text) in self.texts() {
                if !has_referred(text) {
                    continue;
                }
                // A file that is not YAML (a template, for instance) has no objects.
                let Ok(documents) = edgeflux_yaml::documents(text) else { continue };
                for object in documents {
                    if is_referred(&object) {
                        found.push(Found { file: file.clone(), object });
                    }
                }
            }
            found
        })
    }

    /// CRDs in the YAML files.
    pub fn crds(&self) -> Vec<Value> {
        const KIND: &str = "CustomResourceDefinition";
        let mut crds = Vec::new();
        for file in &self.walk().yaml_files {
            let Ok(text) = std::fs::read_to_string(file) else { continue };
            if text.contains(KIND) {
                // A file that is not YAML has no CRDs.
                let documents = edgeflux_yaml::documents(&text).unwrap_or_default();
                crds.extend(documents.into_iter().filter(|object| object["kind"] == KIND));
            }
        }
        crds
    }

    /// Finds the Flux Kustomizations in the files of a directory, and the sources and ArtifactGenerators of the whole
    /// repository.
    ///
    /// # Errors
    /// A file of the directory is missing on this machine.
    pub(super) fn discover(&self, directory: &Path) -> Result<Discovered> {
        let mut discovered = Discovered::default();
        self.require(directory)?;
        for (file, text) in self.texts() {
            let has_kustomization =
                file.starts_with(directory) && text.contains("kustomize.toolkit.fluxcd.io/v");
            if !has_source(text) && !has_kustomization {
                continue;
            }
            let documents = match edgeflux_yaml::documents(text) {
                Ok(documents) => documents,
                Err(error) if has_kustomization => {
                    discovered.warnings.push(format!("{} is skipped: {error}", self.shown(file)));
                    continue;
                }
                Err(_) => continue,
            };
            let near = file.parent().map(Path::to_path_buf).unwrap_or_default();
            for object in documents {
                // Without a source it is a patch.
                let has_name = |field: &str| object["spec"]["sourceRef"][field].is_string();
                if has_kustomization && is_flux_kustomization(&object) && has_name("kind") && has_name("name")
                {
                    discovered.kustomizations.push(Found { file: file.clone(), object });
                } else if is_generator(&object) {
                    discovered.generators.push(Generator { object, near: near.clone(), above: Vec::new() });
                } else {
                    discovered.sources.extend(Source::read(&object, &near));
                }
            }
        }
        Ok(discovered)
    }

    /// Finds the sources in the files.
    ///
    /// # Errors
    /// A file is missing on this machine.
    pub(super) fn sources(&self) -> Result<Vec<Source>> {
        self.require(&self.root)?;
        let mut sources = Vec::new();
        for (file, text) in self.texts().iter().filter(|(_, text)| has_source(text)) {
            // A file that is not YAML has no sources.
            let Ok(documents) = edgeflux_yaml::documents(text) else { continue };
            let near = file.parent().unwrap_or(&self.root);
            sources.extend(documents.iter().filter_map(|object| Source::read(object, near)));
        }
        Ok(sources)
    }

    /// Fails if a file of a directory is missing on this machine.
    fn require(&self, directory: &Path) -> Result<()> {
        for file in &self.walk().yaml_files {
            if let Some(why) = self.checkout.absent(file).filter(|_| file.starts_with(directory)) {
                return Err(Error::failed(format!("cannot read {}: {why}", self.shown(file))));
            }
        }
        Ok(())
    }
}

/// Whether a text may have a source.
fn has_source(text: &str) -> bool {
    text.contains("source.toolkit.fluxcd.io/") || text.contains("source.extensions.fluxcd.io/")
}

/// Part of the groups of all Flux objects.
const GROUPS: &str = ".fluxcd.io/";

/// Whether a text may have an object that others refer to.
fn has_referred(text: &str) -> bool {
    REFERRED.iter().any(|(_, kind)| text.contains(kind))
}

fn canonical(directory: &Path) -> Result<PathBuf> {
    directory
        .canonicalize()
        .map_err(|error| Error::failed(format!("cannot read {}: {error}", directory.display())))
}

impl Found {
    /// Converts it to a Flux Kustomization without a directory.
    pub(super) fn into_kustomization(self) -> FluxKustomization {
        let near = self.file.parent().map(Path::to_path_buf).unwrap_or_default();
        FluxKustomization::unplaced(self.object, near)
    }
}

impl Source {
    /// Reads the source that an object defines.
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

    /// Whether its artifact has empty directories in place of submodules.
    pub(super) fn leaves_submodules_out(&self) -> bool {
        self.key.starts_with("GitRepository/") && !self.recurses
    }
}
