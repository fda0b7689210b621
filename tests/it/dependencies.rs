//! CONTRIBUTING.md has a reason for every dependency.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::sources::root;

/// The dependencies of all crates of the workspace, other than our own.
fn declared() -> BTreeSet<String> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let dependencies = packages.iter().filter_map(|package| package["dependencies"].as_array()).flatten();
    let external = dependencies.filter(|it| it["path"].is_null());
    external.filter_map(|it| Some(it["name"].as_str()?.to_owned())).collect()
}

/// The crates in the first column of the tables below the heading "Dependencies".
fn explained() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let (_, section) = text.split_once("\n## Dependencies").expect("a section on dependencies");
    let section = section.split("\n## ").next().unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    cells
        .flat_map(|cell| {
            format!("`{cell}").split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let (declared, explained) = (declared(), explained());
    let without: Vec<_> = declared.difference(&explained).collect();
    assert!(without.is_empty(), "no reason in CONTRIBUTING.md: {without:?}");
    let gone: Vec<_> = explained.difference(&declared).collect();
    assert!(gone.is_empty(), "in CONTRIBUTING.md, but no dependency any more: {gone:?}");
}
