//! The output of `flux get` for every kind.

mod formats;
mod selection;

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
fn get_all_prints_a_table_for_each_kind() {
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
fn objects_are_selected_by_status_and_labels() {
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
