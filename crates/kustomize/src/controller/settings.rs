//! Settings of a Flux Kustomization that affect its rendering.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::types::decode::{self, At, Decode};
use crate::types::image::Image;
use crate::types::kustomization::Kustomization;
use crate::types::patch::Patch;

/// Settings of a Flux Kustomization that affect its rendering.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The name of the Flux Kustomization.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    target_namespace: String,
    name_prefix: String,
    name_suffix: String,
    patches: Vec<Patch>,
    components: Vec<String>,
    ignore_missing_components: bool,
    images: Vec<Image>,
    build_metadata: Vec<String>,
    common_metadata: Option<CommonMetadata>,
    post_build: Option<PostBuild>,
    decryption: Decryption,
}

#[derive(Debug, Clone, Default)]
struct Decryption {
    provider: String,
}

#[derive(Debug, Clone, Default)]
struct PostBuild {
    substitute: BTreeMap<String, String>,
    always: bool,
}

impl Settings {
    /// Decodes a Flux Kustomization.
    ///
    /// # Errors
    /// A field does not have the type of the CRD.
    pub fn from_object(object: &Value) -> Result<Self> {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let spec: Self = match object.get("spec") {
            Some(spec) if !spec.is_null() => decode::decode_leniently(spec).map_err(|error| Error {
                field: error.field.map(|field| format!("spec.{field}")),
                ..error
            })?,
            _ => Self::default(),
        };
        Ok(Self { name: text("name"), namespace: text("namespace"), ..spec })
    }

    /// Adds the settings to a kustomization. `exists` returns whether a component exists.
    pub(super) fn apply(
        &self,
        kustomization: &mut Kustomization,
        exists: impl Fn(&str) -> bool,
    ) -> Result<()> {
        for (own, field) in [
            (&self.target_namespace, &mut kustomization.namespace),
            (&self.name_prefix, &mut kustomization.name_prefix),
            (&self.name_suffix, &mut kustomization.name_suffix),
        ] {
            if !own.is_empty() {
                field.clone_from(own);
            }
        }
        kustomization.patches.extend(self.patches.iter().cloned());
        for component in &self.components {
            if component.starts_with('/') || component.contains("://") {
                return Err(
                    Error::new(format!("{component} is not a relative path")).field("spec.components")
                );
            }
            if !self.ignore_missing_components || exists(component) {
                kustomization.components.push(component.clone());
            }
        }
        for image in &self.images {
            match kustomization.images.iter_mut().find(|known| known.name == image.name) {
                None => kustomization.images.push(image.clone()),
                Some(known) => {
                    if !image.new_name.is_empty() {
                        known.new_name.clone_from(&image.new_name);
                    }
                    // Tag and digest choose the version together.
                    if !(image.new_tag.is_empty() && image.digest.is_empty()) {
                        known.new_tag.clone_from(&image.new_tag);
                        known.digest.clone_from(&image.digest);
                    }
                }
            }
        }
        if !self.build_metadata.is_empty() {
            kustomization.build_metadata.clone_from(&self.build_metadata);
        }
        Ok(())
    }

    /// Returns the values of the variables; `None` if nothing is substituted.
    ///
    /// Values of `substituteFrom` are overridden by `substitute`, and those by `overrides`.
    pub(super) fn values(
        &self,
        substitute_from: &BTreeMap<String, String>,
        overrides: &BTreeMap<String, String>,
    ) -> Option<BTreeMap<String, String>> {
        let post_build = self.post_build.as_ref()?;
        let mut values = substitute_from.clone();
        values.extend(
            post_build.substitute.iter().map(|(name, value)| (name.clone(), value.replace('\n', ""))),
        );
        values.extend(overrides.clone());
        Some(values).filter(|values| !values.is_empty() || post_build.always)
    }

    /// Returns whether the controller decrypts what SOPS encrypted.
    pub fn decrypts(&self) -> bool {
        self.decryption.provider == "sops"
    }

    /// Returns `spec.commonMetadata`.
    pub(super) fn common_metadata(&self) -> Option<&CommonMetadata> {
        self.common_metadata.as_ref()
    }

    /// Returns whether there is a `spec.postBuild`.
    pub(super) fn has_post_build(&self) -> bool {
        self.post_build.is_some()
    }
}

/// Returns whether a variable name is valid: letters, digits and `_`, no digit first.
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

impl Decode for Settings {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        // These do not affect the rendering, but the API server refuses the object if one has the wrong type.
        for field in ["prune", "suspend", "force", "wait"] {
            fields.get::<bool>(field)?;
        }
        for field in ["interval", "retryInterval", "timeout", "path", "serviceAccountName"] {
            fields.get::<String>(field)?;
        }
        fields.get::<Reference>("sourceRef")?;
        fields.get::<Vec<Reference>>("dependsOn")?;
        fields.get::<Vec<Reference>>("healthChecks")?;
        Ok(Self {
            name: String::new(),
            namespace: String::new(),
            target_namespace: fields.get("targetNamespace")?,
            name_prefix: fields.get("namePrefix")?,
            name_suffix: fields.get("nameSuffix")?,
            patches: fields.get("patches")?,
            components: fields.get("components")?,
            ignore_missing_components: fields.get("ignoreMissingComponents")?,
            images: fields.get("images")?,
            build_metadata: fields.get("buildMetadata")?,
            common_metadata: fields.optional("commonMetadata")?,
            post_build: fields.optional("postBuild")?,
            decryption: fields.get("decryption")?,
        })
    }
}

/// `spec.commonMetadata`
#[derive(Debug, Clone, Default)]
pub(super) struct CommonMetadata {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// A reference, decoded only to check its type.
#[derive(Debug, Default)]
struct Reference;

impl Decode for Reference {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        for field in ["apiVersion", "kind", "name", "namespace"] {
            fields.get::<String>(field)?;
        }
        Ok(Self)
    }
}

impl Decode for CommonMetadata {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self { labels: fields.get("labels")?, annotations: fields.get("annotations")? })
    }
}

impl Decode for Decryption {
    fn decode(at: &At<'_>) -> Result<Self> {
        Ok(Self { provider: at.fields()?.get("provider")? })
    }
}

impl Decode for PostBuild {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let strategy: String = fields.get("substituteStrategy")?;
        Ok(Self { substitute: fields.get("substitute")?, always: strategy == "Always" })
    }
}
