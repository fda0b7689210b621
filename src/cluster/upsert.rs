//! Creating an object or changing the one that is there, whatever others do meanwhile.

use http::Method;
use serde_json::Value;

use super::request::{Content, Failure};
use super::{Cluster, FIELD_MANAGER, Resource};
use crate::error::{Error, Result};

/// How often a change is tried again when others change the same object: each time somebody else has
/// succeeded, so more than a few in a row mean that somebody writes all the time.
const ATTEMPTS: usize = 10;

/// What became of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Upserted {
    /// It was not there.
    Created(Value),
    /// It was there and has been changed.
    Updated(Value),
}

impl Upserted {
    /// The object as the cluster has it now.
    pub fn object(&self) -> &Value {
        match self {
            Upserted::Created(object) | Upserted::Updated(object) => object,
        }
    }
}

impl Cluster {
    /// Makes `object`, or lets `change` write what it asks for into the one that is there. When
    /// somebody else has changed that one in the meantime, it is read and changed again.
    ///
    /// # Errors
    /// The API server's refusal; an object that is being deleted; no namespace, with the command that
    /// makes it.
    pub async fn upsert(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
        change: impl Fn(&mut Value, &Value),
    ) -> Result<Upserted> {
        let attempt = async |resource: &Resource| {
            let mut last = None;
            for _ in 0..ATTEMPTS {
                match self.try_upsert(resource, namespace, name, object, &change).await {
                    // Changed, or made, since we looked.
                    Err(failure) if failure.is_status(409) => last = Some(failure),
                    outcome => return outcome,
                }
            }
            Err(last.expect("the loop has run, and only a conflict goes on"))
        };
        match self.with_fallback(resource, attempt).await {
            Ok(upserted) => Ok(upserted),
            Err(failure) if failure.is_resource_missing() => Err(self.unknown(resource)),
            Err(failure) => {
                let no_namespace = failure.is_object_missing();
                let error = failure.into_error();
                Err(match namespace.filter(|_| no_namespace) {
                    Some(namespace) => {
                        error.hint(format!("make it first: kubectl create namespace {namespace}"))
                    }
                    None => error,
                })
            }
        }
    }

    async fn try_upsert(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
        change: impl Fn(&mut Value, &Value),
    ) -> Result<Upserted, Failure> {
        let path = resource.path(namespace, Some(name));
        let existing = match self.send_json::<Value>(Method::GET, &path, None).await {
            Ok(existing) => Some(existing),
            Err(failure) if failure.is_object_missing() => None,
            Err(failure) => return Err(failure),
        };
        let Some(mut existing) = existing else {
            let mut object = object.clone();
            object["apiVersion"] = resource.api_version().into();
            let path = format!("{}?fieldManager={FIELD_MANAGER}", resource.path(namespace, None));
            let created = self.send_json(Method::POST, &path, Some((Content::Json, bytes(&object)?))).await?;
            return Ok(Upserted::Created(created));
        };
        if existing.pointer("/metadata/deletionTimestamp").is_some() {
            return Err(Failure::Other(
                Error::failed(format!("{} {name} is being deleted", resource.plural))
                    .hint("wait until it is gone; `kubectl get -o yaml` shows which finalizer holds it"),
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
