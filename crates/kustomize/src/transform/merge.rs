//! Strategic merge: a patch that looks like the object it changes.
//!
//! Mappings are merged field by field, lists of known kinds item by item by their keys, everything else is replaced;
//! null takes a field away. `$patch: delete|replace|merge` says otherwise. Items that only the patch has come first.
//! The details are those of kustomize's `kyaml/yaml/merge2` and `walk`, also where they surprise: a merge touches the
//! whole object, so that fields with an empty value go and list items with the same key become one.

use std::collections::{BTreeSet, HashMap};

use super::merge_directive::{self, Directive};
use super::merge_findings::{Findings, Merging};
use super::merge_list;
use crate::error::{Error, Result, Warning};
use crate::tree::{Map, Node, NullForm, Presentation, Scalar};
use crate::types::schema::{Field, Schema, Schemas};

/// Merges `patch` into `object`, and warns of what its author can hardly want. Returns false if the patch deletes the
/// object.
pub(crate) fn merge(
    object: &mut Node,
    patch: &Node,
    schemas: Schemas<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<bool> {
    let findings = Findings::default();
    let outcome = walk(Some(object), Some(patch), None, Merging { schemas, findings: &findings })?;
    warnings.extend(findings.into_vec());
    Ok(match outcome {
        // `$patch: replace` for a whole object leaves it as it is.
        Outcome::Kept | Outcome::Replaced(_) => true,
        Outcome::Cleared => false,
    })
}

/// What became of a value of the object.
pub(super) enum Outcome {
    /// The value is kept, changed in place.
    Kept,
    /// The value is replaced by this one.
    Replaced(Node),
    /// The value is removed.
    Cleared,
}

fn present(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| !node.is_null())
}

pub(super) fn walk(
    dest: Option<&mut Node>,
    origin: Option<&Node>,
    field: Option<Field<'_>>,
    schemas: Merging<'_>,
) -> Result<Outcome> {
    if let (Some(have), Some(want)) = (present(dest.as_deref()), present(origin))
        && std::mem::discriminant(have) != std::mem::discriminant(want)
    {
        let message = format!("the patch has {} where the object has {}", want.kind_name(), have.kind_name());
        return Err(Error::new(message));
    }
    let has_schema =
        |node: Option<&Node>| present(node).is_some_and(|node| node.presentation().schema_comment);
    let has_own_schema = has_schema(dest.as_deref()) || has_schema(origin);
    let field = if has_own_schema { Some(replaced_field(field, dest.as_deref(), schemas)) } else { field };
    let (have, want) = (present(dest.as_deref()), present(origin));
    match have.or(want) {
        None | Some(Node::Map(_)) => walk_map(dest, origin, field.and_then(|field| field.shape), schemas),
        Some(Node::Scalar(_)) => Ok(replaced_or_kept(origin)),
        Some(Node::Seq(_)) => match field.and_then(|field| Some((field.merge_keys?, field.shape))) {
            None => Ok(replaced_or_kept(origin)),
            Some((keys, shape)) => merge_list::walk(dest, origin, (keys, shape), schemas),
        },
    }
}

/// Returns the schema of a field with a schema comment.
fn replaced_field<'a>(known: Option<Field<'a>>, own: Option<&Node>, schemas: Merging<'_>) -> Field<'a> {
    if known.is_some_and(|known| known.merge_keys.is_some()) && matches!(own, Some(Node::Seq(_))) {
        schemas.findings.note(
            Warning::new(
                "kustomize reads the JSON comment beside this list as its schema: the patch \
                replaces the list instead of merging it",
            )
            .hint("move the comment to a single value inside the list"),
        );
    }
    Field { shape: Some(Schema::nothing()), merge_keys: None }
}

fn replaced_or_kept(origin: Option<&Node>) -> Outcome {
    match origin {
        None => Outcome::Kept,
        Some(origin) if origin.is_null() => Outcome::Cleared,
        Some(origin) => Outcome::Replaced(origin.clone()),
    }
}

fn walk_map(
    dest: Option<&mut Node>,
    origin: Option<&Node>,
    known: Option<Schema<'_>>,
    schemas: Merging<'_>,
) -> Result<Outcome> {
    let patch = origin.and_then(Node::as_map);
    let map = match dest {
        Some(Node::Map(map)) if map.presentation.null == NullForm::NotNull => {
            if let Some(patch) = patch {
                let empty = map.is_empty();
                take_presentation(&mut map.presentation, patch.presentation, empty);
            }
            map
        }
        // An explicit null stays, an empty value does not.
        Some(Node::Scalar(Scalar { text, .. })) if origin.is_none() && !text.is_empty() => {
            return Ok(Outcome::Kept);
        }
        Some(node @ Node::Map(_)) if origin.is_none() && node.presentation().null == NullForm::Explicit => {
            *node = Node::Scalar(Scalar::plain("null"));
            return Ok(Outcome::Kept);
        }
        _ => {
            let Some(patch) = patch else { return Ok(Outcome::Cleared) };
            if merge_directive::of_map(patch).is_ok_and(|directive| directive == Some(Directive::Delete)) {
                return Ok(Outcome::Cleared);
            }
            return added(patch, known, schemas);
        }
    };
    if origin.is_some_and(Node::is_null) {
        return Ok(Outcome::Cleared);
    }
    let directive = patch.map(merge_directive::of_map).transpose()?.flatten();
    match (directive, patch) {
        (Some(Directive::Delete), _) => Ok(Outcome::Cleared),
        (Some(Directive::Replace), Some(patch)) => added(patch, known, schemas),
        _ => {
            if directive.is_some() {
                // The patch may be merged into itself.
                map.remove(merge_directive::FIELD);
            }
            let known = known.or_else(|| embedded(map, patch, schemas));
            walk_fields(map, patch, directive.is_some(), known, schemas)?;
            Ok(Outcome::Kept)
        }
    }
}

