//! `configMapGenerator`, `secretGenerator` and `generatorOptions`, and the arguments of generator plugins.

use std::collections::BTreeMap;

use super::decode::{At, Decode, Fields};
use crate::error::{Error, Result};

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Debug, Clone, Default)]
pub(crate) struct GeneratorArgs {
    pub name: String,
    pub namespace: String,
    pub behavior: Behavior,
    pub literals: Vec<String>,
    pub files: Vec<String>,
    pub envs: Vec<String>,
    pub options: Option<GeneratorOptions>,
    /// Type of a Secret; empty for the default.
    pub secret_type: String,
}

/// Kind of a generated object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeneratorKind {
    ConfigMap,
    Secret,
}

impl GeneratorKind {
    /// Returns the kind as it is written in the object.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// How a generated object meets an existing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Behavior {
    /// There must be no such object.
    #[default]
    Create,
    /// The data of the object is replaced.
    Replace,
    /// The data of the object is kept unless the generator sets it.
    Merge,
}

/// Options of generated objects; those of a generator go before those of the kustomization.
#[derive(Debug, Clone, Default)]
pub(crate) struct GeneratorOptions {
    pub labels: Option<BTreeMap<String, String>>,
    pub annotations: Option<BTreeMap<String, String>>,
    pub disable_name_suffix_hash: bool,
    pub immutable: bool,
}

/// An entry of `configMapGenerator`.
pub(crate) struct ConfigMapArgs(pub GeneratorArgs);

/// An entry of `secretGenerator`.
pub(crate) struct SecretArgs(pub GeneratorArgs);

impl Decode for ConfigMapArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let args = GeneratorArgs::from_fields(&mut fields)?;
        fields.finish()?;
        Ok(Self(args))
    }
}

impl Decode for SecretArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let args =
            GeneratorArgs { secret_type: fields.get("type")?, ..GeneratorArgs::from_fields(&mut fields)? };
        fields.finish()?;
        Ok(Self(args))
    }
}

impl GeneratorArgs {
    /// Checks that the entry has a name.
    pub fn check_name(&self, kind: GeneratorKind) -> Result<()> {
        if self.name.is_empty() {
            return Err(Error::new(format!("a {} without a name", kind.name())).hint("set name"));
        }
        Ok(())
    }

    /// Names the generated object in messages.
    pub fn title(&self, kind: GeneratorKind) -> String {
        format!("the generated {} {}", kind.name(), self.name)
    }

    /// Decodes the fields of a generator plugin. As in kustomize, `env` is ignored there.
    pub fn of_plugin(fields: &mut Fields<'_>) -> Result<Self> {
        let mut args = Self::from_fields(fields)?;
        args.envs = fields.get("envs")?;
        args.secret_type = fields.get("type")?;
        Ok(args)
    }

    fn from_fields(fields: &mut Fields<'_>) -> Result<Self> {
        let mut envs: Vec<String> = fields.get("envs")?;
        let env: String = fields.get("env")?;
        if !env.is_empty() {
            envs.push(env);
        }
        Ok(Self {
            name: fields.get("name")?,
            namespace: fields.get("namespace")?,
            behavior: match fields.get::<String>("behavior")?.as_str() {
                "merge" => Behavior::Merge,
                "replace" => Behavior::Replace,
                _ => Behavior::Create,
            },
            literals: fields.get("literals")?,
            files: fields.get("files")?,
            envs,
            options: fields.optional("options")?,
            secret_type: String::new(),
        })
    }
}

impl Decode for GeneratorOptions {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options = Self {
            labels: fields.optional("labels")?,
            annotations: fields.optional("annotations")?,
            disable_name_suffix_hash: fields.get("disableNameSuffixHash")?,
            immutable: fields.get("immutable")?,
        };
        fields.finish()?;
        Ok(options)
    }
}

/// The fields of a ConfigMap or Secret generator plugin, whose name and namespace may be in its metadata.
pub(crate) struct PluginArgs(pub GeneratorArgs);

impl Decode for PluginArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let metadata: PluginMetadata = fields.get("metadata")?;
        let mut args = GeneratorArgs::of_plugin(&mut fields)?;
        if args.name.is_empty() {
            args.name = metadata.name;
        }
        if args.namespace.is_empty() {
            args.namespace = metadata.namespace;
        }
        Ok(Self(args))
    }
}

/// The metadata that plugins use.
#[derive(Default)]
pub(crate) struct PluginMetadata {
    pub name: String,
    pub namespace: String,
}

impl Decode for PluginMetadata {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self { name: fields.get("name")?, namespace: fields.get("namespace")? })
    }
}

/// The fields of an `IAMPolicyGenerator`.
pub(crate) struct IamPolicy {
    pub cloud: String,
    /// The Kubernetes service account.
    pub kubernetes: PluginMetadata,
    pub account: GoogleAccount,
}

/// A service account of a Google Cloud project.
#[derive(Default)]
pub(crate) struct GoogleAccount {
    pub name: String,
    pub project: String,
}

impl Decode for IamPolicy {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self {
            cloud: fields.get("cloud")?,
            kubernetes: fields.get("kubernetesService")?,
            account: fields.get("serviceAccount")?,
        })
    }
}

impl Decode for GoogleAccount {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self { name: fields.get("name")?, project: fields.get("projectId")? })
    }
}
