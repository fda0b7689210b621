//! A server of releases on loopback, as GitHub serves them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use futures::stream::{self, StreamExt as _};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::loopback::Loopback;
use crate::support::sources::root;
use crate::support::tls::Authority;

/// The newest version.
pub const NEW: &str = "9.8.7";
/// An older one.
pub const OLD: &str = "9.8.6";
/// The archive of the newest version for this machine.
pub const ARCHIVE: &str = "edgeflux_9.8.7_linux_amd64.tar.gz";

const ARCHITECTURES: [&str; 7] = [
    "linux_amd64",
    "linux_arm64",
    "linux_armv6",
    "linux_armv7",
    "linux_riscv64",
    "darwin_amd64",
    "darwin_arm64",
];

/// How a file is served.
#[derive(Clone)]
pub enum Served {
    /// Completely.
    Whole(Bytes),
    /// The first half; the rest only when a client continues.
    CutOnce(Bytes),
    /// The first half, always.
    Cut(Bytes),
}

#[derive(Clone, Default)]
struct Files {
    by_path: Arc<Mutex<BTreeMap<String, Served>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Releases with stand-ins for `flux`: scripts that print a version and completions.
pub struct Release {
    loopback: Loopback,
    files: Files,
}

impl Release {
    /// Both versions, over HTTP.
    pub fn serve() -> Self {
        Self::over(None)
    }

    /// Both versions, over HTTPS.
    pub fn serve_tls(authority: &Authority) -> Self {
        Self::over(Some(authority))
    }

