//! A cluster with Flux and an object of every kind.

use serde_json::{Value, json};

use crate::kinds::{KINDS, Kind, Product};

/// A certificate without meaning, valid until 2126.
pub const CA_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
                  MIIBcDCCARegAwIBAgIUHOM/Epxgy5fIgcszagzQbMMjx+AwCgYIKoZIzj0EAwIw\n\
                  DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI2MDgwMDA1WhgPMjEyNjExMDIwODAwMDVa\n\
                  MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0GeywTAf\n\
                  tPOfs/0TJ+sKekIT0c6T1aJMZL0tljPlaX3KeN3VCTm8jmbpEuX3taGhdmSQEdSu\n\
                  wa8fkHeNGvjM06NTMFEwHQYDVR0OBBYEFHAbyaIyt0BO4ja8uwPVuuuhavX9MB8G\n\
                  A1UdIwQYMBaAFHAbyaIyt0BO4ja8uwPVuuuhavX9MA8GA1UdEwEB/wQFMAMBAf8w\n\
                  CgYIKoZIzj0EAwIDRwAwRAIgBNNtXdn12hiCpTytiFAvm8cKW6xfliwHmZaEAQ7o\n\
                  dO0CICI9zM/CY12p6Tshk/oSbw1IxLnMWuKYC6P1CPxAbNEc\n\
                  -----END CERTIFICATE-----\n";

/// The kinds that come with Flux.
fn kinds_of_flux() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| kind.product == Product::Flux)
}

/// What `flux bootstrap` has installed, with two controllers.
pub fn installation() -> Vec<Value> {
    let labels = json!({"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.0"});
    let mut objects = vec![json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "flux-system", "labels": labels},
    })];
    for controller in ["kustomize-controller:v1.9.4", "source-controller:v1.9.1"] {
        let (name, _) = controller.split_once(':').expect("name and tag");
        objects.push(json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "flux-system", "labels": labels, "generation": 1},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": name}},
                "template": {"spec": {"containers": [{"name": "manager", "image": format!("ghcr.io/fluxcd/{controller}")}]}},
            },
            "status": {
                "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
                "availableReplicas": 1, "conditions": [{"type": "Available", "status": "True"}],
            },
        }));
    }
    for kind in kinds_of_flux() {
        let mut labels = labels.clone();
        labels["kustomize.toolkit.fluxcd.io/name"] = "flux-system".into();
        labels["kustomize.toolkit.fluxcd.io/namespace"] = "flux-system".into();
        objects.push(json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{}.{}", kind.plural, kind.group), "labels": labels},
            "spec": {"group": kind.group, "scope": "Namespaced", "names": {"kind": kind.kind, "plural": kind.plural}},
            "status": {"storedVersions": [kind.version]},
        }));
    }
    objects
}

/// An object of every kind of flux-operator, whose FluxInstance has installed Flux.
pub fn operator() -> Vec<Value> {
    let revision = "v2.9.4@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let api_version = "fluxcd.controlplane.io/v1";
    let entry = |id: &str, version: &str| json!({"id": id, "v": version});
    let instance = json!({
        "lastAppliedRevision": revision,
        "inventory": {"entries": [
            entry("flux-system_web_kustomize.toolkit.fluxcd.io_Kustomization", "v1"),
            entry("flux-system_source-controller_apps_Deployment", "v1"),
        ]},
    });
    let set = json!({"inventory": {"entries": [
        entry("flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization", "v1"),
        entry("flux-system_podinfo__Service", "v1"),
    ]}});
    let inputs = json!({"inputsFrom": [{"name": "pull-requests"}], "resources": []});
    let provider = json!({"type": "GitHubPullRequest", "url": "https://github.com/example/app"});
    [
        (
            "FluxInstance",
            "flux",
            json!({"distribution": {"version": "2.x", "registry": "ghcr.io/fluxcd"}}),
            instance,
        ),
        ("FluxReport", "flux", json!({"distribution": {"version": "v2.9.4"}}), json!({})),
        ("ResourceSet", "apps", inputs, set),
        ("ResourceSetInputProvider", "pull-requests", provider, json!({"exportedInputs": [{"id": "1"}]})),
    ]
    .map(|(kind, name, spec, status)| {
        let mut status = ready(status, "True", "Reconciliation finished in 52ms");
        status["conditions"][0]["lastTransitionTime"] = "2025-12-31T22:00:00Z".into();
        object(api_version, kind, name, &spec, &status)
    })
    .into()
}

