//! How the objects of a Flux Kustomization or HelmRelease are applied.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use serde_json::Value;

use super::ignore::IgnoreRules;
use super::normalize::is_definition;
use crate::cluster::Cluster;
use crate::error::{ErrorKind, Result};
use crate::object::{ObjectId, Resource};

/// A controller that applies objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Controller {
    /// Its field manager.
    pub manager: &'static str,
    /// Field managers, by prefix and operation, whose fields it takes over.
    pub taken: &'static [(&'static str, &'static str)],
    /// Whether labels and annotations of objects tell it how to apply them.
    pub obeys_marks: bool,
    /// Whether `metadata.generation` is part of a difference, as in flux's reports of Kustomizations. It says nothing that
    /// the fields beside it do not say.
    pub shows_generation: bool,
}

/// kustomize-controller.
pub(super) const KUSTOMIZE: Controller = Controller {
    manager: "kustomize-controller",
    taken: &[
        ("kubectl", "Apply"),
        ("kubectl", "Update"),
        ("before-first-apply", "Update"),
        ("kustomize-controller", "Update"),
    ],
    obeys_marks: true,
    shows_generation: true,
};

/// helm-controller. What it applied by updates before, it applies by the server now, or patches with the same result.
pub(super) const HELM: Controller = Controller {
    manager: "helm-controller",
    taken: &[("helm-controller", "Update"), ("helm", "Update")],
    obeys_marks: false,
    shows_generation: false,
};

/// How the objects of a Flux Kustomization or HelmRelease are applied.
pub(super) struct Policy {
    /// The controller that applies them.
    pub controller: Controller,
    /// Whether the controller may recreate objects.
    pub force: bool,
    /// Differences that `spec.ignore` hides.
    pub ignore: IgnoreRules,
    /// Namespaces that its own objects create.
    pub namespaces: BTreeSet<String>,
    /// Groups and kinds that its own CRDs create.
    kinds: BTreeSet<(String, String)>,
    /// Resources of the cluster, by API version and kind.
    resources: BTreeMap<(String, String), Resource>,
}

impl Policy {
    /// Collects what applies to all `objects` that a Flux Kustomization or HelmRelease renders.
    ///
    /// # Errors
    /// The cluster cannot be asked for a resource.
    pub(super) async fn new(
        controller: Controller,
        force: bool,
        ignore: IgnoreRules,
        objects: &[Value],
        cluster: &Cluster,
    ) -> Result<Policy> {
        let mut policy = Policy {
            controller,
            force,
            ignore,
            namespaces: BTreeSet::new(),
            kinds: BTreeSet::new(),
            resources: BTreeMap::new(),
        };
        for object in objects {
            let id = ObjectId::of(object);
            if is_definition(object) {
                let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                policy.kinds.insert((text("/spec/group").to_owned(), text("/spec/names/kind").to_owned()));
            }
            if id.kind == "Namespace" && id.api_version == "v1" {
                policy.namespaces.insert(id.name.clone());
            }
            let Entry::Vacant(entry) = policy.resources.entry((id.api_version, id.kind)) else { continue };
            match cluster.resource_of(object).await {
                Ok(resource) => {
                    entry.insert(resource);
                }
                // Each object of the kind reports it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(policy)
    }

    /// The cluster's resource of an object; none if the cluster does not have it.
    pub(super) fn resource(&self, id: &ObjectId) -> Option<&Resource> {
        self.resources.get(&(id.api_version.clone(), id.kind.clone()))
    }

    /// Whether a CRD among the objects creates the kind of this one.
    pub(super) fn creates_kind(&self, id: &ObjectId) -> bool {
        self.kinds.contains(&(id.group().to_owned(), id.kind.clone()))
    }

    /// Sets the namespace of an object that needs one, and has none.
    pub(super) fn set_namespace(&self, object: &mut Value, namespace: &str) {
        let id = ObjectId::of(object);
        if id.namespace.is_empty() && self.resource(&id).is_some_and(|resource| resource.namespaced) {
            object["metadata"]["namespace"] = namespace.into();
        }
    }

    /// Removes the namespace of a cluster-scoped object, as the API server does.
    pub(super) fn place(&self, object: &mut Value) {
        let is_namespaced = self.resource(&ObjectId::of(object)).is_none_or(|resource| resource.namespaced);
        if let (false, Some(metadata)) = (is_namespaced, object["metadata"].as_object_mut()) {
            metadata.remove("namespace");
        }
    }
}
