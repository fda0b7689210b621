//! Trees that the real kustomize-controller applies to a real API server, and what `flux diff kustomization` says of them
//! afterwards.
//!
//! No source-controller runs: the test bed serves each tree as an archive and writes the status of its source. Each tree
//! has a namespace of its own for its Flux Kustomization.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::get;
use edgeflux_kustomize::controller::Ignore;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::assets;
use super::cluster::Cluster;
use super::faults;
use super::flux::Flux;
use super::loopback::Loopback;
use super::oracle::Files;
use super::ports;
use super::process::{Process, Scratch};
use super::tree::Tree;

/// The name of each Flux Kustomization.
const NAME: &str = "k";
/// Largest number of trees in the cluster at once.
const AT_ONCE: usize = 40;
/// Largest number of concurrent comparisons.
const COMPARISONS: usize = 3;
/// Longest time for [`AT_ONCE`] trees on a loaded machine.
const LIMIT: Duration = Duration::from_mins(5);

/// A tree to apply.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The namespace of the Flux Kustomization, unique to this tree.
    pub home: String,
    /// The files of the repository.
    pub files: Files,
    /// The directory to render, within the repository.
    pub directory: String,
    /// The `spec` of the Flux Kustomization, without its source.
    pub spec: Value,
    /// Namespaces that exist before.
    pub namespaces: Vec<String>,
}

/// The result of applying and comparing a tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The controller applied it, and we find no difference.
    Same,
    /// Neither the controller nor we can render it.
    BothRefuse,
    /// The API server refuses an object in both cases.
    ApiRefuses,
    /// The API server refuses the Flux Kustomization.
    NotCreated,
    /// Controller and we differ by a rule of `docs/differences.md`.
    Known,
    /// Controller and we disagree; the text says how.
    Differ(String),
}

/// An API server with kustomize-controller.
pub struct Bench {
    cluster: Cluster,
    archives: Archives,
    server: Loopback,
    scratch: Scratch,
    _controller: Process,
}

type Archives = Arc<Mutex<HashMap<String, Vec<u8>>>>;

impl Bench {
    /// Starts one with CRDs for `kinds` (group, version and kind) besides those of Flux. None where `EDGEFLUX_TEST_SKIP` leaves
    /// out the controllers.
    pub fn start(kinds: &[(String, String, String)]) -> Option<Self> {
        if assets::skips_controllers() {
            return None;
        }
        let cluster = Cluster::api_only();
        cluster.install_crds();
        for definition in definitions(kinds) {
            cluster.apply_value(&definition);
        }
        cluster.wait("the kinds of the trees", Duration::from_mins(1), || {
            kinds.iter().all(|(_, _, kind)| cluster.knows(kind))
        });
        let archives = Archives::default();
        let router = Router::new().route("/{name}", get(archive)).with_state(Arc::clone(&archives));
        let server = Loopback::serve(router, None);
        let scratch = Scratch::new();
        let controller = controller(&cluster, scratch.path());
        Some(Self { cluster, archives, server, scratch, _controller: controller })
    }

