//! `namePrefix` and `nameSuffix`.

use super::field_spec::Create;
use crate::error::{Error, Result};
use crate::tree::{Node, Tag};
use crate::types::field_spec::FieldSpec;
use crate::types::id::Gvk;
use crate::types::resmap::ResMap;
use crate::types::transformer_args::NameEnd;

/// Adds `text` to every name. Namespaces, CRDs and API services keep theirs.
pub(crate) fn rename(map: &mut ResMap, end: NameEnd, text: &str, specs: &[FieldSpec]) -> Result<()> {
    for resource in map.resources_mut() {
        let original = resource.original_id().gvk;
        if keeps_name(&original) {
            continue;
        }
        let gvk = resource.gvk();
        for spec in specs.iter().filter(|spec| original.is_selected_by(&spec.gvk)) {
            if spec.path == ["metadata", "name"] {
                match end {
                    NameEnd::Prefix => resource.prefixes.push(text.to_owned()),
                    NameEnd::Suffix => resource.suffixes.push(text.to_owned()),
                }
                resource.remember_name();
            }
            let mut set = |node: &mut Node| {
                let kind = node.kind_name();
                let Node::Scalar(scalar) = node else {
                    return Err(Error::new(format!("expected a name, found {kind}")));
                };
                let name = match end {
                    NameEnd::Prefix => format!("{text}{}", scalar.text),
                    NameEnd::Suffix => format!("{}{text}", scalar.text),
                };
                scalar.set(&name, Tag::Unset);
                Ok(())
            };
            spec.apply(&gvk, &mut resource.node, Create::Scalar, &mut set)
                .map_err(|error| error.during(resource.id()))?;
        }
    }
    Ok(())
}

fn keeps_name(gvk: &Gvk) -> bool {
    match gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}
