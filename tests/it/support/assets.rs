//! Where the real programs are that the tests run against.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program `name` in `$KUBEBUILDER_ASSETS`, or in the folder that `scripts/testenv` fills.
/// Panics with what to do when it is not there.
pub fn program(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(
        path.exists(),
        "this test needs {name}, which is not in {}: run scripts/testenv --controllers",
        folder().display()
    );
    path
}

/// Whether the tests with the real controllers are to be left out, which `EDGEFLUX_TEST_SKIP=controllers`
/// says on purpose.
#[allow(clippy::disallowed_methods, reason = "the tests' own switch")]
pub fn skips_controllers() -> bool {
    std::env::var("EDGEFLUX_TEST_SKIP").is_ok_and(|it| it.split(',').any(|part| part == "controllers"))
}

#[allow(clippy::disallowed_methods, reason = "where the test programs are is told by the environment")]
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|it| !it.is_empty()) {
            return folder.into();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/testenv");
        let out = Command::new(&script)
            .arg("--where")
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
        PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
    })
}
