//! The programs that the tests run: the built `flux`, and the real servers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program `name` in `$KUBEBUILDER_ASSETS`, or in the directory that `scripts/testenv` fills. There, a program that is
/// missing is built first, which shows its progress on standard error.
pub fn program(name: &str) -> PathBuf {
    let path = directory().join(name);
    if !path.exists() {
        // Where `$KUBEBUILDER_ASSETS` is set, this gets nothing.
        let status = Command::new(script()).arg(name).stdout(Stdio::null()).status();
        let status = status.unwrap_or_else(|error| panic!("{}: {error}", script().display()));
        assert!(
            status.success() && path.exists(),
            "this test needs {name}, which is not in {}: run scripts/testenv {name}",
            directory().display()
        );
    }
    path
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/testenv")
}

/// The built `flux`, which cargo puts beside the programs and one directory above the tests.
pub fn flux() -> PathBuf {
    let program = std::env::current_exe().expect("a running program knows its file");
    let found =
        program.ancestors().skip(1).take(2).map(|directory| directory.join("flux")).find(|it| it.is_file());
    found.unwrap_or_else(|| panic!("no flux beside {}: run cargo build first", program.display()))
}

/// A directory for what the tests build, kept from run to run: `tmp` in cargo's target directory.
pub fn scratch() -> PathBuf {
    let flux = flux();
    let target = flux.parent().and_then(Path::parent).expect("cargo builds into target/debug or the like");
    let scratch = target.join("tmp");
    std::fs::create_dir_all(&scratch).unwrap_or_else(|error| panic!("{}: {error}", scratch.display()));
    scratch
}

/// Whether `EDGEFLUX_TEST_SKIP=controllers` leaves out the tests with the real controllers.
#[allow(clippy::disallowed_methods, reason = "a switch of the tests")]
pub fn skips_controllers() -> bool {
    std::env::var("EDGEFLUX_TEST_SKIP").is_ok_and(|it| it.split(',').any(|part| part == "controllers"))
}

#[allow(clippy::disallowed_methods, reason = "the environment names the directory of the test programs")]
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        if let Some(directory) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|it| !it.is_empty()) {
            return directory.into();
        }
        let out = Command::new(script()).arg("--where").output();
        let out = out.unwrap_or_else(|error| panic!("{}: {error}", script().display()));
        PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
    })
}
