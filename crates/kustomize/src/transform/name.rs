//! `namePrefix` and `nameSuffix`.

use crate::error::{Error, Result};
use crate::fieldspec::{Create, FieldSpec};
use crate::id::Gvk;
use crate::node::{Node, Tag};
use crate::resmap::ResMap;

/// At which end of the name a text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// In front.
    Prefix,
    /// Behind.
    Suffix,
}

/// Adds `text` to every name. Namespaces, custom resource definitions and API services keep theirs.
pub(crate) fn rename(map: &mut ResMap, end: End, text: &str, specs: &[FieldSpec]) -> Result<()> {
    for resource in map.resources_mut() {
        let original = resource.original_id().gvk;
        if keeps_name(&original) {
            continue;
        }
        let gvk = resource.gvk();
        for spec in specs.iter().filter(|spec| original.is_selected_by(&spec.gvk)) {
            if spec.path == ["metadata", "name"] {
                match end {
                    End::Prefix => resource.prefixes.push(text.to_owned()),
                    End::Suffix => resource.suffixes.push(text.to_owned()),
                }
                resource.remember_name();
            }
            let mut set = |node: &mut Node| {
                let kind = node.kind_name();
                let Node::Scalar(scalar) = node else {
                    return Err(Error::new(format!("expected a name, found {kind}")));
                };
                let name = match end {
                    End::Prefix => format!("{text}{}", scalar.text),
                    End::Suffix => format!("{}{text}", scalar.text),
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
