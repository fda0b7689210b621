//! Reading and changing single objects.

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::conflict::retry_conflicts;
use super::request::{Content, Failure};
use super::{Cluster, FIELD_MANAGER};
use crate::error::{Error, Result};
use crate::object::{ObjectRef, Resource};

impl Cluster {
    /// Gets an object.
    ///
    /// # Errors
    /// `NotFound` with the API server's own message if it does not exist.
    pub async fn get(&self, object: &ObjectRef) -> Result<Value> {
        self.request_object(object).await.map_err(|failure| {
            if failure.is_resource_missing() {
                self.not_served(&object.resource)
            } else {
                failure.into_error()
            }
        })
    }

    /// Gets an object, or none if it does not exist or its resource is not served.
    pub async fn find(&self, object: &ObjectRef) -> Result<Option<Value>> {
        match self.request_object(object).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.is_status(404) => Ok(None),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// Gets an object, or none if it does not exist.
    ///
    /// # Errors
    /// `NotFound` if its resource is not served.
    pub async fn find_served(&self, object: &ObjectRef) -> Result<Option<Value>> {
        match self.request_object(object).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.is_resource_missing() => Err(self.not_served(&object.resource)),
            Err(failure) if failure.is_status(404) => Ok(None),
            Err(failure) => Err(failure.into_error()),
        }
    }

    async fn request_object(&self, object: &ObjectRef) -> Result<Value, Failure> {
        let get =
            async |resource: &Resource| self.send_json(Method::GET, &object.path_in(resource), None).await;
        self.in_served_version(&object.resource, get).await
    }

    /// Creates an object, in a namespace unless the resource is cluster-scoped, and returns it as stored.
    pub async fn create(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        object: &Value,
    ) -> Result<Value> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", resource.path(namespace, None));
        self.write(Method::POST, &path, Content::Json, object).await
    }

    /// Changes fields of an object by a merge patch (RFC 7386) and returns it as stored. Conflicts (409) are retried.
    pub async fn patch(&self, at: &ObjectRef, change: &Value) -> Result<Value> {
        let body = serde_json::to_vec(change).map_err(|error| Error::failed(error.to_string()))?;
        let send = async |resource: &Resource| {
            let path = format!("{}?fieldManager={FIELD_MANAGER}", at.path_in(resource));
            self.send_json(Method::PATCH, &path, Some((Content::MergePatch, body.clone()))).await
        };
        let patched = retry_conflicts(async || self.in_served_version(&at.resource, send).await);
        patched.await.map_err(Failure::into_error)
    }

    /// Changes fields of the status of an object by a merge patch and returns the object as stored.
    pub async fn patch_status(&self, at: &ObjectRef, change: &Value) -> Result<Value> {
        let path = format!("{}/status?fieldManager={FIELD_MANAGER}", at.path());
        self.write(Method::PATCH, &path, Content::MergePatch, change).await
    }

    /// Deletes an object, its dependents in the background. Returns whether it existed.
    pub async fn delete(&self, object: &ObjectRef) -> Result<bool> {
        let delete = async |resource: &Resource| {
            let path = format!("{}?propagationPolicy=Background", object.path_in(resource));
            self.send(Method::DELETE, &path, None).await
        };
        match self.in_served_version(&object.resource, delete).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_status(404) => Ok(false),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// Applies an object by server-side apply as `flux`, taking over fields of other managers.
    pub async fn apply(&self, at: &ObjectRef, object: &Value) -> Result<Value> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}&force=true", at.path());
        self.write(Method::PATCH, &path, Content::Apply, object).await
    }

    /// Gets a path of the API server, such as `/version`.
    pub async fn raw<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.send_json(Method::GET, path, None).await.map_err(Failure::into_error)
    }

    async fn write(&self, method: Method, path: &str, content: Content, object: &Value) -> Result<Value> {
        let body = serde_json::to_vec(object).map_err(|error| Error::failed(error.to_string()))?;
        self.send_json(method, path, Some((content, body))).await.map_err(Failure::into_error)
    }
}
