//! Resources of the API server: the collections in which objects of a kind are stored.

use std::borrow::Cow;

/// A resource: a kind in a group and version, with its plural and scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Kind, such as `Deployment`.
    pub kind: Cow<'static, str>,
    /// Group, such as `apps`; empty for the core group.
    pub group: Cow<'static, str>,
    /// Version, such as `v1`.
    pub version: Cow<'static, str>,
    /// Plural in paths, such as `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether its objects have a namespace.
    pub namespaced: bool,
    /// Versions to try if `version` is not served, newest first.
    pub older: &'static [&'static str],
}

/// Declares constants for built-in resources of version `v1` and the table of them.
macro_rules! built_in {
    ($($constant:ident = $kind:literal, $group:literal, $plural:literal, $namespaced:literal;)*) => {
        impl Resource {
            $(
                #[doc = concat!("Built-in resource `", $plural, "`.")]
                pub const $constant: Resource = Resource {
                    kind: Cow::Borrowed($kind),
                    group: Cow::Borrowed($group),
                    version: Cow::Borrowed("v1"),
                    plural: Cow::Borrowed($plural),
                    namespaced: $namespaced,
                    older: &[],
                };
            )*
        }

        /// All built-in resources that have a constant.
        static BUILT_IN: &[Resource] = &[$(Resource::$constant),*];
    };
}

// Kinds of Kubernetes that Flux installs, that commands ask for, or that applications are made of. Others are looked
// up in the cluster.
built_in! {
    API_SERVICE = "APIService", "apiregistration.k8s.io", "apiservices", false;
    CLUSTER_ROLE = "ClusterRole", "rbac.authorization.k8s.io", "clusterroles", false;
    CLUSTER_ROLE_BINDING = "ClusterRoleBinding", "rbac.authorization.k8s.io", "clusterrolebindings", false;
    CONFIG_MAP = "ConfigMap", "", "configmaps", true;
    CRON_JOB = "CronJob", "batch", "cronjobs", true;
    CUSTOM_RESOURCE_DEFINITION = "CustomResourceDefinition", "apiextensions.k8s.io", "customresourcedefinitions", false;
    DAEMON_SET = "DaemonSet", "apps", "daemonsets", true;
    DEPLOYMENT = "Deployment", "apps", "deployments", true;
    EVENT = "Event", "", "events", true;
    HORIZONTAL_POD_AUTOSCALER = "HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers", true;
    INGRESS = "Ingress", "networking.k8s.io", "ingresses", true;
    JOB = "Job", "batch", "jobs", true;
    LIMIT_RANGE = "LimitRange", "", "limitranges", true;
    NAMESPACE = "Namespace", "", "namespaces", false;
    NETWORK_POLICY = "NetworkPolicy", "networking.k8s.io", "networkpolicies", true;
    NODE = "Node", "", "nodes", false;
    PERSISTENT_VOLUME = "PersistentVolume", "", "persistentvolumes", false;
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim", "", "persistentvolumeclaims", true;
    POD = "Pod", "", "pods", true;
    POD_DISRUPTION_BUDGET = "PodDisruptionBudget", "policy", "poddisruptionbudgets", true;
    PRIORITY_CLASS = "PriorityClass", "scheduling.k8s.io", "priorityclasses", false;
    REPLICA_SET = "ReplicaSet", "apps", "replicasets", true;
    RESOURCE_QUOTA = "ResourceQuota", "", "resourcequotas", true;
    ROLE = "Role", "rbac.authorization.k8s.io", "roles", true;
    ROLE_BINDING = "RoleBinding", "rbac.authorization.k8s.io", "rolebindings", true;
    SECRET = "Secret", "", "secrets", true;
    SELF_SUBJECT_ACCESS_REVIEW = "SelfSubjectAccessReview", "authorization.k8s.io", "selfsubjectaccessreviews", false;
    SERVICE = "Service", "", "services", true;
    SERVICE_ACCOUNT = "ServiceAccount", "", "serviceaccounts", true;
    STATEFUL_SET = "StatefulSet", "apps", "statefulsets", true;
    STORAGE_CLASS = "StorageClass", "storage.k8s.io", "storageclasses", false;
}

impl Resource {
    /// The built-in resource of a kind in a group, if it has a constant.
    pub fn built_in(group: &str, kind: &str) -> Option<Resource> {
        BUILT_IN.iter().find(|resource| resource.kind == kind && resource.group == group).cloned()
    }

    /// Name of the kind in messages, with the word "source" after those of sources: `GitRepository source`.
    pub fn noun(&self) -> Cow<'static, str> {
        if self.group == "source.toolkit.fluxcd.io" {
            format!("{} source", self.kind).into()
        } else {
            self.kind.clone()
        }
    }

    /// The built-in resource that a user names by its plural or its singular, in lower case, if it has a constant.
    pub fn built_in_by_word(word: &str) -> Option<Resource> {
        let is_named = |it: &&Resource| it.plural == word || it.kind.eq_ignore_ascii_case(word);
        BUILT_IN.iter().find(is_named).cloned()
    }

    /// Path at the API server of the resource in a namespace (ignored if it is cluster-scoped), or of the object
    /// called `name`.
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

    /// `group/version`, as in the `apiVersion` of a manifest.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `plural.group`, as in `kubectl get deployments.apps`.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// The same resource in another version.
    #[must_use]
    pub fn with_version(&self, version: impl Into<Cow<'static, str>>) -> Resource {
        Resource { version: version.into(), ..self.clone() }
    }
}

impl From<&Resource> for Resource {
    fn from(resource: &Resource) -> Self {
        resource.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_group_and_the_namespace() {
        assert_eq!(
            Resource::DEPLOYMENT.path(Some("x"), Some("y")),
            "/apis/apps/v1/namespaces/x/deployments/y"
        );
        assert_eq!(Resource::NAMESPACE.path(Some("x"), Some("y")), "/api/v1/namespaces/y");
        assert_eq!(Resource::SECRET.path(None, None), "/api/v1/secrets");
    }

    #[test]
    fn a_kind_of_another_group_is_not_built_in() {
        assert_eq!(Resource::built_in("apps", "Deployment"), Some(Resource::DEPLOYMENT));
        assert_eq!(Resource::built_in("example.org", "Deployment"), None);
    }

    #[test]
    fn the_table_is_sorted_by_kind() {
        assert!(BUILT_IN.is_sorted_by_key(|resource| resource.kind.to_ascii_lowercase()));
    }
}
