//! Where the directories of Kustomizations are, and which Kustomizations are rendered next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::Rendered;
use super::super::artifact::{Artifact, Found as Made, Generator, Sources as _, Wanted, is_generator};
use super::super::repository::Discovered;
use super::super::source_files::{Directory, SourceFiles, clamped};
use super::super::unit::{Unit, is_flux_kustomization};
use super::Work;
use super::state::{Node, State};
use crate::error::Error;

/// Deepest nesting of Kustomizations that render each other.
const MAX_DEPTH: usize = 20;

/// Location of a Kustomization's directory.
enum Place {
    /// On disk, among the files of a source.
    Folder(Arc<SourceFiles>, PathBuf),
    /// In an artifact.
    Artifact(Arc<Artifact>, PathBuf),
    /// Not here: this source is not mapped.
    Elsewhere(String),
    /// In an artifact without a known generator so far.
    Unknown,
    /// In a source or artifact that cannot be used.
    Broken(Error),
}

impl Place {
    /// Whether a file is below the directory.
    fn holds(&self, file: &Path) -> bool {
        match self {
            Self::Folder(_, folder) => file.starts_with(folder),
            Self::Artifact(artifact, folder) => artifact.holds(folder, file),
            Self::Elsewhere(_) | Self::Unknown | Self::Broken(_) => false,
        }
    }

    /// Whether a unit is there.
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

impl Work<'_> {
    /// Adds the Kustomizations of files. Those in the directory of another one wait, since it may render them.
    pub(super) fn roots(&self, discovered: Discovered) {
        let mut state = self.lock();
        for generator in discovered.generators {
            state.generators.add(generator);
        }
        state.left =
            discovered.units.into_iter().map(|found| (found.file.clone(), found.into_unit())).collect();
        self.next_roots(&mut state);
    }

    /// Queues those that render their own file, as the bootstrapped one does; otherwise those in no other's directory;
    /// otherwise the first.
    pub(super) fn next_roots(&self, state: &mut State) {
        let left = std::mem::take(&mut state.left);
        let places: Vec<Place> = left.iter().map(|(_, unit)| self.place(state, unit, None)).collect();
        let holds = |place: usize, file: usize| places[place].holds(&left[file].0);
        // If two hold each other's files, neither is below the other.
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

    /// Locates the directory of a Kustomization.
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
                let error = Error::failed(format!("spec.path: {source} has no directory {:?}", unit.path()));
                Place::Broken(error.hint("check copy.to in the ArtifactGenerator"))
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
        let too_deep = (above.len() > MAX_DEPTH).then(|| {
            Err(Error::failed(format!("Kustomizations render each other more than {MAX_DEPTH} deep"))
                .hint("check for a Kustomization that renders itself under another name"))
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

    /// Adds what a Kustomization rendered.
    pub(super) fn follow(&self, state: &mut State, at: usize, rendered: &Rendered) {
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
            if !is_flux_kustomization(object) {
                continue;
            }
            let below = Unit::unplaced(object.clone(), near(file.as_deref()));
            if let Some(file) = file {
                // Its name may have a prefix and a suffix now.
                state.left.retain(|(other, left)| other != file || !below.id().1.contains(left.id().1));
            }
            // It renders itself.
            let is_itself = below.id() == unit.id() && self.place(state, &below, Some(at)).is_of(&unit);
            if !is_itself {
                self.add(state, below, Some(at));
            }
        }
    }
}
