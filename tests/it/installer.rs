//! `install.sh`, run against a release served on loopback.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::assets;

const VERSION: &str = "9.8.7";
const ARCHIVE: &str = "edgeflux_9.8.7_linux_amd64.tar.gz";

/// The files of a release server by path, and the proxy requests that it has received.
#[derive(Clone, Default)]
struct Files {
    files: Arc<Mutex<HashMap<String, Served>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
enum Served {
    Whole(Bytes),
    /// The length of the whole, but only the first half.
    Cut(Bytes),
}

struct Release {
    url: String,
    files: Files,
    _runtime: tokio::runtime::Runtime,
}

/// The binary under test as a release archive, which is made once because it is large.
fn archive() -> &'static Bytes {
    static ARCHIVE: OnceLock<Bytes> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(encoder);
        tar.append_path_with_name(assets::flux(), "flux").unwrap();
        tar.into_inner().unwrap().finish().unwrap().into()
    })
}

impl Release {
    fn serve() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let files = Files::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(files.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        let release = Release { url, files, _runtime: runtime };
        let digest = hex::encode(Sha256::digest(archive()));
        release.put("/latest/download/version.txt", Served::Whole(format!("v{VERSION}\n").into()));
        release.put(&format!("/download/v{VERSION}/{ARCHIVE}"), Served::Whole(archive().clone()));
        release.put(
            &format!("/download/v{VERSION}/edgeflux_{VERSION}_checksums.txt"),
            Served::Whole(format!("{digest}  {ARCHIVE}\n").into()),
        );
        release
    }

    fn put(&self, path: &str, served: Served) {
        self.files.files.lock().unwrap().insert(path.to_owned(), served);
    }
}

async fn answer(State(files): State<Files>, uri: Uri) -> Response {
    files.asked.lock().unwrap().push(uri.to_string());
    let served = files.files.lock().unwrap().get(uri.path()).cloned();
    match served {
        Some(Served::Whole(bytes)) => Response::new(Body::from(bytes)),
        Some(Served::Cut(bytes)) => {
            let half = bytes.slice(..bytes.len() / 2);
            let stream = futures::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
            Response::builder().header("content-length", bytes.len()).body(Body::from_stream(stream)).unwrap()
        }
        None => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
    }
}

/// A user's machine: a home, and the commands whose answers a test may change.
struct Machine {
    home: TempDir,
}

impl Machine {
    fn new(architecture: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let programs = home.path().join("programs");
        fs::create_dir(&programs).unwrap();
        let uname = format!("#!/bin/sh\ncase $1 in -m) echo {architecture} ;; *) echo Linux ;; esac\n");
        let path = programs.join("uname");
        fs::write(&path, uname).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Machine { home }
    }

    fn target(&self) -> PathBuf {
        self.home.path().join(".local/bin")
    }

    fn install(&self, release: &Release, args: &[&str], env: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
        let programs = self.home.path().join("programs");
        Command::new("sh")
            .arg(script)
            .args(args)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", programs.display()))
            .env("HOME", self.home.path())
            .env("EDGEFLUX_BASE_URL", &release.url)
            .env("EDGEFLUX_DIR", self.target())
            .envs(env.iter().copied())
            .output()
            .unwrap()
    }

    /// The names in the target directory: no partial file may be left.
    fn left(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.target()) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_newest_release_is_installed_and_runs() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let output = machine.install(&release, &[], &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("installed flux version"), "{}", stderr(&output));
    assert!(stderr(&output).contains("is not in PATH"), "{}", stderr(&output));
    assert_eq!(machine.left(), ["flux"]);
    // Over an older version, and with all settings on the command line.
    fs::write(machine.target().join("flux"), "old").unwrap();
    let output = machine.install(&release, &["--version", "v9.8.7", "--base-url", &release.url], &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_ne!(fs::read(machine.target().join("flux")).unwrap(), b"old");
}

#[test]
fn an_interrupted_download_keeps_the_old_binary() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    fs::create_dir_all(machine.target()).unwrap();
    fs::write(machine.target().join("flux"), "old").unwrap();
    release.put(&format!("/download/v{VERSION}/{ARCHIVE}"), Served::Cut(archive().clone()));
    let output = machine.install(&release, &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("failed to download"), "{}", stderr(&output));
    assert_eq!(machine.left(), ["flux"]);
    assert_eq!(fs::read(machine.target().join("flux")).unwrap(), b"old");
}

