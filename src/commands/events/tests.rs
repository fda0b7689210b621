//! The output of `flux events`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::testing::Scene;

fn event(namespace: &str, object: &str, time: &str, message: &str) -> Value {
    let (kind, name) = object.split_once('/').expect("a kind and a name");
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{name}.{time}"), "namespace": namespace, "managedFields": [{"manager": "x"}]},
        "involvedObject": {"kind": kind, "name": name, "namespace": namespace},
        "type": if message.contains("failed") { "Warning" } else { "Normal" },
        "reason": "Progressing", "message": message, "count": 1,
        "firstTimestamp": format!("2025-12-31T{time}Z"), "lastTimestamp": format!("2025-12-31T{time}Z"),
    })
}

fn scene() -> Scene {
    [
        event("flux-system", "Kustomization/apps", "23:59:00", "applied revision 2"),
        event("flux-system", "Kustomization/web", "23:58:30", "build failed:\nno such directory"),
        event("flux-system", "GitRepository/fleet", "23:50:00", "stored artifact"),
        event("flux-system", "HelmChart/flux-system-podinfo", "22:00:00", "pulled chart"),
        event("flux-system", "HelmRelease/podinfo", "21:00:00", "upgraded"),
        event("flux-system", "Pod/web-1", "23:59:30", "not one of Flux"),
        event("apps", "Kustomization/apps", "20:00:00", "another namespace"),
        event("apps", "Provider/main", "20:00:00", "\u{1b}[31mred\u{1b}[0m"),
    ]
    .iter()
    .fold(Scene::with_flux(), Scene::object)
}

