//! Where the directories of Kustomizations are, and which Kustomizations are rendered next.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::Rendered;
use super::super::artifact::{Artifact, Found as Made, Generator, Sources as _, Wanted, is_generator};
use super::super::flux_kustomization::{FluxKustomization, is_flux_kustomization};
use super::super::repository::Discovered;
use super::super::source_files::{Directory, SourceFiles, clamped};
use super::Work;
use super::state::{Node, State};
use crate::error::Error;

/// Deepest nesting of Kustomizations that render each other.
const MAX_DEPTH: usize = 20;

/// Location of a Kustomization's directory.
enum Place {
    /// On disk, among the files of a source.
    Directory(Arc<SourceFiles>, PathBuf),
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
            Self::Directory(_, directory) => file.starts_with(directory),
            Self::Artifact(artifact, directory) => artifact.holds(directory, file),
            Self::Elsewhere(_) | Self::Unknown | Self::Broken(_) => false,
        }
    }

    /// Whether a Flux Kustomization has this directory.
    fn is_of(&self, kustomization: &FluxKustomization) -> bool {
        match (self, &kustomization.artifact) {
            (Self::Directory(_, directory), None) => *directory == kustomization.directory,
            (Self::Artifact(artifact, directory), Some(own)) => {
                Arc::ptr_eq(artifact, own) && *directory == kustomization.directory
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
        state.left = discovered
            .kustomizations
            .into_iter()
            .map(|found| (found.file.clone(), found.into_kustomization()))
            .collect();
        self.next_roots(&mut state);
    }

    /// Queues those that render their own file, as the bootstrapped one does; otherwise those in no other's directory;
    /// otherwise the first.
    pub(super) fn next_roots(&self, state: &mut State) {
        let left = std::mem::take(&mut state.left);
        let places: Vec<Place> =
            left.iter().map(|(_, kustomization)| self.place(state, kustomization, None)).collect();
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
        for ((file, kustomization), is_first) in left.into_iter().zip(first) {
            if is_first {
                self.add(state, kustomization, None);
            } else {
                state.left.push((file, kustomization));
            }
        }
    }

    /// Locates the directory of a Kustomization.
    fn place(&self, state: &mut State, kustomization: &FluxKustomization, parent: Option<usize>) -> Place {
        let source = kustomization.source();
        if let Some(files) = self.sources.files(&source, &kustomization.near) {
            return files.map_or_else(Place::Broken, |files| match files.directory(kustomization.path()) {
                Directory::Found(directory) => Place::Directory(files, directory),
                Directory::Nothing => Place::Elsewhere(source),
                Directory::LeftOut(why) => Place::Broken(
                    Error::failed(format!("spec.path: {source} has no directory {:?}", kustomization.path()))
                        .hint(why),
                ),
            });
        }
        if !source.starts_with("ExternalArtifact/") {
            return Place::Elsewhere(source);
        }
        let above = state.chain(parent);
        let wanted = Wanted { source: &source, near: &kustomization.near, above: &above };
        match state.generators.find(wanted, &self.sources) {
            Ok(Made::Artifact(artifact)) => {
                let directory = artifact.directory(kustomization.path());
                if artifact.has_directory(&directory) {
                    return Place::Artifact(artifact, directory);
                }
                let error =
                    Error::failed(format!("spec.path: {source} has no directory {:?}", kustomization.path()));
                Place::Broken(error.hint("check copy.to in the ArtifactGenerator"))
            }
            Ok(Made::Nothing) => Place::Unknown,
            Ok(Made::Lacks(source)) => Place::Elsewhere(source),
            Err(error) => Place::Broken(error),
        }
    }

    fn add(&self, state: &mut State, mut kustomization: FluxKustomization, parent: Option<usize>) {
        let mut broken = None;
        match self.place(state, &kustomization, parent) {
            Place::Directory(files, directory) => {
                (kustomization.files, kustomization.directory) = (Some(files), directory);
            }
            Place::Artifact(artifact, directory) => {
                (kustomization.artifact, kustomization.directory) = (Some(artifact), directory);
            }
            Place::Broken(error) => {
                let is_made = kustomization.source().starts_with("ExternalArtifact/");
                let inside =
                    if is_made { kustomization.source().into() } else { clamped(kustomization.path()) };
                kustomization.directory = self.repository.root().join(inside);
                broken = Some(Err(error));
            }
            Place::Unknown => return state.waiting.push((kustomization, parent)),
            Place::Elsewhere(source) => return state.leave_out(&kustomization, source),
        }
        let (namespace, name) = kustomization.id();
        let artifact = kustomization.artifact.as_ref().map_or(std::ptr::null(), Arc::as_ptr);
        let (directory, spec) = (kustomization.directory.display(), &kustomization.object["spec"]);
        if !state.seen.insert(format!("{namespace}/{name} {directory} {artifact:p} {spec}")) {
            return;
        }
        let above = state.chain(parent);
        let at = state.nodes.len();
        let too_deep = (above.len() > MAX_DEPTH).then(|| {
            Err(Error::failed(format!("Kustomizations render each other more than {MAX_DEPTH} levels deep"))
                .hint("check for a Kustomization that renders itself under another name"))
        });
        let outcome = broken.or(too_deep);
        match &outcome {
            None => state.queue.push_back(at),
            Some(_) => state.done += 1,
        }
        let took = Duration::ZERO;
        state.nodes.push(Node { kustomization, outcome, took, below: Vec::new(), above });
        match parent {
            Some(parent) => state.nodes[parent].below.push(at),
            None => state.roots.push(at),
        }
    }

    /// Adds what a Kustomization rendered.
    pub(super) fn follow(&self, state: &mut State, at: usize, rendered: &Rendered) {
        let kustomization = state.nodes[at].kustomization.clone();
        let near = |file: Option<&Path>| {
            let near = file.and_then(Path::parent);
            near.unwrap_or(if kustomization.artifact.is_some() {
                &kustomization.near
            } else {
                &kustomization.directory
            })
            .to_path_buf()
        };
        let objects = || rendered.objects.iter().zip(&rendered.files);
        let mut has_generator = false;
        for (object, file) in objects().filter(|(object, _)| is_generator(object)) {
            let above = state.chain(Some(at));
            state.generators.add(Generator { object: object.clone(), near: near(file.as_deref()), above });
            has_generator = true;
        }
        if has_generator {
            for (kustomization, parent) in std::mem::take(&mut state.waiting) {
                self.add(state, kustomization, parent);
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
            let below = FluxKustomization::unplaced(object.clone(), near(file.as_deref()));
            if let Some(file) = file {
                // Its name may have a prefix and a suffix now.
                state.left.retain(|(other, left)| other != file || !below.id().1.contains(left.id().1));
            }
            // It renders itself.
            let is_itself =
                below.id() == kustomization.id() && self.place(state, &below, Some(at)).is_of(&kustomization);
            if !is_itself {
                self.add(state, below, Some(at));
            }
        }
    }
}
