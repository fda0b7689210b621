//! `install`, `check`, `version` and `uninstall` against a control plane that runs Deployments.

use std::time::Duration;

use edgeflux::manifests::distribution::VERSION;
use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;

/// Limit for `uninstall`: an API server under load takes minutes to delete CRDs, and the command waits as long as they
/// become fewer.
const UNINSTALL: Duration = Duration::from_mins(10);

fn flux(cluster: &Cluster, line: &str) -> Flux {
    Flux::new(cluster).line(line).limit(UNINSTALL)
}

/// The names of Flux's CRDs.
fn definitions(cluster: &Cluster) -> Vec<String> {
    let all = cluster.list("CustomResourceDefinition", "");
    let names = all.iter().filter_map(|crd| crd["metadata"]["name"].as_str());
    names.filter(|name| name.contains("fluxcd.io")).map(str::to_owned).collect()
}

#[test]
fn an_installation_is_found_by_check_and_version_and_removed_by_uninstall() {
    let cluster = Cluster::fresh();
    let missing = flux(&cluster, "check").fails(1);
    assert!(missing.stderr.contains("Flux is not installed"), "{missing:?}");

    let installed = flux(&cluster, "install").ok();
    assert!(installed.stderr.contains("Namespace/flux-system created"), "{installed:?}");
    assert!(installed.stderr.contains("✔ source-controller: deployment ready"), "{installed:?}");
    assert!(installed.stderr.ends_with("✔ install finished\n"), "{installed:?}");
    assert_eq!(installed.stdout, "");

    let again = flux(&cluster, "install").ok();
    assert!(again.stderr.contains("Namespace/flux-system unchanged"), "{again:?}");
    assert!(!again.stderr.contains(" created"), "nothing is new the second time: {again:?}");

    let checked = flux(&cluster, "check").ok();
    assert!(checked.stderr.contains(&format!("✔ distribution: flux-v{VERSION}")), "{checked:?}");
    assert!(checked.stderr.ends_with("✔ all checks passed\n"), "{checked:?}");
    let asked_for_more = flux(&cluster, "check --components-extra=image-reflector-controller").fails(1);
    assert!(asked_for_more.stderr.contains("✗ image-reflector-controller: deployment not found"));
    let version = flux(&cluster, "version").ok();
    assert!(
        version.stdout.starts_with(&format!("flux: v{VERSION}\ndistribution: flux-v{VERSION}\n")),
        "{version:?}"
    );
    assert!(version.stdout.contains("source-controller: v"), "{version:?}");

    cluster.apply(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: held
  namespace: default
  finalizers: [finalizers.fluxcd.io]
spec: {url: 'https://example.com/held', interval: 1m}
",
    );
    let rehearsed = flux(&cluster, "uninstall --dry-run").ok();
    assert!(rehearsed.stderr.contains("GitRepository/default/held finalizers deleted (dry run)"));
    assert!(!definitions(&cluster).is_empty(), "a dry run changes nothing");
    assert!(cluster.try_get("Deployment", "flux-system", "source-controller").is_some());

    let asked = flux(&cluster, "uninstall").fails(1);
    assert!(asked.stderr.contains("add --silent to continue without confirmation"), "{asked:?}");
    let removed = flux(&cluster, "uninstall --silent").ok();
    assert!(removed.stderr.ends_with("✔ uninstall finished\n"), "{removed:?}");
    assert_eq!(definitions(&cluster), [""; 0]);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
    assert!(
        cluster
            .list("ClusterRole", "")
            .iter()
            .all(|role| { role["metadata"]["labels"]["app.kubernetes.io/part-of"] != "flux" })
    );

    // The cluster accepts a new installation at once.
    flux(&cluster, "install --components=source-controller,kustomize-controller").ok();
    flux(&cluster, "uninstall --silent --keep-namespace").ok();
    assert!(cluster.try_get("Namespace", "", "flux-system").is_some());
    flux(&cluster, "uninstall --silent").ok();
    let nothing = flux(&cluster, "uninstall --silent").ok();
    assert!(nothing.stderr.contains("Flux is not installed"), "{nothing:?}");
}

