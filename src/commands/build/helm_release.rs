//! `flux build helmrelease`: renders a HelmRelease as helm-controller does.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::commands::about::{About, Described};
use crate::commands::release_args::{Origin, ReleaseArgs};
use crate::commands::{Command, only_name};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds;
use crate::output::{Manifest, Report};
use crate::render::helm::RenderedRelease;

/// The arguments of `flux build helmrelease`.
#[derive(Debug, Args)]
pub struct BuildHelmRelease {
    /// Name of the HelmRelease
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Directory of the cluster in the repository, where --dry-run finds the HelmRelease and what it refers to
    #[arg(long, default_value = ".", value_name = "DIR", value_hint = ValueHint::DirPath)]
    path: PathBuf,
    /// Do not use the cluster; take the HelmRelease and what it refers to from the repository
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    release: ReleaseArgs,
    /// Print the objects of these templates only, such as templates/deployment.yaml; can be repeated
    #[arg(long, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// Print the values that the chart gets, instead of the objects
    #[arg(long)]
    show_values: bool,
    /// Show the data of Secrets, and values that come from Secrets
    #[arg(long)]
    show_secrets: bool,
}

impl Described for BuildHelmRelease {
    const ABOUT: About = About::new("helmrelease", "Print the objects that a HelmRelease renders")
        .aliases(&["hr"])
        .details(
            "Renders the chart with the values of the HelmRelease as Helm does, runs the \
             post-renderers, and adds the labels of the controller. Prints CRDs, objects and hooks.\n\n\
             Charts come from --chart-dir, the cache, or with --allow-remote from their repository. The \
             data of Secrets is masked, and so are values that come from Secrets.",
        )
        .usage("<NAME>")
        .examples(&[
            (
                "Render a HelmRelease of the cluster",
                "flux build helmrelease podinfo -n podinfo --allow-remote",
            ),
            (
                "Render a HelmRelease of the repository, without a cluster",
                "flux build helmrelease podinfo -n podinfo --dry-run --path ./clusters/edge-1",
            ),
            (
                "Render one template, with charts on a USB stick",
                "flux build helmrelease podinfo --chart-dir /media/usb --show-only templates/deployment.yaml",
            ),
        ]);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&kinds::HELM_RELEASE);
}

impl Command for BuildHelmRelease {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(name) = only_name(context, &self.names) else {
            return Err(Error::usage("HelmRelease name is required")
                .hint("for example: flux build helmrelease podinfo --namespace podinfo --allow-remote"));
        };
        if self.show_values && !self.show_only.is_empty() {
            return Err(Error::usage("--show-values and --show-only cannot be used together")
                .hint("omit one of them; --show-values prints no objects"));
        }
        let origin = if self.dry_run { Origin::Repository } else { Origin::Cluster };
        let (_, built) = self.release.render(context, name, &self.path, origin, self.show_secrets).await?;
        self.print(context, &built)
    }
}

