use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::testing::{Scene, schema};

const SINCE: &str = "2025-12-31T23:00:00Z";

fn object(api_version: &str, kind: &str, at: (&str, &str), rest: Value) -> Value {
    let Value::Object(rest) = rest else { return Value::Null };
    let mut object =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"namespace": at.0, "name": at.1}});
    for (field, value) in rest {
        object[field] = value;
    }
    object
}

fn ready(status: &str, message: &str) -> Value {
    json!([{"type": "Ready", "status": status, "reason": "Test", "message": message, "lastTransitionTime": SINCE}])
}

fn labeled(mut object: Value, group: &str, name: &str, namespace: &str) -> Value {
    object["metadata"]["labels"] =
        json!({format!("{group}/name"): name, format!("{group}/namespace"): namespace});
    object
}

fn kustomization(source: &Value) -> Value {
    object(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        ("flux-system", "apps"),
        json!({
            "spec": {"path": "./apps", "targetNamespace": "web", "sourceRef": source},
            "status": {"lastAppliedRevision": "main@sha1:0", "conditions": ready("False", "health check failed")},
        }),
    )
}

fn config_map() -> Value {
    let config = object("v1", "ConfigMap", ("web", "config"), json!({}));
    labeled(config, "kustomize.toolkit.fluxcd.io", "apps", "flux-system")
}

fn git() -> Value {
    object(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        ("flux-system", "fleet"),
        json!({
            "spec": {"url": "https://git.example.com/fleet", "ref": {"branch": "main"}},
            "status": {"artifact": {"revision": "main@sha1:0"}, "conditions": ready("False", "no route")},
        }),
    )
}