#[test]
fn an_unavailable_api_service_that_blocks_the_namespace_is_named() {
    let cluster = Cluster::fresh();
    flux(&cluster, "install --components=source-controller,kustomize-controller").ok();
    // Everything else goes first: with a short timeout, an API server under load does not get to the namespace.
    flux(&cluster, "uninstall --silent --keep-namespace").ok();
    cluster.apply(
        "apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.example.com}
spec:
  group: metrics.example.com
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {namespace: default, name: gone, port: 443}
",
    );
    cluster.wait("the API server to notice that the service is gone", Duration::from_mins(1), || {
        let api = cluster.get("APIService", "", "v1beta1.metrics.example.com");
        api.pointer("/status/conditions/0/status").is_some_and(|status| status == "False")
    });
    let mut running = flux(&cluster, "uninstall --silent --timeout=30s").spawn();
    let at_once = "◎ the API v1beta1.metrics.example.com is not responding, which blocks the deletion";
    assert!(running.wait_for_error_output(at_once), "the API is named at once");
    // Another reason, and it is still the same API.
    let other = json!({"spec": {"service": {"name": "gone-too"}}});
    cluster.patch("APIService", "", "v1beta1.metrics.example.com", &other);
    let held_up = running.wait();
    assert_eq!(held_up.code, Some(1), "{held_up:?}");
    assert!(held_up.stderr.contains(at_once), "{held_up:?}");
    assert_eq!(held_up.stderr.matches(at_once).count(), 1, "{held_up:?}");
    let error = held_up.stderr.lines().find(|line| line.starts_with('✗')).unwrap_or_default();
    assert!(
        error.contains(
            "the API v1beta1.metrics.example.com is not responding (ServiceNotFound: service/gone-too"
        ),
        "{held_up:?}"
    );
    assert!(held_up.stderr.contains("kubectl delete apiservice v1beta1.metrics.example.com"), "{held_up:?}");
    assert!(!held_up.stderr.contains("v1.apps"), "{held_up:?}");

    cluster.delete("APIService", "", "v1beta1.metrics.example.com");
    let removed = flux(&cluster, "uninstall --silent").ok();
    assert!(removed.stderr.ends_with("✔ uninstall finished\n"), "{removed:?}");
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
}

#[test]
fn uninstall_in_the_wrong_namespace_deletes_nothing() {
    let cluster = Cluster::fresh();
    flux(&cluster, "install --components=source-controller,kustomize-controller").ok();
    let before = definitions(&cluster);
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: production}\n");
    cluster.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: production}\n");
    for line in ["uninstall --silent -n production", "uninstall --silent -n typo"] {
        let output = flux(&cluster, line).fails(1);
        assert!(output.stderr.contains("Flux is in the namespace flux-system"), "{output:?}");
        assert!(output.stderr.contains("flux uninstall --namespace=flux-system"), "{output:?}");
    }
    let rehearsed = flux(&cluster, "uninstall --dry-run -n typo").ok();
    assert!(rehearsed.stderr.contains("without --dry-run this command would fail"), "{rehearsed:?}");
    assert_eq!(definitions(&cluster), before);
    assert!(cluster.try_get("ConfigMap", "production", "mine").is_some());
    flux(&cluster, "uninstall --silent").ok();

    // Flux is gone now, and still the namespace of a user is kept.
    let output = flux(&cluster, "uninstall --silent -n production").ok();
    assert!(output.stderr.contains("namespace production is kept"), "{output:?}");
    assert!(cluster.try_get("ConfigMap", "production", "mine").is_some());
}

#[test]
fn a_killed_uninstall_is_completed_by_the_next() {
    let cluster = Cluster::fresh();
    flux(&cluster, "install").ok();
    let running = flux(&cluster, "uninstall --silent").spawn();
    cluster.wait("the first Deployment to go", Duration::from_mins(1), || {
        cluster.try_get("Deployment", "flux-system", "helm-controller").is_none()
    });
    running.kill();
    let finished = flux(&cluster, "uninstall --silent").ok();
    assert!(finished.stderr.ends_with("✔ uninstall finished\n"), "{finished:?}");
    assert_eq!(definitions(&cluster), [""; 0]);
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
}

