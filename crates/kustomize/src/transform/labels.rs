//! `labels` and `commonLabels`.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::fieldspec::{self, Create, FieldSpec};
use crate::id::Gvk;
use crate::kustomization::Label;
use crate::node::{Node, Tag};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// Adds the labels to every field of `specs`.
pub(crate) fn label(map: &mut ResMap, labels: &BTreeMap<String, String>, specs: &[FieldSpec]) -> Result<()> {
    map.contents_mut().iter_mut().try_for_each(|resource| set_pairs(resource, labels, specs))
}

/// The fields that an entry of `labels` goes to.
pub(crate) fn fields(label: &Label, config: &Config) -> Result<Vec<FieldSpec>> {
    let mut specs = label.fields.clone();
    fieldspec::merge(&mut specs, &config.labels)?;
    if label.include_selectors {
        fieldspec::merge(&mut specs, &config.common_labels)?;
    } else {
        if label.include_templates {
            fieldspec::merge(&mut specs, &config.template_labels)?;
        }
        fieldspec::merge(&mut specs, &[metadata_labels()])?;
    }
    Ok(specs)
}

/// The labels of the object itself.
pub(crate) fn metadata_labels() -> FieldSpec {
    FieldSpec::new(Gvk::default(), "metadata/labels", true)
}

/// Sets `pairs` as strings in every mapping that `specs` lead to.
pub(super) fn set_pairs(
    resource: &mut Resource,
    pairs: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    let gvk = resource.gvk();
    for spec in specs.iter().filter(|spec| gvk.is_selected_by(&spec.gvk)) {
        let mut set = |node: &mut Node| {
            for (name, text) in pairs {
                set_entry(node, name, text)?;
            }
            Ok(())
        };
        spec.apply(&gvk, &mut resource.node, Create::Map, &mut set)
            .map_err(|error| error.during(resource.id()))?;
    }
    Ok(())
}

fn set_entry(node: &mut Node, name: &str, text: &str) -> Result<()> {
    if node.is_null() {
        return Ok(());
    }
    let kind = node.kind_name();
    let Node::Map(map) = node else { return Err(Error::new(format!("expected a mapping, found {kind}"))) };
    match map.get_mut(name) {
        Some(Node::Scalar(scalar)) => scalar.set(text, Tag::Str),
        Some(other) => *other = Node::string(text),
        None => map.push(name.to_owned(), Node::string(text)),
    }
    Ok(())
}