    fn over(authority: Option<&Authority>) -> Self {
        let files = Files::default();
        let served = files.clone();
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
            let answer = answer(&served, &uri, &headers);
            async move { answer }
        });
        let loopback = Loopback::serve(router, authority.map(|it| it.server_tls(&[])));
        let release = Self { loopback, files };
        for version in [OLD, NEW] {
            release.publish(version, &stand_in(version));
        }
        release.put("/install.sh", Served::Whole(script().into()));
        release
    }

    /// Publishes a version whose archives have this `flux`.
    pub fn publish(&self, version: &str, flux: &[u8]) {
        let archive: Bytes = archive(flux).into();
        let digest = hex::encode(Sha256::digest(&archive));
        let mut sums = Vec::new();
        for architecture in ARCHITECTURES {
            let name = format!("edgeflux_{version}_{architecture}.tar.gz");
            sums.push(format!("{digest}  {name}\n"));
            self.put(&path(version, &name), Served::Whole(archive.clone()));
        }
        self.put(&path(version, &checksums(version)), Served::Whole(sums.concat().into()));
        self.put("/latest/download/version.txt", Served::Whole(format!("v{version}\n").into()));
    }

    /// Signs the checksums of a version.
    pub fn sign(&self, key: &Key, version: &str) {
        let sums = self.bytes(&path(version, &checksums(version)));
        self.put(&path(version, &signature(version)), Served::Whole(key.sign(&sums).into()));
    }

    /// Serves a file.
    pub fn put(&self, path: &str, served: Served) {
        lock(&self.files.by_path).insert(path.to_owned(), served);
    }

    /// The content of a file.
    pub fn bytes(&self, path: &str) -> Bytes {
        match &lock(&self.files.by_path)[path] {
            Served::Whole(bytes) | Served::CutOnce(bytes) | Served::Cut(bytes) => bytes.clone(),
        }
    }

    /// The paths that clients have asked for since the last call; complete addresses through a proxy.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.files.asked))
    }

    /// The address of the releases.
    pub fn url(&self) -> String {
        self.loopback.url()
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.loopback.address().port()
    }

    /// Copies a version into a directory, as on a USB stick.
    pub fn copy(&self, version: &str, directory: &Path) {
        fs::create_dir_all(directory).unwrap();
        for (path, served) in &*lock(&self.files.by_path) {
            let Some(name) = path.strip_prefix(&format!("/download/v{version}/")) else { continue };
            if let Served::Whole(bytes) = served {
                fs::write(directory.join(name), bytes).unwrap();
            }
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(files: &Files, uri: &Uri, headers: &HeaderMap) -> Response {
    lock(&files.asked).push(uri.to_string());
    let range =
        headers.get("range").and_then(|it| it.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-'));
    let from: usize = range.and_then(|it| it.parse().ok()).unwrap_or(0);
    let served = lock(&files.by_path).get(uri.path()).cloned();
    match served {
        Some(Served::Whole(bytes)) => Response::new(Body::from(bytes)),
        Some(Served::CutOnce(bytes)) if from > 0 => Response::builder()
            .status(StatusCode::PARTIAL_CONTENT)
            .header("content-range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len()))
            .body(Body::from(bytes.slice(from..)))
            .unwrap(),
        Some(Served::CutOnce(bytes) | Served::Cut(bytes)) => {
            let half = bytes.slice(..bytes.len() / 2);
            // The half must have left before the connection ends.
            let end = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Err(std::io::Error::other("cut"))
            };
            let stream = stream::once(async { Ok(half) }).chain(stream::once(end));
            Response::builder().header("content-length", bytes.len()).body(Body::from_stream(stream)).unwrap()
        }
        None => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
    }
}

/// The path of a version's file.
pub fn path(version: &str, name: &str) -> String {
    format!("/download/v{version}/{name}")
}

/// The name of a version's checksums.
pub fn checksums(version: &str) -> String {
    format!("edgeflux_{version}_checksums.txt")
}

/// The name of the signature of a version's checksums.
pub fn signature(version: &str) -> String {
    format!("edgeflux_{version}_checksums.txt.minisig")
}

/// The script under test.
pub fn script() -> Vec<u8> {
    fs::read(root().join("install.sh")).unwrap()
}

/// A script in the place of `flux`, of 160 KB, half as many compressed.
fn stand_in(version: &str) -> Vec<u8> {
    let lines = (0..2500_u32).map(|line| format!("# {}\n", hex::encode(Sha256::digest(line.to_be_bytes()))));
    let filler = lines.collect::<String>();
    format!(
        "#!/bin/sh\ncase $1 in\n--version) echo 'flux version {version}' ;;\n\
         completion) echo \"# $2, of flux {version}\" ;;\nesac\nexit\n{filler}"
    )
    .into_bytes()
}

/// A release archive with this `flux`.
fn archive(flux: &[u8]) -> Vec<u8> {
    // The built flux is large, and compressing it would take most of the time of these tests.
    let level = if flux.len() > 1 << 20 { flate2::Compression::none() } else { flate2::Compression::fast() };
    let encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    let mut tar = tar::Builder::new(encoder);
    for (name, mode, content) in [("flux", 0o755, flux), ("LICENSE", 0o644, b"Apache")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        tar.append_data(&mut header, name, content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A minisign key.
pub struct Key {
    directory: TempDir,
}

impl Key {
    /// Generates a key.
    pub fn new() -> Self {
        let key = Self { directory: TempDir::new().unwrap() };
        key.minisign(&["-G", "-W", "-f", "-p", "public", "-s", "secret"]);
        key
    }

    /// The public key as `install.sh` takes it.
    pub fn public(&self) -> String {
        fs::read_to_string(self.file("public")).unwrap().lines().nth(1).unwrap().to_owned()
    }

    fn sign(&self, content: &[u8]) -> Vec<u8> {
        fs::write(self.file("content"), content).unwrap();
        self.minisign(&["-S", "-W", "-s", "secret", "-m", "content", "-x", "signature"]);
        fs::read(self.file("signature")).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn minisign(&self, args: &[&str]) {
        let output = Command::new("minisign").args(args).current_dir(self.directory.path()).output();
        let output = output.expect("minisign is installed: scripts/testenv --packages");
        assert!(output.status.success(), "minisign: {}", String::from_utf8_lossy(&output.stderr));
    }
}
