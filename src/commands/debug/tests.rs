use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use serde_json::{Map, Value, json};

use crate::testing::{Scene, schema};

fn data(kind: &str, name: &str, data: &Value) -> Value {
    let encode = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        Value::from(if kind == "Secret" { STANDARD.encode(text) } else { text.to_owned() })
    };
    let data: Map<String, Value> =
        data.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), encode(value))).collect();
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "apps"}, "data": data})
}

fn release(values: &Value, from: &Value) -> Value {
    json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "podinfo", "namespace": "apps"},
        "spec": {"values": values, "valuesFrom": from},
        "status": {"observedGeneration": 1, "history": [{"name": "podinfo", "version": 2,
            "testHooks": {"t": {"phase": "Succeeded"}}}]},
    })
}

fn values(values: &Value, from: &Value) -> String {
    let scene = Scene::new()
        .object(&data("ConfigMap", "base", &json!({"values.yaml": "a: 1\nimage: {tag: v1, pull: Always}\nbig: 12345678901234567890\n"})))
        .object(&data("Secret", "over", &json!({"values.yaml": "image: {tag: v2}\n", "tag": "v3", "list": "x,y", "bad": "hunter2: [", "text": "hunter2"})))
        .object(&release(values, from));
    scene.run("flux debug helmrelease podinfo -n apps --show-values").to_string()
}

