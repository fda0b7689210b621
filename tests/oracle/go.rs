//! A Go program of this directory that answers, which is built when a test first asks. The crates whose tests ask one
//! include this file.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

/// The answers of an oracle to requests, in their order.
pub fn ask(oracle: &str, requests: &[Value]) -> Vec<Value> {
    let mut child = Command::new(program(oracle))
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("the oracle does not start: {error}"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    let stdout = BufReader::new(child.stdout.take().expect("it was asked for"));
    let answers: Vec<Value> = std::thread::scope(|scope| {
        scope.spawn(move || {
            for request in requests {
                writeln!(stdin, "{request}").expect("the oracle reads");
            }
        });
        stdout.lines().map(|line| serde_json::from_str(&line.expect("text")).expect("an answer")).collect()
    });
    child.wait().expect("it ends");
    assert_eq!(answers.len(), requests.len(), "the oracle has ended early");
    answers
}

fn program(oracle: &str) -> PathBuf {
    static BUILT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut built = BUILT.lock().expect("no test panicked while it built an oracle");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{oracle}-oracle"));
    if built.insert(program.clone()) {
        build(oracle, &program);
    }
    program
}

fn build(oracle: &str, program: &Path) {
    let out = Command::new("go")
        .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o"])
        .arg(program)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle").join(oracle))
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "")
        .env("GOWORK", "off")
        .output()
        .unwrap_or_else(|error| {
            panic!("this test builds tests/oracle/{oracle} with Go (https://go.dev/dl), which does not start: {error}")
        });
    assert!(
        out.status.success(),
        "tests/oracle/{oracle} does not build with Go:\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
}
