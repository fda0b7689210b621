//! Makes objects such that an API server takes them, for trees that the real controller applies.

use super::objects::Object;
use super::yaml::{Yaml, y};

/// Kinds outside namespaces. Their names must be a tree's own.
const CLUSTER_WIDE: [&str; 5] =
    ["Namespace", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration"];

/// Whether trees for a cluster have objects of this kind. A definition changes the API for all other trees.
pub fn is_used(kind: &str) -> bool {
    kind != "CustomResourceDefinition"
}

/// Whether objects of this kind are outside namespaces.
pub fn is_cluster_wide(kind: &str) -> bool {
    CLUSTER_WIDE.contains(&kind)
}

/// A name that the kind may have, and that no other tree uses where that matters.
pub fn name(kind: &str, name: &str, home: &str) -> String {
    let label = matches!(kind, "Service" | "Namespace" | "StatefulSet");
    let name = if label { name.replace('.', "") } else { name.to_owned() };
    if is_cluster_wide(kind) { format!("{name}-{home}") } else { name }
}

/// Mends what an API server refuses.
pub fn fit(object: &mut Object) {
    let yaml = &mut object.yaml;
    for field in ["labels", "annotations"] {
        if let Some(pairs) = at(yaml, &["metadata", field]) {
            texts(pairs);
            if field == "labels" {
                label_values(pairs);
            }
        }
    }
    match &*object.kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" => {
            let selector: &[&str] = if object.kind == "ReplicationController" {
                &["spec", "selector"]
            } else {
                &["spec", "selector", "matchLabels"]
            };
            let labels = at(yaml, selector).map(|labels| {
                texts(labels);
                label_values(labels);
                match labels {
                    Yaml::Anchor(_, labels) => (**labels).clone(),
                    labels => labels.clone(),
                }
            });
            if let Some(template) = at(yaml, &["spec", "template"]) {
                fit_template(template, labels, false);
            }
        }
        "Job" => {
            if let Some(template) = at(yaml, &["spec", "template"]) {
                fit_template(template, None, true);
            }
        }
        "CronJob" => {
            if let Some(template) = at(yaml, &["spec", "jobTemplate", "spec", "template"]) {
                fit_template(template, None, true);
            }
        }
        "Pod" => {
            if let Some(pod) = at(yaml, &["spec"]) {
                fit_pod(pod, false);
            }
        }
        "ConfigMap" => {
            if let Some(data) = at(yaml, &["data"]) {
                texts(data);
            }
        }
        "Secret" => {
            if at(yaml, &["type"]).is_some_and(|text| text.text() != "Opaque") {
                yaml.set("type", Yaml::from("Opaque"));
            }
            for field in ["data", "stringData"] {
                if let Some(data) = at(yaml, &[field]) {
                    texts(data);
                }
            }
        }
        "Service" => {
            if let Some(labels) = at(yaml, &["spec", "selector"]) {
                texts(labels);
            }
            if let Some(Yaml::List(ports)) = at(yaml, &["spec", "ports"])
                && ports.len() > 1
            {
                for (number, port) in ports.iter_mut().enumerate() {
                    if port.get("name").is_none() {
                        port.set("name", Yaml::from(format!("port-{number}")));
                    }
                }
            }
        }
        "PersistentVolume" => {
            if let Some(spec) = at(yaml, &["spec"]) {
                spec.set("accessModes", y!(["ReadWriteOnce"]));
            }
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            if let Some(Yaml::List(subjects)) = at(yaml, &["subjects"]) {
                for subject in subjects {
                    if subject.get("kind").is_some_and(|kind| kind.text() == "ServiceAccount")
                        && subject.get("namespace").is_none()
                    {
                        subject.set("namespace", Yaml::from("default"));
                    }
                }
            }
        }
        "HelmRelease" => {
            if let Some(chart) = at(yaml, &["spec", "chart", "spec"]) {
                chart.set("sourceRef", y!({ "kind": "HelmRepository", "name": "x" }));
            }
        }
        _ => {}
    }
}

