//! Compares two states of a repository without a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::definition::Definitions;
use super::mask::{mask, mask_values, masked};
use super::normalize::normalized;
use super::outcome::{Action, Change, Comparison, Definition, Outcome};
use crate::charts::Charts;
use crate::commands::render_args::{RenderArgs, SourceArgs};
use crate::commands::rendering::{self, Everything};
use crate::commands::warnings::Warnings;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{HELM_RELEASE, KUSTOMIZATION, Kind};
use crate::object::{ObjectId, ObjectMeta};
use crate::redact::Redactor;
use crate::render::helm::{Placed, ReleaseOptions, RenderedRelease};
use crate::render::states::{Place, Side, Start};
use crate::render::{Elsewhere, Values};

/// Everything that the Flux Kustomizations of one side render.
#[derive(Default)]
struct State {
    label: String,
    renderings: Vec<Rendering>,
    /// Flux Kustomizations whose sources are not in the repository.
    elsewhere: Vec<Elsewhere>,
    /// Warnings about files.
    warnings: Vec<String>,
}

/// A Flux Kustomization or HelmRelease of one side.
struct Rendering {
    kind: &'static Kind,
    namespace: String,
    name: String,
    /// Directory, relative to the root; of a HelmRelease, that of its file.
    directory: String,
    definition: Option<Definition>,
    /// Whether objects are deleted that it no longer renders.
    prunes: bool,
    warnings: Vec<String>,
    outcome: Result<Vec<Value>>,
    /// Values that come from Secrets.
    secrets: Redactor,
}

impl Rendering {
    fn id(&self) -> (String, String) {
        (self.namespace.clone(), self.name.clone())
    }

    fn is_same(&self, other: &Rendering) -> bool {
        self.kind.kind == other.kind.kind && self.id() == other.id()
    }
}

/// What is compared.
pub(super) struct States<'a> {
    /// The directory, and how it is rendered.
    pub args: &'a RenderArgs,
    /// Where charts come from, if HelmReleases are compared too.
    pub releases: Option<(Arc<Charts>, ReleaseOptions)>,
    /// Selects Kustomizations by name.
    pub name: Option<&'a str>,
    /// Directories or revisions of the Git repository that contains the directory; without the second, its working tree.
    pub ends: (Start<'a>, Option<&'a str>),
    /// Whether the files are looked up that define what renders objects.
    pub locates: bool,
    /// Whether progress is shown on a terminal.
    pub progress: bool,
}

/// Compares what all Flux Kustomizations below `--path`, and perhaps HelmReleases, render in two states.
///
/// # Errors
/// A side does not exist or has no Kustomization. Failures of single ones are in the outcomes.
pub(super) async fn compare(context: &Context, states: &States<'_>) -> Result<Comparison> {
    let States { args, name, ends: (from, to), .. } = *states;
    let place = Place::of(&args.path)?;
    let sides = [place.start(context, from, to)?, place.side(context, to)?];
    let path = place.path(&args.path, &sides);
    let sources = &args.sources;
    let args_of = |side: &Side| RenderArgs {
        path: side.root.join(&path).to_string_lossy().into_owned(),
        sources: SourceArgs {
            local_sources: sources.local_sources.iter().map(|source| place.source(source, side)).collect(),
            ..sources.clone()
        },
        ..args.clone()
    };
    let (before_args, after_args) = (args_of(&sides[0]), args_of(&sides[1]));
    let [before, after] = sides;
    let mut before = render(context, before_args, before, states).await?;
    let mut after = render(context, after_args, after, states).await?;
    let (elsewhere, mut warnings) = left_out(&before, &after);
    for warning in &warnings {
        context.ui.warning(warning);
    }
    warnings.append(&mut before.warnings);
    warnings.append(&mut after.warnings);
    for state in [&mut before, &mut after] {
        // What is not known at one side can be compared with nothing.
        state.renderings.retain(|it| it.kind.kind != KUSTOMIZATION.kind || !elsewhere.contains(&it.id()));
        state.renderings.retain(|it| name.is_none_or(|name| it.name == name));
    }
    if before.renderings.is_empty() && after.renderings.is_empty() {
        let what = name.map_or_else(String::new, |name| format!(" named {name:?}"));
        let path = shown_path(args);
        let (before, after) = (&before.label, &after.label);
        if !elsewhere.is_empty() {
            return Err(Error::not_found(format!(
                "there is no Flux Kustomization{what} in {path} whose source is in the repository at both {before} and {after}"
            ))
            .hint("add --local-sources with the directories of their sources, relative to the root of the repository"));
        }
        return Err(Error::not_found(format!(
            "there is no Flux Kustomization{what} in {path}, neither at {before} nor at {after}"
        ))
        .hint("add --path with the directory that contains the files of the Flux Kustomizations"));
    }
    let labels = (before.label.as_str(), after.label.as_str());
    let pairs = pairs(before.renderings, after.renderings);
    let outcomes = pairs.into_iter().filter_map(|(before, after)| outcome(before, after, labels)).collect();
    Ok(Comparison { states: Some((before.label, after.label)), outcomes, warnings })
}

