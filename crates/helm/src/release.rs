//! Renders a chart with values as Helm installs it.

mod capabilities;
mod context;
mod engine;
mod failure;
mod files;
mod glob;
mod hook;
mod manifest;
mod output;
mod post_render;
mod values;

use std::collections::BTreeMap;

pub use capabilities::{Capabilities, KubeVersion};
pub use hook::{Hook, HookEvent};
pub use manifest::Manifest;
pub(crate) use manifest::split;
pub use output::Shown;
pub use post_render::{PostRenderer, Strategy};

use crate::chart::Chart;
use crate::error::Error;
use crate::schema::{self, SchemaCheck};
use crate::template::{Functions, Map, Parsed};
use crate::values::{ROOT, Tree, is_compatible};

/// Longest name of a release.
const MAX_NAME: usize = 53;

/// How a chart is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Name of the release.
    pub name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// Number of the revision; 1 is the installation.
    pub revision: i64,
    /// Whether the release is there already.
    pub is_upgrade: bool,
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// What is checked with `values.schema.json`.
    pub schema_check: SchemaCheck,
}

impl Options {
    /// The installation of a release, in a cluster as `helm template` assumes it.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            revision: 1,
            is_upgrade: false,
            capabilities: Capabilities::default(),
            schema_check: SchemaCheck::default(),
        }
    }
}

/// A rendered chart.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// All manifests but hooks, in the order of installation.
    pub manifests: Vec<Manifest>,
    /// Hooks, in the order of installation.
    pub hooks: Vec<Hook>,
    /// CRDs of the directory `crds`, of charts in the chart too.
    pub crds: Vec<Manifest>,
    /// `NOTES.txt` of the chart.
    pub notes: String,
    /// The values that the chart's templates got.
    pub values: Map,
    /// What the user or the author of the chart should know.
    pub warnings: Vec<String>,
}

/// Renders a chart with the functions that its templates call. Templates that include themselves need a large stack:
/// [`on_large_stack`](crate::template::on_large_stack).
pub fn render(
    chart: &Chart,
    values: &Map,
    options: &Options,
    functions: Functions,
    post_renderer: Option<PostRenderer<'_>>,
) -> Result<Rendered, Error> {
    render_parsed(chart, values, options, functions, post_renderer, &mut Parsed::default())
}

/// Like [`render`], and keeps the parsed templates for the next render of the same chart.
pub fn render_parsed(
    chart: &Chart,
    values: &Map,
    options: &Options,
    functions: Functions,
    post_renderer: Option<PostRenderer<'_>>,
    parsed: &mut Parsed,
) -> Result<Rendered, Error> {
    check_name(&options.name)?;
    let mut tree = Tree::new(chart);
    if chart.metadata.deprecated {
        tree.warn(format!("{}: this chart is deprecated", chart.name()));
    }
    tree.process_dependencies(values)?;
    let values = tree.coalesced(values)?;
    for warning in schema::check(&tree, &values, options.schema_check)? {
        tree.warn(warning);
    }
    let wanted = &chart.metadata.kube_version;
    let kube_version = &options.capabilities.kube_version;
    if !wanted.is_empty() && !is_compatible(wanted, &kube_version.normalized) {
        return Err(Error::new(format!(
            "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
            kube_version.version
        )));
    }
    let renderables = context::renderables(&tree, &values, options);
    let mut files = engine::render(&renderables, functions, parsed)?;
    let notes = take_notes(&mut files, tree.name(ROOT));
    if let Some(post_renderer) = post_renderer {
        files = post_render::run(files, post_renderer)?;
    }
    let (hooks, manifests) = manifest::sorted(&files)?;
    let crds = crds(&tree);
    Ok(Rendered { manifests, hooks, crds, notes, values, warnings: tree.into_warnings() })
}

fn check_name(name: &str) -> Result<(), Error> {
    let is_edge = |byte: Option<u8>| byte.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    let is_label = |label: &str| {
        is_edge(label.bytes().next())
            && is_edge(label.bytes().last())
            && label.bytes().all(|it| is_edge(Some(it)) || it == b'-')
    };
    if name.len() <= MAX_NAME && name.split('.').all(is_label) {
        return Ok(());
    }
    Err(Error::new(format!(
        "invalid release name {name:?}: it must be lower-case letters, digits, hyphens and dots, start and end with a \
         letter or digit, and have at most {MAX_NAME} characters"
    )))
}

/// Removes the notes of all charts, and returns those of the chart itself.
fn take_notes(files: &mut BTreeMap<String, String>, chart: &str) -> String {
    let notes = files.remove(&format!("{chart}/templates/NOTES.txt")).unwrap_or_default();
    files.retain(|path, _| !path.ends_with("NOTES.txt"));
    notes
}

fn crds(tree: &Tree<'_>) -> Vec<Manifest> {
    fn add(tree: &Tree<'_>, index: crate::values::Index, crds: &mut Vec<Manifest>) {
        let path = tree.path(index);
        let is_manifest = |name: &str| {
            let name = name.to_ascii_lowercase();
            [".yaml", ".yml", ".json"].iter().any(|extension| name.ends_with(extension))
        };
        for file in &tree.chart(index).files {
            if file.name.starts_with("crds/") && is_manifest(&file.name) {
                crds.push(Manifest {
                    path: format!("{path}/{}", file.name),
                    kind: "CustomResourceDefinition".to_owned(),
                    content: String::from_utf8_lossy(&file.data).into_owned(),
                });
            }
        }
        for child in tree.children(index) {
            add(tree, *child, crds);
        }
    }
    let mut crds = Vec::new();
    add(tree, ROOT, &mut crds);
    crds
}
