//! The schemas that objects of a repository are validated by.

use std::path::PathBuf;

use crate::api::CRDS;
use crate::commands::appliers::Appliers;
use crate::error::{Error, Result};
use crate::render::Repository;
use crate::schema::Schemas;

/// Collects the schemas of Flux, of CRDs in files, of rendered CRDs, and of the directories of `--schemas`. Later ones
/// take the place of earlier ones.
///
/// # Errors
/// A directory or file of `--schemas` cannot be read, or has no schema.
pub(super) fn collect(
    directories: &[PathBuf],
    repository: &Repository,
    appliers: &Appliers,
) -> Result<Schemas> {
    let mut schemas = Schemas::default();
    for crd in CRDS {
        schemas.add_kind(crd.group, crd.kind, crd.version, crd.schema_without_status());
    }
    for crd in repository.crds() {
        schemas.add_crd(&crd);
    }
    for rendered in appliers.rendered.iter().filter_map(|applier| applier.outcome.as_ref().ok()) {
        for object in rendered.objects.iter().filter(|object| object["kind"] == "CustomResourceDefinition") {
            schemas.add_crd(object);
        }
    }
    for directory in directories {
        if !directory.is_dir() {
            return Err(Error::usage(format!("--schemas: {} is not a directory", directory.display()))
                .hint("use --schemas with a directory that has CRDs or JSON schemas"));
        }
        match schemas.add_directory(directory) {
            Ok(0) => {
                let message = format!("--schemas: there is no schema in {}", directory.display());
                return Err(Error::usage(message).hint(
                    "expected GROUP/KIND_VERSION.json, KIND-GROUP-VERSION.json, an OpenAPI document of Kubernetes, or CRDs in YAML",
                ));
            }
            Ok(_) => {}
            Err(error) => return Err(Error::usage(format!("--schemas: {error}"))),
        }
    }
    Ok(schemas)
}
