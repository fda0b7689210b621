"""Rows of scripts/bench about HelmReleases: `flux build helmrelease`, `build all` and `diff all` beside helm.

The chart is a small one with a library, of the kind that home labs use for every app; `--chart` measures another one,
such as a checkout of bjw-s' app-template, which takes the same values.
"""
import os, shutil, subprocess

RELEASES = 70
ONE, ONE_OF_MANY = "build of a release", f"build of a release of {RELEASES}"
MANY, DIFF = f"build of {RELEASES} releases", "diff of 150 Kustomizations and 100 releases"

LIBRARY = """{{- define "common.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/name: {{ include "common.name" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- define "common.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.containers" -}}
{{- $root := .root -}}
{{- range $name, $container := .controller.containers }}
- name: {{ $name }}
  image: {{ printf "%s:%s" $container.image.repository (toString $container.image.tag) | quote }}
  {{- with $container.env }}
  env:
  {{- range $key, $value := . }}
  - name: {{ $key }}
    {{- if kindIs "map" $value }}
    {{- tpl (toYaml $value) $root | nindent 4 }}
    {{- else }}
    value: {{ tpl (toString $value) $root | quote }}
    {{- end }}
  {{- end }}
  {{- end }}
  {{- with $container.probes }}
  {{- range $kind, $probe := . }}
  {{- if ne (toString (default true $probe.enabled)) "false" }}
  {{ $kind }}Probe:
    {{- toYaml (merge (dict) (default dict $probe.spec) (dict "periodSeconds" 10 "timeoutSeconds" 1)) | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- end }}
  {{- with $container.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
{{- define "common.all" -}}
{{- $root := . -}}
{{- range $name, $controller := .Values.controllers }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ if eq $name "main" }}{{ include "common.name" $root }}{{ else }}{{ include "common.name" $root }}-{{ $name }}{{ end }}
  labels:
    {{- include "common.labels" $root | nindent 4 }}
spec:
  replicas: {{ int (default 1 $controller.replicas) }}
  selector:
    matchLabels: {app.kubernetes.io/instance: {{ $root.Release.Name }}, controller: {{ $name }}}
  template:
    metadata:
      labels: {app.kubernetes.io/instance: {{ $root.Release.Name }}, controller: {{ $name }}}
    spec:
      containers:
        {{- include "common.containers" (dict "root" $root "controller" $controller) | trim | nindent 8 }}
{{- end }}
{{- range $name, $service := .Values.service }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.name" $root }}-{{ $name }}
  labels:
    {{- include "common.labels" $root | nindent 4 }}
spec:
  selector: {app.kubernetes.io/instance: {{ $root.Release.Name }}, controller: {{ $service.controller }}}
  ports:
  {{- range $port, $it := $service.ports }}
  - {name: {{ $port }}, port: {{ int $it.port }}}
  {{- end }}
{{- end }}
{{- end -}}
"""

