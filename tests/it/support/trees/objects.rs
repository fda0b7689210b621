//! Kubernetes objects of many kinds, with the references and lists that kustomize has rules for.

use super::fitting;
use super::random::Random;
use super::words::{self, LABELS, NAMES};
use super::yaml::{Yaml, y};

/// An object and what identifies it.
#[derive(Debug, Clone)]
pub struct Object {
    pub api: String,
    pub kind: String,
    /// The name in its file.
    pub name: String,
    pub namespace: Option<String>,
    /// The name with the prefixes and suffixes of the kustomizations below.
    pub current: String,
    pub yaml: Yaml,
}

impl Object {
    pub fn group(&self) -> &str {
        self.api.split_once('/').map_or("", |(group, _)| group)
    }

    pub fn version(&self) -> &str {
        self.api.rsplit('/').next().unwrap_or_default()
    }
}

/// Kinds with their versions; common ones are repeated.
const KINDS: [(&str, &str); 40] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
    ("v1", "ReplicationController"),
    ("v1", "Service"),
    ("v1", "Service"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "ConfigMap"),
    ("v1", "ConfigMap"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("example.com/v1", "Foo"),
    ("example.com/v1alpha1", "Bar"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
];

/// Generates objects.
pub struct Maker<'a> {
    pub random: &'a mut Random,
    /// Whether strings contain variables.
    pub expressions: bool,
    /// Probability of an unusual change, in percent.
    pub odd: usize,
    /// Suffix of names that must be unique to the tree, if an API server is to accept the objects.
    pub home: Option<&'a str>,
    /// Names that were used already.
    pub taken: &'a mut Vec<(String, String)>,
}

