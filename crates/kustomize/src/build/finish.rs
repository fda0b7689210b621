//! The end of a build, which only the outermost kustomization has.

use std::collections::HashSet;

use super::accumulator::Accumulator;
use super::builder::Builder;
use super::options::{Build, Options};
use crate::error::{Error, Result, Warning};
use crate::transform::{hash, labels, name_reference, sort, variables};
use crate::types::origin::{ORIGIN, Origin, TRANSFORMATIONS};
use crate::types::resmap::ResMap;
use crate::types::resource::{Name, Resource};
use crate::types::sort_options::SortOptions;

/// Builds a kustomization, and does what only the outermost one does: hashes, references, variables, order, metadata.
pub(crate) fn render(builder: &Builder<'_>, options: &Options) -> Result<Build> {
    let mut accumulator = Accumulator::default();
    builder.check_empty()?;
    builder.choose_schemas()?;
    builder.run(&mut accumulator, 0)?;
    let Accumulator { mut map, config, variables: declared, mut warnings } = accumulator;
    let config = config.unwrap_or_default();
    check_former_names(&map)?;

    hash::add_hashes(&mut map)?;
    check_former_names(&map)?;
    name_reference::update(&mut map, &config)?;
    let unused = variables::resolve(&mut map, &declared, &config.variables)?;
    if !unused.is_empty() {
        warnings.push(Warning::new(format!("unused vars: {}", unused.join(", "))));
    }
    let is_local = |resource: &Resource| {
        let mut annotations = resource.metadata_texts("annotations");
        annotations.any(|(name, text)| name == "config.kubernetes.io/local-config" && text != "false")
    };
    map.resources_mut().retain(|resource| !resource.is_gone() && !is_local(resource));
    map.check_unique("the build")?;
    if let Some(resource) = map.resources().iter().find(|resource| resource.name().is_empty()) {
        return Err(Error::new("an object no longer has a name")
            .field("metadata.name")
            .during(resource.id()));
    }

    let kustomization = &builder.kustomization;
    let by_kind = options.sort_by_kind.then_some(SortOptions::Legacy(None));
    if let Some(options) = kustomization.sort_options.as_ref().or(by_kind.as_ref()) {
        sort::sort(&mut map, options).map_err(|error| builder.located(error, "sortOptions"))?;
    }
    let has = |option: &str| kustomization.build_metadata.iter().any(|other| other == option);
    if has("managedByLabel") {
        // The controller is built without a version of kustomize.
        let label = ("app.kubernetes.io/managed-by".to_owned(), "kustomize-(devel)".to_owned());
        labels::label(&mut map, &[label].into(), &[labels::metadata_labels()])?;
        let warning = Warning::new(
            "managedByLabel sets the label app.kubernetes.io/managed-by to kustomize-(devel), which the API \
            server rejects",
        );
        let warning =
            warning.field("buildMetadata").hint("remove managedByLabel and set the label in labels");
        warnings.push(builder.located(warning, "buildMetadata"));
    }
    let mut resources = map.into_resources();
    for resource in &mut resources {
        finish(resource, has("originAnnotations"), has("transformerAnnotations"));
        warnings.extend(builder.changed_values(resource));
    }
    let mut seen = HashSet::new();
    warnings.retain(|warning| seen.insert(warning.clone()));
    Ok(Build { resources, warnings })
}

/// Kustomize records former names, separated by commas, and fails if a name has a comma itself or is empty.
fn check_former_names(map: &ResMap) -> Result<()> {
    // An empty text is not recorded at all.
    let recorded = |text: &str| if text.is_empty() { 0 } else { text.matches(',').count() + 1 };
    for resource in map.resources() {
        let count = |of: fn(&Name) -> &str| -> usize {
            resource.previous.iter().map(|name| recorded(of(name))).sum()
        };
        let names = count(|name| &name.name);
        if names != 0 && [count(|name| &name.namespace), count(|name| &name.kind)] != [names, names] {
            let error = if resource.previous.iter().any(|name| name.name.is_empty()) {
                Error::new("a name that is now empty cannot be changed")
                    .hint("check for a replacement or patch that clears metadata.name")
            } else {
                Error::new("a name or namespace that contains a comma cannot be changed")
                    .hint("remove the comma; the API server would reject it")
            };
            return Err(error.during(resource.id()));
        }
    }
    Ok(())
}

/// Turns all annotations into strings and adds the requested ones on origins.
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
