//! All Flux Kustomizations of a folder: those of its files and those that they render, in parallel.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

use super::artifact::{Artifact, Found as Made, Generator, Generators, Sources as _, Wanted, is_generator};
use super::repository::{Discovered, Repository};
use super::source_files::{Directory, SourceFiles, clamped};
use super::sources::Located;
use super::unit::Unit;
use super::variables::{self, Found};
use super::{Rendered, Renderer, Values};
use crate::error::{Error, Result};

/// What all Kustomizations of a folder render.
#[derive(Debug)]
pub struct All {
    /// Each Kustomization and what it renders, those of the files by their paths, each followed by those that it renders.
    pub units: Vec<(Unit, Result<Rendered>)>,
    /// What is left out because its source is elsewhere.
    pub elsewhere: Vec<Elsewhere>,
    /// What should be changed although it works; of files, not of single Kustomizations.
    pub warnings: Vec<String>,
}

/// A Kustomization whose source is not in the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elsewhere {
    /// Namespace and name.
    pub unit: (String, String),
    /// The source, as `--local-sources` names it.
    pub source: String,
}

/// The deepest that Kustomizations may render each other.
const DEEPEST: usize = 20;

/// How far a rendering of all is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Kustomizations that are done.
    pub done: usize,
    /// Those known so far.
    pub known: usize,
}

impl Renderer {
    /// Renders all Flux Kustomizations of the files of the folder, and those that they render. Each is rendered once, also
    /// where Kustomizations render each other in a circle; a Kustomization that another one renders from its file counts
    /// as that renders it.
    ///
    /// A Kustomization's folder is looked for in `--local-sources`, then in the repository, unless its source is known to
    /// have another address than the repository. An ExternalArtifact is made of such sources as its generator says.
    /// `progress` is called from several threads.
    ///
    /// # Errors
    /// There is no Kustomization at all. The failures of single ones are in the result.
    pub fn all(&self, repository: &Repository, progress: &(dyn Fn(Progress) + Sync)) -> Result<All> {
        let folder = self
            .folder
            .canonicalize()
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", self.folder.display())))?;
        let mut discovered = repository.discover(&folder)?;
        let sources = Located::new(&self.sources, repository, &mut discovered);
        let mut left_out = None;
        for found in std::mem::take(&mut discovered.units) {
            if sources.has_file(&found.file)? {
                discovered.units.push(found);
            } else {
                left_out = Some(found.file);
            }
        }
        if discovered.units.is_empty() {
            let error = Error::not_found(format!("there is no Flux Kustomization in {}", folder.display()));
            return Err(match left_out {
                Some(file) => error.hint(format!("{} is left out of the source by .sourceignore, its spec.ignore or the default exclusions", repository.shown(&file))),
                None => error.hint("name the folder with the files of the Kustomizations by --path"),
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
                // Fewer threads only take longer.
                let worker = thread::Builder::new().stack_size(STACK);
                let _ = worker.spawn_scoped(scope, || work.run());
            }
            work.run();
        });
        let mut state = work.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (unit, _) in std::mem::take(&mut state.waiting) {
            let source = unit.source();
            state.leave_out(&unit, source);
        }
        Ok(All { units: state.in_order(), elsewhere: state.elsewhere.into_iter().collect(), warnings })
    }
}

/// As much as a main thread has: kustomizations nest.
const STACK: usize = 8 << 20;

/// Where a Kustomization's folder is.
enum Place {
    /// On the disk, among the files of a source.
    Folder(Arc<SourceFiles>, PathBuf),
    /// In an artifact.
    Artifact(Arc<Artifact>, PathBuf),
    /// Not here; this source would have to be mapped.
    Elsewhere(String),
    /// In an artifact that no generator is known for so far.
    Unknown,
    /// In an artifact that cannot be made.
    Broken(Error),
}

impl Place {
    /// Whether a file is in the folder or below it.
    fn holds(&self, file: &Path) -> bool {
        match self {
            Self::Folder(_, folder) => file.starts_with(folder),
            Self::Artifact(artifact, folder) => artifact.holds(folder, file),
            Self::Elsewhere(_) | Self::Unknown | Self::Broken(_) => false,
        }
    }

    /// Whether it is the place of a unit.
    fn is_of(&self, unit: &Unit) -> bool {
        match (self, &unit.artifact) {
            (Self::Folder(_, folder), None) => *folder == unit.folder,
            (Self::Artifact(artifact, folder), Some(own)) => {
                Arc::ptr_eq(artifact, own) && *folder == unit.folder
            }
            _ => false,
        }
    }
}