#[test]
fn a_wrong_checksum_is_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let wrong = format!("{}  {ARCHIVE}\n", "0".repeat(64));
    release
        .put(&format!("/download/v{VERSION}/edgeflux_{VERSION}_checksums.txt"), Served::Whole(wrong.into()));
    let output = machine.install(&release, &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("does not match its checksum"), "{}", stderr(&output));
    assert_eq!(machine.left(), [""; 0]);
}

#[test]
fn a_release_without_the_archives_checksum_is_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    release.put(&format!("/download/v{VERSION}/edgeflux_{VERSION}_checksums.txt"), Served::Whole("".into()));
    let output = machine.install(&release, &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no checksum for"), "{}", stderr(&output));
}

#[test]
fn each_architecture_downloads_its_archive_and_an_unknown_one_is_named() {
    let release = Release::serve();
    for (machine, archive) in [
        ("aarch64", "linux_arm64"),
        ("armv7l", "linux_armv7"),
        ("armv6l", "linux_armv6"),
        ("amd64", "linux_amd64"),
    ] {
        Machine::new(machine).install(&release, &[], &[]);
        let asked = std::mem::take(&mut *release.files.asked.lock().unwrap());
        let wanted = format!("/download/v{VERSION}/edgeflux_{VERSION}_{archive}.tar.gz");
        assert!(asked.contains(&wanted), "{machine}: {asked:?}");
    }
    let output = Machine::new("riscv64").install(&release, &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no build for the architecture riscv64"), "{}", stderr(&output));
}

#[test]
fn a_proxy_is_used() {
    // The release server acts as the proxy: it gets the request for another host's file.
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let output = machine.install(
        &release,
        &["--base-url", "http://releases.example"],
        &[("http_proxy", release.url.as_str())],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let asked = release.files.asked.lock().unwrap();
    assert!(asked.iter().any(|uri| uri.starts_with("http://releases.example/")), "{asked:?}");
}

#[test]
fn an_unwritable_or_full_target_directory_is_named_and_unchanged() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    fs::create_dir_all(machine.target()).unwrap();
    // A read-only mount, in a mount namespace of its own, which not even root can write to.
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    let within = |options: &str| {
        let run = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && sh \"$3\"; code=$?; ls -A \"$2\" >&2; exit $code";
        let output = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", run, "sh", options])
            .arg(machine.target())
            .arg(&script)
            .env("HOME", machine.home.path())
            .env("EDGEFLUX_BASE_URL", &release.url)
            .env("EDGEFLUX_DIR", machine.target())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        stderr(&output)
    };
    let read_only = within("ro");
    assert!(read_only.contains("cannot write to"), "{read_only}");
    let full = within("size=64k");
    assert!(full.contains("has no space for the binary"), "{full}");
    assert!(full.trim_end().ends_with("set another directory with --dir"), "nothing is left behind: {full}");
}

#[test]
fn a_directory_in_place_of_the_binary_is_named() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    fs::create_dir_all(machine.target().join("flux")).unwrap();
    let output = machine.install(&release, &[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("flux is a directory"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(machine.target().join("flux")).unwrap().count(), 0);
}

#[test]
fn another_flux_earlier_in_path_is_reported() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let other = machine.home.path().join("programs/flux");
    fs::copy("/bin/true", &other).unwrap();
    let output = machine.install(&release, &[], &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let says = format!("another flux comes first in PATH: {}", other.display());
    assert!(stderr(&output).contains(&says), "{}", stderr(&output));
}

/// A script piped into a shell runs line by line as it arrives.
#[test]
fn a_truncated_installer_fails_and_does_nothing() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh")).unwrap();
    let lines: Vec<&str> = script.lines().collect();
    let main = lines.iter().position(|line| *line == "main() {").unwrap();
    for end in (main + 1..lines.len()).step_by(5) {
        let cut = machine.home.path().join("cut.sh");
        fs::write(&cut, format!("{}\n", lines[..end].join("\n"))).unwrap();
        let output = Command::new("sh")
            .stdin(fs::File::open(&cut).unwrap())
            .env("HOME", machine.home.path())
            .env("EDGEFLUX_BASE_URL", &release.url)
            .env("EDGEFLUX_DIR", machine.target())
            .output()
            .unwrap();
        assert!(!output.status.success(), "cut behind line {end}");
        assert_eq!(machine.left(), [""; 0], "cut behind line {end}");
    }
}

#[test]
fn invalid_versions_and_arguments_are_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    for (args, message) in [
        (&["--version", "../../x"][..], "invalid version"),
        (&["--version"][..], "--version needs a value"),
        (&["--frob"][..], "unknown argument: --frob"),
        (&["--version", "1.2.3"][..], "failed to download"),
    ] {
        let output = machine.install(&release, args, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert_eq!(machine.left(), [""; 0]);
    }
}
