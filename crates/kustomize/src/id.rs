//! What identifies an object: group, version, kind, name and namespace.

use std::fmt;

use super::node::Node;

/// The type of an object. As a selector, an empty part selects everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Gvk {
    /// The API group, empty for the core group.
    pub group: String,
    /// The version in the group.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// An object's type, name and namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ResId {
    /// The type.
    pub gvk: Gvk,
    /// The name.
    pub name: String,
    /// The namespace as it stands in the object.
    pub namespace: String,
}

/// The namespace that objects without one are taken to be in.
pub(super) const DEFAULT_NAMESPACE: &str = "default";
/// What stands for the namespace of an object that is in none.
pub(super) const NO_NAMESPACE: &str = "_non_namespaceable_";

impl Gvk {
    /// The type of an object.
    pub(super) fn of(node: &Node) -> Self {
        let text = |name| node.get(name).map(Node::text_or_empty).unwrap_or_default();
        Self::new(text("apiVersion"), text("kind"))
    }

    /// From `group/version` or `version`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether `selector` selects this type.
    pub(super) fn is_selected_by(&self, selector: &Self) -> bool {
        let selects = |selector: &str, part: &str| selector.is_empty() || selector == part;
        selects(&selector.kind, &self.kind)
            && selects(&selector.group, &self.group)
            && selects(&selector.version, &self.version)
    }

    /// Whether objects of this type are known to be in no namespace. Types that kustomize does not know are taken to
    /// be in one.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        CLUSTER_SCOPED.iter().any(|(group, versions, kinds)| {
            *group == self.group
                && versions.contains(&self.version.as_str())
                && kinds.contains(&self.kind.as_str())
        })
    }
}

/// The types that kustomize 5.8 knows to be in no namespace: those of Kubernetes 1.21, whose description it carries.
/// What it does not know gets the namespace, and so does what the controllers apply.
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
    /// Whether the object is in no namespace.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        self.gvk.is_cluster_scoped()
    }

    /// The namespace for comparisons: `default` for none, and a name that no namespace has for objects in none.
    pub(super) fn effective_namespace(&self) -> &str {
        if self.is_cluster_scoped() {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    /// The id with its effective namespace, equal for ids of the same object.
    pub(super) fn key(&self) -> Self {
        Self {
            gvk: self.gvk.clone(),
            name: self.name.clone(),
            namespace: self.effective_namespace().to_owned(),
        }
    }

    /// As [`ResId::key`].
    pub(super) fn into_key(mut self) -> Self {
        if self.is_cluster_scoped() {
            NO_NAMESPACE.clone_into(&mut self.namespace);
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE.clone_into(&mut self.namespace);
        }
        self
    }

    /// Whether `selector` selects this id; its empty parts select everything.
    pub(super) fn is_selected_by(&self, selector: &Self) -> bool {
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
