//! `flux migrate`.

mod cluster;
mod files;
mod upgrades;
mod versions;

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};

/// Extensions of files that are migrated unless `--extensions` names others.
const EXTENSIONS: [&str; 2] = [".yaml", ".yml"];

/// The arguments of `flux migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// File or directory to migrate; without it, the cluster is migrated
    #[arg(short = 'f', long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// Extensions of the files to migrate, with --path [default: .yaml,.yml]
    #[arg(short, long, value_name = "EXTENSION", action = ArgAction::Append, value_parser = values::list)]
    extensions: Vec<List>,
    /// Minor version of Flux to migrate files to, with --path [default: the version of this command]
    #[arg(id = "flux_version", short = 'v', long = "version", value_name = "VERSION")]
    version: Option<String>,
    /// Migrate files without asking for confirmation, with --path
    #[arg(short, long)]
    yes: bool,
    /// Show the changes to files without making them, with --path
    #[arg(long)]
    dry_run: bool,
}

impl Described for Migrate {
    const ABOUT: About = About::new("migrate", "Migrate Flux objects to their latest API version")
        .details(
            "Run this command before you upgrade Flux to another minor version. Without --path, all Flux \
             objects in the cluster are stored again in the latest API version, which requires the \
             permissions of a cluster administrator.\n\n\
             With --path, the API versions in manifests are changed, and nothing else in these files. \
             Templates are skipped unless --extensions names their extension.",
        )
        .examples(&[
            ("Migrate the objects in the cluster", "flux migrate"),
            ("Show what would change in a repository", "flux migrate -f . --dry-run"),
            ("Migrate the files of a repository to Flux 2.6", "flux migrate -f . --version=2.6 --yes"),
        ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Migrate {
    async fn run(self, context: &Context) -> Result<()> {
        let version = self.version.filter(|version| !version.is_empty());
        let extensions = List::all(self.extensions);
        let Some(path) = self.path.filter(|path| !path.as_os_str().is_empty()) else {
            if self.dry_run {
                return Err(Error::usage("--dry-run applies to files only").hint("add --path with the files"));
            }
            if version.is_some() || self.yes || !extensions.is_empty() {
                context
                    .ui
                    .warning("ignored without --path: --version, --yes and --extensions apply to files only");
            }
            return cluster::migrate(context).await;
        };
        let latest = versions::of(version.as_deref())?;
        let templates = !extensions.is_empty();
        let extensions =
            if templates { extensions } else { EXTENSIONS.iter().map(ToString::to_string).collect() };
        files::Migration { path, extensions, templates, yes: self.yes, dry_run: self.dry_run, latest }
            .run(context)
            .await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::Scene;

    const OLD: &str = "# The source.\napiVersion: source.toolkit.fluxcd.io/v1beta2 # old\nkind: GitRepository\n\
                       metadata: {name: apps}\n---\nkind: ImagePolicy\napiVersion: \"image.toolkit.fluxcd.io/v1beta2\"\n";

    #[test]
    fn a_dry_run_shows_what_would_change() {
        let scene = Scene::offline().file("fleet/apps.yaml", OLD).file("fleet/notes.txt", OLD);
        assert_snapshot!(scene.run("flux migrate -f [dir]/fleet --dry-run"), @r#"
        [stderr]
        ► starting migration of custom resources
        ✚ [dir]/fleet/apps.yaml:2: GitRepository v1beta2 -> v1
        ✚ [dir]/fleet/apps.yaml:7: ImagePolicy v1beta2 -> v1
        --- a/[dir]/fleet/apps.yaml
        +++ b/[dir]/fleet/apps.yaml
        @@ -1,7 +1,7 @@
         # The source.
        -apiVersion: source.toolkit.fluxcd.io/v1beta2 # old
        +apiVersion: source.toolkit.fluxcd.io/v1 # old
         kind: GitRepository
         metadata: {name: apps}
         ---
         kind: ImagePolicy
        -apiVersion: "image.toolkit.fluxcd.io/v1beta2"
        +apiVersion: "image.toolkit.fluxcd.io/v1"
        ✔ dry-run mode enabled, no changes will be made
        "#);
        assert_eq!(scene.read("fleet/apps.yaml"), OLD);
    }

    #[test]
    fn only_versions_change() {
        let scene = Scene::offline().file("fleet/apps.yaml", OLD);
        assert_snapshot!(scene.run("flux migrate -f [dir]/fleet --yes --version=2.6"), @"
        [stderr]
        ► starting migration of custom resources
        ✚ [dir]/fleet/apps.yaml:2: GitRepository v1beta2 -> v1
        ✔ file [dir]/fleet/apps.yaml migrated successfully
        ✔ custom resources migrated successfully
        ");
        assert_eq!(scene.read("fleet/apps.yaml"), OLD.replacen("v1beta2", "v1", 1));
        assert_snapshot!(scene.run("flux migrate -f [dir]/fleet/apps.yaml --yes"), @"
        [stderr]
        ► starting migration of custom resources
        ✚ [dir]/fleet/apps.yaml:7: ImagePolicy v1beta2 -> v1
        ✔ file [dir]/fleet/apps.yaml migrated successfully
        ✔ custom resources migrated successfully
        ");
        assert_eq!(scene.read("fleet/apps.yaml"), OLD.replace("v1beta2", "v1"));
        assert_snapshot!(scene.run("flux migrate -f [dir]/fleet"), @"
        [stderr]
        ► starting migration of custom resources
        ✔ no custom resources found that require migration
        ");
    }

    #[test]
    fn templates_are_left_alone_unless_their_extension_is_named() {
        let template = "{{ if .x }}\napiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: Bucket\n{{ end }}\n";
        let scene = Scene::offline().file("chart/bucket.yaml", template);
        assert_snapshot!(scene.run("flux migrate -f [dir]/chart --yes"), @"
        [stderr]
        ► starting migration of custom resources
        ⚠️ skipping [dir]/chart/bucket.yaml, which has Bucket v1beta2 -> v1: it is a template; name its extension with --extensions to migrate it line by line
        ✔ no other custom resources found that require migration
        ");
        assert_eq!(scene.read("chart/bucket.yaml"), template);
        assert_snapshot!(scene.run("flux migrate -f [dir]/chart --yes --extensions=.yaml,.tpl"), @"
        [stderr]
        ► starting migration of custom resources
        ✚ [dir]/chart/bucket.yaml:2: Bucket v1beta2 -> v1
        ✔ file [dir]/chart/bucket.yaml migrated successfully
        ✔ custom resources migrated successfully
        ");
        assert_eq!(scene.read("chart/bucket.yaml"), template.replace("v1beta2", "v1"));
    }

    #[test]
    fn what_cannot_be_migrated_is_refused() {
        let scene = Scene::offline().file("apps.yaml", OLD).file("apps.txt", OLD);
        for line in [
            "flux migrate --dry-run",
            "flux migrate -f [dir]/missing",
            "flux migrate -f [dir]/apps.txt",
            "flux migrate -f [dir]/apps.yaml --version=1.0",
            "flux migrate -f [dir]/apps.yaml",
            "flux migrate apps.yaml",
        ] {
            let outcome = scene.run(line);
            assert_eq!(outcome.code, 1, "{line}: {outcome}");
        }
        assert_snapshot!(scene.run("flux migrate --dry-run"), @"
        [stderr]
        ✗ --dry-run applies to files only
          hint: add --path with the files
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux migrate -f [dir]/missing"), @"
        [stderr]
        ► starting migration of custom resources
        ✗ failed to stat path [dir]/missing: no such file
          hint: check the path given with --path
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux migrate -f [dir]/apps.txt"), @"
        [stderr]
        ► starting migration of custom resources
        ✗ file [dir]/apps.txt does not match the specified extensions: .yaml, .yml
          hint: add --extensions with its extension
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux migrate -f [dir]/apps.yaml --version=1.0"), @"
        [stderr]
        ✗ version 1.0 is not supported, supported versions are: 2.9, 2.8, 2.7, 2.6
          hint: name a minor version of Flux: --version=2.9
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux migrate -f [dir]/apps.yaml"), @"
        [stderr]
        ► starting migration of custom resources
        ✚ [dir]/apps.yaml:2: GitRepository v1beta2 -> v1
        ✚ [dir]/apps.yaml:7: ImagePolicy v1beta2 -> v1
        ✗ aborting: confirmation is required, and there is no terminal to ask on
          hint: add --yes to continue without confirmation
        [exit code 1]
        ");
        assert_eq!(scene.read("apps.yaml"), OLD);
    }

    fn crd(stored: &[&str]) -> Value {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "buckets.source.toolkit.fluxcd.io", "labels": {"app.kubernetes.io/part-of": "flux"}},
            "spec": {
                "group": "source.toolkit.fluxcd.io", "scope": "Namespaced",
                "names": {"kind": "Bucket", "plural": "buckets"},
                "versions": [{"name": "v1", "storage": true}, {"name": "v1beta2", "storage": false}],
            },
            "status": {"storedVersions": stored},
        })
    }

    #[test]
    fn objects_in_the_cluster_are_stored_again_and_old_versions_are_forgotten() {
        let bucket = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket",
            "metadata": {
                "name": "apps", "namespace": "flux-system",
                "managedFields": [{"manager": "flux", "apiVersion": "source.toolkit.fluxcd.io/v1beta2"}],
            },
        });
        let scene = Scene::new().object(&crd(&["v1beta2", "v1"])).object(&bucket);
        assert_snapshot!(scene.run("flux migrate"), @"
        [stderr]
        ► starting migration of custom resources
        ✔ Bucket/flux-system/apps migrated to version v1
        ✔ buckets.source.toolkit.fluxcd.io migrated to storage version v1
        ✔ custom resources migrated successfully
        ");
        let name = "buckets.source.toolkit.fluxcd.io";
        let crd = scene.live("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name);
        assert_eq!(crd["status"]["storedVersions"], json!(["v1"]));
        let bucket = scene.live("source.toolkit.fluxcd.io/v1", "Bucket", "flux-system", "apps");
        assert_eq!(bucket["metadata"]["managedFields"][0]["apiVersion"], "source.toolkit.fluxcd.io/v1");
        assert_snapshot!(scene.run("flux migrate"), @"
        [stderr]
        ► starting migration of custom resources
        ✔ Bucket/flux-system/apps migrated to version v1
        ✔ custom resources migrated successfully
        ");
    }
}
