//! `flux bootstrap git` against real servers: `git http-backend`, a Kubernetes API server with its
//! controller manager, source-controller and kustomize-controller.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::fleet::components_commit;
use crate::support::flux::Flux;
use crate::support::git_fleet::{GitFleet, PASSWORD, secret};
use crate::support::scenario::Scenario;

fn generation(cluster: &Cluster, kind: &str, name: &str) -> Value {
    cluster.get(kind, "flux-system", name)["metadata"]["generation"].clone()
}

#[test]
fn an_empty_repository_and_cluster_are_bootstrapped_and_kept_up_to_date() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = GitFleet::new();
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let mut scenario = Scenario::new("an empty repository and cluster are bootstrapped");
    let first = fleet.bootstrap(&cluster).ok();
    assert_eq!(first.stdout, "");
    let url = fleet.server.url("fleet.git");
    let commits = fleet.repository.git(["log", "--reverse", "--format=%H", "main"]);
    let commits: Vec<&str> = commits.lines().collect();
    let [components, sync] = commits[..] else { panic!("two commits: {commits:?}") };
    let expected = format!(
        "► cloning branch \"main\" from Git repository \"{url}\"
✔ cloned repository
► generating component manifests
✔ generated component manifests
✔ committed component manifests to \"main\" (\"{components}\")
► pushing component manifests to \"{url}\"
► installing components in \"flux-system\" namespace
✔ installed components
✔ reconciled components
► determining if source secret \"flux-system/flux-system\" exists
► generating source secret
► applying source secret \"flux-system/flux-system\"
✔ reconciled source secret
► generating sync manifests
✔ generated sync manifests
✔ committed sync manifests to \"main\" (\"{sync}\")
► pushing sync manifests to \"{url}\"
► applying sync manifests
✔ reconciled sync configuration
◎ waiting for GitRepository \"flux-system/flux-system\" to be reconciled
✔ GitRepository reconciled successfully
◎ waiting for Kustomization \"flux-system/flux-system\" to be reconciled
✔ Kustomization reconciled successfully
► confirming components are healthy
✔ helm-controller: deployment ready
✔ kustomize-controller: deployment ready
✔ notification-controller: deployment ready
✔ source-controller: deployment ready
✔ all components are healthy
"
    );
    assert_eq!(first.stderr, expected);
    assert_eq!(fleet.repository.subjects("main"), ["Add Flux sync manifests", components_commit().as_str()]);
    let authors = fleet.repository.git(["log", "--format=%an <%ae> %cn <%ce>", "main"]);
    assert!(authors.lines().all(|line| line.starts_with("Flux <") && !line.contains("<>")), "{authors}");
    assert_eq!(
        fleet.file("kustomization.yaml"),
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"
    );
    let exported = Flux::bare().line("install --export").ok();
    assert_eq!(fleet.file("gotk-components.yaml"), exported.stdout);
    assert_eq!(secret(&cluster, "flux-system"), json!({"username": "me", "password": PASSWORD}));

    scenario.next("a second run finds nothing to do");
    let before = generation(&cluster, "GitRepository", "flux-system");
    let pushes = fleet.server.requests().len();
    let again = fleet.bootstrap(&cluster).ok();
    for line in [
        "✔ component manifests are up to date",
        "✔ source secret up to date",
        "✔ sync manifests are up to date",
    ] {
        assert!(again.stderr.contains(line), "{again:?}");
    }
    assert!(!again.stderr.contains("installing components"), "{again:?}");
    assert_eq!(fleet.repository.subjects("main").len(), 2);
    assert_eq!(generation(&cluster, "GitRepository", "flux-system"), before);
    let seen = fleet.server.requests();
    assert!(!seen[pushes..].iter().any(|it| it.method == "POST" && it.target.ends_with("receive-pack")));

    scenario.next("another component is committed, and reconciled at once");
    let more =
        fleet.bootstrap(&cluster).line("--components-extra=image-reflector-controller --interval=10m").ok();
    assert!(more.stderr.contains("✔ image-reflector-controller: deployment ready"), "{more:?}");
    assert_eq!(fleet.repository.subjects("main").len(), 4);

    scenario.next("another path is refused before anything is pushed");
    let commits = fleet.repository.subjects("main").len();
    let other = fleet.bootstrap(&cluster).line("--path=clusters/two").fails(1);
    assert!(
        other.stderr.contains("would overwrite path (\"./clusters/one\") of existing Kustomization"),
        "{other:?}"
    );
    assert_eq!(fleet.repository.subjects("main").len(), commits);

    scenario.next("manual changes are reverted");
    cluster.patch(
        "Secret",
        "flux-system",
        "flux-system",
        &json!({"data": {"password": "eA==", "identity": "eA=="}}),
    );
    cluster.patch("Kustomization", "flux-system", "flux-system", &json!({"spec": {"prune": false}}));
    fleet.bootstrap(&cluster).ok();
    assert_eq!(secret(&cluster, "flux-system"), json!({"username": "me", "password": PASSWORD}));
    assert_eq!(cluster.get("Kustomization", "flux-system", "flux-system")["spec"]["prune"], true);

    scenario.next("a suspended Kustomization is refused");
    cluster.patch("Kustomization", "flux-system", "flux-system", &json!({"spec": {"suspend": true}}));
    let suspended = fleet.bootstrap(&cluster).fails(1);
    assert!(suspended.stderr.contains("is suspended"), "{suspended:?}");
    drop(controllers);
}

