//! Schemas in the files of a directory: CRDs in YAML, OpenAPI documents of Kubernetes, and one JSON schema for each kind in
//! the layouts of kubeconform.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::catalog::{Schema, Schemas};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

impl Schemas {
    /// Adds the schemas of all files in and below a directory. Returns their number; files with one schema each are read
    /// when they are needed.
    ///
    /// # Errors
    /// A directory or file cannot be read, or is not what its name says.
    pub fn add_directory(&mut self, directory: &Path) -> Result<usize, String> {
        let mut number = 0;
        let mut directories = vec![directory.to_path_buf()];
        while let Some(directory) = directories.pop() {
            let failed = |error: std::io::Error| format!("cannot read {}: {error}", directory.display());
            let mut paths = Vec::new();
            for entry in fs::read_dir(&directory).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                paths.push((entry.path(), entry.file_type().map_err(failed)?.is_dir()));
            }
            paths.sort();
            for (path, is_directory) in paths {
                if is_directory {
                    // Such as `.git`.
                    if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                        directories.push(path);
                    }
                } else {
                    number += self.add_file(&directory, path)?;
                }
            }
        }
        Ok(number)
    }

    fn add_file(&mut self, directory: &Path, path: PathBuf) -> Result<usize, String> {
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        match extension.as_str() {
            "yaml" | "yml" => {
                let text = read(&path)?;
                if !text.contains("CustomResourceDefinition") {
                    return Ok(0);
                }
                let documents = edgeflux_yaml::documents(&text)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                let crds = documents.iter().filter(|it| it["kind"] == "CustomResourceDefinition");
                Ok(crds.map(|crd| self.add_crd(crd)).count())
            }
            "json" => {
                let stem =
                    path.file_stem().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
                if let Some(name) = one_kind(directory, &stem) {
                    self.files.insert(name, path);
                    return Ok(1);
                }
                let document = json(&path)?;
                Ok(self.add_open_api(&Arc::new(document)))
            }
            _ => Ok(0),
        }
    }

    /// Adds the schemas of a document of Kubernetes: `swagger.json`, or one of `/openapi/v3`.
    fn add_open_api(&mut self, document: &Arc<Value>) -> usize {
        let mut number = 0;
        for place in ["/definitions", "/components/schemas"] {
            for (name, schema) in document.pointer(place).and_then(Value::as_object).into_iter().flatten() {
                let kinds = schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten();
                for kind in kinds {
                    let text = |field: &str| kind[field].as_str().unwrap_or_default().to_owned();
                    let slash = if text("group").is_empty() { "" } else { "/" };
                    let version = format!("{}{slash}{}", text("group"), text("version"));
                    let pointer = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                    let schema = Schema { document: Arc::clone(document), pointer };
                    self.listed.insert((version, text("kind")), schema);
                    number += 1;
                }
            }
        }
        number
    }

    /// Reads the file of a kind, if there is one.
    pub(super) fn in_file(&self, group: &str, version: &str, kind: &str) -> Result<Option<Schema>, String> {
        let kind = kind.to_ascii_lowercase();
        let first = group.split('.').next().unwrap_or_default();
        let flat =
            if group.is_empty() { format!("{kind}-{version}") } else { format!("{kind}-{first}-{version}") };
        let names = [format!("{group}/{kind}_{version}"), flat];
        let Some(path) = names.iter().find_map(|name| self.files.get(name)) else { return Ok(None) };
        let document = json(path)?;
        // Names without the whole group may mean another one.
        let groups = document["x-kubernetes-group-version-kind"].as_array();
        if groups
            .is_some_and(|groups| groups.iter().all(|it| it["group"].as_str().unwrap_or_default() != group))
        {
            return Ok(None);
        }
        Ok(Some(Schema { document: Arc::new(document), pointer: String::new() }))
    }
}

/// Name under which the schema of one kind is found: `example.com/thing_v1` with its directory, or `deployment-apps-v1`.
fn one_kind(directory: &Path, stem: &str) -> Option<String> {
    let is_version = |text: &str| {
        let mut chars = text.chars();
        chars.next() == Some('v') && chars.next().is_some_and(|char| char.is_ascii_digit())
    };
    if let Some((kind, version)) = stem.rsplit_once('_')
        && !kind.is_empty()
        && is_version(version)
    {
        let group = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Some(format!("{group}/{stem}"));
    }
    let (_, version) = stem.rsplit_once('-')?;
    is_version(version).then(|| stem.to_owned())
}

fn read(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(format!("cannot read {}: it is larger than 64 MiB", path.display()));
    }
    fs::read_to_string(path).map_err(failed)
}

fn json(path: &Path) -> Result<Value, String> {
    serde_json::from_str(&read(path)?).map_err(|error| format!("{} is not JSON: {error}", path.display()))
}
