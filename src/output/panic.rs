//! Reports of panics: bugs of the program itself.

use std::io::{IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::thread;

/// Page where bugs are reported.
const REPORTS: &str = "https://github.com/edgeflux/edgeflux/issues";

/// Makes a panic of any thread print one line and end the process with 1. The line names the place and not the
/// message, which may hold a secret.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // Buffered output is dropped, since it is incomplete.
        let mut stderr = std::io::stderr();
        // A spinner may be on the line.
        let start = if stderr.is_terminal() { "\r\x1b[K" } else { "" };
        let line = format!("{start}{}\n", sentence(&place(panic)));
        let _ = stderr.write_all(line.as_bytes());
        end();
    }));
}

#[allow(clippy::exit)] // The release binary cannot unwind: it would abort, with a core dump that holds everything.
fn end() -> ! {
    std::process::exit(1)
}

fn sentence(place: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "✗ flux {version} hit a bug and cannot continue (at {place}): please report this line and the \
        command, without its secrets, at {REPORTS}"
    )
}

/// File, line and column. Of a dependency's path only what begins with its name and version is shown.
fn place(panic: &PanicHookInfo<'_>) -> String {
    let Some(location) = panic.location() else {
        return thread::current().name().unwrap_or("an unknown place").to_owned();
    };
    format!("{}:{}:{}", shortened(location.file()), location.line(), location.column())
}

fn shortened(file: &str) -> &str {
    let registry = file.split_once("registry/src/").and_then(|(_, rest)| rest.split_once('/'));
    registry.map_or(file, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_without_the_home_of_whoever_built_this() {
        for (file, shown) in [
            (
                "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/kube-client-5.0.0/src/lib.rs",
                "kube-client-5.0.0/src/lib.rs",
            ),
            ("src/cluster/access.rs", "src/cluster/access.rs"),
            ("/rustc/abc/library/core/src/option.rs", "/rustc/abc/library/core/src/option.rs"),
        ] {
            assert_eq!(shortened(file), shown);
        }
        assert_eq!(sentence("a.rs:1:2").lines().count(), 1);
    }
}
