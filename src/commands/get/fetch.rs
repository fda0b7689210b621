//! Requests the objects that a command line selects, kind by kind and page by page.

use futures::StreamExt;
use futures::stream::{self, FuturesOrdered};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::filter::Filter;
use super::sort::{Key, SortBy};
use super::view::View;
use crate::cluster::{Cluster, Identified, Identity, ListSelector, Pages};
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{Kind, Product, Summary};
use crate::object::Resource;
use crate::output::{Format, Listing, Needs, Piece, Rows};

/// Names of a kind that are requested at the same time.
const CONCURRENT: usize = 16;

/// Validated arguments: which objects are shown, and how.
pub struct Query<'a> {
    /// Namespace; none for all.
    pub namespace: Option<&'a str>,
    /// Names; none for all.
    pub names: Vec<&'a str>,
    /// Label selector.
    pub labels: Option<&'a str>,
    /// Field selector.
    pub fields: Option<&'a str>,
    /// What the API server cannot select.
    pub filter: Filter,
    /// Order of the objects of a kind; that of the API server if none is given.
    pub sort: Option<SortBy>,
    /// Whether tables have a header.
    pub header: bool,
    /// Format of the output.
    pub format: &'a Format,
    /// Whether one object is meant, by its name.
    pub single: bool,
    /// Whether all kinds are meant, none of them by its name.
    pub is_all: bool,
}

/// What was found.
#[derive(Default)]
pub struct Outcome<'a> {
    /// Number of kinds that could be listed, those that the cluster does not have among them.
    pub answers: usize,
    /// Number of kinds that the cluster has and that could be listed.
    pub served: usize,
    /// Whether a kind is one that the cluster does not have.
    pub not_served: bool,
    /// Number of objects, including those that the filter leaves out.
    pub listed: usize,
    /// Why kinds could not be listed, each reason once.
    pub failures: Vec<Error>,
    /// Names of which a kind has no object.
    pub absent: Vec<(&'static Kind, &'a str)>,
}

/// An object as it is read from the API server.
pub trait Listed: DeserializeOwned {
    /// Objects per request: few enough to keep memory flat, enough to keep round trips rare.
    const PAGE: usize;

    /// The summary, and the whole object if it was read.
    fn into_parts(self) -> (Summary, Value);
}

impl Listed for Summary {
    const PAGE: usize = 250;

    fn into_parts(self) -> (Summary, Value) {
        (self, Value::Null)
    }
}

/// A whole object with its summary.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
pub struct Whole(Box<Summary>, Value);

impl TryFrom<Value> for Whole {
    type Error = serde_json::Error;

    fn try_from(object: Value) -> Result<Self, Self::Error> {
        Ok(Whole(Box::new(Summary::deserialize(&object)?), object))
    }
}

impl Identified for Whole {
    fn identity(&self) -> Identity<'_> {
        self.0.identity()
    }
}

impl Listed for Whole {
    const PAGE: usize = 50;

    fn into_parts(self) -> (Summary, Value) {
        (*self.0, self.1)
    }
}

/// Objects of a kind, of which more pages may follow.
struct Found<'q, T> {
    rows: Rows,
    pieces: Vec<(Key, Piece)>,
    pages: Option<Pages<'q, T>>,
    listed: usize,
    absent: Vec<&'q str>,
}

