//! `generators`, `transformers` and `validators`: kustomize's built-in ones, each configured by an object of its own
//! with `apiVersion: builtin`.
//!
//! Programs are never run: an object of any other apiVersion is refused, as kustomize and Flux refuse it.

mod generator;
mod transformer;
mod value_add;

use std::path::PathBuf;

use serde_json::Value;

use super::decode::nearest;
use super::error::{Error, Result};
use super::id::ResId;
use super::origin::Origin;
use super::resource::Resource;

pub(super) use generator::Generator;
pub(super) use transformer::Transformer;

/// An object that configures a generator or transformer.
pub(super) struct Plugin {
    id: ResId,
    object: Value,
    /// Where the object comes from, where that is noted.
    origin: Option<Origin>,
    /// The file of the object as messages show it; none where it stands in the kustomization.
    pub file: Option<PathBuf>,
}

/// The kinds that generate.
const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "HelmChartInflationGenerator", "IAMPolicyGenerator", "SecretGenerator"];
/// The kinds that transform.
const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixSuffixTransformer",
    "PrefixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "SuffixTransformer",
    "ValueAddTransformer",
];

impl Plugin {
    /// The plugin that an object of the file `file` configures.
    pub fn of(resource: &Resource, file: Option<PathBuf>) -> Result<Self> {
        Ok(Self { file, ..Self::read(resource)? })
    }

    fn read(resource: &Resource) -> Result<Self> {
        let id = resource.id();
        if id.gvk.api_version() != "builtin" {
            return Err(Error::new(format!(
                "external plugins disabled; unable to load external plugin '{}'",
                id.gvk.kind
            ))
            .hint("only the generators and transformers with apiVersion: builtin are there"));
        }
        let kind = id.gvk.kind.as_str();
        if kind == "HelmChartInflationGenerator" {
            return Err(Error::new("helm charts are not rendered").hint("use a HelmRelease"));
        }
        if !GENERATORS.contains(&kind) && !TRANSFORMERS.contains(&kind) {
            let error = Error::new(format!("there is no builtin {kind}")).field("kind");
            let known = GENERATORS.into_iter().chain(TRANSFORMERS);
            return Err(match nearest(kind, known) {
                Some(known) => error.hint(format!("did you mean {known:?}?")),
                None => error,
            });
        }
        Ok(Self { object: resource.to_json()?, origin: resource.origin.clone(), file: None, id })
    }

    fn kind(&self) -> &str {
        &self.id.gvk.kind
    }

    /// The note on what this plugin makes or changes.
    pub fn instruction(&self) -> Option<Origin> {
        let by = ["builtin", self.kind(), &self.id.name, &self.id.namespace];
        self.origin.clone().map(|origin| origin.configures(by))
    }

    fn is_not(&self, what: &str, field: &str) -> Error {
        Error::new(format!("{} is not a {what}", self.id)).hint(format!("name it in {field}"))
    }
}
