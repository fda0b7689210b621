//! Our templates against Go's text/template (`tests/oracle/template`) and our charts against Helm (`tests/oracle/helm`),
//! on templates and charts that a seed makes.
//!
//! More of them: `EDGEFLUX_FUZZ_TEXTS=100000 cargo test -p edgeflux-helm --test oracle -- --ignored`, with
//! `EDGEFLUX_FUZZ_SEED` for others. `EDGEFLUX_FUZZ_FOLDER` names a directory that gets the differences. Helm takes minutes to
//! build; its answers to some charts are recorded in `tests/golden/charts.txt`, which `EDGEFLUX_FUZZ_RECORD=400` writes again.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

mod calls;
#[path = "../release/case.rs"]
#[allow(dead_code, reason = "it reads recorded cases, too")]
mod case;
mod functions;
#[path = "../../../../tests/oracle/go.rs"]
mod go;
mod random;
#[path = "../release/template.rs"]
mod template;
mod trees;

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use edgeflux_helm::template::{MissingKey, on_large_stack};
use random::Random;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trees::Tree;

/// The seed of the test that always runs.
const SEED: u64 = 20_260_101;

#[test]
fn some_templates_render_as_go_renders_them() {
    compare(SEED, 600, |seed| Random::new(seed).request());
}

#[test]
fn some_calls_return_what_helms_functions_return() {
    compare(SEED, 600, |seed| calls::request(&mut Random::new(seed)));
}

#[test]
#[ignore = "for as long as one likes"]
fn many_templates_render_as_go_renders_them() {
    let (first, count) = (number("EDGEFLUX_FUZZ_SEED", 1), number("EDGEFLUX_FUZZ_TEXTS", 20_000));
    compare(first, count, |seed| Random::new(seed).request());
}

#[test]
#[ignore = "for as long as one likes"]
fn many_calls_return_what_helms_functions_return() {
    let (first, count) = (number("EDGEFLUX_FUZZ_SEED", 1), number("EDGEFLUX_FUZZ_TEXTS", 20_000));
    compare(first, count, |seed| calls::request(&mut Random::new(seed)));
}

#[test]
fn some_charts_render_as_helm_has_rendered_them() {
    let recorded = fs::read_to_string(recording()).expect("the recorded answers");
    let mut differences = Vec::new();
    for line in recorded.lines() {
        let (seed, digest) = line.split_once(' ').expect("a seed and a digest");
        let tree = Tree::new(seed.parse().expect("a seed"));
        let found = rendered(&tree);
        if self::digest(&found) != digest {
            differences.push(format!("{}found {found}\n", tree.case(seed)));
        }
    }
    assert!(recorded.lines().count() >= 300, "the recorded answers are missing");
    let shown = differences.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differ:\n{shown}", differences.len());
}

#[test]
#[ignore = "for as long as one likes"]
fn many_charts_render_as_helm_renders_them() {
    let (first, count) = (number("EDGEFLUX_FUZZ_SEED", 1), number("EDGEFLUX_FUZZ_TEXTS", 20_000));
    let (mut differences, mut failures, mut messages) = (Vec::new(), 0, 0);
    let mut record = String::new();
    for start in (first..first + count).step_by(500) {
        let seeds: Vec<u64> = (start..(first + count).min(start + 500)).collect();
        let trees: Vec<Tree> = seeds.iter().map(|seed| Tree::new(*seed)).collect();
        let requests: Vec<Value> = trees.iter().map(Tree::request).collect();
        for ((seed, tree), answer) in seeds.iter().zip(&trees).zip(go::ask("helm", &requests)) {
            let expected = shown(match answer["error"].as_str() {
                Some(message) => Err(message.to_owned()),
                None => Ok(answer["output"].as_str().unwrap_or_default().to_owned()),
            });
            failures += usize::from(expected.starts_with('!'));
            messages += usize::from(expected.starts_with("! "));
            if seed - first < number("EDGEFLUX_FUZZ_RECORD", 0) {
                let _ = writeln!(record, "{seed} {}", digest(&expected));
            }
            let found = rendered(tree);
            if expected != found {
                let case = tree.case(&seed.to_string());
                differences.push(format!("{case}expected {expected}\nfound    {found}\nhelm     {answer}\n"));
            }
        }
    }
    if !record.is_empty() {
        fs::write(recording(), record).expect("the directory of recorded answers");
    }
    if let Ok(folder) = env::var("EDGEFLUX_FUZZ_FOLDER") {
        fs::write(format!("{folder}/charts.txt"), differences.join("\n")).expect("the directory exists");
    }
    println!(
        "{count} charts, {failures} of them fail, {messages} in a template, {} differences",
        differences.len()
    );
    let shown = differences.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {count} differ:\n{shown}", differences.len());
}

fn recording() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/charts.txt")
}

fn digest(answer: &str) -> String {
    hex::encode(&Sha256::digest(answer.as_bytes())[..8])
}

/// What we make of a chart.
fn rendered(tree: &Tree) -> String {
    let case = case::Case {
        name: String::new(),
        arguments: tree.arguments.clone(),
        files: tree.files.clone(),
        answer: case::Answer::Text(String::new()),
    };
    shown(on_large_stack(|| template::run(&case)))
}

/// An answer as text. Messages of templates are Helm's; those of everything else are our own.
fn shown(answer: Result<String, String>) -> String {
    match answer {
        Ok(text) => format!("> {text}"),
        Err(message)
            if message.contains("executing \"")
                || ["execution error at ", "parse error "].iter().any(|it| message.starts_with(it)) =>
        {
            format!("! {message}")
        }
        Err(_) => "!".to_owned(),
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn compare(seed: u64, count: u64, request: impl Fn(u64) -> Value) {
    let requests: Vec<Value> = (seed..seed + count).map(request).collect();
    let answers = go::ask("template", &requests);
    let mut differences = Vec::new();
    let mut failures = 0;
    for (request, answer) in requests.iter().zip(&answers) {
        failures += usize::from(answer.get("error").is_some());
        let (expected, found) = (expected(answer), found(request));
        if expected != found {
            differences.push(format!("{request}\nexpected {expected}\nfound    {found}\n"));
        }
    }
    if let Ok(folder) = env::var("EDGEFLUX_FUZZ_FOLDER") {
        fs::write(format!("{folder}/differences.txt"), differences.join("\n")).expect("the directory exists");
    }
    println!("{count} templates, {failures} of them errors, {} differences", differences.len());
    let shown = differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {count} differ:\n{shown}", differences.len());
}

fn expected(answer: &Value) -> Value {
    match answer.get("error") {
        Some(error) => json!({"error": error}),
        None => json!({"output": answer["output"]}),
    }
}

fn found(request: &Value) -> Value {
    let missing_key = match request["missingkey"].as_str() {
        Some("zero") => MissingKey::Zero,
        Some("error") => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let template = request["template"].as_str().unwrap_or_default();
    match on_large_stack(|| {
        functions::render(template, &request["data"], missing_key, request["functions"] == "helm")
    }) {
        Ok(output) => json!({"output": base64(&output)}),
        Err(message) => json!({"error": message}),
    }
}

/// Bytes as Go's JSON has them.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_usize, |group, byte| group << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = ALPHABET[group >> (18 - 6 * at) & 63];
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
