use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::testing::{Scene, schema};

fn kustomization(name: &str, entries: &[&str], spec: &Value) -> Value {
    let entries: Vec<Value> = entries.iter().map(|id| json!({"id": id, "v": "v1"})).collect();
    json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": spec,
        "status": {"inventory": {"entries": entries},
            "conditions": [{"type": "Ready", "status": "True", "message": "Applied"}]},
    })
}

fn nested(name: &str) -> String {
    format!("flux-system_{name}_kustomize.toolkit.fluxcd.io_Kustomization")
}

/// A root with itself, a nested Kustomization and a release in its inventory.
fn scene() -> Scene {
    let source = json!({"sourceRef": {"kind": "GitRepository", "name": "fleet"}});
    let root = nested("flux-system");
    let apps = nested("apps");
    let release = "web_podinfo_helm.toolkit.fluxcd.io_HelmRelease";
    let depends =
        json!({"sourceRef": {"kind": "GitRepository", "name": "fleet"}, "dependsOn": [{"name": "infra"}]});
    Scene::new()
        .object(&kustomization("flux-system", &[&root, "_web__Namespace", &nested("infra"), &apps], &source))
        .object(&kustomization("infra", &["_system__x_rbac.authorization.k8s.io_ClusterRole"], &source))
        .object(&kustomization("apps", &[release, "web_config__ConfigMap"], &depends))
        .object(&json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "fleet", "namespace": "flux-system"},
            "status": {"conditions": [{"type": "Ready", "status": "False", "message": "no \"route\""}]},
        }))
}

fn release(manifest: &str) -> [Value; 2] {
    let payload = json!({"name": "podinfo", "manifest": manifest, "chart": {"files": ["x"]}}).to_string();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, payload.as_bytes()).unwrap();
    let data = STANDARD.encode(STANDARD.encode(encoder.finish().unwrap()));
    [
        json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": "podinfo", "namespace": "web"},
            "spec": {"suspend": true, "install": {"crds": "Create"},
                "chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}},
            "status": {"storageNamespace": "web", "history": [
                {"name": "podinfo", "namespace": "web", "version": 1},
                {"name": "podinfo", "namespace": "web", "version": 2}]},
        }),
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": {"name": "sh.helm.release.v1.podinfo.v2", "namespace": "web"},
            "data": {"release": data},
        }),
    ]
}

const MANIFEST: &str = "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: podinfo\n---\n# empty\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: podinfo\n";

fn with_release(scene: Scene) -> Scene {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "pods.example.org", "labels": {
            "helm.toolkit.fluxcd.io/name": "podinfo", "helm.toolkit.fluxcd.io/namespace": "web"}},
    });
    release(MANIFEST).iter().chain([&crd]).fold(scene, Scene::object)
}

