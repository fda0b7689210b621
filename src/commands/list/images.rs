//! `flux list images`: the container images of a repository, and where they are used.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::appliers::{ApplierArgs, ApplierId};
use crate::commands::notation::{API_VERSION, NOTATIONS, Notation};
use crate::commands::warnings::Warnings;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::object::{ImageName, ImageUser, ObjectId, images};
use crate::output::{Grid, Report, printable};

/// The arguments of `flux list images`.
#[derive(Debug, Args)]
pub struct ListImages {
    #[command(flatten)]
    appliers: ApplierArgs,
    /// Output format: table, name, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Output::parse)]
    output: Output,
}

impl Described for ListImages {
    const ABOUT: About = About::new("images", "List container images, and where they are used")
        .details(
            "Renders Kustomizations and HelmReleases as flux build all does, without a cluster, and lists the \
             images of all pod specs: in Pods and workloads, and in the pod templates of custom resources. \
             Images that controllers choose by themselves are unknown.\n\n\
             -o name prints each image once, on a line of its own. -o json and -o yaml print a document of kind \
             ImageList (cli.edgeflux.dev/v1).\n\n\
             If a Kustomization or HelmRelease fails to render, the images of the others are listed and the \
             exit code is 1.",
        )
        .usage("(<NAME>... | --all)")
        .examples(&[
            (
                "List all images of a cluster directory",
                "flux list images --all --path ./clusters/edge-1 --allow-remote",
            ),
            ("Show only images, to copy them to another registry", "flux list images --all -o name"),
            ("List the images of one Kustomization as JSON", "flux list images apps -o json"),
        ]);
}

/// How the images are shown.
#[derive(Debug, Clone)]
enum Output {
    /// A row for each use.
    Table,
    /// A line for each image.
    Name,
    /// A document.
    Document(Notation),
}

impl Output {
    fn parse(text: &str) -> Result<Output, String> {
        match text {
            "" | "table" => Ok(Output::Table),
            "name" => Ok(Output::Name),
            _ => Notation::parse(text)?
                .map(Output::Document)
                .ok_or_else(|| format!("use table, name, {NOTATIONS}")),
        }
    }
}

/// The output of `-o json` and `-o yaml`; its schema is docs/output/images.schema.json.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Item<'a>>,
}

/// An image.
#[derive(Serialize)]
struct Item<'a> {
    image: &'a str,
    repository: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    uses: &'a [Use],
}

/// Where an image is used.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct Use {
    /// The Flux object that renders the object.
    rendered_by: ApplierId,
    object: ObjectId,
    /// Whether it is a container or a volume.
    #[serde(rename = "type")]
    user: ImageUser,
    /// Name of the container or volume.
    name: String,
}

