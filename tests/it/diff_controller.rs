//! `flux diff kustomization` where the controller differs from a plain dry run: it does what fluxcd/pkg/ssa and
//! kustomize-controller 1.9 do.

use serde_json::{Value, json};

use crate::support::flux::Output;
use crate::support::scene::Scene;

/// Applies `object` as the controller does.
fn apply(scene: &Scene, mut object: Value) {
    object["metadata"]["namespace"] = scene.namespace.clone().into();
    object["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "app",
        "kustomize.toolkit.fluxcd.io/namespace": scene.namespace});
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let path = scene.cluster.path(text("/kind"), &scene.namespace, text("/metadata/name"));
    let path = format!("{path}?fieldManager=kustomize-controller&force=true");
    let (code, answer) = scene.cluster.request("PATCH", &path, Some(&object));
    assert!(code < 300, "{answer}");
}

fn finds_nothing(output: &Output) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{}", output.stderr);
}

fn secret(more: &Value) -> Value {
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    for (field, value) in more.as_object().unwrap() {
        secret[field] = value.clone();
    }
    secret
}

/// Looks like a file that SOPS has encrypted, but is not.
const ODD: &str = "a: ENC[x]\nsops:\n  v: 1\n";

#[test]
fn values_that_only_look_encrypted_are_compared() {
    let scene = Scene::new("diff");
    for immutable in [false, true] {
        let of =
            |text: &str| secret(&json!({"stringData": {"conf": text, "other": "x"}, "immutable": immutable}));
        let same = of(ODD);
        let mut live = same.clone();
        live["data"] = json!({"conf": "YTogRU5DW3hdCnNvcHM6CiAgdjogMQo=", "other": "eA=="});
        live.as_object_mut().unwrap().remove("stringData");
        apply(&scene, live.clone());
        scene.write("app/all.yaml", &same.to_string());
        finds_nothing(&scene.diff("app --path app"));
        // The same in `data`.
        scene.write("app/all.yaml", &live.to_string());
        finds_nothing(&scene.diff("app --path app"));

        scene.write("app/all.yaml", &of(&ODD.replace('x', "hidden")).to_string());
        let other = scene.diff("app --path app");
        if immutable {
            assert_eq!(other.code, Some(2), "{}", other.stdout);
            assert!(other.stderr.contains("field is immutable"), "{}", other.stderr);
        } else {
            assert_eq!(other.code, Some(1), "{}", other.stderr);
            assert!(other.stdout.contains("- *** (before)\n+ *** (after)\n"), "{}", other.stdout);
        }
        assert!(!format!("{other:?}").contains("hidden"), "{other:?}");
    }
}

#[test]
fn encrypted_values_of_an_immutable_secret_count_as_unchanged() {
    let scene = Scene::new("diff");
    scene.kustomization("app", &json!({"decryption": {"provider": "sops"}}));
    apply(&scene, secret(&json!({"data": {"token": "bGl2ZQ==", "plain": "MQ=="}, "immutable": true})));
    let sops = json!({"mac": "ENC[AES256_GCM,data:zzz,iv:x,tag:y,type:str]"});
    let whole = |keys: &Value| secret(&json!({"stringData": keys, "immutable": true, "sops": sops}));
    let encrypted = "ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]";
    scene.write("app/all.yaml", &whole(&json!({"token": encrypted, "plain": encrypted})).to_string());
    finds_nothing(&scene.diff("app --path app"));
    // A change of another key is refused.
    scene.write("app/all.yaml", &whole(&json!({"token": encrypted, "more": encrypted})).to_string());
    let other = scene.diff("app --path app");
    assert_eq!(other.code, Some(2), "{}", other.stdout);
    assert!(other.stderr.contains("field is immutable"), "{}", other.stderr);
    // A single value that is an encrypted file.
    let file = "eyJkYXRhIjoiRU5DW0FFUzI1Nl9HQ00sZGF0YTp4XSIsInNvcHMiOnsibWFjIjoiRU5DW3hdIn19";
    let one = secret(&json!({"data": {"token": file, "plain": "MQ=="}, "immutable": true}));
    scene.write("app/all.yaml", &one.to_string());
    finds_nothing(&scene.diff("app --path app"));
}

