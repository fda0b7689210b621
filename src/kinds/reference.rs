//! References from an object to others.

use serde_json::Value;

use super::text;

/// Reference to the source of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRef {
    /// Kind, such as `GitRepository`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Whether its own source is reconciled first, whatever the flags say: a HelmChart needs the index of its
    /// repository.
    pub with_source: bool,
}

/// Returns the references in `spec.dependsOn`, which name objects of the same kind unless they say otherwise.
pub(super) fn dependencies(object: &Value, kind: &str) -> Vec<SourceRef> {
    let references = object.pointer("/spec/dependsOn").and_then(Value::as_array);
    let named = references.into_iter().flatten().filter_map(|reference| {
        let namespace = text(reference, "/namespace").or_else(|| text(object, "/metadata/namespace"));
        Some(SourceRef {
            kind: text(reference, "/kind").unwrap_or_else(|| kind.to_owned()),
            name: text(reference, "/name")?,
            namespace: namespace.unwrap_or_default(),
            with_source: false,
        })
    });
    named.collect()
}

/// Returns the reference at a JSON pointer, by default in the namespace of the object.
pub(super) fn source_ref(object: &Value, pointer: &str) -> Option<SourceRef> {
    let source = object.pointer(pointer)?;
    let namespace = text(source, "/namespace").or_else(|| text(object, "/metadata/namespace"));
    Some(SourceRef {
        kind: text(source, "/kind")?,
        name: text(source, "/name")?,
        namespace: namespace.unwrap_or_default(),
        with_source: false,
    })
}
