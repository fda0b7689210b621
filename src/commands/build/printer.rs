//! Prints what the parts of a repository render, and keeps failures for the end.

use std::sync::Arc;

use crate::commands::rendering::{release_title, title};
use crate::commands::warnings::Warnings;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::{Manifest, Report};
use crate::render::helm::{Placed, RenderedRelease};
use crate::render::{FluxKustomization, Rendered, Repository};

/// Prints Kustomizations and HelmReleases, each after a comment with its title.
pub(super) struct Printer<'a> {
    context: &'a Context,
    warnings: Warnings<'a>,
    report: Report<'a>,
    repository: &'a Repository,
    failed: Vec<(String, &'a Error)>,
    number: usize,
}

impl<'a> Printer<'a> {
    pub fn new(context: &'a Context, repository: &'a Repository) -> Self {
        Self {
            context,
            warnings: Warnings::new(&context.ui, ""),
            report: Report::new(&context.ui),
            repository,
            failed: Vec::new(),
            number: 0,
        }
    }

    /// Prints what a Kustomization renders, or keeps why it does not.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn kustomization(
        &mut self,
        kustomization: &FluxKustomization,
        outcome: &'a Result<Rendered>,
    ) -> Result<()> {
        self.number += 1;
        let title = title(kustomization, self.repository);
        match outcome {
            Ok(rendered) => {
                self.warn(&title, &rendered.warnings);
                self.report.comment(&title)?;
                for object in &rendered.objects {
                    self.report.rendered(&Manifest::of(object))?;
                }
            }
            Err(error) => self.failed.push((title, error)),
        }
        Ok(())
    }

    /// Prints what a HelmRelease renders, or keeps why it does not.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn release(&mut self, release: &Placed, outcome: &'a Result<Arc<RenderedRelease>>) -> Result<()> {
        self.number += 1;
        let title = release_title(release, self.repository);
        match outcome {
            Ok(rendered) => {
                self.warn(&title, &rendered.warnings);
                self.report.comment(&format!("{title}, chart {}", rendered.chart))?;
                for manifest in rendered.all() {
                    self.report.rendered(&Manifest::of_yaml(manifest.content.clone()))?;
                }
            }
            Err(error) => self.failed.push((title, error)),
        }
        Ok(())
    }

    fn warn(&mut self, title: &str, warnings: &[impl ToString]) {
        for warning in warnings {
            self.warnings.add(title, &warning.to_string());
        }
    }

    /// Reports the failures. `what` names the parts, such as `Kustomizations`.
    ///
    /// # Errors
    /// There are failures: how many of how many.
    pub fn finish(self, what: &str) -> Result<()> {
        self.warnings.finish();
        if self.failed.is_empty() {
            return Ok(());
        }
        for (title, error) in &self.failed {
            self.context.ui.failure(format!("{title}: {error}"));
        }
        // Many may fail for the same reason.
        let mut hints: Vec<String> = Vec::new();
        for hint in self.failed.iter().flat_map(|(_, error)| error.hints()) {
            if !hints.contains(hint) {
                hints.push(hint.clone());
            }
        }
        self.context.ui.hints(&hints);
        Err(Error::failed(format!("{} of {} {what} failed to render", self.failed.len(), self.number)))
    }
}
