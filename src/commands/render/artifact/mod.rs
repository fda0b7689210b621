//! ExternalArtifacts: what an ArtifactGenerator of the repository makes of sources on this machine, as source-watcher
//! makes it. Nothing is written: an artifact is a folder that only a build sees.
//!
//! Of several generators that make an artifact of the name, which is so where a repository has several clusters, the one
//! counts that the same Kustomization renders; then the one whose file lies nearest; then one as it is rendered, before
//! one as it is written.

mod copy;
mod files;
mod pattern;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::source_files::SourceFiles;
use copy::Operation;
use files::Files;
pub(super) use files::{Artifact, inside};
use pattern::{Captures, PathPattern};

use crate::error::{Error, Result};

/// How many artifacts may be made of one another.
const DEEPEST: usize = 10;

/// Whether an object is an ArtifactGenerator.
pub(super) fn is_generator(object: &Value) -> bool {
    object["kind"] == "ArtifactGenerator"
        && object["apiVersion"]
            .as_str()
            .is_some_and(|version| version.starts_with("source.extensions.fluxcd.io/"))
}

/// An ArtifactGenerator.
#[derive(Debug, Clone)]
pub(super) struct Generator {
    pub object: Value,
    /// The folder of its file.
    pub near: PathBuf,
    /// The Kustomizations that have rendered it, from the outermost on; none for one as it is written in a file.
    pub above: Vec<usize>,
}

/// An ExternalArtifact that is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// `Kind/namespace/name`.
    pub source: &'a str,
    /// The folder of the file in which it is named.
    pub near: &'a Path,
    /// The Kustomizations that have rendered what names it, from the outermost on.
    pub above: &'a [usize],
}

/// Where sources lie on this machine.
pub(super) trait Sources {
    /// The files of a source, by `Kind/namespace/name`; of several that are so called, of the one whose definition lies
    /// nearest to `near`. None where it is not on this machine.
    fn files(&self, source: &str, near: &Path) -> Option<Result<Arc<SourceFiles>>>;

    /// The folder below which artifacts seem to lie, in one of their own kind.
    fn mount(&self) -> &Path;
}

/// What became of a look for an artifact.
#[derive(Debug)]
pub(super) enum Found {
    Artifact(Arc<Artifact>),
    /// No generator makes it.
    Nothing,
    /// It is made of a source that is not on this machine.
    Lacks(String),
}

/// The generators known so far, and what they have made.
#[derive(Debug, Default)]
pub(super) struct Generators {
    known: Vec<Generator>,
    made: BTreeMap<(usize, String), Arc<Artifact>>,
    /// By the address of what they were read from, which stays in memory as long.
    sources: BTreeMap<usize, Arc<Files>>,
}

/// An artifact to be made, with its captures filled in.
struct Output {
    name: String,
    operations: Vec<Operation>,
}

