//! Which release is installed, for which machine.

use std::fs;
use std::process::Command;

use super::machine::{Machine, stderr};
use super::release::{NEW, OLD, Release, path, script};
use crate::support::assets;

#[test]
fn the_built_flux_is_installed_and_runs() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    // Half of the built binary is for debuggers.
    let flux = machine.home().join("flux");
    assert!(Command::new("strip").arg("-o").arg(&flux).arg(assets::flux()).status().unwrap().success());
    release.publish(NEW, &fs::read(flux).unwrap());
    let said = machine.installs(&release, &["--completions"]);
    assert!(said.contains("installed flux version"), "{said}");
    assert!(said.contains("is not in PATH"), "{said}");
    assert_eq!(machine.left(), ["flux"]);
    let completions = machine.home().join(".local/share/bash-completion/completions/flux");
    assert!(fs::read_to_string(completions).unwrap().contains("complete -o nospace"));
}

#[test]
fn every_shell_installs_upgrades_and_downgrades() {
    let release = Release::serve();
    for shell in ["dash", "bash", "bash --posix"] {
        let machine = Machine::new("x86_64").with_old_binary().shell(shell);
        let said = machine.installs(&release, &["--version", "v9.8.6"]);
        assert!(said.contains("installed flux version 9.8.6 as"), "{shell}: {said}");
        let said = machine.installs(&release, &[]);
        assert!(said.contains("flux, replacing flux version 9.8.6"), "{shell}: {said}");
        let said =
            machine.installs(&release, &["--version=9.8.6", &format!("--base-url={}/", release.url())]);
        assert!(said.contains("flux, replacing flux version 9.8.7"), "{shell}: {said}");
        assert!(machine.binary().contains(OLD), "{shell}");
        assert_eq!(machine.left(), ["flux"], "{shell}");
    }
}

#[test]
fn each_architecture_downloads_its_archive_and_an_unknown_one_is_named() {
    let release = Release::serve();
    for (machine, archive) in [
        ("aarch64", "linux_arm64"),
        ("armv8l", "linux_armv7"),
        ("armv7l", "linux_armv7"),
        ("armv6l", "linux_armv6"),
        ("riscv64", "linux_riscv64"),
        ("amd64", "linux_amd64"),
    ] {
        Machine::new(machine).installs(&release, &[]);
        let (asked, wanted) = (release.asked(), path(NEW, &format!("edgeflux_{NEW}_{archive}.tar.gz")));
        assert!(asked.contains(&wanted), "{machine}: {asked:?}");
    }
    let said = Machine::new("armv5tel").refuses(&release, &[]);
    assert!(said.contains("no build for the architecture armv5tel"), "{said}");
}

#[test]
fn a_32_bit_system_on_a_64_bit_kernel_gets_the_32_bit_binary() {
    let (release, machine) = (Release::serve(), Machine::new("aarch64"));
    machine.stub("dd", "printf '\\001'");
    machine.installs(&release, &[]);
    assert!(release.asked().contains(&path(NEW, &format!("edgeflux_{NEW}_linux_armv7.tar.gz"))));
}

#[test]
fn a_mac_downloads_its_archive() {
    let (release, machine) = (Release::serve(), Machine::new("arm64"));
    machine.stub("uname", "case $1 in -m) echo arm64 ;; *) echo Darwin ;; esac");
    machine.installs(&release, &[]);
    assert!(release.asked().contains(&path(NEW, &format!("edgeflux_{NEW}_darwin_arm64.tar.gz"))));
    machine.stub("uname", "echo FreeBSD");
    let said = machine.refuses(&release, &[]);
    assert!(said.contains("no build for the operating system FreeBSD"), "{said}");
}

#[test]
fn a_binary_that_does_not_run_here_is_not_installed() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64").with_old_binary());
    release.publish(NEW, b"\x7fELF of another machine");
    let said = machine.refuses(&release, &[]);
    assert!(said.contains("does not run on this machine (linux/amd64)"), "{said}");
    assert_eq!(machine.binary(), "old");
    assert_eq!(machine.left(), ["flux"]);
}

#[test]
fn another_flux_earlier_in_path_is_reported() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    machine.stub("flux", "");
    let said = machine.installs(&release, &[]);
    let says = format!("another flux comes first in PATH: {}", machine.programs().join("flux").display());
    assert!(said.contains(&says), "{said}");
}

#[test]
fn invalid_versions_and_arguments_are_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    for (args, message) in [
        (&["--version", "../../x"][..], "invalid version"),
        (&["--version"][..], "--version needs a value"),
        (&["--frob"][..], "unknown argument: --frob"),
        (&["--version", "1.2.3"][..], "and that version 1.2.3 exists"),
        (&["--from", "/nowhere"][..], "found no directory /nowhere"),
    ] {
        let said = machine.refuses(&release, args);
        assert!(said.contains(message), "{said}");
        assert_eq!(machine.left(), [""; 0]);
    }
}

#[test]
fn a_termination_leaves_the_old_binary_and_no_temporary_files() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64").with_old_binary());
    let before = machine.tree();
    machine.stub("curl", "kill -TERM $PPID");
    let output = machine.command(&release).output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{}", stderr(&output));
    fs::remove_file(machine.programs().join("curl")).unwrap();
    assert_eq!(machine.tree(), before);
}

/// A script piped into a shell runs line by line as it arrives.
#[test]
fn a_truncated_installer_fails_and_does_nothing() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let script = String::from_utf8(script()).unwrap();
    let lines: Vec<&str> = script.lines().collect();
    let first = lines.iter().position(|line| line.ends_with("() {")).unwrap();
    let cut = machine.home().join("cut.sh");
    for end in (first + 1..lines.len()).step_by(5) {
        fs::write(&cut, format!("{}\n", lines[..end].join("\n"))).unwrap();
        let output = Command::new("sh")
            .stdin(fs::File::open(&cut).unwrap())
            .env("HOME", machine.home())
            .env("EDGEFLUX_BASE_URL", release.url())
            .env("EDGEFLUX_DIR", machine.target())
            .output()
            .unwrap();
        assert_eq!(machine.left(), [""; 0], "cut behind line {end}: {}", stderr(&output));
        assert!(release.asked().is_empty(), "cut behind line {end}");
    }
}
