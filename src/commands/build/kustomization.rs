//! `flux build kustomization`: renders Flux Kustomizations as the controller does.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::printer::Printer;
use crate::commands::about::{About, Described};
use crate::commands::render_args::RenderArgs;
use crate::commands::{Command, only_name, rendering};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds;
use crate::output::{Manifest, Report};
use crate::render::{Repository, Values};

/// The arguments of `flux build kustomization`.
#[derive(Debug, Args)]
pub struct BuildKustomization {
    /// Name of the Flux Kustomization
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    render: RenderArgs,
    /// Do not use the cluster; take substitution variables from the repository
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run, where to find ConfigMaps and Secrets with variables
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = From::Repository, hide_default_value = true)]
    substitute_from: From,
    /// Render all Flux Kustomizations in the directory, and the ones that they render, without a cluster
    #[arg(long)]
    all: bool,
}

impl Described for BuildKustomization {
    const ABOUT: About =
        About::new("kustomization", "Print the objects that a Flux Kustomization renders from a directory")
            .aliases(&["ks"])
            .details(
                "Builds the directory like kustomize and applies the settings of the Flux \
                 Kustomization: patches, images, target namespace and post-build substitutions.",
            )
            .usage("(<NAME> | --all) --path <DIR>")
            .examples(&[
                (
                    "Render a directory with the settings of the Kustomization in the cluster",
                    "flux build kustomization apps --path ./apps/production",
                ),
                (
                    "Render without a cluster, using a Kustomization in a file",
                    "flux build kustomization apps --path ./apps/production --kustomization-file \
                     ./clusters/edge-1/apps.yaml --dry-run",
                ),
                (
                    "Render all Kustomizations of a cluster directory, without a cluster",
                    "flux build kustomization --all --path ./clusters/edge-1",
                ),
            ]);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&kinds::KUSTOMIZATION);
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    /// In the YAML files of the Git repository that the directory is in
    Repository,
    /// Nowhere, as flux does: what is not set otherwise is empty, or left as it is
    Nowhere,
}

impl Command for BuildKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        if self.all {
            return self.all(context).await;
        }
        let Some(name) = only_name(context, &self.names) else {
            return Err(Error::usage("kustomization name is required").hint(
                "for example: flux build kustomization apps --path=./apps, or use --all to render all \
                Kustomizations",
            ));
        };
        let renderer =
            self.render.renderer(context, if self.dry_run { self.offline() } else { Values::Cluster })?;
        let mut queue = vec![renderer.kustomization(context, name).await?];
        let mut seen: Vec<(String, String)> = Vec::new();
        // Print all or nothing: a reader must not mistake a part for the whole.
        let mut manifests = Vec::new();
        while let Some(kustomization) = queue.pop() {
            let id = (kustomization.id().0.to_owned(), kustomization.id().1.to_owned());
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let built = renderer.render(context, &kustomization).await?;
            for warning in &built.warnings {
                context.ui.warning(warning.to_string());
            }
            if self.render.recursive {
                for below in renderer.below(&kustomization, &built.objects)?.into_iter().rev() {
                    queue.push(renderer.live(context, below).await?);
                }
            }
            manifests.extend(built.objects.into_iter().map(|object| Manifest::of(&object)));
        }
        let report = Report::new(&context.ui);
        for manifest in &manifests {
            report.rendered(manifest)?;
        }
        Ok(())
    }
}

impl BuildKustomization {
    fn offline(&self) -> Values {
        match self.substitute_from {
            From::Repository => Values::Repository,
            From::Nowhere => Values::Skipped,
        }
    }

    /// Renders every Kustomization of a directory to stdout, and reports failures on stderr.
    async fn all(&self, context: &Context) -> Result<()> {
        if let Some(name) = self.names.first() {
            return Err(Error::usage(format!("--all renders every Kustomization, but {name} was given"))
                .hint("omit the name or --all"));
        }
        if self.render.kustomization_file.is_some() {
            return Err(Error::usage("--all and --kustomization-file cannot be used together")
                .hint("omit one of them; --all finds the Kustomizations"));
        }
        let renderer = self.render.renderer(context, self.offline())?;
        let repository = Arc::new(Repository::around(self.render.path.as_ref())?);
        let all = rendering::kustomizations(context, &renderer, &repository, true).await?;
        rendering::warn(context, &all);
        let mut printer = Printer::new(context, &repository);
        for (kustomization, outcome) in &all.kustomizations {
            printer.kustomization(kustomization, outcome)?;
        }
        printer.finish("Kustomizations")
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: apps\ndata:\n  cluster: ${CLUSTER}\n";

    #[test]
    fn a_directory_is_rendered_as_the_controller_does() {
        let scene = Scene::with_flux().file("apps/config.yaml", CONFIG);
        assert_snapshot!(scene.run("flux build kustomization apps --path=[dir]/apps"), @"
        apiVersion: v1
        data:
          cluster: edge
        kind: ConfigMap
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: config
          namespace: apps
        ---
        ");
        assert_snapshot!(scene.run("flux build kustomization missing --path=[dir]/apps"), @r#"
        [stderr]
        ✗ failed to get kustomization object: kustomizations.kustomize.toolkit.fluxcd.io "missing" not found
        [exit code 1]
        "#);
        let with_empty_file =
            scene.run("flux build kustomization apps --path=[dir]/apps --kustomization-file=");
        assert_eq!(
            with_empty_file.to_string(),
            scene.run("flux build kustomization apps --path=[dir]/apps").to_string()
        );
        assert_snapshot!(scene.run("flux build kustomization apps --path=[dir]/missing"), @r#"
        [stderr]
        ✗ invalid resource path "[dir]/missing": not a directory
          hint: use --path with an existing directory
        [exit code 1]
        "#);
    }
}
