//! Pods, their containers, and the workloads that hold a Pod's template.

use super::objects::Maker;
use super::words::IMAGES;
use super::yaml::{Yaml, y};

impl Maker<'_> {
    pub(super) fn env(&mut self) -> Yaml {
        let mut list = Vec::new();
        for _ in 0..self.random.below(4) {
            let name = self.random.pick(&["HOST", "PORT", "MODE", "A"]);
            let reference = self.name();
            list.push(match self.random.below(5) {
                0 => y!({ "name": name, "valueFrom": { "configMapKeyRef": { "name": (reference), "key": "host" } } }),
                1 => y!({ "name": name, "valueFrom": { "secretKeyRef": { "name": (reference), "key": "token", "optional": true } } }),
                2 => y!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } }),
                3 => y!({ "name": name, "value": (self.random.pick(&["$(VAR_A)", "x-$(VAR_B)", "$$(VAR_A)", "$(MISSING)"])) }),
                _ => y!({ "name": name, "value": (self.scalar()) }),
            });
        }
        Yaml::List(list)
    }

    pub(super) fn container(&mut self, name: &str) -> Yaml {
        let mut container = y!({ "name": name });
        if !self.random.chance(5) {
            container.set("image", Yaml::from(self.random.pick(&IMAGES)));
        }
        if self.random.chance(50) {
            let env = self.env();
            container.set("env", env);
        }
        if self.random.chance(40) {
            container.set(
                "ports",
                match self.random.below(4) {
                    0 => y!([{ "containerPort": 80 }, { "containerPort": 80, "protocol": "UDP" }]),
                    1 => y!([{ "name": "http", "containerPort": 8080, "protocol": "TCP" }]),
                    2 => y!([{ "name": "http", "containerPort": 8080 }, { "containerPort": 9090, "name": "metrics" }]),
                    _ => y!([{ "containerPort": 53, "protocol": "UDP" }]),
                },
            );
        }
        if self.random.chance(25) {
            let (one, two) = (self.name(), self.name());
            container.set(
                "envFrom",
                y!([{ "configMapRef": { "name": (one) } }, { "prefix": "P_", "secretRef": { "name": (two) } }]),
            );
        }
        if self.random.chance(30) {
            let args = match self.random.below(3) {
                0 => y!(["--a", "$(VAR_A)"]),
                1 => y!(["sh", "-c", "echo a: b\nexec x\n"]),
                _ => Yaml::List(vec![self.scalar(), self.scalar()]),
            };
            container.set(self.random.pick(&["args", "command"]), args);
        }
        if self.random.chance(30) {
            container.set(
                "volumeMounts",
                y!([{ "name": "data", "mountPath": "/data" }, { "name": "config", "mountPath": "/etc/app", "readOnly": true }]),
            );
        }
        if self.random.chance(25) {
            container.set("resources", y!({ "limits": { "cpu": (Yaml::plain("1")), "memory": "1Gi" }, "requests": { "cpu": "100m" } }));
        }
        if self.random.chance(10) {
            container.set(
                "securityContext",
                y!({ "capabilities": { "add": ["NET_ADMIN"], "drop": ["ALL"] }, "runAsUser": 0 }),
            );
        }
        container
    }

    pub(super) fn containers(&mut self) -> Yaml {
        let mut names = vec!["main"];
        if self.random.chance(35) {
            names.push("sidecar");
        }
        if self.random.chance(5) {
            names.push("main");
        }
        Yaml::List(names.into_iter().map(|name| self.container(name)).collect())
    }

    pub(super) fn pod(&mut self) -> Yaml {
        let mut pod = Yaml::Map(Vec::new());
        pod.set("containers", self.containers());
        if self.random.chance(25) {
            let container = self.container("init");
            pod.set("initContainers", Yaml::List(vec![container]));
        }
        if self.random.chance(35) {
            pod.set("serviceAccountName", Yaml::from(self.name()));
        }
        if self.random.chance(40) {
            let (one, two) = (self.name(), self.name());
            let mut volumes = vec![
                y!({ "name": "config", "configMap": { "name": (one), "defaultMode": (Yaml::plain("0644")) } }),
            ];
            volumes.push(match self.random.below(5) {
                0 => y!({ "name": "data", "emptyDir": {} }),
                1 => y!({ "name": "data", "secret": { "secretName": (two) } }),
                2 => y!({ "name": "data", "persistentVolumeClaim": { "claimName": (two) } }),
                3 => y!({ "name": "data", "projected": { "sources": [{ "configMap": { "name": (two.clone()) } }, { "secret": { "name": (two) } }] } }),
                _ => y!({ "name": "data", "hostPath": { "path": "/data", "type": "" } }),
            });
            pod.set("volumes", Yaml::List(volumes));
        }
        if self.random.chance(12) {
            let secret = self.name();
            pod.set("imagePullSecrets", y!([{ "name": (secret) }]));
        }
        if self.random.chance(12) {
            pod.set(
                "tolerations",
                y!([{ "key": "a", "operator": "Exists" }, { "key": "a", "effect": "NoSchedule" }]),
            );
        }
        if self.random.chance(8) {
            pod.set("hostAliases", y!([{ "ip": "127.0.0.1", "hostnames": ["a", "b"] }, { "ip": "10.0.0.1", "hostnames": ["c"] }]));
        }
        if self.random.chance(10) {
            let labels = self.labels();
            pod.set(
                "topologySpreadConstraints",
                y!([{ "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": { "matchLabels": (labels) } }]),
            );
        }
        if self.random.chance(10) {
            let (one, two) = (self.labels(), self.labels());
            pod.set(
                "affinity",
                y!({ "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [{ "topologyKey": "host", "labelSelector": { "matchLabels": (one) } }],
                    "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 1, "podAffinityTerm": { "topologyKey": "host", "labelSelector": { "matchLabels": (two) } } }]
                } }),
            );
        }
        pod
    }

    /// A template; its labels may be an alias of the selector's.
    pub(super) fn template(&mut self, labels: &Yaml) -> Yaml {
        let mut template = Yaml::Map(Vec::new());
        match self.random.below(12) {
            0 => {}
            1 => template.set("metadata", y!({ "labels": (Yaml::plain("null")) })),
            2 => template.set("metadata", Yaml::Map(Vec::new())),
            _ => {
                let mut metadata = y!({ "labels": (labels.clone()) });
                if self.random.chance(25) {
                    metadata.set("annotations", self.annotations());
                }
                template.set("metadata", metadata);
            }
        }
        template.set("spec", self.pod());
        template
    }

    pub(super) fn workload(&mut self, kind: &str) -> Yaml {
        let labels = self.labels();
        let (selector, template) = if self.random.chance(8) {
            (Yaml::Anchor("labels".to_owned(), Box::new(labels)), Yaml::Alias("labels".to_owned()))
        } else {
            (labels.clone(), labels)
        };
        let template = match &template {
            Yaml::Alias(_) if self.random.chance(40) => {
                Yaml::Map(vec![("<<".to_owned(), template), ("more".to_owned(), Yaml::from("x"))])
            }
            _ => template,
        };
        let mut spec = Yaml::Map(Vec::new());
        if matches!(kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController")
            && self.random.chance(50)
        {
            spec.set("replicas", Yaml::from(self.random.below(4)));
        }
        if kind == "ReplicationController" {
            spec.set("selector", selector);
        } else if kind != "Job" {
            spec.set("selector", y!({ "matchLabels": (selector) }));
        }
        if kind == "StatefulSet" {
            spec.set("serviceName", Yaml::from(self.name()));
            if self.random.chance(40) {
                spec.set(
                    "volumeClaimTemplates",
                    y!([{ "metadata": { "name": "data" }, "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } }]),
                );
            }
        }
        if kind == "Deployment" && self.random.chance(15) {
            spec.set(
                "strategy",
                y!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": "25%" } }),
            );
        }
        let template = if kind == "Job" { self.labels() } else { template };
        spec.set("template", self.template(&template));
        spec
    }
}
