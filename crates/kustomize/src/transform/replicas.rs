//! `replicas`.

use super::field_spec::Create;
use crate::error::{Error, Result};
use crate::tree::{Node, Tag};
use crate::types::field_spec::FieldSpec;
use crate::types::kustomization::Replica;
use crate::types::resmap::ResMap;

/// Sets the replicas of objects whose current or former name is `replica.name`.
pub(crate) fn set_replicas(map: &mut ResMap, replica: &Replica, specs: &[FieldSpec]) -> Result<()> {
    let mut found = false;
    let count = replica.count.to_string();
    for resource in map.contents_mut() {
        let ids: Vec<_> = resource.ids().filter(|id| id.name == replica.name).collect();
        if ids.is_empty() {
            continue;
        }
        let gvk = resource.gvk();
        for spec in specs.iter().filter(|spec| ids.iter().any(|id| id.gvk.is_selected_by(&spec.gvk))) {
            found = true;
            let mut set = |node: &mut Node| {
                let kind = node.kind_name();
                let Node::Scalar(scalar) = node else {
                    return Err(Error::new(format!("expected a number, found {kind}")));
                };
                scalar.set(&count, Tag::Int);
                Ok(())
            };
            spec.apply(&gvk, &mut resource.node, Create::Scalar, &mut set)
                .map_err(|error| error.during(resource.id()))?;
        }
    }
    if found {
        return Ok(());
    }
    if specs.is_empty() {
        return Err(Error::new("there are no fieldSpecs")
            .hint("add the fields to set, such as fieldSpecs: [{path: spec/replicas, kind: Deployment}]"));
    }
    let kinds: Vec<&str> = specs.iter().map(|spec| spec.gvk.kind.as_str()).collect();
    Err(Error::new(format!("no resource named {:?}", replica.name))
        .hint(format!("it must be one of the kinds {}", kinds.join(", "))))
}
