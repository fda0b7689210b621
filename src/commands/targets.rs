//! The objects that a verb is about: those with the given names, with certain labels, or all of a namespace.

use clap::Args;
use edgeflux_kustomize::LabelSelector;
use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::{name_required, unique};
use crate::cluster::{Cluster, ListSelector};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{Kind, Product};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Concurrent changes of objects: enough for a fast server, few enough for a slow link.
const AT_ONCE: usize = 10;

/// The arguments that select the objects of a verb.
#[derive(Debug, Args)]
pub struct Targets {
    /// Name of an object
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Select all objects of the kind in the namespace
    #[arg(long)]
    all: bool,
    /// Select the objects with these labels, such as app=web,tier!=db
    #[arg(short = 'l', long, alias = "label-selector", value_name = "SELECTOR")]
    selector: Option<String>,
}

/// Which objects are selected.
#[derive(Debug, PartialEq, Eq)]
pub enum Selected<'a> {
    /// Those with these names, each once.
    Named(Vec<&'a str>),
    /// Those with these labels.
    Labeled(&'a str),
    /// All of them.
    All,
}

impl<'a> Selected<'a> {
    /// The label selector for a list.
    pub fn labels(&self) -> Option<&'a str> {
        match self {
            Selected::Labeled(labels) => Some(labels),
            Selected::Named(_) | Selected::All => None,
        }
    }
}

impl Targets {
    /// Whether objects are selected otherwise than by name.
    pub fn is_plural(&self) -> bool {
        self.all || self.labels().is_some()
    }

    /// Returns which objects of a kind are selected. Nothing has been requested yet.
    ///
    /// # Errors
    /// Nothing is selected, an invalid selector, or several ways to select at once.
    pub fn selected(&self, kind: &Kind) -> Result<Selected<'_>> {
        match (self.names.as_slice(), self.all, self.labels()) {
            ([], false, None) => Err(name_required(kind, "add one or more names, --selector (-l) or --all")),
            ([], true, None) => Ok(Selected::All),
            ([], false, Some(labels)) => check_labels(labels).map(|()| Selected::Labeled(labels)),
            (names, false, None) => Ok(Selected::Named(unique(names))),
            (names, all, labels) => Err(contradiction(names, all, labels)),
        }
    }

    /// Returns which objects are selected of several kinds, which cannot be named.
    ///
    /// # Errors
    /// As for [`Targets::selected`]; or names.
    pub fn selected_of_all(&self) -> Result<Selected<'_>> {
        match (self.names.as_slice(), self.labels()) {
            ([], None) => Ok(Selected::All),
            ([], Some(labels)) if !self.all => check_labels(labels).map(|()| Selected::Labeled(labels)),
            ([], labels) => Err(contradiction(&[], true, labels)),
            (names, _) => Err(Error::usage(format!("names are not accepted with all: {}", names.join(" ")))
                .hint("to select objects by name, write their kind instead of all")),
        }
    }

    /// The label selector. An empty one counts as not given, since it would select everything.
    fn labels(&self) -> Option<&str> {
        self.selector.as_deref().filter(|labels| !labels.trim().is_empty())
    }
}

/// What became of a selected object.
pub enum Change {
    /// It is as it should be.
    Made,
    /// It does not exist. The hints say where objects with its name are.
    Missing(Vec<String>),
    /// It could not be read or changed.
    Failed(Error),
}

impl Selected<'_> {
    /// Creates the error for a selection that no object of a kind matches.
    pub async fn nothing_found(&self, context: &Context, kind: &Kind, message: &str) -> Result<Error> {
        let (error, namespace) = (Error::not_found(message), context.namespace());
        Ok(match self.labels() {
            Some(labels) => {
                error.hint(format!("no {} in namespace {namespace} matches {labels:?}", kind.kind))
            }
            None => context.cluster().await?.hint_other_namespaces(error, &Resource::from(kind)).await,
        })
    }

    /// Changes the selected objects of a kind in the namespace of the call concurrently, reports each in its order, and
    /// returns their number. `patch` returns the merge patch that makes an object what it should be; none if it already is.
    ///
    /// # Errors
    /// The objects cannot be listed, or the cluster is gone.
    pub async fn change(
        &self,
        context: &Context,
        kind: &'static Kind,
        patch: impl Fn(&Value) -> Option<Value>,
        mut report: impl FnMut(&str, Change),
    ) -> Result<usize> {
        let cluster = context.cluster().await?;
        let namespace = context.namespace();
        // The name of each object and, if it has been read, its patch.
        let objects: Vec<(String, Option<Option<Value>>)> = match self {
            Selected::Named(names) => names.iter().map(|name| ((*name).to_owned(), None)).collect(),
            Selected::Labeled(_) | Selected::All => {
                let selector = ListSelector { labels: self.labels(), ..ListSelector::namespace(namespace) };
                let resource = Resource::from(kind);
                let found = |object: Value| Some((object.name().to_owned(), Some(patch(&object))));
                let found = cluster.list_mapped(&resource, &selector, found).await?;
                found.ok_or_else(|| cluster.not_served(&resource))?.items
            }
        };
        let changes = objects.iter().map(async |(name, known)| {
            let at = ObjectRef::new(kind, namespace, name);
            match make(cluster, &at, known.as_ref(), &patch).await {
                Ok(change) => Ok((name, change)),
                // The other objects would fail in the same way.
                Err(error) if error.kind() == ErrorKind::Unreachable => Err(error),
                Err(error) => Ok((name, Change::Failed(error))),
            }
        });
        let mut changes = stream::iter(changes).buffered(AT_ONCE);
        while let Some(change) = changes.next().await {
            let (name, change) = change?;
            report(name, change);
        }
        Ok(objects.len())
    }
}

async fn make(
    cluster: &Cluster,
    at: &ObjectRef,
    known: Option<&Option<Value>>,
    patch: &impl Fn(&Value) -> Option<Value>,
) -> Result<Change> {
    let wanted = if let Some(known) = known {
        known.clone()
    } else if let Some(object) = cluster.find_served(at).await? {
        patch(&object)
    } else {
        let missing = cluster.hint_namespaces_of(Error::not_found(""), at).await;
        return Ok(Change::Missing(missing.hints().to_vec()));
    };
    if let Some(wanted) = wanted {
        cluster.patch(at, &wanted).await?;
    }
    Ok(Change::Made)
}

fn contradiction(names: &[String], all: bool, labels: Option<&str>) -> Error {
    let names = (!names.is_empty()).then(|| format!("names ({})", names.join(" ")));
    let ways = [names, labels.map(|_| "--selector".to_owned()), all.then(|| "--all".to_owned())];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    Error::usage(format!("{} cannot be used together", ways.join(" and ")))
        .hint("select objects either by name, with --selector (-l) or with --all")
}

/// Whether a list of several kinds leaves out one that may not be listed: most clusters do not have flux-operator.
pub fn is_optional(kind: &Kind, error: &Error) -> bool {
    kind.product == Product::FluxOperator && error.kind() == ErrorKind::Forbidden
}

/// Checks the syntax of a label selector (`labels.Parse` of apimachinery).
///
/// # Errors
/// An invalid selector.
pub fn check_labels(text: &str) -> Result<()> {
    LabelSelector::parse(text).map(drop).map_err(|error| {
        let hint = error.hint.map(String::from);
        hint.into_iter().fold(Error::usage(error.message), Error::hint)
    })
}
