//! Object ids: group, version, kind, name and namespace.

use std::fmt;

use crate::tree::Node;

/// Group, version and kind of an object. As a selector, an empty part selects everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Gvk {
    /// The API group, empty for the core group.
    pub group: String,
    /// The version in the group.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// Type, name and namespace of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ResId {
    /// The type.
    pub gvk: Gvk,
    /// The name.
    pub name: String,
    /// The namespace as it is written in the object.
    pub namespace: String,
}

/// Namespace of objects that have none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";
/// Stand-in for the namespace of cluster-scoped objects.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";

impl Gvk {
    /// Returns the type of an object.
    pub(crate) fn of(node: &Node) -> Self {
        let text = |name| node.get(name).map(Node::text_or_empty).unwrap_or_default();
        Self::new(text("apiVersion"), text("kind"))
    }

    /// Returns the type with the apiVersion `group/version` or `version`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// Returns `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Returns whether `selector` selects this type.
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        let selects = |selector: &str, part: &str| selector.is_empty() || selector == part;
        selects(&selector.kind, &self.kind)
            && selects(&selector.group, &self.group)
            && selects(&selector.version, &self.version)
    }

    /// Returns whether objects of this type are cluster-scoped. Types that kustomize does not know are namespaced.
    pub fn is_cluster_scoped(&self) -> bool {
        CLUSTER_SCOPED.iter().any(|(group, versions, kinds)| {
            *group == self.group
                && versions.contains(&self.version.as_str())
                && kinds.contains(&self.kind.as_str())
        })
    }
}

/// Cluster-scoped types by group, versions and kinds: those of Kubernetes 1.21, whose schema kustomize 5.8 has built in.
/// Unknown types get a namespace, also in the controllers.
const CLUSTER_SCOPED: &[(&str, &[&str], &[&str])] = &[
    ("", &["v1"], &["Namespace", "Node", "PersistentVolume", "ComponentStatus", "NodeProxyOptions"]),
    (
        "admissionregistration.k8s.io",
        &["v1", "v1beta1"],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("apiextensions.k8s.io", &["v1", "v1beta1"], &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["v1", "v1beta1"], &["APIService"]),
    ("certificates.k8s.io", &["v1", "v1beta1"], &["CertificateSigningRequest"]),
    ("flowcontrol.apiserver.k8s.io", &["v1beta1"], &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["v1", "v1beta1"], &["IngressClass"]),
    ("node.k8s.io", &["v1", "v1beta1"], &["RuntimeClass"]),
    ("policy", &["v1beta1"], &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["v1", "v1beta1"], &["ClusterRole", "ClusterRoleBinding"]),
    ("scheduling.k8s.io", &["v1", "v1beta1"], &["PriorityClass"]),
    ("storage.k8s.io", &["v1", "v1beta1"], &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
];

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.api_version() {
            version if version.is_empty() => f.write_str(&self.kind),
            version => write!(f, "{version} {}", self.kind),
        }
    }
}

impl ResId {
    /// Returns whether the object is cluster-scoped.
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        self.gvk.is_cluster_scoped()
    }

    /// Returns the namespace used for comparisons: `default` if the object does not set one, or a placeholder if it is
    /// cluster-scoped.
    pub(crate) fn effective_namespace(&self) -> &str {
        if self.is_cluster_scoped() {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    /// Returns the id with its effective namespace, equal for ids of the same object.
    pub(crate) fn key(&self) -> Self {
        Self {
            gvk: self.gvk.clone(),
            name: self.name.clone(),
            namespace: self.effective_namespace().to_owned(),
        }
    }

    /// As [`ResId::key`].
    pub(crate) fn into_key(mut self) -> Self {
        if self.is_cluster_scoped() {
            NO_NAMESPACE.clone_into(&mut self.namespace);
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE.clone_into(&mut self.namespace);
        }
        self
    }

    /// Returns whether `selector` selects this id; its empty parts select everything.
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.effective_namespace() == self.effective_namespace())
            && self.gvk.is_selected_by(&selector.gvk)
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gvk.fmt(f)?;
        match (self.namespace.as_str(), self.name.as_str()) {
            ("", "") => Ok(()),
            ("", name) => write!(f, " {name}"),
            (namespace, name) => write!(f, " {namespace}/{name}"),
        }
    }
}
