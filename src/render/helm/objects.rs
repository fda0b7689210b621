//! Objects that HelmReleases refer to, from the cluster or from a repository.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::super::repository::{Found as InFile, Repository, is_referred};
use super::super::{FluxKustomization, Rendered};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::HELM_RELEASE;
use crate::object::{ObjectMeta, ObjectRef};
use edgeflux_kustomize::controller::Decrypt;

/// Where the objects are that HelmReleases refer to.
#[derive(Debug, Clone)]
pub enum Objects {
    /// In the cluster.
    Cluster,
    /// In a repository.
    Files(Arc<Files>),
    /// In a repository, or else in the cluster.
    FilesThenCluster(Arc<Files>),
}

/// Objects of a repository: what its Kustomizations render, and what is in its files.
#[derive(Debug)]
pub struct Files {
    repository: Arc<Repository>,
    rendered: Vec<Placed>,
    decrypt: Option<Arc<dyn Decrypt>>,
}

/// An object with the directory of its file.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The object.
    pub object: Value,
    /// Directory of its file, or of the Kustomization that renders it.
    pub near: PathBuf,
    /// Index of the Kustomization that renders it.
    pub by: Option<usize>,
}

/// An object that was looked up.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Object(Placed),
    /// It is encrypted, and this is why it cannot be read.
    Encrypted(String),
    Nothing,
}

impl Files {
    /// The objects of a repository, and those that its Kustomizations render.
    pub fn new(
        repository: Arc<Repository>,
        kustomizations: &[(FluxKustomization, Result<Rendered>)],
        decrypt: Option<Arc<dyn Decrypt>>,
    ) -> Self {
        let mut rendered = Vec::new();
        for (by, (kustomization, outcome)) in kustomizations.iter().enumerate() {
            let Ok(built) = outcome else { continue };
            for (object, file) in
                built.objects.iter().zip(&built.files).filter(|(object, _)| is_referred(object))
            {
                let near = file.as_deref().and_then(Path::parent).unwrap_or(&kustomization.directory);
                rendered.push(Placed { object: object.clone(), near: near.to_path_buf(), by: Some(by) });
            }
        }
        Self { repository, rendered, decrypt }
    }

    /// The HelmReleases that Kustomizations render. Without any Kustomization, those in files below a directory.
    pub fn releases(&self, directory: &Path, has_kustomizations: bool) -> Vec<Placed> {
        let is_release = |object: &Value| is_of(object, HELM_RELEASE.group, HELM_RELEASE.kind);
        if has_kustomizations {
            return self.rendered.iter().filter(|one| is_release(&one.object)).cloned().collect();
        }
        let files = self.repository.objects().iter();
        let files = files.filter(|one| one.file.starts_with(directory) && is_release(&one.object));
        files.map(Placed::in_file).collect()
    }

    /// All objects of a kind with a name: those that Kustomizations render, otherwise those in files. The nearest comes
    /// first.
    pub(super) fn all(&self, at: &ObjectRef, near: &Path) -> Vec<Placed> {
        let fits = |object: &Value| {
            let namespace = object.namespace().unwrap_or_default();
            let wanted = at.namespace.as_deref().unwrap_or_default();
            is_of(object, &at.resource.group, &at.resource.kind)
                && object.name() == at.name
                // An object without a namespace may get any.
                && (namespace.is_empty() || wanted.is_empty() || namespace == wanted)
        };
        let mut found: Vec<Placed> = self.rendered.iter().filter(|one| fits(&one.object)).cloned().collect();
        if found.is_empty() {
            let files = self.repository.objects().iter().filter(|one| fits(&one.object));
            found.extend(files.map(Placed::in_file));
        }
        let common = |one: &Placed| {
            one.near.components().zip(near.components()).take_while(|(one, other)| one == other).count()
        };
        found.sort_by_key(|one| (one.object.namespace().is_none_or(str::is_empty), Reverse(common(one))));
        found
    }

    fn get(&self, at: &ObjectRef, near: &Path) -> Found {
        let Some(found) = self.all(at, near).into_iter().next() else { return Found::Nothing };
        if !super::super::variables::is_encrypted(&found.object) {
            return Found::Object(found);
        }
        match self.decrypt.as_deref().map(|decrypt| decrypt.object(&found.object)) {
            Some(Ok(object)) => Found::Object(Placed { object, ..found }),
            Some(Err(message)) => Found::Encrypted(message),
            None => Found::Encrypted("it is encrypted; add --decrypt to use it".to_owned()),
        }
    }
}

impl Placed {
    fn in_file(found: &InFile) -> Self {
        let near = found.file.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { object: found.object.clone(), near, by: None }
    }
}

/// Whether an object is of a kind, in any version.
fn is_of(object: &Value, group: &str, kind: &str) -> bool {
    let own = object["apiVersion"].as_str().and_then(|version| version.split_once('/'));
    object["kind"] == *kind && own.map_or("", |(group, _)| group) == group
}

impl Objects {
    /// Gets an object. `near` is the directory of the file that refers to it.
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub(super) async fn get(&self, context: &Context, at: &ObjectRef, near: &Path) -> Result<Found> {
        if let Some(files) = self.files() {
            let found = files.get(at, near);
            if matches!((self, &found), (Self::Files(_), _) | (_, Found::Object(_))) {
                return Ok(found);
            }
        }
        Ok(match context.cluster().await?.find(at).await? {
            Some(object) => Found::Object(Placed { object, near: near.to_path_buf(), by: None }),
            None => Found::Nothing,
        })
    }

    /// The objects of the repository.
    pub(super) fn files(&self) -> Option<&Files> {
        match self {
            Self::Cluster => None,
            Self::Files(files) | Self::FilesThenCluster(files) => Some(files),
        }
    }

    /// Where the objects are, for messages.
    pub(super) fn place(&self) -> &'static str {
        match self {
            Self::Cluster => "in the cluster",
            Self::Files(_) => "in the repository",
            Self::FilesThenCluster(_) => "in the repository or the cluster",
        }
    }
}
