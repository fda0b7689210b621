//! Recorded answers of helm: each file of `tests/golden/release` holds small charts and what `helm template` makes of them.
//! `tests/oracle/helm/record` describes the lines and writes the answers again.
//!
//! A line `~` after a failure is our message where it differs from Helm's.

#[path = "release/case.rs"]
mod case;
#[path = "release/template.rs"]
mod template;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use case::{Answer, Case};
use edgeflux_helm::template::on_large_stack;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/release");
    let mut trials = Vec::new();
    for entry in fs::read_dir(root).expect("the recorded answers") {
        let file = entry.expect("its entries").path();
        let group = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for case in Case::read(&fs::read_to_string(&file).expect("a text")) {
            let name = format!("{group}::{}", case.name);
            let exact = ["templates", "schemas", "contents", "errors", "files", "text"];
            let is_exact = exact.contains(&group.as_str());
            trials.push(Trial::test(name, move || check(&case, is_exact)));
        }
    }
    assert!(trials.len() >= 300, "the recorded answers are missing");
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn check(case: &Case, is_exact: bool) -> Result<(), Failed> {
    let found = on_large_stack(|| template::run(case));
    match (&case.answer, found) {
        (Answer::Text(expected), Ok(text)) if *expected == text => Ok(()),
        (Answer::Text(expected), Ok(text)) => Err(format!("expected\n{expected}\nfound\n{text}").into()),
        (Answer::Text(_), Err(message)) => Err(format!("failed: {message}").into()),
        (Answer::Failure { .. }, Ok(text)) => Err(format!("did not fail:\n{text}").into()),
        (Answer::Failure { helm, ours }, Err(message)) => {
            let expected = ours.as_ref().unwrap_or(helm);
            // Messages of templates and schemas are Helm's; those of everything else are our own.
            if message.trim_end() == expected || (ours.is_none() && !is_exact && !message.is_empty()) {
                return Ok(());
            }
            Err(format!("another message than\n{expected}\nours is\n{message}").into())
        }
    }
}
