//! Creating an object, or changing the existing one.

use http::Method;
use serde_json::Value;

use super::conflict::retry_conflicts;
use super::request::{Content, Failure};
use super::{Cluster, FIELD_MANAGER};
use crate::error::{Error, Result};
use crate::object::{ObjectMeta, ObjectRef, Resource};

/// Outcome of [`Cluster::upsert`], with the object as stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Upserted {
    /// The object did not exist.
    Created(Value),
    /// The object existed and was changed.
    Updated(Value),
}

impl Upserted {
    /// The object as stored.
    pub fn object(&self) -> &Value {
        match self {
            Upserted::Created(object) | Upserted::Updated(object) => object,
        }
    }
}

impl Cluster {
    /// Creates `object`, or lets `change` write it into the existing object. If others change that object
    /// meanwhile, it is read and changed again.
    ///
    /// # Errors
    /// The API server refuses, the object is being deleted, or the namespace does not exist.
    pub async fn upsert(
        &self,
        at: &ObjectRef,
        object: &Value,
        change: impl Fn(&mut Value, &Value),
    ) -> Result<Upserted> {
        let attempt = async |resource: &Resource| {
            retry_conflicts(async || self.try_upsert(at, resource, object, &change).await).await
        };
        match self.in_served_version(&at.resource, attempt).await {
            Ok(upserted) => Ok(upserted),
            Err(failure) if failure.is_resource_missing() => Err(self.not_served(&at.resource)),
            Err(failure) => {
                let no_namespace = failure.is_object_missing();
                let error = failure.into_error();
                Err(match at.namespace.as_ref().filter(|_| no_namespace) {
                    Some(namespace) => {
                        error.hint(format!("create it first: kubectl create namespace {namespace}"))
                    }
                    None => error,
                })
            }
        }
    }

    async fn try_upsert(
        &self,
        at: &ObjectRef,
        resource: &Resource,
        object: &Value,
        change: impl Fn(&mut Value, &Value),
    ) -> Result<Upserted, Failure> {
        let path = at.path_in(resource);
        let existing = match self.send_json::<Value>(Method::GET, &path, None).await {
            Ok(existing) => Some(existing),
            Err(failure) if failure.is_object_missing() => None,
            Err(failure) => return Err(failure),
        };
        let Some(mut existing) = existing else {
            let mut object = object.clone();
            object["apiVersion"] = resource.api_version().into();
            let collection = resource.path(at.namespace.as_deref(), None);
            let path = format!("{collection}?fieldManager={FIELD_MANAGER}");
            let created = self.send_json(Method::POST, &path, Some((Content::Json, bytes(&object)?))).await?;
            return Ok(Upserted::Created(created));
        };
        if existing.is_terminating() {
            return Err(Failure::Other(
                Error::failed(format!("{at} is being deleted"))
                    .hint("wait until it is deleted; `kubectl get -o yaml` shows which finalizer blocks it"),
            ));
        }
        change(&mut existing, object);
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        let updated = self.send_json(Method::PUT, &path, Some((Content::Json, bytes(&existing)?))).await?;
        Ok(Upserted::Updated(updated))
    }
}

fn bytes(object: &Value) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(object).map_err(|error| Failure::Other(Error::failed(error.to_string())))
}
