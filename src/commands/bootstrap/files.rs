//! The files of a cluster's folder in the repository, and what they render to.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::commands::render::Fetcher;
use crate::error::{Error, Kind, Result};
use crate::git::{self, Changes, EntryKind, Repository};
use crate::manifests::sync::kustomization_yaml;
use edgeflux_kustomize::controller::{self, RenderOptions, Settings};
use edgeflux_kustomize::{Entry, FileSystem, MemoryFs, WithRemote};

const COMPONENTS: &str = "gotk-components.yaml";
const SYNC: &str = "gotk-sync.yaml";
const KUSTOMIZATION: &str = "kustomization.yaml";

/// Reads a file of the user's.
///
/// # Errors
/// Says what the file was for.
pub fn read(file: &Path, what: &str) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Usage,
        };
        Error::new(kind, format!("cannot read the {what} {}: {error}", file.display()))
            .hint("name a file that is there and that you may read")
    })
}

/// What we write into the repository.
#[derive(Debug, Clone)]
pub struct Files {
    /// The cluster's folder, such as `clusters/one`; empty for the root of the repository.
    path: String,
    /// The cluster's folder with the namespace's name below it, such as `clusters/one/flux-system`.
    pub folder: String,
    /// The text of `gotk-components.yaml`.
    pub components: String,
    /// The text of `gotk-sync.yaml`.
    pub sync: String,
    /// What the user's kustomization names on other machines is fetched, as the cluster will.
    remote: Arc<Fetcher>,
}

impl Files {
    /// The files of `namespace` below `path`, which is normal (no slashes at its ends, no dots).
    pub fn new(path: &str, namespace: &str, components: String, sync: String) -> Self {
        let folder = if path.is_empty() { namespace.to_owned() } else { format!("{path}/{namespace}") };
        Self { path: path.to_owned(), folder, components, sync, remote: Arc::default() }
    }

    /// The commit of the components.
    pub fn component_changes(&self) -> git::Result<Changes> {
        let mut changes = Changes::default();
        changes.write(&self.path(COMPONENTS), self.components.as_str())?;
        Ok(changes)
    }

    /// The commit of the sync: its objects, and a `kustomization.yaml` where there is none of the user's.
    pub fn sync_changes(&self, repository: &Repository) -> git::Result<Changes> {
        let mut changes = Changes::default();
        changes.write(&self.path(SYNC), self.sync.as_str())?;
        if let Some(text) = self.missing_kustomization(Some(repository))? {
            changes.write(&self.path(KUSTOMIZATION), text)?;
        }
        Ok(changes)
    }

    /// Looks whether the files can be written where they belong.
    ///
    /// # Errors
    /// The path runs through a file, a link or a submodule, or one of them is where a file of ours belongs.
    pub fn check_places(&self, repository: &Repository) -> Result<()> {
        let check = |places: &Changes| {
            repository.check(places).map_err(|error| {
                Error::from(error).hint("choose another --path, or change the repository first")
            })
        };
        check(&self.component_changes()?)?;
        check(&self.sync_changes(repository)?)
    }

