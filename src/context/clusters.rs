//! The clusters of a call, by the names of their contexts.

use tokio::sync::OnceCell;

use crate::cluster::{Cluster, Options};
use crate::error::Result;
use crate::event::Events;

/// Clusters that a command may ask, each connected at the first use and with its own settings and deadline.
///
/// There is always at least one: that of `--context`, or of the kubeconfig's current context.
pub struct Clusters {
    first: Member,
    others: Vec<Member>,
    events: Events,
}

/// One cluster with the settings to connect to it.
struct Member {
    options: Options,
    cluster: OnceCell<Cluster>,
}

impl Member {
    fn new(options: Options) -> Self {
        Member { options, cluster: OnceCell::new() }
    }

    async fn connect(&self, events: &Events) -> Result<&Cluster> {
        self.cluster.get_or_try_init(|| Cluster::connect(&self.options, events.clone())).await
    }
}

impl Clusters {
    /// The one cluster of these settings, which reports its progress to `events`.
    pub fn one(options: Options, events: Events) -> Self {
        Clusters { first: Member::new(options), others: Vec::new(), events }
    }

    /// Adds a cluster. Its name is the context of its settings.
    #[must_use]
    pub fn and(mut self, options: Options) -> Self {
        self.others.push(Member::new(options));
        self
    }

    /// The cluster that a command for a single cluster uses.
    ///
    /// # Errors
    /// The kubeconfig or the credentials cannot be used. The API server is not asked yet.
    pub async fn first(&self) -> Result<&Cluster> {
        self.first.connect(&self.events).await
    }

    /// The cluster of a context; none if no such cluster was given.
    ///
    /// # Errors
    /// As for [`Clusters::first`].
    pub async fn named(&self, context: &str) -> Result<Option<&Cluster>> {
        match self.members().find(|member| member.options.context.as_deref() == Some(context)) {
            Some(member) => member.connect(&self.events).await.map(Some),
            None => Ok(None),
        }
    }

    /// Clusters that a command has connected to.
    pub fn connected(&self) -> impl Iterator<Item = &Cluster> {
        self.members().filter_map(|member| member.cluster.get())
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
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
        let clusters = Clusters::one(options("a"), Events::default()).and(options("b"));
        assert_eq!(clusters.connected().count(), 0);
        assert!(clusters.named("c").await.unwrap().is_none());
        assert_eq!(clusters.named("b").await.unwrap().unwrap().server(), "http://b.example");
        assert_eq!(clusters.connected().count(), 1);
        assert_eq!(clusters.first().await.unwrap().server(), "http://a.example");
        assert_eq!(clusters.connected().count(), 2);
    }
}