impl Command for ListImages {
    async fn run(self, context: &Context) -> Result<()> {
        self.appliers.check("flux list images --all --path=./clusters/edge-1")?;
        let (appliers, _) = self.appliers.render(context, false).await?;
        let appliers = self.appliers.selected(appliers)?;
        for warning in &appliers.warnings {
            context.ui.warning(warning);
        }
        for skipped in &appliers.skipped {
            context.ui.warning(format!("{} is skipped: {}", skipped.id.title(), skipped.reason));
        }
        let mut warnings = Warnings::new(&context.ui, "");
        let mut found: BTreeMap<String, Vec<Use>> = BTreeMap::new();
        let mut failed = Vec::new();
        for applier in &appliers.rendered {
            let rendered = match &applier.outcome {
                Ok(rendered) => rendered,
                Err(error) => {
                    failed.push((&applier.id, error));
                    continue;
                }
            };
            for warning in &rendered.warnings {
                warnings.add(&applier.id.title(), warning);
            }
            for object in &rendered.objects {
                for used in images(object) {
                    let (rendered_by, object) = (applier.id.clone(), ObjectId::of(object));
                    let r#use = Use { rendered_by, object, user: used.user, name: used.name };
                    found.entry(used.image).or_default().push(r#use);
                }
            }
        }
        warnings.finish();
        for uses in found.values_mut() {
            uses.sort();
            uses.dedup();
        }
        self.show(context, &found)?;
        for (id, error) in &failed {
            context.ui.failure(format!("{}: {error}", id.title()));
            context.ui.hints(error.hints());
        }
        if failed.is_empty() {
            return Ok(());
        }
        let (failed, all) = (failed.len(), appliers.rendered.len());
        Err(Error::failed(format!(
            "{failed} of {all} Kustomizations and HelmReleases failed to render; their images are missing"
        )))
    }
}

impl ListImages {
    fn show(&self, context: &Context, found: &BTreeMap<String, Vec<Use>>) -> Result<()> {
        let report = Report::new(&context.ui);
        match &self.output {
            Output::Table if found.is_empty() => context.ui.plain("no container images found"),
            Output::Table => {
                let mut grid = Grid::new(vec!["Image", "Object", "Container", "Rendered by", "Defined in"]);
                for (image, uses) in found {
                    for r#use in uses {
                        grid.push(vec![
                            image.clone(),
                            r#use.object.subject(),
                            r#use.shown_name(),
                            r#use.rendered_by.subject(),
                            r#use.rendered_by.defined_in.clone(),
                        ]);
                    }
                }
                report.grid(&mut grid)?;
            }
            Output::Name => {
                let lines: String = found.keys().map(|image| printable(image.clone()) + "\n").collect();
                report.document(&lines)?;
            }
            Output::Document(notation) => {
                let items = found.iter().map(|(image, uses)| {
                    let ImageName { repository, tag, digest } = ImageName::parse(image);
                    Item { image, repository, tag, digest, uses }
                });
                let document =
                    Document { api_version: API_VERSION, kind: "ImageList", items: items.collect() };
                report.document(&notation.write(&document)?)?;
            }
        }
        Ok(())
    }
}

