//! Plugins: kustomize's built-in generators and transformers, each configured by an object with `apiVersion: builtin`.
//!
//! Programs are never run: an object of any other apiVersion is refused, as kustomize and Flux refuse it.

use std::path::PathBuf;

use serde_json::Value;

use super::decode::nearest;
use super::id::ResId;
use super::origin::Origin;
use super::resource::Resource;
use crate::error::{Error, Result};

/// An object that configures a generator or transformer.
pub(crate) struct Plugin {
    id: ResId,
    object: Value,
    /// Origin of the object, if origins are recorded.
    origin: Option<Origin>,
    /// File of the object as messages show it; `None` if it is inline in the kustomization.
    pub file: Option<PathBuf>,
}

/// Kinds of generators.
const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "HelmChartInflationGenerator", "IAMPolicyGenerator", "SecretGenerator"];
/// Kinds of transformers.
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
    /// Returns the plugin that an object of `file` configures.
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
            .hint("use one of the generators and transformers with apiVersion: builtin"));
        }
        let kind = id.gvk.kind.as_str();
        if kind == "HelmChartInflationGenerator" {
            return Err(Error::new("rendering Helm charts is not supported").hint("use a HelmRelease"));
        }
        if !GENERATORS.contains(&kind) && !TRANSFORMERS.contains(&kind) {
            let error = Error::new(format!("unknown builtin {kind}")).field("kind");
            let known = GENERATORS.into_iter().chain(TRANSFORMERS);
            return Err(match nearest(kind, known) {
                Some(known) => error.hint(format!("did you mean {known:?}?")),
                None => error,
            });
        }
        Ok(Self { object: resource.to_json()?, origin: resource.origin.clone(), file: None, id })
    }

    /// Returns the id of the object.
    pub fn id(&self) -> &ResId {
        &self.id
    }

    /// Returns the object with the arguments.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// Returns the kind of generator or transformer.
    pub fn kind(&self) -> &str {
        &self.id.gvk.kind
    }

    /// Returns the origin to record on what this plugin makes or changes.
    pub fn instruction(&self) -> Option<Origin> {
        let by = ["builtin", self.kind(), &self.id.name, &self.id.namespace];
        self.origin.clone().map(|origin| origin.configures(by))
    }

    /// Returns the error of a plugin that is named in the wrong field.
    pub fn mismatch(&self, what: &str, field: &str) -> Error {
        Error::new(format!("{} is not a {what}", self.id)).hint(format!("list it in {field}"))
    }
}
