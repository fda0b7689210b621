//! `flux test`: renders the appliers of a repository and checks what they render, without a cluster.

mod base;
mod changes;
mod junit;
mod platforms;
mod report;
mod schemas;
mod validate;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use self::platforms::Platforms;
use self::report::Format;
use self::validate::{Outcome, Rules, Tests};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::appliers::ApplierArgs;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::output::Report;

/// Exit code if nothing could be tested; 1 means that a test failed.
const TROUBLE: u8 = 2;

/// The arguments of `flux test`.
#[derive(Debug, Args)]
pub struct TestAppliers {
    #[command(flatten)]
    appliers: ApplierArgs,
    /// Directory with schemas: CRDs, JSON schemas as kubeconform names them, or Kubernetes' OpenAPI documents; can be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    schemas: Vec<PathBuf>,
    /// Warn about changes that hurt since the working tree branched off this revision, or from this directory
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// Warn about images without a build for these processors, such as amd64,arm64,arm/v7; needs --images or --allow-remote
    #[arg(long, value_delimiter = ',', value_name = "ARCHITECTURES")]
    arch: Vec<String>,
    /// File with images and their platforms, for --arch; registries are not asked for these
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    images: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    fail_on_warnings: bool,
    /// Output format: table, junit, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Format::parse)]
    output: Format,
}

impl Described for TestAppliers {
    const ABOUT: About = About::new("test", "Check that a repository renders, and that its objects are valid")
        .details(
            "Renders Kustomizations and HelmReleases as flux build all does, without a cluster, and validates the \
             objects as the API server would. A test passes if everything renders and no object is invalid.\n\n\
             Schemas are those of Flux, the CRDs in the repository and in charts, and --schemas. Objects without a \
             schema are counted; only their metadata, quantities and selectors are checked. Rules in CEL are not \
             evaluated.\n\n\
             With --base, warnings name changes that hurt: immutable fields, volumes that shrink, objects that are \
             pruned, and Kustomizations that are suspended or renamed.\n\n\
             Exits with 0 if no test failed, with 1 if one did, and with 2 if nothing could be tested.",
        )
        .usage("(<NAME>... | --all)")
        .examples(&[
            ("Test everything that a cluster gets", "flux test --all --path ./clusters/edge-1 --allow-remote"),
            ("Warn about changes since a branch", "flux test --all --path clusters/edge-1 --base main"),
            ("Validate objects of Kubernetes too", "flux test --all --schemas ./schemas"),
            ("Write a report for GitHub or GitLab", "flux test --all -o junit > report.xml"),
        ]);
    const USAGE_EXIT_CODE: Option<u8> = Some(TROUBLE);
}

impl Command for TestAppliers {
    async fn run(self, context: &Context) -> Result<()> {
        let trouble = |error: Error| match error.kind() {
            ErrorKind::Interrupted | ErrorKind::BrokenPipe => error,
            _ => error.code(TROUBLE),
        };
        let tests = self.tests(context).await.map_err(trouble)?;
        self.show(context, &tests)
    }
}

impl TestAppliers {
    async fn tests(&self, context: &Context) -> Result<Tests> {
        self.appliers.check("flux test --all --path=./clusters/edge-1")?;
        let allow_remote = self.appliers.repository.sources.allow_remote;
        let mut platforms = Platforms::read(context, &self.arch, self.images.as_deref(), allow_remote)?;
        let (appliers, repository, mut changes) = match &self.base {
            None => {
                let (appliers, repository) = self.appliers.render(context, true).await?;
                (appliers, repository, BTreeMap::new())
            }
            Some(base) => base::render(context, &self.appliers, base).await?,
        };
        for warning in &appliers.warnings {
            context.ui.warning(warning);
        }
        changes.retain(|id, _| self.appliers.is_selected(id));
        if let Some(platforms) = platforms.as_mut().filter(|_| allow_remote) {
            platforms.ask(&self.appliers.repository.fetcher(context)?, &appliers).await;
        }
        let schemas = schemas::collect(&self.schemas, &repository, &appliers)?;
        let rules = Rules { schemas, platforms, clock: context.clock };
        Ok(Tests::of(self.appliers.selected(appliers)?, &rules, changes))
    }