#[test]
fn uninstall_removes_leftovers_of_older_versions_and_names_what_blocks_it() {
    let cluster = Cluster::fresh();
    flux(&cluster, "install --components=source-controller,kustomize-controller").ok();
    // A CRD without today's labels, as versions before 2.0 left them.
    cluster.apply(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: relics.source.toolkit.fluxcd.io}
spec:
  group: source.toolkit.fluxcd.io
  scope: Namespaced
  names: {kind: Relic, plural: relics}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, namespace: flux-system, finalizers: [example.com/keep]}
",
    );
    let blocked = flux(&cluster, "uninstall --silent --timeout=45s").fails(1);
    assert!(blocked.stderr.contains("example.com/keep"), "the finalizer is named: {blocked:?}");
    assert!(blocked.stderr.contains("run the same command again"), "{blocked:?}");
    assert_eq!(definitions(&cluster), [""; 0]);
    cluster.patch("ConfigMap", "flux-system", "kept", &json!({"metadata": {"finalizers": null}}));
    flux(&cluster, "uninstall --silent").ok();
    assert!(cluster.try_get("Namespace", "", "flux-system").is_none());
}

#[test]
fn an_image_that_cannot_be_pulled_ends_the_wait_early_with_the_reason() {
    let cluster = Cluster::fresh();
    let failed = flux(
        &cluster,
        "install --components=source-controller,kustomize-controller --registry=unpullable.example.com/fluxcd --timeout=15s",
    )
    .fails(1);
    assert!(failed.stderr.contains("ImagePullBackOff"), "{failed:?}");
    assert!(failed.stderr.contains("✗ install failed: not ready: kustomize-controller, source-controller"));
    assert!(failed.stderr.contains("run the same command again"), "{failed:?}");
}

#[test]
fn a_quota_that_stops_the_pods_is_named() {
    let cluster = Cluster::fresh();
    cluster.apply(
        "apiVersion: v1
kind: Namespace
metadata: {name: flux-system}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: none, namespace: flux-system}
spec: {hard: {pods: '0'}}
",
    );
    let failed =
        flux(&cluster, "install --components=source-controller,kustomize-controller --timeout=15s").fails(1);
    assert!(failed.stderr.contains("exceeded quota"), "{failed:?}");
}

#[test]
fn an_installation_of_another_tool_is_kept_unless_overridden() {
    let cluster = Cluster::fresh();
    flux(&cluster, "install --components=source-controller,kustomize-controller").ok();
    let label = |key: &str, value: &str| {
        cluster.patch(
            "CustomResourceDefinition",
            "",
            "gitrepositories.source.toolkit.fluxcd.io",
            &json!({"metadata": {"labels": {key: value}}}),
        );
    };
    label("app.kubernetes.io/managed-by", "Helm");
    let refused = flux(&cluster, "install --components=source-controller").fails(1);
    assert!(refused.stderr.contains("with Helm"), "{refused:?}");
    assert!(refused.stderr.contains("--force"), "{refused:?}");
    flux(&cluster, "install --components=source-controller,kustomize-controller --force").ok();
    label("kustomize.toolkit.fluxcd.io/namespace", "flux-system");
    let refused = flux(&cluster, "install --force").fails(1);
    assert!(refused.stderr.contains("already been bootstrapped"), "{refused:?}");
}

#[test]
fn every_command_fails_when_the_api_server_is_unreachable() {
    for line in ["check", "version", "install", "uninstall --silent", "uninstall --dry-run"] {
        let failed = Flux::bare().line(line).args(["--server=https://127.0.0.1:1"]).fails(1);
        assert!(
            failed.stderr.contains("cannot reach the Kubernetes API server https://127.0.0.1:1"),
            "{failed:?}"
        );
        assert!(failed.stderr.contains("hint: check that the cluster is running"), "{failed:?}");
    }
}

#[test]
fn exporting_needs_no_cluster() {
    let exported = Flux::bare().line("install --export --namespace=edge").ok();
    assert!(exported.stdout.starts_with("---\n# This manifest was generated by flux. DO NOT EDIT.\n"));
    assert!(exported.stdout.contains("namespace: edge"));
    assert_eq!(exported.stderr, "");
}
