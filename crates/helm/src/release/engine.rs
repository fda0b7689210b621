//! Renders the templates of a chart and of those in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::context::Renderable;
use super::{failure, values};
use crate::error::Error;
use crate::template::{Functions, Limits, MissingKey, Parsed, Run, Templates, Value};

/// Bounds of all templates of a release together.
const LIMITS: Limits = Limits { output: 24 << 20, made: 128 << 20, steps: 100_000_000, depth: 20_000 };

/// Renders templates, and returns the output of those that are not partials, by path.
pub(super) fn render(
    renderables: &[Renderable],
    functions: Functions,
    parsed: &mut Parsed,
) -> Result<BTreeMap<String, String>, Error> {
    let mut templates = Templates::new("gotpl", functions).missing_key(MissingKey::Zero).limits(LIMITS);
    let order = order(renderables);
    for Renderable { path, text, .. } in &order {
        let outcome = templates.parse_once(parsed, path, text);
        outcome.map_err(|error| failure::of_parsing(path, &error))?;
    }
    let mut run = Run::default();
    let mut rendered = BTreeMap::new();
    for Renderable { path, data, base_path, .. } in order {
        let file = path.rsplit('/').next().unwrap_or_default();
        if file.starts_with('_') {
            continue;
        }
        let template =
            Value::map([("Name", Value::from(path.as_str())), ("BasePath", Value::from(base_path.as_str()))]);
        let template = match template {
            Value::Map(map) => Value::Map(values::named(&map)),
            other => other,
        };
        data.insert("Template".into(), template);
        let output = templates
            .execute_in(&mut run, path, Value::Map(data.clone()))
            .map_err(|error| failure::of_execution(&error))?;
        let output = String::from_utf8(output)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        rendered.insert(path.to_owned(), output.replace("<no value>", ""));
    }
    Ok(rendered)
}

/// Templates in the order in which they are parsed and rendered: the deepest first, each depth from the end of the
/// alphabet. A later definition replaces an earlier one of the same name.
fn order(renderables: &[Renderable]) -> Vec<&Renderable> {
    let mut order: Vec<&Renderable> = renderables.iter().rev().collect();
    order.sort_by_cached_key(|it| Reverse((it.path.matches('/').count(), it.path.as_str())));
    order.dedup_by(|other, last| other.path == last.path);
    order
}
