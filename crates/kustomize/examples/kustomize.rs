//! Renders the kustomization in a directory, as `kustomize build DIRECTORY` does.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use edgeflux_kustomize::{Options, RootedFs, build};

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: kustomize DIRECTORY");
        return ExitCode::from(2);
    };
    let options = Options { files_stay_in_their_kustomization: true, sort_by_kind: true };
    let render = || {
        let fs = RootedFs::new(Path::new("/")).map_err(|error| error.to_string())?;
        let directory = Path::new(&directory).canonicalize().map_err(|error| error.to_string())?;
        let build = build(&fs, &directory, &options).map_err(|error| error.to_string())?;
        let text = build.to_yaml().map_err(|error| error.to_string())?;
        Ok::<_, String>((text, build.warnings))
    };
    match render() {
        Ok((text, warnings)) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
