//! `flux diff kustomization` against a real API server. The reports are those that flux 2.9.4 printed for the same
//! objects, unless a comment says otherwise.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::flux::Flux;
use crate::support::scene::Scene;

const APP: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data:
  a: '1'
  script: |
    line 1
    line 2
    line 3
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {token: hidden-before, other: hidden-other}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1
        ports: [{containerPort: 80, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, name: http}]
";

fn changed_app() -> String {
    APP.replace("a: '1'", "a: '2'")
        .replace("line 2", "line two")
        .replace(
            "token: hidden-before, other: hidden-other",
            "token: hidden-after, other: hidden-other, more: hidden-more",
        )
        .replace("replicas: 2", "replicas: 3")
        .replace("nginx:1", "nginx:2")
        .replace("port: 80, name", "port: 8080, name")
}

const DIFFERS: &str = "⚠️ identified at least one change, exiting with non-zero exit code\n";

#[test]
fn changes_are_reported_as_flux_reports_them() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", APP);
    let new = scene.diff("app --path app");
    assert_eq!(
        new.stdout,
        scene.named("► ConfigMap/NS/cm created\n► Secret/NS/sec created\n► Deployment/NS/web created\n► Service/NS/web created\n")
    );
    assert_eq!((new.code, new.stderr.as_str()), (Some(1), DIFFERS));

    scene.deploy("app");
    let same = scene.diff("app --path app");
    assert_eq!((same.code, same.stdout.as_str(), same.stderr.as_str()), (Some(0), "", ""));

    scene.write("app/all.yaml", &changed_app());
    let changed = scene.diff("app --path app --progress-bar=false --in-memory-build");
    assert_eq!(changed.code, Some(1), "{}", changed.stderr);
    assert_eq!(
        changed.stdout,
        scene.named(
            "► ConfigMap/NS/cm drifted

data.a
± value change
- 1
+ 2

data.script
± value change in multiline text (one insert, one deletion)
- line 2
+ line two


► Secret/NS/sec drifted

data
+ one map entry added:
  more: \"***\"

data.token
± value change
- *** (before)
+ *** (after)

► Deployment/NS/web drifted

metadata.generation
± value change
- 1
+ 2

spec.replicas
± value change
- 2
+ 3

spec.template.spec.containers.web.image
± value change
- nginx:1
+ nginx:2

► Service/NS/web drifted

spec.ports.http.port
± value change
- 80
+ 8080

spec.ports.http.targetPort
± value change
- 80
+ 8080

"
        )
    );
    let names: Vec<_> = fs::read_dir(scene.home.path().join("app"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["all.yaml"], "the directory stays as it is");
}

#[test]
fn no_format_shows_the_values_of_a_secret() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", APP);
    scene.deploy("app");
    let kept = json!({"metadata": {"annotations":
        {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"hidden-last\"}"}}});
    scene.cluster.patch("Secret", &scene.namespace, "sec", &kept);
    scene.write("app/all.yaml", &changed_app().replace("name: sec}", "name: sec, labels: {new: label}}"));
    scene.write(
        "app/new.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: new}\nstringData: {x: hidden-new}\n",
    );
    for format in ["human", "json", "markdown", "unified", "html", "github"] {
        let output = scene.diff(&format!("app --path app -o {format}"));
        assert_eq!(output.code, Some(1), "{}", output.stderr);
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(all.contains("new"), "{all}");
        // "hidden", and the part of its base64 that does not depend on its neighbors.
        for secret in ["hidden", "aGlkZGVu"] {
            assert!(!all.contains(secret), "{format}: {all}");
        }
    }
    // The API server's answer quotes a string where a number is expected.
    scene.write("app/all.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\ntype: 4711\n");
    let refused = scene.diff("app --path app");
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("Secret/") && !refused.stderr.contains("4711"), "{}", refused.stderr);
}

#[test]
fn encrypted_secrets_are_compared_by_their_keys() {
    let scene = Scene::new("diff");
    scene.kustomization("app", &json!({"decryption": {"provider": "sops"}}));
    let encrypted = "  token: ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]\n";
    let secret = |keys: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: enc}}\nstringData:\n{keys}sops:\n  mac: ENC[AES256_GCM,data:zzz,iv:x,tag:y,type:str]\n"
        )
    };
    scene.write("app/all.yaml", &secret(encrypted));
    scene.deploy("app");
    let live = json!({"data": {"token": "bGl2ZQ=="}});
    scene.cluster.patch("Secret", &scene.namespace, "enc", &live);
    let same = scene.diff("app --path app");
    assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{}", same.stderr);
    scene.write("app/all.yaml", &secret(&encrypted.replace("token", "user")));
    let other = scene.diff("app --path app");
    assert_eq!(
        other.stdout,
        scene.named("► Secret/NS/enc drifted\n\ndata\n+ one map entry added:\n  user: \"*****\"\n\n"),
        "{}",
        other.stderr
    );
}

