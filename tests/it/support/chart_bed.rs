//! What the tests of charts share: archives, sources and a cache of their own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edgeflux::api::{HelmRepositorySpec, OciRepositorySpec};
use edgeflux::charts::{
    Access, Charts, Error, Fetched, Limits, Options, Result, SecretData, Secrets, Source, Wanted,
};
use edgeflux::clock::Clock;
use edgeflux::event::{Event, Events};
use edgeflux::net::NetworkSettings;
use flate2::Compression;
use flate2::write::GzEncoder;
use openssl::sha::sha256;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Long enough for a busy machine, short enough to wait for.
pub const LIMITS: Limits = Limits {
    index: 50 << 20,
    chart: 10 << 20,
    artifact: 100 << 20,
    connect: Duration::from_secs(20),
    answer: Duration::from_secs(20),
    stall: Duration::from_secs(20),
    pause: Duration::from_millis(1),
    parallel: 6,
};

pub const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
pub const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// The archive of a small chart.
pub fn archive(name: &str, version: &str) -> Vec<u8> {
    archive_with(name, version, &[])
}

/// The archive of a small chart with further files.
pub fn archive_with(name: &str, version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let metadata = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    for (path, text) in [("Chart.yaml", metadata.as_str())].iter().chain(files) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{name}/{path}"), text.as_bytes()).expect("in memory");
    }
    tar.into_inner().expect("in memory").finish().expect("in memory")
}

/// SHA-256 in hexadecimal digits.
pub fn digest(content: &[u8]) -> String {
    sha256(content).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// An index with versions of one chart, each with its digest and URL.
pub fn index(chart: &str, versions: &[(&str, &str, &str)]) -> String {
    let mut text = format!("apiVersion: v1\nentries:\n  {chart}:\n");
    for (version, digest, url) in versions {
        let urls = format!("    urls:\n    - {url}\n");
        let entry = format!("  - name: {chart}\n    version: {version}\n    digest: \"{digest}\"\n{urls}");
        text.push_str(&entry);
    }
    text
}

/// Secrets by name.
#[derive(Default)]
pub struct Known(pub BTreeMap<String, Value>);

impl Known {
    pub fn with(mut self, name: &str, kind: &str, data: &Value) -> Self {
        let secret = json!({"kind": "Secret", "metadata": {"name": name}, "type": kind, "stringData": data});
        self.0.insert(name.to_owned(), secret);
        self
    }

    pub fn login(user: &str, password: &str) -> Self {
        Self::default().with("creds", "Opaque", &json!({"username": user, "password": password}))
    }

    /// A Docker configuration for a host.
    pub fn docker(host: &str, user: &str, password: &str) -> Self {
        let config = json!({"auths": {host: {"username": user, "password": password}}}).to_string();
        let data = json!({".dockerconfigjson": config});
        Self::default().with("creds", "kubernetes.io/dockerconfigjson", &data)
    }
}

impl Secrets for Known {
    fn secret(&self, name: &str) -> Option<Result<SecretData>> {
        self.0.get(name).map(SecretData::read)
    }

    fn pull_secrets(&self, _: &str) -> Option<Result<Vec<SecretData>>> {
        Some(self.0.values().map(SecretData::read).collect())
    }
}

/// The source of a HelmRepository with this spec.
pub fn helm(mut spec: Value, secrets: &Known) -> Result<Arc<Source>> {
    spec["interval"] = json!("1h");
    let spec: HelmRepositorySpec = serde_json::from_value(spec).expect("a spec");
    Source::helm_repository("apps/charts", &spec, secrets).map(Arc::new)
}

/// The source of an OCIRepository with this spec.
pub fn oci(mut spec: Value, secrets: &Known) -> Result<Arc<Source>> {
    spec["interval"] = json!("1h");
    let spec: OciRepositorySpec = serde_json::from_value(spec).expect("a spec");
    Source::oci_repository("apps/chart", &spec, secrets).map(Arc::new)
}

/// A cache, and what was reported.
pub struct Bed {
    pub cache: TempDir,
    pub options: Options,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Bed {
    pub fn new() -> Self {
        let cache = TempDir::new().expect("a temporary directory");
        let options = Options {
            cache: cache.path().join("charts"),
            directories: Vec::new(),
            access: Access::Remote,
            max_age: Duration::ZERO,
            limits: LIMITS,
            network: NetworkSettings::default(),
            clock: Clock::system(),
        };
        Self { cache, options, events: Arc::default() }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    pub fn charts(&self) -> Charts {
        let seen = Arc::clone(&self.events);
        let events = Events::new(move |event| seen.lock().expect("only pushed to").push(event));
        Charts::new(self.options.clone(), events)
    }

    /// Finds charts in a run of their own.
    pub fn fetch_all(&self, wanted: &[Wanted]) -> Vec<Result<Fetched>> {
        let charts = self.charts();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(charts.fetch(wanted))
    }

    /// Finds a chart in a run of its own.
    pub fn fetch(&self, source: &Arc<Source>, chart: &str, version: &str) -> Result<Fetched> {
        self.fetch_all(&[wanted(source, chart, version)]).pop().expect("one result")
    }

    /// As [`Bed::fetch`], and shows the error without the temporary directory.
    pub fn error(&self, source: &Arc<Source>, chart: &str, version: &str) -> String {
        let error = self.fetch(source, chart, version).expect_err("an error");
        self.shown(&error)
    }

    pub fn shown(&self, error: &Error) -> String {
        let hints = error.hints().iter().fold(String::new(), |text, hint| format!("{text}\n  hint: {hint}"));
        let text = format!("{error}{hints}");
        text.replace(&self.cache.path().display().to_string(), "[dir]")
    }

    /// Everything that was reported, other than requests.
    pub fn reported(&self) -> Vec<Event> {
        let events = self.events.lock().expect("only pushed to").clone();
        events.into_iter().filter(|event| !matches!(event, Event::Request { .. })).collect()
    }

    /// Everything that was reported, as text.
    pub fn everything(&self) -> String {
        format!("{:?}", self.events.lock().expect("only pushed to"))
    }

    /// Names of the files in the cache.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut directories = vec![self.options.cache.clone()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    directories.push(entry.path());
                } else {
                    let path = entry.path();
                    let inside = path.strip_prefix(&self.options.cache).expect("below the cache");
                    files.push(inside.display().to_string());
                }
            }
        }
        files.sort();
        files
    }
}

pub fn wanted(source: &Arc<Source>, chart: &str, version: &str) -> Wanted {
    Wanted {
        source: Arc::clone(source),
        chart: chart.to_owned(),
        version: version.to_owned(),
        by: "HelmRelease apps/app".to_owned(),
    }
}

/// Writes a file.
pub fn write(path: &Path, content: &[u8]) {
    std::fs::File::create(path).expect("a file").write_all(content).expect("written");
}
