//! `flux build all`: renders all Kustomizations and HelmReleases of a repository, without a cluster.

use std::sync::Arc;

use clap::Args;

use super::printer::Printer;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::rendering::{self, Everything, RepositoryArgs};
use crate::context::Context;
use crate::error::Result;
use crate::render::Repository;

/// The arguments of `flux build all`.
#[derive(Debug, Args)]
pub struct BuildAll {
    #[command(flatten)]
    repository: RepositoryArgs,
    /// Show the data of Secrets that charts render, and values that come from Secrets
    #[arg(long)]
    show_secrets: bool,
}

impl Described for BuildAll {
    const ABOUT: About = About::new(
        "all",
        "Print the objects that all Kustomizations and HelmReleases of a repository render, without a cluster",
    )
    .details(
        "Renders the Flux Kustomizations in the directory, those that they render, and the HelmReleases among \
         their objects. Each part of the output begins with a comment that names the Kustomization or \
         HelmRelease.\n\n\
         Charts come from --chart-dir, the cache, or with --allow-remote from their repositories. Values of \
         ConfigMaps and Secrets that are not in the repository, or that are encrypted, are left out with a \
         warning.\n\n\
         flux build --all is the same.",
    )
    .examples(&[
        ("Render everything that a cluster gets", "flux build all --path ./clusters/edge-1 --allow-remote"),
        (
            "Render with charts on a USB stick",
            "flux build all --path ./clusters/edge-1 --chart-dir /media/usb/charts",
        ),
    ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for BuildAll {
    async fn run(self, context: &Context) -> Result<()> {
        let renderer = self.repository.renderer(context)?;
        let repository = Arc::new(Repository::around(&self.repository.path)?);
        let (charts, options) = self.repository.releases(context, self.show_secrets).await?;
        let Everything { all, releases } =
            rendering::everything(context, &renderer, &repository, charts, options).await?;
        rendering::warn(context, &all);
        let mut printer = Printer::new(context, &repository);
        // A HelmRelease follows the Kustomization that renders it.
        for (at, (kustomization, outcome)) in all.kustomizations.iter().enumerate() {
            printer.kustomization(kustomization, outcome)?;
            for (release, outcome) in releases.iter().filter(|(release, _)| release.by == Some(at)) {
                printer.release(release, outcome)?;
            }
        }
        for (release, outcome) in releases.iter().filter(|(release, _)| release.by.is_none()) {
            printer.release(release, outcome)?;
        }
        printer.finish("Kustomizations and HelmReleases")
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::{Scene, home_lab};

    #[test]
    fn a_warning_about_many_releases_is_shown_once() {
        let schema = r#"{"$ref": "https://example.com/values.json"}"#;
        let scene = home_lab(Scene::offline()).file("charts/web/values.schema.json", schema);
        let release = scene.read("cluster/apps/release.yaml");
        let scene = ["blog", "chat", "shop", "wiki", "work"].iter().fold(scene, |scene, name| {
            scene.file(
                &format!("cluster/apps/{name}.yaml"),
                &release.replace(
                    "HelmRelease\nmetadata:\n  name: web",
                    &format!("HelmRelease\nmetadata:\n  name: {name}"),
                ),
            )
        });
        let warning =
            "values are not checked against https://example.com/values.json: schemas are not fetched";
        for line in [
            "build --all --path=[dir]/cluster",
            "list images --all --path=[dir]/cluster",
            "diff all --from=[dir]/cluster --to=[dir]/cluster --path=.",
        ] {
            let shown = scene.run(&format!("flux {line} --chart-dir=[dir]/charts")).stderr;
            let states = if line.starts_with("diff") { 2 } else { 1 };
            assert_eq!(shown.matches(warning).count(), 2 * states, "{line}: {shown}");
            assert_eq!(shown.matches(&format!(" and 2 more: {warning}")).count(), states, "{line}: {shown}");
            assert!(shown.contains("chat") && shown.contains("shop"), "{line}: {shown}");
        }
    }

    #[test]
    fn releases_follow_the_kustomization_that_renders_them() {
        let scene = home_lab(Scene::offline());
        let line = "flux build --all --path=[dir]/cluster --chart-dir=[dir]/charts";
        assert_snapshot!(scene.run(line), @r#"
        # flux-system/apps (path apps, defined in flux)
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: web
          namespace: apps
        spec:
          chart:
            spec:
              chart: web
              sourceRef:
                kind: HelmRepository
                name: charts
              version: 1.x
          interval: 10m
          values:
            image:
              tag: "7"
            replicas: 2
          valuesFrom:
          - kind: Secret
            name: web
            targetPath: auth.password
            valuesKey: password
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: HelmRepository
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: charts
          namespace: apps
        spec:
          interval: 1h
          url: https://charts.example.com
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: web
          namespace: apps
        stringData:
          password: correct-horse
        ---
        # HelmRelease apps/web (defined in apps), chart web 1.2.3
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: things.example.com
        spec:
          group: example.com
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: web
        stringData:
          password: '***'
          random: '***'
        ---
        apiVersion: v1
        data:
          image: web:7
          replicas: "2"
          revision: "1"
          url: https://admin:***@localhost
        kind: ConfigMap
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: web
        ---
        "#);
        assert_eq!(scene.run(&line.replace("--all", "all")).to_string(), scene.run(line).to_string());
        assert_snapshot!(scene.run("flux build all --path=[dir]/cluster"), @r#"
        # flux-system/apps (path apps, defined in flux)
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: web
          namespace: apps
        spec:
          chart:
            spec:
              chart: web
              sourceRef:
                kind: HelmRepository
                name: charts
              version: 1.x
          interval: 10m
          values:
            image:
              tag: "7"
            replicas: 2
          valuesFrom:
          - kind: Secret
            name: web
            targetPath: auth.password
            valuesKey: password
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: HelmRepository
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: charts
          namespace: apps
        spec:
          interval: 1h
          url: https://charts.example.com
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          labels:
            kustomize.toolkit.fluxcd.io/name: apps
            kustomize.toolkit.fluxcd.io/namespace: flux-system
          name: web
          namespace: apps
        stringData:
          password: correct-horse
        ---
        [stderr]
        ✗ HelmRelease apps/web (defined in apps): failed to find chart web 1.x of HelmRepository apps/charts: the index of its repository is not in the cache
          hint: add --allow-remote to fetch it, or name a directory that has it with --chart-dir
        ✗ 1 of 2 Kustomizations and HelmReleases failed to render
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux build all apps --path=[dir]/cluster"), @r#"
        [stderr]
        ✗ unknown command "apps" for "flux build all"
          hint: this command takes flags only; add --help to see them
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux build all --path=[dir]/charts"), @"
        [stderr]
        ✗ no Flux Kustomization found in [dir]/charts
          hint: add --path with the directory that contains the files of the Kustomizations
        [exit code 1]
        ");
    }

    #[test]
    fn without_kustomizations_the_releases_of_files_are_rendered() {
        let scene = home_lab(Scene::offline());
        let line = "flux build all --path=[dir]/cluster/apps --chart-dir=[dir]/charts --show-secrets";
        assert_snapshot!(scene.run(line), @r#"
        # HelmRelease apps/web (defined in apps), chart web 1.2.3
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: things.example.com
        spec:
          group: example.com
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: web
        stringData:
          password: correct-horse
          random: pttuhU4e
        ---
        apiVersion: v1
        data:
          image: web:7
          replicas: ${REPLICAS:-2}
          revision: "1"
          url: https://admin:correct-horse@localhost
        kind: ConfigMap
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: web
        ---
        "#);
    }
}
