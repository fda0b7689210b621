//! The platform of this program, as Go names it.

/// Operating system: `linux`, `darwin`.
pub const OS: &str = go_os(std::env::consts::OS);
/// Architecture: `amd64`, `arm64`, `arm`.
pub const ARCH: &str = go_arch(std::env::consts::ARCH);

const fn go_os(name: &'static str) -> &'static str {
    match name.as_bytes() {
        b"macos" => "darwin",
        _ => name,
    }
}

const fn go_arch(name: &'static str) -> &'static str {
    match name.as_bytes() {
        b"x86_64" => "amd64",
        b"aarch64" => "arm64",
        b"x86" => "386",
        _ => name,
    }
}
