//! `--completions`, in a user's directories; `roots` has root's.

use std::fs;

use super::machine::Machine;
use super::release::{OLD, Release};

const PLACES: [(&str, &str); 3] = [
    ("bash", ".local/share/bash-completion/completions/flux"),
    ("zsh", ".local/share/zsh/site-functions/_flux"),
    ("fish", ".config/fish/completions/flux.fish"),
];

#[test]
fn completions_are_installed_on_request_and_then_kept_up_to_date() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    machine.installs(&release, &["--version", OLD]);
    for (_, place) in PLACES {
        assert!(!machine.home().join(place).exists(), "{place}");
    }
    let said = machine.installs(&release, &["--version", OLD, "--completions"]);
    assert!(said.contains("zsh needs this in ~/.zshrc"), "{said}");
    let check = |version: &str| {
        for (shell, place) in PLACES {
            let content = fs::read_to_string(machine.home().join(place)).unwrap();
            assert_eq!(content, format!("# {shell}, of flux {version}\n"));
        }
    };
    check(OLD);
    machine.installs(&release, &[]);
    check("9.8.7");
}

#[test]
fn completions_follow_the_users_directories() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    let (data, config) = (machine.home().join("my data"), machine.home().join("my config"));
    let mut command = machine.command(&release);
    command.arg("--completions").env("XDG_DATA_HOME", &data).env("XDG_CONFIG_HOME", &config);
    assert!(command.output().unwrap().status.success());
    assert!(data.join("bash-completion/completions/flux").exists());
    assert!(config.join("fish/completions/flux.fish").exists());
}

#[test]
fn completions_that_cannot_be_written_keep_the_old_binary() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64").with_old_binary());
    fs::write(machine.home().join(".config"), "a file").unwrap();
    let before = machine.tree();
    let said = machine.refuses(&release, &["--completions"]);
    assert!(said.contains("cannot create the directory") && said.contains("without --completions"), "{said}");
    assert_eq!(machine.binary(), "old");
    assert_eq!(machine.tree(), before);
}