/// Why a generator makes nothing.
enum Stop {
    Lacks(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Generators {
    pub(super) fn add(&mut self, generator: Generator) {
        self.known.push(generator);
    }

    /// The artifact that a generator makes.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn find(&mut self, wanted: Wanted<'_>, sources: &dyn Sources) -> Result<Found> {
        match self.make(wanted, sources, 0) {
            Ok(Some(artifact)) => Ok(Found::Artifact(artifact)),
            Ok(None) => Ok(Found::Nothing),
            Err(Stop::Lacks(source)) => Ok(Found::Lacks(source)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn make(
        &mut self,
        wanted: Wanted<'_>,
        sources: &dyn Sources,
        depth: usize,
    ) -> Result<Option<Arc<Artifact>>, Stop> {
        let mut parts = wanted.source.splitn(3, '/').skip(1);
        let (namespace, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if depth > DEEPEST {
            let source = wanted.source;
            return Err(Error::failed(format!(
                "{source}: artifacts are made of one another more than {DEEPEST} deep"
            ))
            .into());
        }
        for at in self.by_rank(namespace, wanted) {
            let generator = self.known[at].clone();
            let shown = format!("ArtifactGenerator/{}", text(&generator.object["metadata"]["name"]));
            let failed = |error: Error| error.context(format!("{}, which {shown} makes", wanted.source));
            let stopped = |stop: Stop| match stop {
                Stop::Failed(error) => Stop::Failed(failed(error)),
                lacks @ Stop::Lacks(_) => lacks,
            };
            let Some(output) = self.output(&generator, name, sources, depth).map_err(stopped)? else {
                continue;
            };
            let key = (at, output.name.clone());
            if let Some(artifact) = self.made.get(&key) {
                return Ok(Some(artifact.clone()));
            }
            let mut files = Files::default();
            for operation in output.operations {
                let key = source(&generator, &operation.alias).map_err(failed)?;
                let source = self.files(&generator, &key, sources, depth).map_err(stopped)?;
                operation.apply(&source, &mut files).map_err(|error| {
                    failed(error).hint(format!(
                        "--local-sources={key}=FOLDER says where the root of @{} lies",
                        operation.alias
                    ))
                })?;
            }
            let artifact = Artifact::new(sources.mount().join(wanted.source.replace("//", "/")), files);
            // The same for several clusters is one.
            let same = self.made.values().find(|made| ***made == artifact).cloned();
            let artifact = same.unwrap_or_else(|| Arc::new(artifact));
            self.made.insert(key, artifact.clone());
            return Ok(Some(artifact));
        }
        Ok(None)
    }

    /// The generators of a namespace, the best first.
    fn by_rank(&self, namespace: &str, wanted: Wanted<'_>) -> Vec<usize> {
        let may_be = |generator: &Generator| {
            let own = text(&generator.object["metadata"]["namespace"]);
            own.is_empty() || namespace.is_empty() || own == namespace
        };
        let rank = |generator: &Generator| {
            let above =
                generator.above.iter().zip(wanted.above).take_while(|(one, other)| one == other).count();
            let near = generator.near.components().zip(wanted.near.components());
            let near = near.take_while(|(one, other)| one == other).count();
            Reverse((above, near, !generator.above.is_empty()))
        };
        let known = self.known.iter().enumerate().filter(|(_, generator)| may_be(generator));
        let mut ranked: Vec<_> = known.map(|(at, generator)| (rank(generator), at)).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, at)| at).collect()
    }

    /// What a generator makes under a name, if it does.
    fn output(
        &mut self,
        generator: &Generator,
        name: &str,
        sources: &dyn Sources,
        depth: usize,
    ) -> Result<Option<Output>, Stop> {
        let spec = &generator.object["spec"];
        let outputs = || spec["artifacts"].as_array().into_iter().flatten();
        let read = |output: &Value, captures: Option<&Captures>| -> Result<Option<Output>, Stop> {
            let operations = output["copy"].as_array().into_iter().flatten();
            let operations = operations.map(|operation| Operation::read(operation, captures));
            Ok(Some(Output { name: name.to_owned(), operations: operations.collect::<Result<_>>()? }))
        };
        let pattern = text(&spec["pathPattern"]);
        if pattern.is_empty() {
            let output = outputs().find(|output| output["name"] == name);
            return output.map_or(Ok(None), |output| read(output, None));
        }
        // Only a generator whose names have the form of this one is asked.
        let mut templates = Vec::new();
        for output in outputs() {
            let template = text(&output["name"]);
            if PathPattern::new(template).is_ok_and(|template| template.captures(name).is_none()) {
                continue;
            }
            templates.push((template, output));
        }
        if templates.is_empty() {
            return Ok(None);
        }
        let (alias, path) = pattern
            .strip_prefix('@')
            .and_then(|pattern| pattern.split_once('/'))
            .ok_or_else(|| Error::failed(format!("pathPattern is {pattern:?}, which is not @ALIAS/PATH")))?;
        let matcher = PathPattern::new(path)?;
        for folder in self.files(generator, &source(generator, alias)?, sources, depth)?.folders() {
            let Some(captures) = matcher.captures(&folder.to_string_lossy()) else { continue };
            let lower = |(name, value): (&String, &String)| (name.clone(), value.to_lowercase());
            let lowered: Captures = captures.iter().map(lower).collect();
            for (template, output) in &templates {
                if pattern::fill(template, &lowered)? == name {
                    return read(output, Some(&captures));
                }
            }
        }
        Ok(None)
    }

    /// The files of a source that a generator names.
    fn files(
        &mut self,
        generator: &Generator,
        source: &str,
        sources: &dyn Sources,
        depth: usize,
    ) -> Result<Arc<Files>, Stop> {
        if let Some(found) = sources.files(source, &generator.near) {
            let found = found?;
            let key = Arc::as_ptr(&found).addr();
            let files = self.sources.entry(key).or_insert_with(|| Arc::new(Files::of_source(&found)));
            return Ok(files.clone());
        }
        if source.starts_with("ExternalArtifact/") {
            let wanted = Wanted { source, near: &generator.near, above: &generator.above };
            if let Some(artifact) = self.make(wanted, sources, depth + 1)? {
                return Ok(Arc::new(artifact.files().clone()));
            }
        }
        Err(Stop::Lacks(source.to_owned()))
    }
}

/// The source behind an alias, as `Kind/namespace/name`.
fn source(generator: &Generator, alias: &str) -> Result<String> {
    let list = generator.object["spec"]["sources"].as_array();
    let reference = list.into_iter().flatten().find(|reference| reference["alias"] == alias);
    let reference = reference.ok_or_else(|| {
        Error::failed(format!("there is no source with the alias {alias:?}"))
            .hint("spec.sources of the ArtifactGenerator has the aliases")
    })?;
    let own = text(&generator.object["metadata"]["namespace"]);
    let namespace = Some(text(&reference["namespace"])).filter(|text| !text.is_empty()).unwrap_or(own);
    Ok(format!("{}/{namespace}/{}", text(&reference["kind"]), text(&reference["name"])))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
