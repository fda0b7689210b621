//! `--from`: a release in a directory.

use std::fs;

use super::machine::Machine;
use super::release::{ARCHIVE, Key, NEW, OLD, Release, checksums, signature};

#[test]
fn a_release_is_installed_from_a_directory_without_a_network() {
    // Neither curl nor wget, and no server.
    let release = Release::serve();
    let machine = Machine::bare("x86_64", &[]);
    let stick = machine.home().join("USB stick");
    release.copy(NEW, &stick);
    let said = machine.installs(&release, &["--from", stick.to_str().unwrap()]);
    assert!(said.contains("installed flux version 9.8.7"), "{said}");
    assert_eq!(release.asked(), [""; 0]);
    // Several versions: one must be chosen.
    release.copy(OLD, &stick);
    let said = machine.refuses(&release, &["--from", stick.to_str().unwrap()]);
    assert!(said.contains("has several versions"), "{said}");
    let said = machine.installs(&release, &["--from", stick.to_str().unwrap(), "--version", OLD]);
    assert!(said.contains("replacing flux version 9.8.7"), "{said}");
}

#[test]
fn archive_and_checksums_are_enough() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let (all, stick) = (machine.home().join("all"), machine.home().join("stick"));
    release.copy(NEW, &all);
    fs::create_dir(&stick).unwrap();
    for name in [ARCHIVE, &checksums(NEW)] {
        fs::copy(all.join(name), stick.join(name)).unwrap();
    }
    machine.installs(&release, &["--from", stick.to_str().unwrap()]);
    assert_eq!(machine.left(), ["flux"]);
}

#[test]
fn a_directory_of_releases_has_a_newest_one() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let releases = machine.home().join("dist");
    for version in [OLD, NEW] {
        release.copy(version, &releases.join("download").join(format!("v{version}")));
    }
    fs::create_dir_all(releases.join("latest/download")).unwrap();
    fs::write(releases.join("latest/download/version.txt"), format!("{NEW}\n")).unwrap();
    let from = format!("--from={}/", releases.display());
    let said = machine.installs(&release, &[&from]);
    assert!(said.contains("installed flux version 9.8.7"), "{said}");
    let said = machine.installs(&release, &[&from, "--version", OLD]);
    assert!(said.contains("installed flux version 9.8.6"), "{said}");
}

#[test]
fn an_incomplete_or_damaged_directory_keeps_the_old_binary() {
    let release = Release::serve();
    let machine = Machine::new("x86_64").with_old_binary();
    let stick = machine.home().join("stick");
    fs::create_dir(&stick).unwrap();
    let from = ["--from", stick.to_str().unwrap()];
    let said = machine.refuses(&release, &from);
    assert!(said.contains("has no release for linux on amd64"), "{said}");

    release.copy(NEW, &stick);
    fs::remove_file(stick.join(checksums(NEW))).unwrap();
    let said = machine.refuses(&release, &from);
    assert!(said.contains("cannot read") && said.contains("No such file or directory"), "{said}");

    release.copy(NEW, &stick);
    let archive = fs::read(stick.join(ARCHIVE)).unwrap();
    fs::write(stick.join(ARCHIVE), &archive[..archive.len() / 2]).unwrap();
    let said = machine.refuses(&release, &from);
    assert!(said.contains("does not match its checksum") && said.contains("copy it again"), "{said}");

    let said = machine.refuses(&release, &["--from", stick.to_str().unwrap(), "--version", "1.0.0"]);
    assert!(said.contains("has no edgeflux_1.0.0_linux_amd64.tar.gz"), "{said}");
    assert_eq!(machine.binary(), "old");
    assert_eq!(machine.left(), ["flux"]);
}

#[test]
fn the_signature_is_verified_from_a_directory_too() {
    let (release, machine, key) = (Release::serve(), Machine::new("x86_64"), Key::new());
    release.sign(&key, NEW);
    let stick = machine.home().join("stick");
    release.copy(NEW, &stick);
    let public = key.public();
    let args = ["--from", stick.to_str().unwrap(), "--public-key", &public];
    let said = machine.installs(&release, &args);
    assert!(said.contains("signature verified"), "{said}");
    fs::remove_file(stick.join(signature(NEW))).unwrap();
    let said = machine.refuses(&release, &args);
    assert!(said.contains("cannot read the signature"), "{said}");
}