fn at<'a>(node: &'a mut Yaml, path: &[&str]) -> Option<&'a mut Yaml> {
    let Some((first, rest)) = path.split_first() else { return Some(node) };
    match node {
        Yaml::Map(fields) => {
            let (_, value) = fields.iter_mut().find(|(key, _)| key == first)?;
            at(value, rest)
        }
        Yaml::Anchor(_, value) => at(value, path),
        _ => None,
    }
}

/// Makes the values of a map texts.
fn texts(node: &mut Yaml) {
    match node {
        Yaml::Anchor(_, inner) => texts(inner),
        Yaml::Map(fields) => {
            for (name, value) in fields {
                if name != "<<" {
                    text(value);
                }
            }
        }
        Yaml::List(items) => items.iter_mut().for_each(text),
        _ => {}
    }
}

fn text(value: &mut Yaml) {
    match value {
        Yaml::Plain(plain) if !edgeflux_yaml::document(plain).is_ok_and(|value| value.is_string()) => {
            *value = Yaml::Text(plain.clone());
        }
        Yaml::List(_) | Yaml::Map(_) => *value = Yaml::from("x"),
        _ => {}
    }
}

/// Replaces values that no label may have.
fn label_values(node: &mut Yaml) {
    let is_valid = |text: &str| {
        let ends = |char: Option<char>| char.is_none_or(|char| char.is_ascii_alphanumeric());
        ends(text.chars().next())
            && ends(text.chars().last())
            && text.len() < 64
            && text.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char))
    };
    match node {
        Yaml::Anchor(_, inner) => label_values(inner),
        Yaml::Map(fields) => {
            for (_, value) in fields {
                if let Yaml::Text(text) | Yaml::Plain(text) = value
                    && !text.contains("${")
                    && !is_valid(text)
                {
                    *value = Yaml::from("odd");
                }
            }
        }
        _ => {}
    }
}

fn fit_template(template: &mut Yaml, labels: Option<Yaml>, job: bool) {
    if let Some(labels) = labels
        && !matches!(at(template, &["metadata", "labels"]), Some(Yaml::Alias(_)))
    {
        if !matches!(template.get("metadata"), Some(Yaml::Map(_))) {
            template.set("metadata", Yaml::Map(Vec::new()));
        }
        if let Some(metadata) = at(template, &["metadata"]) {
            metadata.set("labels", labels);
        }
    }
    if let Some(pairs) = at(template, &["metadata", "labels"]) {
        texts(pairs);
        label_values(pairs);
    }
    if let Some(pairs) = at(template, &["metadata", "annotations"]) {
        texts(pairs);
    }
    if let Some(pod) = at(template, &["spec"]) {
        fit_pod(pod, job);
    }
}

fn fit_pod(pod: &mut Yaml, job: bool) {
    if job {
        pod.set("restartPolicy", Yaml::from("Never"));
    }
    let has_volumes = pod.get("volumes").is_some();
    for field in ["containers", "initContainers"] {
        let Some(Yaml::List(containers)) = at(pod, &[field]) else { continue };
        let mut names: Vec<String> = Vec::new();
        containers.retain(|container| {
            let name = container.get("name").map(|name| name.text().to_owned()).unwrap_or_default();
            let is_new = !names.contains(&name);
            names.push(name);
            is_new
        });
        for container in containers {
            if container.get("image").is_none() {
                container.set("image", Yaml::from("nginx"));
            }
            if let Some(Yaml::List(list)) = at(container, &["env"]) {
                let mut names = Vec::new();
                list.retain(|entry| {
                    let name = entry.get("name").cloned();
                    let is_new = !names.contains(&name);
                    names.push(name);
                    is_new
                });
                for entry in list {
                    if let Some(value) = at(entry, &["value"]) {
                        text(value);
                    }
                }
            }
            for field in ["args", "command"] {
                if let Some(list) = at(container, &[field]) {
                    texts(list);
                }
            }
            if let Yaml::Map(fields) = container
                && !has_volumes
            {
                fields.retain(|(name, _)| name != "volumeMounts");
            }
        }
    }
}
