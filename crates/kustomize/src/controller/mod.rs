//! What kustomize-controller makes of a folder and a Flux Kustomization: a kustomization where there is none, the
//! settings of `spec`, substitutions after the build, and the owner's labels.

mod decrypt;
mod expand;
mod glob;
mod ignore;
mod mask;
mod metadata;
mod settings;
mod substitute;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub use decrypt::{Clear, Decrypt, Use};
pub use expand::expand;
pub use ignore::Ignore;
pub use settings::{Settings, is_variable_name};

use super::error::{Error, Result};
use super::fs::{Entry, FileSystem};
use super::kustomization::{FILE_NAMES, Kustomization};
use super::loader::Loader;
use super::node::Node;
use super::read;
use super::resource::Resource;
use super::target::Target;
use super::written::hold_as_float;
use super::{Build, Options};

/// How a folder is rendered.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// Patterns of entries to leave out of every kustomization, as in a `.gitignore` beside it.
    pub ignore: Vec<String>,
    /// Whether the files are those of a source's artifact: as for the controller, `.sourceignore` has done its work then.
    pub from_artifact: bool,
    /// Whether a variable that has no value and no default is an error.
    pub strict: bool,
    /// Values from ConfigMaps and Secrets, by which those of `spec.postBuild.substitute` go.
    pub variables: BTreeMap<String, String>,
    /// Values that go before all others. They count only where `spec.postBuild` asks for substitution.
    pub overrides: BTreeMap<String, String>,
    /// What decrypts. It is used where the Flux Kustomization asks for decryption by SOPS; without it, what is encrypted
    /// is masked.
    pub decrypt: Option<Arc<dyn Decrypt>>,
    /// What is masked.
    pub mask: Mask,
}

/// Which values of Secrets are replaced by a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mask {
    /// All that SOPS has encrypted, or that looks like it, as flux prints it.
    #[default]
    Encrypted,
    /// Those that the controller would decrypt. Others are applied as they are; whoever compares them must not show
    /// them.
    Unknown,
}

/// What a Flux Kustomization renders.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The objects in their order.
    pub objects: Vec<Value>,
    /// The file of each object, absolute in the file system; none for one that was generated.
    pub files: Vec<Option<PathBuf>>,
    /// What should be changed although it works.
    pub warnings: Vec<String>,
    /// Variables that have neither a value nor a default, each with an object that names it. They are empty here, and
    /// the controller fails.
    pub unset: BTreeMap<String, String>,
}

/// Renders the folder `root` of `fs` as the controller does for the Flux Kustomization that `settings` come from.
///
/// # Errors
/// With the file, the line where it is known, the field, and what would be right.
pub fn render(
    fs: &dyn FileSystem,
    root: &Path,
    settings: &Settings,
    options: &RenderOptions,
) -> Result<Rendered> {
    let build = Options { files_stay_in_their_kustomization: false, sort_by_kind: false };
    let loader = loader(fs, root, &build, options)?;
    let (kustomization, file) = kustomization(fs, &loader, settings, options)?;
    let decrypt = options.decrypt.as_deref().filter(|_| settings.decrypts());
    let mut warnings = Vec::new();
    let clear = match decrypt {
        Some(decrypt) => Some(decrypt::sources(fs, loader.root(), &kustomization, decrypt, &mut warnings)?),
        None => None,
    };
    let loader = match &clear {
        Some(clear) => self::loader(clear, root, &build, options)?,
        None => loader,
    };
    let Build { resources, warnings: more } =
        super::render(&Target::of(loader, kustomization, file), &build)?;
    warnings.extend(more);
    let values = settings.values(options);
    if let Some(resource) = resources.iter().find(|resource| !is_identified(resource)) {
        let (field, what) = match () {
            () if root_text(resource, "apiVersion").is_empty() => ("apiVersion", "an API version"),
            () if root_text(resource, "kind").is_empty() => ("kind", "a kind"),
            () => ("metadata.name", "a name"),
        };
        return Err(Error::new(format!("an object without {what}")).field(field).during(resource.id()));
    }
    let mut rendered = Rendered { warnings, ..Rendered::default() };
    let mut unreplaced = substitute::Unreplaced::default();
    for mut resource in resources {
        if let Some(decrypt) = decrypt {
            decrypt::object(&mut resource, decrypt)?;
        }
        let is_disabled = substitute::is_disabled(&resource);
        if let Some(values) = values.as_ref().filter(|_| !is_disabled) {
            let unset = substitute::substitute(&mut resource, values, options.strict)?;
            for variable in unset {
                rendered.unset.entry(variable).or_insert_with(|| resource.id().to_string());
            }
        }
        if !settings.decrypts() {
            rendered.warnings.extend(mask::not_decrypted(&resource));
        }
        mask::mask(&mut resource, options.mask, settings.decrypts())?;
        let mut object = resource.to_json()?;
        hold_as_float(&mut object);
        for mut object in items(object).map_err(|error| error.during(resource.id()))? {
            metadata::add(&mut object, settings, &mut rendered.warnings);
            if values.is_none() && !is_disabled {
                unreplaced.look(&object);
            }
            rendered.objects.push(object);
            rendered.files.push(resource.file.clone());
        }
    }
    rendered.warnings.extend(unreplaced.warning(settings.has_post_build()));
    Ok(rendered)
}

/// What reads the kustomization in `root` as the controller does.
fn loader<'a>(
    fs: &'a dyn FileSystem,
    root: &Path,
    build: &Options,
    options: &RenderOptions,
) -> Result<Loader<'a>> {
    Ok(Loader::new(fs, root, build)?.keeping_built_in_schemas().leaving_out(&options.ignore))
}

