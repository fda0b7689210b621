//! Network policies of an installation.

use serde_json::{Value, json};

use super::components::NOTIFICATION_CONTROLLER;
use super::install::Options;

/// Returns the policies: traffic within the namespace and to the outside, and access to metrics and webhooks from all
/// namespaces.
pub(super) fn of(options: &Options) -> [Value; 3] {
    [
        policy(
            options,
            "allow-egress",
            json!({
                "egress": [{}],
                "ingress": [{"from": [{"podSelector": {}}]}],
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
            }),
        ),
        policy(options, "allow-scraping", into(8080, json!({}))),
        policy(
            options,
            "allow-webhooks",
            into(9292, json!({"matchLabels": {"app": NOTIFICATION_CONTROLLER}})),
        ),
    ]
}

/// Allows Pods of all namespaces to reach a port of the selected Pods.
fn into(port: u16, selected: Value) -> Value {
    let mut spec = json!({
        "ingress": [{
            "from": [{"namespaceSelector": {}}],
            "ports": [{"port": port, "protocol": "TCP"}],
        }],
        "policyTypes": ["Ingress"],
    });
    spec["podSelector"] = selected;
    spec
}

fn policy(options: &Options, name: &str, spec: Value) -> Value {
    let mut policy = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"labels": options.labels(), "name": name, "namespace": options.namespace},
    });
    policy["spec"] = spec;
    policy
}