    /// Prints the results.
    ///
    /// # Errors
    /// A test failed.
    fn show(&self, context: &Context, tests: &Tests) -> Result<()> {
        self.output.print(&Report::new(&context.ui), tests)?;
        report::explain(context, tests);
        let failed = tests.count(Outcome::Fail);
        let warned = tests.tests.iter().filter(|test| !test.warnings.is_empty()).count();
        if failed > 0 {
            return Err(Error::failed(format!("{failed} of {} tests failed", tests.tests.len())));
        }
        if self.fail_on_warnings && warned > 0 {
            return Err(Error::failed(format!("{warned} of {} tests have warnings", tests.tests.len())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::{Scene, home_lab, schema};

    fn kustomization(name: &str, more: &str) -> String {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
             metadata:\n  name: {name}\n  namespace: flux-system\n\
             spec:\n  interval: 10m\n  prune: true\n  path: ./{name}\n{more}  sourceRef:\n    kind: GitRepository\n    name: flux-system\n"
        )
    }

    const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: apps\n";

    const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1}
              mode: {type: string, enum: [fast, slow]}
";

    const THING: &str = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: thing\n  namespace: apps\nspec:\n  size: 1\n";

    fn scene() -> Scene {
        Scene::offline()
            .file("fleet/.git/HEAD", "ref: refs/heads/main\n")
            .file("fleet/clusters/edge/apps.yaml", &kustomization("apps", ""))
            .file("fleet/apps/config.yaml", CONFIG)
            .file("fleet/crds/thing.yaml", CRD)
            .file("fleet/apps/thing.yaml", THING)
    }

    #[test]
    fn valid_objects_pass_and_those_without_a_schema_are_counted() {
        assert_snapshot!(scene().run("flux test --all --path=[dir]/fleet"), @"
        RESULT→KIND         →NAMESPACE  →NAME→OBJECTS→TIME →REASON␠
        PASS  →Kustomization→flux-system→apps→2      →0.00s→      →
        [stderr]
        not validated, since the schema is unknown: 1 ConfigMap (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        1 passed, 0 failed, 0 skipped
        ");
    }

    #[test]
    fn invalid_objects_fail_with_their_file() {
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\nmetadata:\n  name: old\n  namespace: apps\n";
        let repository = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata:\n  name: charts\n  \
                          namespace: apps\nspec:\n  intervall: 1h\n  url: ftp://example.org\n";
        let scene = scene()
            .file("fleet/apps/thing.yaml", &THING.replace("size: 1", "size: 0\n  mode: medium"))
            .file("fleet/apps/repository.yaml", repository)
            .file("fleet/apps/release.yaml", release);
        assert_snapshot!(scene.run("flux test apps --path=[dir]/fleet"), @r#"
        RESULT→KIND         →NAMESPACE  →NAME→OBJECTS→TIME →REASON                    ␠
        FAIL  →Kustomization→flux-system→apps→4      →0.00s→3 of 4 objects are invalid→
        [stderr]
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): HelmRelease/apps/old (apps/release.yaml): no matches for kind "HelmRelease" in version "helm.toolkit.fluxcd.io/v2beta1"; its versions are: v2
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): HelmRepository/apps/charts (apps/repository.yaml): spec.intervall: field not declared in schema; did you mean interval?
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): HelmRepository/apps/charts (apps/repository.yaml): spec.url: Invalid value: "ftp://example.org": spec.url in body should match '^(http|https|oci)://.*$'
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): Thing/apps/thing (apps/thing.yaml): spec.mode: Unsupported value: "medium": supported values: "fast", "slow"
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): Thing/apps/thing (apps/thing.yaml): spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1
        not validated, since the schema is unknown: 1 ConfigMap (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        0 passed, 1 failed, 0 skipped
        ✗ 1 of 1 tests failed
        [exit code 1]
        "#);
    }

    #[test]
    fn what_does_not_render_fails_and_what_is_elsewhere_is_skipped() {
        let other = kustomization("other", "").replace("name: flux-system\n", "name: other\n");
        let url = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: other\n  \
                   namespace: flux-system\nspec:\n  interval: 1h\n  url: https://example.org/other\n";
        let scene = scene()
            .file("fleet/clusters/edge/broken.yaml", &kustomization("broken", ""))
            .file("fleet/broken/kustomization.yaml", "resources:\n- missing.yaml\n")
            .file("fleet/clusters/edge/other.yaml", &format!("{other}---\n{url}"));
        let line = "flux test --all --path=[dir]/fleet";
        assert_snapshot!(scene.run(line), @"
        RESULT→KIND         →NAMESPACE  →NAME  →OBJECTS→TIME →REASON                                                                                                                                                        ␠
        PASS  →Kustomization→flux-system→apps  →2      →0.00s→                                                                                                                                                              →
        FAIL  →Kustomization→flux-system→broken→0      →0.00s→it does not render                                                                                                                                            →
        SKIP  →Kustomization→flux-system→other →0      →0.00s→GitRepository/flux-system/other or its path is not in this repository; if it is on this machine, add --local-sources=GitRepository/flux-system/other=DIRECTORY→
        [stderr]
        ✗ Kustomization/flux-system/broken (defined in clusters/edge): kustomize build failed: kustomization.yaml: missing.yaml: no such file or directory
        not validated, since the schema is unknown: 1 ConfigMap (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        1 passed, 1 failed, 1 skipped
        ✗ 1 of 3 tests failed
        [exit code 1]
        ");
        assert_snapshot!(scene.run(&format!("{line} -o junit")), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="flux test" tests="3" failures="1" errors="0" skipped="1" time="0.000">
          <testsuite name="elsewhere" tests="1" failures="0" errors="0" skipped="1" time="0.000">
            <testcase classname="Kustomization.flux-system" name="other" time="0.000">
              <skipped message="GitRepository/flux-system/other or its path is not in this repository; if it is on this machine, add --local-sources=GitRepository/flux-system/other=DIRECTORY"/>
            </testcase>
          </testsuite>
          <testsuite name="clusters/edge" tests="2" failures="1" errors="0" skipped="0" time="0.000">
            <testcase classname="Kustomization.flux-system" name="apps" time="0.000">
            </testcase>
            <testcase classname="Kustomization.flux-system" name="broken" time="0.000">
              <failure message="it does not render" type="invalid">kustomize build failed: kustomization.yaml: missing.yaml: no such file or directory</failure>
            </testcase>
          </testsuite>
        </testsuites>
        [stderr]
        ✗ Kustomization/flux-system/broken (defined in clusters/edge): kustomize build failed: kustomization.yaml: missing.yaml: no such file or directory
        not validated, since the schema is unknown: 1 ConfigMap (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        1 passed, 1 failed, 1 skipped
        ✗ 1 of 3 tests failed
        [exit code 1]
        "#);
        let document = scene.run(&format!("{line} -o json")).stdout;
        let document = serde_json::from_str(&document).unwrap();
        schema::check(&document, include_str!("../../../docs/output/test.schema.json"));
    }

    #[test]
    fn releases_are_tested_with_their_charts() {
        let scene = home_lab(Scene::offline());
        let line = "flux test --all --path=[dir]/cluster --chart-dir=[dir]/charts";
        assert_snapshot!(scene.run(line), @"
        RESULT→KIND         →NAMESPACE  →NAME→OBJECTS→TIME →REASON␠
        PASS  →Kustomization→flux-system→apps→3      →0.00s→      →
        PASS  →HelmRelease  →apps       →web →3      →0.00s→      →
        [stderr]
        not validated, since the schema is unknown: 1 CustomResourceDefinition (apiextensions.k8s.io/v1), 1 ConfigMap (v1), 2 Secret (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        2 passed, 0 failed, 0 skipped
        ");
    }

    #[test]
    fn schemas_of_a_directory_are_used() {
        let scene = scene()
            .file(
                "schemas/configmap-v1.json",
                r#"{"type": "object", "required": ["data"], "properties": {"data": {"type": "object"}}}"#,
            )
            .file(
                "schemas/example.com/thing_v1.json",
                r#"{"type": "object", "properties": {"spec": {"type": "object", "required": ["color"]}}}"#,
            );
        assert_snapshot!(scene.run("flux test --all --path=[dir]/fleet --schemas=[dir]/schemas"), @"
        RESULT→KIND         →NAMESPACE  →NAME→OBJECTS→TIME →REASON                    ␠
        FAIL  →Kustomization→flux-system→apps→2      →0.00s→2 of 2 objects are invalid→
        [stderr]
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): ConfigMap/apps/config (apps/config.yaml): data: Required value
        ✗ Kustomization/flux-system/apps (defined in clusters/edge): Thing/apps/thing (apps/thing.yaml): spec.color: Required value
        0 passed, 1 failed, 0 skipped
        ✗ 1 of 1 tests failed
        [exit code 1]
        ");
    }

    const SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
  namespace: apps
spec:
  serviceName: db
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      resources:
        requests:
          storage: 2Gi
";

    #[test]
    fn changes_that_hurt_are_warned_about() {
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n";
        let scene = Scene::offline()
            .file("old/clusters/apps.yaml", &kustomization("apps", ""))
            .file("old/clusters/data.yaml", &kustomization("data", ""))
            .file("old/clusters/old.yaml", &kustomization("old", ""))
            .file("old/old/config.yaml", &CONFIG.replace("name: config", "name: other"))
            .file("old/apps/config.yaml", &format!("{CONFIG}immutable: true\ndata:\n  a: b\n"))
            .file("old/apps/namespace.yaml", namespace)
            .file("old/data/set.yaml", SET)
            .file("new/.git/HEAD", "ref: refs/heads/main\n")
            .file("new/.git/objects/.keep", "")
            .file("new/.git/refs/.keep", "")
            .file("new/clusters/apps.yaml", &kustomization("apps", ""))
            .file("new/clusters/data.yaml", &kustomization("data", ""))
            .file("new/clusters/new.yaml", &kustomization("new", "").replace("./new", "./old"))
            .file("new/old/config.yaml", &CONFIG.replace("name: config", "name: other"))
            .file("new/apps/config.yaml", &format!("{CONFIG}immutable: true\ndata:\n  a: c\n"))
            .file(
                "new/data/set.yaml",
                &SET.replace("2Gi", "1Gi").replace("serviceName: db", "serviceName: other"),
            );
        let line = "flux test --all --path=[dir]/new --base=[dir]/old";
        assert_snapshot!(scene.run(line), @"
        RESULT→KIND         →NAMESPACE  →NAME→OBJECTS→TIME →REASON       ␠
        PASS  →Kustomization→flux-system→apps→1      →0.00s→             →
        PASS  →Kustomization→flux-system→data→1      →0.00s→             →
        PASS  →Kustomization→flux-system→new →1      →0.00s→             →
        SKIP  →Kustomization→flux-system→old →0      →0.00s→it is removed→
        [stderr]
        ⚠️ Kustomization/flux-system/apps (defined in clusters): ConfigMap/apps/config (apps/config.yaml): data is immutable: the API server refuses the change
        ⚠️ Kustomization/flux-system/apps (defined in clusters): Namespace/apps (apps/namespace.yaml): is deleted, and with it every object in the namespace
        ⚠️ Kustomization/flux-system/data (defined in clusters): StatefulSet/apps/db (data/set.yaml): spec.volumeClaimTemplates[0].spec.resources.requests.storage shrinks from 2Gi to 1Gi, which the API server refuses
        ⚠️ Kustomization/flux-system/data (defined in clusters): StatefulSet/apps/db (data/set.yaml): spec.serviceName is immutable: the API server refuses the change
        ⚠️ Kustomization/flux-system/data (defined in clusters): StatefulSet/apps/db (data/set.yaml): spec.volumeClaimTemplates is immutable: the API server refuses the change
        ⚠️ Kustomization/flux-system/old (defined in clusters): is renamed to Kustomization/flux-system/new, which prunes the objects of the old one while the new one creates them
        not validated, since the schema is unknown: 1 StatefulSet (apps/v1), 2 ConfigMap (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        3 passed, 0 failed, 1 skipped
        ");
        assert_eq!(scene.run(&format!("{line} --fail-on-warnings")).code, 1);
    }

    #[test]
    fn images_without_a_build_for_a_processor_are_warned_about() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: apps\nspec:\n  containers:\n  \
                   - name: web\n    image: web:1\n  - name: log\n    image: log:1\n";
        let images = r#"{"items": [{"image": "web:1", "platforms": ["linux/amd64", "linux/arm64"]}]}"#;
        let scene = scene().file("fleet/apps/pod.yaml", pod).file("images.json", images);
        let line = "flux test --all --path=[dir]/fleet --arch=arm64,arm/v7 --images=[dir]/images.json";
        assert_snapshot!(scene.run(line), @"
        RESULT→KIND         →NAMESPACE  →NAME→OBJECTS→TIME →REASON␠
        PASS  →Kustomization→flux-system→apps→3      →0.00s→      →
        [stderr]
        ⚠️ Kustomization/flux-system/apps (defined in clusters/edge): Pod/apps/web (apps/pod.yaml): the platforms of image log:1 are unknown: --images does not list them
        ⚠️ Kustomization/flux-system/apps (defined in clusters/edge): Pod/apps/web (apps/pod.yaml): image web:1 has no build for arm/v7
        not validated, since the schema is unknown: 1 ConfigMap (v1), 1 Pod (v1)
          hint: add --schemas with a directory of schemas; see docs/test.md
        1 passed, 0 failed, 0 skipped
        ");
    }

    #[test]
    fn wrong_arguments_exit_with_2() {
        let scene = scene()
            .file("empty/.keep", "")
            .file("bad/thing-v1.json", "{")
            .file("bad/crd.yaml", "kind: CustomResourceDefinition\n a: b\n")
            .file("images.json", "[]")
            .file("platforms.json", r#"{"items": [{"image": "a", "platforms": "amd64"}]}"#)
            .file("nameless.json", r#"{"items": [{}]}"#);
        for (arguments, message) in [
            ("--path=[dir]/fleet", "a name or --all is required"),
            ("--all apps --path=[dir]/fleet", "--all selects everything, but apps was given"),
            ("nope --path=[dir]/fleet", "there is no Kustomization or HelmRelease named \"nope\""),
            ("--all --path=[dir]/missing", "is not a directory"),
            ("--all --path=[dir]/fleet/apps", "no Flux Kustomization found"),
            ("--all --path=[dir]/fleet -o xml", "use table, junit, json, yaml"),
            ("--all --path=[dir]/fleet -o jsonpath={.a", "invalid template"),
            (
                "--all --path=[dir]/fleet --schemas=[dir]/missing",
                "--schemas: [dir]/missing is not a directory",
            ),
            (
                "--all --path=[dir]/fleet --schemas=[dir]/empty",
                "--schemas: there is no schema in [dir]/empty",
            ),
            ("--all --path=[dir]/fleet --schemas=[dir]/bad", "--schemas: [dir]/bad/crd.yaml"),
            ("--all --path=[dir]/fleet --arch=arm64", "--images is required"),
            ("--all --path=[dir]/fleet --images=[dir]/images.json", "--arch is required"),
            ("--all --path=[dir]/fleet --arch=arm64 --images=[dir]/missing", "no such file"),
            ("--all --path=[dir]/fleet --arch=arm64 --images=[dir]/images.json", "it has no list of items"),
            ("--all --path=[dir]/fleet --arch=arm64 --images=[dir]/nameless.json", "an item has no image"),
            (
                "--all --path=[dir]/fleet --arch=arm64 --images=[dir]/platforms.json",
                "are not a list of texts",
            ),
            ("--all --path=[dir]/fleet --base=nope", "\"nope\" is not a revision"),
            ("--all --path=[dir]/fleet --var=1", "--var: expected NAME=VALUE"),
            ("--all --path=[dir]/fleet --offline --allow-remote", "cannot be used together"),
        ] {
            let outcome = scene.run(&format!("flux test {arguments}"));
            assert!(outcome.stderr.contains(message), "{arguments}: {outcome}");
            assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments}");
        }
    }
}
