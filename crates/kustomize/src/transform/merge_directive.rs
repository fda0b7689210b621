//! Directives of strategic merge: `$patch: delete|replace|merge`, and others that kustomize leaves in the object.

use crate::error::{Error, Result};
use crate::tree::{Map, Node};

/// Field that holds the directive of a mapping or list.
pub(super) const FIELD: &str = "$patch";

/// What a patch says about a mapping or list as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Returns the directive of a mapping.
pub(super) fn of_map(patch: &Map) -> Result<Option<Directive>> {
    let Some(value) = patch.get(FIELD) else { return Ok(None) };
    match value.text_or_empty() {
        "merge" => Ok(Some(Directive::Merge)),
        "replace" => Ok(Some(Directive::Replace)),
        "delete" => Ok(Some(Directive::Delete)),
        other => Err(Error::new(format!("unknown directive {other:?}"))
            .field(FIELD)
            .hint("it must be merge, replace or delete")),
    }
}

/// Returns the directive of a list: an item that holds nothing else.
pub(super) fn of_list(items: &[Node]) -> Result<Option<Directive>> {
    match items.iter().filter_map(Node::as_map).find(|map| map.get(FIELD).is_some()) {
        Some(map) if map.len() == 1 => of_map(map),
        _ => Ok(None),
    }
}

/// Finds the first directive below `node`: the path of its mapping, and its field.
pub(super) fn find(node: &Node) -> Option<(String, &str)> {
    let is_directive = |name: &str| {
        name == FIELD
            || name == "$retainKeys"
            || name.starts_with("$setElementOrder/")
            || name.starts_with("$deleteFromPrimitiveList/")
    };
    let join = |step: String, rest: &str| match rest {
        "" => step,
        _ if rest.starts_with('[') => format!("{step}{rest}"),
        _ => format!("{step}.{rest}"),
    };
    match node {
        Node::Map(map) => map.iter().find_map(|(name, value)| {
            if is_directive(name) {
                return Some((String::new(), name));
            }
            let (rest, directive) = find(value)?;
            Some((join(name.to_owned(), &rest), directive))
        }),
        Node::Seq(items) => items.iter().enumerate().find_map(|(at, item)| {
            let (rest, directive) = find(item)?;
            Some((join(format!("[{at}]"), &rest), directive))
        }),
        Node::Scalar(_) => None,
    }
}
