//! `--uninstall` removes what was installed, and nothing else.

use std::fs;

use super::machine::Machine;
use super::release::{OLD, Release};

#[test]
fn everything_that_was_installed_is_removed() {
    let release = Release::serve();
    for shell in ["dash", "bash"] {
        let machine = Machine::new("x86_64").shell(shell);
        fs::create_dir(machine.home().join(".config")).unwrap();
        let before = machine.tree();
        machine.installs(&release, &["--version", OLD]);
        machine.installs(&release, &["--completions"]);
        assert_ne!(machine.tree(), before, "{shell}");
        let said = machine.installs(&release, &["--uninstall"]);
        assert_eq!(said.matches("edgeflux: removed ").count(), 4, "{shell}: {said}");
        assert_eq!(machine.tree(), before, "{shell}");
        let said = machine.refuses(&release, &["--uninstall"]);
        assert!(said.contains("found no record of an installation"), "{shell}: {said}");
    }
}

#[test]
fn what_others_have_written_stays() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    machine.installs(&release, &["--completions"]);
    // Another program in the place of ours, and files beside it.
    fs::write(machine.target().join("flux"), "theirs").unwrap();
    fs::write(machine.home().join(".config/fish/completions/kubectl.fish"), "").unwrap();
    let said = machine.installs(&release, &["--uninstall"]);
    assert!(said.contains("it is not the file that this script installed"), "{said}");
    assert_eq!(machine.binary(), "theirs");
    assert!(machine.home().join(".config/fish/completions/kubectl.fish").exists());
    assert!(!machine.home().join(".config/fish/completions/flux.fish").exists());
    assert!(!machine.home().join(".local/share").exists());
}

#[test]
fn one_of_several_installations_is_removed() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let other = machine.home().join("other place");
    let there = format!("--dir={}", other.display());
    machine.installs(&release, &["--completions"]);
    machine.installs(&release, &[&there]);
    let said = machine.refuses(&release, &["--uninstall", "--dir", "/nowhere"]);
    assert!(said.contains("no record of an installation in /nowhere"), "{said}");
    machine.installs(&release, &["--uninstall", &there]);
    assert!(!other.join("flux").exists());
    assert_eq!(machine.left(), ["flux"]);
    assert!(machine.home().join(".config/fish/completions/flux.fish").exists());
    machine.installs(&release, &["--uninstall"]);
    assert!(!machine.home().join(".local").exists() && !machine.home().join(".config").exists());
}

#[test]
fn an_installation_without_a_home_says_that_it_is_not_recorded() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let mut command = machine.command(&release);
    let output = command.env_remove("HOME").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--uninstall will not know of this installation"), "{said}");
}
