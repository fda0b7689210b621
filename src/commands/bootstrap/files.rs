//! Files of the cluster's directory in the repository, and the objects that they render to.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::repository_fs::RepositoryFs;
use crate::context::Environment;
use crate::error::{Error, Result};
use crate::git::{self, Changes, EntryKind, Repository};
use crate::manifests::sync::kustomization_yaml;
use crate::render::Fetcher;
use edgeflux_kustomize::controller::{self, RenderOptions, Settings};
use edgeflux_kustomize::{FileSystem, MemoryFs, WithRemote};

const COMPONENTS: &str = "gotk-components.yaml";
const SYNC: &str = "gotk-sync.yaml";
const KUSTOMIZATION: &str = "kustomization.yaml";

/// Files that a bootstrap writes into the repository.
#[derive(Debug, Clone)]
pub struct Files {
    /// The cluster's directory, such as `clusters/one`; empty for the root of the repository.
    path: String,
    /// The directory of the files, such as `clusters/one/flux-system`.
    pub directory: String,
    /// Text of `gotk-components.yaml`.
    pub components: String,
    /// Text of `gotk-sync.yaml`.
    pub sync: String,
    /// Fetches remote bases of the user's kustomization, as the cluster will.
    remote: Arc<Fetcher>,
}

impl Files {
    /// Creates the files for `namespace` below `path`, which is normalized: no slashes at its ends, no dots.
    pub fn new(
        environment: &Environment,
        path: &str,
        namespace: &str,
        components: String,
        sync: String,
    ) -> Self {
        let directory = if path.is_empty() { namespace.to_owned() } else { format!("{path}/{namespace}") };
        Self {
            path: path.to_owned(),
            directory,
            components,
            sync,
            remote: Arc::new(Fetcher::new(environment)),
        }
    }

    /// Returns the changes of the first commit: the components.
    pub fn component_changes(&self) -> git::Result<Changes> {
        let mut changes = Changes::default();
        changes.write(&self.path(COMPONENTS), self.components.as_str())?;
        Ok(changes)
    }

    /// Returns the changes of the second commit: the sync, and a `kustomization.yaml` unless the user has one.
    pub fn sync_changes(&self, repository: &Repository) -> git::Result<Changes> {
        let mut changes = Changes::default();
        changes.write(&self.path(SYNC), self.sync.as_str())?;
        if let Some(text) = self.missing_kustomization(Some(repository))? {
            changes.write(&self.path(KUSTOMIZATION), text)?;
        }
        Ok(changes)
    }

    /// Checks that the files can be written.
    ///
    /// # Errors
    /// The path leads through a file, a link or a submodule, or something other than a file has the name of one.
    pub fn check_paths(&self, repository: &Repository) -> Result<()> {
        let check = |places: &Changes| {
            repository.check(places).map_err(|error| {
                Error::from(error).hint("choose another --path, or change the repository first")
            })
        };
        check(&self.component_changes()?)?;
        check(&self.sync_changes(repository)?)
    }

    /// Like [`Files::render`], and checks that the cluster's whole directory includes Flux's own objects.
    ///
    /// # Errors
    /// Those of `render`; a user's `kustomization.yaml` in the cluster's directory does not render, or omits ours.
    pub fn check(&self, repository: Option<&Repository>, namespace: &str) -> Result<Vec<Value>> {
        let objects = self.render(repository, namespace)?;
        let is_sync = |object: &&Value| {
            object["kind"] == "Kustomization"
                && object["metadata"]["name"] == namespace
                && object["metadata"]["namespace"] == namespace
        };
        let Some(sync) = objects.iter().find(is_sync) else { return Ok(objects) };
        self.refuse_other_sync(sync)?;
        let shown = if self.path.is_empty() { "the root of the repository" } else { &self.path };
        let followed = self.with_files(repository, |files| {
            let settings = Settings::from_object(sync).map_err(|error| Error::usage(error.to_string()))?;
            let root = format!("/{}", self.path);
            controller::render(files, Path::new(&root), &settings, &RenderOptions::default()).map_err(
                |error| {
                    Error::usage(format!(
                        "the manifests in {shown}, which the cluster will apply, do not render: {error}"
                    ))
                    .hint("fix it in the repository first")
                },
            )
        })?;
        let is_rendered = |wanted: &Value| {
            followed.objects.iter().any(|object| {
                object["kind"] == wanted["kind"]
                    && object["metadata"]["name"] == wanted["metadata"]["name"]
                    && object["metadata"]["namespace"] == wanted["metadata"]["namespace"]
            })
        };
        if !is_rendered(sync) {
            return Err(Error::usage(format!(
                "the kustomization.yaml in {shown} omits {namespace}: Flux would not update itself, and would delete controllers that were applied from there"
            ))
            .hint(format!("add {namespace} to its resources")));
        }
        Ok(objects)
    }

