//! The clusters of a call, by the names of their contexts.

use tokio::sync::OnceCell;

use crate::clock::Clock;
use crate::cluster::{Cluster, Options};
use crate::error::{Error, Result};
use crate::event::Events;

/// Clusters that a command may ask, each by the context of its settings, and connected at the first use.
///
/// Most commands use a single cluster: that of `--context` or, without the flag, of the kubeconfig's current context,
/// which is looked up as `None`.
pub struct Clusters {
    members: Vec<Member>,
    clock: Clock,
    events: Events,
}

/// One cluster with the settings to connect to it.
struct Member {
    options: Options,
    cluster: OnceCell<Cluster>,
}

impl Clusters {
    /// The clusters of these settings. All report their progress to `events`.
    pub fn new(settings: impl IntoIterator<Item = Options>, clock: Clock, events: Events) -> Self {
        let members = settings.into_iter().map(|options| Member { options, cluster: OnceCell::new() });
        Clusters { members: members.collect(), clock, events }
    }

    /// The cluster of a context, connected if it is not yet. The API server is not asked.
    ///
    /// # Errors
    /// No such cluster was given, or its kubeconfig or credentials cannot be used.
    pub async fn named(&self, context: Option<&str>) -> Result<&Cluster> {
        let member = self.members.iter().find(|member| member.options.context.as_deref() == context);
        let member = member.ok_or_else(|| {
            let context = context.unwrap_or_default();
            Error::usage(format!("context {context:?} is not one of those that this command uses"))
        })?;
        member
            .cluster
            .get_or_try_init(|| Cluster::connect(&member.options, self.clock, self.events.clone()))
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn clusters_are_found_by_context_and_connected_on_demand() {
        let directory = tempfile::tempdir().unwrap();
        let kubeconfig = directory.path().join("kubeconfig");
        let names = ["a", "b"];
        let contexts = names.map(|name| json!({"name": name, "context": {"cluster": name, "user": ""}}));
        let clusters =
            names.map(|name| json!({"name": name, "cluster": {"server": format!("http://{name}.example")}}));
        let text = json!({"apiVersion": "v1", "kind": "Config", "contexts": contexts, "clusters": clusters});
        std::fs::write(&kubeconfig, text.to_string()).unwrap();
        let options = |context: &str| Options {
            kubeconfig: Some(kubeconfig.clone()),
            context: Some(context.to_owned()),
            ..Options::default()
        };
        let clusters = Clusters::new(["a", "b"].map(options), Clock::system(), Events::default());
        let connected = || clusters.members.iter().filter(|member| member.cluster.initialized()).count();
        assert_eq!(connected(), 0);
        assert!(clusters.named(Some("c")).await.is_err());
        assert_eq!(clusters.named(Some("b")).await.unwrap().server(), "http://b.example");
        assert_eq!(connected(), 1);
        assert_eq!(clusters.named(Some("a")).await.unwrap().server(), "http://a.example");
        assert_eq!(connected(), 2);
    }
}
