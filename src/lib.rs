//! edgeflux: the `flux` command line for the edge.
//!
//! One way for data to flow: argv → clap matches → (verb, kind, arguments) → `commands` →
//! `cluster`, `git`, `forge` → rows, events or YAML → `output`. The engines are crates of their own, which import
//! nothing from here. Modules import downwards only:
//!
//! | module | may import |
//! |---|---|
//! | `pem`, `redact`, `secret` | nothing of ours |
//! | `output` | `secret` |
//! | `api` | nothing of ours |
//! | `net` | `pem`, `secret` |
//! | `git`, `forge` | `net`, `redact`, `secret` (`git`: `pem`) |
//! | `error` | the error types of the modules above |
//! | `kinds` | `api` |
//! | `cluster` | `net`, `kinds`, `error`, `redact`, `secret`, `edgeflux_yaml` |
//! | `manifests` | `api`, `secret`, `edgeflux_yaml`, `edgeflux_kustomize` |
//! | `context` | `output`, `net`, `cluster`, `git`, `forge`, `error`, `secret` |
//! | `commands` | everything above, all engines with `edgeflux_diff` and `edgeflux_sops`, and `cli::values`; never a sibling verb |
//! | `cli` | `api`, `kinds`, `commands`, `context`, `cluster`, `manifests`, `error`, `output`, `secret` |
//!
//! `tests/it/layers.rs` reads the `use crate::` lines and holds them against this table.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

pub mod api;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod context;
pub mod error;
pub mod forge;
pub mod git;
pub mod kinds;
pub mod manifests;
pub mod net;
pub mod output;
pub mod pem;
pub mod redact;
pub mod secret;

use context::Environment;
use error::{Error, Kind, Result};
use output::{Streams, Ui};

/// Runs the command line given by `args` (the program's name first) and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    output::report_panics();
    let environment = Environment::read();
    let ui = Ui::new(Streams::process(environment.no_color));
    if let Some(shell) = &environment.completing {
        return complete(&ui, shell, args.into_iter().collect(), &environment);
    }
    let (ui, outcome) = match cli::parse(args) {
        Ok(cli::Request::Print(text)) => {
            let outcome = ui.data(&text).map_err(Error::from);
            (ui, outcome)
        }
        Ok(cli::Request::Run(chosen)) => match runtime() {
            Ok(runtime) => {
                let outcome = runtime.block_on(cli::run(*chosen, &environment, ui));
                // A transfer that was interrupted gets a moment to remove its files, and no more.
                runtime.shutdown_timeout(Duration::from_secs(1));
                outcome
            }
            Err(error) => (ui, Err(error)),
        },
        Err(error) => (ui, Err(error)),
    };
    let outcome = outcome.and_then(|()| Ok(ui.flush()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            render(&ui, &error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Answers a shell that asks for the candidates for a word.
fn complete(ui: &Ui, shell: &str, args: Vec<OsString>, environment: &Environment) -> ExitCode {
    let answer = cli::complete::answer(shell, args, environment);
    let outcome = answer.and_then(|answer| Ok(ui.data(&answer)?)).and_then(|()| Ok(ui.flush()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // The line that is being typed must not be disturbed.
        Err(_) => ExitCode::FAILURE,
    }
}

/// One thread is enough: commands wait for the network far more than they compute.
fn runtime() -> Result<tokio::runtime::Runtime> {
    // Threads beside it, for long work, have as much stack as the first one has: kustomizations nest.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(8 << 20).build();
    runtime.map_err(|error| Error::failed(format!("cannot start: {error}")))
}

fn render(ui: &Ui, error: &Error) {
    if error.kind() == Kind::BrokenPipe {
        return;
    }
    let message = error.to_string();
    match error.kind() {
        _ if message.is_empty() => {}
        Kind::Differs => ui.warning(message),
        _ => ui.failure(message),
    }
    for hint in error.hints() {
        ui.plain(format!("  hint: {hint}"));
    }
}
