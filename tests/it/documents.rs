//! Documents and comments name only files, scripts and commands that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::flux::Flux;
use crate::support::sources::{root, with_extension};

/// The directories of the repository whose files documents name.
const DIRECTORIES: [&str; 12] = [
    ".ci/",
    ".github/",
    "completions/",
    "crates/",
    "docs/",
    "examples/",
    "fuzz/",
    "scripts/",
    "src/",
    "tests/",
    "man/",
    "benches/",
];

/// What is made by a build or a run and is not in the repository.
const MADE: [&str; 2] = ["fuzz/target", "fuzz/corpus"];

fn documents() -> Vec<PathBuf> {
    with_extension(root(), "md")
}

/// The path as documents name it: within the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The text without its fenced and indented blocks and inline code.
fn without_code(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            out.extend(line.split('`').step_by(2));
            out.push('\n');
        }
    }
    out
}

/// The inline code of a text.
fn inline_code(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            found.extend(line.split('`').skip(1).step_by(2).map(ToOwned::to_owned));
        }
    }
    found
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let slug = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words
            .chars()
            .filter_map(|it| match it {
                ' ' => Some('-'),
                it => (it.is_alphanumeric() || it == '-' || it == '_').then_some(it),
            })
            .collect()
    };
    headings.map(slug).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut wrong = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        for link in without_code(&text).split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            // GitHub's own pages, as `../../security/advisories/new`.
            let directory = document.parent().expect("a file is in a directory");
            let target = if path.is_empty() { document.clone() } else { directory.join(path) };
            if !target.exists() {
                wrong.push(format!("{}: no file {link}", shown(&document)));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap_or_default();
                if !anchors(&text).contains(anchor) {
                    wrong.push(format!("{}: no heading {link}", shown(&document)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The paths of the repository that a text names: words that begin with one of its directories.
fn paths(text: &str) -> Vec<String> {
    let is_part = |it: char| it.is_alphanumeric() || "_-./*{}<>$…".contains(it);
    let words =
        text.split(|it: char| !is_part(it)).map(|word| word.trim_end_matches('.').trim_start_matches("./"));
    let named = words.filter(|word| DIRECTORIES.iter().any(|directory| word.starts_with(directory)));
    // A pattern stands for several files.
    named.filter(|word| !word.contains(['*', '{', '<', '$', '…'])).map(ToOwned::to_owned).collect()
}

/// The first of `paths` that is neither in the repository nor beside `file`, below its crate.
fn missing(file: &Path, text: &str) -> Vec<String> {
    let is_there = |path: &String| {
        let places = file.ancestors().take_while(|it| it.starts_with(root()));
        MADE.iter().any(|made| path.starts_with(made))
            || places.into_iter().any(|place| place.join(path).exists())
    };
    paths(text)
        .into_iter()
        .filter(|path| !is_there(path))
        .map(|path| format!("{}: {path}", shown(file)))
        .collect()
}

#[test]
fn every_path_in_a_document_exists() {
    let wrong: Vec<_> = documents()
        .iter()
        .flat_map(|document| missing(document, &fs::read_to_string(document).expect("a document")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_name_in_a_document_is_the_name_of_a_file() {
    let known: BTreeSet<String> = ["rs", "md", "toml", "txt", "go", "sh", "yml"]
        .iter()
        .flat_map(|extension| with_extension(root(), extension))
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let mut wrong = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        for code in inline_code(&text) {
            let is_source = [".rs", ".md", ".toml"].iter().any(|it| code.ends_with(it));
            if is_source && !code.contains(['/', ' ', '*', ':']) && !known.contains(&code) {
                wrong.push(format!("{}: {code}", shown(&document)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_path_in_a_comment_exists() {
    let mut wrong = Vec::new();
    for (extension, comment) in [("rs", "//"), ("toml", "#"), ("yml", "#"), ("go", "//")] {
        for file in with_extension(root(), extension) {
            let text = fs::read_to_string(&file).expect("a source file");
            let comments = text.lines().filter_map(|line| line.trim_start().strip_prefix(comment));
            wrong.extend(missing(&file, &comments.collect::<Vec<_>>().join("\n")));
        }
    }
    for directory in ["scripts", "scripts/release.d", ".ci"] {
        for entry in fs::read_dir(root().join(directory)).expect("a directory of scripts") {
            let file = entry.expect("its entries can be read").path();
            if file.is_dir() {
                continue;
            }
            let text = fs::read_to_string(&file).expect("a script is text");
            let comments = text.lines().filter(|line| line.trim_start().starts_with('#'));
            wrong.extend(missing(&file, &comments.collect::<Vec<_>>().join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documents that describe what flux has and we may not.
const ABOUT_FLUX: [&str; 2] = ["docs/differences.md", "README.md"];

#[test]
fn every_command_in_a_document_exists() {
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    let mut wrong = Vec::new();
    for document in documents().iter().filter(|it| !ABOUT_FLUX.contains(&shown(it).as_str())) {
        let text = fs::read_to_string(document).expect("a document");
        for code in inline_code(&text) {
            let Some(rest) = code.strip_prefix("flux ") else { continue };
            let command = rest.split(' ').next().unwrap_or_default();
            if command.is_empty() || !command.bytes().all(|it| it.is_ascii_lowercase() || it == b'-') {
                continue;
            }
            let exists = *known
                .entry(command.to_owned())
                .or_insert_with(|| Flux::bare().args([command, "--help"]).run().code == Some(0));
            if !exists {
                wrong.push(format!("{}: {code}", shown(document)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
