//! What kustomize-controller makes of a folder and a Flux Kustomization: a kustomization where there is none, the
//! settings of `spec`, substitutions after the build, and the owner's labels.

mod decrypt;
mod expand;
mod glob;
mod ignore;
mod mask;
mod settings;

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
use super::{Build, Options};

/// The label or annotation that keeps an object from substitution.
const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
/// The labels that name the owner.
const OWNER: [&str; 2] = ["kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"];

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
    let mut rendered = Rendered { warnings, ..Rendered::default() };
    for mut resource in resources {
        if let Some(decrypt) = decrypt {
            decrypt::object(&mut resource, decrypt)?;
        }
        if let Some(values) = &values {
            substitute(&mut resource, values, options.strict)?;
        }
        own(&mut resource, settings)?;
        mask::mask(&mut resource)?;
        let mut object = resource.to_json()?;
        if !is_text(&object["kind"]) {
            return Err(Error::new("an object without a kind").field("kind").during(resource.id()));
        }
        if is_kustomize_file(&object) || !is_identified(&object) {
            continue;
        }
        settings.add_metadata(&mut object);
        rendered.objects.push(object);
        rendered.files.push(resource.file);
    }
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

/// Replaces the variables in an object, in its text.
fn substitute(resource: &mut Resource, values: &BTreeMap<String, String>, strict: bool) -> Result<()> {
    let disabled = ["labels", "annotations"]
        .iter()
        .any(|field| resource.metadata_texts(field).any(|pair| pair == (SUBSTITUTE, "disabled")));
    if disabled {
        return Ok(());
    }
    // Names count where something is substituted: nowhere in a folder without objects.
    if let Some(name) = values.keys().find(|name| !is_variable_name(name)) {
        return Err(Error::new(format!("{name:?} is not the name of a variable"))
            .field("spec.postBuild.substitute")
            .hint("a name has letters, digits and _, and does not begin with a digit"));
    }
    let id = resource.id();
    let during = |error: Error| error.during(format!("substitution in {id}"));
    let value = |name: &str| match values.get(name) {
        Some(value) => Some(value.clone()),
        None if strict => None,
        None => Some(String::new()),
    };
    let text = expand(&edgeflux_yaml::to_string(&resource.to_json()?), &value).map_err(during)?;
    let object = edgeflux_yaml::first_document(&text).map_err(|error| {
        during(Error::new(format!("the result is not YAML: {}", error.message)))
            .hint("a value may need quotes around its variable")
    })?;
    if !object.is_object() {
        return Err(during(Error::new("the result is not an object")));
    }
    resource.node = Node::from_json(&object);
    Ok(())
}

/// Labels an object with its owner.
fn own(resource: &mut Resource, settings: &Settings) -> Result<()> {
    if let Some(labels @ (Node::Scalar(_) | Node::Seq(_))) = resource.node.at(&["metadata", "labels"])
        && !labels.is_null()
    {
        let message = format!("expected a mapping, found {}", labels.kind_name());
        return Err(Error::new(message).field("metadata.labels").during(resource.id()));
    }
    let Some(root) = resource.node.as_map_mut() else { return Ok(()) };
    if root.get("metadata").and_then(Node::as_map).is_none() {
        root.set("metadata", Node::empty_map());
    }
    let Some(metadata) = root.get_mut("metadata").and_then(Node::as_map_mut) else { return Ok(()) };
    if metadata.get("labels").and_then(Node::as_map).is_none() {
        metadata.set("labels", Node::empty_map());
    }
    if let Some(labels) = metadata.get_mut("labels").and_then(Node::as_map_mut) {
        for (name, text) in OWNER.iter().zip([&settings.name, &settings.namespace]) {
            labels.set(name, Node::string(text));
        }
    }
    Ok(())
}

/// Whether an object has what an API server knows it by; the controller drops others.
fn is_identified(object: &Value) -> bool {
    is_text(&object["apiVersion"]) && is_text(&object["metadata"]["name"])
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// A kustomize file that got among the objects.
fn is_kustomize_file(object: &Value) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "Kustomization" && text("apiVersion").starts_with("kustomize.config.k8s.io/")
}
