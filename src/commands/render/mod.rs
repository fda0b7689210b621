//! What a Flux Kustomization renders from a folder of this machine: shared by `build` and `diff`.
//!
//! ```text
//! let renderer = args.renderer(Values::Cluster)?;             // RenderArgs, flattened into the verb's own
//! let unit = renderer.kustomization(context, name).await?;    // the object of the cluster or of a file, and its folder
//! let rendered = renderer.render(context, &unit).await?;      // objects and warnings, as kustomize-controller makes them
//! for below in renderer.below(&unit, &rendered.objects)? {}   // the Flux Kustomizations among them (--recursive)
//! ```
//!
//! Nothing here prints, and nothing is written to the folder. [`Renderer::all`] renders all Kustomizations of a folder
//! without a cluster.

mod all;
mod artifact;
mod checkout;
mod remote;
mod repository;
mod secrets;
mod source_files;
mod sources;
mod unit;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use serde_json::Value;

pub use all::{All, Elsewhere, Progress};
pub use remote::Fetcher;
pub use repository::Repository;
use source_files::{SourceFiles, View};
pub use unit::{Unit, is_flux_kustomization};
use variables::Found;

use crate::cli::values;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use edgeflux_kustomize::controller::{self, Decrypt, Mask, RenderOptions, Settings};
use edgeflux_kustomize::{FileSystem, RootedFs, WithRemote};

pub use edgeflux_kustomize::controller::Rendered;

/// The flags by which a folder and the way of rendering it are given.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// The folder to render
    #[arg(long, default_value = "", value_name = "FOLDER", hide_default_value = true)]
    pub path: String,
    /// A file with the Flux Kustomization, to be used instead of the cluster's
    #[arg(long, value_name = "FILE")]
    pub kustomization_file: Option<String>,
    /// Files to leave out, in the format of .gitignore
    #[arg(long, value_delimiter = ',', value_name = "PATTERN")]
    pub ignore_paths: Vec<String>,
    /// Fail on a variable that has neither a value nor a default, as the controller of Flux 2.9 does. A comparison with the cluster fails unless this is false; otherwise such a variable is empty, with a warning
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = values::boolean)]
    pub strict_substitute: Option<bool>,
    /// Render the Flux Kustomizations among the objects too, from --local-sources
    #[arg(short, long)]
    pub recursive: bool,
    /// Where sources lie on this machine: Kind/namespace/name=folder
    #[arg(long, value_delimiter = ',', value_name = "SOURCE=FOLDER")]
    pub local_sources: Vec<String>,
    /// Leave the folder as it is while rendering, which this command always does
    #[arg(long)]
    pub in_memory_build: bool,
    /// Fetch what kustomizations name on other machines: Git repositories and files, by URL
    #[arg(long)]
    pub allow_remote: bool,
    /// A variable for substitutions, before every other value of it; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// Decrypt what SOPS has encrypted for age where the Flux Kustomization asks for it, and print it; otherwise it is masked
    #[arg(long)]
    pub decrypt: bool,
    /// A file with identities of age, for --decrypt, which it implies; else SOPS_AGE_KEY, SOPS_AGE_KEY_FILE and ~/.config/sops/age/keys.txt are used
    #[arg(long, value_name = "FILE")]
    pub sops_age_key_file: Vec<String>,
}

/// Where the ConfigMaps and Secrets of `spec.postBuild.substituteFrom` come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// From the cluster.
    Cluster,
    /// From the YAML files of the repository that the folder lies in. What is not there is told of.
    Repository,
    /// Not looked up: such variables are empty, and nothing is substituted where there is no other.
    Skipped,
}

