//! Strategic merge: a patch that looks like the object it changes.
//!
//! Mappings are merged field by field, lists of known kinds item by item by their keys, everything else is replaced;
//! null takes a field away. `$patch: delete|replace|merge` says otherwise. Items that only the patch has come first.
//! The details are those of kustomize's `kyaml/yaml/merge2` and `walk`, also where they surprise: a merge touches the
//! whole object, so that fields with an empty value go and list items with the same key become one.

use std::collections::{BTreeSet, HashMap};

use super::findings::{Findings, Merging};
use super::merge_list;
use crate::error::{Error, Result};
use crate::look::{Hidden, Look};
use crate::node::{Map, Node, Scalar};
use crate::schema::{Field, Schema, Schemas};

pub(super) const DIRECTIVE: &str = "$patch";

/// Merges `patch` into `object`, and notes what its author can hardly want. False means that the patch deletes the object.
pub(crate) fn merge(
    object: &mut Node,
    patch: &Node,
    schemas: Schemas<'_>,
    noted: &mut Vec<Error>,
) -> Result<bool> {
    let findings = Findings::default();
    let outcome = walk(Some(object), Some(patch), None, Merging { schemas, findings: &findings })?;
    noted.extend(findings.into_vec());
    Ok(match outcome {
        // `$patch: replace` for an object as a whole leaves it as it is.
        Outcome::Kept | Outcome::Replaced(_) => true,
        Outcome::Cleared => false,
    })
}

/// What became of a place in the object.
pub(super) enum Outcome {
    /// What was there is there still, changed in place.
    Kept,
    /// This stands there now.
    Replaced(Node),
    /// Nothing stands there any more.
    Cleared,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
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
        let message = format!("the patch has {} where {} stands", want.kind_name(), have.kind_name());
        return Err(Error::new(message));
    }
    let described = |node: Option<&Node>| present(node).is_some_and(|node| node.look().described);
    let is_described = described(dest.as_deref()) || described(origin);
    let field = if is_described { Some(replaced_field(field, dest.as_deref(), schemas)) } else { field };
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

/// What is known of a field beside which a comment holds JSON.
fn replaced_field<'a>(known: Option<Field<'a>>, own: Option<&Node>, schemas: Merging<'_>) -> Field<'a> {
    if known.is_some_and(|known| known.merge_keys.is_some()) && matches!(own, Some(Node::Seq(_))) {
        schemas.findings.note(
            Error::new("the comment beside this list is JSON, which kustomize takes for its schema: the patch replaces the list instead of merging it")
                .hint("move the comment into the list, to a single value"),
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
        Some(Node::Map(map)) if map.look.hidden == Hidden::No => {
            if let Some(patch) = patch {
                let empty = map.is_empty();
                take_look(&mut map.look, patch.look, empty);
            }
            map
        }
        // An explicit null stays, an empty value does not.
        Some(Node::Scalar(Scalar { text, .. })) if origin.is_none() && !text.is_empty() => {
            return Ok(Outcome::Kept);
        }
        Some(node @ Node::Map(_)) if origin.is_none() && node.look().hidden == Hidden::Null => {
            *node = Node::Scalar(Scalar::plain("null"));
            return Ok(Outcome::Kept);
        }
        _ => {
            let Some(patch) = patch else { return Ok(Outcome::Cleared) };
            if directive_of(patch).is_ok_and(|directive| directive == Some(Directive::Delete)) {
                return Ok(Outcome::Cleared);
            }
            return added(patch, known, schemas);
        }
    };
    if origin.is_some_and(Node::is_null) {
        return Ok(Outcome::Cleared);
    }
    let directive = patch.map(directive_of).transpose()?.flatten();
    match (directive, patch) {
        (Some(Directive::Delete), _) => Ok(Outcome::Cleared),
        (Some(Directive::Replace), Some(patch)) => added(patch, known, schemas),
        _ => {
            if directive.is_some() {
                // It stands here, too, where the patch is merged into itself.
                map.remove(DIRECTIVE);
            }
            let known = known.or_else(|| embedded(map, patch, schemas));
            walk_fields(map, patch, directive.is_some(), known, schemas)?;
            Ok(Outcome::Kept)
        }
    }
}

/// What a mapping of the patch becomes where nothing was: itself, without the nulls and directives in it.
fn added(patch: &Map, known: Option<Schema<'_>>, schemas: Merging<'_>) -> Result<Outcome> {
    let mut map = patch.clone();
    let directed = directive_of(patch).is_ok_and(|directive| directive.is_some());
    if directed {
        map.remove(DIRECTIVE);
    }
    let known = known.or_else(|| embedded(&map, None, schemas));
    walk_fields(&mut map, Some(patch), directed, known, schemas)?;
    Ok(Outcome::Replaced(Node::Map(map)))
}

/// An object within an object has its own kind.
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
    // Those that the mapping has not are added at its end, in their order.
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
            if value.look().name_described || added.is_some_and(|added| added.look().name_described) {
                field = Some(replaced_field(field, Some(value), schemas));
            }
            walk(Some(value), added, field, schemas)
        });
        let outcome = outcome.map_err(|error| within(error, name))?;
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
        let field = if value.look().name_described {
            Some(Field { shape: Some(Schema::nothing()), merge_keys: None })
        } else {
            known.and_then(|known| known.field(name))
        };
        let outcome = schemas.findings.step(name, || walk(None, Some(value), field, schemas));
        let outcome = outcome.map_err(|error| within(error, name))?;
        if let Outcome::Replaced(mut node) = outcome {
            // The name comes without its comment.
            if let Some(look) = node.look_mut() {
                look.name_described = false;
            }
            map.push_as_is(name.to_owned(), node);
        }
    }
    Ok(())
}

