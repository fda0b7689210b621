//! Trees that the real kustomize-controller has applied: `flux diff kustomization` finds no difference, and we refuse what
//! the controller refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::applied::{Bench, Subject, Verdict};
use crate::support::oracle::Files;
use crate::support::trees;

/// Custom kinds of the generated trees.
const KINDS: [(&str, &str, &str); 2] = [("example.com", "v1", "Foo"), ("example.com", "v1alpha1", "Bar")];

#[test]
fn generated_trees_are_applied_as_they_are_rendered() {
    let Some(bench) = Bench::start(&kinds()) else { return };
    check(&bench.run(&generated(0..60), None), 15);
}

/// Cases that the flux command line renders differently than the controller, or might. The verdict is that of both.
#[test]
fn trees_with_rules_of_the_controller_are_applied_as_they_are_rendered() {
    let map = |metadata: &str, data: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{metadata}}}\ndata: {{{data}}}\n")
    };
    let secret = |body: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{body}");
    let encrypted = "ENC[AES256_GCM,data:aGk=,iv:eHh4,tag:eXl5,type:str]";
    let pod = "{spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}";
    let sops = format!("sops:\n  mac: {encrypted}\n  version: 3.9.0\n");
    let (same, build, api) = (Verdict::Same, Verdict::BothRefuse, Verdict::ApiRefuses);
    let substitute = json!({"postBuild": {"substitute": {"A": "alpha"}}});
    let common = json!({"commonMetadata": {"labels": {"env": "x"}, "annotations": {"note": "y"}}});
    let cases = [
        ("plain", map("", "a: x"), json!({}), &same),
        ("label-number", map(", labels: {n: 1, b: x}", "a: x"), json!({}), &same),
        ("label-null", map(", labels: {n: null, b: x}", "a: x"), json!({}), &same),
        ("labels-null", map(", labels: null", "a: x"), json!({}), &same),
        ("labels-null-common", map(", labels: null, annotations: {z: null}", "a: x"), common.clone(), &same),
        ("labels-number-common", map(", labels: {n: 1, b: x}", "a: x"), common, &same),
        ("no-version", "kind: ConfigMap\nmetadata: {name: c}\n".to_owned(), json!({}), &build),
        ("number-in-data", map("", "a: 1"), json!({}), &api),
        ("null-in-data", map("", "a: null, b: x"), json!({}), &same),
        ("looks-encrypted", secret("stringData: {conf: \"a: ENC[x]\\nsops:\\n  v: 1\\n\"}\n"), json!({}), &same),
        ("looks-encrypted-data", secret("data: {conf: YTogRU5DW3hdCnNvcHM6CiAgdjogMQo=}\n"), json!({}), &same),
        ("immutable", secret("immutable: true\nstringData: {conf: \"a: ENC[x]\\nsops:\\n  v: 1\\n\"}\n"), json!({}), &same),
        ("secret-both", secret("data: {a: eA==}\nstringData: {a: y, b: z}\n"), json!({}), &same),
        ("secret-numbers", secret("stringData: {a: 1}\n"), json!({}), &api),
        ("secret-nulls", secret("data: {a: null}\nstringData: {b: null, c: x}\n"), json!({}), &same),
        ("secret-line-breaks", secret("data:\n  a: |\n    aGVs\n    bG8=\n"), json!({}), &same),
        ("sops-data", secret(&format!("data: {{a: '{encrypted}'}}\n{sops}")), json!({}), &api),
        ("sops-text", secret(&format!("stringData: {{a: '{encrypted}'}}\n{sops}")), json!({}), &same),
        ("no-post-build", map(", annotations: {n: '${A:=b}'}", "a: '${B}'"), json!({}), &same),
        ("no-variables", map("", "a: '${B}'"), json!({"postBuild": {}}), &same),
        ("variable", map("", "a: '${A}', b: '${B:=c}'"), substitute.clone(), &same),
        ("missing-variable", map("", "a: '${A}', b: 'x${B}'"), substitute.clone(), &build),
        ("missing-variable-disabled", map(", labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}", "b: 'x${B}'"), substitute, &same),
        ("always", map("", "b: 'x${B:=c}'"), json!({"postBuild": {"substituteStrategy": "Always"}}), &same),
        ("from-a-map", map("", "b: 'x${MORE}'"), json!({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}}), &same),
        ("from-nothing", map("", "b: x"), json!({"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "gone"}]}}), &build),
        ("unknown-field", format!("{}bogus: 1\n", map("", "a: x")), json!({}), &same),
        ("unknown-field-of-a-role", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: []\nbogus: 1\n".to_owned(), json!({}), &api),
        ("items", "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: f}\nitems: []\n".to_owned(), json!({}), &same),
        ("immutable-empty", secret("immutable: true\ndata: {}\n"), json!({}), &same),
        ("job", format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{template: {pod}}}\n"), json!({}), &same),
        ("cron-job", format!("apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: j}}\nspec: {{schedule: '@daily', jobTemplate: {{spec: {{template: {pod}}}}}}}\n"), json!({}), &same),
        ("no-selector", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {}, ports: [{port: 53}]}\n".to_owned(), json!({}), &same),
        ("not-reconciled", map(", annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}", "a: x"), json!({}), &same),
        ("service", "apiVersion: v1\nkind: Service\nmetadata: {name: s, creationTimestamp: null}\nspec: {clusterIP: null, ports: [{port: 53, name: a, nodePort: null}, {port: 53, name: b, protocol: UDP}]}\nstatus: {loadBalancer: {}}\n".to_owned(), json!({}), &same),
    ];
    let Some(bench) = Bench::start(&kinds()) else { return };
    let subject = |(name, text, spec, _): &(&str, String, Value, &Verdict)| {
        let home = format!("c-{name}");
        let mut spec = spec.clone();
        spec["targetNamespace"] = home.clone().into();
        Subject {
            files: Files::from([("app/all.yaml".to_owned(), text.clone())]),
            directory: "app".to_owned(),
            spec,
            namespaces: Vec::new(),
            home,
        }
    };
    let found = bench.run(&cases.iter().map(subject).collect::<Vec<_>>(), None);
    let mut failures = String::new();
    for (name, _, _, expected) in &cases {
        let verdict = found.iter().find(|(_, homes)| homes.contains(&format!("c-{name}")));
        if verdict.is_none_or(|(verdict, _)| verdict != *expected) {
            let _ = writeln!(
                failures,
                "{name}: {:?} instead of {expected:?}",
                verdict.map(|(verdict, _)| verdict)
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Reads `EDGEFLUX_FUZZ_TREES`, `EDGEFLUX_FUZZ_FROM` and `EDGEFLUX_FUZZ_FOLDER` (docs/testing.md).
#[test]
#[ignore = "a long run, for changes of the rendering"]
#[allow(clippy::disallowed_methods, reason = "a run by hand is told by the environment")]
fn many_generated_trees_are_applied_as_they_are_rendered() {
    let number = |name, or| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let from = number("EDGEFLUX_FUZZ_FROM", 1_000);
    let directory = std::env::var_os("EDGEFLUX_FUZZ_FOLDER").map(PathBuf::from);
    let Some(bench) = Bench::start(&kinds()) else { return };
    let found =
        bench.run(&generated(from..from + number("EDGEFLUX_FUZZ_TREES", 2_500)), directory.as_deref());
    show(&found);
    check(&found, 20);
}

/// The trees of `crates/kustomize/tests/golden`.
#[test]
#[ignore = "a long run, for changes of the rendering"]
#[allow(clippy::disallowed_methods, reason = "a run by hand is told by the environment")]
fn the_recorded_trees_are_applied_as_they_are_rendered() {
    let mut subjects = recorded("kustomize");
    subjects.extend(recorded("build-kustomization"));
    assert!(subjects.len() > 130, "the trees are missing");
    let objects: Vec<Value> = subjects.iter().flat_map(|(_, objects)| objects.clone()).collect();
    let Some(bench) = Bench::start(&unknown_kinds(&objects)) else { return };
    let directory = std::env::var_os("EDGEFLUX_FUZZ_FOLDER").map(PathBuf::from);
    let mut found: BTreeMap<Verdict, Vec<String>> = BTreeMap::new();
    while !subjects.is_empty() {
        // Trees without a cluster-scoped object in common.
        let mut taken = BTreeSet::new();
        let (now, later): (Vec<_>, Vec<_>) = subjects.into_iter().partition(|(_, objects)| {
            let own: BTreeSet<_> = objects.iter().filter_map(cluster_wide).collect();
            let is_free = taken.is_disjoint(&own);
            if is_free {
                taken.extend(own);
            }
            is_free
        });
        subjects = later;
        let now: Vec<_> = now.into_iter().map(|(subject, _)| subject).collect();
        for (verdict, homes) in bench.run(&now, directory.as_deref()) {
            found.entry(verdict).or_default().extend(homes);
        }
    }
    show(&found);
    check(&found, 60);
}

/// Each tree of a directory, with the objects that it renders.
fn recorded(name: &str) -> Vec<(Subject, Vec<Value>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kustomize/tests/golden").join(name);
    let mut all = Files::new();
    files(&root, &root, &mut all);
    let directories: BTreeSet<&str> = all.keys().filter_map(|path| path.split('/').next()).collect();
    let subject = |directory: &&str| {
        let start = format!("{directory}/");
        let files: Files = all
            .iter()
            .filter(|(path, _)| path.starts_with(&start))
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        let read = |file: &str| files.get(&format!("{start}{file}"));
        let objects = read("expected.yaml").and_then(|text| edgeflux_yaml::documents(text).ok());
        let owner = read("ks.yaml").and_then(|text| edgeflux_yaml::document(text).ok());
        let rendered = if owner.is_some() { format!("{start}app") } else { (*directory).to_owned() };
        let home = format!("{}-{}", &name[..1], directory.to_lowercase());
        let mut spec = owner.map_or_else(|| json!({}), |owner| owner["spec"].clone());
        let target = spec["targetNamespace"].as_str().unwrap_or(&home).to_owned();
        spec["targetNamespace"] = target.clone().into();
        let subject = Subject { home, files, directory: rendered, spec, namespaces: vec![target] };
        (subject, objects.unwrap_or_default())
    };
    directories.iter().map(subject).filter(|(subject, _)| is_comparable(subject)).collect()
}

fn files(root: &Path, directory: &Path, found: &mut Files) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text);
        }
    }
}

/// Kinds that belong neither to Kubernetes nor to Flux.
fn unknown_kinds(objects: &[Value]) -> Vec<(String, String, String)> {
    let kinds: BTreeSet<_> = objects
        .iter()
        .filter_map(|object| {
            let (group, version) = object["apiVersion"].as_str()?.split_once('/')?;
            let kind = object["kind"].as_str()?;
            let is_own =
                group.contains('.') && !group.ends_with("k8s.io") && !group.ends_with("toolkit.fluxcd.io");
            let is_name =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (is_own && is_name(kind) && is_name(version))
                .then(|| (group.to_owned(), version.to_owned(), kind.to_owned()))
        })
        .collect();
    kinds.into_iter().collect()
}

fn cluster_wide(object: &Value) -> Option<String> {
    let kind = object["kind"].as_str()?;
    let is_wide = kind.starts_with("Cluster")
        || kind.ends_with("Class")
        || kind.ends_with("WebhookConfiguration")
        || matches!(kind, "Namespace" | "PersistentVolume" | "CustomResourceDefinition" | "APIService");
    is_wide.then(|| format!("{kind} {}", object["metadata"]["name"]))
}

fn show(found: &BTreeMap<Verdict, Vec<String>>) {
    for (verdict, homes) in found {
        let line = format!("{verdict:?}: {} trees, {:?}\n", homes.len(), &homes[..homes.len().min(5)]);
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
}

fn kinds() -> Vec<(String, String, String)> {
    KINDS.iter().map(|(group, version, kind)| ((*group).into(), (*version).into(), (*kind).into())).collect()
}

fn generated(seeds: Range<u64>) -> Vec<Subject> {
    let subject = |seed: u64| {
        let home = format!("t{seed}");
        let request = trees::tree_for_cluster(seed, &home);
        // Their repository begins where the trees have `root`.
        let inside = |path: &str| path.strip_prefix("root/").unwrap_or(path).to_owned();
        let owner = edgeflux_yaml::document(&request.kustomization).expect("the generator writes YAML");
        Subject {
            files: request.files.iter().map(|(path, text)| (inside(path), text.clone())).collect(),
            directory: inside(&request.path),
            spec: owner["spec"].clone(),
            namespaces: trees::namespaces(&home),
            home,
        }
    };
    seeds.map(subject).filter(is_comparable).collect()
}

/// The value of `managedByLabel` depends on how the program was built: a released controller sets one that no API server
/// accepts.
fn is_comparable(subject: &Subject) -> bool {
    !subject.files.values().any(|text| text.contains("managedByLabel"))
}

fn check(found: &BTreeMap<Verdict, Vec<String>>, least: usize) {
    let mut failures = String::new();
    for (verdict, homes) in found {
        if let Verdict::Differ(how) = verdict {
            let _ = writeln!(failures, "{how}: {:?}", &homes[..homes.len().min(5)]);
        }
    }
    assert!(
        found.get(&Verdict::Same).is_some_and(|homes| homes.len() > least),
        "too few are applied: {found:?}"
    );
    assert!(failures.is_empty(), "{failures}");
}
