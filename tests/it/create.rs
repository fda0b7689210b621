//! `flux create`: what it prints, and what the cluster has afterwards.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cluster::Cluster;
use crate::support::flux::{Flux, Output};
use crate::support::sshd::Sshd;

/// Commands that describe an application, and what they print.
const WALK_THROUGH: &[(&[&str], &str)] = &[
    (
        &[
            "create",
            "source",
            "helm",
            "helm-charts",
            "--kubeconfig",
            "/etc/rancher/k3s/k3s.yaml",
            "--url=https://sergiops.xyz/helm-charts",
            "--interval=1m",
            "--namespace=production",
            "--export",
        ],
        "---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: helm-charts
  namespace: production
spec:
  interval: 1m0s
  url: https://sergiops.xyz/helm-charts
",
    ),
    (
        &[
            "create",
            "helmrelease",
            "app-demo",
            "--chart",
            "app-demo",
            "--source",
            "HelmRepository/helm-charts.production",
            "--chart-version",
            "0.0.1",
            "--interval=1m",
            "--namespace",
            "production",
            "--export",
        ],
        "---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app-demo
  namespace: production
spec:
  chart:
    spec:
      chart: app-demo
      reconcileStrategy: ChartVersion
      sourceRef:
        kind: HelmRepository
        name: helm-charts
        namespace: production
      version: 0.0.1
  interval: 1m0s
",
    ),
    (
        &[
            "create",
            "image",
            "repository",
            "app-demo",
            "--kubeconfig",
            "/etc/rancher/k3s/k3s.yaml",
            "--image=somebody/fluxappdemo",
            "--namespace=flux-system",
            "--interval=1m",
            "--export",
        ],
        "---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata:
  name: app-demo
  namespace: flux-system
spec:
  image: somebody/fluxappdemo
  interval: 1m0s
",
    ),
    (
        &[
            "create",
            "image",
            "policy",
            "app-demo",
            "--image-ref=app-demo",
            "--namespace=flux-system",
            "--select-alpha=asc",
            r"--filter-regex=^RELEASE\.(?P<timestamp>.*)Z$",
            "--filter-extract=$timestamp",
            "--export",
        ],
        r"---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata:
  name: app-demo
  namespace: flux-system
spec:
  filterTags:
    extract: $timestamp
    pattern: ^RELEASE\.(?P<timestamp>.*)Z$
  imageRepositoryRef:
    name: app-demo
  policy:
    alphabetical:
      order: asc
",
    ),
    (
        &[
            "create",
            "source",
            "git",
            "monitoring",
            "--interval=30m",
            "--kubeconfig",
            "/etc/rancher/k3s/k3s.yaml",
            "--url=https://github.com/fluxcd/flux2",
            "--branch=main",
            "--export",
        ],
        "---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: monitoring
  namespace: flux-system
spec:
  interval: 30m0s
  ref:
    branch: main
  url: https://github.com/fluxcd/flux2
",
    ),
    (
        &[
            "create",
            "kustomization",
            "monitoring-stack",
            "--interval=1h",
            "--prune=true",
            "--source=monitoring",
            "--path=./manifests/monitoring/kube-prometheus-stack",
            "--health-check=Deployment/kube-prometheus-stack-operator.monitoring",
            "--health-check=Deployment/kube-prometheus-stack-grafana.monitoring",
            "--health-check-timeout=5m0s",
            "--export",
        ],
        "---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: monitoring-stack
  namespace: flux-system
spec:
  healthChecks:
  - kind: Deployment
    name: kube-prometheus-stack-operator
    namespace: monitoring
  - kind: Deployment
    name: kube-prometheus-stack-grafana
    namespace: monitoring
  interval: 1h0m0s
  path: ./manifests/monitoring/kube-prometheus-stack
  prune: true
  sourceRef:
    kind: GitRepository
    name: monitoring
  timeout: 5m0s
",
    ),
];

#[test]
fn export_prints_the_expected_yaml_without_a_kubeconfig() {
    for (args, expected) in WALK_THROUGH {
        let output = Flux::bare().args(*args).ok();
        assert_eq!(output.stdout, *expected, "{args:?}");
        assert_eq!(output.stderr, "", "{args:?}");
    }
}

#[test]
fn an_exported_helm_release_ends_where_values_can_be_appended() {
    let release = Flux::bare().args(WALK_THROUGH[1].0).ok().stdout;
    let whole = format!("{release}  values:\n    replicaCount: 3\n");
    let object = edgeflux_yaml::document(&whole).expect("one document");
    assert_eq!(object["spec"]["values"], json!({"replicaCount": 3}));
}

