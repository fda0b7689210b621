//! Recorded reports: each directory of `tests/golden/diff` holds two objects and what the printer of flux 2.9.4 makes of
//! them. Every directory is a test.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use edgeflux_diff::{Node, ReportOptions, compare, human};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/diff");
    let cases =
        fs::read_dir(root).expect("the recorded reports").map(|entry| entry.expect("its entries").path());
    let trials: Vec<Trial> = cases
        .map(|case| {
            let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(format!("report::{name}"), move || reports(&case))
        })
        .collect();
    assert!(trials.len() > 40, "the recorded reports are missing");
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn reports(case: &Path) -> Result<(), Failed> {
    let read = |name: &str| fs::read_to_string(case.join(name));
    let (from, to) =
        (edgeflux_yaml::document(&read("from.yaml")?)?, edgeflux_yaml::document(&read("to.yaml")?)?);
    let (expected, found) =
        (read("report.txt")?, human(&compare(&Node::new(&from), &Node::new(&to)), ReportOptions::default()));
    if expected == found { Ok(()) } else { Err(format!("expected\n{expected}\nfound\n{found}").into()) }
}
