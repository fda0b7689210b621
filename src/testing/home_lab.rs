//! A small repository with a HelmRelease, and the chart that it uses.

use super::Scene;

/// Adds the repository of a cluster, `cluster`, and a directory with a chart, `charts`.
pub fn home_lab(scene: Scene) -> Scene {
    scene
        .file("cluster/.git/HEAD", "ref: refs/heads/main\n")
        .file("cluster/flux/apps.yaml", KUSTOMIZATION)
        .file("cluster/apps/release.yaml", RELEASE)
        .file("cluster/apps/repository.yaml", REPOSITORY)
        .file("cluster/apps/secret.yaml", SECRET)
        .file("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: \"9\"\n")
        .file("charts/web/values.yaml", "replicas: 1\nimage:\n  repository: web\n  tag: \"\"\n")
        .file("charts/web/templates/config.yaml", CONFIG)
        .file("charts/web/templates/secret.yaml", CHART_SECRET)
        .file("charts/web/templates/tests/test.yaml", TEST)
        .file("charts/web/crds/things.yaml", CRD)
}

const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  interval: 10m
  prune: true
  path: ./apps
  postBuild:
    substitute:
      REPLICAS: \"2\"
  sourceRef:
    kind: GitRepository
    name: flux-system
";

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: apps
spec:
  interval: 10m
  chart:
    spec:
      chart: web
      version: 1.x
      sourceRef:
        kind: HelmRepository
        name: charts
  valuesFrom:
  - kind: Secret
    name: web
    valuesKey: password
    targetPath: auth.password
  values:
    replicas: ${REPLICAS:-2}
    image:
      tag: \"7\"
";

const REPOSITORY: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: charts
  namespace: apps
spec:
  interval: 1h
  url: https://charts.example.com
";

const SECRET: &str = "apiVersion: v1
kind: Secret
metadata:
  name: web
  namespace: apps
stringData:
  password: correct-horse
";

const CONFIG: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  image: {{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
  replicas: {{ .Values.replicas | quote }}
  revision: {{ .Release.Revision | quote }}
  url: https://admin:{{ .Values.auth.password }}@localhost
";

const CHART_SECRET: &str = "apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  password: {{ .Values.auth.password }}
  random: {{ randAlphaNum 8 }}
";

const TEST: &str = "apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations:
    helm.sh/hook: test
spec:
  containers: []
";

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
";