#[test]
fn fields_set_by_kubectl_are_reverted() {
    let scene = Scene::new("diff");
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx"}]}}}});
    apply(&scene, deployment.clone());
    scene.write("app/all.yaml", &deployment.to_string());
    finds_nothing(&scene.diff("app --path app"));
    let path = scene.cluster.path("Deployment", &scene.namespace, "web");
    let edit = |manager: &str, change: &Value| {
        let (code, answer) =
            scene.cluster.request("MERGE", &format!("{path}?fieldManager={manager}"), Some(change));
        assert_eq!(code, 200, "{answer}");
    };
    // Annotations of others are kept.
    edit("autoscaler", &json!({"spec": {"replicas": 4}}));
    edit("autoscaler", &json!({"metadata": {"annotations": {"of": "others"}}}));
    finds_nothing(&scene.diff("app --path app"));
    edit("kubectl-edit", &json!({"spec": {"replicas": 5, "minReadySeconds": 7}}));
    let output = scene.diff("app --path app");
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert_eq!(
        output.stdout,
        scene.named(
            "► Deployment/NS/web drifted

metadata.generation
± value change
- 4
+ 5

spec
- one map entry removed:
minReadySeconds: 7

spec.replicas
± value change
- 5
+ 1

"
        )
    );
    // Unless it is merged.
    edit("x", &json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Merge"}}}));
    finds_nothing(&scene.diff("app --path app"));
}

#[test]
fn the_last_applied_annotation_of_kubectl_is_removed() {
    let scene = Scene::new("diff");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}});
    apply(&scene, map.clone());
    scene.write("app/all.yaml", &map.to_string());
    let note =
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}});
    scene.cluster.patch("ConfigMap", &scene.namespace, "c", &note);
    let output = scene.diff("app --path app");
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(output.stdout.contains("last-applied-configuration"), "{}", output.stdout);
}

#[test]
fn an_object_that_belongs_to_another_kustomization_is_kept() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n");
    scene.deploy("app");
    for name in ["own", "moved", "free"] {
        apply(&scene, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}));
    }
    for (name, labels) in [
        ("moved", json!({"kustomize.toolkit.fluxcd.io/name": "other"})),
        ("free", json!({"kustomize.toolkit.fluxcd.io/name": null})),
    ] {
        scene.cluster.patch("ConfigMap", &scene.namespace, name, &json!({"metadata": {"labels": labels}}));
    }
    let ids = ["NS_own__ConfigMap", "NS_moved__ConfigMap", "NS_free__ConfigMap"];
    let entries: Vec<_> = ids.iter().map(|id| json!({"id": scene.named(id), "v": "v1"})).collect();
    let status = json!({"inventory": {"entries": entries}});
    scene.cluster.patch_status("Kustomization", &scene.namespace, "app", &status);
    let output = scene.diff("app --path app");
    assert_eq!(
        output.stdout,
        scene.named("► ConfigMap/NS/free kept: it is not labeled as this Kustomization's\n► ConfigMap/NS/moved kept: it is not labeled as this Kustomization's\n► ConfigMap/NS/own deleted\n")
    );
}

#[test]
fn a_namespace_of_a_cluster_scoped_object_is_ignored() {
    let scene = Scene::new("diff");
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": scene.namespace}, "rules": []});
    scene.write("app/all.yaml", &role.to_string());
    scene.deploy("app");
    let status = json!({"inventory": {"entries": [{"id": scene.named("_NS_rbac.authorization.k8s.io_ClusterRole"), "v": "v1"}]}});
    scene.cluster.patch_status("Kustomization", &scene.namespace, "app", &status);
    finds_nothing(&scene.diff("app --path app"));
    let mut placed = role;
    placed["metadata"]["namespace"] = "somewhere".into();
    scene.write("app/all.yaml", &placed.to_string());
    scene.write("app/kustomization.yaml", "resources: [all.yaml]\n");
    let untargeted = json!({"spec": {"targetNamespace": null}});
    scene.cluster.patch("Kustomization", &scene.namespace, "app", &untargeted);
    finds_nothing(&scene.diff("app --path app"));
}

#[test]
fn a_variable_without_value_fails_as_in_the_controller() {
    let scene = Scene::new("diff");
    scene.kustomization("app", &json!({"postBuild": {"substitute": {"A": "alpha"}}}));
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"${A}\", b: \"x${MISSING}\"}\n";
    scene.write("app/all.yaml", map);
    let output = scene.diff("app --path app");
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{}", output.stderr);
    for words in ["variable not set (strict mode): \"MISSING\"", "--strict-substitute=false"] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
    let lenient = scene.diff("app --path app --strict-substitute=false");
    assert_eq!((lenient.code, lenient.stdout), (Some(1), scene.named("► ConfigMap/NS/c created\n")));
    assert!(lenient.stderr.contains("${MISSING} has neither a value nor a default"), "{}", lenient.stderr);
    scene.write("app/all.yaml", &map.replace("${MISSING}", "${MISSING:-y}"));
    assert_eq!(scene.diff("app --path app").code, Some(1));
}

#[test]
fn null_fields_count_as_absent() {
    let scene = Scene::new("diff");
    let deployment = |more: &str| {
        format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  {more}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}, creationTimestamp: null}}
    spec: {{containers: [{{name: web, image: nginx}}]}}
"
        )
    };
    scene.write("app/all.yaml", &deployment(""));
    scene.deploy("app");
    let path = scene.cluster.path("Deployment", &scene.namespace, "web");
    let scale = json!({"spec": {"replicas": 4, "template": {"spec": {"nodeSelector": {"a": "b"}}}}});
    let (code, answer) = scene.cluster.request("MERGE", &format!("{path}?fieldManager=other"), Some(&scale));
    assert_eq!(code, 200, "{answer}");
    scene.write("app/all.yaml", &deployment("replicas: null\n  strategy: null"));
    finds_nothing(&scene.diff("app --path app"));
}
