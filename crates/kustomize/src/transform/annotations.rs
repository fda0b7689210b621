//! `commonAnnotations`.

use std::collections::BTreeMap;

use super::labels::set_pairs;
use crate::error::Result;
use crate::types::field_spec::FieldSpec;
use crate::types::resmap::ResMap;

/// Adds the annotations to every field of `specs`.
pub(crate) fn annotate(
    map: &mut ResMap,
    annotations: &BTreeMap<String, String>,
    specs: &[FieldSpec],
) -> Result<()> {
    map.contents_mut().iter_mut().try_for_each(|resource| set_pairs(resource, annotations, specs))
}
