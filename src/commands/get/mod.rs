//! `flux get`: objects and their status.

mod follow;
mod selector;
#[cfg(test)]
mod tests;
mod view;

use clap::Args;
use futures::StreamExt;
use futures::stream::FuturesOrdered;

use super::{KindCommand, KindsCommand, only_name};
use crate::cluster::{Cluster, ListSelector};
use crate::commands::about::{About, DescribedVerb, Example, KindFlag};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Summary, Verb};
use crate::object::{ObjectRef, Resource};
use crate::output::{Report, Rows};
use selector::StatusSelector;
use view::View;

/// The flags of `flux get` and all under it.
#[derive(Debug, Args)]
pub struct Get {
    /// Name of the object; without it, all objects of the kind are listed
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// List objects in all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Label selector, such as app=web,tier!=db
    #[arg(short, long, value_name = "SELECTOR")]
    label_selector: Option<String>,
    /// Do not print the header of the table
    #[arg(long)]
    no_header: bool,
    /// Condition to select objects by, such as ready=false or ready!=true
    #[arg(long, value_name = "CONDITION")]
    status_selector: Option<String>,
    /// After listing, watch for changes
    #[arg(short, long)]
    watch: bool,
}

impl DescribedVerb for Get {
    const VERB: Verb = Verb::Get;
    const ABOUT: About = About::new("get", "Show objects and their status")
        .details("Lists all objects of a kind, or only the one with the given name.")
        .examples(&[
            ("List the Kustomizations", "flux get kustomizations"),
            ("List all objects in all namespaces", "flux get all -A"),
            ("Watch the sources in a namespace", "flux get sources git -n apps --watch"),
        ]);
    const ABOUT_KIND: About = About::new("", "Show {kinds} and their status").usage("[<NAME>]").examples(&[
        ("List {kinds}", "flux get {path}"),
        ("List {kinds} in all namespaces", "flux get {path} -A"),
        ("List {kinds} that are not ready", "flux get {path} --status-selector ready=false"),
    ]);
    const FLAGS: &'static [KindFlag] =
        &[KindFlag { flag: Flag::ShowSource, name: "show-source", help: "Show the source of each object" }];
}

/// Validated arguments: which objects are shown.
struct Query<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    labels: Option<&'a str>,
    status: Option<StatusSelector>,
    header: bool,
}

impl KindCommand for Get {
    async fn run(self, context: &Context, kind: &'static Kind, flags: &[Flag]) -> Result<()> {
        let query = self.query(context)?;
        let view = View { kind, namespace: self.all_namespaces, qualified: false, flags };
        let cluster = context.cluster().await?;
        if self.watch {
            return follow::follow(context, cluster, &query, &view).await;
        }
        let Some(mut found) = query.find(cluster, &view).await? else {
            return Err(cluster.not_served(&Resource::from(kind)));
        };
        if found.listed == 0 {
            return Err(self.nothing(context, &query, cluster, kind).await);
        }
        Ok(Report::new(&context.ui).rows(&mut found.rows)?)
    }
}

