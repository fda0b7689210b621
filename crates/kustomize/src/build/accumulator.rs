//! The state of a build that passes from one kustomization to the next.

use std::sync::Arc;

use crate::error::{Result, Warning};
use crate::transform::variables;
use crate::types::resmap::ResMap;
use crate::types::transformer_config::TransformerConfig;
use crate::types::variable::Variables;

/// Objects and what else kustomizations pass on to the one above.
#[derive(Default)]
pub(super) struct Accumulator {
    pub map: ResMap,
    /// Fields that transformers work on; `None` until a kustomization was read.
    pub config: Option<Arc<TransformerConfig>>,
    pub variables: Variables,
    pub warnings: Vec<Warning>,
}

impl Accumulator {
    /// Adds the results of a kustomization below.
    pub fn join(&mut self, below: Self) -> Result<()> {
        self.map.append_all(below.map)?;
        if let Some(config) = below.config {
            self.config = Some(match self.config.take() {
                Some(own) => own.merge(&config)?,
                None => config,
            });
        }
        self.warnings.extend(below.warnings);
        variables::join(&mut self.variables, below.variables.into_values())
    }
}