struct Work<'a> {
    renderer: &'a Renderer,
    repository: &'a Repository,
    sources: Located<'a>,
    progress: &'a (dyn Fn(Progress) + Sync),
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    roots: Vec<usize>,
    /// What waits to be rendered.
    queue: VecDeque<usize>,
    /// What waits for values that others may render.
    deferred: Vec<usize>,
    active: usize,
    /// Whether values are taken as they are: nothing else is left to be rendered.
    last_call: bool,
    /// Which Kustomizations are known, as they are written.
    seen: BTreeSet<String>,
    /// The Kustomizations of files that no other has rendered so far.
    left: Vec<(PathBuf, Unit)>,
    elsewhere: BTreeSet<Elsewhere>,
    generators: Generators,
    /// What waits for a generator, with the Kustomization that has rendered it.
    waiting: Vec<(Unit, Option<usize>)>,
    /// ConfigMaps and Secrets that were rendered.
    values: Vec<Value>,
    done: usize,
}

struct Node {
    unit: Unit,
    outcome: Option<Result<Rendered>>,
    below: Vec<usize>,
    /// The Kustomizations by which it was rendered, from the outermost on.
    above: Vec<usize>,
}

impl State {
    fn leave_out(&mut self, unit: &Unit, source: String) {
        let (namespace, name) = unit.id();
        self.elsewhere.insert(Elsewhere { unit: (namespace.to_owned(), name.to_owned()), source });
    }

    /// A Kustomization and those above it, from the outermost on.
    fn chain(&self, at: Option<usize>) -> Vec<usize> {
        let above = at.into_iter().flat_map(|at| self.nodes[at].above.iter().copied().chain([at]));
        above.collect()
    }

    /// Every Kustomization followed by those below it.
    fn in_order(&mut self) -> Vec<(Unit, Result<Rendered>)> {
        let mut stack: Vec<usize> = std::mem::take(&mut self.roots).into_iter().rev().collect();
        let mut units = Vec::new();
        while let Some(at) = stack.pop() {
            let node = &mut self.nodes[at];
            stack.extend(std::mem::take(&mut node.below).into_iter().rev());
            if let Some(outcome) = node.outcome.take() {
                units.push((node.unit.clone(), outcome));
            }
        }
        units
    }
}

