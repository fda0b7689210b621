//! Options and result of a build.

use crate::error::{Result, Warning};
use crate::tree::Scalar;
use crate::types::resource::Resource;

/// How a kustomization is built.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether the files of a kustomization must be in its own directory, as kustomize requires by default. Flux does
    /// not: its file system is the bound.
    pub files_stay_in_their_kustomization: bool,
    /// Whether objects are sorted by kind if a kustomization has no `sortOptions`, as by kustomize's command line.
    /// Otherwise they keep their order, as in its library.
    pub sort_by_kind: bool,
}

/// What a kustomization renders.
#[derive(Debug, Default)]
pub struct Build {
    /// Objects in their order.
    pub resources: Vec<Resource>,
    /// What should be changed although it works: deprecated fields, unused variables, ineffective patches.
    pub warnings: Vec<Warning>,
}

impl Build {
    /// The same as if the resources had been written as YAML and read again before: a folded text gains a line break before
    /// indented lines each time.
    #[must_use]
    pub fn rewritten(mut self) -> Self {
        for resource in &mut self.resources {
            resource.node.for_each_scalar(&mut Scalar::rewrite);
        }
        self
    }

    /// Returns the objects as YAML documents, as kustomize prints them.
    ///
    /// # Errors
    /// An object has a value that kustomize cannot write.
    pub fn to_yaml(&self) -> Result<String> {
        let mut text = String::new();
        for resource in &self.resources {
            if !text.is_empty() {
                text.push_str("---\n");
            }
            text.push_str(&edgeflux_yaml::to_string(&resource.to_json()?));
        }
        Ok(text)
    }
}