#[test]
fn values_are_merged_in_their_order_and_inline_ones_last() {
    let from = json!([
        {"kind": "ConfigMap", "name": "base"},
        {"kind": "Secret", "name": "over"},
        {"kind": "Secret", "name": "gone", "optional": true},
        {"kind": "Secret", "name": "over", "valuesKey": "gone", "optional": true},
    ]);
    assert_snapshot!(values(&json!({"a": 2, "inline": null}), &from), @"
    a: 2
    big: 12345678901234567000
    image:
      pull: Always
      tag: v2
    inline: null
    ");
    assert_snapshot!(values(&Value::Null, &Value::Null), @"{}");
}

#[test]
fn a_target_path_wins_where_it_wins_in_the_controller() {
    let at = |path: &str, key: &str| json!({"kind": "Secret", "name": "over", "valuesKey": key, "targetPath": path});
    // The map of the inline values is changed in place.
    assert_snapshot!(values(&json!({"image": {"tag": "inline"}}), &json!([at("image.tag", "tag")])), @"
    image:
      tag: v3
    ");
    // A top-level value of the inline values wins.
    assert_snapshot!(values(&json!({"tag": "inline"}), &json!([at("tag", "tag")])), @"tag: inline");
    // So does one in a map that was merged from two before.
    let from = json!([{"kind": "ConfigMap", "name": "base"}, at("image.tag", "tag")]);
    assert_snapshot!(values(&json!({"image": {"tag": "inline"}}), &from), @"
    a: 1
    big: 12345678901234567000
    image:
      pull: Always
      tag: inline
    ");
    let mut literal = at("config", "list");
    literal["literal"] = true.into();
    assert_snapshot!(values(&json!({}), &json!([literal, at("list", "tag")])), @"
    config: x,y
    list: v3
    ");
}

#[test]
fn references_that_cannot_be_used_are_named_without_their_values() {
    for from in [
        json!([{"kind": "Secret", "name": "gone"}]),
        json!([{"kind": "Secret", "name": "over", "valuesKey": "gone"}]),
        json!([{"kind": "Secret", "name": "over", "valuesKey": "bad"}]),
        json!([{"kind": "Secret", "name": "over", "valuesKey": "text"}]),
        json!([{"kind": "Secret", "name": "over", "valuesKey": "text", "targetPath": "l[x]"}]),
        json!([{"kind": "Gadget", "name": "over"}]),
    ] {
        let shown = values(&json!({}), &from);
        assert!(shown.contains("could not resolve") && shown.contains("[exit code 1]"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert_snapshot!(values(&json!({}), &json!([{"kind": "Secret", "name": "gone"}])), @"
    [stderr]
    ✗ could not resolve Secret chart values reference 'apps/gone' with key 'values.yaml': resource not found
      hint: create it, or set optional: true in spec.valuesFrom
    [exit code 1]
    ");
}

#[test]
fn a_status_without_a_history_is_shown_without_one() {
    let mut new = release(&Value::Null, &Value::Null);
    new["status"] = json!({"observedGeneration": -1});
    assert_snapshot!(Scene::new().object(&new).run("flux debug helmrelease podinfo -n apps --show-status"), @"
    # Status documentation: https://fluxcd.io/flux/components/helm/helmreleases/#helmrelease-status
    observedGeneration: -1
    ");
}

#[test]
fn status_and_history_are_shown() {
    let scene = Scene::new().object(&release(&json!({}), &json!([])));
    assert_snapshot!(scene.run("flux debug helmrelease podinfo -n apps --show-status"), @"
    # Status documentation: https://fluxcd.io/flux/components/helm/helmreleases/#helmrelease-status
    history:
    - deleted: null
      name: podinfo
      testHooks:
        t:
          lastCompleted: null
          lastStarted: null
          phase: Succeeded
      version: 2
    observedGeneration: 1
    ");
    assert_snapshot!(scene.run("flux debug helmrelease podinfo -n apps --show-history"), @"
    # History documentation: https://fluxcd.io/flux/components/helm/helmreleases/#history
    - deleted: null
      name: podinfo
      testHooks:
        t:
          lastCompleted: null
          lastStarted: null
          phase: Succeeded
      version: 2
    ");
    assert_snapshot!(scene.run("flux debug helmrelease podinfo -n apps --show-history -o json"), @r#"
    {
      "apiVersion": "cli.edgeflux.dev/v1",
      "history": [
        {
          "deleted": null,
          "name": "podinfo",
          "testHooks": {
            "t": {
              "lastCompleted": null,
              "lastStarted": null,
              "phase": "Succeeded"
            }
          },
          "version": 2
        }
      ],
      "kind": "HelmReleaseDebug",
      "object": {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "name": "podinfo",
        "namespace": "apps"
      }
    }
    "#);
    for part in ["hr podinfo --show-status", "hr podinfo --show-history", "hr podinfo --show-values"] {
        let shown = scene.run(&format!("flux debug {part} -n apps -o json"));
        schema::check(
            &serde_json::from_str(&shown.stdout).unwrap(),
            include_str!("../../../docs/output/debug.schema.json"),
        );
    }
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux debug kustomization apps --show-status"), @r#"
    # Status documentation: https://fluxcd.io/flux/components/kustomize/kustomizations/#kustomization-status
    conditions:
    - message: reconciled
      observedGeneration: 1
      reason: Test
      status: "True"
      type: Ready
    lastAppliedRevision: main@sha1:0123456789abcdef0123456789abcdef01234567
    observedGeneration: 1
    "#);
    assert_snapshot!(scene.run("flux debug kustomization apps --show-history"), @"
    # History documentation: https://fluxcd.io/flux/components/kustomize/kustomizations/#history
    []
    ");
}

#[test]
fn variables_come_from_objects_in_their_order_and_inline_ones_last() {
    let kustomization = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "apps"},
        "spec": {"postBuild": {"substitute": {"INLINE": "a\nb", "BOTH": "inline"}, "substituteFrom": [
            {"kind": "ConfigMap", "name": "one"}, {"kind": "Secret", "name": "two"},
            {"kind": "Secret", "name": "gone", "optional": true}]}},
    });
    let scene = Scene::new()
        .object(&kustomization)
        .object(&data("ConfigMap", "one", &json!({"ONE": "1", "LAST": "one", "BOTH": "one"})))
        .object(&data("Secret", "two", &json!({"LAST": "two\n", "TWO": "x=y"})));
    assert_snapshot!(scene.run("flux debug kustomization apps -n apps --show-vars"), @"
    BOTH=inline
    INLINE=ab
    LAST=two
    ONE=1
    TWO=x=y
    ");
    assert_snapshot!(scene.run("flux debug kustomization apps -n apps --show-vars -o yaml"), @r#"
    apiVersion: cli.edgeflux.dev/v1
    kind: KustomizationDebug
    object:
      apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      name: apps
      namespace: apps
    variables:
      BOTH: inline
      INLINE: ab
      LAST: two
      ONE: "1"
      TWO: x=y
    "#);
    let shown = scene.run("flux debug kustomization apps -n apps --show-vars -o json");
    schema::check(
        &serde_json::from_str(&shown.stdout).unwrap(),
        include_str!("../../../docs/output/debug.schema.json"),
    );
    let status = scene.run("flux debug kustomization apps -n apps --show-status -o json").to_string();
    assert!(!status.contains("two"), "{status}");
}

#[test]
fn missing_and_wrong_input_is_refused() {
    let scene = Scene::with_flux();
    assert_snapshot!(scene.run("flux debug kustomization apps"), @"
    [stderr]
    ✗ exactly one of --show-status, --show-vars, or --show-history must be set
      hint: for example: flux debug kustomization apps --show-vars
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux debug helmrelease podinfo --show-values --show-status"), @"
    [stderr]
    ✗ exactly one of --show-status, --show-values, or --show-history must be set
      hint: for example: flux debug helmrelease podinfo --show-values
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux debug helmrelease --show-values"), @"
    [stderr]
    ✗ name is required
      hint: for example: flux debug helmrelease podinfo --show-values
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux debug helmrelease gone --show-values"), @r#"
    [stderr]
    ✗ helmreleases.helm.toolkit.fluxcd.io "gone" not found
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux debug kustomization infra --show-vars"), @"
    [stderr]
    ✗ no post build substitutions found
      hint: the Kustomization has no spec.postBuild, so no variables are substituted
    [exit code 1]
    ");
}
