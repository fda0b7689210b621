//! All Flux Kustomizations of a folder: those of its files and those that they render, in parallel.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

use super::repository::{Discovered, Repository};
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
    /// have another address than the repository. `progress` is called from several threads.
    ///
    /// # Errors
    /// There is no Kustomization at all. The failures of single ones are in the result.
    pub fn all(&self, repository: &Repository, progress: &(dyn Fn(Progress) + Sync)) -> Result<All> {
        let folder = self
            .folder
            .canonicalize()
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", self.folder.display())))?;
        let mut discovered = repository.discover(&folder);
        if discovered.units.is_empty() {
            let folder = folder.display();
            return Err(Error::not_found(format!("there is no Flux Kustomization in {folder}"))
                .hint("name the folder with the files of the Kustomizations by --path"));
        }
        let warnings = std::mem::take(&mut discovered.warnings);
        let own = Own::of(repository, &discovered);
        let work = Work {
            renderer: self,
            repository,
            own: &own,
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
        Ok(All { units: state.in_order(), elsewhere: state.elsewhere.into_iter().collect(), warnings })
    }
}

/// As much as a main thread has: kustomizations nest.
const STACK: usize = 8 << 20;

/// Which sources are the repository itself.
struct Own {
    addresses: BTreeMap<String, BTreeSet<String>>,
    own: BTreeSet<String>,
}

impl Own {
    /// The source that Flux was set up with is the repository; so is another one with the same address.
    fn of(repository: &Repository, discovered: &Discovered) -> Self {
        let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut own: BTreeSet<String> = origin(repository.root()).into_iter().collect();
        for (key, url) in &discovered.sources {
            let address = address(url);
            if key.rsplit('/').next() == Some("flux-system") {
                own.insert(address.clone());
            }
            // What is written without a namespace may get any.
            let key = key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name);
            addresses.entry(key.to_owned()).or_default().insert(address);
        }
        Self { addresses, own }
    }

    /// Whether a source may be the repository.
    fn holds(&self, source: &str) -> bool {
        let name = source.rsplit_once('/').map_or(source, |(_, name)| name);
        self.addresses.get(name).is_none_or(|known| known.iter().any(|address| self.own.contains(address)))
    }
}

/// Host and path of an address, which are the same over HTTPS and SSH.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.replacen(':', "/", 1).trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase()
}

/// The address that the repository was cloned from.
fn origin(root: &Path) -> Option<String> {
    let config = std::fs::read_to_string(root.join(".git/config")).ok()?;
    let (_, rest) = config.split_once("[remote \"origin\"]")?;
    let line = rest.lines().take_while(|line| !line.starts_with('[')).find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "url").then(|| value.trim())
    })?;
    Some(address(line))
}

struct Work<'a> {
    renderer: &'a Renderer,
    repository: &'a Repository,
    own: &'a Own,
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
    /// ConfigMaps and Secrets that were rendered.
    values: Vec<Value>,
    done: usize,
}

struct Node {
    unit: Unit,
    outcome: Option<Result<Rendered>>,
    below: Vec<usize>,
    depth: usize,
}

impl State {
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
        state.left =
            discovered.units.into_iter().map(|found| (found.file.clone(), found.into_unit())).collect();
        self.next_roots(&mut state);
    }

    /// Puts those left in the queue that render their own file, as what Flux was set up with does; or else those that lie
    /// in no other's folder; or else the first.
    fn next_roots(&self, state: &mut State) {
        let left = std::mem::take(&mut state.left);
        let folders: Vec<Option<PathBuf>> = left.iter().map(|(_, unit)| self.folder(unit)).collect();
        let holds = |folder: usize, file: usize| {
            folders[folder].as_ref().is_some_and(|folder| left[file].0.starts_with(folder))
        };
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

    /// The folder of a Kustomization on this machine, if its source is there.
    fn folder(&self, unit: &Unit) -> Option<PathBuf> {
        let source = unit.source();
        let root = match self.renderer.sources.get(&source) {
            Some(root) => root.as_path(),
            None if self.own.holds(&source) => self.repository.root(),
            None => return None,
        };
        root.join(unit.path()).canonicalize().ok().filter(|folder| folder.is_dir())
    }

    fn add(&self, state: &mut State, mut unit: Unit, parent: Option<usize>) {
        let Some(folder) = self.folder(&unit) else {
            let id = (unit.id().0.to_owned(), unit.id().1.to_owned());
            state.elsewhere.insert(Elsewhere { unit: id, source: unit.source() });
            return;
        };
        let (namespace, name) = unit.id();
        if !state.seen.insert(format!("{namespace}/{name} {} {}", folder.display(), unit.object["spec"])) {
            return;
        }
        unit.folder = folder;
        let depth = parent.map_or(0, |parent| state.nodes[parent].depth + 1);
        let at = state.nodes.len();
        let outcome = (depth > DEEPEST).then(|| {
            Err(Error::failed(format!("Kustomizations render each other more than {DEEPEST} deep"))
                .hint("a Kustomization should not render itself under another name"))
        });
        if outcome.is_none() {
            state.queue.push_back(at);
        }
        state.nodes.push(Node { unit, outcome, below: Vec::new(), depth });
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
        for (object, file) in rendered.objects.iter().zip(&rendered.files) {
            let kind = object["kind"].as_str().unwrap_or_default();
            if matches!(kind, "ConfigMap" | "Secret") && object["apiVersion"] == "v1" {
                state.values.push(object.clone());
            }
            if !super::is_flux_kustomization(object) {
                continue;
            }
            let near = file.as_deref().and_then(Path::parent).unwrap_or(&unit.folder).to_path_buf();
            let below = Unit { object: object.clone(), folder: PathBuf::new(), near };
            if let Some(file) = file {
                // It may have got a prefix and a suffix.
                state.left.retain(|(other, left)| other != file || !below.id().1.contains(left.id().1));
            }
            // Itself, as it is in the folder that it renders.
            let is_itself = below.id() == unit.id() && self.folder(&below).as_ref() == Some(&unit.folder);
            if !is_itself {
                self.add(state, below, Some(at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_over_https_and_ssh() {
        for url in [
            "https://github.com/Owner/repo",
            "https://user@github.com/owner/repo.git",
            "ssh://git@github.com/owner/repo",
            "git@github.com:owner/repo.git/",
        ] {
            assert_eq!(address(url), "github.com/owner/repo", "{url}");
        }
    }
}
