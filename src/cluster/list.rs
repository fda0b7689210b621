//! Listing objects page by page.

use std::marker::PhantomData;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Cluster;
use super::request::Failure;
use crate::error::Result;
use crate::object::Resource;

/// Objects per page: few enough to keep memory flat, enough to keep round trips rare.
const PAGE: usize = 250;

/// Which objects of a resource to list or watch. The default is all of them.
#[derive(Debug, Default, Clone, Copy)]
pub struct ListSelector<'a> {
    /// Namespace; none lists all namespaces.
    pub namespace: Option<&'a str>,
    /// Name of the only object to list.
    pub name: Option<&'a str>,
    /// Field selector, such as `involvedObject.name=web`; not together with `name`.
    pub fields: Option<&'a str>,
    /// Label selector in kubectl's syntax.
    pub labels: Option<&'a str>,
}

impl<'a> ListSelector<'a> {
    /// Selects all objects in a namespace.
    pub fn namespace(namespace: &'a str) -> Self {
        ListSelector { namespace: Some(namespace), ..ListSelector::default() }
    }

    /// Query of a list or watch request for these objects, after other parameters.
    pub(super) fn query(&self, parameters: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        if let Some(name) = self.name {
            query.append_pair("fieldSelector", &format!("metadata.name={name}"));
        } else if let Some(fields) = self.fields {
            query.append_pair("fieldSelector", fields);
        }
        if let Some(labels) = self.labels {
            query.append_pair("labelSelector", labels);
        }
        query.finish()
    }
}

/// A page of objects, or all pages together.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    /// Objects.
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    /// Metadata of the list itself.
    #[serde(default)]
    pub metadata: ListMetadata,
}

/// Metadata of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListMetadata {
    /// Token that requests the next page; empty on the last page.
    #[serde(rename = "continue")]
    pub next: String,
    /// Version from which a watch continues.
    pub resource_version: String,
}

/// As much of an object as its name needs.
#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

impl Cluster {
    /// Lists objects page by page. Each is decoded into `T`, so fields that `T` leaves out cost no memory.
    ///
    /// # Errors
    /// `NotFound` if the cluster does not serve the resource.
    pub async fn list<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        selector: &ListSelector<'_>,
    ) -> Result<List<T>> {
        self.list_if_served(resource, selector).await?.ok_or_else(|| self.not_served(resource))
    }

    /// Lists the names of objects.
    ///
    /// # Errors
    /// As for [`Cluster::list`].
    pub async fn names(&self, resource: &Resource, selector: &ListSelector<'_>) -> Result<Vec<String>> {
        let list = self.list::<Named>(resource, selector).await?;
        Ok(list.items.into_iter().map(|object| object.metadata.name).collect())
    }

    /// Lists objects like [`Cluster::list`]; returns none if the cluster does not serve the resource.
    pub async fn list_if_served<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        selector: &ListSelector<'_>,
    ) -> Result<Option<List<T>>> {
        self.list_mapped(resource, selector, Some).await
    }

    /// Lists objects page by page and keeps what `map` returns for each, so at most one page of decoded objects is
    /// in memory. Returns none if the cluster does not serve the resource.
    pub async fn list_mapped<T: DeserializeOwned, R>(
        &self,
        resource: &Resource,
        selector: &ListSelector<'_>,
        mut map: impl FnMut(T) -> Option<R>,
    ) -> Result<Option<List<R>>> {
        let fold = |items: &mut Vec<R>, object| items.extend(map(object));
        let pages = self.pages(resource, selector, fold).await?;
        Ok(pages.map(|(items, metadata)| List { items, metadata }))
    }

    /// Lists objects page by page and adds each to a sum, so that memory does not grow with their number. Returns none
    /// if the cluster does not serve the resource.
    pub async fn list_folded<T: DeserializeOwned, A: Default>(
        &self,
        resource: &Resource,
        selector: &ListSelector<'_>,
        add: impl FnMut(&mut A, T),
    ) -> Result<Option<A>> {
        Ok(self.pages(resource, selector, add).await?.map(|(sum, _)| sum))
    }

    async fn pages<T: DeserializeOwned, A: Default>(
        &self,
        resource: &Resource,
        selector: &ListSelector<'_>,
        mut add: impl FnMut(&mut A, T),
    ) -> Result<Option<(A, ListMetadata)>> {
        let mut all = A::default();
        let mut next = String::new();
        loop {
            let page = match self.page(resource, selector, PAGE, &next).await {
                Ok(page) => page,
                Err(failure) if failure.is_resource_missing() => return Ok(None),
                // The token of the first page has expired: start again.
                Err(failure) if failure.is_status(410) && !next.is_empty() => {
                    all = A::default();
                    next.clear();
                    continue;
                }
                Err(failure) => return Err(failure.into_error()),
            };
            page.items.into_iter().for_each(|object| add(&mut all, object));
            if page.metadata.next.is_empty() {
                return Ok(Some((all, page.metadata)));
            }
            next = page.metadata.next;
        }
    }

    /// Gets one page: the first one, or that of a token.
    async fn page<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        selector: &ListSelector<'_>,
        limit: usize,
        next: &str,
    ) -> Result<List<T>, Failure> {
        let limit = limit.to_string();
        let mut parameters = vec![("limit", limit.as_str())];
        parameters.extend((!next.is_empty()).then_some(("continue", next)));
        let query = selector.query(&parameters);
        let page = async |resource: &Resource| {
            let path = format!("{}?{query}", resource.path(selector.namespace, None));
            self.send_json::<List<T>>(Method::GET, &path, None).await
        };
        self.in_served_version(resource, page).await
    }

    /// Lists objects for a caller that takes page after page, each of at most `limit` objects, so that none of them
    /// need to be kept.
    pub fn paged<'a, T: DeserializeOwned>(
        &'a self,
        resource: Resource,
        selector: ListSelector<'a>,
        limit: usize,
    ) -> Pages<'a, T> {
        Pages { cluster: self, resource, selector, limit, next: Some(String::new()), objects: PhantomData }
    }
}

/// Pages of a list that is in progress.
pub struct Pages<'a, T> {
    cluster: &'a Cluster,
    resource: Resource,
    selector: ListSelector<'a>,
    limit: usize,
    /// Token of the next page, empty for the first; none after the last.
    next: Option<String>,
    objects: PhantomData<T>,
}

impl<T: DeserializeOwned> Pages<'_, T> {
    /// Returns the objects of the next page; none after the last page, and at once if the cluster does not serve the
    /// resource.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>> {
        let Some(token) = self.next.take() else { return Ok(None) };
        let Pages { cluster, resource, selector, limit, .. } = self;
        let mut page = cluster.page::<T>(resource, selector, *limit, &token).await;
        if let Err(Failure::Status(status)) = &page
            && status.code == 410
            && let Some(token) = status.metadata.as_ref().and_then(|metadata| metadata.continue_.clone())
        {
            // The version of the first page is gone: the list continues behind the last object, in a newer one.
            page = cluster.page(resource, selector, *limit, &token).await;
        }
        match page {
            Ok(List { items, metadata }) => {
                self.next = Some(metadata.next).filter(|next| !next.is_empty());
                Ok(Some(items))
            }
            Err(failure) if failure.is_resource_missing() => Ok(None),
            Err(failure) => Err(failure.into_error()),
        }
    }
}
