//! The CRDs that we install, on a real API server: it accepts them, and their rules, defaults and descriptions work.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::assets;
use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

const STRICT: &str = "fieldManager=test&force=true&fieldValidation=Strict";

/// Applies an object; the server rejects unknown fields.
fn apply(cluster: &Cluster, object: &Value) -> (u16, Value) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let path = cluster.path(text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    cluster.request("PATCH", &format!("{path}?{STRICT}"), Some(object))
}

fn condition(object: &Value, kind: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|it| it["type"] == kind && it["status"] == "True"))
}

/// An object of a kind.
fn object(kind: &str, namespace: &str, name: &str, spec: &Value) -> Value {
    let definition = edgeflux::api::CRDS.iter().find(|it| it.kind == kind);
    json!({
        "apiVersion": definition.expect("one of the kinds").api_version(),
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    })
}

#[test]
fn the_api_server_accepts_exported_objects_and_explains_their_fields() {
    let cluster = Cluster::api_only();
    let export = Flux::bare()
        .line("install --export --components-extra")
        .args(["image-reflector-controller,image-automation-controller,source-watcher"])
        .ok();
    for object in edgeflux_yaml::documents(&export.stdout).expect("flux writes YAML") {
        let (code, answer) = apply(&cluster, &object);
        assert!(code < 300, "{} {}: {code} {answer}", object["kind"], object["metadata"]["name"]);
    }
    cluster.wait("the definitions", Duration::from_mins(1), || {
        cluster.list("CustomResourceDefinition", "").iter().all(|it| condition(it, "Established"))
    });
    let definitions = cluster.list("CustomResourceDefinition", "");
    assert_eq!(definitions.len(), 15);
    for definition in &definitions {
        let name = &definition["metadata"]["name"];
        assert!(condition(definition, "NamesAccepted"), "{name}: {}", definition["status"]);
        assert!(!condition(definition, "NonStructuralSchema"), "{name}: {}", definition["status"]);
        assert!(!condition(definition, "KubernetesAPIApprovalPolicyConformant"), "{name}");
    }
    let explain = |field: &str| {
        let mut kubectl = Command::new(assets::program("kubectl"));
        kubectl.arg("--kubeconfig").arg(cluster.kubeconfig()).args(["explain", field]);
        let mut text = String::new();
        // The server publishes its schemas a little after it serves the kinds.
        cluster.wait(field, Duration::from_mins(1), || {
            let output = kubectl.output().expect("kubectl runs");
            text = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success()
        });
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = explain("kustomization.spec.prune");
    assert!(
        text.contains("Enables garbage collection of objects that were removed from the source."),
        "{text}"
    );
    let text = explain("hr.spec.install.crds");
    assert!(text.contains("ENUM: Skip Create CreateReplace"), "{text}");
}

#[test]
fn the_api_server_fills_in_defaults() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("defaults");
    let applied = |kind: &str, spec: &Value| {
        let (code, answer) = apply(cluster, &object(kind, &namespace, "minimal", spec));
        assert_eq!(code, 201, "{kind}: {answer}");
        answer["spec"].clone()
    };
    let git = applied("GitRepository", &json!({"url": "https://git.example/a", "interval": "1m0s"}));
    assert_eq!(git["timeout"], "60s");
    let chart = json!({"chart": "a", "sourceRef": {"kind": "HelmRepository", "name": "charts"}});
    let release = applied("HelmRelease", &json!({"interval": "1m", "chart": {"spec": chart}}));
    assert_eq!(release["chart"]["spec"]["reconcileStrategy"], "ChartVersion");
    assert_eq!(release["chart"]["spec"]["version"], "*");
    let source = json!({"kind": "GitRepository", "name": "fleet"});
    let applied_files =
        applied("Kustomization", &json!({"interval": "1m", "prune": true, "sourceRef": source}));
    assert_eq!(applied_files["force"], false);
    let policy = json!({"imageRepositoryRef": {"name": "a"}, "policy": {"alphabetical": {}}});
    let policy = applied("ImagePolicy", &policy);
    assert_eq!(policy["policy"]["alphabetical"]["order"], "asc");
    assert_eq!(policy["digestReflectionPolicy"], "Never");
    let automation = applied("ImageUpdateAutomation", &json!({"interval": "1m", "sourceRef": source}));
    assert_eq!(automation["update"], json!({"strategy": "Setters"}));
    let image = applied("ImageRepository", &json!({"image": "registry.example/a", "interval": "1m"}));
    assert_eq!(image["exclusionList"], json!([r"^.*\.sig$"]));
    // New objects have a status, so that waiting recognizes an object that no controller has handled.
    let fetched = cluster.get("GitRepository", &namespace, "minimal");
    assert_eq!(fetched["status"], json!({"observedGeneration": -1}));
}

