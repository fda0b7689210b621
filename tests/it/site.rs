//! The commands of the pages that users read work as the pages say. `tests/it/support/book.rs` runs them.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::book::{Block, Page, Reader, exec_flux};
use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::github::{GitHub, TOKEN};
use crate::support::sources::root;

/// Commands of the class `elsewhere`, which no test runs: their page, and how they begin. They need another machine, root's
/// package manager, or programs that only the Internet has.
const ELSEWHERE: [(&str, &str); 13] = [
    ("getting-started.md", "curl -sfL https://get.k3s.io"),
    ("getting-started.md", SECOND_CLUSTER),
    ("installation.md", "sudo apt install"),
    ("installation.md", "sudo dnf install"),
    ("installation.md", "sudo apk add"),
    ("installation.md", "brew install"),
    ("installation.md", "skopeo copy"),
    ("installation.md", "cargo install"),
    ("moving.md", "curl -s https://fluxcd.io/install.sh"),
    ("offline.md", "cd /media/usb"),
    ("offline.md", "flux bootstrap git --url=ssh://git@git.local"),
    // The repository of the pages' clone is on no server.
    ("pull-requests.md", "flux reconcile kustomization flux-system"),
    ("troubleshooting.md", "flux reconcile kustomization flux-system"),
];
const SECOND_CLUSTER: &str = "flux bootstrap github \\\n  --owner=$GITHUB_USER --personal --repository=fleet --branch=main \\\n  \
                              --path=./clusters/cluster2\n";

/// The pages of the tests with a cluster of their own, with an API server, and with neither.
const LIVE: [&str; 3] = ["getting-started.md", "moving.md", "output/status.md"];
const STATIC: [&str; 8] = [
    "build.md",
    "diff.md",
    "helm.md",
    "test.md",
    "offline.md",
    "pull-requests.md",
    "security.md",
    "troubleshooting.md",
];
const PLAIN: [&str; 1] = ["installation.md"];

const INSTALL: &str = "curl -fsSL https://github.com/edgeflux/edgeflux/releases/latest/download/install.sh |";

/// The pages of the site, without those for developers and those of commands.
fn pages() -> Vec<String> {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).expect("the summary of the site");
    let (users, _) = summary.split_once("# Development").expect("the part for developers");
    let links = users.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.map(str::to_owned).collect()
}

