//! The output of `flux logs`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::testing::{Scene, schema};

fn pod(controller: &str, suffix: &str, log: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{controller}-{suffix}"), "namespace": "flux-system", "labels": {"app": controller}},
        "spec": {"containers": [{"name": "sidecar"}, {"name": "manager"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "manager", "state": {"running": {}}}]},
        "log": log,
    })
}

const KUSTOMIZE: &str = r#"2026-01-01T00:00:01.5Z {"level":"info","ts":"2026-01-01T00:00:01.5Z","msg":"starting manager"}
2026-01-01T00:00:03Z {"level":"error","ts":"2026-01-01T00:00:03Z","msg":"Reconciler error","error":"path not found","controllerKind":"Kustomization","name":"web","namespace":"apps"}
2026-01-01T00:00:05Z {"level":"info","ts":"2026-01-01T00:00:05Z","msg":"server-side apply completed","controllerKind":"Kustomization","name":"apps","namespace":"flux-system"}
"#;

const SOURCE: &str = r#"2026-01-01T00:00:02Z I0101 00:00:02 leaderelection.go:250] attempting to acquire leader lease
2026-01-01T00:00:04Z {"level":"info","ts":"2026-01-01T00:00:04Z","msg":"stored artifact","reconciler kind":"GitRepository","name":"fleet","namespace":"flux-system"}
2026-01-01T00:00:06Z panic: assignment to entry in nil map
"#;

fn scene() -> Scene {
    Scene::with_flux().object(&pod("kustomize-controller", "a", KUSTOMIZE)).object(&pod(
        "source-controller",
        "b",
        SOURCE,
    ))
}

#[test]
fn the_lines_of_all_controllers_are_merged_by_time() {
    assert_snapshot!(scene().run("flux logs -A"), @"
    2026-01-01T00:00:01.5Z info  - starting manager␠
    I0101 00:00:02 leaderelection.go:250] attempting to acquire leader lease
    2026-01-01T00:00:03Z error Kustomization/web.apps - Reconciler error path not found
    2026-01-01T00:00:04Z info GitRepository/fleet.flux-system - stored artifact␠
    2026-01-01T00:00:05Z info Kustomization/apps.flux-system - server-side apply completed␠
    panic: assignment to entry in nil map
    ");
    assert_snapshot!(scene().run("flux logs"), @"
    I0101 00:00:02 leaderelection.go:250] attempting to acquire leader lease
    2026-01-01T00:00:04Z info GitRepository/fleet.flux-system - stored artifact␠
    2026-01-01T00:00:05Z info Kustomization/apps.flux-system - server-side apply completed␠
    panic: assignment to entry in nil map
    ");
}

