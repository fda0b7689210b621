//! Target directories that cannot be written to.

use std::fs;
use std::process::Command;

use super::machine::Machine;
use super::release::Release;
use crate::support::sources::root;

#[test]
fn an_unwritable_or_full_target_directory_is_named_and_unchanged() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    fs::create_dir_all(machine.target()).unwrap();
    // A mount in a mount namespace of its own; not even root can write to a read-only one.
    let within = |options: &str| {
        let run = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && sh \"$3\"; code=$?; ls -A \"$2\" >&2; exit $code";
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--mount", "sh", "-c", run, "sh", options])
            .arg(machine.target())
            .arg(root().join("install.sh"))
            .env("PATH", machine.path())
            .env("HOME", machine.home())
            .env("EDGEFLUX_BASE_URL", release.url())
            .env("EDGEFLUX_DIR", machine.target());
        super::machine::fails(&mut command)
    };
    let read_only = within("ro");
    assert!(
        read_only.contains("cannot write to") && read_only.contains("Read-only file system"),
        "{read_only}"
    );
    let full = within("size=64k");
    assert!(full.contains("has no space for the binary"), "{full}");
    assert!(full.trim_end().ends_with("set another directory with --dir"), "nothing is left behind: {full}");
}

#[test]
fn a_directory_in_place_of_the_binary_is_named() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    fs::create_dir_all(machine.target().join("flux")).unwrap();
    let said = machine.refuses(&release, &[]);
    assert!(said.contains("flux is a directory"), "{said}");
    assert_eq!(fs::read_dir(machine.target().join("flux")).unwrap().count(), 0);
}

#[test]
fn a_target_that_cannot_be_written_to_costs_no_download() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let file = machine.home().join("file");
    fs::write(&file, "").unwrap();
    let said = machine.refuses(&release, &["--dir", &format!("{}/bin", file.display())]);
    assert!(said.contains("cannot create the directory") && said.contains("Not a directory"), "{said}");
    assert_eq!(release.asked(), [""; 0]);
}
