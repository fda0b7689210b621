//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::Value;

use super::json_patch::JsonPatch;
use super::{merge, merge_directive};
use crate::error::{Diagnostic, Error, Result, Warning};
use crate::tree::{Node, Scalar, SharedScalars, parse};
use crate::types::origin::{ORIGIN, Origin, TRANSFORMATIONS};
use crate::types::patch::Patch;
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;
use crate::types::schema_store::SchemaStore;
use crate::types::selector::Selector;

/// A patch with its text.
pub(crate) struct LoadedPatch<'a> {
    pub patch: Cow<'a, Patch>,
    /// The patch, as it is in its file or inline.
    pub text: String,
    /// File of the patch as messages show it; `None` for an inline patch.
    pub file: Option<PathBuf>,
}

/// The patches of an entry of `patchesStrategicMerge`.
pub(crate) struct StrategicMergePatches {
    pub patches: Vec<Node>,
    /// File of the patches as messages show it; `None` for inline patches.
    pub file: Option<PathBuf>,
}

/// What a patch does.
enum Change {
    Merge(Vec<Resource>),
    Json(JsonPatch),
    Nothing,
}

impl LoadedPatch<'_> {
    /// Names the patch in messages: by the path that the user wrote, or by its first line.
    fn title(&self) -> String {
        match self.patch.path.as_str() {
            "" => format!("the inline patch {:?}", self.text.trim().lines().next().unwrap_or_default()),
            path => path.to_owned(),
        }
    }

    /// Adds the place of the patch to an error or warning about it.
    fn locate<O: Default>(&self, diagnostic: Diagnostic<O>) -> Diagnostic<O> {
        match (&self.file, diagnostic.line) {
            (Some(file), _) => diagnostic.file(file),
            // The line is counted in the patch, not in the file that it is inline in.
            (None, Some(line)) => {
                Diagnostic { line: None, ..diagnostic }.during(format!("line {line} of {}", self.title()))
            }
            (None, None) => diagnostic.during(self.title()),
        }
    }

    fn change(&self, text: &str) -> Result<Change> {
        let is_list = || parse::document(text, 0).is_ok_and(|node| matches!(node, Some(Node::Seq(_))));
        match parse::objects(text) {
            Ok(nodes) if nodes.is_empty() => Ok(Change::Nothing),
            Ok(nodes) => Ok(Change::Merge(
                nodes
                    .into_iter()
                    .map(|node| Resource {
                        renames: self.patch.renames,
                        changes_kind: self.patch.changes_kind,
                        ..Resource::new(node)
                    })
                    .collect(),
            )),
            Err(_) if text.starts_with('[') || is_list() => JsonPatch::read(text).map(Change::Json),
            Err(error) => Err(error),
        }
    }
}

/// Applies an entry of `patches`.
pub(crate) fn apply(map: &mut ResMap, patch: &LoadedPatch<'_>, schemas: &SchemaStore) -> Result<()> {
    let located = |error: Error| patch.locate(error);
    let warned = |warning: Warning| patch.locate(warning);
    let text = if patch.file.is_some() { patch.text.as_str() } else { patch.text.trim() };
    let change = patch.change(text).map_err(located)?;
    match (change, &patch.patch.target) {
        (Change::Nothing, _) => Ok(()),
        (Change::Merge(patches), None) => patches.into_iter().try_for_each(|patch| {
            let at =
                map.place(&patch.original_id()).map_err(|error| located(error.during("patch target")))?;
            let id = patch.original_id();
            merge_into(map, at, &patch, schemas, &warned)
                .map_err(|error| located(error.during(format!("patch {id}"))))
        }),
        (Change::Merge(patches), Some(target)) => {
            let [patch] = patches.as_slice() else {
                return Err(located(
                    Error::new("several objects in a patch with a target")
                        .hint("add a separate entry in patches for each, or remove the target"),
                ));
            };
            let places = selected(map, target)?;
            merge_into_all(map, &places, patch, schemas, &warned).map_err(located)
        }
        (Change::Json(_), None) => Err(located(
            Error::new("a JSON patch without a target").hint("add target: the resources to change"),
        )),
        (Change::Json(patch), Some(target)) => {
            let places = selected(map, target)?;
            places.into_iter().try_for_each(|at| {
                map.change(at, |resource| {
                    resource.remember_name();
                    apply_json(resource, &patch).map_err(located)
                })
            })
        }
    }
}

/// Applies an entry of `patchesStrategicMerge`.
pub(crate) fn apply_strategic(
    map: &mut ResMap,
    entry: &StrategicMergePatches,
    schemas: &SchemaStore,
) -> Result<()> {
    let warned = |warning: Warning| match &entry.file {
        Some(file) => warning.file(file),
        None => warning,
    };
    if entry.patches.is_empty() {
        return Err(Error::new("a patch without content").field("patchesStrategicMerge"));
    }
    for patch in entry.patches.iter().cloned().map(Resource::new) {
        let at = map.place(&patch.original_id()).map_err(|error| error.during("patch target"))?;
        merge_into_all(map, &[at], &patch, schemas, &warned)?;
    }
    Ok(())
}

/// Applies an entry of `patchesJson6902`.
pub(crate) fn apply_json6902(map: &mut ResMap, patch: &LoadedPatch<'_>) -> Result<()> {
    let target = patch.patch.named_target()?;
    let operations = JsonPatch::read(&patch.text).map_err(|error| error.during(patch.title()))?;
    if operations.is_empty() {
        return Err(Error::new("a patch without operations").field("patchesJson6902"));
    }
    selected(map, target)?.into_iter().try_for_each(|at| {
        map.change(at, |resource| apply_json(resource, &operations))
            .map_err(|error| error.during(patch.title()))
    })
}

