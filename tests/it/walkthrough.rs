//! The walk-through of our first users, whole: three clusters at the edge follow one repository, each its
//! own directory, and one application whose image tags are followed. The commands are theirs, word for
//! word, given to a shell. What a test has to add or change is this:
//!
//! - `flux bootstrap github` gets `--hostname` and `--ca-file`, and `--ssh-hostname`, because the stand-in
//!   for GitHub is on loopback and its two servers each have a port; `git` is told the same by its own
//!   configuration (`insteadOf`);
//! - K3s's kubeconfig is the test cluster's;
//! - the dashboards' source is a repository on loopback, and what waits for them waits for less than
//!   the usual five minutes, because it waits in vain;
//! - `watch` is left out: it needs a terminal.
//!
//! source-controller and kustomize-controller are the real ones. The controllers of charts and images
//! cannot be had as programs: the status of what they look after is written by the test, through the
//! API server. The chart's repository is not reachable, and its HelmRepository says so; nothing here
//! waits for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::assets;
use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::flux::Flux;
use crate::support::git_http::GitHttp;
use crate::support::github::{GitHub, TOKEN};
use crate::support::sshd::{Sshd, keygen};

const K3S: &str = "/etc/rancher/k3s/k3s.yaml";
const FLEET: &str = "alice/fluxdemo-production";
const LIMIT: Duration = Duration::from_mins(10);

const BOOTSTRAP: &str = r"flux bootstrap github \
  --kubeconfig /etc/rancher/k3s/k3s.yaml \
  --components-extra=image-reflector-controller,image-automation-controller \
  --owner=$GITHUB_USER --repository=fluxdemo-production --branch=main \
  --path=./clusters/cluster$CLUSTER_N --read-write-key --personal";
/// Components of the first cluster only.
const EXTRA: &str = "--components-extra=image-reflector-controller,image-automation-controller \\\n  ";

const CLONE: &str =
    "git clone https://github.com/$GITHUB_USER/fluxdemo-production.git && cd fluxdemo-production";

const APPLICATION: &str = r"mkdir -p ./clusters/cluster$CLUSTER_N/manifests
kubectl create ns production --dry-run=client -o yaml > ./clusters/cluster$CLUSTER_N/manifests/namespace.yaml
flux create source helm helm-charts --kubeconfig /etc/rancher/k3s/k3s.yaml \
  --url=https://sergiops.xyz/helm-charts --interval=1m --namespace=production \
  --export > ./clusters/cluster$CLUSTER_N/manifests/helm-charts.yaml
flux create helmrelease app-demo --chart app-demo --source HelmRepository/helm-charts.production \
  --chart-version 0.0.1 --interval=1m --namespace production \
  --export > ./clusters/cluster$CLUSTER_N/manifests/helm-release.yaml";

const VALUES: &str = r#"cat << EOF >> ./clusters/cluster$CLUSTER_N/manifests/helm-release.yaml
  values:
    replicaCount: 3
    containerPort: 5000
    dockerImage: $DOCKER_USER/fluxappdemo:RELEASE.2022-01-16T05-42-20Z # {"\$imagepolicy": "flux-system:app-demo"}
EOF
"#;

const IMAGE: &str = r"flux create image repository app-demo --kubeconfig /etc/rancher/k3s/k3s.yaml --image=$DOCKER_USER/fluxappdemo \
  --namespace=flux-system --interval=1m --export > ./clusters/cluster$CLUSTER_N/manifests/app-demo-registry.yaml
flux create image policy app-demo --image-ref=app-demo --namespace=flux-system --select-alpha=asc \
  --filter-regex='^RELEASE\.(?P<timestamp>.*)Z$' --filter-extract='$timestamp' \
  --export > ./clusters/cluster$CLUSTER_N/manifests/app-demo-policy.yaml";

const AUTOMATION: &str = r#"flux create image update flux-system --git-repo-ref=flux-system --git-repo-path="./clusters" \
  --checkout-branch=main --push-branch=main --author-name=alice --author-email=alice@example.com \
  --commit-template="{{range .Updated.Images}}{{println .}}{{end}}" \
  --export > ./clusters/cluster$CLUSTER_N/manifests/flux-system-automation.yaml"#;

