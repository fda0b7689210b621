//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use serde_json::Value;

use super::json_patch::JsonPatch;
use super::{findings, merge};
use crate::decode::{At, Decode};
use crate::error::{Error, Result};
use crate::loader::Loader;
use crate::node::{Node, Scalar};
use crate::origin::{ORIGIN, Origin, TRANSFORMATIONS};
use crate::read;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::selector::Selector;
use crate::shared::{self, Shared};

/// An entry of `patches` or `patchesJson6902`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patch {
    /// The file that the patch is in.
    pub path: String,
    /// The patch itself, where it is in no file.
    pub inline: String,
    pub target: Option<Selector>,
    pub renames: bool,
    pub changes_kind: bool,
}

/// What a patch does.
enum Change {
    Merge(Vec<Resource>),
    Json(JsonPatch),
    Nothing,
}

impl Patch {
    /// The text of the patch, and what to call it in messages.
    fn text(&self, loader: &Loader<'_>) -> Result<(String, String)> {
        match (self.path.as_str(), self.inline.trim()) {
            ("", "") => Err(Error::new("a patch without content").hint("set path or patch")),
            ("", text) => {
                let first = text.lines().next().unwrap_or_default();
                Ok((text.to_owned(), format!("the inline patch {first:?}")))
            }
            (path, "") => Ok((loader.read_text(path)?, path.to_owned())),
            _ => Err(Error::new("a patch with both path and patch").hint("set one of them")),
        }
    }