#[test]
fn a_bootstrap_killed_after_any_step_is_completed_by_the_next() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = GitFleet::new();
    fleet.repository.commit("main", "Initial commit", &[("README.md", Some("ours\n"))]);
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let there = |kind: &str, namespace: &str, name: &str| cluster.try_get(kind, namespace, name).is_some();
    let commits = || fleet.repository.subjects("main").len();
    let effects: [(&str, &dyn Fn() -> bool); 6] = [
        ("the components' commit", &|| commits() >= 2),
        ("the namespace", &|| there("Namespace", "", "flux-system")),
        ("a definition", &|| {
            there("CustomResourceDefinition", "", "kustomizations.kustomize.toolkit.fluxcd.io")
        }),
        ("a controller", &|| there("Deployment", "flux-system", "source-controller")),
        ("the Secret", &|| there("Secret", "flux-system", "flux-system")),
        ("the sync's commit", &|| commits() >= 3),
    ];
    for (what, seen) in effects {
        let mut run = fleet.bootstrap(&cluster).spawn();
        cluster.wait(what, Duration::from_mins(2), || seen() || !run.runs());
        let output = run.kill();
        assert!(seen(), "{what}: {output:?}");
    }
    let mut run = fleet.bootstrap(&cluster).spawn();
    cluster.wait("the sync", Duration::from_mins(2), || {
        !run.runs() || cluster.try_get("Kustomization", "flux-system", "flux-system").is_some()
    });
    run.kill();
    let last = fleet.bootstrap(&cluster).ok();
    assert!(last.stderr.contains("✔ all components are healthy"), "{last:?}");
    assert_eq!(
        fleet.repository.subjects("main"),
        ["Add Flux sync manifests", components_commit().as_str(), "Initial commit"]
    );
    fleet.repository.git(["fsck", "--strict"]);
    let mut files: Vec<String> = fleet.repository.files("main").into_keys().collect();
    files.sort();
    assert_eq!(
        files,
        [
            "README.md",
            "clusters/one/flux-system/gotk-components.yaml",
            "clusters/one/flux-system/gotk-sync.yaml",
            "clusters/one/flux-system/kustomization.yaml"
        ]
    );
    drop(controllers);
}

#[test]
fn the_users_kustomization_is_used_and_never_rewritten() {
    const OWN: &str = "\
# small nodes
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- gotk-components.yaml
- gotk-sync.yaml
- extra.yaml
patches:
- patch: |
    - op: replace
      path: /spec/template/spec/containers/0/resources
      value: {limits: {memory: 256Mi}}
  target:
    kind: Deployment
    labelSelector: app.kubernetes.io/part-of=flux
";
    const EXTRA: &str =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n  namespace: flux-system\ndata: {a: b}\n";
    let cluster = Arc::new(Cluster::fresh());
    let fleet = GitFleet::new();
    fleet.repository.commit(
        "main",
        "ours",
        &[
            ("clusters/one/flux-system/kustomization.yaml", Some(OWN)),
            ("clusters/one/flux-system/extra.yaml", Some(EXTRA)),
        ],
    );
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    // Another commit reaches the branch before ours.
    let theirs = fleet.repository.clone();
    fleet.server.before_push(move || {
        theirs.commit("main", "theirs", &[("other.txt", Some("theirs\n"))]);
    });
    let output = fleet.bootstrap(&cluster).ok();
    assert!(output.stderr.contains("◎ another push to the branch came first"), "{output:?}");
    assert_eq!(
        fleet.repository.subjects("main"),
        ["Add Flux sync manifests", components_commit().as_str(), "theirs", "ours"]
    );
    assert_eq!(fleet.file("kustomization.yaml"), OWN);
    assert_eq!(fleet.repository.files("main")["other.txt"], "theirs\n");
    let limits = |name: &str| {
        let deployment = cluster.get("Deployment", "flux-system", name);
        deployment["spec"]["template"]["spec"]["containers"][0]["resources"].clone()
    };
    assert_eq!(limits("source-controller"), json!({"limits": {"memory": "256Mi"}}));
    assert_eq!(limits("helm-controller"), json!({"limits": {"memory": "256Mi"}}));
    assert_eq!(cluster.get("ConfigMap", "flux-system", "extra")["data"]["a"], "b");
    drop(controllers);
}

#[test]
fn a_manifest_that_cannot_be_applied_ends_the_wait_with_its_reason() {
    let cluster = Arc::new(Cluster::fresh());
    let fleet = GitFleet::new();
    let nothing = "apiVersion: example.com/v1\nkind: Nothing\nmetadata:\n  name: x\n  namespace: default\n";
    let right = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: default\n";
    fleet.repository.commit("main", "ours", &[("clusters/one/apps.yaml", Some(nothing))]);
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let output = fleet.bootstrap(&cluster).fails(1);
    let reason = "no matches for kind \"Nothing\" in version \"example.com/v1\"";
    assert_eq!(output.stderr.matches(reason).count(), 1, "said once: {output:?}");
    assert!(output.stderr.contains("Kustomization/flux-system/flux-system failed"), "{output:?}");
    fleet.repository.commit("main", "corrected", &[("clusters/one/apps.yaml", Some(right))]);
    fleet.bootstrap(&cluster).ok();
    drop(controllers);
}
