//! `flux build helmrelease`, `flux build all` and `flux diff all`: HelmReleases of a repository, with charts of a server.

use std::fs;

use tempfile::TempDir;

use crate::support::chart_bed::{archive_with, digest, index};
use crate::support::chart_server::{Answer, ChartServer};
use crate::support::flux::Flux;
use crate::support::repository::git_command;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicaCount }}
  selector: {matchLabels: {app: {{ .Chart.Name }}}}
  template:
    metadata: {labels: {app: {{ .Chart.Name }}}}
    spec:
      containers:
      - name: app
        image: {{ .Values.dockerImage }}
        ports: [{containerPort: {{ .Values.containerPort }}}]
";

/// The repository of the first users' walk-through, in which a HelmRelease follows an image, and the server of its chart.
struct WalkThrough {
    home: TempDir,
    server: ChartServer,
}

impl WalkThrough {
    fn new() -> Self {
        let server = ChartServer::start();
        let chart = archive_with("app-demo", "0.0.1", &[("templates/deployment.yaml", DEPLOYMENT)]);
        let index = index("app-demo", &[("0.0.1", &digest(&chart), "app-demo-0.0.1.tgz")]);
        server.set("/helm-charts/index.yaml", Answer::of(index));
        server.set("/helm-charts/app-demo-0.0.1.tgz", Answer::of(chart));
        let it = Self { home: TempDir::new().unwrap(), server };
        let url = format!("{}/helm-charts", it.server.url());
        it.git(&["init", "--quiet", "--initial-branch=main", "."]);
        let source = "create source helm helm-charts --interval=1m --namespace=production --export --url";
        let source = it.flux(source).args([url]).ok().stdout;
        it.write("helm-charts.yaml", &source);
        let release = it.flux(
            "create helmrelease app-demo --chart app-demo --source HelmRepository/helm-charts.production \
             --chart-version 0.0.1 --interval=1m --namespace production --export",
        );
        let release = release.ok().stdout;
        it.write("helm-release.yaml", &format!("{release}{}", values("RELEASE.2022-01-16T05-42-20Z")));
        it.git(&["add", "."]);
        it.git(&["commit", "--quiet", "--message=app"]);
        it
    }

    fn flux(&self, line: &str) -> Flux {
        Flux::bare()
            .dir(self.home.path())
            .env("XDG_CACHE_HOME", self.home.path().join(".git/cache"))
            .line(line)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.home.path().join("clusters/cluster1/manifests").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let output = git_command(self.home.path()).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What the shell appends to the HelmRelease.
fn values(tag: &str) -> String {
    format!(
        "  values:\n    replicaCount: 3\n    containerPort: 5000\n    \
         dockerImage: alice/fluxappdemo:{tag} # {{\"$imagepolicy\": \"flux-system:app-demo\"}}\n"
    )
}

#[test]
fn a_new_tag_shows_in_the_deployment() {
    let it = WalkThrough::new();
    let build = "build helmrelease app-demo -n production --dry-run --path clusters/cluster1";
    let refused = it.flux(build).fails(1);
    assert!(refused.stderr.contains("add --allow-remote to fetch it"), "{}", refused.stderr);
    assert!(it.server.seen().is_empty(), "nothing is fetched without --allow-remote");
    let rendered = it.flux(&format!("{build} --allow-remote")).ok().stdout;
    assert_eq!(rendered, DEPLOYMENT_OF_THE_FIRST_TAG);
    // From the cache.
    assert_eq!(it.flux(&format!("{build} --offline")).ok().stdout, rendered);
    let requests: Vec<String> = it.server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(requests, ["/helm-charts/index.yaml", "/helm-charts/app-demo-0.0.1.tgz"]);

    let file = it.home.path().join("clusters/cluster1/manifests/helm-release.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("2022-01-16", "2022-02-20")).unwrap();
    let changed = it.flux("diff --from HEAD --path clusters/cluster1 --offline -o unified").fails(1).stdout;
    assert!(
        changed.contains(
            "-      - image: alice/fluxappdemo:RELEASE.2022-01-16T05-42-20Z\n\
             +      - image: alice/fluxappdemo:RELEASE.2022-02-20T05-42-20Z\n"
        ),
        "{changed}"
    );
    it.git(&["commit", "--quiet", "--all", "--message=new tag"]);
    let same = it.flux("diff --from HEAD --path clusters/cluster1 --offline").ok().stdout;
    assert_eq!(same, "");
}

const DEPLOYMENT_OF_THE_FIRST_TAG: &str = "# Source: app-demo/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    helm.toolkit.fluxcd.io/name: app-demo
    helm.toolkit.fluxcd.io/namespace: production
  name: app-demo
spec:
  replicas: 3
  selector:
    matchLabels:
      app: app-demo
  template:
    metadata:
      labels:
        app: app-demo
    spec:
      containers:
      - image: alice/fluxappdemo:RELEASE.2022-01-16T05-42-20Z
        name: app
        ports:
        - containerPort: 5000
---
";
