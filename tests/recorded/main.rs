//! Recorded trees, each as a test of its own.
//!
//! - `build::TREE`: `flux build kustomization` on a tree of `crates/kustomize/tests/golden/build-kustomization`, which has a
//!   Flux Kustomization whose first line states the rule. `expected.yaml` is what flux 2.9.4 printed; where it failed,
//!   `expected.error` is our message.
//! - `oracle::TREE`: kustomize itself renders a tree of `crates/kustomize/tests/golden/kustomize` as it is recorded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};

use edgeflux_testbed::assets;
use edgeflux_testbed::oracle::{Oracle, Request};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let build = trees("build-kustomization");
    let oracle = trees("kustomize");
    assert!(build.len() > 20 && oracle.len() > 100, "the trees are missing");
    let mut trials: Vec<Trial> = Vec::new();
    for tree in build {
        trials.push(Trial::test(format!("build::{}", name(&tree)), move || builds(&tree)));
    }
    for tree in oracle {
        trials.push(Trial::test(format!("oracle::{}", name(&tree)), move || kustomize_renders(&tree)));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    // Statics are never dropped, and an oracle that is dropped removes its files.
    ORACLES.lock().unwrap_or_else(PoisonError::into_inner).clear();
    conclusion.exit_code()
}

fn trees(set: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kustomize/tests/golden").join(set);
    let entries = fs::read_dir(root).expect("the recorded trees");
    entries.map(|entry| entry.expect("its entries").path()).collect()
}

fn name(tree: &Path) -> String {
    tree.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn builds(tree: &Path) -> Result<(), Failed> {
    let out = Command::new(assets::flux())
        .args(["build", "kustomization", "k", "--dry-run", "--path"])
        .arg(tree.join("app"))
        .arg("--kustomization-file")
        .arg(tree.join("ks.yaml"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .output()?;
    let (file, printed) = match out.status.code() {
        Some(0) => ("expected.yaml", &out.stdout),
        _ => ("expected.error", &out.stderr),
    };
    let printed = String::from_utf8_lossy(printed);
    let expected = fs::read_to_string(tree.join(file)).map_err(|_| format!("no {file}, but:\n{printed}"))?;
    if expected == printed { Ok(()) } else { Err(format!("expected\n{expected}\nprinted\n{printed}").into()) }
}

/// Oracles that wait for the next tree.
static ORACLES: Mutex<Vec<Oracle>> = Mutex::new(Vec::new());

fn kustomize_renders(tree: &Path) -> Result<(), Failed> {
    let mut files = BTreeMap::new();
    read_files(tree.parent().expect("a tree is in a set"), tree, &mut files)?;
    let expected = files.get(&format!("{}/expected.yaml", name(tree))).cloned();
    let request = Request { files, path: name(tree), ..Request::default() };
    let idle = ORACLES.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut oracle = idle.unwrap_or_else(Oracle::start);
    let answer = oracle.render(&request);
    ORACLES.lock().unwrap_or_else(PoisonError::into_inner).push(oracle);
    match (answer, expected) {
        (Ok(text), Some(expected)) if text == expected => Ok(()),
        (Err(_), None) => Ok(()),
        (answer, _) => Err(format!("kustomize says {answer:?}").into()),
    }
}

/// The text files in and below `directory`, by their paths within `root`.
fn read_files(root: &Path, directory: &Path, found: &mut BTreeMap<String, String>) -> Result<(), Failed> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_files(root, &path, found)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.insert(path.strip_prefix(root)?.to_string_lossy().into_owned(), text);
        }
    }
    Ok(())
}