    fn change(&self, text: &str) -> Result<Change> {
        let is_list = || read::document(text, 0).is_ok_and(|node| matches!(node, Some(Node::Seq(_))));
        match read::objects(text) {
            Ok(nodes) if nodes.is_empty() => Ok(Change::Nothing),
            Ok(nodes) => Ok(Change::Merge(
                nodes
                    .into_iter()
                    .map(|node| Resource {
                        renames: self.renames,
                        changes_kind: self.changes_kind,
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
pub(crate) fn apply(map: &mut ResMap, patch: &Patch, loader: &Loader<'_>) -> Result<()> {
    let (text, source) = patch.text(loader)?;
    let located = |error: Error| match patch.path.as_str() {
        "" => match error.line {
            // The line is counted in the patch, not in the file that it stands in.
            Some(line) => Error { line: None, ..error }.during(format!("line {line} of {source}")),
            None => error.during(&source),
        },
        file => error.file(&loader.shown(file)),
    };
    let change = patch.change(&text).map_err(located)?;
    match (change, &patch.target) {
        (Change::Nothing, _) => Ok(()),
        (Change::Merge(patches), None) => patches.into_iter().try_for_each(|patch| {
            let at =
                map.place(&patch.original_id()).map_err(|error| located(error.during("patch target")))?;
            let id = patch.original_id();
            merge_into(map, at, &patch, loader, &located)
                .map_err(|error| located(error.during(format!("patch {id}"))))
        }),
        (Change::Merge(patches), Some(target)) => {
            let [patch] = patches.as_slice() else {
                return Err(located(
                    Error::new("several objects in a patch with a target")
                        .hint("give each a patches entry of its own, or leave the target away"),
                ));
            };
            let places = selected(map, target)?;
            merge_into_all(map, &places, patch, loader, &located).map_err(located)
        }
        (Change::Json(_), None) => Err(located(
            Error::new("a JSON patch without a target").hint("say in target which resources it changes"),
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

/// Applies an entry of `patchesStrategicMerge`: patches, or a file with some.
pub(crate) fn apply_strategic(map: &mut ResMap, entry: &str, loader: &Loader<'_>) -> Result<()> {
    // A text that holds no object is the name of a file.
    let (nodes, file) = if let Ok(nodes) = read::objects(entry) {
        (nodes, None)
    } else {
        let file = loader.shown(entry);
        (read::objects(&loader.read_text(entry)?).map_err(|error| error.file(&file))?, Some(file))
    };
    let located = |error: Error| match &file {
        Some(file) => error.file(file),
        None => error,
    };
    if nodes.is_empty() {
        return Err(Error::new("a patch without content").field("patchesStrategicMerge"));
    }
    for patch in nodes.into_iter().map(Resource::new) {
        let at = map.place(&patch.original_id()).map_err(|error| error.during("patch target"))?;
        merge_into_all(map, &[at], &patch, loader, &located)?;
    }
    Ok(())
}

/// Applies an entry of `patchesJson6902`.
pub(crate) fn apply_json6902(map: &mut ResMap, patch: &Patch, loader: &Loader<'_>) -> Result<()> {
    let field = |error: Error| error.field("patchesJson6902");
    let Some(target) = patch.target.as_ref().filter(|target| target.has_name()) else {
        return Err(field(Error::new("a JSON patch without the name of its target").hint("set target.name")));
    };
    let (text, source) = patch.text(loader)?;
    // Other than in `patches`, the line breaks at the end count.
    let text = if patch.path.is_empty() { &patch.inline } else { &text };
    let operations = JsonPatch::read(text).map_err(|error| error.during(&source))?;
    if operations.is_empty() {
        return Err(field(Error::new("a patch without operations")));
    }
    selected(map, target)?.into_iter().try_for_each(|at| {
        map.change(at, |resource| apply_json(resource, &operations)).map_err(|error| error.during(&source))
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

/// Merges one patch into many objects, which then must have different ids still. The patch's labels and annotations
/// count as strings here.
fn merge_into_all(
    map: &mut ResMap,
    places: &[usize],
    patch: &Resource,
    loader: &Loader<'_>,
    located: &dyn Fn(Error) -> Error,
) -> Result<()> {
    let mut patch = patch.clone();
    for field in ["labels", "annotations"] {
        patch.texts_to_strings(field);
    }
    for at in places {
        let api_version = map.resources()[*at].gvk().api_version();
        patch.node.set_text("apiVersion", &api_version);
        if let Err(error) = merge_into(map, *at, &patch, loader, located) {
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
    loader: &Loader<'_>,
    located: &dyn Fn(Error) -> Error,
) -> Result<()> {
    let may_rename = patch.renames || patch.changes_kind;
    let resource = if may_rename { &mut map.resources_mut()[at] } else { &mut map.contents_mut()[at] };
    let (name, namespace, kind) =
        (resource.name().to_owned(), resource.namespace().to_owned(), resource.kind().to_owned());
    if may_rename {
        resource.remember_name();
    }
    let before = if resource.shared > 0 { Shared::below(&resource.node) } else { Shared::default() };
    let mut noted = Vec::new();
    let merged =
        loader.with_schemas(|schemas| merge::merge(&mut resource.node, &patch.node, schemas, &mut noted))?;
    if before.settle(&mut resource.node) {
        noted.push(shared::spread_further());
    }
    if findings::directive(&patch.node).is_some()
        && let Some((field, name)) = findings::directive(&resource.node)
    {
        noted.push(
            Error::new(format!(
                "{name} is left in the object: kustomize does not merge the lists of a {kind} that it stands in, but replaces them"
            ))
            .field(field)
            .hint("write the whole list in the patch, use a JSON patch, or describe the kind in openapi"),
        );
    }
    let id = resource.id();
    for warning in noted {
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

/// Whether a merge with `patch` leaves nothing of the annotations that were there.
fn clears_annotations(patch: &Node) -> bool {
    let clears = |node: &Node| {
        let directive = || node.get("$patch").map(Node::text_or_empty);
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
    // Kustomize keeps notes in the annotations while it builds, so that a patch can rely on their being there.
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
    // Notes on origins are annotations like others: a patch may take them away.
    let [origin, transformations] =
        notes.map(|name| annotations_of(&mut value).is_some_and(|map| map.remove(name).is_some()));
    if !origin {
        resource.origin = None;
    }
    if !transformations {
        resource.transformations.clear();
    }
    if !value.is_object() {
        return Err(Error::new(format!("the patch leaves nothing of {id}")));
    }
    resource.node = Node::read_again(&value).map_err(|error| error.during(format!("patch {id}")))?;
    resource.texts_to_strings("annotations");
    Ok(())
}

impl Decode for Patch {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options: Options = fields.get("options")?;
        let patch = Self {
            path: fields.get("path")?,
            inline: fields.get("patch")?,
            target: fields.optional("target")?,
            renames: options.renames,
            changes_kind: options.changes_kind,
        };
        fields.finish()?;
        Ok(patch)
    }
}

#[derive(Default)]
struct Options {
    renames: bool,
    changes_kind: bool,
}

impl Decode for Options {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let options =
            Self { renames: fields.get("allowNameChange")?, changes_kind: fields.get("allowKindChange")? };
        fields.finish()?;
        Ok(options)
    }
}
