//! RBAC of the components and of users of the Flux API, and the quota that allows critical Pods in the namespace.

use serde_json::{Value, json};

use super::components::COMPONENTS;
use super::install::Options;

/// Groups of the Flux API, in the order of the components' role.
const GROUPS: [&str; 6] = [
    "source.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
];

/// The same groups, in the order of the users' roles.
const GROUPS_FOR_USERS: [&str; 6] = [
    "notification.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
];

const READ: [&str; 3] = ["get", "list", "watch"];
const READ_AND_WRITE: [&str; 7] = ["get", "list", "watch", "create", "update", "patch", "delete"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];

/// Controllers that apply objects of any kind.
const APPLIERS: [&str; 2] = ["kustomize-controller", "helm-controller"];

/// Components that use the Flux API, in the order of the binding.
const BOUND: [&str; 7] = [
    "kustomize-controller",
    "helm-controller",
    "source-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
    "source-watcher",
];

const _: () = assert!(BOUND.len() == COMPONENTS.len(), "every component is bound");

/// Returns the quota, the roles and their bindings. They do not depend on the installed components, so that adding one
/// later needs no further rights.
pub(super) fn of(options: &Options) -> [Value; 6] {
    [
        quota(options),
        role(options, "crd-controller", &[], components_rules()),
        role(options, "flux-edit", &["admin", "edit"], vec![rule(&GROUPS_FOR_USERS, &["*"], &WRITE)]),
        role(options, "flux-view", &["admin", "edit", "view"], vec![rule(&GROUPS_FOR_USERS, &["*"], &READ)]),
        binding(options, "cluster-reconciler", "cluster-admin", &APPLIERS),
        binding(options, "crd-controller", &format!("crd-controller-{}", options.namespace), &BOUND),
    ]
}

fn components_rules() -> Vec<Value> {
    let own = GROUPS.map(|group| rule(&[group], &["*"], &["*"]));
    let others = [
        rule(&[""], &["namespaces", "secrets", "configmaps", "serviceaccounts"], &READ),
        rule(&[""], &["events"], &["create", "patch"]),
        rule(&[""], &["configmaps"], &READ_AND_WRITE),
        rule(&[""], &["configmaps/status"], &["get", "update", "patch"]),
        rule(&["coordination.k8s.io"], &["leases"], &READ_AND_WRITE),
        rule(&[""], &["serviceaccounts/token"], &["create"]),
        json!({"nonResourceURLs": ["/livez/ping"], "verbs": ["head"]}),
    ];
    own.into_iter().chain(others).collect()
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

/// Creates a role named after the installation, which is aggregated to the cluster's roles `aggregated`.
fn role(options: &Options, name: &str, aggregated: &[&str], rules: Vec<Value>) -> Value {
    let mut labels = options.labels();
    for role in aggregated {
        labels.insert(format!("rbac.authorization.k8s.io/aggregate-to-{role}"), "true".into());
    }
    let mut role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"labels": labels, "name": format!("{name}-{}", options.namespace)},
    });
    role["rules"] = Value::Array(rules);
    role
}

fn binding(options: &Options, name: &str, role: &str, accounts: &[&str]) -> Value {
    let subjects: Vec<Value> = accounts
        .iter()
        .map(|account| json!({"kind": "ServiceAccount", "name": account, "namespace": options.namespace}))
        .collect();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {
            "labels": options.labels(),
            "name": format!("{name}-{}", options.namespace),
        },
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    })
}

/// Creates the quota. Some clusters allow Pods of these priorities only in namespaces with a quota for them.
fn quota(options: &Options) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "labels": options.labels(),
            "name": format!("critical-pods-{}", options.namespace),
            "namespace": options.namespace,
        },
        "spec": {
            "hard": {"pods": "1000"},
            "scopeSelector": {"matchExpressions": [{
                "operator": "In",
                "scopeName": "PriorityClass",
                "values": ["system-node-critical", "system-cluster-critical"],
            }]},
        },
    })
}
