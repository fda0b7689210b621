//! `flux events`: the events of Kubernetes that concern Flux's objects.

mod entry;
mod follow;
mod selection;
#[cfg(test)]
mod tests;
mod view;

use clap::Args;
use futures::future::join_all;

use super::Command;
use crate::args::values;
use crate::cluster::{Cluster, KubernetesEvent};
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::object::Resource;
use crate::output::{Format, Report};
use entry::Entry;
use selection::{For, Selection};
use view::{Objects, Table, View};

/// Types of events.
const TYPES: [&str; 2] = ["Normal", "Warning"];

/// The arguments of `flux events`.
#[derive(Debug, Args)]
pub struct Events {
    /// Show the events in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Show the events of a kind, or of an object and the objects it refers to, such as Kustomization/apps
    #[arg(long = "for", value_name = "KIND[/NAME[.NAMESPACE]]")]
    object: Option<String>,
    /// Show only events of these types: Normal, Warning
    #[arg(long, value_name = "TYPE,...", value_parser = values::list, action = clap::ArgAction::Append)]
    types: Vec<values::List>,
    /// After listing, watch for new events
    #[arg(short, long)]
    watch: bool,
    /// Output format: table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Format::parse)]
    output: Format,
}

impl Described for Events {
    const ABOUT: About = About::new("events", "Show the events of Flux objects")
        .details(
            "Shows what controllers have reported about Flux objects, oldest first. With --for and a name, \
             the events of the object's source, chart, provider or image repository are included.\n\n\
             -o json and -o yaml print the events as Kubernetes objects: a List or, with --watch, one \
             object after the other. -o wide adds the controller.",
        )
        .examples(&[
            ("Show the events of all objects in all namespaces", "flux events -A"),
            ("Show the events of a Kustomization and its source", "flux events --for Kustomization/apps"),
            ("Watch for warnings in the namespace apps", "flux events -n apps --types Warning --watch"),
        ]);
}

impl Command for Events {
    async fn run(self, context: &Context) -> Result<()> {
        let types = values::List::all(self.types);
        if let Some(unknown) =
            types.iter().find(|it| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(it)))
        {
            // In flux's words.
            return Err(Error::usage(format!(
                "type '{unknown}' not supported. Supported types are Normal, Warning"
            ))
            .hint("for example: --types=Warning"));
        }
        let object = self.object.as_deref().filter(|text| !text.is_empty()).map(For::parse).transpose()?;
        let cluster = context.cluster().await?;
        let namespace = (!self.all_namespaces).then(|| context.namespace());
        let selections = match object {
            Some(object) => object.selections(context, cluster, self.all_namespaces).await?,
            None => vec![Selection::all(namespace)],
        };
        let namespaces =
            selections.iter().any(|selection| selection.namespace.as_deref() != Some(context.namespace()));
        let call = Call { context, cluster, query: Query { selections, types }, watch: self.watch };
        let report = Report::new(&context.ui);
        let format = &self.output;
        if format.is_for_programs() {
            return call.show(&report, Objects::new(&report, format)).await;
        }
        call.show(&report, Table::new(&report, context.clock, namespaces, format.needs().wide)).await
    }
}

/// A call with validated arguments.
struct Call<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    query: Query,
    watch: bool,
}

impl Call<'_> {
    async fn show<V: View>(&self, report: &Report<'_>, view: V) -> Result<()> {
        if self.watch {
            return follow::follow(self.context, self.cluster, &self.query, report, view).await;
        }
        let entries = self.query.list::<V::Entry>(self.cluster, report).await?;
        let is_empty = entries.is_empty();
        view.list(entries)?;
        if is_empty {
            let message = match &self.query.selections[0].namespace {
                Some(namespace) => format!("No events found in {namespace} namespace."),
                None => "No events found.".to_owned(),
            };
            report.failure(message, &[]);
        }
        Ok(())
    }
}

/// Which events are shown.
struct Query {
    /// Where they are; the first selection is that of the object or namespace itself.
    selections: Vec<Selection>,
    /// Their types, in any case; empty means all.
    types: Vec<String>,
}

impl Query {
    /// Whether an event is about a Flux object and of a wanted type.
    fn shows(&self, event: &KubernetesEvent) -> bool {
        kinds::by_name(&event.object.kind).is_some()
            && (self.types.is_empty()
                || self.types.iter().any(|it| it.eq_ignore_ascii_case(&event.event_type)))
    }

    /// Lists the events, oldest first. What may not be read of an object's references is left out, with a note.
    async fn list<E: Entry>(&self, cluster: &Cluster, report: &Report<'_>) -> Result<Vec<E>> {
        let lists = self.selections.iter().map(|selection| async move {
            let shown = |entry: E| self.shows(entry.event()).then_some(entry);
            cluster.list_mapped(&Resource::EVENT, &selection.selector(), shown).await
        });
        let mut entries = Vec::new();
        for (index, list) in join_all(lists).await.into_iter().enumerate() {
            if let Some(list) = allowed(list, index, report)?.flatten() {
                entries.extend(list.items);
            }
        }
        sort(&mut entries);
        Ok(entries)
    }
}

/// Oldest first. Events of the same time stay in the order of their selections and names.
fn sort<E: Entry>(entries: &mut [E]) {
    entries.sort_by_key(|entry| entry.event().last_seen());
}

/// The result for a selection; none, with a note, if the events of a reference may not be read. The first selection must
/// be readable.
fn allowed<T>(result: Result<T>, index: usize, report: &Report<'_>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if index > 0 && error.kind() == ErrorKind::Forbidden => {
            report.note(error.to_string());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
