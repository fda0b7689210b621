//! Trees that show one rule each, with what kustomize 5.8.1 rendered of them.
//!
//! A folder of `crates/kustomize/tests/golden/kustomize` is a kustomization, whose first line says the rule. `expected.yaml` is what
//! `kustomize build` printed; where it failed, `expected.error` is our message, and `expected.warnings` has our warnings
//! where there is one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use edgeflux_kustomize::{Options, RootedFs, build};

#[test]
fn every_tree_renders_as_kustomize_renders_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kustomize/tests/golden/kustomize");
    let fs_root = RootedFs::new(&root).unwrap();
    let options = Options { files_stay_in_their_kustomization: true, sort_by_kind: true };
    let mut folders: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 100, "the trees are missing");
    let mut failures = String::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let rule = fs::read_to_string(folder.join("kustomization.yaml")).unwrap();
        assert!(rule.starts_with("# "), "{name} does not say its rule in the first line");
        let built = build(&fs_root, &folder, &options);
        if let (Ok(build), Ok(expected)) = (&built, fs::read_to_string(folder.join("expected.warnings"))) {
            let warnings: String =
                build.warnings.iter().map(|warning| format!("{warning}\n")).collect::<Vec<_>>().concat();
            if warnings != expected {
                let _ = writeln!(failures, "{name}: expected {expected}\nwarned {warnings}");
            }
        }
        let result = built.and_then(|build| build.to_yaml());
        let (expected, rendered) = match result {
            Ok(text) => (fs::read_to_string(folder.join("expected.yaml")), text),
            Err(error) => (fs::read_to_string(folder.join("expected.error")), format!("{error}\n")),
        };
        if expected.as_deref().unwrap_or("an expectation of the other kind") != rendered {
            let _ = writeln!(failures, "{name}: expected {expected:?}\nrendered {rendered}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
