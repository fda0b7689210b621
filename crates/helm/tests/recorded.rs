//! Recorded answers: each file of `tests/golden` holds templates and what Go's text/template makes of them.
//! `tests/oracle/template/record.go` describes the lines; `go run . -record FILE...` there writes the answers again.

#[path = "oracle/functions.rs"]
mod functions;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use edgeflux_helm::template::{MissingKey, on_large_stack};
use libtest_mimic::{Arguments, Failed, Trial};

#[derive(Debug, Clone, Default)]
struct Case {
    line: usize,
    template: String,
    data: String,
    missing_key: String,
    helm: bool,
    answer: Vec<String>,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = ["template", "functions"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root.join(folder)).expect("the recorded answers");
        entries.map(|entry| entry.expect("its entries").path())
    });
    let trials: Vec<Trial> = files
        .flat_map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).expect("a text");
            cases(&text)
                .into_iter()
                .map(move |case| Trial::test(format!("{name}::{}", case.line), move || check(&case)))
        })
        .collect();
    assert!(trials.len() > 300, "the recorded answers are missing");
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut state = Case { missing_key: "zero".to_owned(), ..Case::default() };
    for (at, line) in text.split('\n').enumerate() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "data" => rest.clone_into(&mut state.data),
            "missingkey" => rest.clone_into(&mut state.missing_key),
            "functions" => state.helm = rest == "helm",
            "<" => match cases.last_mut() {
                Some(case) if case.answer.is_empty() => {
                    case.template.push('\n');
                    case.template.push_str(rest);
                }
                _ => cases.push(Case { line: at + 1, template: rest.to_owned(), ..state.clone() }),
            },
            ">" | "!" | "x" => {
                if let Some(case) = cases.last_mut() {
                    case.answer.push(line.to_owned());
                }
            }
            _ => {}
        }
    }
    cases
}

fn check(case: &Case) -> Result<(), Failed> {
    let data = if case.data.is_empty() { "null" } else { &case.data };
    let data: serde_json::Value = serde_json::from_str(data)?;
    let missing_key = match case.missing_key.as_str() {
        "zero" => MissingKey::Zero,
        "error" => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let result = on_large_stack(|| functions::render(&case.template, &data, missing_key, case.helm));
    let (mark, text) = match result {
        Err(message) => ("! ", message),
        Ok(output) => match String::from_utf8(output) {
            Ok(text) => ("> ", text),
            Err(error) => ("x ", hexadecimal(error.as_bytes())),
        },
    };
    let found: Vec<String> = text.split('\n').map(|line| format!("{mark}{line}")).collect();
    if found == case.answer {
        return Ok(());
    }
    let (expected, found) = (case.answer.join("\n"), found.join("\n"));
    Err(format!("{}\nexpected\n{expected}\nfound\n{found}", case.template).into())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
