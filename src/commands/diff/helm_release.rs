//! `flux diff helmrelease`: shows what the next upgrade of a HelmRelease would change.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::object::Comparer;
use super::outcome::Comparison;
use super::{Format, TROUBLE, annotated, release, report, trouble};
use crate::commands::about::{About, Described};
use crate::commands::release_args::{Origin, ReleaseArgs};
use crate::commands::{Command, only_name};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds;

/// What a rendered HelmRelease is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Against {
    /// The objects in the cluster, by server-side dry runs
    Cluster,
    /// The manifest that Helm has stored in the cluster
    Release,
}

/// The arguments of `flux diff helmrelease`.
#[derive(Debug, Args)]
pub struct DiffHelmRelease {
    /// Name of the HelmRelease
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Directory of the cluster in the repository with the HelmRelease; without it, the HelmRelease of the cluster is used
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    path: Option<PathBuf>,
    #[command(flatten)]
    release: ReleaseArgs,
    /// What to compare with
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Against::Cluster)]
    against: Against,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    output: Format,
}

impl Described for DiffHelmRelease {
    const ABOUT: About =
        About::new("helmrelease", "Show what the next upgrade of a HelmRelease would change in the cluster")
            .aliases(&["hr"])
            .details(
                "Renders the chart as flux build helmrelease does, and compares its objects with those in \
                 the cluster, or with --against=release with the manifest that Helm has stored. Objects of the \
                 stored release that are no longer rendered are shown as deleted.\n\n\
                 With --path, the HelmRelease and what it refers to come from the repository, and from the \
                 cluster only what the repository does not have.\n\n\
                 Exits with 0 if nothing would change, with 1 if something would, and with 2 on errors. The \
                 values of Secrets are masked.",
            )
            .usage("<NAME>")
            .examples(&[
                (
                    "Show what a change in the repository would do",
                    "flux diff helmrelease podinfo -n podinfo --path ./clusters/edge-1 --allow-remote",
                ),
                (
                    "Show what someone has changed in the cluster",
                    "flux diff helmrelease podinfo -n podinfo --allow-remote",
                ),
                (
                    "Compare with the stored release, as a patch",
                    "flux diff helmrelease podinfo -n podinfo --against=release -o unified",
                ),
            ]);
    const USAGE_EXIT_CODE: Option<u8> = Some(TROUBLE);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&kinds::HELM_RELEASE);
}

impl Command for DiffHelmRelease {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(name) = only_name(context, &self.names) else {
            return Err(trouble(
                Error::usage("HelmRelease name is required")
                    .hint("for example: flux diff helmrelease podinfo --namespace podinfo --allow-remote"),
            ));
        };
        let outcome =
            self.compare(context, name).await.map_err(|error| annotated(context, self.output, error))?;
        report(context, &Comparison::with_cluster(outcome), self.output, ("", Some(name)))
    }
}

