//! Options for the linker of release builds on Linux, which make the binary 2.3 MB smaller and save up to 5 MB of memory.
//!
//! They stand here and not in `.cargo/config.toml`, where they would hold for every profile, and for the
//! dependencies' own build scripts. Each is used only where a program that was linked with it links, and,
//! where it can, runs: not every linker knows it, and not every C library starts what comes out.
#![expect(clippy::disallowed_methods, reason = "Cargo speaks to build scripts through the environment")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// A release build aborts on a panic: nothing ever unwinds, and the tables for it are left out.
const NO_UNWIND_TABLES: &str = "SECTIONS
{
  /DISCARD/ : { *(.eh_frame) *(.eh_frame_hdr) *(.gcc_except_table .gcc_except_table.*) }
}
INSERT AFTER .text;
";

/// Environment variable with the path of the list of functions to place side by side. `scripts/release` sets it, and mangles
/// symbols as the list does.
const LINK_ORDER: &str = "EDGEFLUX_LINK_ORDER";

/// The probe for targets whose standard library is built from source, which happens after this script has run.
const C_PROBE: &str = "int main(void) { return 0; }\n";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed={LINK_ORDER}");
    if variable("PROFILE") != "release" || variable("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    let folder = PathBuf::from(variable("OUT_DIR"));
    let (script, probe) = (folder.join("sections.ld"), folder.join("probe.rs"));
    let sections = format!("{NO_UNWIND_TABLES}{}", ordered(&variable(LINK_ORDER)));
    let files =
        [(&script, sections.as_str()), (&probe, "fn main() {}\n"), (&folder.join("probe.c"), C_PROBE)];
    if files.into_iter().any(|(file, text)| fs::write(file, text).is_err()) {
        return;
    }
    let options = [
        // Strings that end alike share their end.
        "-Wl,-O2".to_owned(),
        format!("-Wl,--no-eh-frame-hdr,-T,{}", script.display()),
        // A position-independent executable has a relocation for each pointer in its data. Packed they
        // take some kilobytes in place of a megabyte.
        "-Wl,-z,pack-relative-relocs".to_owned(),
    ];
    let mut used: Vec<String> = Vec::new();
    for option in options {
        used.push(option);
        if !works(&probe, &used) {
            used.pop();
        }
    }
    for option in used {
        println!("cargo:rustc-link-arg-bins={option}");
    }
}

/// Linker script that puts the functions of a list in front of the others, in its order; empty without a list. Linux maps a
/// binary in groups of 16 pages, and they count as memory of the process.
fn ordered(list: &str) -> String {
    if list.is_empty() {
        return String::new();
    }
    println!("cargo:rerun-if-changed={list}");
    let functions = fs::read_to_string(list).unwrap_or_else(|error| panic!("cannot read {list}: {error}"));
    let sections: Vec<String> = functions.lines().map(|function| format!("*(.text.{function})")).collect();
    format!("SECTIONS\n{{\n  .text.first : {{\n{}\n  }}\n}}\nINSERT BEFORE .text;\n", sections.join("\n"))
}

/// Whether a program can be linked with these options, by the linker and flags of this build, and runs
/// where it is for this machine. Without a standard library, a C program is linked instead.
fn works(probe: &Path, options: &[String]) -> bool {
    let program = probe.with_extension("out");
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.arg(probe).arg("-o").arg(&program).args(["--target", &variable("TARGET"), "-Cpanic=abort"]);
    let linker = variable("RUSTC_LINKER");
    if !linker.is_empty() {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    rustc.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    let is_for_this_machine = variable("HOST") == variable("TARGET");
    if !succeeds(&mut rustc) {
        let mut driver = Command::new(linker);
        driver.arg(probe.with_extension("c")).arg("-o").arg(program).args(options);
        return !is_for_this_machine && succeeds(&mut driver);
    }
    rustc.args(options.iter().map(|option| format!("-Clink-arg={option}")));
    succeeds(&mut rustc) && (!is_for_this_machine || succeeds(&mut Command::new(program)))
}

fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
