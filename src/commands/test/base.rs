//! The state of `--base`, and what changes since then.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::changes;
use super::validate::Finding;
use crate::commands::appliers::{ApplierArgs, ApplierId, Appliers};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::render::Repository;
use crate::render::states::{Place, Side, Start};

/// Renders the appliers of the working tree and of the state `base`, and returns those of the working tree with what
/// changes since `base`.
///
/// # Errors
/// A state does not exist, or there is nothing in the working tree. Failures of single appliers are in the result.
pub(super) async fn render(
    context: &Context,
    args: &ApplierArgs,
    base: &str,
) -> Result<(Appliers, Arc<Repository>, BTreeMap<ApplierId, Vec<Finding>>)> {
    let given = args.repository.path.to_string_lossy().into_owned();
    let place = Place::of(&given)?;
    let start = if Path::new(base).is_dir() { Start::At(base) } else { Start::MergeBase(base) };
    let sides = [place.start(context, start, None)?, place.side(context, None)?];
    let path = place.path(&given, &sides);
    let args_of = |side: &Side| {
        let mut args = args.clone();
        args.repository.path = side.root.join(&path);
        for source in &mut args.repository.sources.local_sources {
            *source = place.source(source, side);
        }
        args
    };
    let [before_args, after_args] = [args_of(&sides[0]), args_of(&sides[1])];
    let [before, after] = sides;
    let before = side(context, &before_args, before, &path).await?.0;
    let (after, repository) = side(context, &after_args, after, &path).await?;
    if after.rendered.is_empty() && after.skipped.is_empty() && before.rendered.is_empty() {
        return Err(Error::not_found(format!("there is no Kustomization or HelmRelease in {given}"))
            .hint("add --path with the directory that contains their files"));
    }
    let changes = changes::compare(&before, &after, base);
    Ok((after, repository, changes))
}

/// Renders the appliers of a state; none if it does not have the directory.
async fn side(
    context: &Context,
    args: &ApplierArgs,
    side: Side,
    path: &Path,
) -> Result<(Appliers, Arc<Repository>)> {
    let Side { label, root, repository, copy } = side;
    let repository = Arc::new(repository);
    let directory = root.join(path);
    let is_there =
        directory.canonicalize().is_ok_and(|directory| directory.is_dir() && directory.starts_with(&root));
    if !is_there {
        return match repository.absent(&directory) {
            Some(why) => Err(Error::failed(format!("cannot read {} at {label}: {why}", path.display()))),
            None => Ok((Appliers::default(), repository)),
        };
    }
    let appliers = match args.render_in(context, &repository, true).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Appliers::default(),
        appliers => appliers.map_err(|error| error.context(format!("at {label}")))?,
    };
    drop(copy);
    Ok((appliers, repository))
}