impl DiffHelmRelease {
    async fn compare(&self, context: &Context, name: &str) -> Result<super::Outcome> {
        let (path, origin) = match &self.path {
            Some(path) => (path.as_path(), Origin::Both),
            None => (Path::new("."), Origin::Cluster),
        };
        let (found, built) = self.release.render(context, name, path, origin, true).await?;
        if found.object["spec"]["suspend"] == true {
            context.ui.warning(format!(
                "HelmRelease/{}/{name} is suspended: nothing is applied until it is resumed",
                context.namespace()
            ));
        }
        let cluster = context.cluster().await?;
        let comparer = Comparer { context, cluster, status: Some(context.ui.status()) };
        match self.against {
            Against::Cluster => release::with_cluster(&comparer, &found, &built).await,
            Against::Release => release::with_stored(&comparer, &found, &built).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Scene, home_lab};

    const LINE: &str = "flux diff helmrelease web -n apps --chart-dir=[dir]/charts";

    fn config(name: &str, image: &str, policy: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "apps",
                "labels": {"app.kubernetes.io/managed-by": "Helm", "helm.toolkit.fluxcd.io/name": "web",
                    "helm.toolkit.fluxcd.io/namespace": "apps"},
                "annotations": {"helm.sh/resource-policy": policy, "meta.helm.sh/release-name": "web",
                    "meta.helm.sh/release-namespace": "apps"}},
            "data": {"image": image, "replicas": "2", "revision": "3",
                "url": "https://admin:correct-horse@localhost"}})
    }

    /// A cluster in which the release was installed with another image, and has two objects more.
    fn scene() -> Scene {
        let mut scene = home_lab(Scene::with_flux());
        for file in ["release", "repository", "secret"] {
            let text = scene.read(&format!("cluster/apps/{file}.yaml")).replace("${REPLICAS:-2}", "2");
            for mut object in edgeflux_yaml::documents(&text).unwrap() {
                if object["kind"] == "HelmRelease" {
                    object["status"] = json!({"history": [{"version": 2, "name": "web"}]});
                }
                if object["kind"] == "Secret" {
                    object["data"] = json!({"password": STANDARD.encode("correct-horse")});
                }
                scene = scene.object(&object);
            }
        }
        let live = [config("web", "web:6", ""), config("old", "", ""), config("kept", "", "keep")];
        let manifest = live.each_ref().map(edgeflux_yaml::to_string).join("---\n");
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        serde_json::to_writer(&mut packed, &json!({"manifest": manifest, "namespace": "apps", "version": 2}))
            .unwrap();
        let stored = STANDARD.encode(STANDARD.encode(packed.finish().unwrap()));
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"release": stored},
            "metadata": {"name": "sh.helm.release.v1.web.v2", "namespace": "apps"}});
        live.iter().chain([&secret]).fold(scene, Scene::object)
    }

    #[test]
    fn objects_of_the_cluster_are_compared() {
        assert_snapshot!(scene().run(LINE), @r#"
        ► Secret/apps/web drifted

        metadata
        + two map entries added:
          annotations:
            meta.helm.sh/release-name: web
            meta.helm.sh/release-namespace: apps
          labels:
            app.kubernetes.io/managed-by: Helm
            helm.toolkit.fluxcd.io/name: web
            helm.toolkit.fluxcd.io/namespace: apps

        stringData
        + one map entry added:
          random: "***"

        ► ConfigMap/apps/web drifted

        data.image
        ± value change
        - web:6
        + web:7

        ► ConfigMap/apps/old deleted
        ► ConfigMap/apps/kept kept: its resource policy is to keep it
        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        "#);
    }

    #[test]
    fn the_stored_release_is_compared() {
        let scene = scene();
        assert_snapshot!(scene.run(&format!("{LINE} --against=release")), @"
        ► Secret/apps/web created
        ► ConfigMap/apps/web drifted

        data.image
        ± value change
        - web:6
        + web:7

        metadata
        - one map entry removed:
        annotations:
          helm.sh/resource-policy:
          meta.helm.sh/release-name: web
          meta.helm.sh/release-namespace: apps

        metadata.labels
        - one map entry removed:
        app.kubernetes.io/managed-by: Helm

        ► ConfigMap/apps/old deleted
        ► ConfigMap/apps/kept kept: its resource policy is to keep it
        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{LINE} --against=release -o json")), @r#"
        {
          "version": 1,
          "differs": true,
          "kustomizations": [],
          "helmReleases": [
            {
              "namespace": "apps",
              "name": "web",
              "changes": [
                {
                  "action": "created",
                  "apiVersion": "v1",
                  "kind": "Secret",
                  "namespace": "apps",
                  "name": "web"
                },
                {
                  "action": "changed",
                  "apiVersion": "v1",
                  "kind": "ConfigMap",
                  "namespace": "apps",
                  "name": "web",
                  "differences": [
                    {
                      "path": "data.image",
                      "steps": [
                        "data",
                        "image"
                      ],
                      "changed": {
                        "from": "web:6",
                        "to": "web:7"
                      }
                    },
                    {
                      "path": "metadata",
                      "steps": [
                        "metadata"
                      ],
                      "removed": {
                        "annotations": {
                          "helm.sh/resource-policy": "",
                          "meta.helm.sh/release-name": "web",
                          "meta.helm.sh/release-namespace": "apps"
                        }
                      }
                    },
                    {
                      "path": "metadata.labels",
                      "steps": [
                        "metadata",
                        "labels"
                      ],
                      "removed": {
                        "app.kubernetes.io/managed-by": "Helm"
                      }
                    }
                  ]
                },
                {
                  "action": "deleted",
                  "apiVersion": "v1",
                  "kind": "ConfigMap",
                  "namespace": "apps",
                  "name": "old"
                },
                {
                  "action": "kept",
                  "apiVersion": "v1",
                  "kind": "ConfigMap",
                  "namespace": "apps",
                  "name": "kept"
                }
              ]
            }
          ],
          "errors": []
        }
        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        "#);
    }

    #[test]
    fn a_release_of_the_repository_takes_from_the_cluster_what_the_repository_lacks() {
        let scene = scene().file("cluster/apps/secret.yaml", "");
        let release = scene.read("cluster/apps/release.yaml").replace("\"7\"", "\"8\"");
        let scene = scene.file("cluster/apps/release.yaml", &release);
        assert_snapshot!(scene.run(&format!("{LINE} --path=[dir]/cluster -o unified")), @r#"
        diff --git a/apps/Secret/web.yaml b/apps/Secret/web.yaml
        --- a/apps/Secret/web.yaml
        +++ b/apps/Secret/web.yaml
        @@ -3,7 +3,15 @@
           password: '***'
         kind: Secret
         metadata:
        +  annotations:
        +    meta.helm.sh/release-name: web
        +    meta.helm.sh/release-namespace: apps
        +  labels:
        +    app.kubernetes.io/managed-by: Helm
        +    helm.toolkit.fluxcd.io/name: web
        +    helm.toolkit.fluxcd.io/namespace: apps
           name: web
           namespace: apps
         stringData:
           password: '***'
        +  random: '***'
        diff --git a/apps/ConfigMap/web.yaml b/apps/ConfigMap/web.yaml
        --- a/apps/ConfigMap/web.yaml
        +++ b/apps/ConfigMap/web.yaml
        @@ -1,6 +1,6 @@
         apiVersion: v1
         data:
        -  image: web:6
        +  image: web:8
           replicas: "2"
           revision: "3"
           url: https://admin:***@localhost
        diff --git a/apps/ConfigMap/old.yaml b/apps/ConfigMap/old.yaml
        --- a/apps/ConfigMap/old.yaml
        +++ /dev/null
        @@ -1,18 +0,0 @@
        -apiVersion: v1
        -data:
        -  image: ""
        -  replicas: "2"
        -  revision: "3"
        -  url: https://admin:***@localhost
        -kind: ConfigMap
        -metadata:
        -  annotations:
        -    helm.sh/resource-policy: ""
        -    meta.helm.sh/release-name: web
        -    meta.helm.sh/release-namespace: apps
        -  labels:
        -    app.kubernetes.io/managed-by: Helm
        -    helm.toolkit.fluxcd.io/name: web
        -    helm.toolkit.fluxcd.io/namespace: apps
        -  name: old
        -  namespace: apps
        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        "#);
    }

    #[test]
    fn what_is_missing_exits_with_2() {
        let scene = home_lab(Scene::with_flux());
        assert_snapshot!(scene.run(LINE), @r#"
        [stderr]
        ✗ helmreleases.helm.toolkit.fluxcd.io "web" not found
        [exit code 2]
        "#);
        assert_snapshot!(scene.run("flux diff helmrelease"), @"
        [stderr]
        ✗ HelmRelease name is required
          hint: for example: flux diff helmrelease podinfo --namespace podinfo --allow-remote
        [exit code 2]
        ");
        assert_snapshot!(scene.run("flux diff hr web --path=[dir]/nowhere"), @"
        [stderr]
        ✗ --path: [dir]/nowhere is not a directory
          hint: use --path with the directory of a cluster, such as ./clusters/edge-1
        [exit code 2]
        ");
    }
}
