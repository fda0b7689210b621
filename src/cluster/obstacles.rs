//! What keeps a namespace from going away: what is left in it, and APIs whose servers do not answer.

use serde_json::Value;

use super::{Cluster, List, Resource, Selection};
use crate::error::{Error, Result};

/// The conditions of a namespace that say why it is still there.
const CONDITIONS: [&str; 5] = [
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
];

/// Why a namespace that was deleted is still there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Obstacles {
    /// Its own conditions, in Kubernetes' words.
    pub(super) conditions: Vec<String>,
    /// The APIServices without a server that answers, which keep the namespace's content from being listed.
    pub(super) dead: Vec<DeadApi>,
}

/// An APIService without a server that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeadApi {
    pub(super) name: String,
    /// Why, in Kubernetes' words.
    pub(super) reason: String,
}

impl Obstacles {
    /// Each as a line.
    pub(super) fn lines(&self) -> Vec<String> {
        let dead =
            self.dead.iter().map(|api| format!("the API {} does not answer ({})", api.name, api.reason));
        dead.chain(self.conditions.iter().cloned()).collect()
    }

    /// Says what to do about the APIs.
    pub(super) fn explain(&self, error: Error) -> Error {
        let Some(first) = self.dead.first() else { return error };
        let names: Vec<&str> = self.dead.iter().map(|api| api.name.as_str()).collect();
        error.hint(format!(
            "Kubernetes deletes no namespace while an API does not answer: bring its server back (kubectl describe apiservice {}), or, if nothing needs it, delete it: kubectl delete apiservice {}",
            first.name,
            names.join(" ")
        ))
    }
}

impl Cluster {
    /// Why the namespace is still there; none where it is gone.
    pub(super) async fn obstacles(&self, namespace: &str) -> Result<Option<Obstacles>> {
        let Some(resource) = Resource::built_in("Namespace") else { return Ok(None) };
        let Some(found) = self.find(&resource, None, namespace).await? else { return Ok(None) };
        let conditions = found.pointer("/status/conditions").and_then(Value::as_array);
        let mut obstacles = Obstacles::default();
        let mut failed = false;
        for condition in conditions.into_iter().flatten().filter(|condition| condition["status"] == "True") {
            let kind = condition["type"].as_str().unwrap_or_default();
            if !CONDITIONS.contains(&kind) {
                continue;
            }
            failed |= kind.ends_with("Failure");
            let message = condition["message"].as_str().filter(|message| !message.is_empty());
            obstacles.conditions.push(message.unwrap_or(kind).to_owned());
        }
        if failed {
            // A help only: not everybody may see them.
            obstacles.dead = self.dead_apis().await.unwrap_or_default();
        }
        Ok(Some(obstacles))
    }

    async fn dead_apis(&self) -> Result<Vec<DeadApi>> {
        let resource = Resource {
            group: "apiregistration.k8s.io".into(),
            version: "v1".into(),
            plural: "apiservices".into(),
            namespaced: false,
            older: &[],
        };
        let list: List<Value> = self.list(&resource, &Selection::default()).await?;
        Ok(list.items.iter().filter_map(dead).collect())
    }
}

/// An APIService whose server is not available.
fn dead(api: &Value) -> Option<DeadApi> {
    let conditions = api.pointer("/status/conditions").and_then(Value::as_array);
    let available = conditions.into_iter().flatten().find(|condition| condition["type"] == "Available");
    if api.pointer("/spec/service").is_none_or(Value::is_null)
        || available.is_some_and(|condition| condition["status"] == "True")
    {
        return None;
    }
    let text = |field: &str| available.and_then(|condition| condition[field].as_str()).unwrap_or_default();
    let reason = match (text("reason"), text("message")) {
        ("", "") => "its state is not known".to_owned(),
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    };
    Some(DeadApi { name: api.pointer("/metadata/name")?.as_str()?.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_api_is_dead_where_its_server_is_not_available() {
        let api = |service: Value, conditions: Value| {
            dead(
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
        assert_eq!(api(service, json!([])).unwrap().reason, "its state is not known");
    }

    #[test]
    fn the_hint_names_every_dead_api() {
        let api = |name: &str| DeadApi { name: name.into(), reason: "gone".into() };
        let obstacles = Obstacles { conditions: vec!["c".into()], dead: vec![api("v1.a"), api("v1.b")] };
        assert_eq!(
            obstacles.lines(),
            ["the API v1.a does not answer (gone)", "the API v1.b does not answer (gone)", "c"]
        );
        let error = obstacles.explain(Error::timeout("t"));
        assert!(error.hints()[0].ends_with("kubectl delete apiservice v1.a v1.b"), "{:?}", error.hints());
        assert!(Obstacles::default().explain(Error::timeout("t")).hints().is_empty());
    }
}
