//! A kustomize engine: from a folder with a kustomization to the objects that it renders.
//!
//! The rules are those of kustomize 5.8. It reads files through the [`FileSystem`] trait alone, runs no program and
//! opens no connection: URLs are refused unless the file system has a [`Remote`] that fetches them. Nothing is global,
//! so that builds may run side by side.
//!
//! ```
//! use std::path::Path;
//! use edgeflux_kustomize::{MemoryFs, Options, build};
//!
//! let mut fs = MemoryFs::new();
//! fs.write("/app/kustomization.yaml", "resources: [cm.yaml]\nnamePrefix: my-\n");
//! fs.write("/app/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n");
//! let build = build(&fs, Path::new("/app"), &Options::default()).unwrap();
//! assert_eq!(build.resources[0].name(), "my-config");
//! ```
//!
//! One file holds one thing: [`Node`] the tree, `read` how it comes from a text, `target` the order of a
//! kustomization's steps, `transform` the steps themselves. The tables `field_specs.txt` and `merge_keys.txt` say which
//! fields of the built-in kinds they concern.

mod config;
pub mod controller;
mod crds;
mod decode;
mod error;
mod field_path;
mod fieldspec;
mod folded;
mod fs;
mod generate;
mod id;
mod kustomization;
mod label_selector;
mod loader;
mod look;
mod node;
mod openapi;
mod origin;
mod plugin;
mod read;
mod remote;
mod resmap;
mod resource;
mod scalar;
mod schema;
mod selector;
mod seq;
mod shared;
mod target;
mod transform;
mod written;

use std::path::Path;

pub use error::{Error, Result};
pub use fs::{Entry, FileSystem, MemoryFs, RootedFs, clean};
pub use id::{Gvk, ResId};
pub use kustomization::FILE_NAMES;
pub use label_selector::LabelSelector;
pub use node::{Map, Node, Scalar, Tag};
pub use remote::{Checkout, GitSource, Remote, WithRemote};
pub use resource::Resource;
pub use seq::Seq;

use loader::Loader;
use origin::{ORIGIN, Origin, TRANSFORMATIONS};
use target::{Gathered, Target};
use transform::sort::SortOptions;
use transform::{hash, labels, name_reference, sort, variables};

/// How a build is done.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether the files of a kustomization must lie in its own folder, as kustomize wants it by default. Flux does not:
    /// there the file system is the bound.
    pub files_stay_in_their_kustomization: bool,
    /// Whether objects are put in order by kind where a kustomization does not say (`sortOptions`), as kustomize's
    /// command line does. Otherwise they come as they were read, as from its library.
    pub sort_by_kind: bool,
}

/// What a kustomization renders.
#[derive(Debug, Default)]
pub struct Build {
    /// The objects in their order.
    pub resources: Vec<Resource>,
    /// What should be changed although it works: deprecated fields, variables that nothing uses.
    pub warnings: Vec<String>,
}

impl Build {
    /// The objects as YAML documents, as kustomize prints them.
    pub fn to_yaml(&self) -> Result<String> {
        let mut text = String::new();
        for resource in &self.resources {
            if !text.is_empty() {
                text.push_str("---\n");
            }
            text.push_str(&edgeflux_yaml::to_string(&resource.to_json()?));
        }
        Ok(text)
    }
}

/// Renders the kustomization in the folder `root` of `fs`.
///
/// # Errors
/// With the file, the line where it is known, the field, and what would be right.
pub fn build(fs: &dyn FileSystem, root: &Path, options: &Options) -> Result<Build> {
    render(&Target::read(Loader::new(fs, root, options)?)?, options)
}