VALUES = """controllers:
  main:
    containers:
      main:
        image: {{repository: ghcr.io/example/app-{n}, tag: "{tag}"}}
        env: {{TZ: Europe/Berlin, PORT: 8080, NAME: "{{{{ .Release.Name }}}}"}}
        probes:
          liveness: {{enabled: true}}
          readiness: {{enabled: true}}
        resources:
          requests: {{cpu: 10m, memory: 64Mi}}
          limits: {{memory: 256Mi}}
service:
  main:
    controller: main
    ports:
      http: {{port: 8080}}
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def indented(text, by):
    return "".join(" " * by + line + "\n" for line in text.splitlines())


class Repository:
    """A repository with one Kustomization for each group of releases, and the chart that all of them use."""

    def __init__(self, root, chart, releases, kustomizations):
        self.root = root
        self.chart = f"{root}/charts/app"
        if chart:
            shutil.copytree(chart, self.chart)
        else:
            write(f"{self.chart}/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"
                  "dependencies:\n- {name: common, version: 1.0.0, repository: ''}\n")
            write(f"{self.chart}/templates/all.yaml", '{{- include "common.all" . }}\n')
            write(f"{self.chart}/charts/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n")
            write(f"{self.chart}/charts/common/templates/_all.tpl", LIBRARY)
        write(f"{root}/clusters/one/source.yaml", "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
              "metadata: {name: flux-system, namespace: flux-system}\nspec: {interval: 1m, url: 'https://example.com/fleet'}\n")
        for k in range(kustomizations):
            write(f"{root}/clusters/one/app-{k:03}.yaml",
                  "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
                  f"metadata: {{name: app-{k:03}, namespace: flux-system}}\nspec: {{interval: 10m, prune: true, "
                  f"path: ./apps/app-{k:03}, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n")
            write(f"{root}/apps/app-{k:03}/config.yaml", "apiVersion: v1\nkind: ConfigMap\n"
                  f"metadata: {{name: app-{k:03}, namespace: apps}}\ndata: {{number: '{k}'}}\n")
        for n in range(releases):
            self.release(n, "1.0.0")
            write(f"{root}/values/{n:03}.yaml", VALUES.format(n=n, tag="1.0.0"))
        git = ["git", "-C", root, "-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        for args in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=all"]):
            subprocess.run([*git, *args], check=True)

    def release(self, n, tag):
        write(f"{self.root}/apps/app-{n:03}/release.yaml",
              "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
              f"metadata: {{name: app-{n:03}, namespace: apps}}\nspec:\n  interval: 10m\n  chart:\n    spec:\n"
              "      chart: ./charts/app\n"
              "      sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}\n"
              f"  values:\n{indented(VALUES.format(n=n, tag=tag), 4)}")

    def build(self, n):
        """Arguments that build one release without Kustomizations, as helm renders one chart without a cluster."""
        directory = f"{self.root}/apps/app-{n:03}"
        return ["build", "helmrelease", f"app-{n:03}", "-n", "apps", "--dry-run",
                "--helmrelease-file", f"{directory}/release.yaml", "--path", directory]

    def template(self, helm, n):
        return [helm, "template", f"app-{n:03}", self.chart, "--namespace", "apps", "--values",
                f"{self.root}/values/{n:03}.yaml"]


def rows(flux, helm, chart, env, rounds, wanted, compare, say, root):
    """The rows, with the function that measures command lines in turns."""
    # helm reads a chart and a file with values. flux reads the repository, which may have what the release refers to.
    for label, releases in ((ONE, 1), (ONE_OF_MANY, RELEASES)):
        if wanted(label):
            say(label)
            repository = Repository(f"{root}/of-{releases}", chart, releases, releases)
            argvs = [[flux, *repository.build(0)]] + ([repository.template(helm, 0)] if helm else [])
            yield label, compare(label, argvs, env, rounds, lambda _, text: text.count("\nkind: "))
    if wanted(MANY):
        say(MANY)
        repository = Repository(f"{root}/releases", chart, RELEASES, RELEASES)
        script = "\n".join(" ".join(repository.template(helm, n)) for n in range(RELEASES)) if helm else ""
        argvs = [[flux, "build", "all", "--path", f"{repository.root}/clusters/one"]]
        argvs += [["/bin/sh", "-c", script]] if helm else []
        kinds = lambda _, text: sorted(text.count(f"\nkind: {kind}\n") for kind in ("Deployment", "Service"))
        yield MANY, compare(MANY, argvs, env, max(3, rounds // 5), kinds)
    if wanted(DIFF):
        say(DIFF)
        repository = Repository(f"{root}/diff", chart, 100, 150)
        repository.release(7, "1.0.1")
        argv = [flux, "diff", "all", "--from", "HEAD", "--path", f"{repository.root}/clusters/one", "-o", "unified"]
        yield DIFF, compare(DIFF, [["/bin/sh", "-c", '"$@" || [ $? = 1 ]', "sh", *argv]], env, rounds, lambda _, text: text)
