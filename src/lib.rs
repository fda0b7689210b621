//! edgeflux: the `flux` command line for the edge.
//!
//! One way for data to flow: argv → clap matches → (verb, kind, arguments) → `commands` →
//! `cluster`, `git`, `forge` → rows, events or YAML → `output`. The engines are crates of their own, which import
//! nothing from here. Modules import downwards only:
//!
//! | module | may import |
//! |---|---|
//! | `clock`, `pem`, `redact`, `secret`, `similar`, `object`, `backoff`, `api` | nothing of ours |
//! | `names` | `edgeflux_kustomize` |
//! | `event` | `object` |
//! | `output` | `event`, `object`, `secret`, `edgeflux_yaml` |
//! | `net` | `pem`, `secret` |
//! | `git`, `forge`, `charts` | `net`, `redact`, `secret`, `event`, `backoff` (`git`: `pem`, `clock`; `charts`: `api`, `clock`, `similar`, `edgeflux_helm`, `edgeflux_yaml`) |
//! | `error` | the error types of the modules above |
//! | `user_file` | `error`, `output` |
//! | `kinds` | `api`, `object` |
//! | `cluster` | `clock`, `net`, `kinds`, `object`, `event`, `backoff`, `error`, `user_file`, `redact`, `secret`, `similar`, `edgeflux_yaml` |
//! | `manifests` | `api`, `names`, `secret`, `edgeflux_yaml`, `edgeflux_kustomize` |
//! | `context` | `names`, `clock`, `output`, `event`, `net`, `cluster`, `git`, `forge`, `error`, `secret` |
//! | `args` | `api`, `git`, `manifests`, `error`, `secret` |
//! | `schema` | `edgeflux_yaml`, `edgeflux_kustomize` |
//! | `render` | `api`, `charts`, `clock`, `context`, `cluster`, `object`, `user_file`, `git`, `kinds`, `schema`, `error`, `redact`, `secret`, `similar`, `edgeflux_helm`, `edgeflux_kustomize`, `edgeflux_sops`, `edgeflux_yaml` |
//! | `commands` | everything above and `edgeflux_diff`; never a sibling verb |
//! | `cli` | `api`, `args`, `clock`, `kinds`, `object`, `event`, `commands`, `context`, `cluster`, `manifests`, `error`, `output`, `secret`, `similar` |
//!
//! `tests/it/layers.rs` checks the `use crate::` lines against this table.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

pub mod api;
pub mod args;
pub mod backoff;
pub mod charts;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod commands;
pub mod context;
pub mod error;
pub mod event;
pub mod forge;
pub mod git;
pub mod kinds;
pub mod manifests;
pub mod names;
pub mod net;
pub mod object;
pub mod output;
pub mod pem;
pub mod redact;
pub mod render;
pub mod schema;
pub mod secret;
pub mod similar;
#[cfg(test)]
mod testing;
pub mod user_file;

use clock::Clock;
use context::Environment;
use error::{Error, ErrorKind, Result};
use output::{Input, Report, Streams, Ui};

/// Runs the command line `args` (the program's name first) in this process and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    output::report_panics();
    let environment = Environment::read();
    let ui = Ui::new(Streams::process(environment.no_color), Input::process());
    ExitCode::from(run_with(args, environment, Clock::system(), ui))
}

/// Runs a command line with a given environment, clock and output, and returns its exit code. Tests run commands so.
pub fn run_with(
    args: impl IntoIterator<Item = OsString>,
    environment: Environment,
    clock: Clock,
    ui: Ui,
) -> u8 {
    if let Some(shell) = &environment.completing {
        return complete(&ui, shell, args.into_iter().collect(), &environment);
    }
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(call) = cli::plugins::call(&args, &environment) {
        let error = call.run();
        render(&ui, &error);
        return error.exit_code();
    }
    let args = cli::expand_home(args, environment.home.as_deref());
    let plugins = || cli::plugins::rows(&environment);
    let (ui, outcome) = match cli::parse_beside_plugins(args, ui.columns(), &plugins) {
        Ok(cli::Request::Print(text)) => {
            let outcome = Report::new(&ui).document(&text).map_err(Error::from);
            (ui, outcome)
        }
        Ok(cli::Request::Unknown { help, unknown }) => {
            let outcome = Report::new(&ui).document(&help).map_err(Error::from);
            ui.warning(unknown.to_string());
            ui.hints(unknown.hints());
            (ui, outcome)
        }
        Ok(cli::Request::Run(chosen)) => match runtime() {
            Ok(runtime) => {
                let outcome = runtime.block_on(cli::run(*chosen, environment, clock, ui));
                // Give an interrupted transfer a moment to remove its files.
                runtime.shutdown_timeout(Duration::from_secs(1));
                outcome
            }
            Err(error) => (ui, Err(error)),
        },
        Err(error) => (ui, Err(error)),
    };
    let outcome = outcome.and_then(|()| Ok(ui.flush()?));
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            render(&ui, &error);
            error.exit_code()
        }
    }
}

/// Prints the candidates for the word that a shell completes.
fn complete(ui: &Ui, shell: &str, args: Vec<OsString>, environment: &Environment) -> u8 {
    let answer = cli::completion::answer(shell, args, environment);
    let report = Report::new(ui);
    let outcome = answer.and_then(|answer| Ok(report.document(&answer)?)).and_then(|()| Ok(ui.flush()?));
    match outcome {
        Ok(()) => 0,
        // A message would disturb the line that the user types.
        Err(_) => 1,
    }
}

/// Creates a runtime with one thread: commands wait for the network far more than they compute.
fn runtime() -> Result<tokio::runtime::Runtime> {
    // Threads for blocking work get as much stack as the main thread has: kustomizations nest.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(8 << 20).build();
    runtime.map_err(|error| Error::failed(format!("failed to start the runtime: {error}")))
}

fn render(ui: &Ui, error: &Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        return;
    }
    let message = error.to_string();
    match error.kind() {
        _ if message.is_empty() => {}
        ErrorKind::Differs => ui.warning(message),
        _ => ui.failure(message),
    }
    ui.hints(error.hints());
}
