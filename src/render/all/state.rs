//! State of rendering all Kustomizations.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::super::Rendered;
use super::super::artifact::Generators;
use super::super::flux_kustomization::FluxKustomization;
use super::{Elsewhere, Run};
use crate::error::Result;

/// Kustomizations that are known, and how far each is.
#[derive(Default)]
pub(super) struct State {
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<usize>,
    /// Kustomizations that are ready to be rendered.
    pub(super) queue: VecDeque<usize>,
    /// Kustomizations that wait for values that others may render.
    pub(super) deferred: Vec<usize>,
    pub(super) active: usize,
    /// Whether missing values are accepted because nothing else can be rendered.
    pub(super) last_call: bool,
    /// Identities of known Kustomizations.
    pub(super) seen: BTreeSet<String>,
    /// Kustomizations of files that no other has rendered so far.
    pub(super) left: Vec<(PathBuf, FluxKustomization)>,
    pub(super) elsewhere: BTreeSet<Elsewhere>,
    pub(super) generators: Generators,
    /// Kustomizations that wait for a generator, each with the one that rendered it.
    pub(super) waiting: Vec<(FluxKustomization, Option<usize>)>,
    /// ConfigMaps and Secrets that were rendered.
    pub(super) values: Vec<Value>,
    pub(super) done: usize,
}

/// A Kustomization among the others.
pub(super) struct Node {
    pub(super) kustomization: FluxKustomization,
    pub(super) outcome: Option<Result<Rendered>>,
    /// Time that rendering took.
    pub(super) took: Duration,
    pub(super) below: Vec<usize>,
    /// Kustomizations that rendered it, outermost first.
    pub(super) above: Vec<usize>,
}

impl State {
    pub(super) fn leave_out(&mut self, kustomization: &FluxKustomization, source: String) {
        let (namespace, name) = kustomization.id();
        self.elsewhere.insert(Elsewhere { kustomization: (namespace.to_owned(), name.to_owned()), source });
    }

    /// A Kustomization and those above it, outermost first.
    pub(super) fn chain(&self, at: Option<usize>) -> Vec<usize> {
        let above = at.into_iter().flat_map(|at| self.nodes[at].above.iter().copied().chain([at]));
        above.collect()
    }

    /// Every Kustomization followed by those below it.
    pub(super) fn in_order(&mut self) -> (Vec<(FluxKustomization, Result<Rendered>)>, Vec<Run>) {
        let mut stack: Vec<usize> = std::mem::take(&mut self.roots).into_iter().rev().collect();
        let (mut kustomizations, mut runs) = (Vec::new(), Vec::new());
        let mut positions = BTreeMap::new();
        while let Some(at) = stack.pop() {
            let node = &mut self.nodes[at];
            stack.extend(std::mem::take(&mut node.below).into_iter().rev());
            if let Some(outcome) = node.outcome.take() {
                positions.insert(at, kustomizations.len());
                let outermost = node.above.first().and_then(|above| positions.get(above));
                let outermost = outermost.copied().unwrap_or(kustomizations.len());
                runs.push(Run { took: node.took, outermost });
                kustomizations.push((node.kustomization.clone(), outcome));
            }
        }
        (kustomizations, runs)
    }
}
