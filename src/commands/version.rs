//! `flux version`: prints the versions of this command, the distribution and the controllers.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::Value;

use super::Command;
use super::notation::{NOTATIONS, Notation};
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::manifests::distribution::VERSION;
use crate::object::Resource;
use crate::output::Report;

/// The arguments of `flux version`.
#[derive(Debug, Args)]
pub struct Version {
    /// Print only the version of this command, without using a cluster
    #[arg(long)]
    client: bool,
    /// Output format: yaml, json, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    output: String,
}

impl Described for Version {
    const ABOUT: About =
        About::new("version", "Print the versions of this command and of Flux in the cluster").examples(&[
            ("Print all versions", "flux version"),
            ("Print the version of this command without using a cluster", "flux version --client"),
            ("Print the versions as JSON", "flux version -o json"),
        ]);
}

impl Command for Version {
    async fn run(self, context: &Context) -> Result<()> {
        let unknown = |error: String| Error::usage(format!("invalid --output {:?}: {error}", self.output));
        let notation = Notation::parse(&self.output).map_err(unknown)?;
        let notation = notation.ok_or_else(|| {
            Error::usage(format!("--output must be json or yaml, not {}", self.output))
                .hint(format!("use {NOTATIONS}"))
        })?;
        let mut versions = BTreeMap::new();
        let mut distribution = None;
        if !self.client {
            let cluster = context.cluster().await?;
            distribution =
                cluster.installation().await?.map(|i| i.distribution()).filter(|name| !name.is_empty());
            versions =
                controllers(&cluster.part_of_flux(&Resource::DEPLOYMENT, Some(context.namespace())).await?)?;
            if versions.is_empty() {
                return Err(Error::not_found(format!(
                    "no deployments found in {} namespace",
                    context.namespace()
                ))
                .hint(
                    "set the namespace of Flux with --namespace, or add --client to print only the \
                        version of this command",
                ));
            }
        }
        let text = match notation {
            Notation::Yaml => {
                // The client first, then the distribution, then the controllers by name.
                let line = |name: &str, version: &str| {
                    edgeflux_yaml::to_string(&serde_json::json!({ name: version }))
                };
                let mut text = line("flux", &format!("v{VERSION}"));
                text.extend(distribution.map(|name| line("distribution", &name)));
                text.extend(versions.iter().map(|(name, version)| line(name, version)));
                text
            }
            notation => {
                versions.insert("flux".into(), format!("v{VERSION}"));
                versions.extend(distribution.map(|name| ("distribution".into(), name)));
                notation.write(&versions)?
            }
        };
        Ok(Report::new(&context.ui).document(&text)?)
    }
}

/// Names and tags of the images in these Deployments.
fn controllers(deployments: &[Value]) -> Result<BTreeMap<String, String>> {
    let mut versions = BTreeMap::new();
    for deployment in deployments {
        let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
        for container in containers.into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let (name, tag) = split_image(image)
                .ok_or_else(|| Error::failed(format!("missing image tag in image {image}")))?;
            versions.insert(name.to_owned(), tag.to_owned());
        }
    }
    Ok(versions)
}

/// Last part of an image's name, and its tag: `b` and `v1` of `registry:5000/a/b:v1`.
fn split_image(image: &str) -> Option<(&str, &str)> {
    let last = image.rsplit('/').next()?;
    last.split_once(':')
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::{Scene, schema};

    #[test]
    fn json_has_the_documented_form() {
        for line in ["flux version -o json", "flux version --client -o json"] {
            let output: Value = serde_json::from_str(&Scene::with_flux().run(line).stdout).unwrap();
            schema::check(&output, include_str!("../../docs/output/version.schema.json"));
        }
    }

    #[test]
    fn the_tag_is_found_behind_a_port_and_before_a_digest() {
        assert_eq!(
            split_image("ghcr.io/fluxcd/source-controller:v1.9.1"),
            Some(("source-controller", "v1.9.1"))
        );
        assert_eq!(split_image("localhost:5000/x/y:v1"), Some(("y", "v1")));
        assert_eq!(split_image("x/y:v1@sha256:00"), Some(("y", "v1@sha256:00")));
        assert_eq!(split_image("localhost:5000/x/y"), None);
    }

    #[test]
    fn the_versions_of_controllers_and_distribution_follow_our_own() {
        let scene = Scene::with_flux();
        assert_snapshot!(scene.run("flux version"), @"
        flux: v[version]
        distribution: flux-v2.8.0
        kustomize-controller: v1.9.4
        source-controller: v1.9.1
        ");
        assert_snapshot!(scene.run("flux version --client -o json"), @r#"
        {
          "flux": "v[version]"
        }
        "#);
        assert_snapshot!(Scene::new().run("flux version"), @"
        [stderr]
        ✗ no deployments found in flux-system namespace
          hint: set the namespace of Flux with --namespace, or add --client to print only the version of this command
        [exit code 1]
        ");
    }
}
