//! What `flux trace` shows of an object: facts, and the objects that it comes from.

use serde_json::Value;

use super::{SourceRef, source_ref, text};

/// A fact about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Name for programs, such as `targetNamespace`.
    pub field: &'static str,
    /// Name for people, such as `Target`.
    pub label: &'static str,
    /// Value; may be empty.
    pub value: String,
}

/// Annotations of an artifact with the source that it was built from.
const ORIGINS: [(&str, &str, &str); 2] = [
    ("originRevision", "Origin Revision", "org.opencontainers.image.revision"),
    ("originSource", "Origin Source", "org.opencontainers.image.source"),
];

/// A fact that is shown even if the object does not have it.
pub(super) fn always(object: &Value, field: &'static str, label: &'static str, pointer: &str) -> Fact {
    Fact { field, label, value: text(object, pointer).unwrap_or_default() }
}

pub(super) fn present(
    object: &Value,
    field: &'static str,
    label: &'static str,
    pointer: &str,
) -> Option<Fact> {
    text(object, pointer).map(|value| Fact { field, label, value })
}

fn artifact(object: &Value) -> Option<Fact> {
    object.pointer("/status/artifact")?.as_object()?;
    Some(always(object, "revision", "Revision", "/status/artifact/revision"))
}

/// The origin of an artifact that has metadata.
fn origins(object: &Value) -> impl Iterator<Item = Fact> {
    let metadata = object.pointer("/status/artifact/metadata").and_then(Value::as_object);
    metadata.filter(|metadata| !metadata.is_empty()).into_iter().flat_map(|metadata| {
        ORIGINS.map(|(field, label, annotation)| {
            let value = metadata.get(annotation).and_then(Value::as_str).unwrap_or_default();
            Fact { field, label, value: value.to_owned() }
        })
    })
}

pub(super) fn kustomization(object: &Value) -> Vec<Fact> {
    let target = present(object, "targetNamespace", "Target", "/spec/targetNamespace");
    let path = Some(always(object, "path", "Path", "/spec/path"));
    let revision = Some(always(object, "revision", "Revision", "/status/lastAppliedRevision"));
    [target, path, revision].into_iter().flatten().collect()
}

pub(super) fn helm_release(object: &Value) -> Vec<Fact> {
    let target = present(object, "targetNamespace", "Target", "/spec/targetNamespace");
    let revision = Some(always(object, "revision", "Revision", "/status/lastAttemptedRevision"));
    [target, revision].into_iter().flatten().collect()
}

pub(super) fn helm_chart(object: &Value) -> Vec<Fact> {
    let chart = Some(always(object, "chart", "Chart", "/spec/chart"));
    let version = Some(always(object, "version", "Version", "/spec/version"));
    [chart, version, artifact(object)].into_iter().flatten().collect()
}

pub(super) fn helm_repository(object: &Value) -> Vec<Fact> {
    [Some(always(object, "url", "URL", "/spec/url")), artifact(object)].into_iter().flatten().collect()
}

pub(super) fn git_repository(object: &Value) -> Vec<Fact> {
    let reference = present(object, "tag", "Tag", "/spec/ref/tag")
        .or_else(|| present(object, "semver", "Tag", "/spec/ref/semver"))
        .or_else(|| present(object, "branch", "Branch", "/spec/ref/branch"));
    [Some(always(object, "url", "URL", "/spec/url")), reference, artifact(object)]
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn oci_repository(object: &Value) -> Vec<Fact> {
    let reference = present(object, "tag", "Tag", "/spec/ref/tag")
        .or_else(|| present(object, "semver", "Tag", "/spec/ref/semver"))
        .or_else(|| present(object, "digest", "Digest", "/spec/ref/digest"));
    let own = [Some(always(object, "url", "URL", "/spec/url")), reference, artifact(object)];
    own.into_iter().flatten().chain(origins(object)).collect()
}

pub(super) fn bucket(object: &Value) -> Vec<Fact> {
    let endpoint = Some(always(object, "endpoint", "Endpoint", "/spec/endpoint"));
    let name = Some(always(object, "bucketName", "Bucket name", "/spec/bucketName"));
    [endpoint, name, artifact(object)].into_iter().flatten().collect()
}

pub(super) fn external_artifact(object: &Value) -> Vec<Fact> {
    let source = &object["spec"]["sourceRef"];
    let part = |name: &str| source[name].as_str().unwrap_or_default();
    let source = source.is_object().then(|| Fact {
        field: "source",
        label: "Source",
        value: format!("{}/{}/{}", part("kind"), part("namespace"), part("name")),
    });
    [source, artifact(object)].into_iter().flatten().chain(origins(object)).collect()
}

/// The source of a Kustomization or a HelmChart.
pub(super) fn from_source(object: &Value) -> Vec<SourceRef> {
    source_ref(object, "/spec/sourceRef").into_iter().collect()
}

/// The HelmChart that helm-controller created for a HelmRelease, and the source of its chart.
pub(super) fn from_chart(object: &Value) -> Vec<SourceRef> {
    let created = text(object, "/status/helmChart").and_then(|chart| {
        let (namespace, name) = chart.split_once('/')?;
        Some(SourceRef {
            kind: "HelmChart".into(),
            name: name.into(),
            namespace: namespace.into(),
            with_source: true,
        })
    });
    let pointer =
        if object["spec"]["chart"].is_object() { "/spec/chart/spec/sourceRef" } else { "/spec/chartRef" };
    created.into_iter().chain(source_ref(object, pointer)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(facts: &[Fact]) -> Vec<(&str, &str)> {
        facts.iter().map(|fact| (fact.label, fact.value.as_str())).collect()
    }

    #[test]
    fn a_tag_goes_before_a_range_and_a_range_before_a_branch() {
        let mut object =
            json!({"spec": {"url": "u", "ref": {"tag": "v1", "semver": "1.x", "branch": "main"}}});
        assert_eq!(shown(&git_repository(&object)), [("URL", "u"), ("Tag", "v1")]);
        object["spec"]["ref"]["tag"] = "".into();
        assert_eq!(shown(&git_repository(&object)), [("URL", "u"), ("Tag", "1.x")]);
        object["spec"]["ref"] = json!({"branch": "main"});
        assert_eq!(shown(&git_repository(&object)), [("URL", "u"), ("Branch", "main")]);
    }

    #[test]
    fn the_origin_is_shown_for_artifacts_with_metadata() {
        let mut object =
            json!({"spec": {"url": "oci://r"}, "status": {"artifact": {"revision": "1@sha256:0"}}});
        assert_eq!(oci_repository(&object).len(), 2);
        object["status"]["artifact"]["metadata"] = json!({"org.opencontainers.image.source": "git"});
        assert_eq!(shown(&oci_repository(&object))[2..], [("Origin Revision", ""), ("Origin Source", "git")]);
    }

    #[test]
    fn a_release_comes_from_its_chart_and_the_source_of_that() {
        let release = json!({
            "metadata": {"name": "app", "namespace": "apps"},
            "spec": {"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}},
            "status": {"helmChart": "apps/apps-app"},
        });
        let found: Vec<_> = from_chart(&release)
            .iter()
            .map(|it| format!("{}/{}/{}", it.kind, it.namespace, it.name))
            .collect();
        assert_eq!(found, ["HelmChart/apps/apps-app", "HelmRepository/apps/charts"]);
    }
}