/// Flux Kustomizations whose sources are not in the repository, and a warning for each.
fn left_out(before: &State, after: &State) -> (BTreeSet<(String, String)>, Vec<String>) {
    let all: BTreeSet<&Elsewhere> = before.elsewhere.iter().chain(&after.elsewhere).collect();
    let warning = |Elsewhere { kustomization: (namespace, name), source }: &&Elsewhere| {
        format!(
            "Kustomization/{namespace}/{name} is skipped: {source} or its path is not in this repository; \
            if it is, add --local-sources={source}=DIRECTORY"
        )
    };
    let warnings = all.iter().map(warning).collect();
    (all.into_iter().map(|left_out| left_out.kustomization.clone()).collect(), warnings)
}

fn shown_path(args: &RenderArgs) -> &str {
    if args.path.is_empty() { "." } else { &args.path }
}

/// Renders everything of a side. Its files are not needed afterwards.
async fn render(context: &Context, args: RenderArgs, side: Side, states: &States<'_>) -> Result<State> {
    let label = side.label.clone();
    let path = Path::new(&args.path).canonicalize().ok();
    if !path.is_some_and(|path| path.is_dir() && path.starts_with(&side.root)) {
        // What is not there at one side is new at the other.
        return match side.repository.absent(Path::new(&args.path)) {
            Some(why) => Err(Error::failed(format!("cannot read {} at {label}: {why}", args.path))),
            None => Ok(State { label, ..State::default() }),
        };
    }
    let renderer = args.renderer(context, Values::Repository)?;
    let Side { root, repository, copy, .. } = side;
    let repository = Arc::new(repository);
    let nothing = |error: Error| match error.kind() {
        ErrorKind::NotFound => Ok(Everything::default()),
        _ => Err(error),
    };
    let Everything { all, releases } = match &states.releases {
        Some((charts, options)) => {
            let (charts, options) = (Arc::clone(charts), options.clone());
            rendering::everything(context, &renderer, &repository, charts, options).await.or_else(nothing)?
        }
        None => match rendering::kustomizations(context, &renderer, &repository, states.progress).await {
            Ok(all) => Everything { all, releases: Vec::new() },
            Err(error) => nothing(error)?,
        },
    };
    let definitions = &if states.locates { Definitions::below(&root) } else { Definitions::default() };
    drop(copy);
    let warnings: Vec<String> = all.warnings.iter().map(|warning| format!("at {label}: {warning}")).collect();
    for warning in &warnings {
        context.ui.warning(warning);
    }
    let directory = &|directory: &Path| match directory.strip_prefix(&root).unwrap_or(directory) {
        inside if inside.as_os_str().is_empty() => ".".to_owned(),
        inside => inside.display().to_string(),
    };
    let mut shown = Warnings::new(&context.ui, format!("at {label}: "));
    let mut renderings = Vec::new();
    for (at, (kustomization, outcome)) in all.kustomizations.into_iter().enumerate() {
        if let Ok(rendered) = &outcome {
            for warning in &rendered.warnings {
                shown.add(kustomization.id().1, &warning.to_string());
            }
        }
        let (namespace, name) = kustomization.id();
        renderings.push(Rendering {
            kind: &KUSTOMIZATION,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            directory: directory(&kustomization.directory),
            definition: definitions
                .find(&KUSTOMIZATION, kustomization.id(), kustomization.defined_in())
                .cloned(),
            prunes: kustomization.object["spec"]["prune"] == true,
            warnings: outcome.as_ref().map_or_else(
                |_| Vec::new(),
                |rendered| rendered.warnings.iter().map(ToString::to_string).collect(),
            ),
            outcome: outcome.map(|rendered| rendered.objects),
            secrets: Redactor::default(),
        });
        let below = releases.iter().filter(|(release, _)| release.by == Some(at));
        renderings
            .extend(below.map(|(release, outcome)| {
                of_release(&mut shown, release, outcome, (directory, definitions))
            }));
    }
    let alone = releases.iter().filter(|(release, _)| release.by.is_none());
    renderings.extend(
        alone.map(|(release, outcome)| of_release(&mut shown, release, outcome, (directory, definitions))),
    );
    shown.finish();
    Ok(State { label, renderings, elsewhere: all.elsewhere, warnings })
}

fn of_release(
    shown: &mut Warnings<'_>,
    release: &Placed,
    outcome: &Result<Arc<RenderedRelease>>,
    (directory, definitions): (impl Fn(&Path) -> String, &Definitions),
) -> Rendering {
    let name = release.object.name();
    let namespace = release.object.namespace().unwrap_or_default();
    let mut warnings = Vec::new();
    if let Ok(built) = outcome {
        warnings.extend(built.warnings.iter().map(|warning| built.secrets.redact(warning).into_owned()));
        for warning in &warnings {
            shown.add(&format!("HelmRelease {name}"), warning);
        }
    }
    Rendering {
        kind: &HELM_RELEASE,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        directory: directory(&release.near),
        definition: definitions.find(&HELM_RELEASE, (namespace, name), &release.near).cloned(),
        prunes: true,
        warnings,
        secrets: outcome.as_ref().map(|built| built.secrets.clone()).unwrap_or_default(),
        outcome: outcome.as_ref().map_err(Clone::clone).and_then(|built| built.objects()),
    }
}

