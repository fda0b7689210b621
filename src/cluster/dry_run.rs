//! Server-side dry runs: what applying an object would result in.

use http::Method;
use kube::core::Status;
use serde_json::Value;

use super::Cluster;
use super::request::{Content, Failure};
use crate::error::{Error, Result};
use crate::object::ObjectRef;

/// The API server's refusal of an object.
#[derive(Debug)]
pub struct Refusal {
    /// Reason, such as `Invalid`; may be empty.
    pub reason: String,
    /// Message of the API server.
    pub message: String,
    /// Whether an immutable field would change.
    pub immutable: bool,
    /// Whether the namespace or the resource does not exist.
    pub not_found: bool,
}

impl Cluster {
    /// Returns the result of applying an object by server-side apply as `manager`, without storing it. Fields of
    /// other managers are taken over.
    ///
    /// # Errors
    /// The API server gives no answer. A refusal of the object is an answer.
    pub async fn dry_run(
        &self,
        at: &ObjectRef,
        object: &Value,
        manager: &str,
    ) -> Result<Result<Value, Refusal>> {
        let path = format!("{}?dryRun=All&force=true&fieldManager={manager}", at.path());
        self.try_out(Method::PATCH, &path, Content::Apply, object).await
    }

    /// Returns the result of replacing an existing object, without storing it.
    ///
    /// # Errors
    /// As [`Self::dry_run`].
    pub async fn dry_run_replacing(
        &self,
        at: &ObjectRef,
        object: &Value,
        manager: &str,
    ) -> Result<Result<Value, Refusal>> {
        let path = format!("{}?dryRun=All&fieldManager={manager}", at.path());
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
    // By status, as in kubectl. Webhooks and CEL rules use other statuses and say it in their message.
    let immutable = matches!(status.code, 409 | 422)
        || status.message.contains("is immutable")
        || status.message.contains("immutable field");
    Refusal { immutable, not_found: status.code == 404, reason: status.reason, message: status.message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immutable_fields_are_recognized_by_status_and_by_message() {
        let of = |code, message: &str| {
            refusal(Status { code, message: message.to_owned(), ..Status::default() }).immutable
        };
        assert!(of(422, "spec.selector: Invalid value"));
        assert!(of(403, "admission webhook denied: spec.class is immutable"));
        assert!(!of(403, "forbidden"));
    }
}