const PUSH: &str = r#"git add -A && git commit -m "feat: App YAML definitions" && git push origin main"#;
const RECONCILE: &str =
    "flux reconcile kustomization flux-system --with-source --kubeconfig /etc/rancher/k3s/k3s.yaml";

const IMAGES: &str = "flux get images all --all-namespaces --kubeconfig /etc/rancher/k3s/k3s.yaml";
const REPOSITORY: &str =
    "flux get image repository app-demo --kubeconfig /etc/rancher/k3s/k3s.yaml --namespace=production";
const POLICY: &str =
    "flux get image policy app-demo --kubeconfig /etc/rancher/k3s/k3s.yaml --namespace=production";

const MONITORING: &str = "flux create source git monitoring --interval=30m --kubeconfig /etc/rancher/k3s/k3s.yaml --url=https://github.com/fluxcd/flux2 --branch=main";
const STACK: &str = r#"flux create kustomization monitoring-stack --interval=1h --kubeconfig /etc/rancher/k3s/k3s.yaml --prune=true --source=monitoring \
  --path="./manifests/monitoring/kube-prometheus-stack" \
  --health-check="Deployment/kube-prometheus-stack-operator.monitoring" \
  --health-check="Deployment/kube-prometheus-stack-grafana.monitoring" --health-check-timeout="5m0s""#;
const CONFIG: &str = r#"flux create kustomization monitoring-config --interval=1h --kubeconfig /etc/rancher/k3s/k3s.yaml --prune=true --source=monitoring --path="./manifests/monitoring/monitoring-config""#;

const UNINSTALL: &str = "flux uninstall -s --namespace=flux-system --kubeconfig /etc/rancher/k3s/k3s.yaml";

/// The user's machine: a home directory with Git's configuration, and the clone.
struct Desk {
    github: GitHub,
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        let github = GitHub::start_with_ssh();
        let home = TempDir::new().expect("a directory");
        let configuration = format!(
            "[user]\n\tname = alice\n\temail = alice@example.com\n\
             [http]\n\tsslCAInfo = {}\n\
             [url \"https://{}/\"]\n\tinsteadOf = https://github.com/\n\
             [credential]\n\thelper = \"!echo username=$GITHUB_USER; echo password=$GITHUB_TOKEN; :\"\n",
            github.ca_file().display(),
            github.hostname(),
        );
        std::fs::write(home.path().join(".gitconfig"), configuration).expect("written");
        Self { github, home }
    }

    fn clone_folder(&self) -> PathBuf {
        self.home.path().join("fluxdemo-production")
    }

    /// A file of the clone.
    fn file(&self, path: &str) -> String {
        let path = self.clone_folder().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// One of the clusters, and the user who works on it.
struct Edge<'a> {
    desk: &'a Desk,
    cluster: Arc<Cluster>,
    number: u8,
    _controllers: Controllers,
}

impl<'a> Edge<'a> {
    /// None where `EDGEFLUX_TEST_SKIP` leaves out the controllers.
    fn start(desk: &'a Desk, number: u8) -> Option<Self> {
        let cluster = Arc::new(Cluster::fresh());
        let controllers = Controllers::watch(&cluster, "flux-system")?;
        Some(Self { desk, cluster, number, _controllers: controllers })
    }

    /// Runs a command of the walk-through, in the clone once there is one.
    fn types(&self, line: &str) -> Flux {
        let clone = self.desk.clone_folder();
        let kubectl = assets::program("kubectl");
        let kubeconfig = self.cluster.kubeconfig();
        Flux::shell(
            &line.replace(K3S, &kubeconfig.display().to_string()),
            &[kubectl.parent().unwrap_or_else(|| Path::new("/"))],
        )
        .env("HOME", self.desk.home.path())
        .env("GITHUB_USER", "alice")
        .env("GITHUB_TOKEN", TOKEN)
        .env("DOCKER_USER", "alice")
        .env("CLUSTER_N", self.number.to_string())
        .dir(if clone.exists() { clone } else { self.desk.home.path().to_owned() })
        .limit(LIMIT)
    }

