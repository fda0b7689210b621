//! What flux 2.9.4 and kustomize 5.8.1 render: a Go program of ours (`tests/oracle/kustomize`) on the modules that they
//! are made of. It is built with Go when a test first asks; Go's own cache makes that quick from then on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Files by their paths within a tree.
pub type Files = BTreeMap<String, String>;

/// A tree and what to make of it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub files: Files,
    /// The folder that is rendered, within the tree.
    pub path: String,
    /// A Flux Kustomization; without one, kustomize alone renders.
    pub kustomization: String,
    /// `--ignore-paths`.
    pub ignore: Vec<String>,
    /// `--strict-substitute`.
    pub strict: bool,
}

/// A running oracle, which ends when this is dropped or when the test process is gone.
pub struct Oracle {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<String>,
    /// Where it puts the trees. A program that is brought down leaves them there.
    _folder: TempDir,
}

impl Oracle {
    /// The answer where kustomize brings down the whole program, or does not end.
    pub const CRASH: &str = "kustomize has crashed";

    /// Starts one. Panics with what to do where it cannot be built.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the trees");
        let mut child = Command::new(program())
            .env("ORACLE_TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What is deprecated.
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
        Self { child, stdin, answers, _folder: folder }
    }

    /// What is rendered, or the error. Where flux is plainly wrong and we are not, the answer is the mended one
    /// (see the oracle's own comments).
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
        let Ok(answer) = self.answers.recv_timeout(Duration::from_secs(30)) else {
            // Go cannot recover from a stack that is too deep, nor does it notice that it runs for ever.
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

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends by itself when nobody can ask any more, and removes its folder.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kustomize-oracle");
        let out = Command::new("go")
            .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath"])
            // Without a version of kustomize, as Flux's controller is built.
            .args(["-ldflags", "-s -w", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/kustomize"))
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "")
            .env("GOWORK", "off")
            .output()
            .unwrap_or_else(|error| {
                panic!("this test builds tests/oracle/kustomize with Go (https://go.dev/dl), which does not start: {error}")
            });
        assert!(
            out.status.success(),
            "tests/oracle/kustomize does not build with Go:\n{}",
            String::from_utf8_lossy(&out.stderr)
        );
        program
    })
}
