//! Values over the defaults of charts, in the steps of Helm.

use std::collections::HashSet;

use super::table::{deep_copy, empty, shallow_copy};
use super::tree::{Index, Tree};
use crate::error::Error;
use crate::template::{Map, Text, Value};

const GLOBAL: &str = "global";

/// What becomes of nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// They remove values.
    Coalesce,
    /// They stay, for a later coalescing.
    Merge,
}

/// Adds the defaults of a chart and of those in it to values.
pub(super) fn coalesce(
    tree: &Tree<'_>,
    index: Index,
    values: &Map,
    prefix: &str,
    mode: Mode,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    defaults(tree, index, values, prefix, mode, warnings);
    for child in tree.children(index) {
        let name = tree.name(*child);
        let below = match values.get(name.as_bytes()) {
            Some(Value::Map(below)) => below,
            None => {
                let below = empty();
                values.insert(name.into(), Value::Map(below.clone()));
                below
            }
            Some(other) => {
                let message =
                    format!("the value {name} is for the chart {name}, so it must be a map, not {other}");
                return Err(Error::new(message));
            }
        };
        let prefix = joined(prefix, tree.name(index));
        globals(&below, values, &prefix, warnings);
        coalesce(tree, *child, &below, &prefix, mode, warnings)?;
    }
    Ok(())
}

/// Adds the values of a chart.
fn defaults(
    tree: &Tree<'_>,
    index: Index,
    values: &Map,
    prefix: &str,
    mode: Mode,
    warnings: &mut Vec<String>,
) {
    let prefix = joined(prefix, tree.name(index));
    let defaults = deep_copy(&tree.nodes[index].values);
    let entries = defaults.entries().clone();
    for (key, default) in entries {
        match values.get(key.as_bytes()) {
            None => {
                if mode == Mode::Coalesce {
                    match &default {
                        Value::Nil => continue,
                        Value::Map(map) => remove_nils(map),
                        _ => {}
                    }
                }
                values.insert(key, default);
            }
            Some(Value::Nil) if mode == Mode::Coalesce => {
                values.remove(key.as_bytes());
            }
            Some(Value::Map(value)) => match default {
                Value::Map(default) => {
                    let is_child = tree
                        .children(index)
                        .iter()
                        .any(|child| tree.name(*child).as_bytes() == key.as_bytes());
                    let mode = if is_child { Mode::Merge } else { mode };
                    if mode == Mode::Coalesce {
                        remove_nils(&default);
                    }
                    tables(&value, &default, &joined(&prefix, &key.lossy()), mode, warnings);
                }
                Value::Nil => {}
                _ => warnings.push(format!("skipped value for {prefix}.{key}: Not a table.")),
            },
            Some(_) => {}
        }
    }
}

/// Gives the globals of a chart to a chart in it.
fn globals(below: &Map, above: &Map, prefix: &str, warnings: &mut Vec<String>) {
    let of = |map: &Map| match map.get(GLOBAL.as_bytes()) {
        None => Some(empty()),
        Some(Value::Map(globals)) => Some(globals),
        Some(_) => None,
    };
    let Some(into) = of(below) else {
        warnings.push(format!("skipping globals because destination {GLOBAL} is not a table."));
        return;
    };
    let Some(from) = of(above) else {
        warnings.push(format!("skipping globals because source {GLOBAL} is not a table."));
        return;
    };
    let entries = from.entries().clone();
    for (key, value) in entries {
        match (value, into.get(key.as_bytes())) {
            (Value::Map(value), None) => {
                into.insert(key, Value::Map(shallow_copy(&value)));
            }
            (Value::Map(value), Some(Value::Map(old))) => {
                let value = shallow_copy(&value);
                tables(&value, &old, &joined(prefix, &key.lossy()), Mode::Merge, warnings);
                into.insert(key, Value::Map(value));
            }
            (Value::Map(_), Some(_)) => {
                warnings.push(format!("Conflict: cannot merge map onto non-map for \"{key}\". Skipping."));
            }
            (_, Some(Value::Map(_))) => warnings.push(format!("key {key} is table. Skipping")),
            (value, _) => {
                into.insert(key, value);
            }
        }
    }
    below.insert(GLOBAL.into(), Value::Map(into));
}

/// Merges a map into another, whose values come first.
pub(super) fn tables(into: &Map, from: &Map, prefix: &str, mode: Mode, warnings: &mut Vec<String>) {
    if into.is_same(from) {
        return;
    }
    let not_nil: HashSet<Text> = from
        .entries()
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Nil))
        .map(|(key, _)| key.clone())
        .collect();
    for (key, value) in into.entries().iter() {
        if matches!(value, Value::Nil) {
            from.insert(key.clone(), Value::Nil);
        }
    }
    let entries = from.entries().clone();
    for (key, value) in entries {
        match (into.get(key.as_bytes()), value) {
            (Some(Value::Nil), _) if mode == Mode::Coalesce && not_nil.contains(&key) => {
                into.remove(key.as_bytes());
            }
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Map(old)), Value::Map(value)) => {
                tables(&old, &value, &joined(prefix, &key.lossy()), mode, warnings);
            }
            (Some(_), Value::Map(value)) => {
                let key = joined(prefix, &key.lossy());
                warnings
                    .push(format!("cannot overwrite table with non table for {key} ({})", Value::Map(value)));
            }
            (Some(Value::Map(_)), value) if !matches!(value, Value::Nil) => {
                let key = joined(prefix, &key.lossy());
                warnings
                    .push(format!("destination for {key} is a table. Ignoring non-table value ({value})"));
            }
            _ => {}
        }
    }
}

/// Removes what is null, at any depth.
fn remove_nils(map: &Map) {
    let entries = map.entries().clone();
    for (key, value) in entries {
        match value {
            Value::Nil => {
                map.remove(key.as_bytes());
            }
            Value::Map(map) => remove_nils(&map),
            _ => {}
        }
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