    fn bootstrap(&self) {
        let github = &self.desk.github;
        let line = if self.number == 1 { BOOTSTRAP.to_owned() } else { BOOTSTRAP.replace(EXTRA, "") };
        let ssh = github.ssh().expect("it was asked for").port();
        let line = format!(
            "{line} --hostname={} --ca-file={} --ssh-hostname=127.0.0.1:{ssh}",
            github.hostname(),
            github.ca_file().display(),
        );
        let output = self.types(&line).ok();
        for said in [
            "waiting for Kustomization \"flux-system/flux-system\" to be reconciled",
            "all components are healthy",
        ] {
            assert!(output.stderr.contains(said), "{said:?} is missing: {output:?}");
        }
    }

    /// Writes the application's files and gives the release its values.
    fn define(&self) {
        self.types(APPLICATION).ok();
        let file = format!("clusters/cluster{}/manifests/helm-release.yaml", self.number);
        let before = self.desk.file(&file);
        self.types(VALUES).ok();
        let release = self.desk.file(&file);
        assert!(release.starts_with(&before), "{release}");
        let objects = edgeflux_yaml::documents(&release).expect("the values can follow what flux wrote");
        assert_eq!(objects.len(), 1, "{release}");
        assert_eq!(objects[0]["kind"], "HelmRelease");
        assert_eq!(
            objects[0]["spec"]["values"],
            json!({
                "replicaCount": 3,
                "containerPort": 5000,
                "dockerImage": "alice/fluxappdemo:RELEASE.2022-01-16T05-42-20Z",
            }),
            "{release}"
        );
        assert!(release.contains(" # {\"$imagepolicy\": \"flux-system:app-demo\"}\n"), "{release}");
    }

    /// Pushes, reconciles, and finds the application in the cluster.
    fn deliver(&self) {
        self.types(PUSH).ok();
        let output = self.types(RECONCILE).ok();
        let head = self.desk.github.bare(FLEET).head("main").expect("it was pushed");
        let revision = format!("main@sha1:{head}");
        assert!(output.stderr.contains(&format!("applied revision {revision}")), "{output:?}");
        let sync = self.cluster.get("Kustomization", "flux-system", "flux-system");
        assert_eq!(sync["status"]["lastAppliedRevision"], revision.as_str());
        assert_eq!(sync["spec"]["path"], format!("./clusters/cluster{}", self.number));
        let charts = self.cluster.get("HelmRepository", "production", "helm-charts");
        assert_eq!(charts["spec"]["url"], "https://sergiops.xyz/helm-charts");
        let release = self.cluster.get("HelmRelease", "production", "app-demo");
        assert_eq!(release["spec"]["values"]["replicaCount"], 3);
        assert_eq!(release["spec"]["chart"]["spec"]["version"], "0.0.1");
    }

    /// Sets the status as the controller of images or charts would, with the further fields of `status`.
    fn report(&self, kind: &str, namespace: &str, name: &str, message: &str, mut status: Value) {
        let object = self.cluster.get(kind, namespace, name);
        let generation = &object["metadata"]["generation"];
        status["observedGeneration"] = generation.clone();
        status["conditions"] = json!([{
            "type": "Ready",
            "status": "True",
            "reason": "Succeeded",
            "message": message,
            "observedGeneration": generation,
            "lastTransitionTime": "2022-01-16T05:45:00Z",
        }]);
        let path = format!("{}/status", self.cluster.path(kind, namespace, name));
        let (code, answer) = self.cluster.request("MERGE", &path, Some(&json!({ "status": status })));
        assert_eq!(code, 200, "the status of {kind} {namespace}/{name}: {answer}");
    }