#[test]
fn an_invalid_image_update_template_is_written_with_a_warning() {
    let update = |template: &str| {
        let template = format!("--commit-template={template}");
        Flux::bare()
            .line("create image update flux-system --git-repo-ref=flux-system --git-repo-path=./clusters")
            .line("--checkout-branch=main --push-branch=main --author-name=a --author-email=a@b.example --export")
            .args([template])
            .ok()
    };
    let old = update("{{range .Updated.Images}}{{println .}}{{end}}");
    assert!(
        old.stdout.contains("messageTemplate: '{{range .Updated.Images}}{{println .}}{{end}}'"),
        "{old:?}"
    );
    let works = "{{range .Changed.Changes}}{{println .NewValue}}{{end}}";
    assert!(old.stderr.contains(works) && old.stderr.contains(".Updated"), "{old:?}");
    let new = update(works);
    assert!(new.stdout.contains(works), "{new:?}");
    assert_eq!(new.stderr, "");
}

#[test]
fn values_are_merged_and_keep_their_comments() {
    let directory = TempDir::new().expect("a directory");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("a file");
    write(
        "a.yaml",
        "# how many\nreplicas: 1\nimage:\n  tag: v1 # {\"$imagepolicy\": \"flux-system:app\"}\n  name: x\n",
    );
    write("b.yaml", "image:\n  tag: v2\nlist: [1]\n");
    let output = Flux::bare()
        .dir(directory.path())
        .line("create hr app --source=HelmRepository/x --chart=c --values=a.yaml,b.yaml --export")
        .ok();
    let expected = "  interval: 1m0s
  values:
    image:
      name: x
      tag: v2 # {\"$imagepolicy\": \"flux-system:app\"}
    list:
    - 1
    # how many
    replicas: 1
";
    assert!(output.stdout.ends_with(expected), "{output:?}");
}

#[test]
fn flags_of_a_command_group_are_accepted_anywhere_after_it() {
    let wanted =
        Flux::bare().line("create source git app --url=https://h/x --branch=b --export --interval=5m").ok();
    let before =
        Flux::bare().line("create --export --interval=5m source git app --url=https://h/x --branch=b").ok();
    assert_eq!(before.stdout, wanted.stdout);
    assert!(wanted.stdout.contains("interval: 5m0s"));
}

/// Acts as the controller: sets the status of the object once it exists.
fn report(
    cluster: &Cluster,
    kind: &str,
    namespace: &str,
    name: &str,
    status: &str,
    reason: &str,
    message: &str,
) {
    let mut generation = Value::Null;
    cluster.wait("the object to be asked for", Duration::from_secs(30), || {
        let found = cluster
            .try_get(kind, namespace, name)
            .filter(|object| object["status"]["observedGeneration"] != object["metadata"]["generation"]);
        generation = found.map(|object| object["metadata"]["generation"].clone()).unwrap_or_default();
        !generation.is_null()
    });
    let change = json!({
        "observedGeneration": generation,
        "conditions": [{
            "type": "Ready", "status": status, "reason": reason, "message": message,
            "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
        }],
        // Only sources have one; the API server drops it elsewhere.
        "artifact": {
            "path": "app.tar.gz", "url": "http://127.0.0.1/app.tar.gz", "revision": "main",
            "digest": format!("sha256:{}", "0".repeat(64)), "lastUpdateTime": "2026-01-01T00:00:00Z",
        },
    });
    cluster.patch_status(kind, namespace, name, &change);
}

#[test]
fn an_existing_object_is_updated_and_fields_of_others_are_kept() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let source = |rest: &str| {
        let line = format!(
            "create source git app --url=https://git.example/app -n {namespace} --timeout=20s {rest}"
        );
        let running = Flux::new(cluster).line(&line).spawn();
        report(cluster, "GitRepository", &namespace, "app", "True", "Succeeded", "stored");
        let output = running.wait();
        assert_eq!(output.code, Some(0), "{output:?}");
        output
    };
    let created = source("--branch=main --label=team=web");
    assert!(created.stderr.contains("✔ GitRepository source created"), "{created:?}");
    cluster.patch(
        "GitRepository",
        &namespace,
        "app",
        &json!({"metadata": {"labels": {"theirs": "1"}, "annotations": {"note": "x"}}}),
    );
    let updated = source("--tag=v1 --interval=10m --label=team=db");
    assert!(updated.stderr.contains("✔ GitRepository source updated"), "{updated:?}");
    let object = cluster.get("GitRepository", &namespace, "app");
    assert_eq!(object["metadata"]["labels"], json!({"team": "db", "theirs": "1"}));
    assert_eq!(object["metadata"]["annotations"]["note"], "x");
    assert_eq!(object["spec"]["ref"], json!({"tag": "v1"}));
    assert_eq!(object["spec"]["interval"], "10m0s");
}

#[test]
fn a_missing_path_is_reported_with_its_condition() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let line =
        format!("create kustomization stack --source=monitoring --path=./gone -n {namespace} --timeout=10s");
    let running = Flux::new(cluster).line(&line).spawn();
    let message = "kustomization path not found: stat /tmp/x/gone: no such file or directory";
    report(cluster, "Kustomization", &namespace, "stack", "False", "ArtifactFailed", message);
    let output = running.wait();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("ArtifactFailed") && output.stderr.contains(message), "{output:?}");
    assert_eq!(cluster.get("Kustomization", &namespace, "stack")["spec"]["path"], "./gone");
}

