//! The output of `flux reconcile`.

use insta::assert_snapshot;
use serde_json::json;

use crate::kinds::REQUESTED_AT;
use crate::testing::Scene;

#[test]
fn the_request_carries_the_time_of_the_clock() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux reconcile kustomization apps --with-source"), @"
    [stderr]
    ► annotating GitRepository fleet in flux-system namespace
    ✔ GitRepository annotated
    ◎ waiting for GitRepository reconciliation
    ✔ fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ► annotating Kustomization apps in flux-system namespace
    ✔ Kustomization annotated
    ◎ waiting for Kustomization reconciliation
    ✔ applied revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ");
    let source = scene.live("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "fleet");
    assert_eq!(source["metadata"]["annotations"][REQUESTED_AT], "2026-01-01T00:00:00Z");
}

#[test]
fn a_source_without_an_artifact_is_an_error() {
    let scene = Scene::new().object(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "without-artifact", "namespace": "flux-system"}, "spec": {},
    }));
    let output = scene.run("flux reconcile source git without-artifact");
    assert!(output.stderr.contains("completed but no artifact was found"), "{output}");
    assert_eq!(output.code, 1);
}

#[test]
fn suspended_and_missing_objects_are_refused() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux reconcile kustomization infra"), @"
    [stderr]
    ✗ resource is suspended: Kustomization/flux-system/infra
      hint: flux resume kustomization infra -n flux-system
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux reconcile kustomization missing"), @r#"
    [stderr]
    ✗ kustomizations.kustomize.toolkit.fluxcd.io "missing" not found
    [exit code 1]
    "#);
}

const GROUP: &str = "kustomize.toolkit.fluxcd.io/v1";

fn kustomization(name: &str, depends_on: &[&str]) -> serde_json::Value {
    let depends_on: Vec<_> = depends_on.iter().map(|name| json!({"name": name})).collect();
    json!({
        "apiVersion": GROUP, "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps", "labels": {"set": "one"}},
        "spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"},
            "dependsOn": depends_on},
    })
}

#[test]
fn all_objects_are_requested_at_once_and_awaited_in_order() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux reconcile all"), @"
    [stderr]
    ⚠️ suspended, not reconciled: Kustomization/flux-system/infra
    ► annotating 12 objects
    ✔ 12 objects annotated
    ✔ OCIRepository/flux-system/charts: fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ✔ Bucket/flux-system/charts: fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ✔ GitRepository/flux-system/fleet: fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ✔ HelmRepository/flux-system/charts: fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ✔ HelmChart/flux-system/podinfo: fetched revision 6.6.2
    ✔ ImageRepository/flux-system/podinfo: scan fetched 7 tags
    ✔ ImagePolicy/flux-system/podinfo: selected ref ghcr.io/stefanprodan/podinfo:6.6.2
    ✔ ImageUpdateAutomation/flux-system/fleet: reconciled
    ✔ HelmRelease/flux-system/podinfo: applied revision 6.6.2
    ✔ Kustomization/flux-system/apps: applied revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ✔ Kustomization/flux-system/web: applied revision␠
    ✔ Receiver/flux-system/main: Receiver reconciliation completed
    ✔ 12 objects reconciled
    ");
    let policy = scene.live("image.toolkit.fluxcd.io/v1", "ImagePolicy", "flux-system", "podinfo");
    assert_eq!(policy["metadata"]["annotations"][REQUESTED_AT], "2026-01-01T00:00:00Z");
}

#[test]
fn dependencies_come_first() {
    let scene = Scene::with_flux()
        .object(&kustomization("a", &["b"]))
        .object(&kustomization("b", &["c"]))
        .object(&kustomization("c", &[]));
    assert_snapshot!(scene.run("flux reconcile ks --all -n apps --with-source"), @"
    [stderr]
    ► annotating 4 objects
    ✔ 4 objects annotated
    ✔ GitRepository/flux-system/fleet: fetched revision main@sha1:0123456789abcdef0123456789abcdef01234567
    ✔ Kustomization/apps/c: applied revision␠
    ✔ Kustomization/apps/b: applied revision␠
    ✔ Kustomization/apps/a: applied revision␠
    ✔ 4 objects reconciled
    ");
    assert_snapshot!(scene.run("flux reconcile ks -A -l set=one"), @"
    [stderr]
    ► annotating 3 objects
    ✔ 3 objects annotated
    ✔ Kustomization/apps/c: applied revision␠
    ✔ Kustomization/apps/b: applied revision␠
    ✔ Kustomization/apps/a: applied revision␠
    ✔ 3 objects reconciled
    ");
}

#[test]
fn a_cycle_of_dependencies_ends_with_a_message() {
    let scene = Scene::with_flux()
        .object(&kustomization("a", &["b"]))
        .object(&kustomization("b", &["a"]))
        .object(&kustomization("c", &[]));
    assert_snapshot!(scene.run("flux reconcile ks --all -n apps"), @"
    [stderr]
    ✗ dependencies form a cycle: Kustomization/apps/a → Kustomization/apps/b → Kustomization/apps/a
      hint: remove one of them from spec.dependsOn
    ► annotating 1 object
    ✔ 1 object annotated
    ✔ Kustomization/apps/c: applied revision␠
    ✗ 1 of 3 objects reconciled: 2 failed
    [exit code 1]
    ");
    let a = scene.live(GROUP, "Kustomization", "apps", "a");
    assert!(a["metadata"]["annotations"].is_null());
}

#[test]
fn wrong_selections_are_refused() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux reconcile ks apps --all"), @"
    [stderr]
    ✗ names (apps) and --all cannot be used together
      hint: select objects either by name, with --selector (-l) or with --all
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux reconcile ks apps -A"), @"
    [stderr]
    ✗ --all-namespaces needs --all or --selector
      hint: choose a namespace with --namespace (-n), or select objects by --selector or --all
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux reconcile all apps"), @"
    [stderr]
    ✗ names are not accepted with all: apps
      hint: to select objects by name, write their kind instead of all
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux reconcile ks -l team=none"), @r#"
    [stderr]
    ✗ no objects found
      hint: no Kustomization in namespace flux-system matches "team=none"
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux reconcile all -A -l team=none"), @"
    [stderr]
    ✗ no objects found
      hint: check --namespace (-n) and --selector (-l)
    [exit code 1]
    ");
}

#[test]
fn an_unreachable_cluster_has_an_exit_code_of_its_own() {
    let scene = Scene::offline();
    assert_eq!(scene.run("flux reconcile all --server=http://127.0.0.1:1 --timeout=300ms").code, 4);
    assert_eq!(scene.run("flux reconcile ks apps --server=http://127.0.0.1:1 --timeout=300ms").code, 1);
}
