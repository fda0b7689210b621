//! What kustomize-controller adds to kustomize: a generated kustomization for directories without one, the settings of the
//! Flux Kustomization, decryption, variable substitution, and the owner's labels.

mod decrypt;
mod expand;
mod mask;
mod metadata;
mod settings;
mod substitute;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

pub use crate::load::ignore::Ignore;
pub use decrypt::{Decrypt, Decrypted, EncryptedFile};
pub use expand::expand;
pub use mask::Mask;
pub use settings::{Settings, is_variable_name};
pub use substitute::substitute_object;

use crate::build::{self, Build, Builder, Options};
use crate::error::{Error, Result, Warning};
use crate::load::fs::{FileSystem, FileType, clean};
use crate::load::loader::Loader;
use crate::tree::round_trip::hold_as_float;
use crate::tree::{Node, parse};
use crate::types::kustomization::{FILE_NAMES, Kustomization};
use crate::types::resource::Resource;
use crate::types::schema_store::SchemaStore;

/// How a directory is rendered.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// Patterns of files that every kustomization ignores, as in a `.gitignore` in its directory.
    pub ignore: Vec<String>,
    /// Whether the files are those of a source's artifact, from which ignored files have been removed.
    pub from_artifact: bool,
    /// Whether a variable without a value and a default is an error.
    pub strict: bool,
    /// Values from ConfigMaps and Secrets, which `spec.postBuild.substitute` overrides.
    pub variables: BTreeMap<String, String>,
    /// Values that override all others. They apply only if the Flux Kustomization has a `spec.postBuild`.
    pub overrides: BTreeMap<String, String>,
    /// Decrypts, if the Flux Kustomization asks for decryption by SOPS. Without it, encrypted values are masked.
    pub decrypt: Option<Arc<dyn Decrypt>>,
    /// Which values are masked.
    pub mask: Mask,
}

/// What a Flux Kustomization renders.
#[derive(Debug, Default)]
pub struct Rendered {
    /// Objects in their order.
    pub objects: Vec<Value>,
    /// File of each object, absolute in the file system; `None` for generated objects.
    pub files: Vec<Option<PathBuf>>,
    /// What should be changed although it works.
    pub warnings: Vec<Warning>,
    /// Variables without a value and a default, each with an object that uses it. They are empty here; the controller
    /// fails.
    pub unset: BTreeMap<String, String>,
}

/// Renders the directory `root` of `fs` as the controller does for the Flux Kustomization of `settings`.
///
/// # Errors
/// The controller would fail. The error has the file, the line if known, the field, and how to write it correctly.
pub fn render(
    fs: &dyn FileSystem,
    root: &Path,
    settings: &Settings,
    options: &RenderOptions,
) -> Result<Rendered> {
    let loader = loader(fs, root, options)?;
    let (kustomization, file) = kustomization(fs, &loader, settings, options)?;
    let decrypt = options.decrypt.as_deref().filter(|_| settings.decrypts());
    let mut warnings = Vec::new();
    let clear = match decrypt {
        Some(decrypt) => Some(decrypt::sources(fs, loader.root(), &kustomization, decrypt, &mut warnings)?),
        None => None,
    };
    let loader = match &clear {
        Some(clear) => self::loader(clear, root, options)?,
        None => loader,
    };
    let schemas = Rc::new(SchemaStore::keeping_built_in());
    let Build { resources, warnings: more } =
        build::render(&Builder::of(loader, kustomization, file, schemas), &Options::default())?;
    warnings.extend(more);
    let values = settings.values(&options.variables, &options.overrides);
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
                unreplaced.check(&object);
            }
            rendered.objects.push(object);
            rendered.files.push(resource.file.clone());
        }
    }
    rendered.warnings.extend(unreplaced.warning(settings.has_post_build()));
    Ok(rendered)
}

/// Returns the loader of the kustomization in `root`, with the bounds of the controller.
fn loader<'a>(fs: &'a dyn FileSystem, root: &Path, options: &RenderOptions) -> Result<Loader<'a>> {
    Ok(Loader::new(fs, root, false)?.ignoring(&options.ignore))
}

/// Returns the objects that the controller reads from a rendered one: the items of a list; none for a kustomize file, or
/// an object without a name or version.
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