#[test]
fn events_of_flux_objects_are_shown_oldest_first() {
    assert_snapshot!(scene().run("flux events"), @"
    LAST SEEN→TYPE   →REASON     →OBJECT                       →MESSAGE           ␠
    3h       →Normal →Progressing→HelmRelease/podinfo          →upgraded          →
    120m     →Normal →Progressing→HelmChart/flux-system-podinfo→pulled chart      →
    10m      →Normal →Progressing→GitRepository/fleet          →stored artifact   →
    90s      →Warning→Progressing→Kustomization/web            →build failed:     →
             →       →           →                             →no such directory →
    60s      →Normal →Progressing→Kustomization/apps           →applied revision 2→
    ");
    assert_snapshot!(scene().run("flux events -A --types=normal"), @"
    NAMESPACE  →LAST SEEN→TYPE  →REASON     →OBJECT                       →MESSAGE           ␠
    apps       →4h       →Normal→Progressing→Kustomization/apps           →another namespace →
    apps       →4h       →Normal→Progressing→Provider/main                →^[[31mred^[[0m    →
    flux-system→3h       →Normal→Progressing→HelmRelease/podinfo          →upgraded          →
    flux-system→120m     →Normal→Progressing→HelmChart/flux-system-podinfo→pulled chart      →
    flux-system→10m      →Normal→Progressing→GitRepository/fleet          →stored artifact   →
    flux-system→60s      →Normal→Progressing→Kustomization/apps           →applied revision 2→
    ");
    assert_snapshot!(scene().run("flux events --types=warning,Normal --types Warning -n apps"), @"
    LAST SEEN→TYPE  →REASON     →OBJECT            →MESSAGE          ␠
    4h       →Normal→Progressing→Kustomization/apps→another namespace→
    4h       →Normal→Progressing→Provider/main     →^[[31mred^[[0m   →
    ");
}

#[test]
fn events_of_an_object_include_those_of_what_it_refers_to() {
    assert_snapshot!(scene().run("flux events --for kustomization/apps"), @"
    LAST SEEN→TYPE  →REASON     →OBJECT             →MESSAGE           ␠
    10m      →Normal→Progressing→GitRepository/fleet→stored artifact   →
    60s      →Normal→Progressing→Kustomization/apps →applied revision 2→
    ");
    assert_snapshot!(scene().run("flux events --for HelmRelease/podinfo"), @"
    LAST SEEN→TYPE  →REASON     →OBJECT                       →MESSAGE     ␠
    3h       →Normal→Progressing→HelmRelease/podinfo          →upgraded    →
    120m     →Normal→Progressing→HelmChart/flux-system-podinfo→pulled chart→
    ");
    assert_snapshot!(scene().run("flux events --for Kustomization/apps -A"), @"
    NAMESPACE  →LAST SEEN→TYPE  →REASON     →OBJECT             →MESSAGE           ␠
    apps       →4h       →Normal→Progressing→Kustomization/apps →another namespace →
    flux-system→10m      →Normal→Progressing→GitRepository/fleet→stored artifact   →
    flux-system→60s      →Normal→Progressing→Kustomization/apps →applied revision 2→
    ");
    assert_snapshot!(scene().run("flux events --for Kustomization"), @"
    LAST SEEN→TYPE   →REASON     →OBJECT            →MESSAGE           ␠
    90s      →Warning→Progressing→Kustomization/web →build failed:     →
             →       →           →                  →no such directory →
    60s      →Normal →Progressing→Kustomization/apps→applied revision 2→
    ");
}

#[test]
fn the_namespace_may_follow_the_name_of_the_object() {
    let scene = scene().object(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "apps"},
        "spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}},
    }));
    assert_snapshot!(scene.run("flux events --for Kustomization/apps.apps"), @"
    NAMESPACE  →LAST SEEN→TYPE  →REASON     →OBJECT             →MESSAGE          ␠
    apps       →4h       →Normal→Progressing→Kustomization/apps →another namespace→
    flux-system→10m      →Normal→Progressing→GitRepository/fleet→stored artifact  →
    ");
}

#[test]
fn without_events_nothing_but_a_message_is_shown() {
    assert_snapshot!(scene().run("flux events -n empty"), @"
    [stderr]
    ✗ No events found in empty namespace.
    ");
    assert_snapshot!(scene().run("flux events -A --for Receiver"), @"
    [stderr]
    ✗ No events found.
    ");
    assert_snapshot!(scene().run("flux events -n empty -o json"), @r#"
    {
        "apiVersion": "v1",
        "items": [],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    [stderr]
    ✗ No events found in empty namespace.
    "#);
    assert_snapshot!(scene().run("flux events -n empty -o yaml"), @r#"
    apiVersion: v1
    items: []
    kind: List
    metadata:
      resourceVersion: ""
    [stderr]
    ✗ No events found in empty namespace.
    "#);
}

#[test]
fn json_and_yaml_are_lists_of_whole_objects() {
    assert_snapshot!(scene().run("flux events --for HelmRelease/podinfo -o json"), @r#"
    {
        "apiVersion": "v1",
        "items": [
            {
                "apiVersion": "v1",
                "count": 1,
                "firstTimestamp": "2025-12-31T21:00:00Z",
                "involvedObject": {
                    "kind": "HelmRelease",
                    "name": "podinfo",
                    "namespace": "flux-system"
                },
                "kind": "Event",
                "lastTimestamp": "2025-12-31T21:00:00Z",
                "message": "upgraded",
                "metadata": {
                    "generation": 1,
                    "name": "podinfo.21:00:00",
                    "namespace": "flux-system",
                    "resourceVersion": "41"
                },
                "reason": "Progressing",
                "type": "Normal"
            },
            {
                "apiVersion": "v1",
                "count": 1,
                "firstTimestamp": "2025-12-31T22:00:00Z",
                "involvedObject": {
                    "kind": "HelmChart",
                    "name": "flux-system-podinfo",
                    "namespace": "flux-system"
                },
                "kind": "Event",
                "lastTimestamp": "2025-12-31T22:00:00Z",
                "message": "pulled chart",
                "metadata": {
                    "generation": 1,
                    "name": "flux-system-podinfo.22:00:00",
                    "namespace": "flux-system",
                    "resourceVersion": "40"
                },
                "reason": "Progressing",
                "type": "Normal"
            }
        ],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    "#);
    assert_snapshot!(scene().run("flux events --for GitRepository/fleet -o yaml"), @r#"
    apiVersion: v1
    items:
    - apiVersion: v1
      count: 1
      firstTimestamp: "2025-12-31T23:50:00Z"
      involvedObject:
        kind: GitRepository
        name: fleet
        namespace: flux-system
      kind: Event
      lastTimestamp: "2025-12-31T23:50:00Z"
      message: stored artifact
      metadata:
        generation: 1
        name: fleet.23:50:00
        namespace: flux-system
        resourceVersion: "39"
      reason: Progressing
      type: Normal
    kind: List
    metadata:
      resourceVersion: ""
    "#);
}

#[test]
fn invalid_arguments_are_refused() {
    assert_snapshot!(scene().run("flux events --types Bad"), @"
    [stderr]
    ✗ type 'Bad' not supported. Supported types are Normal, Warning
      hint: for example: --types=Warning
    [exit code 1]
    ");
    assert_snapshot!(scene().run("flux events --for Pod/web"), @"
    [stderr]
    ✗ 'Pod' is not a recognized Flux kind
      hint: write --for KIND or --for KIND/NAME with one of OCIRepository, Bucket, GitRepository, HelmRepository, HelmChart, ExternalArtifact, ImageRepository, ImagePolicy, ImageUpdateAutomation, HelmRelease, Kustomization, Receiver, Provider, Alert, ArtifactGenerator, FluxInstance, FluxReport, ResourceSet, ResourceSetInputProvider
    [exit code 1]
    ");
    assert_snapshot!(scene().run("flux events --for Kustomization/missing"), @r#"
    [stderr]
    ✗ kustomizations.kustomize.toolkit.fluxcd.io "missing" not found
    [exit code 1]
    "#);
    assert_snapshot!(scene().run("flux events -o csv"), @r#"
    [stderr]
    ✗ invalid argument "csv" for "--output" flag: use table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
      hint: add --help to see commands and options
    [exit code 1]
    "#);
}

#[test]
fn events_have_the_formats_of_get() {
    let mut reported = event("flux-system", "Kustomization/db", "23:59:10", "health check failed");
    reported["source"] = json!({"component": "kustomize-controller"});
    let scene = scene().object(&reported);
    let run = |format: &str| scene.run(&format!("flux events --types Warning -o {format}")).to_string();
    assert_snapshot!(run("wide"), @"
    LAST SEEN→TYPE   →REASON     →OBJECT           →MESSAGE            →REPORTED BY         ␠
    90s      →Warning→Progressing→Kustomization/web→build failed:      →                    →
             →       →           →                 →no such directory  →                    →
    50s      →Warning→Progressing→Kustomization/db →health check failed→kustomize-controller→
    ");
    assert_snapshot!(run("name"), @"
    event/web.23:58:30
    event/db.23:59:10
    ");
    assert_snapshot!(run("jsonpath={.items[*].involvedObject.name}"), @"web db");
    assert_snapshot!(run("custom-columns=TYPE:.type,ON:.involvedObject.kind"), @"
    TYPE      ON
    Warning   Kustomization
    Warning   Kustomization
    ");
}
