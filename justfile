# What a developer types; `just` alone lists it.

default:
    @just --list

# build the binary
build:
    cargo build --locked

# all tests, or those named
test *names:
    scripts/test {{ names }}

# everything that must hold before a change lands
ci:
    .ci/run

# format and lint
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# the folder of the real programs that the tests run against
testenv:
    scripts/testenv --controllers
