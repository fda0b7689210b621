//! Renders Flux Kustomizations one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::flux_kustomization::{self, FluxKustomization, is_flux_kustomization};
use super::source_files::{SourceFiles, View};
use super::variables::{self, Found};
use super::{Fetcher, Repository, off_thread};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
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

/// Renders the Flux Kustomizations of a directory.
#[derive(Debug, Clone)]
pub struct Renderer {
    /// Directory to render.
    pub directory: PathBuf,
    /// File with the Flux Kustomization, instead of the one in the cluster.
    pub file: Option<PathBuf>,
    /// Files to ignore, as `.gitignore` patterns.
    pub ignore: Vec<String>,
    /// Whether rendering fails on variables without value and default; if not given, whatever suits the command.
    pub strict: Option<bool>,
    /// Directories of sources, by `Kind/namespace/name`.
    pub sources: BTreeMap<String, PathBuf>,
    /// Substitution variables that override all others.
    pub variables: BTreeMap<String, String>,
    /// Origin of the other variables.
    pub values: Values,
    /// Decryption of SOPS files; without it their values are masked.
    pub decrypt: Option<Arc<dyn Decrypt>>,
    /// Fetches from other machines, if that is allowed.
    pub fetcher: Option<Arc<Fetcher>>,
    /// Measures how long rendering takes.
    pub clock: Clock,
    pub(super) mask: Mask,
    /// Whether rendering fails where the controller does.
    pub(super) as_controller: bool,
    /// Repositories that were searched for variables, by their roots.
    pub(super) repositories: Arc<Mutex<BTreeMap<PathBuf, Arc<Repository>>>>,
}

impl Renderer {
    /// Renders what is in `directory`, with nothing ignored, decrypted or fetched.
    pub fn new(directory: PathBuf, values: Values) -> Self {
        Renderer {
            directory,
            file: None,
            ignore: Vec::new(),
            strict: None,
            sources: BTreeMap::new(),
            variables: BTreeMap::new(),
            values,
            decrypt: None,
            fetcher: None,
            clock: Clock::system(),
            mask: Mask::Encrypted,
            as_controller: false,
            repositories: Arc::default(),
        }
    }

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
    pub async fn kustomization(&self, context: &Context, name: &str) -> Result<FluxKustomization> {
        let live = match self.values {
            Values::Cluster => Some(flux_kustomization::live(context, context.namespace(), name).await),
            Values::Repository | Values::Skipped => None,
        };
        let object = match (live, &self.file) {
            (Some(live), None) => live,
            (None, Some(file)) => flux_kustomization::from_file(file, name, context.namespace()),
            (Some(Ok(live)), Some(file)) => flux_kustomization::from_file(file, name, context.namespace())
                .map(|object| flux_kustomization::with_status(object, &live)),
            (Some(Err(error)), Some(_)) => Err(error),
            (None, None) => Err(Error::usage("dry-run mode requires a kustomization file")
                .hint("add --kustomization-file with the file of the Flux Kustomization")),
        };
        let object = object.map_err(|error| error.context("failed to get kustomization object"))?;
        self.placed(object)
    }

    /// Places an object in the directory of `--path`.
    fn placed(&self, object: Value) -> Result<FluxKustomization> {
        let file = self.file.as_ref().and_then(|file| Path::new(file).canonicalize().ok());
        let near = match file.as_deref().and_then(Path::parent) {
            Some(directory) => directory.to_path_buf(),
            None => self.directory.canonicalize().unwrap_or_else(|_| self.directory.clone()),
        };
        let kustomization = FluxKustomization {
            directory: self.directory.clone(),
            ..FluxKustomization::unplaced(object, near)
        };
        if self.as_controller { self.of_source(kustomization) } else { Ok(kustomization) }
    }

    /// Restricts the directory to the files that the cluster gets if it is in a Git repository: without those that
    /// `.sourceignore` excludes.
    fn of_source(&self, kustomization: FluxKustomization) -> Result<FluxKustomization> {
        let Ok(directory) = kustomization.directory.canonicalize() else { return Ok(kustomization) };
        let repository = self.repository(&directory)?;
        if !repository.root().join(".git").exists() {
            return Ok(kustomization);
        }
        let checkout = Arc::clone(repository.checkout());
        let files = SourceFiles::new(repository.root(), repository.walk(), checkout, None)?;
        Ok(FluxKustomization { directory, files: Some(Arc::new(files)), ..kustomization })
    }

    /// Gets the Flux Kustomization of `--kustomization-file` alone, for one that the cluster does not have yet.
    ///
    /// # Errors
    /// The flag, the file, or the Kustomization in it is missing.
    pub fn kustomization_of_file(&self, context: &Context, name: &str) -> Result<FluxKustomization> {
        let file = self.file.as_ref().ok_or_else(|| {
            Error::usage("kustomization file is required when assuming new kustomizations")
                .hint("add --kustomization-file with the file of the Flux Kustomization")
        })?;
        let object = flux_kustomization::from_file(file, name, context.namespace())
            .map_err(|error| error.context("failed to get kustomization object"))?;
        self.placed(object)
    }