#[test]
fn lines_are_selected() {
    assert_snapshot!(scene().run("flux logs -A --level=error"), @"2026-01-01T00:00:03Z error Kustomization/web.apps - Reconciler error path not found");
    assert_snapshot!(scene().run("flux logs --kind=gitrepository --name=fleet"), @"2026-01-01T00:00:04Z info GitRepository/fleet.flux-system - stored artifact␠");
    assert_snapshot!(scene().run("flux logs -A --tail=1"), @"
    2026-01-01T00:00:05Z info Kustomization/apps.flux-system - server-side apply completed␠
    panic: assignment to entry in nil map
    ");
    assert_snapshot!(scene().run("flux logs -n apps --kind=Kustomization"), @"2026-01-01T00:00:03Z error Kustomization/web.apps - Reconciler error path not found");
}

#[test]
fn json_lines_are_those_of_the_controllers_with_their_pod() {
    let output = scene().run("flux logs -A -o json");
    assert_snapshot!(output, @r#"
    {"level":"info","ts":"2026-01-01T00:00:01.5Z","msg":"starting manager","deployment":"kustomize-controller","pod":"kustomize-controller-a"}
    {"deployment":"source-controller","msg":"I0101 00:00:02 leaderelection.go:250] attempting to acquire leader lease","pod":"source-controller-b","ts":"2026-01-01T00:00:02Z"}
    {"level":"error","ts":"2026-01-01T00:00:03Z","msg":"Reconciler error","error":"path not found","controllerKind":"Kustomization","name":"web","namespace":"apps","deployment":"kustomize-controller","pod":"kustomize-controller-a"}
    {"level":"info","ts":"2026-01-01T00:00:04Z","msg":"stored artifact","reconciler kind":"GitRepository","name":"fleet","namespace":"flux-system","deployment":"source-controller","pod":"source-controller-b"}
    {"level":"info","ts":"2026-01-01T00:00:05Z","msg":"server-side apply completed","controllerKind":"Kustomization","name":"apps","namespace":"flux-system","deployment":"kustomize-controller","pod":"kustomize-controller-a"}
    {"deployment":"source-controller","msg":"panic: assignment to entry in nil map","pod":"source-controller-b","ts":"2026-01-01T00:00:06Z"}
    "#);
    for line in output.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        schema::check(&line, include_str!("../../../docs/output/logs.schema.json"));
    }
}

#[test]
fn a_controller_without_a_pod_is_named() {
    let scene = Scene::with_flux().object(&pod("source-controller", "b", SOURCE));
    assert_snapshot!(scene.run("flux logs --tail=2"), @"
    2026-01-01T00:00:04Z info GitRepository/fleet.flux-system - stored artifact␠
    panic: assignment to entry in nil map
    [stderr]
    ⚠️ controller kustomize-controller has no pod in namespace flux-system
    ");
    assert_snapshot!(Scene::with_flux().run("flux logs"), @r#"
    [stderr]
    ✗ no Flux pods found in namespace "flux-system"
      hint: run `kubectl describe -n flux-system deployments` to see why these controllers have no pods: kustomize-controller, source-controller
    [exit code 1]
    "#);
    assert_snapshot!(Scene::new().run("flux logs --flux-namespace=flux"), @r#"
    [stderr]
    ✗ no Flux pods found in namespace "flux"
      hint: use --flux-namespace with the namespace that Flux is installed in
    [exit code 1]
    "#);
}

#[test]
fn a_log_that_cannot_be_read_does_not_hide_the_others() {
    let mut waiting = pod("kustomize-controller", "a", "");
    waiting["log"] = Value::Null;
    let scene = Scene::with_flux().object(&waiting).object(&pod("source-controller", "b", SOURCE));
    assert_snapshot!(scene.run("flux logs"), @r#"
    I0101 00:00:02 leaderelection.go:250] attempting to acquire leader lease
    2026-01-01T00:00:04Z info GitRepository/fleet.flux-system - stored artifact␠
    panic: assignment to entry in nil map
    [stderr]
    ⚠️ failed to read the log of Pod/flux-system/kustomize-controller-a: container "manager" in pod is waiting to start: ContainerCreating
    ✗ failed to collect logs from all Flux pods
    [exit code 1]
    "#);
}

#[test]
fn invalid_arguments_are_refused() {
    assert_snapshot!(scene().run("flux logs --level=warn"), @r#"
    [stderr]
    ✗ invalid argument "warn" for "--level" flag: unsupported log level 'warn', must be one of: debug, info, error
      hint: add --help to see commands and options
    [exit code 1]
    "#);
    assert_snapshot!(scene().run("flux logs --since=1m --since-time=2026-01-01T00:00:00Z"), @"
    [stderr]
    ✗ at most one of `sinceTime` or `sinceDuration` may be specified
      hint: use either --since or --since-time
    [exit code 1]
    ");
    assert_snapshot!(scene().run("flux logs --since-time=yesterday"), @"
    [stderr]
    ✗ yesterday is not a valid (RFC3339) time
      hint: for example: --since-time=2026-01-31T12:00:00Z
    [exit code 1]
    ");
    assert_snapshot!(scene().run("flux logs --since=1d"), @r#"
    [stderr]
    ✗ invalid argument "1d" for "--since" flag: unknown unit "d" in the duration "1d": use ns, us, ms, s, m or h
      hint: add --help to see commands and options
    [exit code 1]
    "#);
    assert_snapshot!(scene().run("flux logs apps"), @r#"
    [stderr]
    ✗ unknown command "apps" for "flux logs"
      hint: this command takes flags only; add --help to see them
    [exit code 1]
    "#);
    assert_snapshot!(scene().run("flux logs -o yaml"), @r#"
    [stderr]
    ✗ invalid argument "yaml" for "--output" flag: must be one of: json
      hint: add --help to see commands and options
    [exit code 1]
    "#);
}