fn selected(map: &ResMap, target: &Selector) -> Result<Vec<usize>> {
    let mut places = Vec::new();
    for (at, resource) in map.resources().iter().enumerate() {
        if target.selects(resource)? {
            places.push(at);
        }
    }
    Ok(places)
}

/// Merges one patch into several objects, whose ids must stay unique. The labels and annotations of the patch are strings
/// here.
fn merge_into_all(
    map: &mut ResMap,
    places: &[usize],
    patch: &Resource,
    schemas: &SchemaStore,
    located: &dyn Fn(Warning) -> Warning,
) -> Result<()> {
    let mut patch = patch.clone();
    for field in ["labels", "annotations"] {
        patch.texts_to_strings(field);
    }
    for at in places {
        let api_version = map.resources()[*at].gvk().api_version();
        patch.node.set_text("apiVersion", &api_version);
        if let Err(error) = merge_into(map, *at, &patch, schemas, located) {
            return Err(error.during(format!("patch {}", map.resources()[*at].id())));
        }
    }
    map.drop_gone();
    map.check_unique("the patch")
}

fn merge_into(
    map: &mut ResMap,
    at: usize,
    patch: &Resource,
    schemas: &SchemaStore,
    located: &dyn Fn(Warning) -> Warning,
) -> Result<()> {
    let may_rename = patch.renames || patch.changes_kind;
    let resource = if may_rename { &mut map.resources_mut()[at] } else { &mut map.contents_mut()[at] };
    let (name, namespace, kind) =
        (resource.name().to_owned(), resource.namespace().to_owned(), resource.kind().to_owned());
    if may_rename {
        resource.remember_name();
    }
    let before =
        if resource.shared > 0 { SharedScalars::below(&resource.node) } else { SharedScalars::default() };
    let mut warnings = Vec::new();
    let merged =
        schemas.with(|schemas| merge::merge(&mut resource.node, &patch.node, schemas, &mut warnings))?;
    if before.settle(&mut resource.node) {
        warnings.push(SharedScalars::changed_elsewhere());
    }
    if merge_directive::find(&patch.node).is_some()
        && let Some((field, name)) = merge_directive::find(&resource.node)
    {
        warnings.push(
            Warning::new(format!(
                "{name} is left in the object: kustomize replaces this list of a {kind} instead of merging it"
            ))
            .field(field)
            .hint("write the whole list in the patch, use a JSON patch, or describe the kind in openapi"),
        );
    }
    let id = resource.id();
    for warning in warnings {
        map.warn(located(warning.during(format!("patch {id}"))));
    }
    let resource = if may_rename { &mut map.resources_mut()[at] } else { &mut map.contents_mut()[at] };
    if !merged {
        map.resources_mut()[at].node = Node::Scalar(Scalar::plain("null"));
        return Ok(());
    }
    if clears_annotations(&patch.node) {
        resource.forget_notes();
    }
    if !patch.changes_kind {
        resource.node.set_text("kind", &kind);
    }
    if !patch.renames {
        resource.set_name(&name);
    }
    resource.set_namespace(&namespace);
    Ok(())
}

/// Returns whether a merge with `patch` removes all existing annotations.
fn clears_annotations(patch: &Node) -> bool {
    let clears = |node: &Node| {
        let directive = || node.get(merge_directive::FIELD).map(Node::text_or_empty);
        node.is_null() || matches!(directive(), Some("replace" | "delete"))
    };
    let metadata = patch.get("metadata");
    metadata.is_some_and(clears)
        || metadata.and_then(|metadata| metadata.get("annotations")).is_some_and(clears)
}

fn annotations_of(value: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    value.get_mut("metadata")?.get_mut("annotations")?.as_object_mut()
}

fn apply_json(resource: &mut Resource, patch: &JsonPatch) -> Result<()> {
    let id = resource.id();
    let mut value = resource.node.to_json().map_err(|error| error.during(&id))?;
    // Kustomize keeps notes in the annotations during a build, so that a patch finds annotations.
    if resource.has_notes
        && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
        && metadata.get("annotations").is_none_or(Value::is_null)
    {
        metadata.insert("annotations".to_owned(), serde_json::json!({}));
    }
    let notes = [ORIGIN, TRANSFORMATIONS];
    if let Some(origin) = &resource.origin
        && let Some(annotations) = annotations_of(&mut value)
    {
        annotations.insert(ORIGIN.to_owned(), origin.to_yaml().into());
        if !resource.transformations.is_empty() {
            let text = Origin::list_to_yaml(&resource.transformations);
            annotations.insert(TRANSFORMATIONS.to_owned(), text.into());
        }
    }
    patch.apply(&mut value).map_err(|error| error.during(format!("patch {id}")))?;
    // Origins are annotations like others: a patch may remove them.
    let [origin, transformations] =
        notes.map(|name| annotations_of(&mut value).is_some_and(|map| map.remove(name).is_some()));
    if !origin {
        resource.origin = None;
    }
    if !transformations {
        resource.transformations.clear();
    }
    if !value.is_object() {
        return Err(Error::new(format!("the patch removes everything from {id}")));
    }
    resource.node = Node::read_again(&value).map_err(|error| error.during(format!("patch {id}")))?;
    resource.texts_to_strings("annotations");
    Ok(())
}
