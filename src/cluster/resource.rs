//! Where objects of a kind live in the API server.

use std::borrow::Cow;

use crate::kinds::Kind;

/// A resource: the plural of a kind in a group and version, and whether it lives in namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// For instance `apps`; empty for the core group.
    pub group: Cow<'static, str>,
    /// For instance `v1`.
    pub version: Cow<'static, str>,
    /// For instance `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Versions to try where `version` is not served, newest first.
    pub older: &'static [&'static str],
}

/// Kinds of Kubernetes itself that Flux installs and that applications are made of:
/// kind, group, plural, namespaced. Others are looked up in the cluster.
const BUILT_IN: &[(&str, &str, &str, bool)] = &[
    ("ClusterRole", "rbac.authorization.k8s.io", "clusterroles", false),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io", "clusterrolebindings", false),
    ("ConfigMap", "", "configmaps", true),
    ("CronJob", "batch", "cronjobs", true),
    ("CustomResourceDefinition", "apiextensions.k8s.io", "customresourcedefinitions", false),
    ("DaemonSet", "apps", "daemonsets", true),
    ("Deployment", "apps", "deployments", true),
    ("Event", "", "events", true),
    ("HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers", true),
    ("Ingress", "networking.k8s.io", "ingresses", true),
    ("Job", "batch", "jobs", true),
    ("LimitRange", "", "limitranges", true),
    ("Namespace", "", "namespaces", false),
    ("NetworkPolicy", "networking.k8s.io", "networkpolicies", true),
    ("Node", "", "nodes", false),
    ("PersistentVolume", "", "persistentvolumes", false),
    ("PersistentVolumeClaim", "", "persistentvolumeclaims", true),
    ("Pod", "", "pods", true),
    ("PodDisruptionBudget", "policy", "poddisruptionbudgets", true),
    ("PriorityClass", "scheduling.k8s.io", "priorityclasses", false),
    ("ReplicaSet", "apps", "replicasets", true),
    ("ResourceQuota", "", "resourcequotas", true),
    ("Role", "rbac.authorization.k8s.io", "roles", true),
    ("RoleBinding", "rbac.authorization.k8s.io", "rolebindings", true),
    ("Secret", "", "secrets", true),
    ("Service", "", "services", true),
    ("ServiceAccount", "", "serviceaccounts", true),
    ("StatefulSet", "apps", "statefulsets", true),
    ("StorageClass", "storage.k8s.io", "storageclasses", false),
];

impl Resource {
    /// The resource of a kind of Kubernetes' own that Flux deals with, in version `v1`.
    ///
    /// None for kinds that are not in our table.
    pub fn built_in(kind: &str) -> Option<Resource> {
        BUILT_IN.iter().find(|row| row.0 == kind).map(|row| Resource {
            group: row.1.into(),
            version: "v1".into(),
            plural: row.2.into(),
            namespaced: row.3,
            older: &[],
        })
    }

    /// The resource of a manifest's `apiVersion` and `kind`, where our tables know it.
    pub fn known(api_version: &str, kind: &str) -> Option<Resource> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let flux = crate::kinds::KINDS.iter().find(|row| row.kind == kind && row.group == group);
        let mut resource = match flux {
            Some(row) => Resource::from(*row),
            None => Resource::built_in(kind).filter(|built_in| built_in.group == group)?,
        };
        resource.version = Cow::Owned(version.to_owned());
        Some(resource)
    }

    /// The path of the resource in the API server, in `namespace` where it is given and the
    /// resource lives in namespaces, and of the object called `name` where that is given.
    pub fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(&self.plural);
        if let Some(name) = name {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    /// `group/version`, as a manifest's `apiVersion` has it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `plural.group`, as `kubectl` names a resource.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

impl From<&Kind> for Resource {
    fn from(kind: &Kind) -> Self {
        Resource {
            group: kind.group.into(),
            version: kind.version.into(),
            plural: kind.plural.into(),
            namespaced: true,
            older: kind.older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_group_and_the_namespace() {
        let deployment = Resource::known("apps/v1", "Deployment").unwrap();
        assert_eq!(deployment.path(Some("x"), Some("y")), "/apis/apps/v1/namespaces/x/deployments/y");
        let namespace = Resource::known("v1", "Namespace").unwrap();
        assert_eq!(namespace.path(Some("x"), Some("y")), "/api/v1/namespaces/y");
        assert_eq!(Resource::known("example.org/v1", "Deployment"), None);
    }

    #[test]
    fn the_table_is_sorted_for_whoever_adds_to_it() {
        assert!(BUILT_IN.is_sorted_by_key(|row| row.0));
    }
}