impl KindsCommand for Get {
    const EXAMPLES_OF_ALL: &'static [Example] = &[
        ("List {kinds} in all namespaces", "{line} --all-namespaces"),
        ("List {kinds} that are not ready", "{line} -A --status-selector ready=false"),
    ];

    /// Lists objects of several kinds, each kind with objects in a table of its own. All kinds are requested
    /// concurrently; a kind that fails does not hide the others.
    async fn run_all(self, context: &Context, kinds: &[&'static Kind]) -> Result<()> {
        if self.watch {
            return Err(Error::usage("expected a single resource type, but found all")
                .hint("watch one kind, for example: flux get kustomizations --watch"));
        }
        let query = self.query(context)?;
        let cluster = context.cluster().await?;
        let report = Report::new(&context.ui);
        let views = kinds.iter().map(|kind| View {
            kind,
            namespace: self.all_namespaces,
            qualified: true,
            flags: &[],
        });
        let (query, mut failures, mut answers, mut listed) = (&query, Vec::<Error>::new(), 0, 0);
        let mut without: Vec<&str> = Vec::new();
        let mut lists: FuturesOrdered<_> =
            views.map(|view| async move { (query.find(cluster, &view).await, view) }).collect();
        while let Some((found, view)) = lists.next().await {
            match found {
                Ok(found) => {
                    answers += 1;
                    let Some(mut found) = found else { continue };
                    listed += found.listed;
                    if found.listed == 0 {
                        without.push(view.kind.kind);
                    }
                    report.group(&mut found.rows)?;
                }
                Err(error) if failures.iter().any(|known| known.to_string() == error.to_string()) => {}
                Err(error) => failures.push(error),
            }
        }
        if answers == 0 && failures.len() == 1 {
            return failures.pop().map_or(Ok(()), Err);
        }
        for failure in &failures {
            report.failure(failure.to_string(), failure.hints());
        }
        if answers == 0 {
            return Err(Error::failed("no objects could be listed"));
        }
        if listed == 0 && failures.is_empty() {
            let what = query.name.map_or("no objects".to_owned(), |name| format!("no object '{name}'"));
            report.note(format!("{what} found in {}", self.place(context)));
        } else if let Some(name) = query.name
            && !without.is_empty()
        {
            let (kinds, place) = (without.join(", "), self.place(context));
            report.note(format!("no object '{name}' found in {place} of the kinds {kinds}"));
        }
        Ok(())
    }
}

impl Get {
    fn query<'a>(&'a self, context: &'a Context) -> Result<Query<'a>> {
        if let Some(labels) = &self.label_selector {
            selector::check_labels(labels)?;
        }
        Ok(Query {
            namespace: (!self.all_namespaces).then(|| context.namespace()),
            name: only_name(context, &self.names),
            labels: self.label_selector.as_deref().filter(|labels| !labels.is_empty()),
            status: self
                .status_selector
                .as_deref()
                .filter(|selector| !selector.is_empty())
                .map(StatusSelector::parse)
                .transpose()?,
            header: !self.no_header,
        })
    }

    /// Error for an empty list, with the namespaces that have such objects.
    async fn nothing(
        &self,
        context: &Context,
        query: &Query<'_>,
        cluster: &Cluster,
        kind: &'static Kind,
    ) -> Error {
        let (place, name) = (self.place(context), query.name);
        let error = match name {
            Some(name) => Error::not_found(format!("{} object '{name}' not found in {place}", kind.kind)),
            None => Error::not_found(format!("no {} objects found in {place}", kind.kind)),
        };
        if query.namespace.is_none() || query.labels.is_some() {
            return error;
        }
        match name {
            Some(name) => {
                let missing = ObjectRef::new(kind, context.namespace(), name);
                cluster.hint_namespaces_of(error, &missing).await
            }
            None => cluster.hint_other_namespaces(error, &Resource::from(kind)).await,
        }
    }

    fn place(&self, context: &Context) -> String {
        if self.all_namespaces {
            "any namespace".into()
        } else {
            format!("{:?} namespace", context.namespace())
        }
    }
}

/// Objects of one kind.
struct Found {
    /// Number of objects, including those that the status selector leaves out.
    listed: usize,
    /// Rows of the selected objects.
    rows: Rows,
}

impl Query<'_> {
    fn selector(&self) -> ListSelector<'_> {
        ListSelector { namespace: self.namespace, name: self.name, labels: self.labels, fields: None }
    }

    fn selects(&self, kind: &Kind, object: &Summary) -> bool {
        self.status.as_ref().is_none_or(|status| status.matches(kind, object))
    }

    /// Lists the objects of a kind; none if the cluster does not have the kind. Only their rows are kept, so memory
    /// does not grow with what else the objects hold.
    async fn find(&self, cluster: &Cluster, view: &View<'_>) -> Result<Option<Found>> {
        let mut rows = view.rows(self.header);
        let line =
            |object: Summary| Some(self.selects(view.kind, &object).then(|| rows.line(view.row(object))));
        let list = cluster.list_mapped(&Resource::from(view.kind), &self.selector(), line).await?;
        Ok(list.map(|list| {
            let listed = list.items.len();
            rows.extend(list.items.into_iter().flatten());
            Found { listed, rows }
        }))
    }
}