/// An object of every kind of Flux, and two more Kustomizations: one that fails and one that is suspended.
pub fn objects() -> Vec<Value> {
    let revision = "main@sha1:0123456789abcdef0123456789abcdef01234567";
    let artifact = json!({"artifact": {"revision": revision}});
    let fleet = json!({"kind": "GitRepository", "name": "fleet"});
    let interval = json!({"interval": "10m"});
    let mut objects: Vec<Value> = kinds_of_flux()
        .map(|kind| {
            let (name, spec, status) = match kind.kind {
                "GitRepository" => (
                    "fleet",
                    json!({"interval": "1m", "url": "https://git.example.com/fleet", "ref": {"branch": "main"},
                        "secretRef": {"name": "fleet"}}),
                    artifact.clone(),
                ),
                "Kustomization" => (
                    "apps",
                    json!({"interval": "10m", "path": "./apps", "prune": true, "sourceRef": fleet,
                        "postBuild": {"substitute": {"CLUSTER": "edge"}}}),
                    json!({"lastAppliedRevision": revision}),
                ),
                "HelmRelease" => (
                    "podinfo",
                    json!({"interval": "10m", "chart": {"spec": {"chart": "podinfo",
                        "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}}),
                    json!({"history": [{"chartVersion": "6.6.2"}]}),
                ),
                "HelmChart" => ("podinfo", json!({"chart": "podinfo"}), json!({"artifact": {"revision": "6.6.2"}})),
                "ExternalArtifact" => ("split", json!({"sourceRef": fleet}), artifact.clone()),
                "ImageRepository" => (
                    "podinfo",
                    interval.clone(),
                    json!({"lastScanResult": {"scanTime": "2025-12-31T23:59:00Z", "tagCount": 7}}),
                ),
                "ImagePolicy" => (
                    "podinfo",
                    json!({}),
                    json!({"latestRef": {"name": "ghcr.io/stefanprodan/podinfo", "tag": "6.6.2"}}),
                ),
                "ImageUpdateAutomation" => {
                    ("fleet", interval.clone(), json!({"lastAutomationRunTime": "2025-12-31T23:58:00Z"}))
                }
                "OCIRepository" | "Bucket" | "HelmRepository" => ("charts", interval.clone(), artifact.clone()),
                _ => ("main", json!({}), json!({})),
            };
            object(&kind.api_version(), kind.kind, name, &spec, &ready(status, "True", "reconciled"))
        })
        .collect();
    let kustomization = |name: &str, spec: &Value, status: Value| {
        object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, spec, &status)
    };
    objects.push(kustomization(
        "infra",
        &json!({"interval": "10m", "path": "./infra", "prune": true, "suspend": true, "sourceRef": fleet}),
        ready(json!({"lastAppliedRevision": revision}), "True", "reconciled"),
    ));
    let mut web = kustomization(
        "web",
        &json!({"interval": "10m", "path": "./web", "prune": true, "sourceRef": fleet}),
        ready(json!({}), "False", "kustomization path not found"),
    );
    web["metadata"]["labels"]["team"] = "web".into();
    objects.push(web);
    objects.push(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "fleet", "namespace": "flux-system"},
        "type": "Opaque",
        "data": {"username": "Z2l0"},
    }));
    objects
}

fn object(api_version: &str, kind: &str, name: &str, spec: &Value, status: &Value) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "flux-system", "generation": 1},
        "spec": spec,
        "status": status,
    })
}

fn ready(mut status: Value, ready: &str, message: &str) -> Value {
    status["observedGeneration"] = 1.into();
    status["conditions"] = json!([{"type": "Ready", "status": ready, "reason": "Test", "message": message, "observedGeneration": 1}]);
    status
}
