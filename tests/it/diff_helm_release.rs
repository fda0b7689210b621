//! `flux diff helmrelease` against a real API server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::chart_bed::{archive_with, digest, index};
use crate::support::chart_server::{Answer, ChartServer};
use crate::support::scene::Scene;

const TEMPLATE: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: \"nginx:{{ .Values.tag }}\"
        ports: [{containerPort: 80, name: http}]
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  token: {{ .Values.token }}
{{- if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-extra
{{- end }}
";

/// A cluster with a HelmRelease that is installed as its spec says, and the server of its chart.
fn installed() -> (Scene, ChartServer) {
    let scene = Scene::new("diff-release");
    let server = ChartServer::start();
    let chart = archive_with("web", "1.0.0", &[("templates/all.yaml", TEMPLATE)]);
    server.set("/index.yaml", Answer::of(index("web", &[("1.0.0", &digest(&chart), "web-1.0.0.tgz")])));
    server.set("/web-1.0.0.tgz", Answer::of(chart));
    let namespace = &scene.namespace;
    scene.cluster.apply_value(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"name": "charts", "namespace": namespace}, "spec": {"interval": "1h", "url": server.url()},
    }));
    scene.cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "values", "namespace": namespace},
        "stringData": {"values.yaml": "token: correct-horse\n"},
    }));
    values(&scene, &json!({"replicas": 2, "tag": "1", "extra": true}));
    let built = scene.flux(&format!("{BUILD} --show-secrets"));
    assert_eq!(built.code, Some(0), "{}", built.stderr);
    for mut object in edgeflux_yaml::documents(&built.stdout).unwrap() {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let path = scene.cluster.path(&text("/kind"), namespace, &text("/metadata/name"));
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.insert("namespace".into(), json!(namespace));
        metadata["labels"]["app.kubernetes.io/managed-by"] = json!("Helm");
        metadata.insert(
            "annotations".into(),
            json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": namespace}),
        );
        let path = format!("{path}?fieldManager=helm-controller&force=true");
        let (code, answer) = scene.cluster.request("PATCH", &path, Some(&object));
        assert!(code < 300, "{answer}");
    }
    store(&scene, &built.stdout);
    (scene, server)
}

const BUILD: &str = "build helmrelease web --allow-remote";
const DIFF: &str = "diff helmrelease web --allow-remote";

fn values(scene: &Scene, values: &Value) {
    scene.cluster.apply_value(&json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": scene.namespace},
        "spec": {
            "interval": "1h", "values": values, "valuesFrom": [{"kind": "Secret", "name": "values"}],
            "chart": {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}},
        },
    }));
}

/// Stores a manifest as Helm stores that of a release.
fn store(scene: &Scene, manifest: &str) {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let release = json!({"name": "web", "namespace": scene.namespace, "version": 1, "manifest": manifest});
    serde_json::to_writer(&mut packed, &release).unwrap();
    let stored = STANDARD.encode(packed.finish().unwrap());
    scene.cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {
            "name": "sh.helm.release.v1.web.v1", "namespace": scene.namespace,
            "labels": {"owner": "helm", "name": "web", "version": "1", "status": "deployed"},
        },
        "stringData": {"release": stored},
    }));
    let path = scene.cluster.path("HelmRelease", &scene.namespace, "web");
    let (version, kind) = ("helm.toolkit.fluxcd.io/v2", "HelmRelease");
    let status = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "status": {"history": [{
        "name": "web", "namespace": scene.namespace, "version": 1, "chartName": "web", "chartVersion": "1.0.0",
        "digest": "sha256:0", "configDigest": "sha256:0", "status": "deployed",
        "firstDeployed": "2026-01-01T00:00:00Z", "lastDeployed": "2026-01-01T00:00:00Z",
    }]}});
    let (code, answer) =
        scene.cluster.request("PATCH", &format!("{path}/status?fieldManager=helm-controller"), Some(&status));
    assert!(code < 300, "{answer}");
}

#[test]
fn what_the_next_upgrade_changes_is_shown() {
    let (scene, _server) = installed();
    let same = scene.flux(DIFF);
    assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{}", same.stderr);

    values(&scene, &json!({"replicas": 3, "tag": "2", "extra": false}));
    scene.cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "values", "namespace": scene.namespace},
        "stringData": {"values.yaml": "token: battery-staple\n"},
    }));
    let changed = scene.flux(DIFF);
    assert_eq!(changed.code, Some(1), "{}", changed.stderr);
    assert_eq!(
        changed.stdout,
        scene.named(
            "► Secret/NS/web drifted

data.token
± value change
- *** (before)
+ *** (after)

► Deployment/NS/web drifted

spec.replicas
± value change
- 2
+ 3

spec.template.spec.containers.web.image
± value change
- nginx:1
+ nginx:2

► ConfigMap/NS/web-extra deleted
"
        )
    );
    for format in ["json", "unified", "markdown", "html", "github"] {
        let output = scene.flux(&format!("{DIFF} -o {format}"));
        assert_eq!(output.code, Some(1), "{format}: {}", output.stderr);
        for secret in ["correct-horse", "battery-staple"] {
            let encoded = STANDARD.encode(secret);
            let shown = [secret, encoded.as_str()]
                .iter()
                .any(|it| output.stdout.contains(it) || output.stderr.contains(it));
            assert!(!shown, "{format} shows {secret}");
        }
    }
    let cluster = scene.cluster.get("Deployment", &scene.namespace, "web");
    assert_eq!(cluster["spec"]["replicas"], 2, "a diff changes nothing");
}

#[test]
fn what_someone_changed_in_the_cluster_is_shown_unless_the_stored_release_is_compared() {
    let (scene, _server) = installed();
    let path = scene.cluster.path("Deployment", &scene.namespace, "web");
    let scaled = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 5}});
    let (code, answer) =
        scene.cluster.request("PATCH", &format!("{path}?fieldManager=someone&force=true"), Some(&scaled));
    assert!(code < 300, "{answer}");
    let drifted = scene.flux(DIFF);
    assert_eq!(drifted.code, Some(1), "{}", drifted.stderr);
    assert_eq!(
        drifted.stdout,
        scene.named("► Deployment/NS/web drifted\n\nspec.replicas\n± value change\n- 5\n+ 2\n\n")
    );
    let stored = scene.flux(&format!("{DIFF} --against=release"));
    assert_eq!((stored.code, stored.stdout.as_str()), (Some(0), ""), "{}", stored.stderr);
    values(&scene, &json!({"replicas": 2, "tag": "1", "extra": false}));
    let removed = scene.flux(&format!("{DIFF} --against=release"));
    assert_eq!(removed.stdout, scene.named("► ConfigMap/NS/web-extra deleted\n"), "{}", removed.stderr);
}
