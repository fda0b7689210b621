use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::testing::{Scene, schema};

fn object(kind: &str, namespace: &str, name: &str, rest: &Value) -> Value {
    let kind = crate::kinds::by_name(kind).unwrap();
    let mut object = json!({"apiVersion": kind.api_version(), "kind": kind.kind,
        "metadata": {"name": name, "namespace": namespace, "generation": 1}, "spec": {"interval": "10m"}});
    for part in ["metadata", "spec", "status"] {
        for (field, value) in rest[part].as_object().into_iter().flatten() {
            object[part][field] = value.clone();
        }
    }
    object
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2025-12-31T23:15:00Z", "observedGeneration": 1})
}

fn reports(conditions: &[Value]) -> Value {
    json!({"status": {"observedGeneration": 1, "conditions": conditions}})
}

/// Flux with objects in every state.
fn scene() -> Scene {
    let waits = "dependency 'flux-system/web' is not ready";
    let retries = [
        condition("Ready", "False", "UpgradeFailed", "Helm upgrade failed:\ntimed out \u{1b}[31mred"),
        condition("Stalled", "True", "RetriesExceeded", "gave up"),
    ];
    let mut old = reports(&[condition("Ready", "True", "Succeeded", "applied")]);
    old["status"]["history"] = json!([{"lastReconciled": "2025-12-31T20:00:00Z", "lastReconciledStatus": "ReconciliationSucceeded"}]);
    Scene::with_flux()
        .object(&object(
            "Kustomization",
            "apps",
            "late",
            &reports(&[condition("Ready", "False", "DependencyNotReady", waits)]),
        ))
        .object(&object(
            "Kustomization",
            "apps",
            "new",
            &json!({"metadata": {"creationTimestamp": "2025-12-31T23:59:30Z"}}),
        ))
        .object(&object("Kustomization", "apps", "old", &old))
        .object(&object(
            "HelmRelease",
            "apps",
            "a-release-with-a-name-that-is-longer-than-a-phone-is-wide",
            &reports(&retries),
        ))
        .object(&object(
            "GitRepository",
            "apps",
            "never",
            &reports(&[condition("Ready", "False", "GitOperationFailed", "no route to host")]),
        ))
}

/// A cluster with one object, which is ready, and one controller.
fn healthy() -> Scene {
    Scene::new()
        .object(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "source-controller", "namespace": "flux-system", "generation": 1,
                "labels": {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.0"}},
            "spec": {"replicas": 1},
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
                "availableReplicas": 1, "conditions": [{"type": "Available", "status": "True"}]},
        }))
        .object(&object("GitRepository", "flux-system", "fleet", &json!({"status": {
            "observedGeneration": 1, "conditions": [condition("Ready", "True", "Succeeded", "stored artifact")],
            "artifact": {"revision": "main@sha1:0", "lastUpdateTime": "2025-12-31T23:00:00Z"}}})))
}

