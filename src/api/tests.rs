//! Tests that cover all kinds.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::*;

/// Calls `visit` with the path and schema of each node.
fn walk(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &Map<String, Value>)) {
    let node = schema.as_object().unwrap_or_else(|| panic!("{path} is no schema: {schema}"));
    visit(path, node);
    for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        walk(&format!("{path}.{name}"), property, visit);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(inner) = node.get(key) {
            walk(&format!("{path}{mark}"), inner, visit);
        }
    }
}

fn walk_all(mut visit: impl FnMut(&str, &Map<String, Value>)) {
    for crd in CRDS {
        walk(crd.kind, &crd.schema(), &mut visit);
    }
}

#[test]
fn every_field_of_every_kind_has_a_description() {
    let mut fields = 0;
    walk_all(|path, node| {
        let last = path.rsplit('.').next().unwrap_or_default();
        // The description of a list or map covers its elements, and the API server rejects a description
        // of metadata.
        let of_kind = path.matches('.').count() == 1;
        if last.ends_with("[]") || last.ends_with("{}") || (of_kind && last == "metadata") {
            return;
        }
        fields += 1;
        let description = node.get("description").and_then(Value::as_str).unwrap_or_default();
        assert!(description.len() > 5, "{path} lacks a description");
        assert!(description.ends_with('.'), "{path} is not described in whole sentences");
    });
    assert!(fields > 600, "only {fields} fields were seen");
}

#[test]
fn every_schema_is_structural() {
    const KNOWN: [&str; 19] = [
        "additionalProperties",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-validations",
    ];
    walk_all(|path, node| {
        let any = node.contains_key("x-kubernetes-preserve-unknown-fields");
        assert!(any || node.get("type").is_some_and(Value::is_string), "{path} has no single type: {node:?}");
        for key in node.keys() {
            assert!(
                any || KNOWN.contains(&key.as_str()),
                "{path} says {key}, which a structural schema does not take"
            );
        }
        for name in node.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            assert!(node["properties"].get(name).is_some(), "{path} requires unknown {name}");
        }
        if let (Some(default), Some(words)) = (node.get("default"), node.get("enum")) {
            assert!(
                words.as_array().is_some_and(|words| words.contains(default)),
                "{path} has a default that it does not take: {default}"
            );
        }
    });
}

#[test]
fn every_rule_and_pattern_is_complete() {
    walk_all(|path, node| {
        for rule in node.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten() {
            for key in ["rule", "message"] {
                assert!(rule[key].as_str().is_some_and(|text| !text.is_empty()), "{path}: {rule}");
            }
        }
        if let Some(pattern) = node.get("pattern") {
            let pattern = pattern.as_str().unwrap_or_default();
            assert!(regex::Regex::new(pattern).is_ok(), "{path} has a broken pattern: {pattern}");
        }
    });
}

#[test]
fn a_crd_names_its_kind_as_the_cluster_expects() {
    for crd in CRDS {
        let value = crd.to_value(Map::new());
        assert_eq!(value["metadata"]["name"], format!("{}.{}", crd.plural, crd.group).as_str());
        let names = &value["spec"]["names"];
        assert_eq!(names["singular"], crd.kind.to_lowercase().as_str());
        assert_eq!(names["plural"], names["plural"].as_str().unwrap_or_default().to_lowercase());
        let version = &value["spec"]["versions"][0];
        assert_eq!(version["name"], crd.version);
        let properties = &version["schema"]["openAPIV3Schema"]["properties"];
        assert_eq!(
            properties.get("status").is_some(),
            version["subresources"].get("status").is_some(),
            "{} has a status without its subresource, or the reverse",
            crd.kind
        );
    }
}

/// Deserializes `spec` as `S` and serializes it again, without loss or additions.
fn round_trip<S: Spec + DeserializeOwned>(kind: &str, spec: &Value) {
    let typed: S = serde_json::from_value(spec.clone()).unwrap_or_else(|e| panic!("{kind}: {e}"));
    let object = Object::new("apps", "demo", typed).to_value();
    assert_eq!(object["kind"], kind);
    assert_eq!(object["apiVersion"], S::CRD.api_version());
    assert_eq!(object["metadata"], json!({"name": "demo", "namespace": "apps"}));
    assert_eq!(&object["spec"], spec);
    // The schema must declare every field that is written.
    let schema = S::CRD.schema();
    for (field, _) in spec.as_object().into_iter().flatten() {
        let known = &schema["properties"]["spec"]["properties"][field];
        assert!(known.is_object(), "{kind} writes {field}, which its schema does not know");
    }
}

