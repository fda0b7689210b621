//! What each chart's templates get.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Options;
use super::files::Files;
use super::values::named;
use crate::chart::{Dependency, Maintainer, Metadata};
use crate::template::{Element, Map, Value};
use crate::values::{Index, ROOT, Tree, table_at};

/// A template and what it gets.
pub(super) struct Renderable {
    pub path: String,
    pub text: Arc<str>,
    pub data: Map,
    /// Path of the directory of the templates.
    pub base_path: String,
}

/// The templates of a chart and of those in it. Of those with the same path, the last one counts.
pub(super) fn renderables(tree: &Tree<'_>, values: &Map, options: &Options) -> Vec<Renderable> {
    let release = Value::map([
        ("Name", Value::from(options.name.as_str())),
        ("Namespace", Value::from(options.namespace.as_str())),
        ("IsUpgrade", Value::Bool(options.is_upgrade)),
        ("IsInstall", Value::Bool(!options.is_upgrade)),
        ("Revision", Value::Int(options.revision)),
        ("Service", Value::from("Helm")),
    ]);
    let mut builder =
        Builder { tree, release, capabilities: options.capabilities.value(), templates: Vec::new() };
    builder.chart(ROOT, &named(values));
    builder.templates
}

fn empty() -> Map {
    Map::new(Element::Any, BTreeMap::new())
}

struct Builder<'t, 'c> {
    tree: &'t Tree<'c>,
    release: Value,
    capabilities: Value,
    templates: Vec<Renderable>,
}

impl Builder<'_, '_> {
    /// Adds the templates of a chart and of those in it, and returns what they get.
    fn chart(&mut self, index: Index, values: &Map) -> Map {
        let tree = self.tree;
        let (chart, metadata) = (tree.chart(index), tree.metadata(index));
        let (data, subcharts) = (empty(), empty());
        for (name, value) in [
            ("Chart", metadata_value(metadata, tree.is_root(index))),
            ("Files", Value::object(Files::new(&chart.files))),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::Map(values.clone())),
            ("Subcharts", Value::Map(subcharts.clone())),
        ] {
            data.insert(name.into(), value);
        }
        for child in tree.children(index) {
            let name = tree.name(*child);
            let below = named(&table_at(values, name).unwrap_or_else(empty));
            let child = self.chart(*child, &below);
            subcharts.insert(name.into(), Value::Map(child));
        }
        let path = tree.path(index);
        for template in &chart.templates {
            let is_partial = template.name.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
            if metadata.is_library() && !is_partial {
                continue;
            }
            self.templates.push(Renderable {
                path: format!("{path}/{}", template.name),
                text: template.data.text(),
                data: named(&data),
                base_path: format!("{path}/templates"),
            });
        }
        data
    }
}

fn texts(texts: &[String]) -> Value {
    Value::list(texts.iter().map(|text| Value::from(text.as_str())))
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// `.Chart`.
fn metadata_value(metadata: &Metadata, is_root: bool) -> Value {
    let annotations = if metadata.has_annotations {
        let annotations = metadata.annotations.iter();
        Map::new(
            Element::String,
            annotations.map(|(key, value)| (key.as_str().into(), text(value))).collect(),
        )
    } else {
        Map::nil(Element::String)
    };
    Value::map([
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        ("Maintainers", Value::list(metadata.maintainers.iter().map(maintainer_value))),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", Value::Bool(metadata.deprecated)),
        ("Annotations", Value::Map(annotations)),
        ("KubeVersion", text(&metadata.kube_version)),
        ("Dependencies", Value::list(metadata.dependencies.iter().map(dependency_value))),
        ("Type", text(&metadata.kind)),
        ("IsRoot", Value::Bool(is_root)),
    ])
}

fn maintainer_value(maintainer: &Maintainer) -> Value {
    Value::map([
        ("Name", text(&maintainer.name)),
        ("Email", text(&maintainer.email)),
        ("URL", text(&maintainer.url)),
    ])
}

fn dependency_value(dependency: &Dependency) -> Value {
    Value::map([
        ("Name", text(&dependency.name)),
        ("Version", text(&dependency.version)),
        ("Repository", text(&dependency.repository)),
        ("Condition", text(&dependency.condition)),
        ("Tags", texts(&dependency.tags)),
        ("Enabled", Value::Bool(dependency.enabled)),
        ("ImportValues", Value::list(dependency.import_values.iter().map(import_value))),
        ("Alias", text(&dependency.alias)),
    ])
}

/// An import, which in Go is a map of texts once it has been processed.
fn import_value(import: &Json) -> Value {
    let Json::Object(entries) = import else { return Value::from(import) };
    let entries = entries.iter().map(|(key, value)| (key.as_str().into(), Value::from(value))).collect();
    Value::Map(Map::new(Element::String, entries))
}
