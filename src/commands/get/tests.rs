//! The output of `flux get` for every kind.

use insta::assert_snapshot;

use crate::kinds::{KINDS, Verb};
use crate::testing::Scene;

#[test]
fn every_kind_has_its_table() {
    let scene = Scene::with_operator();
    let mut shown = String::new();
    for kind in KINDS.iter().filter(|kind| kind.takes(Verb::Get)) {
        let line = format!("flux get {}", kind.get.words.join(" "));
        shown += &["$ ", &line, "\n", &scene.run(&line).to_string()].concat();
    }
    assert_snapshot!(shown, @"
    $ flux get sources oci
    NAME  →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    charts→main@sha1:01234567→False    →True →reconciled→
    $ flux get sources bucket
    NAME  →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    charts→main@sha1:01234567→False    →True →reconciled→
    $ flux get sources git
    NAME →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    fleet→main@sha1:01234567→False    →True →reconciled→
    $ flux get sources helm
    NAME  →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    charts→main@sha1:01234567→False    →True →reconciled→
    $ flux get sources chart
    NAME   →REVISION→SUSPENDED→READY→MESSAGE   ␠
    podinfo→6.6.2   →False    →True →reconciled→
    $ flux get sources external
    NAME →REVISION          →SOURCE              →READY→MESSAGE   ␠
    split→main@sha1:01234567→GitRepository//fleet→True →reconciled→
    $ flux get images repository
    NAME   →LAST SCAN           →SUSPENDED→READY→MESSAGE   ␠
    podinfo→2025-12-31T23:59:00Z→False    →True →reconciled→
    $ flux get images policy
    NAME   →IMAGE                       →TAG  →READY→MESSAGE   ␠
    podinfo→ghcr.io/stefanprodan/podinfo→6.6.2→True →reconciled→
    $ flux get images update
    NAME →LAST RUN            →SUSPENDED→READY→MESSAGE   ␠
    fleet→2025-12-31T23:58:00Z→False    →True →reconciled→
    $ flux get helmreleases
    NAME   →REVISION→SUSPENDED→READY→MESSAGE   ␠
    podinfo→6.6.2   →False    →True →reconciled→
    $ flux get kustomizations
    NAME →REVISION          →SUSPENDED→READY→MESSAGE                     ␠
    apps →main@sha1:01234567→False    →True →reconciled                  →
    infra→main@sha1:01234567→True     →True →reconciled                  →
    web  →                  →False    →False→kustomization path not found→
    $ flux get receivers
    NAME→SUSPENDED→READY→MESSAGE   ␠
    main→False    →True →reconciled→
    $ flux get alert-providers
    NAME→READY→MESSAGE          ␠
    main→True →Provider is Ready→
    $ flux get alerts
    NAME→SUSPENDED→READY→MESSAGE       ␠
    main→False    →True →Alert is Ready→
    $ flux get artifacts generators
    NAME→SUSPENDED→READY→MESSAGE   ␠
    main→False    →True →reconciled→
    $ flux get fluxinstances
    NAME→REVISION              →SUSPENDED→READY→MESSAGE                        ␠
    flux→v2.9.4@sha256:01234567→False    →True →Reconciliation finished in 52ms→
    $ flux get fluxreports
    NAME→LAST UPDATED        →SUSPENDED→READY→MESSAGE                        ␠
    flux→2025-12-31T22:00:00Z→False    →True →Reconciliation finished in 52ms→
    $ flux get resourcesets
    NAME→SUSPENDED→READY→MESSAGE                        ␠
    apps→False    →True →Reconciliation finished in 52ms→
    $ flux get resourcesetinputproviders
    NAME         →SUSPENDED→READY→MESSAGE                        ␠
    pull-requests→False    →True →Reconciliation finished in 52ms→
    ");
}

#[test]
fn all_kinds_follow_each_other() {
    assert_snapshot!(Scene::with_flux().run("flux get all -A"), @"
    NAMESPACE  →NAME                →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    flux-system→ocirepository/charts→main@sha1:01234567→False    →True →reconciled→

    NAMESPACE  →NAME         →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    flux-system→bucket/charts→main@sha1:01234567→False    →True →reconciled→

    NAMESPACE  →NAME               →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    flux-system→gitrepository/fleet→main@sha1:01234567→False    →True →reconciled→

    NAMESPACE  →NAME                 →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    flux-system→helmrepository/charts→main@sha1:01234567→False    →True →reconciled→

    NAMESPACE  →NAME             →REVISION→SUSPENDED→READY→MESSAGE   ␠
    flux-system→helmchart/podinfo→6.6.2   →False    →True →reconciled→

    NAMESPACE  →NAME                  →REVISION          →SOURCE              →READY→MESSAGE   ␠
    flux-system→externalartifact/split→main@sha1:01234567→GitRepository//fleet→True →reconciled→

    NAMESPACE  →NAME                   →LAST SCAN           →SUSPENDED→READY→MESSAGE   ␠
    flux-system→imagerepository/podinfo→2025-12-31T23:59:00Z→False    →True →reconciled→

    NAMESPACE  →NAME               →IMAGE                       →TAG  →READY→MESSAGE   ␠
    flux-system→imagepolicy/podinfo→ghcr.io/stefanprodan/podinfo→6.6.2→True →reconciled→

    NAMESPACE  →NAME                       →LAST RUN            →SUSPENDED→READY→MESSAGE   ␠
    flux-system→imageupdateautomation/fleet→2025-12-31T23:58:00Z→False    →True →reconciled→

    NAMESPACE  →NAME               →REVISION→SUSPENDED→READY→MESSAGE   ␠
    flux-system→helmrelease/podinfo→6.6.2   →False    →True →reconciled→

    NAMESPACE  →NAME               →REVISION          →SUSPENDED→READY→MESSAGE                     ␠
    flux-system→kustomization/apps →main@sha1:01234567→False    →True →reconciled                  →
    flux-system→kustomization/infra→main@sha1:01234567→True     →True →reconciled                  →
    flux-system→kustomization/web  →                  →False    →False→kustomization path not found→

    NAMESPACE  →NAME         →SUSPENDED→READY→MESSAGE   ␠
    flux-system→receiver/main→False    →True →reconciled→

    NAMESPACE  →NAME         →READY→MESSAGE          ␠
    flux-system→provider/main→True →Provider is Ready→

    NAMESPACE  →NAME      →SUSPENDED→READY→MESSAGE       ␠
    flux-system→alert/main→False    →True →Alert is Ready→
    ");
    assert_snapshot!(Scene::with_flux().run("flux get sources all"), @"
    NAME                →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    ocirepository/charts→main@sha1:01234567→False    →True →reconciled→

    NAME         →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    bucket/charts→main@sha1:01234567→False    →True →reconciled→

    NAME               →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    gitrepository/fleet→main@sha1:01234567→False    →True →reconciled→

    NAME                 →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    helmrepository/charts→main@sha1:01234567→False    →True →reconciled→

    NAME             →REVISION→SUSPENDED→READY→MESSAGE   ␠
    helmchart/podinfo→6.6.2   →False    →True →reconciled→

    NAME                  →REVISION          →SOURCE              →READY→MESSAGE   ␠
    externalartifact/split→main@sha1:01234567→GitRepository//fleet→True →reconciled→
    ");
}

#[test]
fn selectors_choose_objects() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get kustomizations --status-selector=ready=false"), @"
    NAME→REVISION→SUSPENDED→READY→MESSAGE                     ␠
    web →        →False    →False→kustomization path not found→
    ");
    assert_snapshot!(scene.run("flux get kustomizations --label-selector=team=web --no-header"), @"web→→False→False→kustomization path not found→");
    assert_snapshot!(scene.run("flux get kustomizations apps --show-source"), @"
    NAME→SOURCE                         →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    apps→GitRepository/flux-system/fleet→main@sha1:01234567→False    →True →reconciled→
    ");
    assert_snapshot!(scene.run("flux get kustomizations --status-selector=ready=unknown"), @"NAME→REVISION→SUSPENDED→READY→MESSAGE␠");
}

#[test]
fn an_empty_list_says_where_the_objects_are() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get kustomizations -n apps"), @r#"
    [stderr]
    ✗ no Kustomization objects found in "apps" namespace
      hint: other namespaces have such objects; choose one with --namespace (-n)
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get kustomizations missing"), @r#"
    [stderr]
    ✗ Kustomization object 'missing' not found in "flux-system" namespace
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get all -n apps"), @r#"
    [stderr]
    ⚠️ no objects found in "apps" namespace
    "#);
    assert_snapshot!(scene.run("flux get kustomizations --label-selector=a=(b"), @r#"
    [stderr]
    ✗ unable to parse label selector "a=(b": expected a value, found "("
      hint: for example: app=web,tier!=db or 'env in (prod,test)'
    [exit code 1]
    "#);
}

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

#[test]
fn several_kinds_and_names_are_listed() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get ks,hr,gitrepo"), @"
    NAME               →REVISION          →SUSPENDED→READY→MESSAGE                     ␠
    kustomization/apps →main@sha1:01234567→False    →True →reconciled                  →
    kustomization/infra→main@sha1:01234567→True     →True →reconciled                  →
    kustomization/web  →                  →False    →False→kustomization path not found→

    NAME               →REVISION→SUSPENDED→READY→MESSAGE   ␠
    helmrelease/podinfo→6.6.2   →False    →True →reconciled→

    NAME               →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    gitrepository/fleet→main@sha1:01234567→False    →True →reconciled→
    ");
    assert_snapshot!(scene.run("flux get images,receivers,ks -A --not-ready"), @"
    NAMESPACE  →NAME             →REVISION→SUSPENDED→READY→MESSAGE                     ␠
    flux-system→kustomization/web→        →False    →False→kustomization path not found→
    ");
    assert_snapshot!(scene.run("flux get -n flux-system gitrepositories"), @"
    NAME →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    fleet→main@sha1:01234567→False    →True →reconciled→
    ");
    assert_snapshot!(scene.run("flux get ks infra apps infra"), @"
    NAME →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    infra→main@sha1:01234567→True     →True →reconciled→
    apps →main@sha1:01234567→False    →True →reconciled→
    ");
    assert_snapshot!(scene.run("flux get ks infra aps"), @r#"
    NAME →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    infra→main@sha1:01234567→True     →True →reconciled→
    [stderr]
    ✗ Kustomization object 'aps' not found in "flux-system" namespace
      hint: did you mean "apps"?
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks none nothing"), @r#"
    [stderr]
    ✗ Kustomization objects 'none', 'nothing' not found in "flux-system" namespace
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks,hr apps -o name"), @"kustomization.kustomize.toolkit.fluxcd.io/apps");
    assert_snapshot!(scene.run("flux get ks,hr none -o name"), @r#"
    [stderr]
    ⚠️ no object 'none' found in "flux-system" namespace
    [exit code 1]
    "#);
}

#[test]
fn a_misspelled_kind_or_name_is_recognized() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get kustomization aps"), @r#"
    [stderr]
    ✗ Kustomization object 'aps' not found in "flux-system" namespace
      hint: did you mean "apps"?
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get kustomisations").stderr, @r#"
    ⚠️ unknown command "kustomisations" for "flux get"
      hint: did you mean "kustomizations"?
    "#);
    assert_snapshot!(scene.run("flux get source gitt").stderr, @r#"
    ⚠️ unknown command "gitt" for "flux get sources"
      hint: did you mean "git"?
    "#);
    assert_snapshot!(scene.run("flux get xyz").stderr, @r#"⚠️ unknown command "xyz" for "flux get""#);
    assert_snapshot!(scene.run("flux get ks,helmrelase"), @r#"
    [stderr]
    ✗ unknown kind "helmrelase"
      hint: did you mean "helmrelease"?
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks,xyz"), @r#"
    [stderr]
    ✗ unknown kind "xyz"
      hint: use one of: sources, images, artifacts, ocirepositories, buckets, gitrepositories, helmrepositories, helmcharts, externalartifacts, imagerepositories, imagepolicies, imageupdateautomations, helmreleases, hr, helmrelease, kustomizations, ks, kustomization, receivers, receiver, alert-providers, alert-provider, alerts, alert, artifactgenerators, fluxinstances, fluxinstance, fluxreports, fluxreport, resourcesets, rset, resourceset, resourcesetinputproviders, rsip, resourcesetinputprovider
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ,"), @r#"
    [stderr]
    ✗ "," names no kind
      hint: for example: flux get ks,hr,sources
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks,hr --bogus"), @"
    [stderr]
    ✗ unknown flag: --bogus
      hint: add --help to see commands and options
    [exit code 1]
    ");
}

#[test]
fn objects_are_selected_by_their_state() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get ks --suspended"), @"
    NAME →REVISION          →SUSPENDED→READY→MESSAGE   ␠
    infra→main@sha1:01234567→True     →True →reconciled→
    ");
    assert_snapshot!(scene.run("flux get ks --not-ready"), @"
    NAME→REVISION→SUSPENDED→READY→MESSAGE                     ␠
    web →        →False    →False→kustomization path not found→
    ");
    assert_snapshot!(scene.run("flux get images all --stale 1m -o name"), @"
    imagerepository.image.toolkit.fluxcd.io/podinfo
    imageupdateautomation.image.toolkit.fluxcd.io/fleet
    ");
    assert_snapshot!(scene.run("flux get images all --stale 90s -o name"), @"imageupdateautomation.image.toolkit.fluxcd.io/fleet");
    assert_snapshot!(scene.run("flux get ks --stale 1"), @r#"
    [stderr]
    ✗ invalid argument "1" for "--stale" flag: the duration "1" has no unit: write "1s", "1m" or "1h"
      hint: add --help to see commands and options
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks --field-selector metadata.name=web"), @"
    NAME→REVISION→SUSPENDED→READY→MESSAGE                     ␠
    web →        →False    →False→kustomization path not found→
    ");
    assert_snapshot!(scene.run("flux get ks apps --field-selector metadata.namespace=apps"), @r#"
    [stderr]
    ✗ Kustomization object 'apps' not found in "flux-system" namespace
    [exit code 1]
    "#);
}

#[test]
fn objects_are_sorted_by_a_column_or_a_path() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get ks --sort-by ready"), @"
    NAME →REVISION          →SUSPENDED→READY→MESSAGE                     ␠
    web  →                  →False    →False→kustomization path not found→
    apps →main@sha1:01234567→False    →True →reconciled                  →
    infra→main@sha1:01234567→True     →True →reconciled                  →
    ");
    assert_snapshot!(scene.run("flux get ks --sort-by suspended -o name"), @"
    kustomization.kustomize.toolkit.fluxcd.io/apps
    kustomization.kustomize.toolkit.fluxcd.io/web
    kustomization.kustomize.toolkit.fluxcd.io/infra
    ");
    assert_snapshot!(scene.run("flux get ks --sort-by {.spec.path} -o name"), @"
    kustomization.kustomize.toolkit.fluxcd.io/apps
    kustomization.kustomize.toolkit.fluxcd.io/infra
    kustomization.kustomize.toolkit.fluxcd.io/web
    ");
    assert_snapshot!(scene.run("flux get ks --sort-by .spec.suspend --no-header"), @"
    apps →main@sha1:01234567→False→True →reconciled                  →
    web  →                  →False→False→kustomization path not found→
    infra→main@sha1:01234567→True →True →reconciled                  →
    ");
    assert_snapshot!(scene.run("flux get ks --sort-by size"), @r#"
    [stderr]
    ✗ unknown column "size" in --sort-by
      hint: use one of: name, namespace, revision, suspended, ready, age, interval, source, message; or a path such as .metadata.creationTimestamp
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux get ks --sort-by .a["), @"
    [stderr]
    ✗ --sort-by: unterminated array: ] is missing
    [exit code 1]
    ");
}

#[test]
fn the_kinds_of_flux_operator_are_missing_without_it() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux get resourcesets"), @r#"
    [stderr]
    ✗ no ResourceSet objects found in "flux-system" namespace
    [exit code 1]
    "#);
    let (without, with) = (scene.run("flux get all"), Scene::with_operator().run("flux get all"));
    let without = without.to_string();
    assert_snapshot!(with.to_string().strip_prefix(&without).unwrap_or_default(), @"
    NAME             →REVISION              →SUSPENDED→READY→MESSAGE                        ␠
    fluxinstance/flux→v2.9.4@sha256:01234567→False    →True →Reconciliation finished in 52ms→

    NAME           →LAST UPDATED        →SUSPENDED→READY→MESSAGE                        ␠
    fluxreport/flux→2025-12-31T22:00:00Z→False    →True →Reconciliation finished in 52ms→

    NAME            →SUSPENDED→READY→MESSAGE                        ␠
    resourceset/apps→False    →True →Reconciliation finished in 52ms→

    NAME                                  →SUSPENDED→READY→MESSAGE                        ␠
    resourcesetinputprovider/pull-requests→False    →True →Reconciliation finished in 52ms→
    ");
}
