//! Reading and changing single objects, and listing them page by page.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::{Content, Failure};
use super::{Cluster, FIELD_MANAGER, Resource};
use crate::error::{Error, Result};

/// Objects asked for in one page: few enough to keep memory flat, enough to keep round trips rare.
const PAGE: usize = 250;

/// The pause after the first conflict of a change; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// A conflict that lasts until the pause would be this long is none that passes by itself.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Which objects of a resource are meant.
#[derive(Debug, Default, Clone)]
pub struct Selection<'a> {
    /// Their namespace; none means all.
    pub namespace: Option<&'a str>,
    /// The name of the one that is meant.
    pub name: Option<&'a str>,
    /// A label selector in `kubectl`'s syntax.
    pub labels: Option<&'a str>,
}

impl Selection<'_> {
    /// The query of a list or watch of these objects, the further `pairs` first.
    pub(super) fn query(&self, pairs: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        if let Some(name) = self.name {
            query.append_pair("fieldSelector", &format!("metadata.name={name}"));
        }
        if let Some(labels) = self.labels {
            query.append_pair("labelSelector", labels);
        }
        query.finish()
    }
}

/// A page of objects, or all of them.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    /// The objects.
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    /// Where the list goes on, and the version it stands for.
    #[serde(default)]
    pub metadata: ListMetadata,
}

/// A list's own metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListMetadata {
    /// What to ask the next page with; empty at the end.
    #[serde(rename = "continue")]
    pub next: String,
    /// From where a watch goes on.
    pub resource_version: String,
}