    /// Refuses a patch that makes the sync apply something else after its first run.
    fn refuse_other_sync(&self, sync: &Value) -> Result<()> {
        let ours = edgeflux_yaml::documents(&self.sync).unwrap_or_default();
        let Some(ours) = ours.iter().find(|object| object["kind"] == "Kustomization") else { return Ok(()) };
        for field in ["path", "sourceRef"] {
            let (wanted, found) = (&ours["spec"][field], &sync["spec"][field]);
            if wanted != found {
                return Err(Error::usage(format!(
                    "the kustomization in {} changes spec.{field} of the sync from {wanted} to {found}",
                    self.directory
                ))
                .hint("remove that patch; the directory that the cluster applies is set with --path"));
            }
        }
        Ok(())
    }

    /// Calls `look` with the files of the repository and ours.
    fn with_files<T>(
        &self,
        repository: Option<&Repository>,
        look: impl FnOnce(&dyn FileSystem) -> Result<T>,
    ) -> Result<T> {
        let below = repository.map(RepositoryFs);
        let mut files = below.as_ref().map_or_else(MemoryFs::new, |below| MemoryFs::above(below));
        files.write(format!("/{}", self.path(COMPONENTS)), self.components.as_str());
        files.write(format!("/{}", self.path(SYNC)), self.sync.as_str());
        if let Some(text) = self.missing_kustomization(repository)? {
            files.write(format!("/{}", self.path(KUSTOMIZATION)), text);
        }
        look(&WithRemote::new(&files, &*self.remote))
    }

    /// Renders the directory with our files in it.
    ///
    /// # Errors
    /// The kustomization does not render, or omits objects that Flux needs.
    pub fn render(&self, repository: Option<&Repository>, namespace: &str) -> Result<Vec<Value>> {
        let root = format!("/{}", self.directory);
        let build = self.with_files(repository, |files| {
            edgeflux_kustomize::build(files, Path::new(&root), &edgeflux_kustomize::Options::default())
                .map_err(|error| {
                    Error::usage(format!("the kustomization in {} does not render: {error}", self.directory))
                        .hint("fix it in the repository; `kubectl kustomize` shows the same error")
                })
        })?;
        let mut objects = Vec::with_capacity(build.resources.len());
        for resource in &build.resources {
            objects.push(resource.to_json().map_err(|error| Error::usage(error.to_string()))?);
        }
        self.refuse_missing(&objects, namespace)?;
        Ok(objects)
    }

    /// Refuses a kustomization that omits our files: it would disconnect the cluster from its repository.
    fn refuse_missing(&self, objects: &[Value], namespace: &str) -> Result<()> {
        let needed = [
            ("Deployment", "source-controller", COMPONENTS),
            ("Deployment", "kustomize-controller", COMPONENTS),
            ("GitRepository", namespace, SYNC),
            ("Kustomization", namespace, SYNC),
        ];
        for (kind, name, file) in needed {
            let rendered = objects.iter().any(|object| {
                object["kind"] == kind
                    && object["metadata"]["name"] == name
                    && object["metadata"]["namespace"] == namespace
            });
            if !rendered {
                return Err(Error::usage(format!(
                    "the kustomization in {} does not render {kind} {namespace}/{name}",
                    self.directory
                ))
                .hint(format!("add {file} to the resources of its kustomization.yaml")));
            }
        }
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }

    /// Returns the text of the `kustomization.yaml` to write, with all manifests of the directory. `None` if there is one
    /// under any of its names.
    fn missing_kustomization(&self, repository: Option<&Repository>) -> git::Result<Option<String>> {
        let mut resources = Vec::new();
        if let Some(repository) = repository {
            let files = repository.files()?;
            let entries = files.list(&self.directory)?.unwrap_or_default();
            if entries.iter().any(|entry| is_kustomization(&entry.name)) {
                return Ok(None);
            }
            self.collect(&files, "", &mut resources)?;
        }
        for ours in [COMPONENTS, SYNC] {
            if !resources.iter().any(|path| path == ours) {
                resources.push(ours.to_owned());
            }
        }
        resources.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        Ok(Some(kustomization_yaml(&resources)))
    }

    /// Collects the manifests below a directory. A directory with a kustomization counts as one.
    fn collect(&self, files: &git::Files<'_>, below: &str, found: &mut Vec<String>) -> git::Result<()> {
        let directory = format!("{}/{below}", self.directory);
        for entry in files.list(&directory)?.unwrap_or_default() {
            let relative =
                if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            let path = format!("{}/{relative}", self.directory);
            match entry.kind {
                EntryKind::Directory => {
                    let inner = files.list(&path)?.unwrap_or_default();
                    if inner.iter().any(|entry| is_kustomization(&entry.name)) {
                        found.push(relative);
                    } else {
                        self.collect(files, &relative, found)?;
                    }
                }
                EntryKind::File if is_manifest(files, &path)? => found.push(relative),
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_kustomization(name: &str) -> bool {
    edgeflux_kustomize::FILE_NAMES.contains(&name)
}

/// Whether the file holds Kubernetes objects and nothing else.
fn is_manifest(files: &git::Files<'_>, path: &str) -> git::Result<bool> {
    let named = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    let content = if named { files.read(path)? } else { None };
    let objects = content
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| edgeflux_yaml::documents(&text).ok());
    let is_object = |value: &Value| value["apiVersion"].is_string() && value["kind"].is_string();
    Ok(objects.is_some_and(|all| !all.is_empty() && all.iter().all(is_object)))
}