impl Maker<'_> {
    /// Generates an object, mostly of a new kind and name.
    pub fn object(&mut self) -> Object {
        let mut choice = KINDS[self.random.below(KINDS.len())];
        let mut name = words::name(self.random);
        for _ in 0..8 {
            let is_used = self.home.is_none() || fitting::is_used(choice.1);
            if is_used && !self.taken.contains(&(choice.1.to_owned(), name.clone())) {
                break;
            }
            choice = KINDS[self.random.below(KINDS.len())];
            name = words::name(self.random);
        }
        let (api, kind) = choice;
        self.taken.push((kind.to_owned(), name.clone()));
        if let Some(home) = self.home {
            name = fitting::name(kind, &name, home);
        }
        let is_inside = self.home.is_some_and(|_| !fitting::is_cluster_wide(kind));
        let is_outside = self.home.is_some_and(|_| fitting::is_cluster_wide(kind));
        let namespace = ((self.random.chance(35) || is_inside) && !is_outside)
            .then(|| words::namespace(self.random, self.home));
        let mut yaml = y!({ "apiVersion": api, "kind": kind });
        let mut metadata = y!({ "name": (name.clone()) });
        if let Some(namespace) = &namespace {
            metadata.set("namespace", Yaml::from(namespace.clone()));
        }
        if self.random.chance(45) {
            metadata.set("labels", self.labels());
        }
        if self.random.chance(30) {
            metadata.set("annotations", self.annotations());
        }
        if self.random.chance(3) {
            metadata.set("creationTimestamp", Yaml::plain("null"));
        }
        if self.random.chance(3) {
            metadata.set("finalizers", y!(["example.com/a", "example.com/b"]));
        }
        if self.random.chance(3) {
            let owner = words::name(self.random);
            metadata.set(
                "ownerReferences",
                y!([{ "apiVersion": "apps/v1", "kind": "Deployment", "name": (owner), "uid": "1-2-3" }]),
            );
        }
        yaml.set("metadata", metadata);
        if self.random.chance(5)
            && let Yaml::Map(fields) = &mut yaml
        {
            fields.reverse();
        }
        self.body(kind, &mut yaml);
        for _ in 0..3 {
            if self.random.chance(self.odd) {
                self.change(&mut yaml, 0);
            }
        }
        let mut object = Object {
            api: api.to_owned(),
            kind: kind.to_owned(),
            current: name.clone(),
            name,
            namespace,
            yaml,
        };
        if self.home.is_some() {
            fitting::fit(&mut object);
        }
        object
    }

    pub(super) fn name(&mut self) -> String {
        words::name(self.random)
    }

    pub(super) fn scalar(&mut self) -> Yaml {
        words::scalar(self.random, self.expressions)
    }

    pub fn labels(&mut self) -> Yaml {
        let mut labels = Yaml::Map(Vec::new());
        for _ in 0..=self.random.below(2) {
            let value = match self.random.below(40) {
                0 => self.scalar(),
                1 => words::text(self.random, self.expressions),
                _ => Yaml::from(self.name()),
            };
            labels.set(self.random.pick(&LABELS), value);
        }
        labels
    }

    pub fn annotations(&mut self) -> Yaml {
        let mut annotations = Yaml::Map(Vec::new());
        for _ in 0..=self.random.below(2) {
            let (name, value) = match self.random.below(24) {
                0 => ("config.kubernetes.io/local-config", Yaml::from(self.random.pick(&["true", "false"]))),
                1 => ("kustomize.toolkit.fluxcd.io/substitute", Yaml::from("disabled")),
                2 => ("note", self.scalar()),
                3 => ("kubernetes.io/description", Yaml::from("y")),
                4 => ("kustomize.config.k8s.io/needs-hash", Yaml::from("true")),
                5 => ("kustomize.config.k8s.io/behavior", Yaml::from("merge")),
                _ => (
                    self.random.pick(&["note", "example.com/owner", "checksum/config"]),
                    words::text(self.random, self.expressions),
                ),
            };
            annotations.set(name, value);
        }
        annotations
    }

    pub(super) fn data(&mut self) -> Yaml {
        let mut data = Yaml::Map(Vec::new());
        for _ in 0..self.random.below(5) {
            let name = self.random.pick(&[
                "key",
                "host",
                "config.yaml",
                "config.json",
                "PORT",
                "a_b",
                "x-y",
                "b",
                "a",
            ]);
            let value = match (name, self.random.below(4)) {
                ("config.yaml", 0..3) => Yaml::from("server:\n  port: 80\n  names: [a, b]\n"),
                ("config.json", 0..3) => {
                    Yaml::from("{\"server\": {\"port\": 80, \"names\": [\"a\"]}, \"x\": 1.0}")
                }
                _ => self.scalar(),
            };
            data.set(name, value);
        }
        data
    }

    pub(super) fn secret_data(&mut self) -> Yaml {
        let mut data = Yaml::Map(Vec::new());
        for _ in 0..self.random.below(3) {
            let name = self.random.pick(&["password", "token", "tls.crt"]);
            let value = match self.random.below(30) {
                0 => self.scalar(),
                1 => Yaml::from("c29wcyBFTkNbXQ=="),
                2 => Yaml::from("aGVs\nbG8=\n"),
                _ => Yaml::from(self.random.pick(&["aGVsbG8=", "c2VjcmV0", "", "MTIz"])),
            };
            data.set(name, value);
        }
        data
    }

    pub(super) fn body(&mut self, kind: &str, yaml: &mut Yaml) {
        match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                yaml.set("spec", self.workload(kind));
            }
            "CronJob" => {
                let job = self.workload("Job");
                yaml.set("spec", y!({ "schedule": "*/5 * * * *", "jobTemplate": { "spec": (job) } }));
            }
            "Pod" => yaml.set("spec", self.pod()),
            "Service" => {
                let labels = self.labels();
                let ports = match self.random.below(3) {
                    0 => y!([{ "port": 80, "targetPort": "http" }]),
                    1 => {
                        y!([{ "name": "http", "port": 80, "protocol": "TCP" }, { "name": "dns", "port": 53, "protocol": "UDP" }])
                    }
                    _ => y!([{ "port": 53, "protocol": "UDP" }, { "port": 53, "protocol": "TCP" }]),
                };
                let mut spec = y!({ "ports": (ports) });
                if !self.random.chance(15) {
                    spec.set("selector", labels);
                }
                if self.random.chance(20) {
                    spec.set("type", Yaml::from("ClusterIP"));
                }
                yaml.set("spec", spec);
            }
            "ConfigMap" => {
                if !self.random.chance(10) {
                    let data = self.data();
                    yaml.set("data", data);
                }
                if self.random.chance(8) {
                    yaml.set("binaryData", y!({ "bin": "AAEC" }));
                }
                if self.random.chance(5) {
                    yaml.set("immutable", Yaml::from(true));
                }
            }
            "Secret" => self.secret(yaml),
            "Ingress" => {
                let (one, two) = (self.name(), self.name());
                yaml.set(
                    "spec",
                    y!({
                        "tls": [{ "hosts": ["a.example"], "secretName": (two) }],
                        "rules": [{ "host": "a.example", "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": { "service": { "name": (one), "port": { "number": 80 } } } }] } }]
                    }),
                );
            }
            "NetworkPolicy" => {
                let (one, two) = (self.labels(), self.labels());
                yaml.set(
                    "spec",
                    y!({ "podSelector": { "matchLabels": (one) }, "ingress": [{ "from": [{ "podSelector": { "matchLabels": (two) } }, { "namespaceSelector": {} }] }] }),
                );
            }
            "Role" | "ClusterRole" => {
                let name = self.name();
                yaml.set(
                    "rules",
                    y!([{ "apiGroups": [""], "resources": ["configmaps", "secrets"], "resourceNames": [(name)], "verbs": ["get"] }]),
                );
                if kind == "ClusterRole" && self.random.chance(20) {
                    let labels = self.labels();
                    yaml.set(
                        "aggregationRule",
                        y!({ "clusterRoleSelectors": [{ "matchLabels": (labels) }] }),
                    );
                }
            }
            "RoleBinding" | "ClusterRoleBinding" => {
                let (role, one, two) = (self.name(), self.name(), self.name());
                let of = if kind == "RoleBinding" && self.random.chance(60) { "Role" } else { "ClusterRole" };
                yaml.set(
                    "roleRef",
                    y!({ "apiGroup": "rbac.authorization.k8s.io", "kind": of, "name": (role) }),
                );
                let mut subject = y!({ "kind": "ServiceAccount", "name": (one) });
                if self.random.chance(60) {
                    subject.set("namespace", Yaml::from(words::namespace(self.random, self.home)));
                }
                yaml.set(
                    "subjects",
                    y!([(subject), { "kind": "ServiceAccount", "name": "default", "namespace": "default" }, { "kind": "User", "name": (two) }]),
                );
            }
            "HorizontalPodAutoscaler" => {
                let name = self.name();
                yaml.set(
                    "spec",
                    y!({ "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": (name) }, "minReplicas": 1, "maxReplicas": 3,
                        "metrics": [{ "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 80 } } }] }),
                );
            }
            "PodDisruptionBudget" => {
                let labels = self.labels();
                yaml.set("spec", y!({ "minAvailable": 1, "selector": { "matchLabels": (labels) } }));
            }
            "PersistentVolumeClaim" => {
                let name = self.name();
                yaml.set(
                    "spec",
                    y!({ "accessModes": ["ReadWriteOnce"], "volumeName": (name), "resources": { "requests": { "storage": "1Gi" } } }),
                );
            }
            "PersistentVolume" => {
                yaml.set("spec", y!({ "capacity": { "storage": "1Gi" }, "hostPath": { "path": "/data" }, "claimRef": { "name": "db", "namespace": "default" } }));
            }
            "ServiceAccount" => {
                if self.random.chance(50) {
                    let name = self.name();
                    yaml.set("imagePullSecrets", y!([{ "name": (name) }]));
                }
            }
            "ValidatingWebhookConfiguration" => {
                let name = self.name();
                yaml.set(
                    "webhooks",
                    y!([{ "name": "a.example.com", "clientConfig": { "service": { "name": (name), "namespace": "default", "path": "/v" } }, "rules": [], "sideEffects": "None", "admissionReviewVersions": ["v1"] }]),
                );
            }
            "CustomResourceDefinition" => {
                yaml.set(
                    "spec",
                    y!({ "group": "example.com", "names": { "kind": "Foo", "plural": "foos" }, "scope": "Namespaced",
                        "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": { "type": "object" } } }] }),
                );
            }
            "Kustomization" => {
                yaml.set("spec", y!({ "interval": "10m", "path": "./x", "prune": true, "sourceRef": { "kind": "GitRepository", "name": "flux-system" } }));
            }
            "HelmRelease" => {
                let (one, values) = (self.name(), self.data());
                yaml.set(
                    "spec",
                    y!({ "interval": "10m", "chart": { "spec": { "chart": "x", "version": (Yaml::from(">=1.0.0")) } },
                        "valuesFrom": [{ "kind": "ConfigMap", "name": (one) }], "values": (values) }),
                );
            }
            _ => {
                let (data, name, container) = (self.data(), self.name(), self.container("main"));
                yaml.set(
                    "spec",
                    y!({ "items": [{ "name": "a", "value": 1 }, { "name": "b", "value": 2 }], "config": (data), "list": [1, 2, 3],
                        "ref": { "name": (name) }, "template": { "spec": { "containers": [(container)] } }, "replicas": 1 }),
                );
            }
        }
    }

    pub(super) fn secret(&mut self, yaml: &mut Yaml) {
        if self.random.chance(70) {
            yaml.set(
                "type",
                Yaml::from(self.random.pick(&["Opaque", "Opaque", "kubernetes.io/dockerconfigjson"])),
            );
        }
        if self.random.chance(70) {
            let data = self.secret_data();
            yaml.set("data", data);
        }
        if self.random.chance(50) {
            let mut data = self.data();
            if self.random.chance(10) {
                data.set("file", Yaml::from("sops:\n  x: ENC[AES256_GCM]\n"));
            }
            yaml.set("stringData", data);
        }
        if self.random.chance(8) {
            yaml.set("sops", y!({ "mac": "ENC[AES256_GCM,data:x]", "version": "3.9.0", "age": [] }));
        }
    }

    /// Changes a node at random.
    pub(super) fn change(&mut self, node: &mut Yaml, depth: usize) {
        let stop = self.random.chance(15 * depth);
        match node {
            Yaml::Map(fields) if !fields.is_empty() && !stop => {
                let at = self.random.below(fields.len());
                let (name, value) = &mut fields[at];
                let keeps = depth == 0 && matches!(&**name, "kind" | "metadata" | "apiVersion");
                if keeps && name != "metadata" {
                    return;
                }
                if depth > 0 && name != "name" && self.random.chance(12) {
                    fields.remove(at);
                    return;
                }
                if !(depth == 1 && matches!(&**name, "name" | "namespace")) {
                    self.change(value, depth + 1);
                }
            }
            Yaml::List(items) if !items.is_empty() && !stop => {
                let at = self.random.below(items.len());
                if self.random.chance(10) {
                    let copy = items[at].clone();
                    items.push(copy);
                } else {
                    self.change(&mut items[at], depth + 1);
                }
            }
            Yaml::Anchor(..) | Yaml::Alias(_) => {}
            _ if depth < 2 => {}
            _ => {
                *node = match self.random.below(8) {
                    0 => Yaml::plain("null"),
                    1 => Yaml::Map(Vec::new()),
                    2 => Yaml::List(Vec::new()),
                    3 => Yaml::plain(""),
                    _ => self.scalar(),
                };
            }
        }
    }
}

/// The name of an object that may not exist.
pub fn any_name(random: &mut Random) -> &'static str {
    random.pick(&NAMES)
}
