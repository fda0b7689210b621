//! The fields that transformers work on: the built-in ones, and those that `configurations` and `crds` add.

use std::sync::{Arc, LazyLock};

use super::decode::{At, Decode};
use super::field_spec::{self, FieldSpec};
use super::id::Gvk;
use super::kind_order::{rank, sort_text};
use crate::error::Result;

/// The fields that each transformer works on.
#[derive(Debug, Clone, Default)]
pub(crate) struct TransformerConfig {
    pub name_prefix: Vec<FieldSpec>,
    pub name_suffix: Vec<FieldSpec>,
    pub namespace: Vec<FieldSpec>,
    pub common_labels: Vec<FieldSpec>,
    pub labels: Vec<FieldSpec>,
    pub template_labels: Vec<FieldSpec>,
    pub common_annotations: Vec<FieldSpec>,
    pub images: Vec<FieldSpec>,
    pub replicas: Vec<FieldSpec>,
    pub variables: Vec<FieldSpec>,
    pub name_references: Vec<NameReference>,
}

/// Fields that hold the names of objects of a type.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameReference {
    /// Type of the named objects.
    pub target: Gvk,
    /// Fields with their names.
    pub referrers: Vec<FieldSpec>,
}

static BUILT_IN: LazyLock<Arc<TransformerConfig>> =
    LazyLock::new(|| Arc::new(parse(include_str!("../field_specs.txt"))));

/// Kinds of `PODS` and `MORE-PODS` in the built-in table.
const PODS: [&str; 8] =
    ["Pod@v1", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob"];
const MORE_PODS: [&str; 7] =
    ["Pod", "Deployment", "ReplicationController", "DaemonSet", "StatefulSet", "Job", "CronJob"];

/// Returns the path of the pod spec in a kind.
fn pod_path(kind: &str) -> &'static str {
    match kind {
        "Pod" => "spec",
        "PodTemplate" => "template/spec",
        "CronJob" => "spec/jobTemplate/spec/template/spec",
        _ => "spec/template/spec",
    }
}

/// Parses the built-in table; the file documents its format.
fn parse(text: &str) -> TransformerConfig {
    let mut config = TransformerConfig::default();
    let mut section = "";
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            if let Some(target) = name.strip_prefix("nameReference ") {
                let target = gvk(target);
                config.name_references.push(NameReference { target, referrers: Vec::new() });
            }
            continue;
        }
        let mut words = line.split(' ');
        let (Some(kind), Some(path)) = (words.next(), words.next()) else { continue };
        let create = words.next() == Some("+");
        let Some(specs) = config.section(section) else { continue };
        let kinds = match kind {
            "PODS" => PODS.as_slice(),
            "MORE-PODS" => MORE_PODS.as_slice(),
            _ => {
                specs.push(FieldSpec::new(gvk(kind), path, create));
                continue;
            }
        };
        specs.extend(kinds.iter().map(|kind| {
            let gvk = gvk(kind);
            let path = format!("{}/{path}", pod_path(&gvk.kind));
            FieldSpec::new(gvk, &path, create)
        }));
    }
    config.name_references.sort_by_cached_key(|reference| order(&reference.target));
    config
}

/// Parses `Kind@version%group`; version and group are optional, and `*` is every kind.
fn gvk(text: &str) -> Gvk {
    let (text, group) = text.split_once('%').unwrap_or((text, ""));
    let (kind, version) = text.split_once('@').unwrap_or((text, ""));
    let kind = if kind == "*" { "" } else { kind };
    Gvk { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
}

fn order(gvk: &Gvk) -> (isize, String) {
    (rank(&gvk.kind), sort_text(gvk))
}

impl TransformerConfig {
    /// Returns the fields of the built-in kinds.
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    fn section(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            "varReference" => &mut self.variables,
            _ => &mut self.name_references.last_mut()?.referrers,
        })
    }

    /// Returns these fields and those of `other`.
    pub fn merge(self: &Arc<Self>, other: &Arc<Self>) -> Result<Arc<Self>> {
        if Arc::ptr_eq(self, other) {
            return Ok(Arc::clone(self));
        }
        let mut merged = Self::clone(self);
        for (specs, more) in [
            (&mut merged.name_prefix, &other.name_prefix),
            (&mut merged.name_suffix, &other.name_suffix),
            (&mut merged.namespace, &other.namespace),
            (&mut merged.common_labels, &other.common_labels),
            (&mut merged.labels, &other.labels),
            (&mut merged.template_labels, &other.template_labels),
            (&mut merged.common_annotations, &other.common_annotations),
            (&mut merged.images, &other.images),
            (&mut merged.replicas, &other.replicas),
            (&mut merged.variables, &other.variables),
        ] {
            field_spec::merge(specs, more)?;
        }
        for reference in &other.name_references {
            match merged.name_references.iter_mut().find(|known| known.target == reference.target) {
                Some(known) => field_spec::merge(&mut known.referrers, &reference.referrers)?,
                None => merged.name_references.push(reference.clone()),
            }
        }
        merged.name_references.sort_by_cached_key(|reference| order(&reference.target));
        Ok(Arc::new(merged))
    }
}

impl Decode for TransformerConfig {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let config = Self {
            name_prefix: fields.get("namePrefix")?,
            name_suffix: fields.get("nameSuffix")?,
            namespace: fields.get("namespace")?,
            common_labels: fields.get("commonLabels")?,
            labels: fields.get("labels")?,
            template_labels: fields.get("templateLabels")?,
            common_annotations: fields.get("commonAnnotations")?,
            images: fields.get("images")?,
            replicas: fields.get("replicas")?,
            variables: fields.get("varReference")?,
            name_references: fields.get("nameReference")?,
        };
        fields.finish()?;
        Ok(config)
    }
}

impl Decode for NameReference {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let target =
            Gvk { group: fields.get("group")?, version: fields.get("version")?, kind: fields.get("kind")? };
        let reference = Self { target, referrers: fields.get("fieldSpecs")? };
        fields.finish()?;
        Ok(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_complete() {
        let config = TransformerConfig::built_in();
        assert_eq!(config.replicas.len(), 4);
        assert_eq!(config.common_labels.len(), 32);
        let secret =
            config.name_references.iter().find(|reference| reference.target.kind == "Secret").unwrap();
        assert_eq!(secret.referrers.len(), 7 * 8 + 13);
        let paths = || secret.referrers.iter().map(|spec| spec.path.join("."));
        assert!(paths().any(|path| path == "spec.jobTemplate.spec.template.spec.imagePullSecrets.name"));
        assert!(paths().any(|path| path == "metadata.annotations.ingress.kubernetes.io/auth-secret"));
    }
}