impl BuildHelmRelease {
    fn print(&self, context: &Context, rendered: &RenderedRelease) -> Result<()> {
        let report = Report::new(&context.ui);
        if self.show_values {
            return Ok(report.document(&edgeflux_yaml::to_string(&rendered.values))?);
        }
        let is_shown = |path: &str| {
            let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
            self.show_only.is_empty()
                || self.show_only.iter().any(|wanted| wanted == inside || wanted == path)
        };
        let shown: Vec<_> = rendered.all().filter(|manifest| is_shown(&manifest.path)).collect();
        if let Some(unknown) = self.show_only.iter().find(|wanted| {
            !shown.iter().any(|one| {
                one.path == **wanted || one.path.split_once('/').is_some_and(|(_, inside)| inside == *wanted)
            })
        }) {
            return Err(Error::not_found(format!("--show-only: the chart renders nothing from {unknown}"))
                .hint("write the path as in the comments of the output, such as templates/deployment.yaml"));
        }
        for manifest in shown {
            report.comment(&format!("Source: {}", manifest.path))?;
            report.rendered(&Manifest::of_yaml(manifest.content.clone()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::{Scene, home_lab};

    #[test]
    fn a_release_is_rendered_with_its_values() {
        let scene = home_lab(Scene::offline());
        let line =
            "flux build helmrelease web -n apps --dry-run --path=[dir]/cluster --chart-dir=[dir]/charts";
        assert_snapshot!(scene.run(line), @r#"
        # Source: web/crds/things.yaml
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
        # Source: web/templates/secret.yaml
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
        # Source: web/templates/config.yaml
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
        assert_snapshot!(scene.run(&format!("{line} --show-values")), @r#"
        auth:
          password: '***'
        image:
          tag: "7"
        replicas: 2
        "#);
        assert_snapshot!(scene.run(&format!("{line} --show-only=templates/secret.yaml")), @"
        # Source: web/templates/secret.yaml
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
        ");
        assert_snapshot!(scene.run(&format!("{line} --show-only=templates/secret.yaml --show-secrets")), @"
        # Source: web/templates/secret.yaml
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
        ");
        assert_snapshot!(scene.run(&format!("{line} --show-only=templates/nothing.yaml")), @"
        [stderr]
        ✗ --show-only: the chart renders nothing from templates/nothing.yaml
          hint: write the path as in the comments of the output, such as templates/deployment.yaml
        [exit code 1]
        ");
    }

    #[test]
    fn a_chart_that_is_not_on_this_machine_is_named_with_what_to_do() {
        let scene = home_lab(Scene::offline());
        let line = "flux build hr web -n apps --dry-run --path=[dir]/cluster";
        assert_snapshot!(scene.run(line), @"
        [stderr]
        ✗ HelmRelease apps/web: failed to find chart web 1.x of HelmRepository apps/charts: the index of its repository is not in the cache
          hint: add --allow-remote to fetch it, or name a directory that has it with --chart-dir
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{line} --offline")), @"
        [stderr]
        ✗ HelmRelease apps/web: failed to find chart web 1.x of HelmRepository apps/charts: the index of its repository is not in the cache
          hint: run the command once without --offline and with --allow-remote, or name a directory that has it with --chart-dir
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{line} --offline --allow-remote")), @"
        [stderr]
        ✗ --offline and --allow-remote cannot be used together
          hint: omit one of them
        [exit code 1]
        ");
    }

    #[test]
    fn an_error_has_no_secret() {
        let failing = "{{ fail .Values.auth.password }}";
        let scene = home_lab(Scene::offline()).file("charts/web/templates/secret.yaml", failing);
        for line in [
            "build helmrelease web -n apps --dry-run --show-secrets --path=[dir]/cluster",
            "build all --show-secrets --path=[dir]/cluster",
            "diff all --from=[dir]/cluster --to=[dir]/cluster --path=.",
            "test --all --path=[dir]/cluster",
        ] {
            let errors = scene.run(&format!("flux {line} --chart-dir=[dir]/charts")).stderr;
            assert!(errors.contains("***") && !errors.contains("correct"), "{line}: {errors}");
        }
    }

    #[test]
    fn what_is_missing_is_an_error() {
        let scene = home_lab(Scene::offline())
            .file("cluster/apps/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: other\n");
        let line = "flux build hr web -n apps --dry-run --path=[dir]/cluster --chart-dir=[dir]/charts";
        assert_snapshot!(scene.run(line), @"
        [stderr]
        ✗ HelmRelease apps/web: spec.valuesFrom: Secret apps/web is not in the repository
          hint: add --skip-missing-values to render without them
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{line} --skip-missing-values --show-values")), @"
        [stderr]
        ✗ HelmRelease apps/web: web/templates/secret.yaml: while scanning an alias, did not find expected alphabetic or numeric character (a name has ASCII letters, digits, - and _ only)
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&line.replace("web", "nothing")), @"
        [stderr]
        ✗ HelmRelease/apps/nothing is not in the files of [dir]/cluster
          hint: use --path with the directory of the cluster
        [exit code 1]
        ");
        let file = "--helmrelease-file=[dir]/cluster/apps/release.yaml";
        for (name, namespace, hint) in [
            ("web", "default", "an object with that name exists in namespace apps: use --namespace apps"),
            ("wep", "apps", "did you mean \"web\"?"),
        ] {
            let line = line.replace("web", name).replace("-n apps", &format!("-n {namespace}"));
            for line in [format!("{line} {file}"), line] {
                let error = scene.run(&line).stderr;
                assert!(error.contains(&format!("  hint: {hint}\n")), "{line}: {error}");
            }
        }
        assert_snapshot!(scene.run("flux build helmrelease"), @"
        [stderr]
        ✗ HelmRelease name is required
          hint: for example: flux build helmrelease podinfo --namespace podinfo --allow-remote
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux build hr web --dry-run --path=[dir]/nowhere"), @"
        [stderr]
        ✗ --path: [dir]/nowhere is not a directory
          hint: use --path with the directory of a cluster, such as ./clusters/edge-1
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{line} --kube-version=new")), @r#"
        [stderr]
        ✗ --kube-version: invalid Kubernetes version "new"; write it as 1.34.0
          hint: for example: --kube-version=1.35.1
        [exit code 1]
        "#);
        assert_snapshot!(scene.run(&line.replace("/charts", "/nothing")), @"
        [stderr]
        ✗ --chart-dir: [dir]/nothing is not a directory
          hint: use --chart-dir with a directory that has archives or directories of charts
        [exit code 1]
        ");
    }

    #[test]
    fn a_release_of_the_cluster_is_rendered_for_its_next_revision() {
        let mut scene = home_lab(Scene::with_flux());
        for file in ["release", "repository", "secret"] {
            let objects = edgeflux_yaml::documents(&scene.read(&format!("cluster/apps/{file}.yaml")));
            for mut object in objects.unwrap() {
                if object["kind"] == "HelmRelease" {
                    object["spec"]["values"]["replicas"] = 3.into();
                    object["status"] = serde_json::json!({"history": [{"version": 4}]});
                }
                if object["kind"] == "Secret" {
                    object["data"] = serde_json::json!({"password": "Y29ycmVjdC1ob3JzZQ=="});
                }
                scene = scene.object(&object);
            }
        }
        let line =
            "flux build helmrelease web -n apps --chart-dir=[dir]/charts --show-only=templates/config.yaml";
        assert_snapshot!(scene.run(line), @r#"
        # Source: web/templates/config.yaml
        apiVersion: v1
        data:
          image: web:7
          replicas: "3"
          revision: "5"
          url: https://admin:***@localhost
        kind: ConfigMap
        metadata:
          labels:
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps
          name: web
        ---
        "#);
        assert_snapshot!(scene.run(&line.replace("web", "missing")), @r#"
        [stderr]
        ✗ helmreleases.helm.toolkit.fluxcd.io "missing" not found
        [exit code 1]
        "#);
    }
}