/// Adds a mapping of the patch, without its nulls and directives, where the object has none.
fn added(patch: &Map, known: Option<Schema<'_>>, schemas: Merging<'_>) -> Result<Outcome> {
    let mut map = patch.clone();
    let directed = merge_directive::of_map(patch).is_ok_and(|directive| directive.is_some());
    if directed {
        map.remove(merge_directive::FIELD);
    }
    let known = known.or_else(|| embedded(&map, None, schemas));
    walk_fields(&mut map, Some(patch), directed, known, schemas)?;
    Ok(Outcome::Replaced(Node::Map(map)))
}

/// Returns the schema of an object within an object, which has its own kind.
fn embedded<'a>(map: &Map, patch: Option<&Map>, schemas: Merging<'a>) -> Option<Schema<'a>> {
    schemas.of_fields(map).or_else(|| patch.and_then(|patch| schemas.of_fields(patch)))
}

fn walk_fields(
    map: &mut Map,
    patch: Option<&Map>,
    skip_directive: bool,
    known: Option<Schema<'_>>,
    schemas: Merging<'_>,
) -> Result<()> {
    let new = New::of(patch, skip_directive);
    // New fields are added at the end, in their order.
    let fresh: Vec<(&str, &Node)> = match patch {
        Some(patch) => {
            patch.iter().filter(|(name, _)| new.get(name).is_some() && map.get(name).is_none()).collect()
        }
        None => Vec::new(),
    };
    let mut cleared = BTreeSet::new();
    for (name, value) in map.values_mut() {
        let added = new.get(name);
        let mut field = known.and_then(|known| known.field(name));
        let outcome = schemas.findings.step(name, || {
            if value.presentation().schema_comment_at_name
                || added.is_some_and(|added| added.presentation().schema_comment_at_name)
            {
                field = Some(replaced_field(field, Some(value), schemas));
            }
            walk(Some(value), added, field, schemas)
        });
        let outcome = outcome.map_err(|error| error.inside(name))?;
        match outcome {
            Outcome::Kept => {}
            Outcome::Cleared => {
                cleared.insert(name.to_owned());
            }
            Outcome::Replaced(node) => place(value, node),
        }
    }
    if !cleared.is_empty() {
        map.retain(|name| !cleared.contains(name));
    }
    for (name, value) in fresh {
        let field = if value.presentation().schema_comment_at_name {
            Some(Field { shape: Some(Schema::nothing()), merge_keys: None })
        } else {
            known.and_then(|known| known.field(name))
        };
        let outcome = schemas.findings.step(name, || walk(None, Some(value), field, schemas));
        let outcome = outcome.map_err(|error| error.inside(name))?;
        if let Outcome::Replaced(mut node) = outcome {
            // The name is added without its comment.
            if let Some(presentation) = node.presentation_mut() {
                presentation.schema_comment_at_name = false;
            }
            map.push_as_is(name.to_owned(), node);
        }
    }
    Ok(())
}

/// Fields of a patch by name. Most patches have few fields, for which searching is faster than hashing.
enum New<'a> {
    Few(Option<&'a Map>, bool),
    Many(HashMap<&'a str, &'a Node>),
}

impl<'a> New<'a> {
    fn of(patch: Option<&'a Map>, skip_directive: bool) -> Self {
        const FEW: usize = 16;
        match patch {
            Some(patch) if patch.len() > FEW => {
                let fields =
                    patch.iter().filter(|(name, _)| !(skip_directive && *name == merge_directive::FIELD));
                Self::Many(fields.collect())
            }
            patch => Self::Few(patch, skip_directive),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        match self {
            Self::Few(_, true) if name == merge_directive::FIELD => None,
            Self::Few(patch, _) => patch.and_then(|patch| patch.get(name)),
            Self::Many(fields) => fields.get(name).copied(),
        }
    }
}

/// Takes over the schema comment of the patch's value, and its braces if the own value is empty.
pub(super) fn take_presentation(own: &mut Presentation, patch: Presentation, was_empty: bool) {
    own.schema_comment |= patch.schema_comment;
    if was_empty {
        own.flow = patch.flow;
    }
}

/// Replaces a value; it stays quoted, in braces, or shared with others if the old one was.
pub(super) fn place(old: &mut Node, new: Node) {
    match (old, new) {
        (Node::Scalar(old), Node::Scalar(new)) => {
            *old = Scalar { plain: old.plain, block: old.block, shared: old.shared, ..new }
        }
        (old, mut new) => {
            let before = old.presentation();
            if let Some(presentation) = new.presentation_mut() {
                presentation.flow = before.flow;
                presentation.schema_comment_at_name = before.schema_comment_at_name;
            }
            *old = new;
        }
    }
}