#[test]
fn the_api_server_rejects_invalid_objects_with_a_reason() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("rules");
    let git = json!({"url": "https://git.example/a", "interval": "1m"});
    let bucket = json!({"bucketName": "b", "endpoint": "s3.example", "interval": "1m"});
    let sts = |provider: &str| json!({"provider": provider, "endpoint": "https://sts.example"});
    let chart = json!({"chart": "a", "interval": "1m",
        "sourceRef": {"kind": "HelmRepository", "name": "charts"}});
    let template = json!({"spec": {"chart": "a",
        "sourceRef": {"kind": "HelmRepository", "name": "charts"}}});
    let release = json!({"interval": "1m", "chart": template});
    let files = json!({"interval": "1m", "prune": true,
        "sourceRef": {"kind": "GitRepository", "name": "fleet"}});
    let policy = json!({"imageRepositoryRef": {"name": "a"}, "policy": {"alphabetical": {}}});
    let token = json!({"name": "token"});
    let receiver = json!({"type": "github", "secretRef": token,
        "resources": [{"kind": "GitRepository", "name": "fleet"}]});
    let issuers = json!([{"issuerURL": "https://issuer.example",
        "validations": [{"expression": "true", "message": "no"}]}]);
    let generator = json!({"sources": [{"alias": "a", "kind": "GitRepository", "name": "fleet"}],
        "artifacts": [{"name": "out", "copy": [{"from": "@a/**", "to": "@artifact/"}]}]});
    let provider = json!({"type": "slack"});
    let alert = json!({"providerRef": {"name": "chat"},
        "eventSources": [{"kind": "HelmRelease", "name": "*"}]});
    let cases: Vec<(&str, &Value, Value, &str)> = vec![
        // CEL rules.
        (
            "GitRepository",
            &git,
            json!({"serviceAccountName": "a"}),
            "serviceAccountName can only be set when",
        ),
        (
            "Bucket",
            &bucket,
            json!({"provider": "gcp", "sts": sts("aws")}),
            "STS configuration is only supported",
        ),
        (
            "Bucket",
            &bucket,
            json!({"provider": "aws", "sts": sts("ldap")}),
            "'aws' is the only supported STS",
        ),
        ("Bucket", &bucket, json!({"sts": sts("aws")}), "'ldap' is the only supported STS provider"),
        (
            "Bucket",
            &bucket,
            json!({"provider": "aws",
            "sts": {"provider": "aws", "endpoint": "https://sts.example", "secretRef": token}}),
            "spec.sts.secretRef is not required",
        ),
        (
            "Bucket",
            &bucket,
            json!({"provider": "aws",
            "sts": {"provider": "aws", "endpoint": "https://sts.example", "certSecretRef": token}}),
            "spec.sts.certSecretRef is not required",
        ),
        ("Bucket", &bucket, json!({"serviceAccountName": "a"}), "ServiceAccountName is not supported"),
        (
            "Bucket",
            &bucket,
            json!({"provider": "gcp", "serviceAccountName": "a", "secretRef": token}),
            "cannot set both .spec.secretRef and .spec.serviceAccountName",
        ),
        (
            "HelmChart",
            &chart,
            json!({"verify": {"provider": "cosign"},
            "sourceRef": {"kind": "Bucket", "name": "b"}}),
            "spec.verify is only supported when",
        ),
        (
            "HelmRelease",
            &release,
            json!({"chartRef": {"kind": "HelmChart", "name": "a"}}),
            "either chart or chartRef must be set",
        ),
        ("HelmRelease", &release, json!({"chart": null}), "either chart or chartRef must be set"),
        (
            "HelmRelease",
            &release,
            json!({"install": {"strategy":
            {"name": "RemediateOnFailure", "retryInterval": "1m"}}}),
            ".retryInterval cannot be set when",
        ),
        (
            "HelmRelease",
            &release,
            json!({"upgrade": {"strategy":
            {"name": "RemediateOnFailure", "retryInterval": "1m"}}}),
            ".retryInterval can only be set when",
        ),
        ("HelmRelease", &release, json!({"kubeConfig": {}}), "exactly one of spec.kubeConfig.configMapRef"),
        (
            "Kustomization",
            &files,
            json!({"kubeConfig": {"configMapRef": token, "secretRef": token}}),
            "exactly one of spec.kubeConfig.configMapRef",
        ),
        ("ImagePolicy", &policy, json!({"interval": "1m"}), "spec.interval is only accepted when"),
        (
            "ImagePolicy",
            &policy,
            json!({"digestReflectionPolicy": "Always"}),
            "spec.interval must be set when",
        ),
        (
            "Receiver",
            &receiver,
            json!({"secretRef": null}),
            "secretRef is required when type is not generic-oidc",
        ),
        ("Receiver", &receiver, json!({"oidcProviders": issuers}), "oidcProviders can only be set when"),
        (
            "Receiver",
            &receiver,
            json!({"type": "generic-oidc", "secretRef": null}),
            "generic-oidc receivers must define at least one oidcProvider",
        ),
        (
            "Receiver",
            &receiver,
            json!({"type": "generic-oidc", "oidcProviders": issuers}),
            "secretRef cannot be set when type is generic-oidc",
        ),
        (
            "Provider",
            &provider,
            json!({"commitStatusExpr": "'a'"}),
            "spec.commitStatusExpr is only supported",
        ),
        (
            "ArtifactGenerator",
            &generator,
            json!({"artifacts": [{"name": "{app}",
            "copy": [{"from": "@a/**", "to": "@artifact/"}]}]}),
            "artifact names must be valid Kubernetes",
        ),
        // Patterns, enums, lengths, required fields, list keys.
        ("GitRepository", &git, json!({"url": "git@git.example:a"}), "spec.url in body should match"),
        ("GitRepository", &git, json!({"interval": "1d"}), "spec.interval in body should match"),
        ("GitRepository", &git, json!({"timeout": "1h"}), "spec.timeout in body should match"),
        (
            "GitRepository",
            &git,
            json!({"provider": "gcp"}),
            r#"supported values: "generic", "aws", "azure", "github""#,
        ),
        ("GitRepository", &git, json!({"url": null}), "spec.url: Required value"),
        (
            "Kustomization",
            &files,
            json!({"targetNamespace": ""}),
            "spec.targetNamespace in body should be at least 1 chars",
        ),
        (
            "HelmRelease",
            &release,
            json!({"releaseName": "a".repeat(54)}),
            "Too long: may not be more than 53 bytes",
        ),
        (
            "Receiver",
            &receiver,
            json!({"type": "generic-oidc", "secretRef": null,
            "oidcProviders": [issuers[0], issuers[0]]}),
            "duplicate entries for key",
        ),
        ("ArtifactGenerator", &generator, json!({"sources": []}), "should have at least 1 items"),
        ("Alert", &alert, json!({"eventSeverity": "warn"}), r#"supported values: "info", "error""#),
    ];
    for (at, (kind, valid, change, reason)) in cases.into_iter().enumerate() {
        let (code, answer) = apply(cluster, &object(kind, &namespace, "valid", valid));
        assert!(code < 300, "{kind}: {answer}");
        let mut spec = valid.clone();
        for (field, value) in change.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(spec.as_object_mut().and_then(|fields| fields.remove(field))),
                value => spec[field] = value.clone(),
            }
        }
        let (code, answer) = apply(cluster, &object(kind, &namespace, &format!("invalid-{at}"), &spec));
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(code >= 400, "{kind} with {change} was taken");
        assert!(message.contains(reason), "{kind} with {change}: {message}");
    }
}