    fn uninstall(&self) {
        self.types(UNINSTALL).ok();
        assert!(self.cluster.try_get("Namespace", "", "flux-system").is_none());
        for kind in ["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"] {
            let left = self.cluster.list(kind, "");
            let left: Vec<&Value> =
                left.iter().filter(|it| is_flux(it)).map(|it| &it["metadata"]["name"]).collect();
            assert!(left.is_empty(), "{kind}: {left:?}");
        }
        // The user's objects that Flux had applied stay.
        assert!(self.cluster.try_get("Namespace", "", "production").is_some());
    }
}

fn is_flux(object: &Value) -> bool {
    let metadata = &object["metadata"];
    metadata["name"].as_str().is_some_and(|name| name.ends_with(".toolkit.fluxcd.io"))
        || metadata["labels"]["app.kubernetes.io/part-of"] == "flux"
}

/// Sets up image automation for the application, in the first cluster for all.
fn follow_the_image(edge: &Edge<'_>) {
    let manifests = "clusters/cluster1/manifests";
    edge.types(IMAGE).ok();
    // The template is of an older API: it is written with a warning that names the current fields.
    let update = edge.types(AUTOMATION).ok();
    assert!(update.stderr.contains("{{range .Changed.Changes}}{{println .NewValue}}{{end}}"), "{update:?}");
    assert!(update.stderr.contains(".Updated"), "{update:?}");
    let automation = edge.desk.file(&format!("{manifests}/flux-system-automation.yaml"));
    assert!(automation.contains("{{range .Updated.Images}}{{println .}}{{end}}"), "{automation}");
    let policy = edge.desk.file(&format!("{manifests}/app-demo-policy.yaml"));
    let policy = edgeflux_yaml::documents(&policy).expect("YAML").remove(0);
    assert_eq!(
        policy["spec"]["filterTags"],
        json!({ "extract": "$timestamp", "pattern": r"^RELEASE\.(?P<timestamp>.*)Z$" })
    );
}

fn look_at_images(edge: &Edge<'_>) {
    let (image, tag) = ("alice/fluxappdemo", "RELEASE.2022-01-16T05-42-20Z");
    edge.report(
        "ImageRepository",
        "flux-system",
        "app-demo",
        "successful scan: found 7 tags",
        json!({ "lastScanResult": { "scanTime": "2022-01-16T05:45:00Z", "tagCount": 7 } }),
    );
    edge.report(
        "ImagePolicy",
        "flux-system",
        "app-demo",
        "Latest image tag resolved",
        json!({ "latestRef": { "name": image, "tag": tag } }),
    );
    edge.report(
        "ImageUpdateAutomation",
        "flux-system",
        "flux-system",
        "repository up-to-date",
        json!({ "lastAutomationRunTime": "2022-01-16T05:46:00Z" }),
    );
    let images = edge.types(IMAGES).ok();
    for (name, texts) in [
        ("imagerepository/app-demo", ["2022-01-16T05:45:00Z", "successful scan: found 7 tags"]),
        ("imagepolicy/app-demo", [tag, "Latest image tag resolved"]),
        ("imageupdateautomation/flux-system", ["2022-01-16T05:46:00Z", "repository up-to-date"]),
    ] {
        let row = images.stdout.lines().find(|line| line.split_whitespace().nth(1) == Some(name));
        let row = row.unwrap_or_else(|| panic!("no {name}: {images:?}"));
        assert!(row.starts_with("flux-system"), "{row}");
        assert!(texts.iter().all(|text| row.contains(text)), "{row}");
    }

    // The walk-through uses the wrong namespace; the error names the right one.
    for (line, kind) in [(REPOSITORY, "ImageRepository"), (POLICY, "ImagePolicy")] {
        let output = edge.types(line).fails(1);
        for said in [
            &format!("{kind} object 'app-demo' not found in \"production\" namespace"),
            "exists in namespace flux-system",
        ] {
            assert!(output.stderr.contains(said), "{said:?} is missing: {output:?}");
        }
        edge.types(&line.replace("production", "flux-system")).ok();
    }
}

