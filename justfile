# `just` lists what a developer runs. CONTRIBUTING.md and docs/testing.md explain it.

default:
    @just --list

# build target/debug/flux
build:
    cargo build --locked

# run all tests, or those named
test *names:
    scripts/test {{ names }}

# run the tests of the engines, without any server
test-crates:
    scripts/test crates

# check everything that must hold before a change lands
ci:
    .ci/run

# format and lint
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# show Flux at work in a local cluster
quickstart *args:
    scripts/quickstart {{ args }}

# get the programs that the tests run against, and print their directory
testenv:
    scripts/testenv --controllers

# compare renderings of many generated trees with kustomize's and with what the controller applies
fuzz-trees trees="20000":
    EDGEFLUX_FUZZ_TREES={{ trees }} cargo test --test it kustomize_fuzz -- --ignored
    cargo test --test it applied_trees -- --ignored

# compare the YAML crate with Go's packages on many generated texts
fuzz-yaml texts="100000":
    EDGEFLUX_FUZZ_TEXTS={{ texts }} cargo test -p edgeflux-yaml --test oracle -- many --ignored

# fuzz a parser for ten minutes (nightly Rust, cargo-fuzz)
fuzz target:
    ASAN_OPTIONS=quarantine_size_mb=4 cargo +nightly fuzz run {{ target }} -- -rss_limit_mb=256 -timeout=10 -max_total_time=600

# print what differs between our distribution and a release of Flux
distribution-diff version:
    scripts/distribution-diff {{ version }}

# write the man pages into a directory
man directory:
    scripts/man {{ directory }}

# build the site of the documentation into a directory, and check its links
site directory="target/site":
    scripts/site {{ directory }}

# build and check the release archives
release:
    scripts/release

# print the tables of docs/costs.md: our release build beside flux
bench flux="flux":
    cargo build --release --locked
    scripts/bench target/release/flux {{ flux }}