    /// The log of the controller so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("controller.log")).unwrap_or_default()
    }

    /// Lets the controller apply all of them, and compares. Where a directory is given, those that differ are written there, and
    /// what was said of each.
    pub fn run(&self, subjects: &[Subject], directory: Option<&Path>) -> BTreeMap<Verdict, Vec<String>> {
        let mut found: BTreeMap<Verdict, Vec<String>> = BTreeMap::new();
        for some in subjects.chunks(AT_ONCE) {
            for (subject, verdict) in some.iter().zip(self.some(some, directory)) {
                found.entry(verdict).or_default().push(subject.home.clone());
            }
        }
        found
    }

    fn some(&self, subjects: &[Subject], directory: Option<&Path>) -> Vec<Verdict> {
        let created: Vec<_> = subjects.iter().map(|subject| self.create(subject)).collect();
        let states = self.states(subjects, &created);
        let verdicts: Vec<Mutex<Option<Verdict>>> = subjects.iter().map(|_| Mutex::default()).collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..COMPARISONS {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(subject) = subjects.get(at) else { break };
                        let verdict = match (&created[at], &states[at]) {
                            (Err(_), _) => Verdict::NotCreated,
                            (Ok(()), state) => self.compare(subject, state.as_ref(), directory),
                        };
                        *verdicts[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
                    }
                });
            }
        });
        for (subject, created) in subjects.iter().zip(&created) {
            if created.is_ok() {
                self.cluster.delete("Kustomization", &subject.home, NAME);
            }
        }
        let verdict = |slot: Mutex<Option<Verdict>>| {
            let verdict = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
            verdict.expect("every tree gets a verdict")
        };
        verdicts.into_iter().map(verdict).collect()
    }

    /// Creates the source and the Flux Kustomization. The error is the API server's about the latter.
    fn create(&self, subject: &Subject) -> Result<(), String> {
        let home = &subject.home;
        for namespace in subject.namespaces.iter().chain([home]) {
            let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            self.cluster.apply_value(&object);
        }
        let archive = pack(&subject.files);
        let digest = hex::encode(Sha256::digest(&archive));
        self.archives
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(format!("{home}.tar.gz"), archive);
        let artifact = json!({
            "digest": format!("sha256:{digest}"), "lastUpdateTime": "2026-01-01T00:00:00Z", "path": "x",
            "revision": format!("main@sha1:{}", &digest[..40]), "url": format!("{}/{home}.tar.gz", self.server.url()),
        });
        self.cluster.apply_value(&json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "tree", "namespace": home},
            "spec": {"interval": "10h", "url": "http://127.0.0.1/none"}, "status": {"artifact": artifact},
        }));
        // What later names as a source of values.
        self.cluster.apply_value(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "vars", "namespace": home},
            "data": {"A": "from a map", "MORE": "two\nlines"},
        }));
        let object = Self::kustomization(subject);
        let path = self.cluster.path("Kustomization", home, "");
        match self.cluster.request("POST", &path, Some(&object)) {
            (code, _) if code < 300 => Ok(()),
            (_, answer) => Err(answer["message"].as_str().unwrap_or_default().to_owned()),
        }
    }

    fn kustomization(subject: &Subject) -> Value {
        let mut spec = subject.spec.clone();
        for (field, value) in [
            ("interval", json!("10h")),
            ("retryInterval", json!("10h")),
            ("path", json!(format!("./{}", subject.directory))),
            ("sourceRef", json!({"kind": "GitRepository", "name": "tree"})),
            ("prune", json!(true)),
            ("deletionPolicy", json!("Orphan")),
        ] {
            spec[field] = value;
        }
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            // With its finalizer at once: the controller looks again only after the delay of a failure where it adds it.
            "metadata": {"name": NAME, "namespace": subject.home, "finalizers": ["finalizers.fluxcd.io"]}, "spec": spec,
        })
    }

    /// What became of each: nothing where it was applied, or reason and message.
    fn states(&self, subjects: &[Subject], created: &[Result<(), String>]) -> Vec<Option<(String, String)>> {
        let started = Instant::now();
        loop {
            let objects: HashMap<String, Value> = self
                .cluster
                .list("Kustomization", "")
                .into_iter()
                .filter(|object| object["metadata"]["name"] == NAME)
                .map(|object| {
                    (object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned(), object)
                })
                .collect();
            let mut states = Vec::new();
            let mut waiting = Vec::new();
            for (subject, created) in subjects.iter().zip(created) {
                let state = objects.get(&subject.home).and_then(outcome);
                if created.is_ok() && state.is_none() {
                    waiting.push(&subject.home);
                }
                states.push(state.unwrap_or_default());
            }
            if waiting.is_empty() {
                return states;
            }
            let log = || self.log().lines().rev().take(10).collect::<Vec<_>>().join("\n");
            assert!(started.elapsed() < LIMIT, "{waiting:?} do not end:\n{}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn compare(
        &self,
        subject: &Subject,
        state: Option<&(String, String)>,
        directory: Option<&Path>,
    ) -> Verdict {
        let files: Vec<(&str, &str)> =
            subject.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let tree = Tree::of(&files);
        let output = Flux::new(&self.cluster)
            .dir(tree.root())
            .args(["diff", "kustomization", NAME, "--progress-bar=false", "-n", &subject.home, "--path"])
            .args([tree.path(&subject.directory)])
            .run();
        let says = |words: &[&str]| words.iter().any(|words| output.stderr.contains(words));
        let built = |reason: &str| reason == "BuildFailed" || reason == "ArtifactFailed";
        let verdict = match (state, output.code) {
            (None, Some(0)) => Verdict::Same,
            (None, Some(1)) => Verdict::Differ(format!("drift: {}", gist(&output.stdout))),
            (None, _) => Verdict::Differ(format!("only we refuse: {}", gist(&output.stderr))),
            (Some((reason, _)), Some(2))
                if built(reason) && says(&["build failed: ", "substitute from "]) =>
            {
                Verdict::BothRefuse
            }
            (Some((reason, message)), Some(2))
                if built(reason) && faults::is_misplaced_comment(&subject.files, message) =>
            {
                Verdict::Known
            }
            (Some((reason, message)), Some(2)) if built(reason) => {
                Verdict::Differ(format!("only the controller does not render it: {}", gist(message)))
            }
            (Some(_), Some(2)) => Verdict::ApiRefuses,
            (Some((reason, message)), _) => {
                Verdict::Differ(format!("only the controller refuses: {reason}: {}", gist(message)))
            }
        };
        if let Some(directory) = directory {
            let (reason, message) = state.map_or(("applied", ""), |(reason, message)| (reason, message));
            let said = output.stderr.lines().filter(|line| !line.starts_with('⚠'));
            let said = said.chain(output.stdout.lines()).next().unwrap_or_default();
            save(
                &directory.join("all").join(&subject.home),
                &format!("{verdict:?}\n{reason}: {message}\n{said}\n"),
            );
        }
        if let (Verdict::Differ(_), Some(directory)) = (&verdict, directory) {
            let directory = directory.join(&subject.home);
            for (path, text) in &subject.files {
                save(&directory.join(path), text);
            }
            save(&directory.join("flux.yaml"), &edgeflux_yaml::to_string(&Self::kustomization(subject)));
            let state = state
                .map_or_else(|| "applied".to_owned(), |(reason, message)| format!("{reason}: {message}"));
            save(
                &directory.join("verdict"),
                &format!("{verdict:?}\n\ncontroller: {state}\n\nours: {output:?}\n"),
            );
        }
        verdict
    }
}

fn save(path: &PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("it is below the directory"))
        .expect("a directory for what differs");
    fs::write(path, text).expect("a file for what differs");
}

