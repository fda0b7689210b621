//! `flux diff all`: compares everything that a repository renders in two of its states, without a cluster.

use clap::Args;

use super::revisions::{self, States};
use super::{Format, TROUBLE, annotated, report, start, trouble};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::render_args::RenderArgs;
use crate::commands::rendering::RepositoryArgs;
use crate::context::Context;
use crate::error::{Error, Result};

/// The arguments of `flux diff all`.
#[derive(Debug, Args)]
pub struct DiffAll {
    #[command(flatten)]
    repository: RepositoryArgs,
    /// Revision or directory to start from; --path may be relative to the root of the repository
    #[arg(long, value_name = "REVISION")]
    from: Option<String>,
    /// Short for --from with the commit at which the working tree, or --to, branched off this revision
    #[arg(long, value_name = "REVISION", conflicts_with = "from")]
    base: Option<String>,
    /// Revision or directory to compare --from or --base with [default: the working tree]
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    output: Format,
}

impl Described for DiffAll {
    const ABOUT: About = About::new(
        "all",
        "Show what a change of a repository would change in all Kustomizations and HelmReleases, without a cluster",
    )
    .details(
        "Renders the Flux Kustomizations in the directory, those that they render, and the HelmReleases among \
         their objects in both states, and compares the objects. A change to the values or the version of a \
         chart shows as changes of its objects.\n\n\
         --from=main starts from what main is now, so that later commits on main show as reverted. --base=main \
         starts from the commit at which HEAD branched off main, as `git diff main...` and pull requests do. Both \
         end with the working tree, or with --to.\n\n\
         Charts come from --chart-dir, the cache, or with --allow-remote from their repositories.\n\n\
         Exits with 0 if nothing would change, with 1 if something would, and with 2 on errors. The values of \
         Secrets are masked. flux diff --base=REVISION is the same.",
    )
    .usage("(--base <REVISION> | --from <REVISION>)")
    .examples(&[
        (
            "Show what a branch changes",
            "flux diff all --base=main --path=clusters/edge-1 --allow-remote",
        ),
        (
            "Write a comment for a pull request",
            "flux diff all --from=main --to=update-podinfo -o markdown --allow-remote",
        ),
    ]);
    const USAGE_EXIT_CODE: Option<u8> = Some(TROUBLE);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for DiffAll {
    async fn run(self, context: &Context) -> Result<()> {
        let Some(from) = start(self.from.as_deref(), self.base.as_deref()) else {
            return Err(trouble(Error::required("--base", "--base=main, the branch to compare with")));
        };
        let args = RenderArgs::from(&self.repository);
        let comparison = match self.repository.releases(context, true).await {
            Ok(releases) => {
                let states = States {
                    args: &args,
                    releases: Some(releases),
                    name: None,
                    ends: (from, self.to.as_deref()),
                    locates: self.output == Format::Github,
                    progress: true,
                };
                revisions::compare(context, &states).await
            }
            Err(error) => Err(error),
        };
        let comparison = comparison.map_err(|error| annotated(context, self.output, error))?;
        report(context, &comparison, self.output, (&args.path, None))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::{Scene, home_lab};

    #[test]
    fn a_change_to_values_shows_in_the_objects() {
        let scene = home_lab(Scene::offline());
        let read = |file: &str| scene.read(&format!("cluster/{file}"));
        let (kustomization, repository) = (read("flux/apps.yaml"), read("apps/repository.yaml"));
        let (release, secret) = (read("apps/release.yaml"), read("apps/secret.yaml"));
        let scene = scene
            .file("new/flux/apps.yaml", &kustomization)
            .file("new/apps/repository.yaml", &repository)
            .file("new/apps/secret.yaml", &secret.replace("correct-horse", "battery-staple"))
            .file("new/apps/release.yaml", &release.replace("\"7\"", "\"8\""));
        let line = "flux diff --from=[dir]/cluster --to=[dir]/new --path=. --chart-dir=[dir]/charts";
        assert_snapshot!(scene.run(line), @"
        📁 Kustomization/flux-system/apps (apps) changed
        ► HelmRelease/apps/web changed

        spec.values.image.tag
        ± value change
        - 7
        + 8

        ► Secret/apps/web changed

        data.password
        ± value change
        - *** (before)
        + *** (after)

        📁 HelmRelease/apps/web (apps) changed
        ► Secret/apps/web changed

        data.password
        ± value change
        - *** (before)
        + *** (after)

        ► ConfigMap/apps/web changed

        data.image
        ± value change
        - web:7
        + web:8

        data.url
        ± value change
        - https://admin:***@localhost (before)
        + https://admin:***@localhost (after)

        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{line} -o unified")), @r#"
        diff --git a/apps/HelmRelease.helm.toolkit.fluxcd.io/web.yaml b/apps/HelmRelease.helm.toolkit.fluxcd.io/web.yaml
        --- a/apps/HelmRelease.helm.toolkit.fluxcd.io/web.yaml
        +++ b/apps/HelmRelease.helm.toolkit.fluxcd.io/web.yaml
        @@ -17,7 +17,7 @@
           interval: 10m
           values:
             image:
        -      tag: "7"
        +      tag: "8"
             replicas: 2
           valuesFrom:
           - kind: Secret
        diff --git a/apps/Secret/web.yaml b/apps/Secret/web.yaml
        --- a/apps/Secret/web.yaml
        +++ b/apps/Secret/web.yaml
        @@ -1,6 +1,6 @@
         apiVersion: v1
         data:
        -  password: '*** (before)'
        +  password: '*** (after)'
         kind: Secret
         metadata:
           labels:
        diff --git a/apps/Secret/web.yaml b/apps/Secret/web.yaml
        --- a/apps/Secret/web.yaml
        +++ b/apps/Secret/web.yaml
        @@ -1,6 +1,6 @@
         apiVersion: v1
         data:
        -  password: '*** (before)'
        +  password: '*** (after)'
           random: '***'
         kind: Secret
         metadata:
        diff --git a/apps/ConfigMap/web.yaml b/apps/ConfigMap/web.yaml
        --- a/apps/ConfigMap/web.yaml
        +++ b/apps/ConfigMap/web.yaml
        @@ -1,9 +1,9 @@
         apiVersion: v1
         data:
        -  image: web:7
        +  image: web:8
           replicas: "2"
           revision: "1"
        -  url: https://admin:***@localhost (before)
        +  url: https://admin:***@localhost (after)
         kind: ConfigMap
         metadata:
           labels:
        [stderr]
        ⚠️ identified at least one change, exiting with non-zero exit code
        [exit code 1]
        "#);
        assert_snapshot!(scene.run(&line.replace("/new", "/cluster")), @"");
        assert_snapshot!(scene.run("flux diff --from=[dir]/cluster --to=[dir]/new --path=."), @"
        📁 Kustomization/flux-system/apps (apps) changed
        ► HelmRelease/apps/web changed

        spec.values.image.tag
        ± value change
        - 7
        + 8

        ► Secret/apps/web changed

        data.password
        ± value change
        - *** (before)
        + *** (after)

        [stderr]
        ✗ 2 objects could not be compared:
          at [dir]/cluster: HelmRelease/apps/web (apps): failed to find chart web 1.x of HelmRepository apps/charts: the index of its repository is not in the cache
          at [dir]/new: HelmRelease/apps/web (apps): failed to find chart web 1.x of HelmRepository apps/charts: the index of its repository is not in the cache
          hint: add --allow-remote to fetch it, or name a directory that has it with --chart-dir
        [exit code 2]
        ");
        assert_snapshot!(scene.run("flux diff all"), @"
        [stderr]
        ✗ --base is required
          hint: for example: --base=main, the branch to compare with
        [exit code 2]
        ");
    }

    #[test]
    fn releases_are_units_of_their_own_in_json() {
        let scene = home_lab(Scene::offline()).file("new/flux/none.yaml", "");
        let line =
            "flux diff all --from=[dir]/new --to=[dir]/cluster --path=. --chart-dir=[dir]/charts -o json";
        assert_snapshot!(scene.run(line), @r#"
        {
          "version": 1,
          "differs": true,
          "kustomizations": [
            {
              "namespace": "flux-system",
              "name": "apps",
              "directory": "apps",
              "changes": [
                {
                  "action": "created",
                  "apiVersion": "helm.toolkit.fluxcd.io/v2",
                  "kind": "HelmRelease",
                  "namespace": "apps",
                  "name": "web"
                },
                {
                  "action": "created",
                  "apiVersion": "source.toolkit.fluxcd.io/v1",
                  "kind": "HelmRepository",
                  "namespace": "apps",
                  "name": "charts"
                },
                {
                  "action": "created",
                  "apiVersion": "v1",
                  "kind": "Secret",
                  "namespace": "apps",
                  "name": "web"
                }
              ]
            }
          ],
          "helmReleases": [
            {
              "namespace": "apps",
              "name": "web",
              "directory": "apps",
              "changes": [
                {
                  "action": "created",
                  "apiVersion": "apiextensions.k8s.io/v1",
                  "kind": "CustomResourceDefinition",
                  "name": "things.example.com"
                },
                {
                  "action": "created",
                  "apiVersion": "v1",
                  "kind": "Secret",
                  "namespace": "apps",
                  "name": "web"
                },
                {
                  "action": "created",
                  "apiVersion": "v1",
                  "kind": "ConfigMap",
                  "namespace": "apps",
                  "name": "web"
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
}