/// Reads the kustomization of the directory, or generates one, and adds `settings`.
fn kustomization(
    fs: &dyn FileSystem,
    loader: &Loader<'_>,
    settings: &Settings,
    options: &RenderOptions,
) -> Result<(Kustomization, &'static str)> {
    let directory = loader.root();
    let ignore = if options.from_artifact {
        Ignore::of_patterns(directory, &options.ignore)
    } else {
        Ignore::read(fs, directory, &options.ignore)?
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
        None => generated(fs, directory, &ignore)?,
    };
    let mut fail = None;
    kustomization.retain(|path| {
        if path.contains("://") {
            return true;
        }
        let place = clean(&directory.join(path));
        match fs.resolve(&place) {
            Ok((_, entry)) => !ignore.matches(&place, entry == FileType::Directory),
            Err(error) => {
                fail.get_or_insert((path.to_owned(), error.to_string()));
                true
            }
        }
    });
    if let Some((path, _)) = fail {
        let file = loader.shown(found.unwrap_or(FILE_NAMES[0]));
        return Err(Error::new(format!("{path}: no such file or directory")).file(&file));
    }
    settings.apply(&mut kustomization, |component| fs.resolve(&directory.join(component)).is_ok())?;
    Ok((kustomization, found.unwrap_or(FILE_NAMES[0])))
}

/// Generates the kustomization of a directory without one: the YAML files in and below it, and the directories below that
/// have their own.
fn generated(fs: &dyn FileSystem, directory: &Path, ignore: &Ignore) -> Result<Kustomization> {
    let mut paths = Vec::new();
    scan(fs, directory, directory, ignore, &mut paths, 0)?;
    let mut kustomization = Kustomization::default();
    if paths.is_empty() {
        // An empty directory is not an error.
        "_placeholder".clone_into(&mut kustomization.namespace);
    }
    for path in paths {
        let relative = path.strip_prefix(directory).unwrap_or(&path);
        kustomization.resources.push(format!("./{}", relative.display()));
    }
    Ok(kustomization)
}

fn scan(
    fs: &dyn FileSystem,
    base: &Path,
    directory: &Path,
    ignore: &Ignore,
    paths: &mut Vec<PathBuf>,
    depth: usize,
) -> Result<()> {
    const MAX_DEPTH: usize = 100;
    if depth > MAX_DEPTH {
        return Err(Error::new(format!(
            "directories are nested more than {MAX_DEPTH} levels \
            deep"
        ))
        .file(directory));
    }
    let shown = |path: &Path| path.strip_prefix(base).unwrap_or(path).to_path_buf();
    for name in fs.list(directory).map_err(|error| Error::new(error.to_string()).file(&shown(directory)))? {
        let path = directory.join(&name);
        let Ok((real, entry)) = fs.resolve(&path) else { continue };
        match entry {
            // Links to directories are not followed.
            FileType::Directory if real != path => {}
            FileType::Directory => {
                let has = |file: &&str| matches!(fs.resolve(&path.join(file)), Ok((_, FileType::File)));
                if FILE_NAMES.iter().any(has) {
                    paths.push(path);
                } else {
                    scan(fs, base, &path, ignore, paths, depth + 1)?;
                }
            }
            FileType::File => {
                let is_yaml =
                    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
                if !is_yaml || (!ignore.is_empty() && ignore.matches(&path, false)) {
                    continue;
                }
                let fail = |error: Error| error.file(&shown(&path));
                let content = fs.read(&real).map_err(|error| fail(Error::new(error.to_string())))?;
                let text = edgeflux_yaml::decode(&content).map_err(|error| fail(error.into()))?;
                parse::objects(&text).map_err(|error| {
                    fail(error).hint(
                        "every YAML file in a directory without a kustomization.yaml must \
                        contain Kubernetes objects; exclude other files with .sourceignore",
                    )
                })?;
                paths.push(path);
            }
        }
    }
    Ok(())
}

/// Returns whether an object has an apiVersion, a kind and a name. The controller refuses others.
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

/// Returns whether an object is a kustomization file.
fn is_kustomize_file(object: &Value) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    text("kind").eq_ignore_ascii_case("Kustomization")
        && text("apiVersion").starts_with("kustomize.config.k8s.io/")
}