/// The last words of a message that do not depend on the tree.
fn gist(message: &str) -> String {
    let words = message.split(|char: char| !char.is_ascii_alphabetic()).filter(|word| word.len() > 3);
    words.take(8).collect::<Vec<_>>().join(" ")
}

/// Nothing while it goes on; then nothing where it was applied, or the reason and message of the failure.
#[expect(clippy::option_option, reason = "an unfinished Kustomization has no outcome yet")]
fn outcome(object: &Value) -> Option<Option<(String, String)>> {
    let conditions = object["status"]["conditions"].as_array()?;
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready")?;
    let text = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
    match ready["status"].as_str()? {
        "True" => Some(None),
        "False" => Some(Some((text("reason"), text("message")))),
        _ => None,
    }
}

/// CRDs that accept any field.
fn definitions(kinds: &[(String, String, String)]) -> Vec<Value> {
    let mut versions: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (group, version, kind) in kinds {
        versions.entry((group, kind)).or_default().push(version);
    }
    let definition = |((group, kind), versions): ((&str, &str), Vec<&str>)| {
        let plural = format!("{}s", kind.to_lowercase());
        let schema =
            json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        let versions: Vec<_> = versions
            .iter()
            .enumerate()
            .map(|(at, version)| json!({"name": version, "served": true, "storage": at == 0, "schema": schema}))
            .collect();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}")},
            "spec": {"group": group, "names": {"kind": kind, "plural": plural}, "scope": "Namespaced", "versions": versions},
        })
    };
    versions.into_iter().map(definition).collect()
}

fn controller(cluster: &Cluster, directory: &Path) -> Process {
    let mut command = Command::new(assets::program("kustomize-controller"));
    command
        .args([
            "--enable-leader-election=false",
            "--metrics-addr=127.0.0.1:0",
            "--events-addr=",
            "--concurrent=8",
            "--kube-api-qps=2000",
            "--kube-api-burst=4000",
            "--min-retry-delay=10m",
            "--interval-jitter-percentage=0",
            "--http-retry=2",
        ])
        .arg(format!("--health-addr=127.0.0.1:{}", ports::free()))
        .env("KUBECONFIG", cluster.kubeconfig())
        .env("RUNTIME_NAMESPACE", "flux-system")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("HOME", directory)
        .env("TMPDIR", directory)
        .current_dir(directory);
    Process::start(&command, &directory.join("controller.log"))
}

async fn archive(State(archives): State<Archives>, UrlPath(name): UrlPath<String>) -> (StatusCode, Vec<u8>) {
    match archives.lock().unwrap_or_else(PoisonError::into_inner).get(&name) {
        Some(archive) => (StatusCode::OK, archive.clone()),
        None => (StatusCode::NOT_FOUND, Vec::new()),
    }
}

/// An archive of the files as source-controller makes it: without those that `.sourceignore` excludes.
fn pack(files: &Files) -> Vec<u8> {
    let root = Path::new("/");
    let ignore_files: Vec<(PathBuf, String)> = files
        .iter()
        .filter_map(|(path, text)| {
            let directory = path.strip_suffix(".sourceignore")?;
            Some((root.join(directory.trim_end_matches('/')), text.clone()))
        })
        .collect();
    let ignore = Ignore::of_source(root, &ignore_files, None);
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let place = root.join(path);
        if ignore.matches(&place, false) {
            continue;
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes()).expect("a file of the archive");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("an archive in memory")
}
