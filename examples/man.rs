//! Writes the man page of every command into a directory; run by `scripts/man`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let Some(directory) = env::args_os().nth(1).map(PathBuf::from) else {
        return failed("usage: man DIRECTORY");
    };
    match write(&directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("failed to write to {}: {error}", directory.display())),
    }
}

fn write(directory: &std::path::Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    edgeflux::cli::man::pages().into_iter().try_for_each(|(name, text)| fs::write(directory.join(name), text))
}

fn failed(message: &str) -> ExitCode {
    let _ = io::Write::write_all(&mut io::stderr(), format!("{message}\n").as_bytes());
    ExitCode::FAILURE
}