/// Carries a kustomization out and does what only the first one does.
fn render(target: &Target<'_>, options: &Options) -> Result<Build> {
    let mut gathered = Gathered::default();
    target.check_empty()?;
    target.set_schema()?;
    target.gather(&mut gathered, 0)?;
    let Gathered { mut map, config, variables: declared, mut warnings } = gathered;
    let config = config.unwrap_or_default();
    check_former_names(&map)?;

    hash::add_hashes(&mut map)?;
    check_former_names(&map)?;
    name_reference::update(&mut map, &config)?;
    let unused = variables::resolve(&mut map, &declared, &config.variables)?;
    if !unused.is_empty() {
        warnings.push(format!("vars that stand nowhere: {}", unused.join(", ")));
    }
    let is_local = |resource: &Resource| {
        let mut annotations = resource.metadata_texts("annotations");
        annotations.any(|(name, text)| name == "config.kubernetes.io/local-config" && text != "false")
    };
    map.resources_mut().retain(|resource| !resource.is_gone() && !is_local(resource));
    map.check_unique("the build")?;
    if let Some(resource) = map.resources().iter().find(|resource| resource.name().is_empty()) {
        return Err(Error::new("an object without a name is left")
            .field("metadata.name")
            .during(resource.id()));
    }

    let kustomization = &target.kustomization;
    let by_kind = options.sort_by_kind.then_some(SortOptions::Legacy(None));
    if let Some(options) = kustomization.sort_options.as_ref().or(by_kind.as_ref()) {
        sort::sort(&mut map, options).map_err(|error| target.located(error, "sortOptions"))?;
    }
    let has = |option: &str| kustomization.build_metadata.iter().any(|other| other == option);
    if has("managedByLabel") {
        // The controller is built without a version of kustomize.
        let label = ("app.kubernetes.io/managed-by".to_owned(), "kustomize-(devel)".to_owned());
        labels::label(&mut map, &[label].into(), &[labels::metadata_labels()])?;
        let error = Error::new(
            "managedByLabel sets the label app.kubernetes.io/managed-by to kustomize-(devel), which the API server refuses",
        );
        let error = error.field("buildMetadata").hint("take managedByLabel out, and set the label in labels");
        warnings.push(target.located(error, "buildMetadata").to_string());
    }
    let mut resources = map.into_resources();
    for resource in &mut resources {
        finish(resource, has("originAnnotations"), has("transformerAnnotations"));
        warnings.extend(target.rewritten(resource));
    }
    let mut seen = std::collections::HashSet::new();
    warnings.retain(|warning| seen.insert(warning.clone()));
    Ok(Build { resources, warnings })
}

/// Kustomize notes former names, separated by commas, and fails where a name has one itself or is empty.
fn check_former_names(map: &resmap::ResMap) -> Result<()> {
    // An empty text is not noted at all.
    let noted = |text: &str| if text.is_empty() { 0 } else { text.matches(',').count() + 1 };
    for resource in map.resources() {
        let count = |of: fn(&resource::Name) -> &str| -> usize {
            resource.previous.iter().map(|name| noted(of(name))).sum()
        };
        let names = count(|name| &name.name);
        if names != 0 && [count(|name| &name.namespace), count(|name| &name.kind)] != [names, names] {
            let error = if resource.previous.iter().any(|name| name.name.is_empty()) {
                Error::new("a name that has become empty cannot be changed")
                    .hint("look for the replacement or patch that empties metadata.name")
            } else {
                Error::new("a name or namespace with a comma cannot be changed")
                    .hint("the API server would not take it; write it without the comma")
            };
            return Err(error.during(resource.id()));
        }
    }
    Ok(())
}

/// Makes all annotations strings and adds the notes that were asked for.
fn finish(resource: &mut Resource, origins: bool, transformations: bool) {
    let mut texts: Vec<(String, String)> = resource
        .metadata_texts("annotations")
        .filter(|(name, _)| *name != ORIGIN && *name != TRANSFORMATIONS)
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    if let Some(origin) = resource.origin.as_ref().filter(|_| origins) {
        texts.push((ORIGIN.to_owned(), origin.to_yaml()));
    }
    if transformations && !resource.transformations.is_empty() {
        texts.push((TRANSFORMATIONS.to_owned(), Origin::list_to_yaml(&resource.transformations)));
    }
    resource.set_metadata_texts("annotations", texts);
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