#[test]
fn concurrent_updates_of_one_object_all_succeed() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let all: Vec<_> = (0..6)
        .map(|number| {
            let line = format!(
                "create secret git creds --url=https://h/x --username=u --password=p{number} --label=n{number}=x -n {namespace}"
            );
            Flux::new(cluster).line(&line).spawn()
        })
        .collect();
    for running in all {
        let output = running.wait();
        assert_eq!(output.code, Some(0), "{output:?}");
    }
    let secret = cluster.get("Secret", &namespace, "creds");
    assert_eq!(secret["metadata"]["labels"].as_object().map(serde_json::Map::len), Some(6), "{secret}");
}

fn data(secret: &Value, key: &str) -> Option<String> {
    use base64::Engine as _;
    let encoded = secret["data"][key].as_str()?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64");
    Some(String::from_utf8(bytes).expect("text"))
}

#[test]
fn a_new_kind_of_credentials_replaces_the_old_one_in_a_secret() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let secret = |rest: &str| -> Output {
        let line = format!("create secret git creds --url=https://h/x -n {namespace} {rest}");
        let output = Flux::new(cluster).line(&line).ok();
        assert!(!format!("{output:?}").replace(rest, "").contains("hunter2"), "{output:?}");
        output
    };
    secret("--username=u --password=hunter2");
    cluster.patch("Secret", &namespace, "creds", &json!({"data": {"theirs": "eA=="}}));
    secret("--bearer-token=hunter2");
    let after = cluster.get("Secret", &namespace, "creds");
    assert_eq!(data(&after, "bearerToken").as_deref(), Some("hunter2"));
    assert_eq!(data(&after, "theirs").as_deref(), Some("x"));
    assert_eq!((data(&after, "username"), data(&after, "password")), (None, None));
}

#[test]
fn an_ssh_secret_holds_a_new_key_and_every_host_key() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let server = Sshd::start();
    for algorithm in ["ecdsa", "ed25519", "rsa"] {
        let url = server.url("fleet.git");
        let output = Flux::new(cluster)
            .line(&format!(
                "create secret git {algorithm} --url={url} -n {namespace} --ssh-key-algorithm={algorithm}"
            ))
            .ok();
        let secret = cluster.get("Secret", &namespace, algorithm);
        let public = data(&secret, "identity.pub").expect("a public key");
        assert!(output.stderr.contains(&format!("✚ deploy key: {}", public.trim_end())), "{output:?}");
        let private = data(&secret, "identity").expect("a private key");
        assert!(private.starts_with("-----BEGIN PRIVATE KEY-----"));
        let middle = private.lines().nth(1).expect("more than one line");
        assert!(!format!("{output:?}").contains(middle), "the private key shows");
        let known = data(&secret, "known_hosts").expect("host keys");
        let key = |line: &str| line.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ");
        let shown: Vec<String> = known.lines().map(key).collect();
        for line in server.known_hosts().lines().map(key) {
            assert!(shown.contains(&line), "{line} is missing in {known}");
        }
    }
}

#[test]
fn without_an_answer_about_the_deploy_key_nothing_is_written() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let server = Sshd::start();
    let line =
        format!("create source git app --url={} --branch=main -n {namespace}", server.url("fleet.git"));
    let output = Flux::new(cluster).line(&line).fails(1);
    assert!(output.stderr.contains("--silent"), "{output:?}");
    assert!(cluster.list("GitRepository", &namespace).is_empty());
    assert!(cluster.list("Secret", &namespace).is_empty());
}

#[test]
fn a_source_that_is_created_again_keeps_its_deploy_key() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("create");
    let server = Sshd::start();
    let create = |rest: &str| {
        let url = server.url("fleet.git");
        let line =
            format!("create source git app --url={url} --branch=main -n {namespace} --timeout=3s {rest}");
        // No controller runs: the wait times out.
        Flux::new(cluster).line(&line).fails(1)
    };
    create("--silent");
    let first = data(&cluster.get("Secret", &namespace, "app"), "identity");
    assert_eq!(cluster.get("GitRepository", &namespace, "app")["spec"]["secretRef"], json!({"name": "app"}));
    let again = create("");
    assert!(again.stderr.contains("authentication configured"), "{again:?}");
    assert_eq!(data(&cluster.get("Secret", &namespace, "app"), "identity"), first);
}

#[test]
fn a_missing_namespace_is_reported_with_the_command_that_creates_it() {
    let cluster = Cluster::shared();
    let output = Flux::new(cluster)
        .line("create secret git creds --url=https://h/x --username=u --password=hunter2 -n nowhere-at-all")
        .fails(1);
    assert!(output.stderr.contains("kubectl create namespace nowhere-at-all"), "{output:?}");
    assert!(!output.stderr.contains("hunter2"), "{output:?}");
}
