//! Our templates against Go's text/template (`tests/oracle/template`), on templates that a seed makes.
//!
//! More of them: `EDGEFLUX_FUZZ_TEXTS=100000 cargo test -p edgeflux-helm --test oracle -- --ignored`, with
//! `EDGEFLUX_FUZZ_SEED` for others. `EDGEFLUX_FUZZ_FOLDER` names a directory that gets the differences.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

mod calls;
mod functions;
#[path = "../../../../tests/oracle/go.rs"]
mod go;
mod random;

use std::{env, fs};

use edgeflux_helm::template::{MissingKey, on_large_stack};
use random::Random;
use serde_json::{Value, json};

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
