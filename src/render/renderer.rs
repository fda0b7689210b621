//! Renders Flux Kustomizations one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::source_files::{SourceFiles, View};
use super::unit::{self, Unit, is_flux_kustomization};
use super::variables::{self, Found};
use super::{Fetcher, Repository, off_thread};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use edgeflux_kustomize::controller::{self, Decrypt, Mask, RenderOptions, Rendered, Settings};
use edgeflux_kustomize::{FileSystem, RootedFs, WithRemote};

/// Origin of the ConfigMaps and Secrets in `spec.postBuild.substituteFrom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// The cluster.
    Cluster,
    /// YAML files of the repository that contains the directory. Missing ones are warned about.
    Repository,
    /// None: such variables are empty, and without other variables nothing is substituted.
    Skipped,
}

/// Renders Flux Kustomizations as the flags say.
#[derive(Debug, Clone)]
pub struct Renderer {
    pub(super) folder: PathBuf,
    pub(super) file: Option<PathBuf>,
    pub(super) ignore: Vec<String>,
    pub(super) strict: Option<bool>,
    pub(super) mask: Mask,
    /// Whether rendering fails where the controller does.
    pub(super) as_controller: bool,
    pub(super) sources: BTreeMap<String, PathBuf>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) values: Values,
    pub(super) decrypt: Option<Arc<dyn Decrypt>>,
    /// Repositories that were searched for variables, by their roots.
    pub(super) repositories: Arc<Mutex<BTreeMap<PathBuf, Arc<Repository>>>>,
    /// Fetches from other machines, if that is allowed.
    pub(super) fetcher: Option<Arc<Fetcher>>,
}
impl Renderer {
    /// Renders exactly what the controller applies, for a comparison with the cluster: rendering fails where the
    /// controller fails, and values of Secrets are not masked. They must never be shown.
    #[must_use]
    pub fn as_controller(self) -> Self {
        Self { mask: Mask::Unknown, as_controller: true, ..self }
    }

    /// Gets the Flux Kustomization `name` of the context's namespace, with the directory of `--path`.
    ///
    /// With [`Values::Cluster`] it must exist in the cluster; that of `--kustomization-file` takes precedence, but gets
    /// the `status` from the cluster. Otherwise it comes from the file.
    ///
    /// # Errors
    /// It is missing or the cluster cannot be asked; `NotFound` only if the cluster reports it.
    pub async fn kustomization(&self, context: &Context, name: &str) -> Result<Unit> {
        let live = match self.values {
            Values::Cluster => Some(unit::live(context, context.namespace(), name).await),
            Values::Repository | Values::Skipped => None,
        };
        let object = match (live, &self.file) {
            (Some(live), None) => live,
            (None, Some(file)) => unit::from_file(file, name, context.namespace()),
            (Some(Ok(live)), Some(file)) => unit::from_file(file, name, context.namespace())
                .map(|object| unit::with_status(object, &live)),
            (Some(Err(error)), Some(_)) => Err(error),
            (None, None) => Err(Error::usage("dry-run mode requires a kustomization file")
                .hint("add --kustomization-file with the file of the Flux Kustomization")),
        };
        let object = object.map_err(|error| error.context("failed to get kustomization object"))?;
        self.unit(object)
    }