impl<'a> Query<'a> {
    /// Lists the objects of all kinds. The kinds are requested concurrently and shown in their order. Of each, only what
    /// the format shows is kept, and of formats that show whole objects only the first page until it is the kind's turn.
    ///
    /// # Errors
    /// The output cannot be written. Failures of a kind are part of the outcome.
    pub async fn list(
        &'a self,
        cluster: &'a Cluster,
        views: &'a [View<'_>],
        listing: &mut Listing<'_>,
        only: bool,
    ) -> Result<Outcome<'a>> {
        if self.needs().objects {
            self.list_as::<Whole>(cluster, views, listing, only).await
        } else {
            self.list_as::<Summary>(cluster, views, listing, only).await
        }
    }

    /// Whether nothing is said of a kind that cannot be listed: most clusters do not have flux-operator, and few roles
    /// give rights on its kinds.
    pub fn leaves_out(&self, kind: &Kind, error: &Error) -> bool {
        self.is_all && kind.product == Product::FluxOperator && error.kind() == ErrorKind::Forbidden
    }

    /// What the format and the order need of objects.
    pub fn needs(&self) -> Needs {
        let needs = self.format.needs();
        Needs { objects: needs.objects || matches!(self.sort, Some(SortBy::Path(_))), ..needs }
    }

    async fn list_as<T: Listed>(
        &'a self,
        cluster: &'a Cluster,
        views: &'a [View<'_>],
        listing: &mut Listing<'_>,
        only: bool,
    ) -> Result<Outcome<'a>> {
        let mut outcome = Outcome::default();
        let mut begun: FuturesOrdered<_> =
            views.iter().map(|view| async move { (view, self.begin::<T>(cluster, view).await) }).collect();
        while let Some((view, found)) = begun.next().await {
            let found = match found {
                Ok(Some(found)) => self.show(view, found, listing, only).await,
                Ok(None) => {
                    outcome.answers += 1;
                    outcome.not_served = true;
                    continue;
                }
                Err(error) => Err(error),
            };
            match found {
                Ok((listed, absent)) => {
                    outcome.answers += 1;
                    outcome.served += 1;
                    outcome.listed += listed;
                    outcome.absent.extend(absent.into_iter().map(|name| (view.kind, name)));
                }
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(error),
                Err(error) if self.leaves_out(view.kind, &error) => {}
                Err(error) if outcome.failures.iter().any(|known| known.to_string() == error.to_string()) => {
                }
                Err(error) => outcome.failures.push(error),
            }
        }
        Ok(outcome)
    }

    /// Shows what was found of a kind, and what follows.
    async fn show<T: Listed>(
        &self,
        view: &View<'_>,
        mut found: Found<'a, T>,
        listing: &mut Listing<'_>,
        only: bool,
    ) -> Result<(usize, Vec<&'a str>)> {
        loop {
            listing.add(&mut found.rows, found.pieces.drain(..).map(|(_, piece)| piece))?;
            let Some(pages) = &mut found.pages else { break };
            match pages.next().await? {
                Some(page) => self.take(view, &mut found, page)?,
                None => break,
            }
        }
        if found.listed > 0 || !only {
            listing.end_kind(&mut found.rows, only)?;
        }
        Ok((found.listed, found.absent))
    }

    /// Requests the objects of a kind, as many as are kept; none if the cluster does not have the kind.
    async fn begin<T: Listed>(
        &'a self,
        cluster: &'a Cluster,
        view: &View<'_>,
    ) -> Result<Option<Found<'a, T>>> {
        let mut found = Found {
            rows: view.rows(self.header),
            pieces: Vec::new(),
            pages: None,
            listed: 0,
            absent: Vec::new(),
        };
        if self.names.is_empty() {
            let selector = self.selector(self.fields);
            let mut pages = cluster.paged::<T>(Resource::from(view.kind), selector, T::PAGE);
            let Some(page) = pages.next().await? else { return Ok(None) };
            self.take(view, &mut found, page)?;
            if self.sort.is_none() && self.format.keeps_objects() {
                found.pages = Some(pages);
                return Ok(Some(found));
            }
            while let Some(page) = pages.next().await? {
                self.take(view, &mut found, page)?;
            }
        } else {
            let requests = self.names.iter().map(|name| self.named::<T>(cluster, view, name));
            let mut answers = stream::iter(requests).buffered(CONCURRENT);
            while let Some(answer) = answers.next().await {
                let Some((name, objects)) = answer? else { return Ok(None) };
                if objects.is_empty() {
                    found.absent.push(name);
                }
                self.take(view, &mut found, objects)?;
            }
        }
        if self.sort.is_some() {
            found.pieces.sort_by(|(left, _), (right, _)| left.cmp(right));
        }
        Ok(Some(found))
    }

    /// Requests the objects of a name: one, or those of all namespaces; none if the cluster does not have the kind.
    async fn named<T: Listed>(
        &self,
        cluster: &Cluster,
        view: &View<'_>,
        name: &'a str,
    ) -> Result<Option<(&'a str, Vec<T>)>> {
        let fields = self.fields.map_or_else(String::new, |fields| format!(",{fields}"));
        let fields = format!("metadata.name={name}{fields}");
        let mut pages = cluster.paged::<T>(Resource::from(view.kind), self.selector(Some(&fields)), T::PAGE);
        let Some(mut objects) = pages.next().await? else { return Ok(None) };
        while let Some(page) = pages.next().await? {
            objects.extend(page);
        }
        Ok(Some((name, objects)))
    }

    /// Field selector of a watch. The API server selects one name; of several, the caller selects.
    pub fn watched_fields(&self) -> Option<String> {
        let name = match self.names.as_slice() {
            [name] => Some(format!("metadata.name={name}")),
            _ => None,
        };
        let fields: Vec<String> = name.into_iter().chain(self.fields.map(str::to_owned)).collect();
        (!fields.is_empty()).then(|| fields.join(","))
    }

    /// List selector for the objects of a kind.
    pub fn selector<'s>(&'s self, fields: Option<&'s str>) -> ListSelector<'s> {
        ListSelector { namespace: self.namespace, name: None, labels: self.labels, fields }
    }

    /// Reduces objects to what is shown of them.
    fn take<T: Listed>(&self, view: &View<'_>, found: &mut Found<'_, T>, objects: Vec<T>) -> Result<()> {
        let needs = self.format.needs();
        for object in objects {
            found.listed += 1;
            let (summary, object) = object.into_parts();
            if !self.filter.selects(view.kind, &summary) {
                continue;
            }
            let key = self.sort.as_ref().map(|sort| sort.key(view, &summary, &object)).transpose()?;
            let row = if needs.cells { view.row(summary) } else { view.row_without_cells(summary) };
            let piece = self.format.piece(&found.rows, row, object, self.single);
            found.pieces.push((key.unwrap_or_default(), piece.map_err(Error::failed)?));
        }
        Ok(())
    }
}