#[test]
fn an_object_is_traced_to_its_kustomization_and_source() {
    let scene = Scene::new()
        .object(&config_map())
        .object(&kustomization(&json!({"kind": "GitRepository", "name": "fleet"})))
        .object(&git());
    assert_snapshot!(scene.run("flux trace configmap config -n web"), @"

    Object:          ConfigMap/config
    Namespace:       web
    Status:          Managed by Flux
    ---
    Kustomization:   apps
    Namespace:       flux-system
    Target:          web
    Path:            ./apps
    Revision:        main@sha1:0
    Status:          Last reconciled at 2025-12-31 23:00:00 +0000 UTC
    Message:         health check failed
    ---
    GitRepository:   fleet
    Namespace:       flux-system
    URL:             https://git.example.com/fleet
    Branch:          main
    Revision:        main@sha1:0
    Status:          Last reconciliation failed at 2025-12-31 23:00:00 +0000 UTC
    Message:         no route
    ");
}

#[test]
fn a_pod_is_traced_through_its_owners() {
    let owned = |object: Value, api_version: &str, kind: &str, name: &str| {
        let mut object = object;
        object["metadata"]["ownerReferences"] =
            json!([{"apiVersion": api_version, "kind": kind, "name": name, "uid": name}]);
        object
    };
    let deployment = object("apps/v1", "Deployment", ("web", "web"), json!({}));
    let scene = Scene::new()
        .object(&owned(object("v1", "Pod", ("web", "web-1-x"), json!({})), "apps/v1", "ReplicaSet", "web-1"))
        .object(&owned(object("apps/v1", "ReplicaSet", ("web", "web-1"), json!({})), "apps/v1", "Deployment", "web"))
        .object(&labeled(deployment, "helm.toolkit.fluxcd.io", "web", "web"))
        .object(&object("helm.toolkit.fluxcd.io/v2", "HelmRelease", ("web", "web"), json!({
            "spec": {"chart": {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}},
            "status": {"helmChart": "web/web-web", "lastAttemptedRevision": "1.2.3", "conditions": ready("True", "installed")},
        })))
        .object(&object("source.toolkit.fluxcd.io/v1", "HelmChart", ("web", "web-web"), json!({
            "spec": {"chart": "web", "version": "1.x"}, "status": {"artifact": {"revision": "1.2.3"}},
        })))
        .object(&object("source.toolkit.fluxcd.io/v1", "HelmRepository", ("web", "charts"), json!({
            "spec": {"url": "https://charts.example.com"}, "status": {"conditions": ready("False", "no route")},
        })));
    assert_snapshot!(scene.run("flux trace pod/web-1-x -n web"), @"

    Object:         Pod/web-1-x
    Namespace:      web
    Status:         Managed by Flux
    ---
    HelmRelease:    web
    Namespace:      web
    Revision:       1.2.3
    Status:         Last reconciled at 2025-12-31 23:00:00 +0000 UTC
    Message:        installed
    ---
    HelmChart:      web-web
    Namespace:      web
    Chart:          web
    Version:        1.x
    Revision:       1.2.3
    Status:         Unknown
    ---
    HelmRepository: charts
    Namespace:      web
    URL:            https://charts.example.com
    Status:         Last reconciled at 2025-12-31 23:00:00 +0000 UTC
    Message:        no route
    ");
}

#[test]
fn what_a_resource_set_applied_comes_from_its_inputs() {
    let labels = json!({
        "resourceset.fluxcd.controlplane.io/name": "apps",
        "resourceset.fluxcd.controlplane.io/namespace": "flux-system",
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "podinfo", "namespace": "web", "labels": labels},
    });
    let scene = Scene::with_operator().object(&service);
    assert_snapshot!(scene.run("flux trace service/podinfo -n web"), @"
    Object:                   Service/podinfo
    Namespace:                web
    Status:                   Managed by Flux
    ---
    ResourceSet:              apps
    Namespace:                flux-system
    Status:                   Last reconciled at 2025-12-31 22:00:00 +0000 UTC
    Message:                  Reconciliation finished in 52ms
    ---
    ResourceSetInputProvider: pull-requests
    Namespace:                flux-system
    Type:                     GitHubPullRequest
    URL:                      https://github.com/example/app
    Status:                   Last reconciled at 2025-12-31 22:00:00 +0000 UTC
    Message:                  Reconciliation finished in 52ms
    ");
}

#[test]
fn the_origin_of_an_oci_artifact_is_shown() {
    let artifact = json!({"revision": "1.0.0@sha256:0", "metadata": {
        "org.opencontainers.image.source": "https://git.example.com/app",
        "org.opencontainers.image.revision": "v1@sha1:1"}});
    let scene = Scene::new()
        .object(&config_map())
        .object(&kustomization(&json!({"kind": "OCIRepository", "name": "fleet"})))
        .object(&object(
            "source.toolkit.fluxcd.io/v1",
            "OCIRepository",
            ("flux-system", "fleet"),
            json!({
                "spec": {"url": "oci://registry.example.com/fleet", "ref": {"semver": "1.x"}},
                "status": {"artifact": artifact},
            }),
        ));
    assert_snapshot!(scene.run("flux trace cm/config -n web"), @"

    Object:          ConfigMap/config
    Namespace:       web
    Status:          Managed by Flux
    ---
    Kustomization:   apps
    Namespace:       flux-system
    Target:          web
    Path:            ./apps
    Revision:        main@sha1:0
    Status:          Last reconciled at 2025-12-31 23:00:00 +0000 UTC
    Message:         health check failed
    ---
    OCIRepository:   fleet
    Namespace:       flux-system
    URL:             oci://registry.example.com/fleet
    Tag:             1.x
    Revision:        1.0.0@sha256:0
    Origin Revision: v1@sha1:1
    Origin Source:   https://git.example.com/app
    Status:          Unknown
    ");
}

#[test]
fn a_bucket_is_shown_as_well() {
    let scene = Scene::new()
        .object(&config_map())
        .object(&kustomization(&json!({"kind": "Bucket", "name": "fleet"})))
        .object(&object(
            "source.toolkit.fluxcd.io/v1",
            "Bucket",
            ("flux-system", "fleet"),
            json!({
                "spec": {"endpoint": "minio.example.com", "bucketName": "fleet"},
            }),
        ));
    assert_snapshot!(scene.run("flux trace cm/config -n web"), @"

    Object:          ConfigMap/config
    Namespace:       web
    Status:          Managed by Flux
    ---
    Kustomization:   apps
    Namespace:       flux-system
    Target:          web
    Path:            ./apps
    Revision:        main@sha1:0
    Status:          Last reconciled at 2025-12-31 23:00:00 +0000 UTC
    Message:         health check failed
    ---
    Bucket:          fleet
    Namespace:       flux-system
    Endpoint:        minio.example.com
    Bucket name:     fleet
    Status:          Unknown
    ");
}

#[test]
fn an_object_that_flux_does_not_manage_is_reported_and_the_others_are_traced() {
    let scene = Scene::new()
        .object(&object("v1", "Secret", ("web", "mine"), json!({})))
        .object(&config_map())
        .object(&kustomization(&json!({"kind": "GitRepository", "name": "gone"})));
    assert_snapshot!(scene.run("flux trace secret/mine cm/config -n web"), @r#"
    ---
    [stderr]
    ✗ failed to trace Secret/mine in namespace web: object not managed by Flux
    ✗ failed to trace ConfigMap/config in namespace web: failed to find GitRepository: gitrepositories.source.toolkit.fluxcd.io "gone" not found
    "#);
}

#[test]
fn json_has_every_object_with_its_steps() {
    let scene = Scene::new()
        .object(&object("v1", "Secret", ("web", "mine"), json!({})))
        .object(&config_map())
        .object(&kustomization(&json!({"kind": "GitRepository", "name": "fleet"})))
        .object(&git());
    let shown = scene.run("flux trace secret/mine cm/config -n web -o json");
    schema::check(
        &serde_json::from_str(&shown.stdout).unwrap(),
        include_str!("../../../docs/output/trace.schema.json"),
    );
    assert_snapshot!(shown, @r#"
    {
      "apiVersion": "cli.edgeflux.dev/v1",
      "kind": "TraceList",
      "items": [
        {
          "object": {
            "apiVersion": "v1",
            "kind": "Secret",
            "namespace": "web",
            "name": "mine"
          },
          "managed": false
        },
        {
          "object": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "namespace": "web",
            "name": "config"
          },
          "managed": true,
          "steps": [
            {
              "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
              "kind": "Kustomization",
              "namespace": "flux-system",
              "name": "apps",
              "path": "./apps",
              "revision": "main@sha1:0",
              "targetNamespace": "web",
              "ready": {
                "status": "False",
                "reason": "Test",
                "message": "health check failed",
                "lastTransitionTime": "2025-12-31T23:00:00Z"
              }
            },
            {
              "apiVersion": "source.toolkit.fluxcd.io/v1",
              "kind": "GitRepository",
              "namespace": "flux-system",
              "name": "fleet",
              "branch": "main",
              "revision": "main@sha1:0",
              "url": "https://git.example.com/fleet",
              "ready": {
                "status": "False",
                "reason": "Test",
                "message": "no route",
                "lastTransitionTime": "2025-12-31T23:00:00Z"
              }
            }
          ]
        }
      ]
    }
    "#);
    assert_snapshot!(scene.run("flux trace secret/mine -n web -o yaml"), @"
    apiVersion: cli.edgeflux.dev/v1
    items:
    - managed: false
      object:
        apiVersion: v1
        kind: Secret
        name: mine
        namespace: web
    kind: TraceList
    ");
}

#[test]
fn a_kind_with_its_version_needs_no_slash() {
    let scene = Scene::new().object(&object("v1", "Secret", ("web", "mine"), json!({})));
    assert_snapshot!(scene.run("flux trace mine --kind=secret --api-version=v1 -n web"), @"
    [stderr]
    ✗ failed to trace secret/mine in namespace web: object not managed by Flux
    ");
}

#[test]
fn escape_sequences_of_a_message_are_made_visible() {
    let mut git = git();
    git["status"]["conditions"] = ready("True", "\u{1b}[2Jcleared");
    let scene = Scene::new()
        .object(&config_map())
        .object(&kustomization(&json!({"kind": "GitRepository", "name": "fleet"})))
        .object(&git);
    let shown = scene.run("flux trace cm/config -n web").stdout;
    assert!(shown.contains("^[[2Jcleared") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn missing_and_wrong_input_is_refused() {
    let scene = Scene::new().object(&object("v1", "Secret", ("web", "mine"), json!({})));
    for line in [
        "",
        " secret",
        " secret/a b",
        " --kind=Secret",
        " mine --kind=Secret",
        " mine --api-version=v1",
        " mine --kind=Secret --api-version=/v1",
        " secret/mine",
        " gadget/mine",
    ] {
        let outcome = scene.run(&format!("flux trace{line}"));
        assert_eq!(outcome.code, 1, "{line}: {outcome}");
        assert!(outcome.stdout.is_empty() && outcome.stderr.contains("hint:"), "{line}: {outcome}");
    }
    assert_snapshot!(scene.run("flux trace secret/mine gadget/mine"), @r#"
    [stderr]
    ✗ secrets "mine" not found
      hint: an object with that name exists in namespace web: use --namespace web
    ✗ the server doesn't have a resource type "gadget"
      hint: `kubectl api-resources` lists the resource types of the cluster
    [exit code 1]
    "#);
}