/// The objects that the controller reads where an object is written: those of a list where it has `items`, and none
/// where it is a kustomize file or has lost its name or version.
fn items(object: Value) -> Result<Vec<Value>> {
    if !is_text(&object["kind"]) {
        return Err(Error::new("an object without a kind").field("kind"));
    }
    if let Value::Object(mut fields) = object {
        if let Some(Value::Array(items)) = fields.get_mut("items") {
            return match items.iter().find(|item| !item.is_object()) {
                Some(_) => Err(Error::new("an item of a list that is not an object").field("items")),
                None => Ok(std::mem::take(items)),
            };
        }
        let object = Value::Object(fields);
        let is_kept = is_text(&object["apiVersion"]) && is_text(&object["metadata"]["name"]);
        return Ok(if is_kept && !is_kustomize_file(&object) { vec![object] } else { Vec::new() });
    }
    Ok(Vec::new())
}

/// The kustomization of the folder, or one of what lies in it, with what `settings` add.
fn kustomization(
    fs: &dyn FileSystem,
    loader: &Loader<'_>,
    settings: &Settings,
    options: &RenderOptions,
) -> Result<(Kustomization, &'static str)> {
    let folder = loader.root();
    let ignore = if options.from_artifact {
        Ignore::of_patterns(folder, &options.ignore)
    } else {
        Ignore::read(fs, folder, &options.ignore)?
    };
    let found = loader.kustomization_files().next();
    let mut kustomization = match found {
        Some(file) => {
            let text = loader.read_text(file)?;
            let mut kustomization = Kustomization::read_leniently(&loader.shown(file), &text)?;
            if kustomization.resources.len() == kustomization.bases {
                kustomization.build_metadata = vec!["originAnnotations".to_owned()];
            }
            kustomization
        }
        None => generated(fs, folder, &ignore)?,
    };
    let mut fail = None;
    kustomization.retain(|path| {
        if path.contains("://") {
            return true;
        }
        let place = super::fs::clean(&folder.join(path));
        match fs.resolve(&place) {
            Ok((_, entry)) => !ignore.matches(&place, entry == Entry::Folder),
            Err(error) => {
                fail.get_or_insert((path.to_owned(), error.to_string()));
                true
            }
        }
    });
    if let Some((path, _)) = fail {
        let file = loader.shown(found.unwrap_or(FILE_NAMES[0]));
        return Err(Error::new(format!("{path}: there is nothing of this name")).file(&file));
    }
    settings.apply(&mut kustomization, |component| fs.resolve(&folder.join(component)).is_ok())?;
    Ok((kustomization, found.unwrap_or(FILE_NAMES[0])))
}

/// The kustomization of a folder without one: the YAML files in and below it, and the folders below that have their own.
fn generated(fs: &dyn FileSystem, folder: &Path, ignore: &Ignore) -> Result<Kustomization> {
    let mut paths = Vec::new();
    scan(fs, folder, folder, ignore, &mut paths, 0)?;
    let mut kustomization = Kustomization::default();
    if paths.is_empty() {
        // An empty folder is no error.
        "_placeholder".clone_into(&mut kustomization.namespace);
    }
    for path in paths {
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        kustomization.resources.push(format!("./{}", relative.display()));
    }
    Ok(kustomization)
}

fn scan(
    fs: &dyn FileSystem,
    base: &Path,
    folder: &Path,
    ignore: &Ignore,
    paths: &mut Vec<PathBuf>,
    depth: usize,
) -> Result<()> {
    const DEEPEST: usize = 100;
    if depth > DEEPEST {
        return Err(Error::new(format!("folders nested deeper than {DEEPEST}")).file(folder));
    }
    let shown = |path: &Path| path.strip_prefix(base).unwrap_or(path).to_path_buf();
    for name in fs.list(folder).map_err(|error| Error::new(error.to_string()).file(&shown(folder)))? {
        let path = folder.join(&name);
        let Ok((real, entry)) = fs.resolve(&path) else { continue };
        match entry {
            // A link to a folder is not followed.
            Entry::Folder if real != path => {}
            Entry::Folder => {
                let has = |file: &&str| matches!(fs.resolve(&path.join(file)), Ok((_, Entry::File)));
                if FILE_NAMES.iter().any(has) {
                    paths.push(path);
                } else {
                    scan(fs, base, &path, ignore, paths, depth + 1)?;
                }
            }
            Entry::File => {
                let is_yaml =
                    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
                if !is_yaml || (!ignore.is_empty() && ignore.matches(&path, false)) {
                    continue;
                }
                let fail = |error: Error| error.file(&shown(&path));
                let content = fs.read(&real).map_err(|error| fail(Error::new(error.to_string())))?;
                let text = edgeflux_yaml::decode(&content).map_err(|error| fail(error.into()))?;
                read::objects(&text).map_err(|error| {
                    fail(error).hint("every YAML file of a folder without kustomization.yaml must hold Kubernetes objects; leave others out with .sourceignore")
                })?;
                paths.push(path);
            }
        }
    }
    Ok(())
}

/// Whether an object has what an API server knows it by. The controller refuses others.
fn is_identified(resource: &Resource) -> bool {
    let is_there = |field: &&str| !root_text(resource, field).is_empty();
    ["apiVersion", "kind"].iter().all(is_there) && !resource.name().is_empty()
}

fn root_text<'a>(resource: &'a Resource, field: &str) -> &'a str {
    resource.node.get(field).filter(|value| !value.is_null()).map(Node::text_or_empty).unwrap_or_default()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// A kustomize file that got among the objects.
fn is_kustomize_file(object: &Value) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    text("kind").eq_ignore_ascii_case("Kustomization")
        && text("apiVersion").starts_with("kustomize.config.k8s.io/")
}
