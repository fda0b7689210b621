//! `flux get`: objects and their status.

mod fetch;
mod filter;
mod follow;
mod selector;
mod sort;
#[cfg(test)]
mod tests;
mod view;

use std::time::Duration;

use clap::Args;

use super::targets::check_labels;
use super::{KindCommand, KindGroup, KindsCommand, unique};
use crate::args::values;
use crate::cluster::Cluster;
use crate::commands::about::{About, DescribedVerb, Example, KindFlag};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Verb};
use crate::object::{ObjectRef, Resource};
use crate::output::{Format, Listing, Report};
use fetch::{Outcome, Query};
use filter::Filter;
use selector::StatusSelector;
use sort::SortBy;
use view::View;

/// The flags of `flux get` and all under it.
#[derive(Debug, Args)]
pub struct Get {
    /// Names of the objects; without names, all objects are listed
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// List objects in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Field selector, such as metadata.name!=apps
    #[arg(long, value_name = "SELECTOR")]
    field_selector: Option<String>,
    /// Label selector, such as app=web,tier!=db
    #[arg(short, long, value_name = "SELECTOR")]
    label_selector: Option<String>,
    /// Do not print the header of the table
    #[arg(long)]
    no_header: bool,
    /// List only objects that are not ready
    #[arg(long)]
    not_ready: bool,
    /// Output format: table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = Format::parse)]
    output: Format,
    /// Column or path to sort by, such as ready or .metadata.creationTimestamp
    #[arg(long, value_name = "COLUMN")]
    sort_by: Option<String>,
    /// List only objects that were not reconciled successfully for this long, such as 1h
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    stale: Option<Duration>,
    /// Condition to select objects by, such as ready=false or ready!=true
    #[arg(long, value_name = "CONDITION")]
    status_selector: Option<String>,
    /// List only suspended objects
    #[arg(long)]
    suspended: bool,
    /// After listing, watch for changes
    #[arg(short, long)]
    watch: bool,
}

impl DescribedVerb for Get {
    const VERB: Verb = Verb::Get;
    const ABOUT: About = About::new("get", "Show objects and their status")
        .details(
            "Lists all objects of a kind, or only those with the given names. Separate several kinds with \
             commas, as in kubectl: `flux get ks,hr,sources`.\n\n\
             -o json and -o yaml print objects as kubectl does: one object for one name, otherwise a List. \
             jsonpath and custom-columns have kubectl's syntax; a jsonpath template for several objects is \
             applied to the List.\n\n\
             --watch draws one table in place on a terminal, with the time and the state of the connection; \
             elsewhere it prints a row for each change. In the other formats, it prints all objects, then each \
             changed object; a deleted object is printed a last time.\n\n\
             --stale takes the time of the last reconciliation from the status of Kustomizations, \
             ImageRepositories and ImageUpdateAutomations. Controllers of other kinds do not record \
             reconciliations that change nothing: their objects are stale if they are suspended or not ready, \
             and their Ready condition has not changed for that long.",
        )
        .examples(&[
            ("List Kustomizations", "flux get kustomizations"),
            ("List all objects in all namespaces", "flux get all -A"),
            ("List Kustomizations, HelmReleases and sources that are not ready", "flux get ks,hr,sources -A --not-ready"),
            ("Print the revision that a Kustomization applied", "flux get ks apps -o jsonpath='{.status.lastAppliedRevision}'"),
            ("Watch everything", "flux get all -A --watch"),
        ]);
    const ABOUT_KIND: About =
        About::new("", "Show {kinds} and their status").usage("[<NAME>...]").examples(&[
            ("List {kinds}", "flux get {path}"),
            ("List {kinds} in all namespaces", "flux get {path} -A"),
            ("List {kinds} that are not ready", "flux get {path} --status-selector ready=false"),
            ("Print {kinds} as JSON", "flux get {path} -o json"),
        ]);
    const FLAGS: &'static [KindFlag] =
        &[KindFlag { flag: Flag::ShowSource, name: "show-source", help: "Show the source of each object" }];
}

impl KindCommand for Get {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        let views = [self.view(context, kind, flags, false)];
        let query = self.query(context, &views)?;
        let cluster = context.cluster().await?;
        if self.watch {
            return follow::follow(context, cluster, &query, &views).await;
        }
        let report = Report::new(&context.ui);
        let mut listing = Listing::new(&report, query.format, query.single, query.header);
        let mut outcome = query.list(cluster, &views, &mut listing, true).await?;
        if let Some(failure) = outcome.failures.pop() {
            return Err(failure);
        }
        if outcome.not_served {
            return Err(cluster.not_served(&Resource::from(kind)));
        }
        if outcome.listed == 0 && (!query.names.is_empty() || !query.format.is_for_programs()) {
            return Err(self.nothing(context, &query, cluster, kind).await);
        }
        listing.end()?;
        self.missing(context, &report, cluster, kind, &outcome).await
    }
}

