//! Why a namespace is not deleted: what it still contains, and APIs whose servers do not answer.

use serde_json::Value;

use super::{Cluster, List, ListSelector};
use crate::error::{Error, Result};
use crate::object::{Condition, ObjectMeta, ObjectRef, Resource};

/// Conditions of a namespace that say why it is not deleted.
const CONDITIONS: [&str; 5] = [
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
];

/// What blocks the deletion of a namespace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Blockers {
    /// Conditions of the namespace, in Kubernetes' words.
    pub(super) conditions: Vec<String>,
    /// APIs whose servers do not answer, so that the content of the namespace cannot be listed.
    pub(super) unavailable: Vec<UnavailableApi>,
}

/// An APIService whose server is not responding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnavailableApi {
    pub(super) name: String,
    /// Reason, in Kubernetes' words.
    pub(super) reason: String,
}

impl Blockers {
    /// Returns each as a line.
    pub(super) fn lines(&self) -> Vec<String> {
        let apis = self.unavailable.iter();
        let apis = apis.map(|api| format!("the API {} is not responding ({})", api.name, api.reason));
        apis.chain(self.conditions.iter().cloned()).collect()
    }

    /// Adds a hint about the APIs to an error.
    pub(super) fn explain(&self, error: Error) -> Error {
        let Some(first) = self.unavailable.first() else { return error };
        let names: Vec<&str> = self.unavailable.iter().map(|api| api.name.as_str()).collect();
        error.hint(format!(
            "Kubernetes deletes no namespace while an API is not responding: restore its server (see kubectl describe apiservice {}), or, if nothing needs it: kubectl delete apiservice {}",
            first.name,
            names.join(" ")
        ))
    }
}

impl Cluster {
    /// Returns what blocks the deletion of a namespace; none if the namespace is gone.
    pub(super) async fn deletion_blockers(&self, namespace: &str) -> Result<Option<Blockers>> {
        let found = self.find(&ObjectRef::new(Resource::NAMESPACE, None, namespace)).await?;
        let Some(found) = found else { return Ok(None) };
        let mut blockers = Blockers::default();
        let mut failed = false;
        for condition in found.conditions() {
            let condition_type = condition.condition_type.as_str();
            if !condition.is_true() || !CONDITIONS.contains(&condition_type) {
                continue;
            }
            failed |= condition_type.ends_with("Failure");
            let text = if condition.message.is_empty() { condition_type } else { &condition.message };
            blockers.conditions.push(text.to_owned());
        }
        if failed {
            // Not every user may list them.
            blockers.unavailable = self.unavailable_apis().await.unwrap_or_default();
        }
        Ok(Some(blockers))
    }

    async fn unavailable_apis(&self) -> Result<Vec<UnavailableApi>> {
        let list: List<Value> = self.list(&Resource::API_SERVICE, &ListSelector::default()).await?;
        Ok(list.items.iter().filter_map(unavailable).collect())
    }
}

/// Returns an APIService whose server is not responding.
fn unavailable(api: &Value) -> Option<UnavailableApi> {
    let available = api.condition("Available");
    if api["spec"]["service"].is_null() || available.as_ref().is_some_and(Condition::is_true) {
        return None;
    }
    let available = available.unwrap_or_default();
    let reason = match (available.reason.as_str(), available.message.as_str()) {
        ("", "") => "its state is unknown".to_owned(),
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    };
    Some(UnavailableApi { name: api.name().to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_api_whose_server_is_not_available_is_found() {
        let api = |service: Value, conditions: Value| {
            unavailable(
                &json!({"metadata": {"name": "v1.example.com"}, "spec": {"service": service}, "status": {"conditions": conditions}}),
            )
        };
        let service = json!({"namespace": "x", "name": "y"});
        let available = |status: &str| json!([{"type": "Available", "status": status, "reason": "ServiceNotFound", "message": "service x/y is gone"}]);
        assert_eq!(api(service.clone(), available("True")), None);
        assert_eq!(api(Value::Null, available("False")), None);
        for status in ["False", "Unknown"] {
            let found = api(service.clone(), available(status)).unwrap();
            assert_eq!(
                (found.name.as_str(), found.reason.as_str()),
                ("v1.example.com", "ServiceNotFound: service x/y is gone")
            );
        }
        assert_eq!(api(service, json!([])).unwrap().reason, "its state is unknown");
    }

    #[test]
    fn the_hint_names_every_unavailable_api() {
        let api = |name: &str| UnavailableApi { name: name.into(), reason: "gone".into() };
        let blockers = Blockers { conditions: vec!["c".into()], unavailable: vec![api("v1.a"), api("v1.b")] };
        assert_eq!(
            blockers.lines(),
            ["the API v1.a is not responding (gone)", "the API v1.b is not responding (gone)", "c"]
        );
        let error = blockers.explain(Error::timeout("t"));
        assert!(error.hints()[0].ends_with("kubectl delete apiservice v1.a v1.b"), "{:?}", error.hints());
        assert!(Blockers::default().explain(Error::timeout("t")).hints().is_empty());
    }
}
