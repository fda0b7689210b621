//! The controllers of the test bed: the real programs, with the permissions that `flux install` gives them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::flux::Flux;
use crate::support::git_http::GitHttp;

#[test]
fn controllers_run_as_long_as_their_deployments() {
    let cluster = Arc::new(Cluster::fresh());
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let git = GitHttp::start();
    let repository = git.create("fleet.git");
    let greeting = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: greeting\n  namespace: default\n";
    repository.commit("main", "first", &[("apps/greeting.yaml", Some(greeting))]);

    Flux::new(&cluster).line("install --components=source-controller,kustomize-controller").ok();
    cluster.apply(&format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: fleet
  namespace: flux-system
spec:
  url: {}
  interval: 1h
  ref:
    branch: main
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  sourceRef:
    kind: GitRepository
    name: fleet
  path: ./apps
  prune: true
  interval: 1h
",
        git.url("fleet.git")
    ));
    let what =
        || format!("{}{}", controllers.log("source-controller"), controllers.log("kustomize-controller"));
    let arrived = || cluster.try_get("ConfigMap", "default", "greeting").is_some();
    // The inventory is written after the objects. A Kustomization that is deleted before then prunes nothing.
    let recorded = || {
        let apps = cluster.get("Kustomization", "flux-system", "apps");
        apps.pointer("/status/inventory/entries/0").is_some()
    };
    let started = Instant::now();
    while !recorded() && started.elapsed() < Duration::from_mins(2) {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(recorded() && arrived(), "the ConfigMap did not arrive:\n{}", what());

    assert_eq!(controllers.running(), ["kustomize-controller", "source-controller"]);
    // Only the controller removes the finalizer, so it still runs, with its permissions.
    cluster.delete("Kustomization", "flux-system", "apps");
    cluster.wait("the ConfigMap's end", Duration::from_mins(1), || !arrived());

    Flux::new(&cluster).line("uninstall --silent").limit(Duration::from_mins(10)).ok();
    cluster.wait("the controllers' end", Duration::from_mins(1), || controllers.running().is_empty());
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
}
