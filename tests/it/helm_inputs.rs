//! Bad HelmReleases, values, charts and flags: each is an error that says what is wrong and where.

use std::fs;

use tempfile::TempDir;

use crate::support::flux::{Flux, Output};

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec:
  interval: 1h
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}
  values: {title: Cheese}
";

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

const TEMPLATE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {title: {{ .Values.title | quote }}}\n";

/// A repository with a HelmRelease and its chart, of which some files are replaced.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let home = TempDir::new().unwrap();
    let base = [
        ("cluster/release.yaml", RELEASE),
        ("charts/web/Chart.yaml", CHART),
        ("charts/web/templates/config.yaml", TEMPLATE),
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/objects/.keep", ""),
        (".git/refs/.keep", ""),
    ];
    for (path, text) in base.iter().chain(files) {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

fn flux(home: &TempDir, arguments: &str) -> Flux {
    let cache = home.path().join(".git/cache");
    Flux::bare().dir(home.path()).env("XDG_CACHE_HOME", cache).line(arguments)
}

/// Runs `flux` in such a repository.
fn run(files: &[(&str, &str)], arguments: &str) -> Output {
    flux(&repository(files), arguments).run()
}

const BUILD: &str = "build helmrelease web -n apps --dry-run --path cluster";

#[test]
fn the_inputs_of_these_tests_are_valid_without_their_fault() {
    let output = run(&[], BUILD);
    assert!(output.code == Some(0) && output.stdout.contains("title: Cheese"), "{output:?}");
}

/// Every fault is an error with a part of this text, and prints nothing to standard output.
fn all_fail(faults: &[(&str, &str, &str, &str)]) {
    let mut unexpected = Vec::new();
    for (file, text, arguments, wanted) in faults {
        let files = if file.is_empty() { Vec::new() } else { vec![(*file, *text)] };
        let output = run(&files, &format!("{BUILD}{arguments}"));
        let is_error = output.code == Some(1) && output.stdout.is_empty() && output.stderr.starts_with('✗');
        if !is_error || !output.stderr.contains(wanted) || output.stderr.contains("panicked") {
            unexpected.push(format!("{file} {text:?} {arguments}\nwanted: {wanted:?}\n{output:?}"));
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n\n"));
}

/// Every HelmRelease is an error with a part of the text at its place.
fn releases_fail(releases: &[String], wanted: &[&str]) {
    assert_eq!(releases.len(), wanted.len());
    let faults = releases.iter().zip(wanted);
    let faults = faults.map(|(text, wanted)| ("cluster/release.yaml", text.as_str(), "", *wanted));
    all_fail(&faults.collect::<Vec<_>>());
}

#[test]
fn wrong_helm_releases_are_errors() {
    let release = |from: &str, to: &str| RELEASE.replace(from, to);
    let values_from = |entry: &str| format!("{RELEASE}  valuesFrom: [{entry}]\n");
    let texts = [
        release("chart: {spec: {chart: ./charts/web", "chart: {spec: {chart: ./charts/other"),
        release("./charts/web", "../../etc"),
        release(
            "  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}\n",
            "",
        ),
        release("kind: GitRepository, name: flux-system", "kind: HelmRepository, name: nowhere"),
        release("kind: GitRepository", "kind: Pod"),
        release("{title: Cheese}", "[a, b]"),
        release("interval: 1h", "interval: soon"),
        values_from("{kind: ConfigMap, name: missing}"),
        values_from("{kind: Pod, name: values}"),
        values_from("{kind: ConfigMap}"),
        format!("{RELEASE}  releaseName: {}\n", "a".repeat(54)),
        format!("{RELEASE}  releaseName: Not_A_Name\n"),
        format!("{RELEASE}  postRenderers: [{{kustomize: {{patches: [{{patch: 'x: ['}}]}}}}]\n"),
        format!("{RELEASE}  chartRef: {{kind: OCIRepository, name: chart}}\n"),
        "{ not: [yaml".to_owned(),
    ];
    let wanted = [
        "there is no chart in ",
        "there is no chart in ",
        "neither chart nor chartRef is set",
        "HelmRepository/apps/nowhere, which HelmRelease apps/web uses, is not in the repository",
        "spec.chart.spec.sourceRef.kind: Unsupported value: \"Pod\"",
        "expected a map",
        "spec.interval: Invalid value",
        "ConfigMap apps/missing is not in the repository",
        "spec.valuesFrom[0].kind: Unsupported value",
        "spec.valuesFrom[0].name: Required value",
        "spec.releaseName: Too long",
        "invalid release name",
        "spec.postRenderers[0]: ",
        "both chart and chartRef are set",
        "is not in the files of",
    ];
    releases_fail(&texts, &wanted);
}

#[test]
fn wrong_values_of_other_objects_are_errors() {
    let object = |kind: &str, entry: &str, data: &str| {
        format!(
            "{RELEASE}  valuesFrom: [{{kind: {kind}, name: values{entry}}}]\n---\napiVersion: v1\nkind: {kind}\n\
             metadata: {{name: values, namespace: apps}}\n{data}\n"
        )
    };
    let texts = [
        object("ConfigMap", "", "data: {other.yaml: 'a: b'}"),
        object("ConfigMap", "", "data: {values.yaml: '- a'}"),
        object("ConfigMap", "", "data: {values.yaml: 'a: [correct-horse'}"),
        object("ConfigMap", ", valuesKey: a, targetPath: 'a[x]'", "data: {a: b}"),
        object("ConfigMap", ", valuesKey: a, targetPath: 'a[99999999]'", "data: {a: b}"),
        object("Secret", "", "data: {values.yaml: '%%%'}"),
        object("Secret", "", "stringData: {values.yaml: 'a: [correct-horse'}"),
        object("Secret", "", "data: {values.yaml: 'ENC[AES256_GCM,data:x]'}\nsops: {age: []}"),
    ];
    let wanted = [
        "has no key values.yaml",
        "is no YAML mapping",
        "is no YAML mapping",
        "spec.valuesFrom[0].targetPath: Invalid value",
        "spec.valuesFrom[0].targetPath: Invalid value",
        "Secret apps/values has no key values.yaml",
        "is no YAML mapping",
        "Secret apps/values has no key values.yaml",
    ];
    releases_fail(&texts, &wanted);
    for text in &texts {
        let output = run(&[("cluster/release.yaml", text)], BUILD);
        assert!(!output.stderr.contains("correct-horse") || text.contains("kind: ConfigMap"), "{output:?}");
    }
}

#[test]
fn wrong_charts_are_errors() {
    let recursion = "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}";
    all_fail(&[
        ("charts/web/Chart.yaml", "", "", "chart.metadata.name is required"),
        ("charts/web/Chart.yaml", "apiVersion: v2\nversion: 1.0.0\n", "", "chart.metadata.name is required"),
        ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\n", "", "chart.metadata.version is required"),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: one\n",
            "",
            "chart.metadata.version \"one\" is invalid",
        ),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v9\nname: web\nversion: 1.0.0\n",
            "",
            "unsupported chart version \"v9\"",
        ),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: ../web\nversion: 1.0.0\n",
            "",
            "chart.metadata.name \"../web\" is invalid",
        ),
        ("charts/web/Chart.yaml", "a: [", "", "cannot load Chart.yaml: line 1"),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: '>=9'\n",
            "",
            "which is incompatible with Kubernetes",
        ),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: https://x}]\n",
            "",
            "does not contain the charts that it depends on: db",
        ),
        ("charts/web/values.yaml", "- a\n", "", "cannot load values.yaml: expected a map"),
        ("charts/web/values.yaml", "a: [\n", "", "cannot load values.yaml: line 2"),
        ("charts/web/values.schema.json", "{", "", "specifications of the schema"),
        (
            "charts/web/values.schema.json",
            r#"{"properties": {"title": {"type": "integer"}}}"#,
            "",
            "specifications of the schema",
        ),
        ("charts/web/templates/config.yaml", "{{ if }}", "", "missing value for if"),
        ("charts/web/templates/config.yaml", "{{ .Values.title", "", "unclosed action"),
        ("charts/web/templates/config.yaml", "{{ nope .Values }}", "", "function \"nope\" not defined"),
        (
            "charts/web/templates/config.yaml",
            "{{ .Values.title.deeper }}",
            "",
            "web/templates/config.yaml:1:10",
        ),
        ("charts/web/templates/config.yaml", "{{ .Values.a.b }}", "", "web/templates/config.yaml:1:10"),
        (
            "charts/web/templates/config.yaml",
            "{{ required \"a color is needed\" .Values.color }}",
            "",
            "a color is needed",
        ),
        ("charts/web/templates/config.yaml", "{{ fail \"not like this\" }}", "", "not like this"),
        ("charts/web/templates/config.yaml", recursion, "", "error calling include"),
        (
            "charts/web/templates/config.yaml",
            "{{ repeat 1000000000 \"a\" }}",
            "",
            "exceeded maximum of 16777216 bytes",
        ),
        (
            "charts/web/templates/config.yaml",
            "{{ printf \"%1000000000d\" 1 }}",
            "",
            "web/templates/config.yaml: ",
        ),
        (
            "charts/web/templates/config.yaml",
            "{{ regexMatch \"(\" \"a\" }}",
            "",
            "expected a Kubernetes object",
        ),
        (
            "charts/web/templates/config.yaml",
            "{{ include \"missing\" . }}",
            "",
            "web/templates/config.yaml:1:3",
        ),
        (
            "charts/web/templates/config.yaml",
            "{{ tpl \"{{ nope }}\" . }}",
            "",
            "function \"nope\" not defined",
        ),
        ("charts/web/templates/config.yaml", "apiVersion: v1\nkind: [\n", "", "web/templates/config.yaml: "),
        ("charts/web/templates/config.yaml", "just text\n", "", "expected a Kubernetes object"),
    ]);
}

