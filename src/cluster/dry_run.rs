//! What applying an object would come to, without applying it.

use http::Method;
use kube::core::Status;
use serde_json::Value;

use super::request::{Content, Failure};
use super::{Cluster, Resource};
use crate::error::{Error, Result};

/// Why the API server would not take an object.
#[derive(Debug)]
pub struct Refusal {
    /// The word for it, for instance `Invalid`; empty where there is none.
    pub reason: String,
    /// The API server's sentence.
    pub message: String,
    /// Whether what it wants to change can only be set when the object is made.
    pub immutable: bool,
    /// Whether the namespace, or the resource under this path, is not there.
    pub not_found: bool,
}

impl Cluster {
    /// Applies an object by server-side apply as `manager`, as a dry run, and returns what it would become. Fields of
    /// other managers are taken over.
    ///
    /// # Errors
    /// There was no answer. An answer that refuses the object is none.
    pub async fn dry_run(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
        manager: &str,
    ) -> Result<Result<Value, Refusal>> {
        let path =
            format!("{}?dryRun=All&force=true&fieldManager={manager}", resource.path(namespace, Some(name)));
        self.try_out(Method::PATCH, &path, Content::Apply, object).await
    }

    /// Replaces an object that is there, as a dry run, and returns what it would become.
    ///
    /// # Errors
    /// As [`Self::dry_run`].
    pub async fn dry_run_replacing(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
        manager: &str,
    ) -> Result<Result<Value, Refusal>> {
        let path = format!("{}?dryRun=All&fieldManager={manager}", resource.path(namespace, Some(name)));
        self.try_out(Method::PUT, &path, Content::Json, object).await
    }

    async fn try_out(
        &self,
        method: Method,
        path: &str,
        content: Content,
        object: &Value,
    ) -> Result<Result<Value, Refusal>> {
        let body = serde_json::to_vec(object).map_err(|error| Error::failed(error.to_string()))?;
        match self.send_json(method, path, Some((content, body))).await {
            Ok(object) => Ok(Ok(object)),
            Err(Failure::Status(status)) if status.code != 401 => Ok(Err(refusal(*status))),
            Err(failure) => Err(failure.into_error()),
        }
    }
}

fn refusal(status: Status) -> Refusal {
    // By status, as kubectl tells it; webhooks and CEL rules say it in words.
    let immutable = matches!(status.code, 409 | 422)
        || status.message.contains("is immutable")
        || status.message.contains("immutable field");
    Refusal { immutable, not_found: status.code == 404, reason: status.reason, message: status.message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immutable_fields_are_known_by_status_and_by_words() {
        let of = |code, message: &str| {
            refusal(Status { code, message: message.to_owned(), ..Status::default() }).immutable
        };
        assert!(of(422, "spec.selector: Invalid value"));
        assert!(of(403, "admission webhook denied: spec.class is immutable"));
        assert!(!of(403, "forbidden"));
    }
}