#[test]
fn specs_are_read_and_written_without_loss() {
    round_trip::<GitRepositorySpec>(
        "GitRepository",
        &json!({
            "url": "https://git.example/app", "interval": "1m0s", "timeout": "1m0s",
            "ref": {"branch": "main"}, "secretRef": {"name": "git"}, "recurseSubmodules": true,
            "include": [{"repository": {"name": "other"}, "fromPath": "deploy"}],
            "verify": {"mode": "HEAD", "secretRef": {"name": "keys"}}, "provider": "github",
            "sparseCheckout": ["deploy"], "suspend": true,
        }),
    );
    round_trip::<OciRepositorySpec>(
        "OCIRepository",
        &json!({
            "url": "oci://registry.example/app", "interval": "10m0s", "insecure": true,
            "ref": {"semver": ">=1.0.0", "semverFilter": ".*-rc.*"}, "provider": "aws",
            "layerSelector": {"mediaType": "application/tar", "operation": "copy"},
            "verify": {"provider": "cosign", "matchOIDCIdentity": [{"issuer": "a", "subject": "b"}]},
        }),
    );
    round_trip::<HelmRepositorySpec>(
        "HelmRepository",
        &json!({"url": "oci://registry.example/charts", "type": "oci", "passCredentials": true}),
    );
    round_trip::<HelmChartSpec>(
        "HelmChart",
        &json!({
            "chart": "app", "version": "1.x", "interval": "5m0s", "valuesFiles": ["a.yaml"],
            "sourceRef": {"kind": "HelmRepository", "name": "charts"},
            "reconcileStrategy": "Revision",
        }),
    );
    round_trip::<BucketSpec>(
        "Bucket",
        &json!({
            "bucketName": "b", "endpoint": "s3.example", "interval": "5m0s", "provider": "generic",
            "sts": {"provider": "ldap", "endpoint": "https://sts.example"},
        }),
    );
    round_trip::<ExternalArtifactSpec>(
        "ExternalArtifact",
        &json!({"sourceRef": {"kind": "ArtifactGenerator", "name": "gen"}}),
    );
    round_trip::<KustomizationSpec>(
        "Kustomization",
        &json!({
            "interval": "10m0s", "path": "./apps", "prune": false,
            "sourceRef": {"kind": "GitRepository", "name": "app", "namespace": "other"},
            "dependsOn": [{"name": "base", "readyExpr": "true"}], "wait": true, "force": true,
            "postBuild": {"substitute": {"a": "b"},
                "substituteFrom": [{"kind": "Secret", "name": "vars", "optional": true}]},
            "patches": [{"patch": "a: b", "target": {"kind": "Deployment"}}],
            "images": [{"name": "app", "newTag": "v2"}],
            "decryption": {"provider": "sops", "secretRef": {"name": "age"}},
            "kubeConfig": {"secretRef": {"name": "edge"}}, "deletionPolicy": "Orphan",
        }),
    );
    round_trip::<HelmReleaseSpec>(
        "HelmRelease",
        &json!({
            "interval": "1m0s",
            "chart": {"spec": {"chart": "app", "version": "0.0.1", "reconcileStrategy": "ChartVersion",
                "sourceRef": {"kind": "HelmRepository", "name": "charts", "namespace": "apps"}}},
            "install": {"createNamespace": true, "crds": "Create", "skipCRDs": true,
                "disableOpenAPIValidation": true, "serverSideApply": false,
                "remediation": {"retries": -1}},
            "upgrade": {"crds": "CreateReplace", "remediation": {"strategy": "uninstall"}},
            "uninstall": {"deletionPropagation": "foreground"}, "maxHistory": 0,
            "values": {"a": null, "b": [], "c": {}, "d": 1.5, "e": ""},
            "valuesFrom": [{"kind": "ConfigMap", "name": "v", "targetPath": "a.b", "literal": true}],
        }),
    );
    round_trip::<ImageRepositorySpec>(
        "ImageRepository",
        &json!({"image": "registry.example/app", "interval": "1m0s", "exclusionList": ["^x"],
            "accessFrom": {"namespaceSelectors": [{"matchLabels": {"a": "b"}}]}}),
    );
    round_trip::<ImagePolicySpec>(
        "ImagePolicy",
        &json!({
            "imageRepositoryRef": {"name": "app"}, "policy": {"alphabetical": {"order": "asc"}},
            "filterTags": {"pattern": "^R(?P<t>.*)$", "extract": "$t"},
            "digestReflectionPolicy": "Always", "interval": "1m0s",
        }),
    );
    round_trip::<ImageUpdateAutomationSpec>(
        "ImageUpdateAutomation",
        &json!({
            "interval": "1m0s", "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
            "git": {"checkout": {"ref": {"branch": "main"}},
                "commit": {"author": {"email": "a@b.example", "name": "fluxcdbot"},
                    "messageTemplate": "x", "signingKey": {"secretRef": {"name": "k"}, "type": "ssh"}},
                "push": {"branch": "main"}},
            "policySelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
            "update": {"path": "./clusters", "strategy": "Setters"},
        }),
    );
    round_trip::<ReceiverSpec>(
        "Receiver",
        &json!({
            "type": "generic-oidc", "resources": [{"kind": "GitRepository", "name": "*"}],
            "oidcProviders": [{"issuerURL": "https://i.example",
                "validations": [{"expression": "true", "message": "m"}]}],
        }),
    );
    round_trip::<AlertSpec>(
        "Alert",
        &json!({"providerRef": {"name": "chat"}, "eventSeverity": "error",
            "eventSources": [{"kind": "HelmRelease", "name": "app"}]}),
    );
    round_trip::<ProviderSpec>(
        "Provider",
        &json!({"type": "slack", "channel": "general", "secretRef": {"name": "s"}}),
    );
    round_trip::<ArtifactGeneratorSpec>(
        "ArtifactGenerator",
        &json!({
            "sources": [{"alias": "a", "kind": "GitRepository", "name": "app"}],
            "artifacts": [{"name": "out", "originRevision": "@a",
                "copy": [{"from": "@a/**", "to": "@artifact/", "strategy": "Merge"}]}],
        }),
    );
}