/// Pairs the renderings of both sides: by kind, name and directory, then by name if only one is left on each side.
fn pairs(before: Vec<Rendering>, after: Vec<Rendering>) -> Vec<(Option<Rendering>, Option<Rendering>)> {
    let mut before: Vec<Option<Rendering>> = before.into_iter().map(Some).collect();
    let mut pairs: Vec<(Option<Rendering>, Option<Rendering>)> = Vec::new();
    for after in after {
        let same = |other: &&mut Option<Rendering>| {
            other.as_ref().is_some_and(|other| other.is_same(&after) && other.directory == after.directory)
        };
        let found = before.iter_mut().find(same).and_then(Option::take);
        pairs.push((found, Some(after)));
    }
    for left in before.iter_mut().filter(|left| left.is_some()) {
        let mut alone = pairs.iter_mut().filter(|(before, after)| {
            before.is_none()
                && matches!((after, left.as_ref()), (Some(after), Some(left)) if after.is_same(left))
        });
        match (alone.next(), alone.next()) {
            (Some(pair), None) => pair.0 = left.take(),
            _ => pairs.push((left.take(), None)),
        }
    }
    pairs
}

fn outcome(
    before: Option<Rendering>,
    after: Option<Rendering>,
    (before_label, after_label): (&str, &str),
) -> Option<Outcome> {
    let rendering = after.as_ref().or(before.as_ref())?;
    let id = (rendering.namespace.as_str(), rendering.name.as_str());
    let mut outcome = Outcome::new(rendering.kind, id, &rendering.directory);
    outcome.definition.clone_from(&rendering.definition);
    outcome.prunes = rendering.prunes;
    outcome.warnings = after.as_ref().map(|after| after.warnings.clone()).unwrap_or_default();
    let secrets = [&before, &after].map(|it| it.as_ref().map(|it| it.secrets.clone()).unwrap_or_default());
    let title = outcome.title();
    let mut objects = |rendering: Option<Rendering>, label: &str| match rendering.map(|it| it.outcome) {
        None => Some(Vec::new()),
        Some(Ok(objects)) => Some(objects.into_iter().map(normalized).collect::<Vec<_>>()),
        Some(Err(error)) => {
            outcome.failures.push(error.context(format!("at {label}: {title}")));
            None
        }
    };
    let (before, after) = (objects(before, before_label), objects(after, after_label));
    if let (Some(before), Some(after)) = (before, after) {
        outcome.changes = changes(before, after);
    }
    for change in &mut outcome.changes {
        mask_values(&secrets, &mut change.from, &mut change.to);
    }
    Some(outcome)
}

/// Compares the objects of a pair.
pub(super) fn changes(before: Vec<Value>, after: Vec<Value>) -> Vec<Change> {
    let key = |object: &Value| ObjectId::of(object).key();
    let kept: BTreeSet<_> = after.iter().map(key).collect();
    let mut gone = Vec::new();
    let mut known = BTreeMap::new();
    for object in before {
        let key = key(&object);
        if kept.contains(&key) {
            known.insert(key, object);
        } else {
            gone.push(object);
        }
    }
    let mut changes = Vec::new();
    for mut object in after {
        let id = ObjectId::of(&object);
        match known.remove(&key(&object)) {
            Some(before) if before == object => {}
            Some(mut before) => {
                let desired = object.clone();
                mask(&desired, &mut before, &mut object);
                let (from, to) = (Some(before), Some(object));
                changes.push(Change { id, action: Action::Changed, from, to, below: None });
            }
            None => {
                let to = Some(masked(object));
                changes.push(Change { id, action: Action::Created, from: None, to, below: None });
            }
        }
    }
    changes.extend(gone.into_iter().map(|object| {
        let id = ObjectId::of(&object);
        Change { id, action: Action::Deleted, from: Some(masked(object)), to: None, below: None }
    }));
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_matched_by_what_they_are() {
        let object = |version: &str, name: &str, value: u8| json!({"apiVersion": version, "kind": "Thing", "metadata": {"name": name}, "spec": {"a": value}});
        let before =
            vec![object("x/v1", "gone", 1), object("x/v1beta1", "same", 1), object("x/v1", "other", 1)];
        let after = vec![object("x/v1", "new", 1), object("x/v1", "same", 1), object("x/v1", "other", 2)];
        let found: Vec<_> = changes(before, after).iter().map(|it| (it.id.name.clone(), it.action)).collect();
        let expected = [
            ("new", Action::Created),
            ("same", Action::Changed),
            ("other", Action::Changed),
            ("gone", Action::Deleted),
        ];
        assert_eq!(found, expected.map(|(name, action)| (name.to_owned(), action)));
    }
}
