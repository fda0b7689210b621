//! `commonAnnotations`.

use std::collections::BTreeMap;

use super::labels::set_pairs;
use crate::kustomize::error::Result;
use crate::kustomize::fieldspec::FieldSpec;
use crate::kustomize::resmap::ResMap;

/// Adds the annotations to every field of `specs`.
pub(in crate::kustomize) fn annotate(
    map: &mut ResMap,
    annotations: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    map.contents_mut().iter_mut().try_for_each(|resource| set_pairs(resource, annotations, specs))
}