    /// Places an object in the directory of `--path`.
    fn unit(&self, object: Value) -> Result<Unit> {
        let file = self.file.as_ref().and_then(|file| Path::new(file).canonicalize().ok());
        let near = match file.as_deref().and_then(Path::parent) {
            Some(folder) => folder.to_path_buf(),
            None => self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone()),
        };
        let unit = Unit { folder: self.folder.clone(), ..Unit::unplaced(object, near) };
        if self.as_controller { self.of_source(unit) } else { Ok(unit) }
    }

    /// Restricts the directory to the files that the cluster gets if it is in a Git repository: without those that
    /// `.sourceignore` excludes.
    fn of_source(&self, unit: Unit) -> Result<Unit> {
        let Ok(folder) = unit.folder.canonicalize() else { return Ok(unit) };
        let repository = self.repository(&folder)?;
        if !repository.root().join(".git").exists() {
            return Ok(unit);
        }
        let checkout = Arc::clone(repository.checkout());
        let files = SourceFiles::new(repository.root(), repository.walk(), checkout, None)?;
        Ok(Unit { folder, files: Some(Arc::new(files)), ..unit })
    }

    /// Gets the Flux Kustomization of `--kustomization-file` alone, for one that the cluster does not have yet.
    ///
    /// # Errors
    /// The flag, the file, or the Kustomization in it is missing.
    pub fn kustomization_of_file(&self, context: &Context, name: &str) -> Result<Unit> {
        let file = self.file.as_ref().ok_or_else(|| {
            Error::usage("kustomization file is required when assuming new kustomizations")
                .hint("add --kustomization-file with the file of the Flux Kustomization")
        })?;
        let object = unit::from_file(file, name, context.namespace())
            .map_err(|error| error.context("failed to get kustomization object"))?;
        self.unit(object)
    }

    /// Renders as kustomize-controller does: generates a missing kustomization.yaml, and applies the settings of `spec`,
    /// the substitutions and the owner's labels. Values encrypted with SOPS are masked unless keys are given.
    ///
    /// # Errors
    /// The directory does not render, or values of `substituteFrom` cannot be read.
    pub async fn render(&self, context: &Context, unit: &Unit) -> Result<Rendered> {
        let found = match self.values {
            Values::Cluster => {
                Found { values: variables::of_cluster(context, &unit.object).await?, ..Found::default() }
            }
            Values::Repository => {
                let repository = self.repository(&unit.folder)?;
                variables::of_repository(&repository, &[], unit, self.decrypt.as_deref())?
            }
            Values::Skipped => Found::default(),
        };
        let (renderer, unit) = (self.clone(), unit.clone());
        off_thread(move || renderer.render_with(&unit, found)).await
    }

    /// The repository around a directory. Its files are read once.
    fn repository(&self, folder: &Path) -> Result<Arc<Repository>> {
        let repository = Repository::around(folder)?;
        let mut known = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let root = repository.root().to_path_buf();
        Ok(known.entry(root).or_insert_with(|| Arc::new(repository)).clone())
    }

    pub(super) fn render_with(&self, unit: &Unit, found: Found) -> Result<Rendered> {
        let failed = |error| Error::failed(format!("kustomize build failed: {error}"));
        let settings = Settings::from_object(&unit.object).map_err(failed)?;
        unit.check_durations()?;
        let options = RenderOptions {
            ignore: self.ignore.clone(),
            from_artifact: unit.files.is_some() || unit.artifact.is_some(),
            strict: self.strict.unwrap_or(self.as_controller),
            variables: found.values,
            overrides: self.variables.clone(),
            decrypt: self.decrypt.clone(),
            mask: self.mask,
        };
        let rendered = |fs: &dyn FileSystem, folder: &Path| {
            let rendered = match &self.fetcher {
                Some(fetcher) => {
                    controller::render(&WithRemote::new(fs, &**fetcher), folder, &settings, &options)
                }
                None => controller::render(fs, folder, &settings, &options),
            };
            rendered.map_err(failed).map_err(|error| {
                // The controller words its error like this.
                if self.as_controller && self.strict.is_none() && error.to_string().contains("(strict mode)") {
                    error.hint("kustomize-controller of Flux 2.9 fails too; if yours runs with --feature-gates=StrictPostBuildSubstitutions=false, add --strict-substitute=false")
                } else {
                    error
                }
            })
        };
        let mut rendered = if let Some(artifact) = &unit.artifact {
            let mut rendered = rendered(&**artifact, &unit.folder)?;
            for file in &mut rendered.files {
                *file = file.take().and_then(|file| artifact.origin(&file).map(Path::to_path_buf));
            }
            rendered
        } else if let Some(files) = &unit.files {
            let view = View::new(files);
            let outcome = rendered(&view, &unit.folder);
            let notes = view.into_notes();
            let mut rendered = outcome
                .map_err(|error| notes.left_out.iter().chain(&notes.warnings).fold(error, Error::hint))?;
            rendered.warnings.extend(notes.warnings.into_iter().map(Into::into));
            rendered
        } else {
            let unreadable = |error: std::io::Error| {
                Error::failed(format!("cannot read {}: {error}", unit.folder.display()))
            };
            let folder = unit.folder.canonicalize().map_err(unreadable)?;
            let root = Repository::around(&folder)?.root().to_path_buf();
            rendered(&RootedFs::new(&root).map_err(unreadable)?, &folder)?
        };
        let unset = self.unset(&rendered.unset, &found.missing);
        rendered.warnings.extend(unset.map(Into::into));
        let missing = found.missing.iter().map(|reference| {
            format!("spec.postBuild.substituteFrom: {reference} is not in the repository; set its variables with --var")
        });
        rendered.warnings.extend(missing.chain(found.warnings).map(Into::into));
        Ok(rendered)
    }

    /// Warning about variables that are empty because nothing sets them.
    fn unset(&self, unset: &BTreeMap<String, String>, missing: &[String]) -> Option<String> {
        let (_, object) = unset.first_key_value()?;
        let names: Vec<_> = unset.keys().map(|name| format!("${{{name}}}")).collect();
        let names = names.join(", ");
        let are = if unset.len() == 1 {
            "has neither a value nor a default and is"
        } else {
            "have neither a value nor a default and are"
        };
        let unless = match (missing, self.values) {
            ([], Values::Skipped) => " unless spec.postBuild.substituteFrom sets it".to_owned(),
            ([], _) => String::new(),
            (missing, _) => format!(" unless {} sets it", missing.join(" or ")),
        };
        Some(format!(
            "{object}: {names} {are} empty here, but the controller of Flux 2.9 refuses to apply the Kustomization{unless}; set it in spec.postBuild.substitute, write a default as ${{NAME:=default}}, or add --strict-substitute to fail here too"
        ))
    }

    /// The Flux Kustomizations among the objects that `unit` renders, without itself, each with the directory of its
    /// source on this machine.
    ///
    /// # Errors
    /// `--local-sources` lacks the source of one.
    pub fn below(&self, unit: &Unit, objects: &[Value]) -> Result<Vec<Unit>> {
        let others = objects.iter().filter(|object| is_flux_kustomization(object));
        others
            .map(|object| Unit::unplaced(object.clone(), unit.folder.clone()))
            .filter(|other| other.id() != unit.id())
            .map(|other| Ok(Unit { folder: self.source_folder(&other)?, ..other }))
            .collect()
    }

    /// Replaces the object by the cluster's if there is one, and keeps the directory. Only with [`Values::Cluster`].
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub async fn live(&self, context: &Context, unit: Unit) -> Result<Unit> {
        if self.values != Values::Cluster {
            return Ok(unit);
        }
        let (namespace, name) = unit.id();
        let namespace = if namespace.is_empty() { context.namespace() } else { namespace };
        match unit::live(context, namespace, name).await {
            Ok(object) => Ok(Unit { object, ..unit }),
            Err(error) if error.kind() == Kind::NotFound => Ok(unit),
            Err(error) => Err(error.context("failed to get kustomization object")),
        }
    }

    /// Directory of a Flux Kustomization on this machine.
    fn source_folder(&self, unit: &Unit) -> Result<PathBuf> {
        let key = unit.source();
        let Some(folder) = self.sources.get(&key) else {
            let name = unit.id().1;
            return Err(Error::usage(format!("cannot get local path for {key} of kustomization {name}"))
                .hint(format!("add --local-sources={key}=DIRECTORY")));
        };
        Ok(folder.join(unit.path()))
    }
}
