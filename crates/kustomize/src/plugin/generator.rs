//! The generators.

use std::fmt::Write as _;

use super::Plugin;
use crate::decode::{self, At, Decode};
use crate::error::{Error, Result};
use crate::generate::{self, GeneratorArgs, Kind};
use crate::loader::Loader;
use crate::read;
use crate::resource::Resource;

/// What makes objects.
pub(crate) enum Generator {
    Data(Kind, GeneratorArgs),
    /// A service account that is bound to one of Google's.
    Account(Policy),
}

impl Generator {
    /// The generator that `plugin` configures.
    pub fn of(plugin: &Plugin) -> Result<Self> {
        let fail = |error: Error| error.during(&plugin.id);
        let data = |kind| {
            let args = decode::decode_leniently::<PluginArgs>(&plugin.object).map_err(fail)?;
            Ok(Self::Data(kind, args.0))
        };
        match plugin.kind() {
            "ConfigMapGenerator" => data(Kind::ConfigMap),
            "SecretGenerator" => data(Kind::Secret),
            "IAMPolicyGenerator" => decode::decode_leniently(&plugin.object).map(Self::Account).map_err(fail),
            _ => Err(plugin.is_not("generator", "transformers")),
        }
    }

    /// Makes the object.
    pub fn generate(&self, loader: &Loader<'_>) -> Result<Option<Resource>> {
        match self {
            Self::Data(kind, args) => generate::generate(*kind, args, None, loader).map(Some),
            Self::Account(policy) => policy.generate(),
        }
    }
}

/// The fields of a ConfigMap's or Secret's generator, whose name and namespace may stand in its metadata.
struct PluginArgs(GeneratorArgs);

impl Decode for PluginArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let metadata: Metadata = fields.get("metadata")?;
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

/// The parts of an object's metadata that plugins use.
#[derive(Default)]
pub(super) struct Metadata {
    pub name: String,
    pub namespace: String,
}

impl Decode for Metadata {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self { name: fields.get("name")?, namespace: fields.get("namespace")? })
    }
}

/// The fields of an `IAMPolicyGenerator`.
pub(crate) struct Policy {
    cloud: String,
    kubernetes: Metadata,
    account: Account,
}

#[derive(Default)]
struct Account {
    name: String,
    project: String,
}

impl Policy {
    fn generate(&self) -> Result<Option<Resource>> {
        if self.cloud != "gke" {
            return Err(Error::new(format!("the cloud {:?} is not known", self.cloud))
                .field("cloud")
                .hint("it must be gke"));
        }
        let mut text = format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    \
             iam.gke.io/gcp-service-account: {}@{}.iam.gserviceaccount.com\n  name: {}\n",
            self.account.name, self.account.project, self.kubernetes.name
        );
        if !self.kubernetes.namespace.is_empty() {
            let _ = writeln!(text, "  namespace: {}", self.kubernetes.namespace);
        }
        let node = read::document(&text, 0)
            .map_err(|error| Error { line: None, ..error }.during("the generated ServiceAccount"))?;
        Ok(node.map(Resource::new))
    }
}

impl Decode for Policy {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self {
            cloud: fields.get("cloud")?,
            kubernetes: fields.get("kubernetesService")?,
            account: fields.get("serviceAccount")?,
        })
    }
}

impl Decode for Account {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        Ok(Self { name: fields.get("name")?, project: fields.get("projectId")? })
    }
}