/// Renders Flux Kustomizations by the flags given.
#[derive(Debug, Clone)]
pub struct Renderer {
    folder: PathBuf,
    file: Option<String>,
    ignore: Vec<String>,
    strict: Option<bool>,
    mask: Mask,
    /// Whether it is to fail where the controller does.
    as_controller: bool,
    sources: BTreeMap<String, PathBuf>,
    variables: BTreeMap<String, String>,
    values: Values,
    decrypt: Option<Arc<dyn Decrypt>>,
    /// Repositories that values were looked for in, by their roots.
    repositories: Arc<Mutex<BTreeMap<PathBuf, Arc<Repository>>>>,
    /// What fetches from other machines, where that is allowed.
    fetcher: Option<Arc<Fetcher>>,
}

impl RenderArgs {
    /// Checks the flags; no cluster is asked, and no file read.
    ///
    /// # Errors
    /// `--path` is not a folder, `--kustomization-file` not a file, `--local-sources` or `--var` not of their form, or there
    /// is no key to decrypt with.
    pub fn renderer(&self, values: Values) -> Result<Renderer> {
        let folder = Path::new(&self.path);
        if self.path.is_empty() || !folder.is_dir() {
            return Err(Error::usage(format!("invalid resource path {:?}", self.path))
                .hint("name the folder to render by --path"));
        }
        if let Some(file) = self.kustomization_file.as_ref().filter(|file| !Path::new(file).is_file()) {
            return Err(Error::usage(format!("invalid kustomization file {file:?}")));
        }
        Ok(Renderer {
            folder: folder.to_path_buf(),
            file: self.kustomization_file.clone(),
            ignore: self.ignore_paths.clone(),
            strict: self.strict_substitute,
            mask: Mask::Encrypted,
            as_controller: false,
            sources: self.sources()?,
            variables: self.variables()?,
            values,
            decrypt: if self.decrypt || !self.sops_age_key_file.is_empty() {
                Some(secrets::decryption(&self.sops_age_key_file)?)
            } else {
                None
            },
            repositories: Arc::default(),
            fetcher: self.allow_remote.then(Arc::default),
        })
    }

    /// The folders of the sources, by `Kind/namespace/name`.
    fn sources(&self) -> Result<BTreeMap<String, PathBuf>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((source, folder)) => Ok((source.to_owned(), PathBuf::from(folder))),
            None => Err(Error::usage(format!("--local-sources {text}: not Kind/namespace/name=folder"))),
        };
        self.local_sources.iter().map(pair).collect()
    }

    fn variables(&self) -> Result<BTreeMap<String, String>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if controller::is_variable_name(name) => {
                Ok((name.to_owned(), value.to_owned()))
            }
            // The value may be a secret: it is not shown.
            Some((name, _)) => Err(Error::usage(format!("--var: {name:?} is not the name of a variable"))
                .hint("a name has letters, digits and _, and does not begin with a digit")),
            None => Err(Error::usage("--var: not NAME=VALUE")),
        };
        self.variables.iter().map(pair).collect()
    }
}

impl Renderer {
    /// Renders what the controller applies, for a comparison with the cluster: it fails where the controller fails, and the
    /// values of Secrets are not masked where the controller applies them as they are. Nobody must show them.
    #[must_use]
    pub fn as_controller(self) -> Self {
        Self { mask: Mask::Unknown, as_controller: true, ..self }
    }

