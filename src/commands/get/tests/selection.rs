//! What `flux get` selects: kinds, names, states, and their order.

use insta::assert_snapshot;

use crate::testing::Scene;

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
