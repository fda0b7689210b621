//! Compares two states of a repository without a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::mask::{mask, masked};
use super::normalize::normalized;
use super::outcome::{Action, Change, Outcome};
use super::side::{Place, Side};
use crate::commands::render_args::{RenderArgs, SourceArgs};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::object::ObjectId;
use crate::render::{All, Elsewhere, FluxKustomization, Rendered, Values};

/// Everything that the Flux Kustomizations of one side render.
#[derive(Default)]
struct State {
    label: String,
    renderings: Vec<Rendering>,
    /// Flux Kustomizations whose sources are not in the repository.
    elsewhere: Vec<Elsewhere>,
}

/// A Flux Kustomization of one side.
struct Rendering {
    kustomization: FluxKustomization,
    /// Directory, relative to the root.
    directory: String,
    outcome: Result<Rendered>,
}

impl Rendering {
    fn id(&self) -> (String, String) {
        let (namespace, name) = self.kustomization.id();
        (namespace.to_owned(), name.to_owned())
    }
}

/// Compares what all Flux Kustomizations below `--path` render at `from` and at `to`. Both are directories or revisions of
/// the Git repository that contains `--path`; without `to`, its working tree is used. `name` selects Kustomizations by
/// name. `progress` says whether progress is shown on a terminal.
///
/// # Errors
/// A side does not exist or has no Kustomization. Failures of single ones are in the outcomes.
pub(super) async fn compare(
    context: &Context,
    args: &RenderArgs,
    name: Option<&str>,
    (from, to): (&str, Option<&str>),
    progress: bool,
) -> Result<Vec<Outcome>> {
    let place = Place::of(&args.path)?;
    let sides = [place.side(context, Some(from))?, place.side(context, to)?];
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
    let mut before = render(context, before_args, before, progress).await?;
    let mut after = render(context, after_args, after, progress).await?;
    let elsewhere = left_out(context, &before, &after);
    for state in [&mut before, &mut after] {
        // What is not known at one side can be compared with nothing.
        state.renderings.retain(|it| !elsewhere.contains(&it.id()));
        state.renderings.retain(|it| name.is_none_or(|name| it.kustomization.id().1 == name));
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
    Ok(pairs.into_iter().map(|(before, after)| outcome(before, after, labels)).collect())
}

/// Warns about Flux Kustomizations whose sources are not in the repository, once for each.
fn left_out(context: &Context, before: &State, after: &State) -> BTreeSet<(String, String)> {
    let all: BTreeSet<&Elsewhere> = before.elsewhere.iter().chain(&after.elsewhere).collect();
    for Elsewhere { kustomization: (namespace, name), source } in &all {
        context.ui.warning(format!(
            "Kustomization/{namespace}/{name} is skipped: {source} or its path is not in this repository; \
            if it is, add --local-sources={source}=DIRECTORY"
        ));
    }
    all.into_iter().map(|left_out| left_out.kustomization.clone()).collect()
}

fn shown_path(args: &RenderArgs) -> &str {
    if args.path.is_empty() { "." } else { &args.path }
}

/// Renders all Flux Kustomizations of a side. Its files are not needed afterwards.
async fn render(context: &Context, args: RenderArgs, side: Side, progress: bool) -> Result<State> {
    let label = side.label.clone();
    let path = Path::new(&args.path).canonicalize().ok();
    if !path.is_some_and(|path| path.is_dir() && path.starts_with(&side.root)) {
        // What is not there at one side is new at the other.
        return match side.repository.absent(Path::new(&args.path)) {
            Some(why) => Err(Error::failed(format!("cannot read {} at {label}: {why}", args.path))),
            None => Ok(State { label, ..State::default() }),
        };
    }
    let status = context.ui.status();
    if progress {
        status.show(&format!("rendering the Flux Kustomizations at {label}"));
    }
    let renderer = args.renderer(context, Values::Repository)?;
    let Side { root, repository, copy, .. } = side;
    // Elsewhere, so that Ctrl-C is heard meanwhile.
    let all = tokio::task::spawn_blocking(move || match renderer.all(&repository, &|_| {}) {
        Err(error) if error.kind() == crate::error::ErrorKind::NotFound => {
            Ok(All { kustomizations: Vec::new(), elsewhere: Vec::new(), warnings: Vec::new() })
        }
        all => all,
    });
    let all = all.await.map_err(|error| Error::failed(format!("rendering at {label}: {error}")))??;
    drop((status, copy));
    for warning in &all.warnings {
        context.ui.warning(format!("at {label}: {warning}"));
    }
    let mut renderings = Vec::new();
    for (kustomization, outcome) in all.kustomizations {
        let directory = match kustomization.directory.strip_prefix(&root).unwrap_or(&kustomization.directory)
        {
            inside if inside.as_os_str().is_empty() => ".".to_owned(),
            inside => inside.display().to_string(),
        };
        if let Ok(rendered) = &outcome {
            for warning in &rendered.warnings {
                context.ui.warning(format!("at {label}: {}: {warning}", kustomization.id().1));
            }
        }
        renderings.push(Rendering { kustomization, directory, outcome });
    }
    Ok(State { label, renderings, elsewhere: all.elsewhere })
}

/// Pairs the Kustomizations of both sides: by name and directory, then by name if only one is left on each side.
fn pairs(before: Vec<Rendering>, after: Vec<Rendering>) -> Vec<(Option<Rendering>, Option<Rendering>)> {
    let mut before: Vec<Option<Rendering>> = before.into_iter().map(Some).collect();
    let mut pairs: Vec<(Option<Rendering>, Option<Rendering>)> = Vec::new();
    for after in after {
        let same = |other: &&mut Option<Rendering>| {
            other.as_ref().is_some_and(|other| other.id() == after.id() && other.directory == after.directory)
        };
        let found = before.iter_mut().find(same).and_then(Option::take);
        pairs.push((found, Some(after)));
    }
    for left in before.iter_mut().filter(|left| left.is_some()) {
        let Some(id) = left.as_ref().map(Rendering::id) else { continue };
        let mut alone = pairs.iter_mut().filter(|(before, after)| {
            before.is_none() && after.as_ref().is_some_and(|after| after.id() == id)
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
) -> Outcome {
    let mut outcome = Outcome::default();
    if let Some(rendering) = after.as_ref().or(before.as_ref()) {
        (outcome.namespace, outcome.name) = rendering.id();
        outcome.directory.clone_from(&rendering.directory);
    }
    let title = outcome.title();
    let mut objects = |rendering: Option<Rendering>, label: &str| match rendering.map(|it| it.outcome) {
        None => Some(Vec::new()),
        Some(Ok(rendered)) => Some(rendered.objects.into_iter().map(normalized).collect::<Vec<_>>()),
        Some(Err(error)) => {
            outcome.failures.push(error.context(format!("at {label}: {title}")));
            None
        }
    };
    let (before, after) = (objects(before, before_label), objects(after, after_label));
    if let (Some(before), Some(after)) = (before, after) {
        outcome.changes = changes(before, after);
    }
    outcome
}

/// Compares the objects of a pair.
fn changes(before: Vec<Value>, after: Vec<Value>) -> Vec<Change> {
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