#[test]
fn what_no_test_runs_is_listed() {
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for page in pages() {
        let run = LIVE.iter().chain(&STATIC).chain(&PLAIN).any(|it| **it == page);
        for block in Page::read(&page).blocks() {
            let place = format!("docs/{page}:{}", block.line);
            if !run {
                wrong.push(format!("{place}: no test runs this page"));
            } else if block.is("elsewhere") {
                let begins = |begin: &str| format!("{}\n", block.commands).starts_with(begin);
                match ELSEWHERE.iter().find(|(name, begin)| *name == page && begins(begin)) {
                    Some(listed) => seen.push(listed),
                    None => wrong.push(format!("{place}: not in ELSEWHERE: {}", block.commands)),
                }
            }
        }
    }
    for listed in ELSEWHERE.iter().filter(|it| !seen.contains(it)) {
        wrong.push(format!("docs/{} has no {}", listed.0, listed.1));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_for_users_are_in_fenced_blocks() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root().join("docs").join(&page)).expect("a page of the summary");
        let mut fenced = false;
        for (index, line) in text.lines().enumerate() {
            fenced ^= line.starts_with("```");
            if !fenced && line.starts_with("    ") {
                wrong.push(format!("docs/{page}:{}: {line}", index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A machine on which the commands of the pages can be typed: without root, and with this cluster and this GitHub.
fn reader(cluster: &Cluster, github: &GitHub) -> Reader {
    let ssh = format!("127.0.0.1:{}", github.ssh().expect("it was asked for").port());
    let host = github.hostname();
    let configuration = format!(
        "[user]\n\tname = alice\n\temail = alice@example.com\n\
         [http]\n\tsslCAInfo = {}\n\
         [url \"https://{host}/\"]\n\tinsteadOf = https://github.com/\n\
         [credential]\n\thelper = \"!echo username=$GITHUB_USER; echo password=$GITHUB_TOKEN; :\"\n",
        github.ca_file().display(),
    );
    let bootstrap = format!(
        "flux bootstrap github --hostname={host} --ca-file={} --ssh-hostname={ssh}",
        github.ca_file().display()
    );
    let reader = Reader::new()
        .program("sudo", "exec \"$@\"")
        .types("/etc/rancher/k3s/k3s.yaml", &cluster.kubeconfig().display().to_string())
        .types("ghp_xxxxxxxxxxxx", TOKEN)
        .types("flux bootstrap github", &bootstrap)
        .shows(&ssh, "github.com")
        .shows(&host, "github.com");
    fs::write(reader.home.path().join(".gitconfig"), configuration).expect("written");
    reader
}

/// Sets the status as a controller would that the tests do not have.
fn report(cluster: &Cluster, kind: &str, namespace: &str, name: &str, message: &str, mut status: Value) {
    let object = cluster.get(kind, namespace, name);
    let generation = &object["metadata"]["generation"];
    status["observedGeneration"] = generation.clone();
    status["conditions"] = json!([{
        "type": "Ready", "status": "True", "reason": "Succeeded", "message": message,
        "observedGeneration": generation, "lastTransitionTime": "2026-11-26T18:00:00Z",
    }]);
    cluster.patch_status(kind, namespace, name, &status);
}

/// What the controllers of charts and images do, which the tests do not have.
fn other_controllers(cluster: &Cluster, block: &Block) {
    if block.commands == "flux get all -A" {
        let message = "Helm install succeeded for release podinfo/podinfo.v1 with chart podinfo@6.9.1";
        let history = json!([{
            "name": "podinfo", "namespace": "podinfo", "version": 1, "status": "deployed", "chartName": "podinfo",
            "chartVersion": "6.9.1", "configDigest": "sha256:0", "digest": "sha256:0",
            "firstDeployed": "2026-11-26T18:00:00Z", "lastDeployed": "2026-11-26T18:00:00Z",
        }]);
        report(cluster, "HelmRelease", "podinfo", "podinfo", message, json!({ "history": history }));
    }
    if block.commands == "flux get images all -A" {
        let time = "2026-11-26T18:05:00Z";
        let image = "ghcr.io/stefanprodan/podinfo";
        let scan = json!({ "lastScanResult": { "scanTime": time, "tagCount": 51, "latestTags": ["6.9.1"] } });
        report(cluster, "ImageRepository", "flux-system", "podinfo", "successful scan: found 51 tags", scan);
        let latest = json!({ "latestRef": { "name": image, "tag": "6.9.1" } });
        let message = "Latest image tag for ghcr.io/stefanprodan/podinfo resolved to 6.9.1";
        report(cluster, "ImagePolicy", "flux-system", "podinfo", message, latest);
        let push = json!({ "lastAutomationRunTime": time });
        report(cluster, "ImageUpdateAutomation", "flux-system", "flux-system", "repository up-to-date", push);
    }
}

/// The reader's `curl … | sudo sh` installs this release, as on an arm64 machine, into the directory `bin`.
fn installs(reader: Reader, release: &Server) -> Reader {
    let bin = reader.home.path().join("bin");
    let script = root().join("install.sh");
    let variables = format!("export EDGEFLUX_BASE_URL={} EDGEFLUX_DIR={};", release.url, bin.display());
    reader
        .program("uname", "case $1 in -m) echo aarch64 ;; *) echo Linux ;; esac")
        .types(INSTALL, &format!("{variables} cat {} |", script.display()))
        .types("sudo sh /media/usb/install.sh", &format!("{variables} sh {}", script.display()))
        .shows("/home/alice/bin", "/usr/local/bin")
}

#[test]
fn pages_with_a_cluster_of_their_own_work_as_they_are_written() {
    let github = GitHub::start_with_ssh();
    let cluster = Arc::new(Cluster::fresh());
    let Some(_controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let (charts, release) = (charts(), Server::start(release()));
    let reader = installs(reader(&cluster, &github), &release)
        .types("/var/lib/node_exporter", "$HOME")
        .types("https://stefanprodan.github.io", &charts.url)
        .shows(&charts.url, "https://stefanprodan.github.io");
    reader.follow(Page::read("getting-started.md"), |block| {
        if block.commands == "flux get all -A" {
            cluster.wait("the chart's repository", Duration::from_mins(1), || {
                cluster.get("HelmRepository", "podinfo", "podinfo")["status"]["artifact"].is_object()
            });
        }
        other_controllers(&cluster, block);
        if block.commands.starts_with("flux uninstall") {
            reader.follow(Page::read("output/status.md"), |_| {});
            reader.follow(Page::read("moving.md"), |_| {});
        }
    });
}

/// A clone of a repository, and what a cluster has of it.
const CLONE: &str = r"mkdir -p fleet/clusters/prod fleet/apps/web fleet/broken fleet/variables fleet/.git/hooks && cd fleet
cat > clusters/prod/apps.yaml <<'YAML'
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  interval: 10m
  path: ./apps/web
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
YAML
printf 'resources:
- deployment.yaml
' > apps/web/kustomization.yaml
cat > apps/web/deployment.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: ghcr.io/stefanprodan/podinfo:6.9.0
YAML
printf 'resources:
- deployment.yaml
' > broken/kustomization.yaml
cat > variables/settings.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: default
data:
  host: ${HOST}
YAML
git init --quiet --initial-branch=main . && git add . && git commit --quiet -m 'Run the web server'
git branch my-branch";
const APPLY: &str = "kubectl create namespace flux-system && kubectl create namespace production
kubectl apply -f clusters/prod
flux build kustomization apps --path apps/web | kubectl apply --server-side --field-manager=kustomize-controller -f -
flux create image policy podinfo --image-ref=podinfo --select-semver=6.x --export | kubectl apply -f -";
/// Before the pages about errors and rights.
const VARIABLES: &str = "sed 's,./apps/web,./variables,; $a\\  postBuild:\\n    substitute:\\n      CLUSTER: prod' clusters/prod/apps.yaml > variables.yaml";

#[test]
fn pages_with_an_api_server_work_as_they_are_written() {
    let github = GitHub::start_with_ssh();
    let cluster = Cluster::api_only();
    cluster.install_crds();
    let usb = tempfile::tempdir().expect("a directory");
    for (path, bytes) in release() {
        fs::write(usb.path().join(path.rsplit('/').next().expect("a name")), bytes).expect("written");
    }
    let release = Server::start(release());
    for (index, page) in STATIC.iter().enumerate() {
        let reader = reader(&cluster, &github);
        // This page installs it.
        let reader = if *page == "offline.md" { reader } else { reader.flux() };
        let reader = installs(reader, &release)
            .types("/media/usb", &usb.path().display().to_string())
            .shows(&usb.path().display().to_string(), "/media/usb");
        let types = |script: &str| {
            let (code, printed) = reader.run(script);
            assert_eq!(code, Some(0), "{script}\n{printed}");
        };
        types(CLONE);
        types(VARIABLES);
        types("mkdir -p ~/.kube && cp /etc/rancher/k3s/k3s.yaml ~/.kube/config");
        if index == 0 {
            types(APPLY);
            let message = "kustomization path not found: stat /tmp/kustomization-3185463187/apps/web: no such file or directory";
            let condition = json!({
                "type": "Ready", "status": "False", "reason": "ArtifactFailed", "message": message,
                "observedGeneration": 1, "lastTransitionTime": "2026-11-26T18:00:00Z",
            });
            cluster.patch_status(
                "Kustomization",
                "flux-system",
                "apps",
                &json!({ "conditions": [condition] }),
            );
        }
        reader.follow(Page::read(page), |_| {});
        if *page == "pull-requests.md" {
            for script in workflow(&Page::read(page)) {
                types(&script);
            }
        }
    }
}

/// The commands of the steps in the page's workflow that run `flux`, for the cluster `prod` and the branch `main`.
fn workflow(page: &Page) -> Vec<String> {
    let text = page.fenced("yaml").into_iter().find(|text| text.contains("jobs:")).expect("a workflow");
    let workflow = edgeflux_yaml::documents(&text).expect("a workflow is YAML").remove(0);
    let steps = workflow["jobs"]["diff"]["steps"].as_array().expect("steps").clone();
    let scripts = steps.iter().filter_map(|step| step["run"].as_str()).filter(|run| run.contains("flux "));
    let scripts: Vec<String> = scripts.map(|run| run.replace("origin/$BASE", "main")).collect();
    assert_eq!(scripts.len(), 2, "{text}");
    scripts
}

#[test]
fn pages_without_a_cluster_work_as_they_are_written() {
    let release = Server::start(release());
    for page in PLAIN {
        installs(Reader::new().program("sudo", "exec \"$@\""), &release).follow(Page::read(page), |_| {});
    }
}

/// The repository of podinfo's charts.
fn charts() -> Server {
    const INDEX: &str = "apiVersion: v1\nentries:\n  podinfo:\n  - name: podinfo\n    version: 6.9.1\n    apiVersion: v1\n    \
                         digest: 0000000000000000000000000000000000000000000000000000000000000000\n    urls:\n    - podinfo-6.9.1.tgz\n";
    Server::start(vec![("/podinfo/index.yaml".to_owned(), INDEX.into())])
}

/// A release as `install.sh` downloads it. Its binary starts the built one.
fn release() -> Vec<(String, Bytes)> {
    let version = env!("CARGO_PKG_VERSION");
    let binary = format!("#!/bin/sh\n{}\n", exec_flux());
    let mut header = tar::Header::new_gnu();
    header.set_size(binary.len() as u64);
    header.set_mode(0o755);
    header.set_cksum();
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    archive.append_data(&mut header, "flux", binary.as_bytes()).expect("an archive in memory");
    let archive =
        archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("an archive in memory");
    let name = format!("edgeflux_{version}_linux_arm64.tar.gz");
    let sums = format!("{}  {name}\n", hex::encode(Sha256::digest(&archive)));
    let directory = format!("/download/v{version}");
    vec![
        ("/latest/download/version.txt".to_owned(), format!("v{version}\n").into()),
        (format!("{directory}/{name}"), archive.into()),
        (format!("{directory}/edgeflux_{version}_checksums.txt"), sums.into()),
    ]
}

/// Files on loopback.
struct Server {
    url: String,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(files: Vec<(String, Bytes)>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let router = files.into_iter().fold(axum::Router::new(), |router, (path, bytes)| {
            router.route(&path, axum::routing::get(move || std::future::ready(bytes)))
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, _runtime: runtime }
    }
}
