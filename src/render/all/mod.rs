//! Renders all Flux Kustomizations of a directory in parallel: those in its files and those that they render.

mod placing;
mod state;

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use state::State;

use super::flux_kustomization::FluxKustomization;
use super::repository::Repository;
use super::sources::Located;
use super::variables::{self, Found};
use super::{Rendered, Renderer, Values};
use crate::error::{Error, Result};

/// Result of rendering all Kustomizations of a directory.
#[derive(Debug, Default)]
pub struct All {
    /// Each Kustomization and what it renders, in the order of the files, each followed by those that it renders.
    pub kustomizations: Vec<(FluxKustomization, Result<Rendered>)>,
    /// Kustomizations that are skipped because their source is not here.
    pub elsewhere: Vec<Elsewhere>,
    /// Warnings about files rather than single Kustomizations.
    pub warnings: Vec<String>,
    /// How each Kustomization was rendered, in the same order.
    pub runs: Vec<Run>,
}

/// How a Kustomization was rendered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run {
    /// Time that it took.
    pub took: Duration,
    /// Position of the outermost Kustomization that renders it; its own if there is none.
    pub outermost: usize,
}

/// A Kustomization whose source is not in the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elsewhere {
    /// Namespace and name.
    pub kustomization: (String, String),
    /// The source, as `--local-sources` names it.
    pub source: String,
}

/// Progress of rendering all Kustomizations.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Number of rendered Kustomizations.
    pub done: usize,
    /// Number of Kustomizations known so far.
    pub known: usize,
}

impl Renderer {
    /// Renders all Flux Kustomizations in the files of the directory, and those that they render. Each is rendered once,
    /// even if Kustomizations render each other in a cycle. If one Kustomization renders another from its file, the
    /// rendered form is used.
    ///
    /// The directory of a Kustomization is looked up in `--local-sources`, then in the repository unless its source is
    /// known to have another URL. ExternalArtifacts are generated from these sources. `progress` is called from several
    /// threads.
    ///
    /// # Errors
    /// There is no Kustomization at all. Failures of single ones are in the result.
    pub fn all(&self, repository: &Repository, progress: &(dyn Fn(Progress) + Sync)) -> Result<All> {
        let directory = self
            .directory
            .canonicalize()
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", self.directory.display())))?;
        let mut discovered = repository.discover(&directory)?;
        let sources = Located::new(&self.sources, repository, std::mem::take(&mut discovered.sources));
        let mut left_out = None;
        for found in std::mem::take(&mut discovered.kustomizations) {
            if sources.has_file(&found.file)? {
                discovered.kustomizations.push(found);
            } else {
                left_out = Some(found.file);
            }
        }
        if discovered.kustomizations.is_empty() {
            let error = Error::not_found(format!("no Flux Kustomization found in {}", directory.display()));
            return Err(match left_out {
                Some(file) => error.hint(format!(
                    "{} is excluded from the source by .sourceignore, spec.ignore or the default exclusions",
                    repository.shown(&file)
                )),
                None => {
                    error.hint("add --path with the directory that contains the files of the Kustomizations")
                }
            });
        }
        let warnings = std::mem::take(&mut discovered.warnings);
        let work = Work {
            renderer: self,
            repository,
            sources,
            progress,
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        };
        work.roots(discovered);
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            for _ in 1..threads {
                // A thread that cannot be started only makes it slower.
                let worker = thread::Builder::new().stack_size(STACK);
                let _ = worker.spawn_scoped(scope, || work.run());
            }
            work.run();
        });
        let mut state = work.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (kustomization, _) in std::mem::take(&mut state.waiting) {
            let source = kustomization.source();
            state.leave_out(&kustomization, source);
        }
        let (kustomizations, runs) = state.in_order();
        Ok(All { kustomizations, elsewhere: state.elsewhere.into_iter().collect(), warnings, runs })
    }
}

/// Stack size of a thread, in bytes: that of the main thread, since kustomizations nest.
const STACK: usize = 8 << 20;

struct Work<'a> {
    renderer: &'a Renderer,
    repository: &'a Repository,
    sources: Located<'a>,
    progress: &'a (dyn Fn(Progress) + Sync),
    state: Mutex<State>,
    changed: Condvar,
}

impl Work<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renders until the queue stays empty.
    fn run(&self) {
        while let Some((at, kustomization, last_call, values)) = self.next() {
            let since = self.renderer.clock.now();
            let outcome = self.render(&kustomization, last_call, &values);
            let took = self.renderer.clock.since(since);
            let mut state = self.lock();
            state.nodes[at].took += took;
            state.active -= 1;
            match outcome {
                None => state.deferred.push(at),
                Some(outcome) => {
                    state.done += 1;
                    if let Ok(rendered) = &outcome {
                        self.follow(&mut state, at, rendered);
                    }
                    state.nodes[at].outcome = Some(outcome);
                    let progress = Progress { done: state.done, known: state.nodes.len() };
                    drop(state);
                    (self.progress)(progress);
                }
            }
            self.changed.notify_all();
        }
    }

    /// The next Kustomization; none at the end.
    fn next(&self) -> Option<(usize, FluxKustomization, bool, Vec<Value>)> {
        let mut state = self.lock();
        loop {
            if let Some(at) = state.queue.pop_front() {
                state.active += 1;
                let values = if state.last_call { state.values.clone() } else { Vec::new() };
                return Some((at, state.nodes[at].kustomization.clone(), state.last_call, values));
            }
            if state.active > 0 {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if state.deferred.is_empty() {
                if state.left.is_empty() {
                    return None;
                }
                self.next_roots(&mut state);
            } else {
                state.last_call = true;
                let deferred = std::mem::take(&mut state.deferred);
                state.queue.extend(deferred);
            }
            self.changed.notify_all();
        }
    }

    /// Renders a Kustomization; none if others may still render the ConfigMaps and Secrets that it refers to.
    fn render(
        &self,
        kustomization: &FluxKustomization,
        last_call: bool,
        values: &[Value],
    ) -> Option<Result<Rendered>> {
        let renderer = self.renderer;
        let found = match renderer.values {
            Values::Skipped => Ok(Found::default()),
            _ => {
                variables::of_repository(self.repository, values, kustomization, renderer.decrypt.as_deref())
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        if !found.missing.is_empty() && !last_call {
            return None;
        }
        Some(renderer.render_with(kustomization, found))
    }
}