    /// Renders as kustomize-controller does: generates a missing kustomization.yaml, and applies the settings of `spec`,
    /// the substitutions and the owner's labels. Values encrypted with SOPS are masked unless keys are given.
    ///
    /// # Errors
    /// The directory does not render, or values of `substituteFrom` cannot be read.
    pub async fn render(&self, context: &Context, kustomization: &FluxKustomization) -> Result<Rendered> {
        let found = match self.values {
            Values::Cluster => Found {
                values: variables::of_cluster(context, &kustomization.object).await?,
                ..Found::default()
            },
            Values::Repository => {
                let repository = self.repository(&kustomization.directory)?;
                variables::of_repository(&repository, &[], kustomization, self.decrypt.as_deref())?
            }
            Values::Skipped => Found::default(),
        };
        let (renderer, kustomization) = (self.clone(), kustomization.clone());
        off_thread(move || renderer.render_with(&kustomization, found)).await
    }

    /// The repository around a directory. Its files are read once.
    fn repository(&self, directory: &Path) -> Result<Arc<Repository>> {
        let repository = Repository::around(directory)?;
        let mut known = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let root = repository.root().to_path_buf();
        Ok(known.entry(root).or_insert_with(|| Arc::new(repository)).clone())
    }

    pub(super) fn render_with(&self, kustomization: &FluxKustomization, found: Found) -> Result<Rendered> {
        let failed = |error| Error::failed(format!("kustomize build failed: {error}"));
        let settings = Settings::from_object(&kustomization.object).map_err(failed)?;
        kustomization.check_durations()?;
        let options = RenderOptions {
            ignore: self.ignore.clone(),
            from_artifact: kustomization.files.is_some() || kustomization.artifact.is_some(),
            strict: self.strict.unwrap_or(self.as_controller),
            variables: found.values,
            overrides: self.variables.clone(),
            decrypt: self.decrypt.clone(),
            mask: self.mask,
        };
        let rendered = |fs: &dyn FileSystem, directory: &Path| {
            let rendered = match &self.fetcher {
                Some(fetcher) => {
                    controller::render(&WithRemote::new(fs, &**fetcher), directory, &settings, &options)
                }
                None => controller::render(fs, directory, &settings, &options),
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
        let mut rendered = if let Some(artifact) = &kustomization.artifact {
            let mut rendered = rendered(&**artifact, &kustomization.directory)?;
            for file in &mut rendered.files {
                *file = file.take().and_then(|file| artifact.origin(&file).map(Path::to_path_buf));
            }
            rendered
        } else if let Some(files) = &kustomization.files {
            let view = View::new(files);
            let outcome = rendered(&view, &kustomization.directory);
            let notes = view.into_notes();
            let mut rendered = outcome
                .map_err(|error| notes.left_out.iter().chain(&notes.warnings).fold(error, Error::hint))?;
            rendered.warnings.extend(notes.warnings.into_iter().map(Into::into));
            rendered
        } else {
            let unreadable = |error: std::io::Error| {
                Error::failed(format!("cannot read {}: {error}", kustomization.directory.display()))
            };
            let directory = kustomization.directory.canonicalize().map_err(unreadable)?;
            let root = Repository::around(&directory)?.root().to_path_buf();
            rendered(&RootedFs::new(&root).map_err(unreadable)?, &directory)?
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

    /// The Flux Kustomizations among the objects that `kustomization` renders, without itself, each with the directory of its
    /// source on this machine.
    ///
    /// # Errors
    /// `--local-sources` lacks the source of one.
    pub fn below(
        &self,
        kustomization: &FluxKustomization,
        objects: &[Value],
    ) -> Result<Vec<FluxKustomization>> {
        let others = objects.iter().filter(|object| is_flux_kustomization(object));
        others
            .map(|object| FluxKustomization::unplaced(object.clone(), kustomization.directory.clone()))
            .filter(|other| other.id() != kustomization.id())
            .map(|other| Ok(FluxKustomization { directory: self.source_directory(&other)?, ..other }))
            .collect()
    }

    /// Replaces the object by the cluster's if there is one, and keeps the directory. Only with [`Values::Cluster`].
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub async fn live(
        &self,
        context: &Context,
        kustomization: FluxKustomization,
    ) -> Result<FluxKustomization> {
        if self.values != Values::Cluster {
            return Ok(kustomization);
        }
        let (namespace, name) = kustomization.id();
        let namespace = if namespace.is_empty() { context.namespace() } else { namespace };
        match flux_kustomization::live(context, namespace, name).await {
            Ok(object) => Ok(FluxKustomization { object, ..kustomization }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(kustomization),
            Err(error) => Err(error.context("failed to get kustomization object")),
        }
    }

    /// Directory of a Flux Kustomization on this machine.
    fn source_directory(&self, kustomization: &FluxKustomization) -> Result<PathBuf> {
        let key = kustomization.source();
        let Some(directory) = self.sources.get(&key) else {
            let name = kustomization.id().1;
            return Err(Error::usage(format!("cannot get local path for {key} of kustomization {name}"))
                .hint(format!("add --local-sources={key}=DIRECTORY")));
        };
        Ok(directory.join(kustomization.path()))
    }
}