#[test]
fn labels_and_annotations_of_flux_decide_which_objects_are_compared() {
    let scene = Scene::new("diff");
    let map = |name: &str, mark: &str, value: u8| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, annotations: {{kustomize.toolkit.fluxcd.io/{mark}}}}}\ndata: {{a: '{value}'}}\n"
        )
    };
    scene
        .write("app/all.yaml", &format!("{}{}", map("once", "ssa: IfNotPresent", 1), map("free", "x: y", 1)));
    scene.deploy("app");
    let mark = json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}}});
    scene.cluster.patch("ConfigMap", &scene.namespace, "free", &mark);
    let all = [
        map("once", "ssa: IfNotPresent", 2),
        map("free", "x: y", 2),
        map("off", "reconcile: disabled", 2),
        map("new", "ssa: IfNotPresent", 2),
    ];
    scene.write("app/all.yaml", &all.concat());
    let output = scene.diff("app --path app");
    assert_eq!(
        output.stdout,
        // flux shows an object that neither exists nor is wanted, without its name.
        scene.named("► ConfigMap/NS/once skipped\n► ConfigMap/NS/free skipped\n► ConfigMap/NS/off skipped\n► ConfigMap/NS/new created\n"),
        "{}",
        output.stderr
    );
    assert_eq!(output.code, Some(1));
}

#[test]
fn objects_no_longer_rendered_are_deleted_unless_pruning_is_disabled() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n");
    scene.deploy("app");
    let kept = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept",
        "namespace": scene.namespace, "annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}});
    scene.cluster.apply_value(&kept);
    let ids = [
        "NS_here__ConfigMap",
        "NS_gone__ConfigMap",
        "NS_kept__ConfigMap",
        "NS_web_apps_Deployment",
        "_a__read_rbac.authorization.k8s.io_ClusterRole",
    ];
    let entries: Vec<_> = ids.iter().map(|id| json!({"id": scene.named(id), "v": "v1"})).collect();
    let status = json!({"inventory": {"entries": entries}});
    scene.cluster.patch_status("Kustomization", &scene.namespace, "app", &status);
    let output = scene.diff("app --path app");
    assert_eq!(
        output.stdout,
        // flux does not check whether an object is kept.
        scene.named("► ClusterRole/a:read deleted\n► ConfigMap/NS/gone deleted\n► ConfigMap/NS/kept kept: its pruning is disabled\n► Deployment/NS/web deleted\n")
    );
    assert_eq!(output.code, Some(1));
    scene.kustomization("app", &json!({"prune": false}));
    let unpruned = scene.diff("app --path app");
    assert_eq!((unpruned.code, unpruned.stdout.as_str()), (Some(0), ""));
}

#[test]
fn objects_that_cannot_be_compared_are_reported_last() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", APP);
    scene.deploy("app");
    let other = APP.replace("app: web", "app: other");
    scene.write(
        "app/all.yaml",
        &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: first}}\nbogus: {{x: 1}}\n---\napiVersion: example.org/v1\nkind: Gadget\nmetadata: {{name: g}}\n---\n{other}"),
    );
    let output = scene.diff("app --path app");
    assert_eq!(output.code, Some(2));
    assert!(output.stdout.starts_with(&scene.named("► ConfigMap/NS/first created\n")), "{}", output.stdout);
    let says = [
        "first: bogus is unknown to the API server and ignored",
        "2 objects could not be compared",
        "dry-run failed: no matches for kind \"Gadget\" in version \"example.org/v1\"",
        "web dry-run failed (Invalid): ",
        "field is immutable",
        "kustomize.toolkit.fluxcd.io/force: enabled",
    ];
    for words in says {
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
    }
    for force in ["annotation", "spec"] {
        if force == "spec" {
            scene.kustomization("app", &json!({"force": true}));
            scene.write("app/all.yaml", &other);
        } else {
            let marked = other.replace("labels: {app: other}}\nspec:\n  replicas", "labels: {app: other}, annotations: {kustomize.toolkit.fluxcd.io/force: enabled}}\nspec:\n  replicas");
            assert_ne!(marked, other);
            scene.write("app/all.yaml", &marked);
        }
        let forced = scene.diff("app --path app");
        assert_eq!(forced.code, Some(1), "{}", forced.stderr);
        assert!(forced.stdout.contains(&scene.named("► Deployment/NS/web created\n")), "{}", forced.stdout);
    }
}

#[test]
fn new_namespaces_and_crds_may_come_with_the_objects_that_need_them() {
    let scene = Scene::new("diff");
    let untargeted = json!({"spec": {"targetNamespace": null}});
    scene.cluster.patch("Kustomization", &scene.namespace, "app", &untargeted);
    let (name, group) = (scene.named("NS-new"), scene.named("NS.example.org"));
    scene.write(
        "app/all.yaml",
        &format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}}
  conversion:
    strategy: Webhook
    webhook: {{conversionReviewVersions: [v1], clientConfig: {{caBundle: Cg==, service: {{name: s, namespace: n}}}}}}
  versions:
  - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}
