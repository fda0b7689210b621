//! The `flux` binary: hands the arguments to the library and ends with its exit code.

use std::process::ExitCode;

/// Rendering and reading lists is mostly small allocations. For those glibc's allocator takes a fifth more
/// time and memory, and musl's, which releases are linked with, still more.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    edgeflux::run(std::env::args_os())
}
