//! Objects of a component: its ServiceAccount, Services and Deployment.

use serde_json::{Value, json};

use super::components::{Component, Service};
use super::install::Options;

/// Group ID of a component's volumes. The images run as the user with the same ID.
const FILE_GROUP: u16 = 1337;

pub(super) fn of(options: &Options, component: &Component) -> Vec<Value> {
    let mut objects = vec![json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "labels": options.labels_of(component),
            "name": component.name,
            "namespace": options.namespace,
        },
    })];
    objects.extend(component.services.iter().map(|it| service(options, component, it)));
    objects.push(deployment(options, component));
    objects
}

fn service(options: &Options, component: &Component, service: &Service) -> Value {
    let mut labels = options.labels_of(component);
    labels.insert("control-plane".into(), service.control_plane.into());
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"labels": labels, "name": service.name, "namespace": options.namespace},
        "spec": {
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": service.port}],
            "selector": {"app": component.name},
            "type": "ClusterIP",
        },
    })
}

fn deployment(options: &Options, component: &Component) -> Value {
    let mut labels = options.labels_of(component);
    let mut pod_labels = labels.clone();
    labels.insert("control-plane".into(), "controller".into());
    pod_labels.insert("app".into(), component.name.into());
    let mut spec = json!({
        "replicas": 1,
        "selector": {"matchLabels": {"app": component.name}},
        "template": {"metadata": {
            "annotations": {"prometheus.io/port": "8080", "prometheus.io/scrape": "true"},
            "labels": pod_labels,
        }},
    });
    if component.storage {
        spec["strategy"] = json!({"type": "Recreate"});
    }
    spec["template"]["spec"] = pod(options, component);
    let mut deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": labels, "name": component.name, "namespace": options.namespace},
    });
    deployment["spec"] = spec;
    deployment
}

fn pod(options: &Options, component: &Component) -> Value {
    let volumes: Vec<Value> =
        component.volumes.iter().map(|(name, _)| json!({"emptyDir": {}, "name": name})).collect();
    let mut pod = json!({
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {"fsGroup": FILE_GROUP},
        "serviceAccountName": component.name,
        "terminationGracePeriodSeconds": component.grace_seconds,
        "volumes": volumes,
    });
    pod["containers"] = Value::Array(vec![container(options, component)]);
    if component.critical {
        pod["priorityClassName"] = "system-cluster-critical".into();
    }
    if let Some(secret) = &options.image_pull_secret {
        pod["imagePullSecrets"] = json!([{"name": secret}]);
    }
    if !options.toleration_keys.is_empty() {
        let tolerations = options.toleration_keys.iter();
        pod["tolerations"] = tolerations.map(|key| json!({"key": key, "operator": "Exists"})).collect();
    }
    pod
}

fn container(options: &Options, component: &Component) -> Value {
    let own = component.ports.iter().copied();
    let ports: Vec<Value> = own
        .chain([("http-prom", 8080), ("healthz", 9440)])
        .map(|(name, port)| json!({"containerPort": port, "name": name, "protocol": "TCP"}))
        .collect();
    let mounts: Vec<Value> =
        component.volumes.iter().map(|(name, path)| json!({"mountPath": path, "name": name})).collect();
    let (path, port) = component.readiness;
    json!({
        "args": arguments(options, component),
        "env": environment(component),
        "image": component.image(&options.registry),
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "healthz"}},
        "name": "manager",
        "ports": ports,
        "readinessProbe": {"httpGet": {"path": path, "port": port}},
        "resources": {
            "limits": {"cpu": "1000m", "memory": "1Gi"},
            "requests": {"cpu": component.cpu_request, "memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": mounts,
    })
}

fn arguments(options: &Options, component: &Component) -> Vec<String> {
    let mut arguments = Vec::new();
    if component.sends_events {
        arguments.push(format!("--events-addr={}", options.events_address()));
    }
    arguments.push(format!("--watch-all-namespaces={}", options.watch_all_namespaces));
    arguments.push(format!("--log-level={}", options.log_level));
    arguments.push("--log-encoding=json".into());
    arguments.push("--enable-leader-election".into());
    if component.storage {
        arguments.push("--storage-path=/data".into());
        arguments.push(format!(
            "--storage-adv-addr={}.$(RUNTIME_NAMESPACE).svc.{}.",
            component.name, options.cluster_domain
        ));
    }
    if component.takes_external_artifacts && options.makes_external_artifacts() {
        arguments.push("--feature-gates=ExternalArtifact=true".into());
    }
    arguments
}

/// Returns the environment variables of a component: its namespace, those of the table, and its memory limit for Go.
fn environment(component: &Component) -> Vec<Value> {
    let namespace = json!({
        "name": "RUNTIME_NAMESPACE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}},
    });
    let memory = json!({
        "name": "GOMEMLIMIT",
        "valueFrom": {"resourceFieldRef": {"containerName": "manager", "resource": "limits.memory"}},
    });
    let own = component.env.iter().map(|(name, value)| json!({"name": name, "value": value}));
    [namespace].into_iter().chain(own).chain([memory]).collect()
}