impl Use {
    fn shown_name(&self) -> String {
        match self.user {
            ImageUser::Container => self.name.clone(),
            ImageUser::InitContainer => format!("{} (init)", self.name),
            ImageUser::EphemeralContainer => format!("{} (ephemeral)", self.name),
            ImageUser::Volume => format!("{} (volume)", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::{Scene, home_lab, schema};

    fn kustomization(name: &str) -> String {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
             metadata:\n  name: {name}\n  namespace: flux-system\n\
             spec:\n  interval: 10m\n  prune: true\n  path: ./{name}\n  sourceRef:\n    kind: GitRepository\n    name: flux-system\n"
        )
    }

    const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: apps
spec:
  template:
    spec:
      initContainers:
      - name: init
        image: registry.local:5000/tools
      containers:
      - name: web
        image: ghcr.io/acme/web:1.2@sha256:0a
      - name: proxy
        image: registry.local:5000/tools
---
apiVersion: v1
kind: Pod
metadata:
  name: debug
  namespace: apps
spec:
  containers:
  - name: debug
    image: ghcr.io/acme/web:1.2@sha256:0a
  volumes:
  - name: files
    image:
      reference: ghcr.io/acme/files:2
";

    fn scene() -> Scene {
        Scene::offline()
            .file("fleet/.git/HEAD", "ref: refs/heads/main\n")
            .file("fleet/clusters/edge/apps.yaml", &kustomization("apps"))
            .file("fleet/clusters/edge/infra.yaml", &kustomization("infra"))
            .file("fleet/apps/web.yaml", WEB)
            .file("fleet/infra/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: none\n")
    }

    #[test]
    fn images_are_listed_with_their_uses() {
        let scene = scene();
        assert_snapshot!(scene.run("flux list images --all --path=[dir]/fleet"), @"
        IMAGE                         →OBJECT             →CONTAINER     →RENDERED BY                   →DEFINED IN   ␠
        ghcr.io/acme/files:2          →Pod/apps/debug     →files (volume)→Kustomization/flux-system/apps→clusters/edge→
        ghcr.io/acme/web:1.2@sha256:0a→Deployment/apps/web→web           →Kustomization/flux-system/apps→clusters/edge→
        ghcr.io/acme/web:1.2@sha256:0a→Pod/apps/debug     →debug         →Kustomization/flux-system/apps→clusters/edge→
        registry.local:5000/tools     →Deployment/apps/web→proxy         →Kustomization/flux-system/apps→clusters/edge→
        registry.local:5000/tools     →Deployment/apps/web→init (init)   →Kustomization/flux-system/apps→clusters/edge→
        ");
        assert_snapshot!(scene.run("flux list images --all --path=[dir]/fleet/clusters/edge -o name"), @"
        ghcr.io/acme/files:2
        ghcr.io/acme/web:1.2@sha256:0a
        registry.local:5000/tools
        ");
        assert_snapshot!(scene.run("flux list images flux-system/apps --path=[dir]/fleet -o json"), @r#"
        {
          "apiVersion": "cli.edgeflux.dev/v1",
          "kind": "ImageList",
          "items": [
            {
              "image": "ghcr.io/acme/files:2",
              "repository": "ghcr.io/acme/files",
              "tag": "2",
              "uses": [
                {
                  "renderedBy": {
                    "kind": "Kustomization",
                    "namespace": "flux-system",
                    "name": "apps",
                    "definedIn": "clusters/edge"
                  },
                  "object": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "namespace": "apps",
                    "name": "debug"
                  },
                  "type": "volume",
                  "name": "files"
                }
              ]
            },
            {
              "image": "ghcr.io/acme/web:1.2@sha256:0a",
              "repository": "ghcr.io/acme/web",
              "tag": "1.2",
              "digest": "sha256:0a",
              "uses": [
                {
                  "renderedBy": {
                    "kind": "Kustomization",
                    "namespace": "flux-system",
                    "name": "apps",
                    "definedIn": "clusters/edge"
                  },
                  "object": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "namespace": "apps",
                    "name": "web"
                  },
                  "type": "container",
                  "name": "web"
                },
                {
                  "renderedBy": {
                    "kind": "Kustomization",
                    "namespace": "flux-system",
                    "name": "apps",
                    "definedIn": "clusters/edge"
                  },
                  "object": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "namespace": "apps",
                    "name": "debug"
                  },
                  "type": "container",
                  "name": "debug"
                }
              ]
            },
            {
              "image": "registry.local:5000/tools",
              "repository": "registry.local:5000/tools",
              "uses": [
                {
                  "renderedBy": {
                    "kind": "Kustomization",
                    "namespace": "flux-system",
                    "name": "apps",
                    "definedIn": "clusters/edge"
                  },
                  "object": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "namespace": "apps",
                    "name": "web"
                  },
                  "type": "container",
                  "name": "proxy"
                },
                {
                  "renderedBy": {
                    "kind": "Kustomization",
                    "namespace": "flux-system",
                    "name": "apps",
                    "definedIn": "clusters/edge"
                  },
                  "object": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "namespace": "apps",
                    "name": "web"
                  },
                  "type": "initContainer",
                  "name": "init"
                }
              ]
            }
          ]
        }
        "#);
        let document = scene.run("flux list images --all --path=[dir]/fleet -o json").stdout;
        let document = serde_json::from_str(&document).unwrap();
        schema::check(&document, include_str!("../../../docs/output/images.schema.json"));
        assert_snapshot!(
            scene.run("flux list images --all --path=[dir]/fleet -o jsonpath={.items[*].repository}"), @"ghcr.io/acme/files ghcr.io/acme/web registry.local:5000/tools"
        );
        assert_snapshot!(scene.run("flux list images infra --path=[dir]/fleet"), @"
        [stderr]
        no container images found
        ");
        assert_snapshot!(scene.run("flux list images infra --path=[dir]/fleet -o yaml"), @"
        apiVersion: cli.edgeflux.dev/v1
        items: []
        kind: ImageList
        ");
    }

    #[test]
    fn what_fails_or_is_elsewhere_is_reported_after_the_rest() {
        let other = kustomization("other").replace("name: flux-system\n", "name: other\n");
        let url = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: other\n  \
                   namespace: flux-system\nspec:\n  url: https://example.org/other\n";
        let scene = scene()
            .file("fleet/clusters/edge/broken.yaml", &kustomization("broken"))
            .file("fleet/broken/kustomization.yaml", "resources:\n- missing.yaml\n")
            .file("fleet/clusters/edge/other.yaml", &format!("{other}---\n{url}"));
        assert_snapshot!(scene.run("flux list images --all --path=[dir]/fleet"), @"
        IMAGE                         →OBJECT             →CONTAINER     →RENDERED BY                   →DEFINED IN   ␠
        ghcr.io/acme/files:2          →Pod/apps/debug     →files (volume)→Kustomization/flux-system/apps→clusters/edge→
        ghcr.io/acme/web:1.2@sha256:0a→Deployment/apps/web→web           →Kustomization/flux-system/apps→clusters/edge→
        ghcr.io/acme/web:1.2@sha256:0a→Pod/apps/debug     →debug         →Kustomization/flux-system/apps→clusters/edge→
        registry.local:5000/tools     →Deployment/apps/web→proxy         →Kustomization/flux-system/apps→clusters/edge→
        registry.local:5000/tools     →Deployment/apps/web→init (init)   →Kustomization/flux-system/apps→clusters/edge→
        [stderr]
        ⚠️ Kustomization/flux-system/other is skipped: GitRepository/flux-system/other or its path is not in this repository; if it is on this machine, add --local-sources=GitRepository/flux-system/other=DIRECTORY
        ✗ Kustomization/flux-system/broken (defined in clusters/edge): kustomize build failed: kustomization.yaml: missing.yaml: no such file or directory
        ✗ 1 of 3 Kustomizations and HelmReleases failed to render; their images are missing
        [exit code 1]
        ");
        assert_eq!(scene.run("flux list images apps infra --path=[dir]/fleet").code, 0);
    }

    #[test]
    fn images_of_charts_are_listed() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    \
                   image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n";
        let scene = home_lab(Scene::offline()).file("charts/web/templates/pod.yaml", pod);
        let line = "flux list images --all --path=[dir]/cluster --chart-dir=[dir]/charts";
        assert_snapshot!(scene.run(line), @"
        IMAGE→OBJECT      →CONTAINER→RENDERED BY         →DEFINED IN␠
        web:7→Pod/apps/web→web      →HelmRelease/apps/web→apps      →
        ");
        assert_snapshot!(scene.run("flux list images HelmRelease/apps/web --path=[dir]/cluster -o name"), @"
        [stderr]
        ✗ HelmRelease/apps/web (defined in apps): failed to find chart web 1.x of HelmRepository apps/charts: the index of its repository is not in the cache
          hint: add --allow-remote to fetch it, or name a directory that has it with --chart-dir
        ✗ 1 of 1 Kustomizations and HelmReleases failed to render; their images are missing
        [exit code 1]
        ");
    }

    #[test]
    fn wrong_arguments_are_refused() {
        let scene = scene();
        assert_snapshot!(scene.run("flux list images --path=[dir]/fleet"), @"
        [stderr]
        ✗ a name or --all is required
          hint: for example: flux list images --all --path=./clusters/edge-1
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux list images --all apps --path=[dir]/fleet"), @"
        [stderr]
        ✗ --all selects everything, but apps was given
          hint: omit the name or --all
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux list images apps/apps --path=[dir]/fleet"), @r#"
        [stderr]
        ✗ there is no Kustomization or HelmRelease named "apps/apps" in [dir]/fleet
          hint: use --all, or add --path with the directory that contains its file
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux list images --all --path=[dir]/missing"), @"
        [stderr]
        ✗ --path: [dir]/missing is not a directory
          hint: use --path with the directory of a cluster, such as ./clusters/edge-1
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux list images --all --path=[dir]/fleet/apps"), @"
        [stderr]
        ✗ no Flux Kustomization found in [dir]/fleet/apps
          hint: add --path with the directory that contains the files of the Kustomizations
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux list images --all --path=[dir]/fleet -o xml"), @r#"
        [stderr]
        ✗ invalid argument "xml" for "--output" flag: use table, name, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
          hint: add --help to see commands and options
        [exit code 1]
        "#);
    }
}
