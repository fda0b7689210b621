//! `flux tree artifact generator`: the artifacts that an ArtifactGenerator created.

use clap::Args;

use super::Format;
use super::node::{Id, Node};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{ARTIFACT_GENERATOR, EXTERNAL_ARTIFACT, Kind};
use crate::object::{ObjectMeta, ObjectRef};
use crate::output::Report;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("artifact", "Show the artifacts that a Flux object created").examples(&[
    ("Show the artifacts of an ArtifactGenerator", "flux tree artifact generator my-generator"),
    ("Print the artifacts as JSON", "flux tree artifact generator my-generator -o json"),
]);

/// The arguments of `flux tree artifact generator`.
#[derive(Debug, Args)]
pub struct TreeArtifactGenerator {
    /// Name of the ArtifactGenerator
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Output format: text, json, yaml, custom-columns=HEADER:PATH,... or jsonpath=TEMPLATE
    #[arg(short, long, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
}

impl Described for TreeArtifactGenerator {
    const ABOUT: About =
        About::new("generator", "Show the ExternalArtifacts that an ArtifactGenerator created")
            .usage("<NAME>")
            .examples(&[
                ("Show the artifacts of an ArtifactGenerator", "flux tree artifact generator my-generator"),
                ("Print the artifacts as JSON", "flux tree artifact generator my-generator -o json"),
            ]);
    const COMPLETES: Option<&'static Kind> = Some(&ARTIFACT_GENERATOR);
}

impl Command for TreeArtifactGenerator {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(name) = crate::commands::only_name(context, &self.names) else {
            return Err(Error::usage("generator name is required")
                .hint("for example: flux tree artifact generator my-generator"));
        };
        let format = Format::read(context, &self.output, false)?;
        let cluster = context.cluster().await?;
        let at = ObjectRef::new(&ARTIFACT_GENERATOR, context.namespace(), name);
        let object = match cluster.get(&at).await {
            Ok(object) => object,
            Err(error) => return Err(cluster.hint_namespaces_of(error, &at).await),
        };
        let namespace = object.namespace().unwrap_or_default();
        let mut tree =
            Node::new(Id::new(ARTIFACT_GENERATOR.group, ARTIFACT_GENERATOR.kind, namespace, object.name()));
        let artifacts = object["status"]["inventory"].as_array().into_iter().flatten();
        tree.resources.extend(artifacts.map(|artifact| {
            let part = |field: &str| artifact[field].as_str().unwrap_or_default();
            let (group, kind) = (EXTERNAL_ARTIFACT.group, EXTERNAL_ARTIFACT.kind);
            Node::new(Id::new(group, kind, part("namespace"), part("name")))
        }));
        Ok(Report::new(&context.ui).document(&format.write(&tree)?)?)
    }
}
