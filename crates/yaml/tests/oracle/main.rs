//! Our reader and writer against the Go packages that kubectl, flux and kustomize read and write with
//! (`tests/oracle/yaml`), on texts and values that a seed makes.
//!
//! More of them: `EDGEFLUX_FUZZ_TEXTS=100000 cargo test -p edgeflux-yaml --test oracle -- --ignored`, with
//! `EDGEFLUX_FUZZ_SEED` for others. `EDGEFLUX_FUZZ_FOLDER` names a folder of texts to compare in their place.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

mod compare;
#[path = "../../../../tests/oracle/go.rs"]
mod go;
mod random;

use std::env;
use std::fs;

use random::Random;

/// The seed of the tests that always run.
const SEED: u64 = 20_260_101;

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn texts(seed: u64, count: u64) -> Vec<String> {
    (0..count)
        .map(|at| {
            let mut random = Random::new(seed + at);
            match at % 4 {
                0 | 1 => random.scalar(),
                2 => random.document(),
                _ => random.soup(),
            }
        })
        .collect()
}

#[test]
fn some_texts_are_read_as_go_reads_them() {
    compare::texts(&texts(SEED, 600));
}

#[test]
fn some_values_are_written_as_go_writes_them() {
    compare::values(&(0..300).map(|at| Random::new(SEED + at).value(3)).collect::<Vec<_>>());
}

#[test]
#[ignore = "for as long as one likes"]
fn many_texts_are_read_as_go_reads_them() {
    compare::texts(&texts(number("EDGEFLUX_FUZZ_SEED", 1), number("EDGEFLUX_FUZZ_TEXTS", 10_000)));
}

#[test]
#[ignore = "for as long as one likes"]
fn many_values_are_written_as_go_writes_them() {
    let (seed, count) = (number("EDGEFLUX_FUZZ_SEED", 1), number("EDGEFLUX_FUZZ_TEXTS", 10_000));
    compare::values(&(seed..seed + count).map(|seed| Random::new(seed).value(3)).collect::<Vec<_>>());
}

#[test]
#[ignore = "needs a folder of texts"]
fn the_texts_of_a_folder_are_read_as_go_reads_them() {
    let folder = env::var("EDGEFLUX_FUZZ_FOLDER").expect("EDGEFLUX_FUZZ_FOLDER names a folder");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let texts: Vec<_> = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    compare::texts(&texts);
}
