//! `flux migrate` with a real API server: what an upgrade of the CRDs needs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

const NAME: &str = "widgets.demo.example.com";

/// A CRD of Flux with two versions, of which `storage` is stored. An old version that is not served is left out.
fn crd(storage: &str, versions: &[&str]) -> Value {
    let versions = versions.iter().map(|version| {
        let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        json!({
            "name": version, "served": true, "storage": *version == storage,
            "schema": {"openAPIV3Schema": schema},
        })
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME, "labels": {"app.kubernetes.io/part-of": "flux"}},
        "spec": {
            "group": "demo.example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
            "versions": versions.collect::<Vec<_>>(),
        },
    })
}

#[test]
fn a_version_can_be_removed_from_a_crd_after_the_migration() {
    let cluster = Cluster::api_only();
    let crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let crd_path = format!("{crds}/{NAME}");
    let put = |storage: &str, versions: &[&str]| {
        let mut wanted = crd(storage, versions);
        wanted["metadata"]["resourceVersion"] =
            cluster.request("GET", &crd_path, None).1["metadata"]["resourceVersion"].clone();
        cluster.request("PUT", &crd_path, Some(&wanted))
    };
    let created = cluster.request("POST", crds, Some(&crd("v1beta1", &["v1beta1", "v1"])));
    assert_eq!(created.0, 201, "{}", created.1);
    let widgets = |version: &str| format!("/apis/demo.example.com/{version}/namespaces/default/widgets");
    cluster.wait("the new kind is served", Duration::from_secs(30), || {
        cluster.request("GET", &widgets("v1beta1"), None).0 == 200
    });
    for name in ["a", "b"] {
        let widget = json!({
            "apiVersion": "demo.example.com/v1beta1", "kind": "Widget", "metadata": {"name": name}, "spec": {"x": 1},
        });
        let created = cluster.request("POST", &widgets("v1beta1"), Some(&widget));
        assert_eq!(created.0, 201, "{}", created.1);
    }
    assert_eq!(put("v1", &["v1beta1", "v1"]).0, 200);
    let stored = || cluster.request("GET", &crd_path, None).1["status"]["storedVersions"].clone();
    cluster.wait("both versions count as stored", Duration::from_secs(30), || {
        stored() == json!(["v1beta1", "v1"])
    });

    // Not before: the API server does not know whether objects are stored in it.
    assert_eq!(put("v1", &["v1"]).0, 422);
    let output = Flux::new(&cluster).line("migrate").ok();
    for line in ["Widget/default/a migrated to version v1", "Widget/default/b migrated to version v1", NAME] {
        assert!(output.stderr.contains(line), "{output:?}");
    }
    assert_eq!(stored(), json!(["v1"]));
    let widget = cluster.request("GET", &format!("{}/a", widgets("v1")), None).1;
    assert_eq!(widget["spec"], json!({"x": 1}));
    for entry in widget["metadata"]["managedFields"].as_array().expect("entries") {
        assert_eq!(entry["apiVersion"], "demo.example.com/v1", "{entry}");
    }
    assert_eq!(put("v1", &["v1"]).0, 200);
    let again = Flux::new(&cluster).line("migrate").ok();
    assert!(again.stderr.contains("custom resources migrated successfully"), "{again:?}");
}
