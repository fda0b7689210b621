//! `labels` and `commonLabels`.

use std::collections::BTreeMap;

use super::field_spec::Create;
use crate::error::{Error, Result, Warning};
use crate::tree::{Node, Scalar, Tag};
use crate::types::field_spec::{self, FieldSpec};
use crate::types::id::Gvk;
use crate::types::kustomization::Label;
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;
use crate::types::transformer_config::TransformerConfig;

/// Adds the labels to every field of `specs`.
pub(crate) fn label(map: &mut ResMap, labels: &BTreeMap<String, String>, specs: &[FieldSpec]) -> Result<()> {
    let mut selectors = None;
    for resource in map.contents_mut() {
        let before = (resource.shared > 0).then(|| own_selectors(resource));
        set_pairs(resource, labels, specs)?;
        let is_intended = || {
            let gvk = resource.gvk();
            let is_selector = |spec: &&FieldSpec| spec.path.iter().any(|name| name.ends_with("elector"));
            specs.iter().filter(is_selector).any(|spec| gvk.is_selected_by(&spec.gvk))
        };
        if before.is_some_and(|before| before != own_selectors(resource)) && !is_intended() {
            selectors.get_or_insert_with(|| resource.id());
        }
    }
    if let Some(id) = selectors {
        map.warn(
            Warning::new(
                "the selector changes along with these labels, because kustomize set both from the \
                same value",
            )
            .hint(
                "use another label, or set it in one place only; the API server does not allow \
                    changes to the selector of an existing workload",
            )
            .during(id),
        );
    }
    Ok(())
}

/// Returns the selectors of a workload.
fn own_selectors(resource: &Resource) -> Vec<Node> {
    [&["spec", "selector"][..], &["spec", "podSelector"]]
        .iter()
        .filter_map(|path| resource.node.at(path).map(Node::unshared))
        .collect()
}

/// Returns the fields that get an entry of `labels`.
pub(crate) fn fields(label: &Label, config: &TransformerConfig) -> Result<Vec<FieldSpec>> {
    let mut specs = label.fields.clone();
    field_spec::merge(&mut specs, &config.labels)?;
    if label.include_selectors {
        field_spec::merge(&mut specs, &config.common_labels)?;
    } else {
        if label.include_templates {
            field_spec::merge(&mut specs, &config.template_labels)?;
        }
        field_spec::merge(&mut specs, &[metadata_labels()])?;
    }
    Ok(specs)
}

/// Returns the field with the labels of the object itself.
pub(crate) fn metadata_labels() -> FieldSpec {
    FieldSpec::new(Gvk::default(), "metadata/labels", true)
}

/// Sets `pairs` as strings in every mapping at `specs`.
pub(super) fn set_pairs(
    resource: &mut Resource,
    pairs: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    let gvk = resource.gvk();
    // A label that is added to several fields is one node.
    let first = resource.shared + 1;
    resource.shared += u32::try_from(pairs.len()).unwrap_or(u32::MAX - resource.shared);
    for spec in specs.iter().filter(|spec| gvk.is_selected_by(&spec.gvk)) {
        let mut set = |node: &mut Node| {
            for (number, (name, text)) in (first..).zip(pairs) {
                set_entry(node, name, text, number)?;
            }
            Ok(())
        };
        spec.apply(&gvk, &mut resource.node, Create::Map, &mut set)
            .map_err(|error| error.during(resource.id()))?;
    }
    Ok(())
}

fn set_entry(node: &mut Node, name: &str, text: &str, shared: u32) -> Result<()> {
    let new = || match Node::string(text) {
        Node::Scalar(scalar) => Node::Scalar(Scalar { shared, ..scalar }),
        other => other,
    };
    if node.is_null() {
        if let Some(hidden) = node.hidden_fields() {
            hidden.set(name, new());
        }
        return Ok(());
    }
    let kind = node.kind_name();
    let Node::Map(map) = node else { return Err(Error::new(format!("expected a mapping, found {kind}"))) };
    match map.get_mut(name) {
        Some(Node::Scalar(scalar)) => scalar.set(text, Tag::Str),
        Some(other) => *other = Node::string(text),
        None => map.push(name.to_owned(), new()),
    }
    Ok(())
}
