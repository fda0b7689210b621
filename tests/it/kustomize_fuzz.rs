//! Our rendering beside that of the modules that flux 2.9.4 is made of, tree by tree.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kustomize");
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
