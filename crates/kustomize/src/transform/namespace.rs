//! `namespace`.

use std::sync::LazyLock;

use super::field_spec::Create;
use crate::error::{Error, Result};
use crate::tree::{Node, Scalar, Tag};
use crate::types::field_spec::FieldSpec;
use crate::types::id::Gvk;
use crate::types::namespaced_subjects::NamespacedSubjects;
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;

/// Field with the namespace of the object itself.
static OWN: LazyLock<FieldSpec> =
    LazyLock::new(|| FieldSpec::new(Gvk::default(), "metadata/namespace", true));

/// Sets the namespace of every namespaced object; with `unset_only`, of those without one.
pub(crate) fn set_namespace(
    map: &mut ResMap,
    namespace: &str,
    specs: &[FieldSpec],
    subjects: NamespacedSubjects,
    unset_only: bool,
) -> Result<()> {
    if namespace.is_empty() {
        return Ok(());
    }
    for resource in map.resources_mut() {
        resource.remember_name();
        set_in(resource, namespace, specs, subjects, unset_only)
            .map_err(|error| error.during(resource.id()))?;
    }
    map.check_unique("namespace")
}

/// Sets the namespace of one object.
pub(crate) fn set_in(
    resource: &mut Resource,
    namespace: &str,
    specs: &[FieldSpec],
    subjects: NamespacedSubjects,
    unset_only: bool,
) -> Result<()> {
    let gvk = resource.gvk();
    let mut set = |node: &mut Node| set(node, namespace, unset_only);
    let is_binding = matches!(gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
    let node = &mut resource.node;
    if !gvk.is_cluster_scoped() {
        OWN.apply(&gvk, node, Create::Scalar, &mut set)?;
    }
    if is_binding {
        set_subjects(node, subjects, &mut set)?;
    }
    for spec in specs {
        let is_own = spec.path == OWN.path;
        // Only the core group's Namespace is named after the namespace.
        let is_other_name = spec.path == ["metadata", "name"] && gvk.api_version() != "v1";
        let is_subject = is_binding
            && matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
            && spec.path == ["subjects", "namespace"];
        if !(is_own || is_other_name || is_subject) {
            spec.apply(&gvk, node, Create::Scalar, &mut set)?;
        }
    }
    Ok(())
}

fn set(node: &mut Node, namespace: &str, unset_only: bool) -> Result<()> {
    let kind = node.kind_name();
    let Node::Scalar(scalar) = node else {
        return Err(Error::new(format!("expected a namespace, found {kind}")));
    };
    if !(unset_only && scalar.tag != Tag::Null && !scalar.text.is_empty()) {
        scalar.set(namespace, Tag::Str);
    }
    Ok(())
}

fn set_subjects(
    object: &mut Node,
    subjects: NamespacedSubjects,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    if subjects == NamespacedSubjects::None {
        return Ok(());
    }
    let Some(Node::Seq(items)) = object.get_mut("subjects") else { return Ok(()) };
    for item in items {
        if matches!(item, Node::Scalar(_) | Node::Seq(_)) && !item.is_null() {
            let message = format!("expected a subject, found {}", item.kind_name());
            return Err(Error::new(message).field("subjects"));
        }
        let has = |field: &str, text: &str| item.get(field).and_then(Node::text) == Some(text);
        let chosen = match subjects {
            NamespacedSubjects::Default => has("name", "default"),
            NamespacedSubjects::ServiceAccounts => has("kind", "ServiceAccount"),
            NamespacedSubjects::None => false,
        };
        let by = if subjects == NamespacedSubjects::Default { "name" } else { "kind" };
        if let Some(other @ (Node::Map(_) | Node::Seq(_))) = item.get(by) {
            let message = format!("expected a string as {by}, found {}", other.kind_name());
            return Err(Error::new(message).field("subjects"));
        }
        if let Some(map) = item.as_map_mut().filter(|_| chosen) {
            if map.get("namespace").is_none() {
                map.push("namespace".to_owned(), Node::Scalar(Scalar::string("")));
            }
            if let Some(field) = map.get_mut("namespace") {
                set(field)?;
            }
        }
    }
    Ok(())
}