/// The directory of the dashboards is missing in the repository, which is reported with the controller's message.
fn dashboards(edge: &Edge<'_>) {
    let server = GitHttp::start();
    server.create("fluxcd/flux2").commit("main", "Move the dashboards", &[("README.md", Some("moved\n"))]);
    let line = MONITORING.replace("https://github.com/fluxcd/flux2", &server.url("fluxcd/flux2"));
    edge.types(&line).ok();
    let runs = [(STACK, "kube-prometheus-stack"), (CONFIG, "monitoring-config")]
        .map(|(line, directory)| (edge.types(&format!("{line} --timeout=40s")).spawn(), directory));
    for (run, directory) in runs {
        let output = run.wait();
        assert_eq!(output.code, Some(1), "{output:?}");
        let last = output.stderr.split("✗ ").last().unwrap_or_default();
        assert!(last.contains("kustomization path not found"), "{output:?}");
        assert!(last.contains(&format!("manifests/monitoring/{directory}: no such file")), "{output:?}");
    }
    let stack = edge.cluster.get("Kustomization", "flux-system", "monitoring-stack");
    assert_eq!(stack["spec"]["sourceRef"], json!({ "kind": "GitRepository", "name": "monitoring" }));
    assert_eq!(stack["spec"]["healthChecks"].as_array().map(Vec::len), Some(2));
    assert_eq!(stack["spec"]["timeout"], "5m0s");
}

#[test]
fn three_clusters_follow_one_repository() {
    let desk = Desk::new();
    {
        let Some(edge) = Edge::start(&desk, 1) else { return };
        edge.bootstrap();
        edge.types(CLONE).ok();
        edge.define();
        follow_the_image(&edge);
        edge.deliver();
        edge.report("HelmRelease", "production", "app-demo", "Helm install succeeded", json!({}));
        look_at_images(&edge);
        dashboards(&edge);
        edge.uninstall();
    }
    let first = desk.github.bare(FLEET).files("main");
    for number in [2, 3] {
        let Some(edge) = Edge::start(&desk, number) else { return };
        edge.bootstrap();
        assert!(!edge.cluster.knows("ImagePolicy"), "only the first cluster follows images");
        edge.types("git pull").ok();
        edge.define();
        edge.deliver();
        edge.uninstall();
    }

    // Each cluster has its directory and its key, and none has changed another's.
    let files = desk.github.bare(FLEET).files("main");
    for (path, text) in &first {
        assert_eq!(files.get(path), Some(text), "{path}");
    }
    for number in 1..=3 {
        let sync = &files[&format!("clusters/cluster{number}/flux-system/gotk-sync.yaml")];
        assert!(sync.contains(&format!("path: ./clusters/cluster{number}\n")), "{sync}");
    }
    let keys = desk.github.repository(FLEET).expect("it was made").keys;
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(keys.iter().all(|key| !key.read_only), "{keys:?}");
    assert!(!format!("{files:?}").contains(TOKEN), "the token stays out of the repository");
}

#[test]
fn a_cluster_follows_a_repository_of_any_server_over_ssh() {
    let server = Sshd::start();
    let repository = server.create("fleet.git");
    let home = TempDir::new().expect("a directory");
    let key = home.path().join("id_ed25519");
    server.authorize(&keygen(&key, "ed25519", ""));
    let cluster = Arc::new(Cluster::fresh());
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    Flux::new(&cluster)
        .line("bootstrap git --branch=main --path=clusters/cluster1 --silent")
        .args([format!("--url={}", server.url("fleet.git"))])
        .args(["--private-key-file".as_ref(), key.as_os_str()])
        .limit(LIMIT)
        .ok();
    let head = repository.commit(
        "main",
        "Add the production namespace",
        &[(
            "clusters/cluster1/namespace.yaml",
            Some("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: production\n"),
        )],
    );
    let output = Flux::new(&cluster).line("reconcile kustomization flux-system --with-source").ok();
    assert!(output.stderr.contains(&format!("applied revision main@sha1:{head}")), "{output:?}");
    assert!(cluster.try_get("Namespace", "", "production").is_some());
    drop(controllers);
}