impl Work<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in the Kustomizations of files. Those in the folder of another wait: it may render them.
    fn roots(&self, discovered: Discovered) {
        let mut state = self.lock();
        for generator in discovered.generators {
            state.generators.add(generator);
        }
        state.left =
            discovered.units.into_iter().map(|found| (found.file.clone(), found.into_unit())).collect();
        self.next_roots(&mut state);
    }

    /// Puts those left in the queue that render their own file, as what Flux was set up with does; or else those that lie
    /// in no other's folder; or else the first.
    fn next_roots(&self, state: &mut State) {
        let left = std::mem::take(&mut state.left);
        let places: Vec<Place> = left.iter().map(|(_, unit)| self.place(state, unit, None)).collect();
        let holds = |place: usize, file: usize| places[place].holds(&left[file].0);
        // Of two that hold each other's files, neither is below the other.
        let is_below = |at: usize, other: usize| other != at && holds(other, at) && !holds(at, other);
        let all = 0..left.len();
        let is_outermost = |at| holds(at, at) && !all.clone().any(|it| holds(it, it) && is_below(at, it));
        let mut first: Vec<bool> = all.clone().map(is_outermost).collect();
        if !first.contains(&true) {
            first = all.clone().map(|at| !all.clone().any(|other| is_below(at, other))).collect();
        }
        if let (false, Some(one)) = (first.contains(&true), first.first_mut()) {
            *one = true;
        }
        for ((file, unit), is_first) in left.into_iter().zip(first) {
            if is_first {
                self.add(state, unit, None);
            } else {
                state.left.push((file, unit));
            }
        }
    }

    /// Where the folder of a Kustomization is.
    fn place(&self, state: &mut State, unit: &Unit, parent: Option<usize>) -> Place {
        let source = unit.source();
        if let Some(files) = self.sources.files(&source, &unit.near) {
            return files.map_or_else(Place::Broken, |files| match files.directory(unit.path()) {
                Directory::Found(folder) => Place::Folder(files, folder),
                Directory::Nothing => Place::Elsewhere(source),
                Directory::LeftOut(why) => Place::Broken(
                    Error::failed(format!("spec.path: {source} has no directory {:?}", unit.path()))
                        .hint(why),
                ),
            });
        }
        if !source.starts_with("ExternalArtifact/") {
            return Place::Elsewhere(source);
        }
        let above = state.chain(parent);
        let wanted = Wanted { source: &source, near: &unit.near, above: &above };
        match state.generators.find(wanted, &self.sources) {
            Ok(Made::Artifact(artifact)) => {
                let folder = artifact.folder(unit.path());
                if artifact.has_folder(&folder) {
                    return Place::Artifact(artifact, folder);
                }
                let error = Error::failed(format!("spec.path: {source} has no folder {:?}", unit.path()));
                Place::Broken(error.hint("copy.to of the ArtifactGenerator says what lies where in it"))
            }
            Ok(Made::Nothing) => Place::Unknown,
            Ok(Made::Lacks(source)) => Place::Elsewhere(source),
            Err(error) => Place::Broken(error),
        }
    }

    fn add(&self, state: &mut State, mut unit: Unit, parent: Option<usize>) {
        let mut broken = None;
        match self.place(state, &unit, parent) {
            Place::Folder(files, folder) => (unit.files, unit.folder) = (Some(files), folder),
            Place::Artifact(artifact, folder) => (unit.artifact, unit.folder) = (Some(artifact), folder),
            Place::Broken(error) => {
                let is_made = unit.source().starts_with("ExternalArtifact/");
                let inside = if is_made { unit.source().into() } else { clamped(unit.path()) };
                unit.folder = self.repository.root().join(inside);
                broken = Some(Err(error));
            }
            Place::Unknown => return state.waiting.push((unit, parent)),
            Place::Elsewhere(source) => return state.leave_out(&unit, source),
        }
        let (namespace, name) = unit.id();
        let artifact = unit.artifact.as_ref().map_or(std::ptr::null(), Arc::as_ptr);
        let (folder, spec) = (unit.folder.display(), &unit.object["spec"]);
        if !state.seen.insert(format!("{namespace}/{name} {folder} {artifact:p} {spec}")) {
            return;
        }
        let above = state.chain(parent);
        let at = state.nodes.len();
        let too_deep = (above.len() > DEEPEST).then(|| {
            Err(Error::failed(format!("Kustomizations render each other more than {DEEPEST} deep"))
                .hint("a Kustomization should not render itself under another name"))
        });
        let outcome = broken.or(too_deep);
        match &outcome {
            None => state.queue.push_back(at),
            Some(_) => state.done += 1,
        }
        state.nodes.push(Node { unit, outcome, below: Vec::new(), above });
        match parent {
            Some(parent) => state.nodes[parent].below.push(at),
            None => state.roots.push(at),
        }
    }

    /// Renders what is in the queue until nothing is left.
    fn run(&self) {
        while let Some((at, unit, last_call, values)) = self.next() {
            let outcome = self.render(&unit, last_call, &values);
            let mut state = self.lock();
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

    /// The next Kustomization; nothing at the end.
    fn next(&self) -> Option<(usize, Unit, bool, Vec<Value>)> {
        let mut state = self.lock();
        loop {
            if let Some(at) = state.queue.pop_front() {
                state.active += 1;
                let values = if state.last_call { state.values.clone() } else { Vec::new() };
                return Some((at, state.nodes[at].unit.clone(), state.last_call, values));
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

    /// Renders a Kustomization; nothing where others may still render what it refers to.
    fn render(&self, unit: &Unit, last_call: bool, values: &[Value]) -> Option<Result<Rendered>> {
        let renderer = self.renderer;
        let found = match renderer.values {
            Values::Skipped => Ok(Found::default()),
            _ => variables::of_repository(self.repository, values, unit, renderer.decrypt.as_deref()),
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        if !found.missing.is_empty() && !last_call {
            return None;
        }
        Some(renderer.render_with(unit, found))
    }

    /// Takes in what a Kustomization has rendered.
    fn follow(&self, state: &mut State, at: usize, rendered: &Rendered) {
        let unit = state.nodes[at].unit.clone();
        let near = |file: Option<&Path>| {
            let near = file.and_then(Path::parent);
            near.unwrap_or(if unit.artifact.is_some() { &unit.near } else { &unit.folder }).to_path_buf()
        };
        let objects = || rendered.objects.iter().zip(&rendered.files);
        let mut has_generator = false;
        for (object, file) in objects().filter(|(object, _)| is_generator(object)) {
            let above = state.chain(Some(at));
            state.generators.add(Generator { object: object.clone(), near: near(file.as_deref()), above });
            has_generator = true;
        }
        if has_generator {
            for (unit, parent) in std::mem::take(&mut state.waiting) {
                self.add(state, unit, parent);
            }
        }
        for (object, file) in objects() {
            let kind = object["kind"].as_str().unwrap_or_default();
            if matches!(kind, "ConfigMap" | "Secret") && object["apiVersion"] == "v1" {
                state.values.push(object.clone());
            }
            if !super::is_flux_kustomization(object) {
                continue;
            }
            let below = Unit::unplaced(object.clone(), near(file.as_deref()));
            if let Some(file) = file {
                // It may have got a prefix and a suffix.
                state.left.retain(|(other, left)| other != file || !below.id().1.contains(left.id().1));
            }
            // Itself, as it is in the folder that it renders.
            let is_itself = below.id() == unit.id() && self.place(state, &below, Some(at)).is_of(&unit);
            if !is_itself {
                self.add(state, below, Some(at));
            }
        }
    }
}