#[test]
fn a_minimal_spec_writes_its_required_fields_alone() {
    let spec = GitRepositorySpec {
        interval: Duration::from_mins(1),
        url: "ssh://git@git.example/app".into(),
        ..GitRepositorySpec::default()
    };
    assert_eq!(
        serde_json::to_value(&spec).ok(),
        Some(json!({"interval": "1m0s", "url": "ssh://git@git.example/app"}))
    );
}

#[test]
fn statuses_of_the_cluster_are_read() {
    let status: HelmReleaseStatus = serde_json::from_value(json!({
        "conditions": [{"lastTransitionTime": "2024-05-01T12:00:00Z", "message": "", "reason": "Ok",
            "status": "True", "type": "Ready", "observedGeneration": 2}],
        "history": [{"digest": "sha256:1", "name": "app", "namespace": "apps", "version": 3,
            "status": "deployed", "chartName": "app", "chartVersion": "1.0.0",
            "configDigest": "sha256:2", "firstDeployed": "2024-05-01T12:00:00Z",
            "lastDeployed": "2024-05-01T12:00:00Z", "testHooks": {}}],
        "lastAttemptedReleaseAction": "upgrade",
        "observedGeneration": -1,
    }))
    .expect("a status as the controller writes it");
    assert_eq!(status.conditions[0].status, ConditionStatus::True);
    assert_eq!(status.history[0].version, 3);
    assert_eq!(status.last_attempted_release_action, Some(ReleaseAction::Upgrade));
}

#[test]
fn an_unknown_string_is_refused_with_the_valid_ones() {
    let error = "weekly".parse::<Order>().map_err(|e| e.to_string());
    assert_eq!(error, Err(r#""weekly" is not one of asc, desc"#.into()));
    assert_eq!("desc".parse(), Ok(Order::Descending));
    assert_eq!(Order::ALL.len(), 2);
    assert_eq!(format!("{:>5}", Order::Ascending), "  asc");
}