#[test]
fn kustomizations_and_releases_are_followed() {
    let scene = with_release(scene());
    assert_snapshot!(scene.run("flux tree kustomization flux-system"), @"
    Kustomization/flux-system/flux-system
    ├── Namespace/web
    ├── Kustomization/flux-system/infra
    │   └── ClusterRole/system:x
    └── Kustomization/flux-system/apps
        ├── HelmRelease/web/podinfo
        │   ├── Service/web/podinfo
        │   ├── ClusterRole/podinfo
        │   └── CustomResourceDefinition/pods.example.org
        └── ConfigMap/web/config
    ");
    assert_snapshot!(scene.run("flux tree ks flux-system --compact"), @"
    Kustomization/flux-system/flux-system
    ├── Kustomization/flux-system/infra
    └── Kustomization/flux-system/apps
        └── HelmRelease/web/podinfo
    ");
}

/// Checks a tree and those in it against the schema.
fn check(tree: &Value) {
    schema::check(tree, include_str!("../../../docs/output/tree.schema.json"));
    tree["resources"].as_array().into_iter().flatten().for_each(check);
}

#[test]
fn json_and_yaml_have_the_format_of_flux() {
    let scene = scene();
    let shown = scene.run("flux tree ks infra -o json");
    check(&serde_json::from_str(&shown.stdout).unwrap());
    assert_snapshot!(shown, @r#"
    {
      "resource": {
        "Namespace": "flux-system",
        "Name": "infra",
        "GroupKind": {
          "Group": "kustomize.toolkit.fluxcd.io",
          "Kind": "Kustomization"
        }
      },
      "resources": [
        {
          "resource": {
            "Namespace": "",
            "Name": "system:x",
            "GroupKind": {
              "Group": "rbac.authorization.k8s.io",
              "Kind": "ClusterRole"
            }
          }
        }
      ]
    }
    "#);
    assert_snapshot!(scene.run("flux tree ks infra -o yaml"), @r#"
    resource:
      GroupKind:
        Group: kustomize.toolkit.fluxcd.io
        Kind: Kustomization
      Name: infra
      Namespace: flux-system
    resources:
    - resource:
        GroupKind:
          Group: rbac.authorization.k8s.io
          Kind: ClusterRole
        Name: system:x
        Namespace: ""
    "#);
}

#[test]
fn a_cycle_ends_and_is_shown() {
    let spec = json!({});
    let scene = Scene::new()
        .object(&kustomization("a", &[&nested("b")], &spec))
        .object(&kustomization("b", &[&nested("c"), &nested("a")], &spec))
        .object(&kustomization("c", &[&nested("b")], &spec));
    assert_snapshot!(scene.run("flux tree ks a"), @"
    Kustomization/flux-system/a
    └── Kustomization/flux-system/b
        ├── Kustomization/flux-system/c
        │   └── Kustomization/flux-system/b (cycle: shown above)
        └── Kustomization/flux-system/a (cycle: shown above)
    ");
    check(&serde_json::from_str(&scene.run("flux tree ks a -o json").stdout).unwrap());
    assert_snapshot!(scene.run("flux tree ks a -o mermaid"), @r#"
    flowchart LR
      n0["Kustomization<br>a"]:::ready
      n1["Kustomization<br>b"]:::ready
      n2["Kustomization<br>c"]:::ready
      n0 --> n1
      n1 --> n2
      n2 --> n1
      n1 --> n0
      classDef ready fill:#dcfce7,stroke:#15803d,color:#111827
      classDef failed fill:#fee2e2,stroke:#b91c1c,color:#111827
      classDef progressing fill:#dbeafe,stroke:#1d4ed8,color:#111827
      classDef suspended fill:#fef9c3,stroke:#a16207,color:#111827
      classDef unknown fill:#f3f4f6,stroke:#6b7280,color:#111827
    "#);
}

#[test]
fn kustomizations_that_all_apply_each_other_end_soon() {
    let names: Vec<String> = (0..20).map(|at| format!("k{at}")).collect();
    let all: Vec<String> = names.iter().map(|name| nested(name)).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let scene =
        names.iter().fold(Scene::new(), |scene, name| scene.object(&kustomization(name, &all, &json!({}))));
    let shown = scene.run("flux tree ks k0");
    assert_eq!(shown.code, 0);
    assert!(shown.stdout.lines().count() < 5_000 && shown.stdout.contains("(cycle: shown above)"), "{shown}");
}

#[test]
fn a_missing_object_is_named() {
    let scene = Scene::new().object(&kustomization("a", &[&nested("gone")], &json!({})));
    assert_snapshot!(scene.run("flux tree ks a"), @r#"
    [stderr]
    ✗ failed to find object: kustomizations.kustomize.toolkit.fluxcd.io "gone" not found
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux tree ks gone"), @r#"
    [stderr]
    ✗ kustomizations.kustomize.toolkit.fluxcd.io "gone" not found
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux tree ks"), @"
    [stderr]
    ✗ kustomization name is required
      hint: for example: flux tree kustomization apps
    [exit code 1]
    ");
    assert_snapshot!(scene.run("flux tree artifact generator gone"), @r#"
    [stderr]
    ✗ artifactgenerators.source.extensions.fluxcd.io "gone" not found
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux tree artifact generator"), @"
    [stderr]
    ✗ generator name is required
      hint: for example: flux tree artifact generator my-generator
    [exit code 1]
    ");
}

#[test]
fn a_release_that_cannot_be_read_is_reported_without_its_content() {
    let [release, mut secret] = release(MANIFEST);
    secret["data"]["release"] = STANDARD.encode("hunter2").into();
    let scene = scene().object(&release).object(&secret);
    let shown = scene.run("flux tree ks apps");
    assert_snapshot!(shown, @"
    Kustomization/flux-system/apps
    ├── HelmRelease/web/podinfo
    └── ConfigMap/web/config

    [stderr]
    ✗ the objects of HelmRelease/web/podinfo are not shown: failed to decode Helm's Secret/web/sh.helm.release.v1.podinfo.v2
    ");
    assert!(!format!("{shown}").contains("hunter2"));
}

#[test]
fn the_objects_of_another_cluster_are_not_followed() {
    let spec = json!({"kubeConfig": {"secretRef": {"name": "edge"}}});
    let scene = scene().object(&kustomization("edge", &[&nested("apps")], &spec));
    assert_snapshot!(scene.run("flux tree ks edge"), @"
    Kustomization/flux-system/edge
    └── Kustomization/flux-system/apps
    ");
}

#[test]
fn the_artifacts_of_a_generator_are_shown() {
    let scene = Scene::new().object(&json!({
        "apiVersion": "source.extensions.fluxcd.io/v1beta1", "kind": "ArtifactGenerator",
        "metadata": {"name": "gen", "namespace": "flux-system"},
        "status": {"inventory": [{"name": "app", "namespace": "flux-system", "digest": "sha256:0"}]},
    }));
    assert_snapshot!(scene.run("flux tree artifact generator gen"), @"
    ArtifactGenerator/flux-system/gen
    └── ExternalArtifact/flux-system/app
    ");
    assert_snapshot!(scene.run("flux tree artifact generator gen -o svg"), @r#"
    ArtifactGenerator/flux-system/gen
    └── ExternalArtifact/flux-system/app

    [stderr]
    ⚠️ unknown output format "svg", showing text; use text, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    "#);
}

#[test]
fn graphs_show_sources_and_states() {
    let scene = with_release(scene());
    assert_snapshot!(scene.run("flux tree ks flux-system -o dot"), @r##"
    digraph flux {
      rankdir=LR;
      node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11];
      edge [color="#6b7280"];
      n0 [label="Kustomization\nflux-system", tooltip="ready: Applied", fillcolor="#dcfce7", color="#15803d"];
      n1 [label="GitRepository\nfleet", tooltip="failed: no \"route\"", fillcolor="#fee2e2", color="#b91c1c"];
      n2 [label="Kustomization\ninfra", tooltip="ready: Applied", fillcolor="#dcfce7", color="#15803d"];
      n3 [label="Kustomization\napps", tooltip="ready: Applied", fillcolor="#dcfce7", color="#15803d"];
      n4 [label="HelmRelease\nweb/podinfo", tooltip="suspended: ", fillcolor="#fef9c3", color="#a16207"];
      n5 [label="HelmRepository\nweb/charts", tooltip="unknown: helmrepositories.source.toolkit.fluxcd.io \"charts\" not found", fillcolor="#f3f4f6", color="#6b7280"];
      n1 -> n0 [color="#7c3aed"];
      n0 -> n2;
      n0 -> n3;
      n3 -> n4;
      n5 -> n4 [color="#7c3aed"];
      n2 -> n3 [style=dashed, constraint=false, color="#9ca3af"];
    }
    "##);
    assert_snapshot!(scene.run("flux tree ks flux-system -o mermaid"), @r#"
    flowchart LR
      n0["Kustomization<br>flux-system"]:::ready
      n1["GitRepository<br>fleet"]:::failed
      n2["Kustomization<br>infra"]:::ready
      n3["Kustomization<br>apps"]:::ready
      n4["HelmRelease<br>web/podinfo"]:::suspended
      n5["HelmRepository<br>web/charts"]:::unknown
      n1 ==> n0
      n0 --> n2
      n0 --> n3
      n3 --> n4
      n5 ==> n4
      n2 -.-> n3
      classDef ready fill:#dcfce7,stroke:#15803d,color:#111827
      classDef failed fill:#fee2e2,stroke:#b91c1c,color:#111827
      classDef progressing fill:#dbeafe,stroke:#1d4ed8,color:#111827
      classDef suspended fill:#fef9c3,stroke:#a16207,color:#111827
      classDef unknown fill:#f3f4f6,stroke:#6b7280,color:#111827
    "#);
    let svg = scene.run("flux tree ks flux-system -o svg");
    assert_eq!((svg.code, svg.stderr.as_str()), (0, ""));
    assert!(svg.stdout.contains("no &quot;route&quot;") && svg.stdout.ends_with("</svg>\n"), "{svg}");
}

#[test]
fn the_trees_of_flux_operator_are_followed() {
    let scene = Scene::with_operator();
    assert_snapshot!(scene.run("flux tree fluxinstance flux --compact"), @"
    FluxInstance/flux-system/flux
    └── Kustomization/flux-system/web
    ");
    assert_snapshot!(scene.run("flux tree rset apps"), @"
    ResourceSet/flux-system/apps
    ├── Kustomization/flux-system/apps
    └── Service/flux-system/podinfo
    ");
    assert_snapshot!(scene.run("flux tree resourceset missing"), @r#"
    [stderr]
    ✗ resourcesets.fluxcd.controlplane.io "missing" not found
    [exit code 1]
    "#);
    assert_snapshot!(scene.run("flux tree resourceset"), @"
    [stderr]
    ✗ resourceset name is required
      hint: for example: flux tree resourceset apps
    [exit code 1]
    ");
}

/// A home lab: infrastructure, monitoring and applications, with a failure and what waits for it.
fn home_lab() -> Scene {
    let condition =
        |status: &str, message: &str| json!([{"type": "Ready", "status": status, "message": message}]);
    let namespace = |kind: &str| if kind == "Kustomization" { "flux-system" } else { "apps" };
    let set = |name: &str, below: &[(&str, &str, &str)], depends_on: &[&str], status: &str| {
        let entries =
            below.iter().map(|(kind, group, name)| format!("{}_{name}_{group}_{kind}", namespace(kind)));
        let entries: Vec<Value> = entries.map(|id| json!({"id": id, "v": "v1"})).collect();
        let depends_on: Vec<Value> = depends_on.iter().map(|name| json!({"name": name})).collect();
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "flux-system"},
            "spec": {"sourceRef": {"kind": "GitRepository", "name": "flux-system"}, "dependsOn": depends_on},
            "status": {"inventory": {"entries": entries}, "conditions": condition(status, "")},
        })
    };
    let groups = [
        ("controllers", &["cert-manager", "ingress-nginx", "external-dns", "longhorn"][..], &[][..], "True"),
        ("configs", &[], &["controllers"], "True"),
        ("monitoring", &["kube-prometheus-stack", "loki", "blackbox-exporter"], &["configs"], "True"),
        (
            "apps",
            &["home-assistant", "nextcloud", "paperless", "jellyfin", "podinfo"],
            &["configs"],
            "Unknown",
        ),
    ];
    let repository = |release: &str| match release {
        "cert-manager" => "jetstack",
        "kube-prometheus-stack" | "blackbox-exporter" => "prometheus-community",
        "loki" => "grafana",
        "external-dns" | "nextcloud" | "jellyfin" | "paperless" => "bitnami",
        "longhorn" => "longhorn",
        _ => "community",
    };
    let kustomization = |name: &'static str| ("Kustomization", "kustomize.toolkit.fluxcd.io", name);
    let root: Vec<_> = groups.iter().map(|(name, ..)| kustomization(name)).collect();
    let mut scene = Scene::new().object(&set("flux-system", &root, &[], "True")).object(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "flux-system", "namespace": "flux-system"},
        "status": {"conditions": condition("True", "stored artifact")},
    }));
    for (name, releases, depends_on, status) in groups {
        let below: Vec<_> =
            releases.iter().map(|release| ("HelmRelease", "helm.toolkit.fluxcd.io", *release)).collect();
        scene = scene.object(&set(name, &below, depends_on, status));
        for release in releases {
            let (status, message) = match *release {
                "nextcloud" => ("False", "Helm upgrade failed: timed out waiting for the condition"),
                "paperless" => ("Unknown", "Running 'upgrade' action"),
                _ => ("True", "Helm upgrade succeeded"),
            };
            let source = json!({"kind": "HelmRepository", "name": repository(release)});
            scene = scene
                .object(&json!({
                    "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
                    "metadata": {"name": release, "namespace": "apps"},
                    "spec": {"suspend": *release == "jellyfin", "chart": {"spec": {"sourceRef": source}}},
                    "status": {"conditions": condition(status, message)},
                }))
                .object(&json!({
                    "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
                    "metadata": {"name": repository(release), "namespace": "apps"},
                    "status": {"conditions": condition("True", "stored artifact")},
                }));
        }
    }
    scene
}

#[test]
#[allow(clippy::disallowed_methods, reason = "insta's variable, by which snapshots are recorded")]
fn the_picture_in_the_readme_is_what_the_command_draws() {
    let drawn = home_lab().run("flux tree kustomization flux-system -o svg").stdout;
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tree.svg"), &drawn).unwrap();
    }
    let recorded = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tree.svg"));
    assert_eq!(recorded.ok().as_deref(), Some(drawn.as_str()), "record it with INSTA_UPDATE=always");
}