    /// The Flux Kustomization `name` of the context's namespace, and the folder of `--path`.
    ///
    /// With [`Values::Cluster`] it must be in the cluster; that of `--kustomization-file` goes before it, but keeps the
    /// cluster's `status`. Otherwise it is that of the file.
    ///
    /// # Errors
    /// It is not there, or the cluster cannot be asked; `NotFound` only where the cluster says so.
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
                .hint("name the file with the Flux Kustomization by --kustomization-file")),
        };
        let object = object.map_err(|error| error.context("failed to get kustomization object"))?;
        self.unit(object)
    }

    /// An object with the folder of `--path`.
    fn unit(&self, object: Value) -> Result<Unit> {
        let file = self.file.as_ref().and_then(|file| Path::new(file).canonicalize().ok());
        let near = match file.as_deref().and_then(Path::parent) {
            Some(folder) => folder.to_path_buf(),
            None => self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone()),
        };
        let unit = Unit { folder: self.folder.clone(), ..Unit::unplaced(object, near) };
        if self.as_controller { self.of_source(unit) } else { Ok(unit) }
    }

    /// The unit with the files that the cluster gets, where its folder is in a Git repository: without those that
    /// `.sourceignore` leaves out.
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

    /// The Flux Kustomization of `--kustomization-file` alone, for one that the cluster does not have yet.
    ///
    /// # Errors
    /// There is no such file or flag, or no such Kustomization in it.
    pub fn kustomization_of_file(&self, context: &Context, name: &str) -> Result<Unit> {
        let file = self.file.as_ref().ok_or_else(|| {
            Error::usage("kustomization file is required when assuming new kustomizations")
                .hint("name the file with the Flux Kustomization by --kustomization-file")
        })?;
        let object = unit::from_file(file, name, context.namespace())
            .map_err(|error| error.context("failed to get kustomization object"))?;
        self.unit(object)
    }

    /// Renders as kustomize-controller does: a kustomization.yaml where there is none, the settings of `spec`, the
    /// substitutions, the owner's labels; what SOPS has encrypted is masked, unless there are keys to decrypt it.
    ///
    /// # Errors
    /// The folder does not render, or values of `substituteFrom` cannot be had.
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

    /// The repository around a folder, whose files are read once.
    fn repository(&self, folder: &Path) -> Result<Arc<Repository>> {
        let repository = Repository::around(folder)?;
        let mut known = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let root = repository.root().to_path_buf();
        Ok(known.entry(root).or_insert_with(|| Arc::new(repository)).clone())
    }

    fn render_with(&self, unit: &Unit, found: Found) -> Result<Rendered> {
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
                // The words of the controller's own error.
                if self.as_controller && self.strict.is_none() && error.to_string().contains("(strict mode)") {
                    error.hint("the controller of Flux 2.9 fails on it; if yours runs with --feature-gates=StrictPostBuildSubstitutions=false, add --strict-substitute=false")
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
            rendered.warnings.extend(notes.warnings);
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
        rendered.warnings.extend(unset);
        let missing = found.missing.iter().map(|reference| {
            format!("spec.postBuild.substituteFrom: {reference} is not in the repository; its variables can be set by --var")
        });
        rendered.warnings.extend(missing.chain(found.warnings));
        Ok(rendered)
    }

    /// What is to be said of variables that are empty because nothing sets them.
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

    /// The Flux Kustomizations among the objects that `unit` has rendered, itself left out, each with the folder of its
    /// source on this machine.
    ///
    /// # Errors
    /// The source of one is not among `--local-sources`.
    pub fn below(&self, unit: &Unit, objects: &[Value]) -> Result<Vec<Unit>> {
        let others = objects.iter().filter(|object| is_flux_kustomization(object));
        others
            .map(|object| Unit::unplaced(object.clone(), unit.folder.clone()))
            .filter(|other| other.id() != unit.id())
            .map(|other| Ok(Unit { folder: self.source_folder(&other)?, ..other }))
            .collect()
    }

    /// The unit as the cluster has it, where it has it; the folder stays. Only with [`Values::Cluster`].
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

    /// Where the source of a Flux Kustomization lies on this machine.
    fn source_folder(&self, unit: &Unit) -> Result<PathBuf> {
        let key = unit.source();
        let Some(folder) = self.sources.get(&key) else {
            let name = unit.id().1;
            return Err(Error::usage(format!("cannot get local path for {key} of kustomization {name}"))
                .hint(format!("add --local-sources={key}=FOLDER")));
        };
        Ok(folder.join(unit.path()))
    }
}

/// Does long work beside the thread that hears Ctrl-C.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::failed(format!("the rendering ended early: {error}")))?
}