#[test]
fn the_screen_names_causes_and_next_steps() {
    assert_snapshot!(scene().run("flux status"), @"
    ✗ not healthy: 3 failed, 1 waiting, 1 progressing, 1 stale, 16 of 22 objects ready, 1 suspended
      Flux v2.8.0, bootstrapped, Kubernetes 1.34.1, 2 of 2 controllers ready

    Not ready
    ✗ Kustomization flux-system/web: failed
      kustomization path not found
      next: flux events --for Kustomization/web -n flux-system
    ✗ GitRepository apps/never: failed for 45m
      no route to host
      next: flux events --for GitRepository/never -n apps
    ✗ HelmRelease apps/a-release-with-a-name-that-is-longer-than-a-phone-is-wide: failed for 45m
      Helm upgrade failed:
      timed out ^[[31mred
      next: flux reconcile helmrelease a-release-with-a-name-that-is-longer-than-a-phone-is-wide -n apps
      --reset
    ◎ Kustomization apps/late: waiting for 45m
      dependency 'flux-system/web' is not ready
      next: flux events --for Kustomization/late -n apps
    ◎ Kustomization apps/new: progressing for 30s
      no status has been reported yet
      next: flux events --for Kustomization/new -n apps

    Stale
    Kustomization apps/old, last reconciled 4h ago
      next: flux logs --kind=Kustomization --name=old --namespace=apps --since=1h

    KIND                   READY  FAILED  PENDING  SUSPENDED
    OCIRepository              1       -        -          -
    Bucket                     1       -        -          -
    GitRepository              1       1        -          -
    HelmRepository             1       -        -          -
    HelmChart                  1       -        -          -
    ExternalArtifact           1       -        -          -
    ImageRepository            1       -        -          -
    ImagePolicy                1       -        -          -
    ImageUpdateAutomation      1       -        -          -
    HelmRelease                1       1        -          -
    Kustomization              2       1        2          1
    Receiver                   1       -        -          -
    Provider                   1       -        -          -
    Alert                      1       -        -          -
    ArtifactGenerator          1       -        -          -

    Suspended
    Kustomization flux-system/infra

    Sources, last fetched
    Bucket flux-system/charts, never
    ExternalArtifact flux-system/split, never
    GitRepository apps/never, never
    GitRepository flux-system/fleet, never
    HelmChart flux-system/podinfo, never
    HelmRepository flux-system/charts, never
    OCIRepository flux-system/charts, never
    [exit code 1]
    ");
}

#[test]
fn a_healthy_cluster_exits_with_0() {
    assert_snapshot!(healthy().run("flux status"), @"
    ✔ healthy: 1 of 1 objects ready
      Flux (unknown version), Kubernetes 1.34.1, 1 of 1 controllers ready

    KIND           READY  FAILED  PENDING  SUSPENDED
    GitRepository      1       -        -          -

    Sources, last fetched
    GitRepository flux-system/fleet, 60m ago
    ");
    assert_snapshot!(healthy().run("flux status --nagios"), @"OK - 1 of 1 objects ready|ready=1;;;0 failed=0;;0;0 waiting=0;0;;0 progressing=0;;;0 suspended=0;;;0 stale=0;0;;0 controllers_down=0;;0;0");
    // An object that has just been created is no problem.
    let new = object(
        "Kustomization",
        "apps",
        "new",
        &json!({"metadata": {"creationTimestamp": "2025-12-31T23:59:30Z"}}),
    );
    assert_eq!(healthy().object(&new).run("flux status").code, 0);
    assert_eq!(healthy().run("flux status --stale 1h").code, 0);
}

#[test]
fn the_screen_fits_a_phone() {
    let output = scene().columns(60).run("flux status");
    assert_snapshot!(output, @"
    ✗ not healthy: 3 failed, 1 waiting, 1 progressing, 1 stale,
      16 of 22 objects ready, 1 suspended
      Flux v2.8.0, bootstrapped, Kubernetes 1.34.1, 2 of 2
      controllers ready

    Not ready
    ✗ Kustomization flux-system/web: failed
      kustomization path not found
      next: flux events --for Kustomization/web -n flux-system
    ✗ GitRepository apps/never: failed for 45m
      no route to host
      next: flux events --for GitRepository/never -n apps
    ✗ HelmRelease
      apps/a-release-with-a-name-that-is-longer-than-a-phone-is-
      wide: failed for 45m
      Helm upgrade failed:
      timed out ^[[31mred
      next: flux reconcile helmrelease
      a-release-with-a-name-that-is-longer-than-a-phone-is-wide
      -n apps --reset
    ◎ Kustomization apps/late: waiting for 45m
      dependency 'flux-system/web' is not ready
      next: flux events --for Kustomization/late -n apps
    ◎ Kustomization apps/new: progressing for 30s
      no status has been reported yet
      next: flux events --for Kustomization/new -n apps

    Stale
    Kustomization apps/old, last reconciled 4h ago
      next: flux logs --kind=Kustomization --name=old
      --namespace=apps --since=1h

    KIND                   READY  FAILED  PENDING  SUSPENDED
    OCIRepository              1       -        -          -
    Bucket                     1       -        -          -
    GitRepository              1       1        -          -
    HelmRepository             1       -        -          -
    HelmChart                  1       -        -          -
    ExternalArtifact           1       -        -          -
    ImageRepository            1       -        -          -
    ImagePolicy                1       -        -          -
    ImageUpdateAutomation      1       -        -          -
    HelmRelease                1       1        -          -
    Kustomization              2       1        2          1
    Receiver                   1       -        -          -
    Provider                   1       -        -          -
    Alert                      1       -        -          -
    ArtifactGenerator          1       -        -          -

    Suspended
    Kustomization flux-system/infra

    Sources, last fetched
    Bucket flux-system/charts, never
    ExternalArtifact flux-system/split, never
    GitRepository apps/never, never
    GitRepository flux-system/fleet, never
    HelmChart flux-system/podinfo, never
    HelmRepository flux-system/charts, never
    OCIRepository flux-system/charts, never
    [exit code 1]
    ");
}

#[test]
fn nagios_gets_one_line_and_its_exit_codes() {
    assert_snapshot!(scene().run("flux status --nagios"), @"
    CRITICAL - 3 failed, 1 waiting, 1 progressing, 1 stale, 16 of 22 objects ready, 1 suspended; Kustomization flux-system/web: kustomization path not found|ready=16;;;0 failed=3;;0;0 waiting=1;0;;0 progressing=1;;;0 suspended=1;;;0 stale=1;0;;0 controllers_down=0;;0;0
    [exit code 2]
    ");
    let waits = object(
        "Kustomization",
        "apps",
        "late",
        &reports(&[condition("Ready", "False", "DependencyNotReady", "a | b\nc")]),
    );
    assert_snapshot!(healthy().object(&waits).run("flux status --nagios"), @"
    WARNING - 1 waiting, 1 of 2 objects ready; Kustomization apps/late: a ¦ b c|ready=1;;;0 failed=0;;0;0 waiting=1;0;;0 progressing=0;;;0 suspended=0;;;0 stale=0;0;;0 controllers_down=0;;0;0
    [exit code 1]
    ");
    assert_snapshot!(Scene::new().run("flux status --nagios"), @"
    CRITICAL - no controllers, 0 of 0 objects ready|ready=0;;;0 failed=0;;0;0 waiting=0;0;;0 progressing=0;;;0 suspended=0;;;0 stale=0;0;;0 controllers_down=0;;0;0
    [exit code 2]
    ");
}

#[test]
fn metrics_follow_the_text_format() {
    let output = healthy().run("flux status -o prometheus").stdout;
    // Most kinds have no objects.
    let lines: Vec<&str> = output.lines().filter(|line| !line.ends_with("} 0")).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    # HELP flux_healthy Whether Flux and everything it manages is healthy (1) or not (0).
    # TYPE flux_healthy gauge
    flux_healthy 1
    # HELP flux_info Versions of Flux and Kubernetes.
    # TYPE flux_info gauge
    flux_info{version="unknown",kubernetes="1.34.1"} 1
    # HELP flux_controller_ready Whether a controller of Flux is ready (1) or not (0).
    # TYPE flux_controller_ready gauge
    flux_controller_ready{namespace="flux-system",name="source-controller"} 1
    # HELP flux_objects Objects of a kind in a state.
    # TYPE flux_objects gauge
    flux_objects{kind="GitRepository",state="ready"} 1
    # HELP flux_objects_stale Objects of a kind that were not reconciled in time.
    # TYPE flux_objects_stale gauge
    # HELP flux_object_not_ready_since_timestamp_seconds Unix time since which an object has not been ready; 0 if unknown.
    # TYPE flux_object_not_ready_since_timestamp_seconds gauge
    # HELP flux_source_fetched_timestamp_seconds Unix time at which the artifact of a source was fetched; 0 if it has none.
    # TYPE flux_source_fetched_timestamp_seconds gauge
    flux_source_fetched_timestamp_seconds{kind="GitRepository",namespace="flux-system",name="fleet"} 1767222000
    # HELP flux_status_requests_refused Requests that the API server denied for lack of permission.
    # TYPE flux_status_requests_refused gauge
    flux_status_requests_refused 0
    # HELP flux_status_timestamp_seconds Unix time at which the status was read from the cluster.
    # TYPE flux_status_timestamp_seconds gauge
    flux_status_timestamp_seconds 1767225600
    "#);
    assert_eq!(scene().run("flux status -o prometheus").code, 1);
}

#[test]
fn json_has_the_documented_form() {
    for scene in [scene(), healthy(), Scene::with_operator()] {
        for line in ["flux status -o json", "flux status -o json -n flux-system"] {
            let output: Value = serde_json::from_str(&scene.run(line).stdout).unwrap();
            schema::check(&output, include_str!("../../../docs/output/status.schema.json"));
        }
    }
    let output: Value = serde_json::from_str(&scene().run("flux status -o json").stdout).unwrap();
    assert_snapshot!(output["notReady"][0].to_string(), @r#"{"kind":"Kustomization","message":"kustomization path not found","name":"web","namespace":"flux-system","next":"flux events --for Kustomization/web -n flux-system","reason":"Test","state":"failed"}"#);
    assert_snapshot!(output["flux"].to_string(), @r#"{"bootstrapped":true,"version":"v2.8.0"}"#);
}

#[test]
fn a_namespace_limits_the_objects() {
    assert_snapshot!(scene().run("flux status -n flux-system"), @"
    ✗ not healthy: 1 failed, 15 of 17 objects ready, 1 suspended
      Flux v2.8.0, bootstrapped, Kubernetes 1.34.1, 2 of 2 controllers ready, namespace flux-system

    Not ready
    ✗ Kustomization flux-system/web: failed
      kustomization path not found
      next: flux events --for Kustomization/web -n flux-system

    KIND                   READY  FAILED  PENDING  SUSPENDED
    OCIRepository              1       -        -          -
    Bucket                     1       -        -          -
    GitRepository              1       -        -          -
    HelmRepository             1       -        -          -
    HelmChart                  1       -        -          -
    ExternalArtifact           1       -        -          -
    ImageRepository            1       -        -          -
    ImagePolicy                1       -        -          -
    ImageUpdateAutomation      1       -        -          -
    HelmRelease                1       -        -          -
    Kustomization              1       1        -          1
    Receiver                   1       -        -          -
    Provider                   1       -        -          -
    Alert                      1       -        -          -
    ArtifactGenerator          1       -        -          -

    Suspended
    Kustomization flux-system/infra

    Sources, last fetched
    Bucket flux-system/charts, never
    ExternalArtifact flux-system/split, never
    GitRepository flux-system/fleet, never
    HelmChart flux-system/podinfo, never
    HelmRepository flux-system/charts, never
    OCIRepository flux-system/charts, never
    [exit code 1]
    ");
}

#[test]
fn a_missing_flux_and_invalid_arguments_are_reported() {
    assert_snapshot!(Scene::new().run("flux status"), @"
    ✗ not healthy: no controllers, 0 of 0 objects ready
      Flux (unknown version), Kubernetes 1.34.1

    Not ready
    ✗ no Flux controllers found
      next: flux check
    [exit code 1]
    ");
    assert_snapshot!(scene().run("flux status --nagios -o json"), @"
    [stderr]
    ✗ the argument '--nagios[=<BOOL>]' cannot be used with '--output <FORMAT>'
      hint: add --help to see commands and options
    [exit code 1]
    ");
    assert_snapshot!(scene().run("flux status -o xml"), @r#"
    [stderr]
    ✗ invalid argument "xml" for "--output" flag: use text, prometheus, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
      hint: add --help to see commands and options
    [exit code 1]
    "#);
    assert_snapshot!(scene().run("flux status apps"), @r#"
    [stderr]
    ✗ unknown command "apps" for "flux status"
      hint: this command takes flags only; add --help to see them
    [exit code 1]
    "#);
}