    /// As [`Files::render`], and looks whether what the cluster will render of its whole folder keeps Flux going.
    ///
    /// # Errors
    /// Those of `render`; a user's `kustomization.yaml` in the cluster's folder does not render, or leaves ours out.
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
                    Error::usage(format!("what the cluster will follow, {shown}, does not render: {error}"))
                        .hint("correct it in the repository first")
                },
            )
        })?;
        let is_there = |wanted: &Value| {
            followed.objects.iter().any(|object| {
                object["kind"] == wanted["kind"]
                    && object["metadata"]["name"] == wanted["metadata"]["name"]
                    && object["metadata"]["namespace"] == wanted["metadata"]["namespace"]
            })
        };
        if !is_there(sync) {
            return Err(Error::usage(format!(
                "the kustomization.yaml in {shown} leaves {namespace} out: Flux would not keep itself up to date, and take its controllers away where they came from here"
            ))
            .hint(format!("list {namespace} among its resources")));
        }
        Ok(objects)
    }

    /// A patch of where the sync looks would have it follow something else from its first run on.
    fn refuse_other_sync(&self, sync: &Value) -> Result<()> {
        let ours = edgeflux_yaml::documents(&self.sync).unwrap_or_default();
        let Some(ours) = ours.iter().find(|object| object["kind"] == "Kustomization") else { return Ok(()) };
        for field in ["path", "sourceRef"] {
            let (wanted, found) = (&ours["spec"][field], &sync["spec"][field]);
            if wanted != found {
                return Err(Error::usage(format!(
                    "the kustomization in {} changes spec.{field} of the sync from {wanted} to {found}",
                    self.folder
                ))
                .hint("take that patch out; --path says which folder the cluster follows"));
            }
        }
        Ok(())
    }

    /// Has a look at the repository's files, ours among them.
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

    /// The objects that the folder will render to once our files are in it.
    ///
    /// # Errors
    /// The kustomization does not render, or leaves out what Flux needs.
    pub fn render(&self, repository: Option<&Repository>, namespace: &str) -> Result<Vec<Value>> {
        let root = format!("/{}", self.folder);
        let build = self.with_files(repository, |files| {
            edgeflux_kustomize::build(files, Path::new(&root), &edgeflux_kustomize::Options::default())
                .map_err(|error| {
                    Error::usage(format!("the kustomization in {} does not render: {error}", self.folder))
                        .hint("correct it in the repository, or try it with `kubectl kustomize`")
                })
        })?;
        let mut objects = Vec::with_capacity(build.resources.len());
        for resource in &build.resources {
            objects.push(resource.to_json().map_err(|error| Error::usage(error.to_string()))?);
        }
        self.refuse_missing(&objects, namespace)?;
        Ok(objects)
    }

    /// A kustomization that leaves out our files would cut the cluster off from its repository.
    fn refuse_missing(&self, objects: &[Value], namespace: &str) -> Result<()> {
        let needed = [
            ("Deployment", "source-controller", COMPONENTS),
            ("Deployment", "kustomize-controller", COMPONENTS),
            ("GitRepository", namespace, SYNC),
            ("Kustomization", namespace, SYNC),
        ];
        for (kind, name, file) in needed {
            let there = objects.iter().any(|object| {
                object["kind"] == kind
                    && object["metadata"]["name"] == name
                    && object["metadata"]["namespace"] == namespace
            });
            if !there {
                return Err(Error::usage(format!(
                    "the kustomization in {} renders no {kind} {namespace}/{name}",
                    self.folder
                ))
                .hint(format!("list {file} among the resources of its kustomization.yaml")));
            }
        }
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// The text of the `kustomization.yaml` to write: all manifests of the folder, where nobody has
    /// written one under any of its names. `None` when there is one.
    fn missing_kustomization(&self, repository: Option<&Repository>) -> git::Result<Option<String>> {
        let mut resources = Vec::new();
        if let Some(repository) = repository {
            let entries = repository.list(&self.folder)?.unwrap_or_default();
            if entries.iter().any(|entry| is_kustomization(&entry.name)) {
                return Ok(None);
            }
            self.collect(repository, "", &mut resources)?;
        }
        for ours in [COMPONENTS, SYNC] {
            if !resources.iter().any(|path| path == ours) {
                resources.push(ours.to_owned());
            }
        }
        resources.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        Ok(Some(kustomization_yaml(&resources)))
    }

    /// The manifests below a folder; a folder with a kustomization of its own counts as one.
    fn collect(&self, repository: &Repository, below: &str, found: &mut Vec<String>) -> git::Result<()> {
        let folder = format!("{}/{below}", self.folder);
        for entry in repository.list(&folder)?.unwrap_or_default() {
            let relative =
                if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            let path = format!("{}/{relative}", self.folder);
            match entry.kind {
                EntryKind::Folder => {
                    let inner = repository.list(&path)?.unwrap_or_default();
                    if inner.iter().any(|entry| is_kustomization(&entry.name)) {
                        found.push(relative);
                    } else {
                        self.collect(repository, &relative, found)?;
                    }
                }
                EntryKind::File if is_manifest(repository, &path)? => found.push(relative),
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
fn is_manifest(repository: &Repository, path: &str) -> git::Result<bool> {
    let named = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    let content = if named { repository.read(path)? } else { None };
    let objects = content
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| edgeflux_yaml::documents(&text).ok());
    let is_object = |value: &Value| value["apiVersion"].is_string() && value["kind"].is_string();
    Ok(objects.is_some_and(|all| !all.is_empty() && all.iter().all(is_object)))
}

/// The files of a commit for kustomize. Links are followed inside of the repository.
struct RepositoryFs<'a>(&'a Repository);

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

impl RepositoryFs<'_> {
    fn kind_of(&self, path: &Path) -> io::Result<EntryKind> {
        let not_found = || io::Error::from(io::ErrorKind::NotFound);
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Ok(EntryKind::Folder);
        };
        let folder = text_of(path.parent().unwrap_or(Path::new("/")))?;
        let entries = self.0.list(folder).map_err(io::Error::other)?.ok_or_else(not_found)?;
        entries.into_iter().find(|entry| entry.name == name).map(|entry| entry.kind).ok_or_else(not_found)
    }
}

impl FileSystem for RepositoryFs<'_> {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, Entry)> {
        let mut done = PathBuf::from("/");
        let mut left: Vec<std::ffi::OsString> = parts_reversed(path);
        let mut links = 0;
        let mut kind = EntryKind::Folder;
        while let Some(part) = left.pop() {
            if part == ".." {
                if !done.pop() {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        "the path leaves the repository",
                    ));
                }
                kind = EntryKind::Folder;
                continue;
            }
            done.push(part);
            kind = self.kind_of(&done)?;
            if kind == EntryKind::Link {
                links += 1;
                if links > MOST_LINKS {
                    return Err(io::Error::other("too many symbolic links"));
                }
                let target = self.0.link_target(text_of(&done)?).map_err(io::Error::other)?;
                let target = PathBuf::from(target.unwrap_or_default());
                if target.is_absolute() {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        "the link leaves the repository",
                    ));
                }
                done.pop();
                left.extend(parts_reversed(&target));
                kind = EntryKind::Folder;
            }
        }
        match kind {
            EntryKind::File => Ok((done, Entry::File)),
            EntryKind::Folder => Ok((done, Entry::Folder)),
            EntryKind::Link | EntryKind::Submodule => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "submodules are not read here"))
            }
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let content = self.0.read(text_of(path)?).map_err(io::Error::other)?;
        content.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let entries = self.0.list(text_of(path)?).map_err(io::Error::other)?;
        let entries = entries.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }
}

fn text_of(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The parts of a path, the last first; `..` stays.
fn parts_reversed(path: &Path) -> Vec<std::ffi::OsString> {
    let mut parts: Vec<std::ffi::OsString> = path
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect();
    parts.reverse();
    parts
}
