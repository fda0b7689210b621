//! Appliers of a repository: the Flux objects that render others, each rendered without a cluster.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::rendering::{self, Everything, RepositoryArgs};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{HELM_RELEASE, KUSTOMIZATION};
use crate::object::ObjectMeta;
use crate::redact::Redactor;
use crate::render::Repository;
use crate::render::helm::{Placed, RenderedRelease};

/// Flags that select appliers of a repository, and say how they are rendered.
#[derive(Debug, Clone, Args)]
pub struct ApplierArgs {
    /// Names of Kustomizations and HelmReleases, as NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Select all Kustomizations and HelmReleases in the directory, and the ones that they render
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    pub repository: RepositoryArgs,
}

/// Identity of an applier. Several clusters of a repository may have appliers of one name, so its place belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplierId {
    /// Kind, such as `Kustomization`.
    pub kind: &'static str,
    /// Namespace; empty if not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Directory of the file that defines it, relative to the root of the repository; empty if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub defined_in: String,
}

impl ApplierId {
    fn new(kind: &'static str, namespace: &str, name: &str, defined_in: String) -> Self {
        ApplierId { kind, namespace: namespace.to_owned(), name: name.to_owned(), defined_in }
    }

    /// `Kind/namespace/name`.
    pub fn subject(&self) -> String {
        let ApplierId { kind, namespace, name, .. } = self;
        let slash = if namespace.is_empty() { "" } else { "/" };
        format!("{kind}/{namespace}{slash}{name}")
    }

    /// [`ApplierId::subject`] and where it is defined.
    pub fn title(&self) -> String {
        match self.defined_in.as_str() {
            "" => self.subject(),
            directory => format!("{} (defined in {directory})", self.subject()),
        }
    }

    /// Whether the user means it by `name`, `namespace/name` or `kind/namespace/name`.
    fn is_named(&self, name: &str) -> bool {
        match name.split('/').collect::<Vec<_>>()[..] {
            [name] => self.name == name,
            [namespace, name] => self.namespace == namespace && self.name == name,
            [kind, namespace, name] => {
                self.kind.eq_ignore_ascii_case(kind) && self.namespace == namespace && self.name == name
            }
            _ => false,
        }
    }
}

/// A Flux object that renders others, and what it renders.
pub struct Applier {
    /// Which one.
    pub id: ApplierId,
    /// The object itself.
    pub object: Value,
    /// Directory of the file that defines the outermost Kustomization above it: that of a cluster.
    pub suite: String,
    /// What it renders.
    pub outcome: Result<Rendered>,
    /// Time that rendering took, if it is known.
    pub took: Duration,
}

/// What an applier renders.
pub struct Rendered {
    /// Objects, in their order.
    pub objects: Vec<Value>,
    /// File of each object relative to the root of the repository, or template of a chart; none if unknown.
    pub files: Vec<Option<String>>,
    /// What should be changed although it works.
    pub warnings: Vec<String>,
    /// Values that come from Secrets, and may be in the objects.
    pub secrets: Redactor,
}

/// An applier that cannot be rendered here.
pub struct Skipped {
    /// Which one.
    pub id: ApplierId,
    /// Why.
    pub reason: String,
}

/// The appliers of a repository.
#[derive(Default)]
pub struct Appliers {
    /// In the order of the files, each followed by those that it renders.
    pub rendered: Vec<Applier>,
    /// Those whose source is not here.
    pub skipped: Vec<Skipped>,
    /// Warnings about files.
    pub warnings: Vec<String>,
}

impl ApplierArgs {
    /// Checks that appliers are selected, by name or all. `example` is a command line that does.
    ///
    /// # Errors
    /// They are selected in neither way, or in both.
    pub fn check(&self, example: &str) -> Result<()> {
        match (self.names.first(), self.all) {
            (None, false) => {
                Err(Error::usage("a name or --all is required").hint(format!("for example: {example}")))
            }
            (Some(name), true) => {
                Err(Error::usage(format!("--all selects everything, but {name} was given"))
                    .hint("omit the name or --all"))
            }
            _ => Ok(()),
        }
    }

    /// Renders all appliers of the directory. The objects have the values of Secrets if `has_secrets`; they must not be
    /// shown.
    ///
    /// # Errors
    /// A flag is malformed, or nothing is found. Failures of single appliers are in the result.
    pub async fn render(&self, context: &Context, has_secrets: bool) -> Result<(Appliers, Arc<Repository>)> {
        // A wrong --path is named first.
        self.repository.renderer(context)?;
        let repository = Arc::new(Repository::around(&self.repository.path)?);
        let appliers = self.render_in(context, &repository, has_secrets).await?;
        Ok((appliers, repository))
    }