---\napiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: w, namespace: {name}}}
---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: {name}}}\n"),
    );
    let output = scene.diff("app --path app");
    // flux fails with the last two.
    assert_eq!(
        output.stdout,
        format!(
            "► Namespace/{name} created\n► CustomResourceDefinition/widgets.{group} created\n► Widget/{name}/w created\n► ConfigMap/{name}/c created\n"
        ),
        "{}",
        output.stderr
    );
    assert_eq!(output.code, Some(1));

    scene.write("app/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: not-there}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n");
    let output = scene.diff("app --path app");
    assert_eq!(output.code, Some(2));
    for words in [
        "ConfigMap/not-there/c not found: namespaces \"not-there\" not found",
        "ConfigMap/d namespace not specified",
    ] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}

#[test]
fn ignored_fields_are_not_compared() {
    let scene = Scene::new("diff");
    let rules = json!({"ignore": [
        {"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}},
        {"paths": ["/data/a", "/data/script"]},
    ]});
    scene.kustomization("app", &rules);
    scene.write("app/all.yaml", APP);
    scene.deploy("app");
    let changed = changed_app().replace("nginx:2", "nginx:1").replace("8080", "80");
    scene.write(
        "app/all.yaml",
        &changed.replace("hidden-after", "hidden-before").replace(", more: hidden-more", ""),
    );
    let output = scene.diff("app --path app");
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{}", output.stderr);
    scene.write("app/all.yaml", &changed.replace("nginx:1", "nginx:9"));
    let output = scene.diff("app --path app");
    assert!(output.stdout.contains("nginx:9") && !output.stdout.contains("replicas"), "{}", output.stdout);
}
#[test]
fn json_and_patch_output_can_be_parsed_and_applied() {
    let scene = Scene::new("diff");
    scene.write("app/all.yaml", APP);
    scene.deploy("app");
    let changed = APP
        .replace("replicas: 2", "replicas: 3")
        .replace("image: nginx:1", "image: nginx:1\n        args: [a]");
    scene.write("app/all.yaml", &changed);
    let json: Value = serde_json::from_str(&scene.diff("app --path app -o json").stdout).unwrap();
    assert_eq!(
        json,
        json!({"version": 1, "differs": true, "errors": [], "kustomizations": [{
            "namespace": scene.namespace, "name": "app", "changes": [{
                "action": "changed", "apiVersion": "apps/v1", "kind": "Deployment",
                "namespace": scene.namespace, "name": "web", "differences": [
                    {"path": "spec.replicas", "steps": ["spec", "replicas"], "changed": {"from": 2, "to": 3}},
                    {"path": "spec.template.spec.containers.web",
                     "steps": ["spec", "template", "spec", "containers", {"name": "web"}], "added": {"args": ["a"]}},
                ],
            }],
        }]})
    );
    let patch = scene.diff("app --path app -o unified").stdout;
    let head = "diff --git a/NS/Deployment.apps/web.yaml b/NS/Deployment.apps/web.yaml\n--- a/NS/Deployment.apps/web.yaml\n+++ b/NS/Deployment.apps/web.yaml\n@@ -";
    assert!(patch.starts_with(&scene.named(head)), "{patch}");
    assert!(
        patch.contains("\n-  replicas: 2\n+  replicas: 3\n") && patch.contains("\n+      - args:\n"),
        "{patch}"
    );
    assert!(!patch.contains("generation") && !patch.contains("status"), "{patch}");

    let comment = scene.diff("app --path app -o markdown").stdout;
    assert!(comment.starts_with(&scene.named("**1 changed** in 1 Kustomization\n\n### `Kustomization/NS/app`\n\n1 changed\n\n<details><summary>✏️ <code>Deployment/NS/web</code></summary>\n\n```diff\n@@ -")), "{comment}");
    assert!(comment.ends_with("```\n\n</details>\n"), "{comment}");
}

#[test]
fn invalid_command_lines_and_unreachable_clusters_exit_with_2() {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("app")).unwrap();
    fs::write(home.path().join("kubeconfig"), "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: t}}]\n").unwrap();
    let run = |directory: &Path, line: &str| {
        Flux::bare().dir(directory).line(&format!("diff kustomization {line} --kubeconfig kubeconfig")).run()
    };
    for (line, says, code) in [
        ("", "kustomization name is required", 1),
        ("app", "--path is required", 2),
        ("app --path not-there", "invalid resource path \"not-there\"", 2),
        (
            "app --path app --kustomization-file not-there.yaml",
            "invalid kustomization file \"not-there.yaml\"",
            2,
        ),
        ("app --path app --ignore-not-found", "kustomization file is required", 2),
        ("app --path app --local-sources x", "expected Kind/namespace/name=DIRECTORY", 2),
        ("app --path app --to x", "--to requires --base or --from", 2),
        ("app --path app --from x -r", "--recursive cannot be used with --from", 2),
        ("app --path app -o yaml", "yaml", 2),
        ("app --path app", "cannot reach the Kubernetes API server https://127.0.0.1:1", 2),
    ] {
        let output = run(home.path(), line);
        assert_eq!(output.code, Some(code), "{line}: {}", output.stderr);
        assert!(output.stderr.contains(says), "{line}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{line}");
    }
}