impl Cluster {
    /// Lists objects page by page; each is decoded into `T` only, so that what `T` leaves out
    /// costs no memory.
    pub async fn list<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        which: &Selection<'_>,
    ) -> Result<List<T>> {
        self.list_or_missing(resource, which).await?.ok_or_else(|| self.unknown(resource))
    }

    /// Like `list`, with none where the cluster does not know the resource.
    pub async fn list_or_missing<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        which: &Selection<'_>,
    ) -> Result<Option<List<T>>> {
        self.list_as(resource, which, Some).await
    }

    /// Lists objects page by page and keeps of each what `keep` makes of it, so that no more than
    /// one page of them is in memory. None where the cluster does not know the resource.
    pub async fn list_as<T: DeserializeOwned, R>(
        &self,
        resource: &Resource,
        which: &Selection<'_>,
        mut keep: impl FnMut(T) -> Option<R>,
    ) -> Result<Option<List<R>>> {
        let query = which.query(&[("limit", &PAGE.to_string())]);
        let mut all = List { items: Vec::new(), metadata: ListMetadata::default() };
        let mut next = String::new();
        loop {
            let page = async |resource: &Resource| {
                let path = format!("{}?{query}{next}", resource.path(which.namespace, None));
                self.send_json::<List<T>>(Method::GET, &path, None).await
            };
            let page = match self.with_fallback(resource, page).await {
                Ok(page) => page,
                Err(failure) if failure.is_resource_missing() => return Ok(None),
                // The list has changed too much since its first page: begin again.
                Err(failure) if failure.is_status(410) && !next.is_empty() => {
                    all.items.clear();
                    next.clear();
                    continue;
                }
                Err(failure) => return Err(failure.into_error()),
            };
            all.items.extend(page.items.into_iter().filter_map(&mut keep));
            all.metadata = page.metadata;
            if all.metadata.next.is_empty() {
                return Ok(Some(all));
            }
            next = format!(
                "&continue={}",
                url::form_urlencoded::byte_serialize(all.metadata.next.as_bytes()).collect::<String>()
            );
        }
    }

    /// An object.
    ///
    /// # Errors
    /// `NotFound` with the API server's own words where it is not there.
    pub async fn get(&self, resource: &Resource, namespace: Option<&str>, name: &str) -> Result<Value> {
        self.request_object(resource, namespace, name).await.map_err(|failure| {
            if failure.is_resource_missing() { self.unknown(resource) } else { failure.into_error() }
        })
    }

    /// An object, or none where it or its resource is not there.
    pub async fn find(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>> {
        match self.request_object(resource, namespace, name).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.is_status(404) => Ok(None),
            Err(failure) => Err(failure.into_error()),
        }
    }

    async fn request_object(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Value, Failure> {
        let get = async |resource: &Resource| {
            self.send_json(Method::GET, &resource.path(namespace, Some(name)), None).await
        };
        self.with_fallback(resource, get).await
    }

    /// As `find`, but a resource that the cluster does not know is an error.
    pub async fn look_up(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>> {
        match self.request_object(resource, namespace, name).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.is_resource_missing() => Err(self.unknown(resource)),
            Err(failure) if failure.is_status(404) => Ok(None),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// Makes an object, and returns it as the cluster has it now.
    pub async fn create(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        object: &Value,
    ) -> Result<Value> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", resource.path(namespace, None));
        self.write(Method::POST, &path, Content::Json, object).await
    }

    /// Puts an object in the place of the one that it names. `metadata.resourceVersion` guards
    /// against changes made meanwhile.
    pub async fn replace(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
    ) -> Result<Value> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", resource.path(namespace, Some(name)));
        self.write(Method::PUT, &path, Content::Json, object).await
    }

    /// Changes fields of an object by a merge patch (RFC 7386), and returns the object. Where the
    /// API server finds it changed meanwhile (409), it is tried again.
    pub async fn patch(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        change: &Value,
    ) -> Result<Value> {
        let body = serde_json::to_vec(change).map_err(|error| Error::failed(error.to_string()))?;
        let send = async |resource: &Resource| {
            let path = format!("{}?fieldManager={FIELD_MANAGER}", resource.path(namespace, Some(name)));
            self.send_json(Method::PATCH, &path, Some((Content::MergePatch, body.clone()))).await
        };
        let mut pause = FIRST_PAUSE;
        loop {
            match self.with_fallback(resource, send).await {
                Err(failure) if failure.is_status(409) && pause < LONGEST_PAUSE => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                outcome => return outcome.map_err(Failure::into_error),
            }
        }
    }

    /// Deletes an object, its dependants in the background. Says whether it was there.
    pub async fn delete(&self, resource: &Resource, namespace: Option<&str>, name: &str) -> Result<bool> {
        let delete = async |resource: &Resource| {
            let path = format!("{}?propagationPolicy=Background", resource.path(namespace, Some(name)));
            self.send(Method::DELETE, &path, None).await
        };
        match self.with_fallback(resource, delete).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_status(404) => Ok(false),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// Applies an object by server-side apply as `flux`, taking over fields from other managers
    /// where `force` says so. `dry_run` asks for the outcome without keeping it.
    pub async fn apply(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
        force: bool,
        dry_run: bool,
    ) -> Result<Value> {
        let path = format!(
            "{}?fieldManager={FIELD_MANAGER}&force={force}{}",
            resource.path(namespace, Some(name)),
            if dry_run { "&dryRun=All" } else { "" }
        );
        self.write(Method::PATCH, &path, Content::Apply, object).await
    }

    /// The error for a resource that the cluster does not know.
    pub fn unknown(&self, resource: &Resource) -> Error {
        Error::not_found(format!(
            "the cluster {} does not know {} (version {})",
            self.server(),
            resource.qualified(),
            resource.version
        ))
        .hint("install Flux, or the component that brings this kind, by `flux install` or `flux bootstrap`")
    }

    /// What a path of the API server answers, for instance `/version`.
    pub async fn raw<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.send_json(Method::GET, path, None).await.map_err(Failure::into_error)
    }

    async fn write(&self, method: Method, path: &str, content: Content, object: &Value) -> Result<Value> {
        let body = serde_json::to_vec(object).map_err(|error| Error::failed(error.to_string()))?;
        self.send_json(method, path, Some((content, body))).await.map_err(Failure::into_error)
    }

    /// Runs `request` on the resource, and where the cluster does not serve its version, on the
    /// older ones in their order. The version found is remembered.
    pub(super) async fn with_fallback<T>(
        &self,
        resource: &Resource,
        request: impl AsyncFn(&Resource) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let known = self.lock_fallbacks().get(&resource.qualified()).copied();
        if let Some(version) = known {
            return request(&Resource { version: version.into(), ..resource.clone() }).await;
        }
        let first = match request(resource).await {
            Err(failure) if failure.is_resource_missing() && !resource.older.is_empty() => failure,
            outcome => return outcome,
        };
        for version in resource.older {
            match request(&Resource { version: (*version).into(), ..resource.clone() }).await {
                Err(failure) if failure.is_resource_missing() => {}
                outcome => {
                    self.lock_fallbacks().insert(resource.qualified(), version);
                    return outcome;
                }
            }
        }
        Err(first)
    }
}