    /// Renders all appliers of the directory, which is in this repository.
    ///
    /// # Errors
    /// As [`ApplierArgs::render`].
    pub async fn render_in(
        &self,
        context: &Context,
        repository: &Arc<Repository>,
        has_secrets: bool,
    ) -> Result<Appliers> {
        let args = &self.repository;
        let renderer = args.renderer(context)?;
        let (charts, options) = args.releases(context, has_secrets).await?;
        let everything = rendering::everything(context, &renderer, repository, charts, options).await?;
        Ok(appliers(everything, repository))
    }

    /// Whether an applier is selected.
    pub fn is_selected(&self, id: &ApplierId) -> bool {
        self.all || self.names.iter().any(|name| id.is_named(name))
    }

    /// Keeps the selected ones.
    ///
    /// # Errors
    /// A name is not found.
    pub fn selected(&self, mut appliers: Appliers) -> Result<Appliers> {
        let ids =
            || appliers.rendered.iter().map(|it| &it.id).chain(appliers.skipped.iter().map(|it| &it.id));
        if let Some(missing) = self.names.iter().find(|name| !ids().any(|id| id.is_named(name))) {
            let path = self.repository.path.display();
            let message = format!("there is no Kustomization or HelmRelease named {missing:?} in {path}");
            return Err(Error::not_found(message)
                .hint("use --all, or add --path with the directory that contains its file"));
        }
        appliers.rendered.retain(|it| self.is_selected(&it.id));
        appliers.skipped.retain(|it| self.is_selected(&it.id));
        Ok(appliers)
    }
}

/// Everything that a repository renders, by applier.
fn appliers(everything: Everything, repository: &Repository) -> Appliers {
    let Everything { all, releases } = everything;
    let mut rendered = Vec::new();
    let mut releases = releases.into_iter().peekable();
    let mut add_releases = |by: Option<usize>, suite: &str, rendered: &mut Vec<Applier>| {
        while let Some((placed, outcome)) = releases.next_if(|(placed, _)| placed.by == by) {
            rendered.push(release(placed, outcome, suite, repository));
        }
    };
    let suites: Vec<String> =
        all.kustomizations.iter().map(|(it, _)| repository.shown(it.defined_in()).to_string()).collect();
    for (at, ((kustomization, outcome), run)) in all.kustomizations.into_iter().zip(all.runs).enumerate() {
        let suite = &suites[run.outermost];
        let (namespace, name) = kustomization.id();
        let outcome = outcome.map(|rendered| Rendered {
            objects: rendered.objects,
            files: rendered
                .files
                .iter()
                .map(|file| file.as_ref().map(|file| repository.shown(file).to_string()))
                .collect(),
            warnings: rendered.warnings.iter().map(ToString::to_string).collect(),
            secrets: Redactor::default(),
        });
        rendered.push(Applier {
            id: ApplierId::new(KUSTOMIZATION.kind, namespace, name, suites[at].clone()),
            suite: suite.clone(),
            outcome,
            took: run.took,
            object: kustomization.object,
        });
        add_releases(Some(at), suite, &mut rendered);
    }
    add_releases(None, "", &mut rendered);
    let skipped = all.elsewhere.into_iter().map(|it| Skipped {
        id: ApplierId::new(KUSTOMIZATION.kind, &it.kustomization.0, &it.kustomization.1, String::new()),
        reason: format!(
            "{0} or its path is not in this repository; if it is on this machine, add --local-sources={0}=DIRECTORY",
            it.source
        ),
    });
    Appliers { rendered, skipped: skipped.collect(), warnings: all.warnings }
}

/// A HelmRelease. If no Kustomization renders it, it is a suite of its own directory.
fn release(
    placed: Placed,
    outcome: Result<Arc<RenderedRelease>>,
    suite: &str,
    repository: &Repository,
) -> Applier {
    let (namespace, name) = (placed.object.namespace().unwrap_or_default(), placed.object.name());
    let defined_in = repository.shown(&placed.near).to_string();
    let took = outcome.as_ref().map(|rendered| rendered.took).unwrap_or_default();
    Applier {
        id: ApplierId::new(HELM_RELEASE.kind, namespace, name, defined_in.clone()),
        suite: if suite.is_empty() { defined_in } else { suite.to_owned() },
        outcome: outcome.and_then(|rendered| of_release(&rendered)),
        took,
        object: placed.object,
    }
}

fn of_release(release: &RenderedRelease) -> Result<Rendered> {
    let warnings = release.warnings.iter().map(|warning| release.secrets.redact(warning).into_owned());
    let mut rendered = Rendered {
        objects: Vec::new(),
        files: Vec::new(),
        warnings: warnings.collect(),
        secrets: release.secrets.clone(),
    };
    for manifest in release.all() {
        let objects = release.objects_of(manifest)?;
        rendered.files.extend(objects.iter().map(|_| Some(manifest.path.clone())));
        rendered.objects.extend(objects);
    }
    Ok(rendered)
}
