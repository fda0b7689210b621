//! Resources by the names that users write as for kubectl: `deployments`, `deploy`, `Deployment`, `deployments.apps`,
//! `deployments.v1.apps`.

use serde::Deserialize;

use super::Cluster;
use crate::error::{Error, Result};
use crate::kinds;
use crate::object::Resource;

/// Media type of a list of all groups with their resources, in one answer.
pub(super) const ACCEPTED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// Whether the API server lists groups with their resources at a path.
pub(super) fn is_discovery(path: &str) -> bool {
    matches!(path, "/api" | "/apis")
}

/// List of API groups, those of the API server's own first.
#[derive(Default, Deserialize)]
struct Groups {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Name,
    /// Preferred version first.
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    resource: String,
    response_kind: ResponseKind,
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    short_names: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    kind: String,
}

impl Served {
    /// Whether the user's word, in lower case, names the resource.
    fn is_named(&self, word: &str) -> bool {
        self.resource == word
            || self.singular_resource == word
            || self.response_kind.kind.eq_ignore_ascii_case(word)
            || self.short_names.iter().any(|short| short == word)
    }
}

impl Cluster {
    /// Finds the resource that a user names as for kubectl, in any case.
    ///
    /// # Errors
    /// `NotFound` if the API server has no such resource.
    pub async fn resource_named(&self, word: &str) -> Result<Resource> {
        let word = word.to_lowercase();
        if let Some(kind) = kinds::by_word(&word) {
            return Ok(Resource::from(kind));
        }
        if let Some(resource) = Resource::built_in_by_word(&word) {
            return Ok(resource);
        }
        find(&self.groups().await?, &word).ok_or_else(|| {
            Error::not_found(format!("the server doesn't have a resource type {word:?}"))
                .hint("`kubectl api-resources` lists the resource types of the cluster")
        })
    }

    /// Returns the versions that the API server serves, and their kinds, as Helm's `.Capabilities.APIVersions` has them:
    /// `apps/v1` and `apps/v1/Deployment`.
    ///
    /// # Errors
    /// The cluster cannot be asked.
    pub async fn served_versions(&self) -> Result<Vec<String>> {
        let mut served = Vec::new();
        for group in self.groups().await? {
            for version in group.versions {
                let name = match group.metadata.name.as_str() {
                    "" => version.version,
                    group => format!("{group}/{}", version.version),
                };
                served.extend(
                    version.resources.iter().map(|served| format!("{name}/{}", served.response_kind.kind)),
                );
                served.push(name);
            }
        }
        Ok(served)
    }

    async fn groups(&self) -> Result<Vec<Group>> {
        let (core, others) = futures::try_join!(self.raw::<Groups>("/api"), self.raw::<Groups>("/apis"))?;
        Ok(core.items.into_iter().chain(others.items).collect())
    }
}

/// Finds a resource by `name`, `name.group` or `name.version.group`. A part of the group's beginning is enough if no
/// group has exactly this name.
fn find(groups: &[Group], word: &str) -> Option<Resource> {
    let Some((name, rest)) = word.split_once('.') else {
        return groups.iter().find_map(|group| in_group(group, word, None));
    };
    if let Some((version, of)) = rest.split_once('.')
        && let Some(found) = groups.iter().find_map(|group| {
            (group.metadata.name == of).then(|| in_group(group, name, Some(version))).flatten()
        })
    {
        return Some(found);
    }
    let matching = |exact: bool| {
        groups.iter().find_map(|group| {
            let of = &group.metadata.name;
            let is_meant = if exact { of == rest } else { of.starts_with(rest) };
            is_meant.then(|| in_group(group, name, None)).flatten()
        })
    };
    matching(true).or_else(|| matching(false))
}

fn in_group(group: &Group, name: &str, version: Option<&str>) -> Option<Resource> {
    let versions = group.versions.iter().filter(|it| version.is_none_or(|version| it.version == version));
    versions.into_iter().find_map(|version| {
        let served = version.resources.iter().find(|served| served.is_named(name))?;
        Some(Resource {
            kind: served.response_kind.kind.clone().into(),
            group: group.metadata.name.clone().into(),
            version: version.version.clone().into(),
            plural: served.resource.clone().into(),
            namespaced: served.scope == "Namespaced",
            older: &[],
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn groups() -> Vec<Group> {
        let resource = |plural: &str, singular: &str, kind: &str, short: &[&str]| {
            json!({"resource": plural, "singularResource": singular, "responseKind": {"kind": kind},
                "scope": "Namespaced", "shortNames": short})
        };
        let group = |name: &str, versions: &[&str], resource: serde_json::Value| {
            let versions: Vec<_> =
                versions.iter().map(|version| json!({"version": version, "resources": [resource]})).collect();
            json!({"metadata": {"name": name}, "versions": versions})
        };
        let all = json!([
            {"versions": [{"version": "v1", "resources": [resource("pods", "pod", "Pod", &["po"])]}]},
            group("autoscaling", &["v2", "v1"], resource("horizontalpodautoscalers", "horizontalpodautoscaler",
                "HorizontalPodAutoscaler", &["hpa"])),
            group("metrics.k8s.io", &["v1beta1"], resource("pods", "pod", "PodMetrics", &[])),
        ]);
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn a_resource_is_found_by_each_of_its_names() {
        let groups = groups();
        for word in ["po", "pod", "pods"] {
            let found = find(&groups, word).unwrap();
            assert_eq!((found.qualified().as_str(), found.version.as_ref()), ("pods", "v1"), "{word}");
        }
        assert_eq!(find(&groups, "hpa").unwrap().version, "v2");
        assert_eq!(find(&groups, "services"), None);
    }

    #[test]
    fn a_group_and_a_version_select_among_resources_of_one_name() {
        let groups = groups();
        for (word, kind, version) in [
            ("pods.metrics.k8s.io", "PodMetrics", "v1beta1"),
            ("pods.metrics", "PodMetrics", "v1beta1"),
            ("pods.v1beta1.metrics.k8s.io", "PodMetrics", "v1beta1"),
            ("hpa.v1.autoscaling", "HorizontalPodAutoscaler", "v1"),
        ] {
            let found = find(&groups, word).unwrap();
            assert_eq!((found.kind.as_ref(), found.version.as_ref()), (kind, version), "{word}");
        }
        assert_eq!(find(&groups, "pods.example.org"), None);
    }
}