#[test]
fn wrong_flags_are_errors() {
    all_fail(&[
        ("", "", " --chart-dir nowhere", "--chart-dir: nowhere is not a directory"),
        ("", "", " --kube-version one", "--kube-version: "),
        ("", "", " --api-versions batch/v1,a_b", "--api-versions: \"a_b\" is not an API version"),
        (
            "",
            "",
            " --api-versions batch//CronJob",
            "--api-versions: \"batch//CronJob\" is not an API version",
        ),
        ("", "", " --show-only templates/nope.yaml", "renders nothing from templates/nope.yaml"),
        ("", "", " --offline --allow-remote", "cannot be used together"),
        ("", "", " --local-sources nonsense", "--local-sources"),
        ("", "", " --local-sources GitRepository/apps/flux-system=nowhere", "cannot read nowhere"),
        ("", "", " --helmrelease-file nowhere.yaml", "--helmrelease-file: nowhere.yaml: "),
        ("", "", " --var 1", "--var: expected NAME=VALUE"),
        ("", "", " --output xml", "unknown flag: --output"),
        ("", "", " --sops-age-key-file nowhere.txt", "cannot read the age keys nowhere.txt"),
    ]);
}

#[test]
fn what_the_cluster_does_not_get_of_a_chart_is_named() {
    let link = |home: &TempDir, target: &str, link: &str| {
        std::os::unix::fs::symlink(target, home.path().join("charts/web").join(link)).unwrap();
    };
    let home = repository(&[("charts/web/data.bin", "version https://git-lfs.github.com/spec/v1\n")]);
    link(&home, "../config.yaml", "templates/more.yaml");
    link(&home, "../../README.md", "README.md");
    let output = flux(&home, BUILD).ok();
    assert_eq!(output.stdout.matches("kind: ").count(), 1, "{output:?}");
    let linked = "web: charts/web/templates/more.yaml is a symbolic link, which artifacts do not include";
    assert_eq!(output.stderr.matches(linked).count(), 1, "{output:?}");
    assert!(output.stderr.contains("web: charts/web/data.bin: it is stored in Git LFS"), "{output:?}");
    assert!(!output.stderr.contains("README"), "{output:?}");

    // What fails for want of a link says so.
    let needing =
        format!("{CHART}dependencies: [{{name: library, version: 1.0.0, repository: file://../library}}]\n");
    let home =
        repository(&[("charts/web/Chart.yaml", &needing), ("charts/library/Chart.yaml", "name: library\n")]);
    fs::create_dir(home.path().join("charts/web/charts")).unwrap();
    link(&home, "../../library", "charts/library");
    let stderr = flux(&home, BUILD).fails(1).stderr;
    for part in [
        "does not contain the charts that it depends on: library",
        "hint: charts/web/charts/library is a symbolic link",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let home = repository(&[]);
    fs::rename(home.path().join("charts/web/Chart.yaml"), home.path().join("charts/Chart.yaml")).unwrap();
    link(&home, "../Chart.yaml", "Chart.yaml");
    let stderr = flux(&home, BUILD).fails(1).stderr;
    assert!(stderr.contains("hint: charts/web/Chart.yaml is a symbolic link"), "{stderr}");
    let more = "chart: {spec: {valuesFiles: [./charts/web/more.yaml], chart:";
    let home = repository(&[("cluster/release.yaml", &RELEASE.replace("chart: {spec: {chart:", more))]);
    link(&home, "../more.yaml", "more.yaml");
    let stderr = flux(&home, BUILD).fails(1).stderr;
    assert!(stderr.contains("valuesFiles: charts/web/more.yaml is a symbolic link"), "{stderr}");
    assert!(stderr.contains("hint: name a file that the source includes"), "{stderr}");
}

#[test]
fn what_the_author_of_a_chart_should_change_is_said_once() {
    let output = flux(&repository(&[("charts/web/requirements.yaml", "dependencies: []\n")]), BUILD).ok();
    assert_eq!(output.stderr.matches("move them there from requirements.yaml").count(), 1, "{output:?}");
}
