//! Renders trees as flux 2.9.4 and kustomize 5.8.1 do, by a Go program on their modules (`tests/oracle/kustomize`). The
//! first test that asks builds it, with Go.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::assets;

/// Processor time after which a tree counts as one that kustomize never finishes. Time on the clock would say the same of
/// a loaded machine.
const COMPUTING: Duration = Duration::from_secs(30);

/// Files by their paths within a tree.
pub type Files = BTreeMap<String, String>;

/// A tree, and how to render it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The files of the tree.
    pub files: Files,
    /// The directory to render, within the tree.
    pub path: String,
    /// A Flux Kustomization; without one, kustomize alone renders.
    pub kustomization: String,
    /// `--ignore-paths`.
    pub ignore: Vec<String>,
    /// `--strict-substitute`.
    pub strict: bool,
}

/// A running oracle. It ends when this is dropped, and with the test process at the latest.
pub struct Oracle {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<String>,
    /// Where it writes the trees; a crash leaves them there.
    _directory: TempDir,
}

impl Oracle {
    /// The answer when kustomize crashes the program, or does not end.
    pub const CRASH: &str = "kustomize has crashed";

    /// Starts one. Panics with a hint if it cannot be built.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory for the trees");
        let mut child = Command::new(program())
            .env("ORACLE_TMPDIR", directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Deprecation warnings.
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("the oracle does not start: {error}"));
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it was asked for"));
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, stdin, answers, _directory: directory }
    }

    /// Renders a tree. Where flux has a fault that we fixed on purpose, the answer is the correct one (see the oracle's
    /// comments).
    pub fn render(&mut self, request: &Request) -> Result<String, String> {
        let mut line = json!({
            "files": request.files,
            "path": request.path,
            "kustomization": request.kustomization,
            "ignore": request.ignore,
            "strict": request.strict,
            "mended": true,
        })
        .to_string();
        line.push('\n');
        let stdin = self.stdin.as_mut().expect("it is open until the drop");
        stdin.write_all(line.as_bytes()).unwrap_or_else(|error| panic!("the oracle has ended: {error}"));
        let Some(answer) = self.answer() else {
            // Go cannot recover from a stack that is too deep, nor does it notice an endless loop.
            let _ = self.child.kill();
            *self = Self::start();
            return Err(Self::CRASH.to_owned());
        };
        let answer: Value =
            serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{answer}: not an answer: {error}"));
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["yaml"].as_str().unwrap_or_default().to_owned()),
        }
    }
}

impl Oracle {
    /// The next answer; none when the program has ended, or has computed for [`COMPUTING`] without one.
    fn answer(&self) -> Option<String> {
        let (began, started) = (processor_time(self.child.id()), Instant::now());
        loop {
            match self.answers.recv_timeout(Duration::from_secs(1)) {
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let used = match (began, processor_time(self.child.id())) {
                (Some(began), Some(now)) => now.saturating_sub(began),
                // Where the system does not tell, as much time as the slowest machine needs.
                _ => started.elapsed() / 20,
            };
            if used > COMPUTING {
                return None;
            }
        }
    }
}

/// The processor time that a process has used so far, where `/proc` tells.
fn processor_time(id: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may hold spaces. After it, the 12th and 13th field are user and system time.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> =
        fields.split_whitespace().skip(11).take(2).map_while(|it| it.parse().ok()).collect();
    let [user, system] = ticks[..] else { return None };
    // The unit is 1/100 s on every Linux that Go knows.
    Some(Duration::from_millis((user + system) * 10))
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Its standard input ends, so that it removes its files and ends.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = assets::scratch().join("kustomize-oracle");
        let out = Command::new("go")
            .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath"])
            // Without a version of kustomize, as Flux's controller is built.
            .args(["-ldflags", "-s -w", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../oracle/kustomize"))
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "")
            .env("GOWORK", "off")
            .output()
            .unwrap_or_else(|error| {
                panic!("this test builds tests/oracle/kustomize with Go (https://go.dev/dl), which cannot be started: {error}")
            });
        assert!(
            out.status.success(),
            "tests/oracle/kustomize does not build with Go:\n{}",
            String::from_utf8_lossy(&out.stderr)
        );
        program
    })
}
