//! The formats of `flux get` for programs, and the wide table.

use insta::assert_snapshot;

use crate::testing::Scene;

#[test]
fn objects_are_printed_as_kubectl_does() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get kustomization apps -o json"), @r#"
    {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "generation": 1,
            "name": "apps",
            "namespace": "flux-system",
            "resourceVersion": "29"
        },
        "spec": {
            "interval": "10m",
            "path": "./apps",
            "postBuild": {
                "substitute": {
                    "CLUSTER": "edge"
                }
            },
            "prune": true,
            "sourceRef": {
                "kind": "GitRepository",
                "name": "fleet"
            }
        },
        "status": {
            "conditions": [
                {
                    "message": "reconciled",
                    "observedGeneration": 1,
                    "reason": "Test",
                    "status": "True",
                    "type": "Ready"
                }
            ],
            "lastAppliedRevision": "main@sha1:0123456789abcdef0123456789abcdef01234567",
            "observedGeneration": 1
        }
    }
    "#);
    assert_snapshot!(scene.run("flux get kustomizations -o json -l team=web"), @r#"
    {
        "apiVersion": "v1",
        "items": [
            {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": {
                    "generation": 1,
                    "labels": {
                        "team": "web"
                    },
                    "name": "web",
                    "namespace": "flux-system",
                    "resourceVersion": "35"
                },
                "spec": {
                    "interval": "10m",
                    "path": "./web",
                    "prune": true,
                    "sourceRef": {
                        "kind": "GitRepository",
                        "name": "fleet"
                    }
                },
                "status": {
                    "conditions": [
                        {
                            "message": "kustomization path not found",
                            "observedGeneration": 1,
                            "reason": "Test",
                            "status": "False",
                            "type": "Ready"
                        }
                    ],
                    "observedGeneration": 1
                }
            }
        ],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    "#);
    assert_snapshot!(scene.run("flux get kustomizations apps web -o yaml"), @r#"
    apiVersion: v1
    items:
    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata:
        generation: 1
        name: apps
        namespace: flux-system
        resourceVersion: "29"
      spec:
        interval: 10m
        path: ./apps
        postBuild:
          substitute:
            CLUSTER: edge
        prune: true
        sourceRef:
          kind: GitRepository
          name: fleet
      status:
        conditions:
        - message: reconciled
          observedGeneration: 1
          reason: Test
          status: "True"
          type: Ready
        lastAppliedRevision: main@sha1:0123456789abcdef0123456789abcdef01234567
        observedGeneration: 1
    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata:
        generation: 1
        labels:
          team: web
        name: web
        namespace: flux-system
        resourceVersion: "35"
      spec:
        interval: 10m
        path: ./web
        prune: true
        sourceRef:
          kind: GitRepository
          name: fleet
      status:
        conditions:
        - message: kustomization path not found
          observedGeneration: 1
          reason: Test
          status: "False"
          type: Ready
        observedGeneration: 1
    kind: List
    metadata:
      resourceVersion: ""
    "#);
    assert_snapshot!(scene.run("flux get kustomization apps -o yaml"), @r#"
    apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata:
      generation: 1
      name: apps
      namespace: flux-system
      resourceVersion: "29"
    spec:
      interval: 10m
      path: ./apps
      postBuild:
        substitute:
          CLUSTER: edge
      prune: true
      sourceRef:
        kind: GitRepository
        name: fleet
    status:
      conditions:
      - message: reconciled
        observedGeneration: 1
        reason: Test
        status: "True"
        type: Ready
      lastAppliedRevision: main@sha1:0123456789abcdef0123456789abcdef01234567
      observedGeneration: 1
    "#);
    assert_snapshot!(scene.run("flux get all -o name"), @"
    ocirepository.source.toolkit.fluxcd.io/charts
    bucket.source.toolkit.fluxcd.io/charts
    gitrepository.source.toolkit.fluxcd.io/fleet
    helmrepository.source.toolkit.fluxcd.io/charts
    helmchart.source.toolkit.fluxcd.io/podinfo
    externalartifact.source.toolkit.fluxcd.io/split
    imagerepository.image.toolkit.fluxcd.io/podinfo
    imagepolicy.image.toolkit.fluxcd.io/podinfo
    imageupdateautomation.image.toolkit.fluxcd.io/fleet
    helmrelease.helm.toolkit.fluxcd.io/podinfo
    kustomization.kustomize.toolkit.fluxcd.io/apps
    kustomization.kustomize.toolkit.fluxcd.io/infra
    kustomization.kustomize.toolkit.fluxcd.io/web
    receiver.notification.toolkit.fluxcd.io/main
    provider.notification.toolkit.fluxcd.io/main
    alert.notification.toolkit.fluxcd.io/main
    ");
}

#[test]
fn no_objects_are_an_empty_list_for_programs() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get kustomizations -n apps -o json"), @r#"
    {
        "apiVersion": "v1",
        "items": [],
        "kind": "List",
        "metadata": {
            "resourceVersion": ""
        }
    }
    "#);
    assert_snapshot!(scene.run("flux get all -n apps -o yaml"), @r#"
    apiVersion: v1
    items: []
    kind: List
    metadata:
      resourceVersion: ""
    "#);
    assert_snapshot!(scene.run("flux get all -n apps -o name"), @"");
    assert_snapshot!(scene.run("flux get all -n apps -o custom-columns=NAME:.metadata.name"), @"NAME");
    assert_snapshot!(scene.run("flux get all -n apps -o jsonpath=<{.items[*].metadata.name}>"), @"<>");
}

#[test]
fn templates_see_the_object_or_the_list() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get ks apps -o jsonpath={.spec.path}"), @"./apps");
    assert_snapshot!(scene.run("flux get ks -o jsonpath={.items[*].metadata.name}"), @"apps infra web");
    assert_snapshot!(scene.run("flux get ks -o jsonpath={.items[0].metadata.name}{.kind}"), @"appsList");
    assert_snapshot!(scene.run("flux get images all -o jsonpath={range@.items[*]}{.kind}/{.metadata.name}{\"\\n\"}{end}"), @"
    ImageRepository/podinfo
    ImagePolicy/podinfo
    ImageUpdateAutomation/fleet
    ");
    assert_snapshot!(scene.run("flux get ks apps -o custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type==\"Ready\")].status,NONE:.none"), @"
    NAME   READY   NONE
    apps   True    <none>
    ");
    assert_snapshot!(scene.run("flux get ks,hr --no-header -o custom-columns=KIND:.kind,SOURCE:.spec.sourceRef"), @"
    Kustomization   map[kind:GitRepository name:fleet]
    Kustomization   map[kind:GitRepository name:fleet]
    Kustomization   map[kind:GitRepository name:fleet]
    HelmRelease     <none>
    ");
    assert_snapshot!(scene.run("flux get ks apps -o jsonpath=name"), @"
    name[stderr]
    ⚠️ the template has no expression in braces, and is printed as it is
    ");
    assert_snapshot!(scene.run("flux get ks -o jsonpath={.items[9].kind}"), @"
    [stderr]
    ✗ the list does not fit the template: array index out of bounds: index 9, length 3
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux get ks apps -o jsonpath={.spec[0]}"), @"
    [stderr]
    ✗ Kustomization/flux-system/apps does not fit the template: an object is not a list
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux get ks -o jsonpath={.items"), @r#"
    [stderr]
    ✗ invalid argument "jsonpath={.items" for "--output" flag: invalid template "{.items": unclosed action: } is missing
      hint: add --help to see commands and options
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks -o xml"), @r#"
    [stderr]
    ✗ invalid argument "xml" for "--output" flag: use table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
      hint: add --help to see commands and options
    [exit code 1]
    "#);
}

#[test]
fn a_wide_table_has_age_interval_and_source() {
    let scene = Scene::with_flux().object(&serde_json::json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "new", "namespace": "flux-system", "creationTimestamp": "2025-12-31T23:58:30Z"},
        "spec": {"url": "https://git.example.com/new", "interval": "5m"},
    }));
    assert_snapshot!(scene.run("flux get sources git -o wide"), @"
    NAME →REVISION          →SUSPENDED→READY→AGE→INTERVAL→SOURCE                       →MESSAGE                 ␠
    fleet→main@sha1:01234567→False    →True →   →1m      →https://git.example.com/fleet→reconciled              →
    new  →                  →False    →False→90s→5m      →https://git.example.com/new  →waiting to be reconciled→
    ");
    assert_snapshot!(scene.run("flux get all -o wide"), @"
    NAME                →REVISION          →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    ocirepository/charts→main@sha1:01234567→False    →True →   →10m     →      →reconciled→

    NAME         →REVISION          →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    bucket/charts→main@sha1:01234567→False    →True →   →10m     →      →reconciled→

    NAME               →REVISION          →SUSPENDED→READY→AGE→INTERVAL→SOURCE                       →MESSAGE                 ␠
    gitrepository/fleet→main@sha1:01234567→False    →True →   →1m      →https://git.example.com/fleet→reconciled              →
    gitrepository/new  →                  →False    →False→90s→5m      →https://git.example.com/new  →waiting to be reconciled→

    NAME                 →REVISION          →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    helmrepository/charts→main@sha1:01234567→False    →True →   →10m     →      →reconciled→

    NAME             →REVISION→SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    helmchart/podinfo→6.6.2   →False    →True →   →        →      →reconciled→

    NAME                  →REVISION          →SOURCE              →READY→AGE→INTERVAL→MESSAGE   ␠
    externalartifact/split→main@sha1:01234567→GitRepository//fleet→True →   →        →reconciled→

    NAME                   →LAST SCAN           →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    imagerepository/podinfo→2025-12-31T23:59:00Z→False    →True →   →10m     →      →reconciled→

    NAME               →IMAGE                       →TAG  →READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    imagepolicy/podinfo→ghcr.io/stefanprodan/podinfo→6.6.2→True →   →        →      →reconciled→

    NAME                       →LAST RUN            →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    imageupdateautomation/fleet→2025-12-31T23:58:00Z→False    →True →   →10m     →      →reconciled→

    NAME               →REVISION→SUSPENDED→READY→AGE→INTERVAL→SOURCE                           →MESSAGE   ␠
    helmrelease/podinfo→6.6.2   →False    →True →   →10m     →HelmRepository/flux-system/charts→reconciled→

    NAME               →REVISION          →SUSPENDED→READY→AGE→INTERVAL→SOURCE                         →MESSAGE                     ␠
    kustomization/apps →main@sha1:01234567→False    →True →   →10m     →GitRepository/flux-system/fleet→reconciled                  →
    kustomization/infra→main@sha1:01234567→True     →True →   →10m     →GitRepository/flux-system/fleet→reconciled                  →
    kustomization/web  →                  →False    →False→   →10m     →GitRepository/flux-system/fleet→kustomization path not found→

    NAME         →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE   ␠
    receiver/main→False    →True →   →        →      →reconciled→

    NAME         →READY→AGE→INTERVAL→SOURCE→MESSAGE          ␠
    provider/main→True →   →        →      →Provider is Ready→

    NAME      →SUSPENDED→READY→AGE→INTERVAL→SOURCE→MESSAGE       ␠
    alert/main→False    →True →   →        →      →Alert is Ready→
    ");
    assert_snapshot!(scene.run("flux get ks apps -o wide --show-source"), @"
    NAME→SOURCE                         →REVISION          →SUSPENDED→READY→AGE→INTERVAL→MESSAGE   ␠
    apps→GitRepository/flux-system/fleet→main@sha1:01234567→False    →True →   →10m     →reconciled→
    ");
}
