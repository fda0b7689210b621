//! Which dependencies of a chart are part of a release, under which names, and the values that charts take from them.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::coalesce::{Mode, tables};
use super::table::{deep_copy, empty, table_at, value_at};
use super::tree::{Index, ROOT, Tree};
use crate::chart::Dependency;
use crate::error::Error;
use crate::semver::{Constraint, Version};
use crate::template::{Map, Value};

impl Tree<'_> {
    /// Applies aliases, conditions, tags and imports of values, as Helm does before it renders.
    pub fn process_dependencies(&mut self, values: &Map) -> Result<(), Error> {
        self.enable(ROOT, values, "")?;
        self.import_values(ROOT)
    }

    fn dependencies(&mut self, index: Index) -> &mut Vec<Dependency> {
        &mut self.metadata[self.nodes[index].metadata].dependencies
    }

    fn lists_dependencies(&mut self, index: Index) -> &mut bool {
        &mut self.metadata[self.nodes[index].metadata].lists_dependencies
    }

    /// Removes the dependencies that are disabled.
    fn enable(&mut self, index: Index, values: &Map, path: &str) -> Result<(), Error> {
        if !*self.lists_dependencies(index) {
            return Ok(());
        }
        let requests = self.metadata(index).dependencies.clone();
        let children = self.children(index).to_vec();
        let is_requested = |child: &Index| {
            let found = self.metadata(*child);
            requests.iter().any(|it| it.name == found.name && is_compatible(&it.version, &found.version))
        };
        let mut kept: Vec<Index> = children.iter().copied().filter(|child| !is_requested(child)).collect();
        for request in &requests {
            kept.extend(self.copy_for(&children, request));
        }
        for dependency in self.dependencies(index) {
            dependency.enabled = true;
            if !dependency.alias.is_empty() {
                dependency.name.clone_from(&dependency.alias);
            }
        }
        self.set_children(index, kept);

        let values = self.combined(index, values, Mode::Coalesce)?;
        let mut dependencies = self.dependencies(index).clone();
        self.apply_tags(&mut dependencies, &values);
        self.apply_conditions(&mut dependencies, &values, path);
        let disabled: HashSet<&str> =
            dependencies.iter().filter(|it| !it.enabled).map(|it| it.name.as_str()).collect();
        let mut kept = self.children(index).to_vec();
        kept.retain(|child| !disabled.contains(self.name(*child)));
        for child in kept.clone() {
            let path = format!("{path}{}.", self.name(child));
            self.enable(child, &values, &path)?;
        }
        let listed: Vec<_> =
            dependencies.iter().filter(|it| !disabled.contains(it.name.as_str())).cloned().collect();
        *self.lists_dependencies(index) = !listed.is_empty();
        *self.dependencies(index) = listed;
        self.set_children(index, kept);
        Ok(())
    }

    /// Copies the chart that a dependency asks for, under the name that the dependency gives it.
    fn copy_for(&mut self, charts: &[Index], dependency: &Dependency) -> Option<Index> {
        let found = charts.iter().copied().find(|index| {
            let found = self.metadata(*index);
            found.name == dependency.name && is_compatible(&dependency.version, &found.version)
        })?;
        let mut node = self.nodes[found].clone();
        let mut metadata = self.metadata(found).clone();
        if !dependency.alias.is_empty() {
            metadata.name.clone_from(&dependency.alias);
        }
        node.metadata = self.metadata.len();
        self.metadata.push(metadata);
        let children = std::mem::take(&mut node.children);
        let copy = self.nodes.len();
        self.nodes.push(node);
        let mut copies = Vec::new();
        for child in children {
            // The charts in it are shared until their own dependencies are processed.
            copies.push(self.nodes.len());
            self.nodes.push(self.nodes[child].clone());
        }
        self.set_children(copy, copies);
        Some(copy)
    }

    fn apply_tags(&mut self, dependencies: &mut [Dependency], values: &Map) {
        let Some(tags) = table_at(values, "tags") else { return };
        for dependency in dependencies {
            let mut found = Vec::new();
            for tag in &dependency.tags {
                match tags.get(tag.as_bytes()) {
                    Some(Value::Bool(value)) => found.push(value),
                    Some(_) => {
                        let name = &dependency.name;
                        self.warnings.push(format!("tag {tag} of the dependency {name} is not a boolean"));
                    }
                    None => {}
                }
            }
            dependency.enabled = found.is_empty() || found.contains(&true);
        }
    }

    fn apply_conditions(&mut self, dependencies: &mut [Dependency], values: &Map, path: &str) {
        for dependency in dependencies {
            for condition in dependency.condition.trim().split(',').filter(|it| !it.is_empty()) {
                match value_at(values, &format!("{path}{condition}")) {
                    Some(Value::Bool(value)) => {
                        dependency.enabled = value;
                        break;
                    }
                    Some(_) => {
                        let name = &dependency.name;
                        let warning =
                            format!("condition {condition} of the dependency {name} is not a boolean");
                        self.warnings.push(warning);
                    }
                    None => {}
                }
            }
        }
    }

    /// Takes over values of dependencies, from the innermost charts outwards.
    fn import_values(&mut self, index: Index) -> Result<(), Error> {
        for child in self.children(index).to_vec() {
            self.import_values(child)?;
        }
        if !*self.lists_dependencies(index) {
            return Ok(());
        }
        let values = self.combined(index, &empty(), Mode::Merge)?;
        let imported = empty();
        let mut dependencies = self.dependencies(index).clone();
        let mut warnings = Vec::new();
        for dependency in &mut dependencies {
            let imports: Vec<(String, String)> =
                dependency.import_values.iter().filter_map(import_of).collect();
            for (child, parent) in &imports {
                let path = format!("{}.{child}", dependency.name);
                match table_at(&values, &path) {
                    Some(table) => {
                        tables(&imported, &at_path(parent, table), "", Mode::Merge, &mut warnings);
                    }
                    None => warnings.push(format!(
                        "import-values of the dependency {}: there is no map {child} in its values",
                        dependency.name
                    )),
                }
            }
            dependency.import_values = imports
                .into_iter()
                .map(|(child, parent)| serde_json::json!({"child": child, "parent": parent}))
                .collect();
        }
        let values = deep_copy(&values);
        tables(&values, &imported, "", Mode::Merge, &mut warnings);
        self.warnings.append(&mut warnings);
        self.nodes[index].values = values;
        *self.dependencies(index) = dependencies;
        Ok(())
    }
}

/// The path in the dependency, and the one in the chart.
fn import_of(import: &Json) -> Option<(String, String)> {
    match import {
        Json::String(name) => Some((format!("exports.{name}"), ".".to_owned())),
        Json::Object(entries) => {
            let path = |name: &str| {
                entries.get(name).map_or_else(|| "<nil>".to_owned(), |it| Value::from(it).to_string())
            };
            Some((path("child"), path("parent")))
        }
        _ => None,
    }
}

/// Puts a map at a path in a map.
fn at_path(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |table, part| {
        let outer = empty();
        outer.insert(part.into(), Value::Map(table));
        outer
    })
}

/// Reports whether a version is in a range. What is neither is not.
pub(crate) fn is_compatible(range: &str, version: &str) -> bool {
    match (Constraint::parse(range), Version::parse(version)) {
        (Ok(range), Ok(version)) => range.allows(&version),
        _ => false,
    }
}