impl KindsCommand for Get {
    const EXAMPLES_OF_ALL: &'static [Example] = &[
        ("List {kinds} in all namespaces", "{line} --all-namespaces"),
        ("List {kinds} that are not ready", "{line} -A --status-selector ready=false"),
        ("Print {kinds} as YAML", "{line} -A -o yaml"),
        ("Watch {kinds}", "{line} -A --watch"),
    ];

    /// Lists objects of several kinds, each kind with objects in a table of its own. All kinds are requested
    /// concurrently; a kind that fails does not hide the others.
    async fn run_all(self, context: &Context, group: KindGroup<'_>) -> Result<()> {
        let views: Vec<View> = group.kinds.iter().map(|kind| self.view(context, kind, &[], true)).collect();
        let query = Query { is_all: group.is_all, ..self.query(context, &views)? };
        let cluster = context.cluster().await?;
        if self.watch {
            return follow::follow(context, cluster, &query, &views).await;
        }
        let report = Report::new(&context.ui);
        let mut listing = Listing::new(&report, query.format, false, query.header);
        let mut outcome = query.list(cluster, &views, &mut listing, false).await?;
        if outcome.answers == 0 && outcome.failures.len() == 1 {
            return outcome.failures.pop().map_or(Ok(()), Err);
        }
        if outcome.answers > 0 {
            listing.end()?;
        }
        for failure in &outcome.failures {
            report.failure(failure.to_string(), failure.hints());
        }
        if outcome.answers == 0 {
            return Err(Error::failed("no objects could be listed"));
        }
        let is_complete = outcome.failures.is_empty();
        let found_names = self.absent(context, &report, &query, &outcome);
        // flux exits with 0 whatever is missing; programs need to know.
        if query.format.is_for_programs() && !(is_complete && found_names) {
            return Err(Error::failed(""));
        }
        Ok(())
    }
}

impl Get {
    fn view<'a>(
        &self,
        context: &Context,
        kind: &'static Kind,
        flags: &'a [Flag],
        qualified: bool,
    ) -> View<'a> {
        let wide = self.output.needs().wide;
        View { kind, namespace: self.all_namespaces, qualified, flags, wide, clock: context.clock }
    }

    fn query<'a>(&'a self, context: &'a Context, views: &[View<'_>]) -> Result<Query<'a>> {
        if let Some(labels) = &self.label_selector {
            check_labels(labels)?;
        }
        if self.watch && self.sort_by.is_some() {
            return Err(Error::usage("--watch and --sort-by cannot be combined")
                .hint("leave out one of them: a watched table is sorted by name"));
        }
        let names = unique(&self.names);
        let status = self.status_selector.as_deref().filter(|selector| !selector.is_empty());
        Ok(Query {
            namespace: (!self.all_namespaces).then(|| context.namespace()),
            single: names.len() == 1 && !self.all_namespaces,
            is_all: false,
            names,
            labels: self.label_selector.as_deref().filter(|labels| !labels.is_empty()),
            fields: self.field_selector.as_deref().filter(|fields| !fields.is_empty()),
            filter: Filter {
                status: status.map(StatusSelector::parse).transpose()?,
                suspended: self.suspended,
                not_ready: self.not_ready,
                stale: self.stale,
                now: context.clock.now(),
            },
            sort: self.sort_by.as_deref().map(|by| SortBy::parse(by, views)).transpose()?,
            header: !self.no_header,
            format: &self.output,
        })
    }

    /// Error for an empty list, with the namespaces that have such objects and with similar names.
    async fn nothing(
        &self,
        context: &Context,
        query: &Query<'_>,
        cluster: &Cluster,
        kind: &'static Kind,
    ) -> Error {
        let place = self.place(context);
        let error = match query.names.as_slice() {
            [] => Error::not_found(format!("no {} objects found in {place}", kind.kind)),
            [name] => Error::not_found(format!("{} object '{name}' not found in {place}", kind.kind)),
            names => {
                let names = names.join("', '");
                Error::not_found(format!("{} objects '{names}' not found in {place}", kind.kind))
            }
        };
        if query.namespace.is_none() || query.labels.is_some() || query.fields.is_some() {
            return error;
        }
        match query.names.as_slice() {
            [name] => {
                let missing = ObjectRef::new(kind, context.namespace(), *name);
                cluster.hint_namespaces_of(error, &missing).await
            }
            [] => cluster.hint_other_namespaces(error, &Resource::from(kind)).await,
            _ => error,
        }
    }

    /// Reports the names of which there is no object, if there are others. Exit code 1 tells that they are missing.
    async fn missing(
        &self,
        context: &Context,
        report: &Report<'_>,
        cluster: &Cluster,
        kind: &'static Kind,
        outcome: &Outcome<'_>,
    ) -> Result<()> {
        let place = self.place(context);
        for (_, name) in &outcome.absent {
            let error = Error::not_found(format!("{} object '{name}' not found in {place}", kind.kind));
            let missing = ObjectRef::new(kind, context.namespace(), *name);
            let error =
                if self.all_namespaces { error } else { cluster.hint_namespaces_of(error, &missing).await };
            report.failure(error.to_string(), error.hints());
        }
        if outcome.absent.is_empty() { Ok(()) } else { Err(Error::not_found("")) }
    }

    /// Notes what was not found in any kind, or in which kinds; returns whether there is an object for each name.
    fn absent(
        &self,
        context: &Context,
        report: &Report<'_>,
        query: &Query<'_>,
        outcome: &Outcome<'_>,
    ) -> bool {
        let place = self.place(context);
        if query.names.is_empty() {
            if outcome.listed == 0 && outcome.failures.is_empty() && !query.format.is_for_programs() {
                report.note(format!("no objects found in {place}"));
            }
            return true;
        }
        let mut found_all = true;
        for name in &query.names {
            let without: Vec<&str> = outcome
                .absent
                .iter()
                .filter(|(_, absent)| absent == name)
                .map(|(kind, _)| kind.kind)
                .collect();
            if without.len() == outcome.served {
                found_all = false;
                report.note(format!("no object '{name}' found in {place}"));
            } else if !without.is_empty() && !query.format.is_for_programs() {
                report.note(format!("no object '{name}' of kind {} found in {place}", without.join(", ")));
            }
        }
        found_all
    }

    fn place(&self, context: &Context) -> String {
        if self.all_namespaces {
            "any namespace".into()
        } else {
            format!("{:?} namespace", context.namespace())
        }
    }
}