/// The fields of a patch by their names. Most have a few, which are looked through faster than hashed.
enum New<'a> {
    Few(Option<&'a Map>, bool),
    Many(HashMap<&'a str, &'a Node>),
}

impl<'a> New<'a> {
    fn of(patch: Option<&'a Map>, skip_directive: bool) -> Self {
        const FEW: usize = 16;
        match patch {
            Some(patch) if patch.len() > FEW => {
                let fields = patch.iter().filter(|(name, _)| !(skip_directive && *name == DIRECTIVE));
                Self::Many(fields.collect())
            }
            patch => Self::Few(patch, skip_directive),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        match self {
            Self::Few(_, true) if name == DIRECTIVE => None,
            Self::Few(patch, _) => patch.and_then(|patch| patch.get(name)),
            Self::Many(fields) => fields.get(name).copied(),
        }
    }
}

/// Puts a step in front of the path of an error.
pub(super) fn within(error: Error, name: &str) -> Error {
    let field = match &error.field {
        Some(rest) => format!("{name}.{rest}"),
        None => name.to_owned(),
    };
    Error { field: Some(field), ..error }
}

/// The comment of a patch's value goes to the one that it is merged with, and where that is empty, its braces too.
pub(super) fn take_look(own: &mut Look, patch: Look, was_empty: bool) {
    own.described |= patch.described;
    if was_empty {
        own.flow = patch.flow;
    }
}

/// A value stays quoted, or in braces, where the one before it was. A scalar that is one with others stays that.
pub(super) fn place(old: &mut Node, new: Node) {
    match (old, new) {
        (Node::Scalar(old), Node::Scalar(new)) => {
            *old = Scalar { plain: old.plain, block: old.block, shared: old.shared, ..new }
        }
        (old, mut new) => {
            let before = old.look();
            if let Some(look) = new.look_mut() {
                look.flow = before.flow;
                look.name_described = before.name_described;
            }
            *old = new;
        }
    }
}

pub(super) fn directive_of(patch: &Map) -> Result<Option<Directive>> {
    let Some(value) = patch.get(DIRECTIVE) else { return Ok(None) };
    match value.text_or_empty() {
        "merge" => Ok(Some(Directive::Merge)),
        "replace" => Ok(Some(Directive::Replace)),
        "delete" => Ok(Some(Directive::Delete)),
        other => Err(Error::new(format!("unknown directive {other:?}"))
            .field(DIRECTIVE)
            .hint("it must be merge, replace or delete")),
    }
}
