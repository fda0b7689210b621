//! `replicas`.

use crate::error::{Error, Result};
use crate::fieldspec::{Create, FieldSpec};
use crate::kustomization::Replica;
use crate::node::{Node, Tag};
use crate::resmap::ResMap;

/// Sets the count of what is or was called `replica.name`.
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
            .hint("say where the count goes, as in fieldSpecs: [{path: spec/replicas, kind: Deployment}]"));
    }
    let kinds: Vec<&str> = specs.iter().map(|spec| spec.gvk.kind.as_str()).collect();
    Err(Error::new(format!("there is no resource named {:?}", replica.name))
        .hint(format!("it must be of one of the kinds {}", kinds.join(", "))))
}
