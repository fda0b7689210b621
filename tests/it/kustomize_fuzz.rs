//! Our rendering beside that of the modules that flux 2.9.4 is made of, tree by tree.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::support::compare::{self, Report, Verdict};
use crate::support::oracle::{Files, Oracle, Request};

/// The files in and below `folder`, by their paths within `root`.
fn files(root: &Path, folder: &Path, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text);
        }
    }
}

#[test]
fn the_recorded_trees_are_what_kustomize_renders() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kustomize/tests/golden/kustomize");
    let mut all = Files::new();
    files(&root, &root, &mut all);
    let mut oracle = Oracle::start();
    let mut failures = String::new();
    let mut folders: Vec<_> =
        all.keys().filter_map(|path| path.strip_suffix("/kustomization.yaml")).collect();
    folders.retain(|folder| !folder.contains('/'));
    assert!(folders.len() > 100, "the trees are missing");
    for folder in folders {
        let request = Request {
            files: all
                .iter()
                .filter(|(path, _)| path.split('/').next() == Some(folder))
                .map(|(path, text)| (path.clone(), text.clone()))
                .collect(),
            path: folder.to_owned(),
            ..Request::default()
        };
        let expected = request.files.get(&format!("{folder}/expected.yaml"));
        match (oracle.render(&request), expected) {
            (Ok(text), Some(expected)) if text == *expected => {}
            (Err(_), None) => {}
            (answer, _) => {
                let _ = writeln!(failures, "{folder}: kustomize says {answer:?}");
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn generated_trees_render_as_flux_renders_them() {
    check(&compare::run(0..300, None));
}

/// Many trees; the environment says how many (`EDGEFLUX_FUZZ_TREES`), from which seed on (`EDGEFLUX_FUZZ_FROM`), and
/// where to put what differs (`EDGEFLUX_FUZZ_FOLDER`).
#[test]
#[ignore = "a long run, for changes of the rendering"]
#[allow(clippy::disallowed_methods, reason = "a run by hand is told by the environment")]
fn many_generated_trees_render_as_flux_renders_them() {
    let number = |name, or| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let from = number("EDGEFLUX_FUZZ_FROM", 1_000);
    let folder = std::env::var_os("EDGEFLUX_FUZZ_FOLDER").map(PathBuf::from);
    let report = compare::run(from..from + number("EDGEFLUX_FUZZ_TREES", 20_000), folder.as_deref());
    for (verdict, seeds) in &report.verdicts {
        let line = format!("{verdict:?}: {} trees\n", seeds.len());
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
    check(&report);
}

fn check(report: &Report) {
    let mut failures = String::new();
    for (verdict, seeds) in &report.verdicts {
        if let Verdict::Differ(how) = verdict {
            let _ = writeln!(failures, "{how}: seeds {:?}", &seeds[..seeds.len().min(5)]);
        }
    }
    assert!(report.count(|verdict| *verdict == Verdict::Same) > 100, "too few trees render: {report:?}");
    assert!(failures.is_empty(), "{failures}");
}
