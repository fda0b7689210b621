//! Networks: interruptions, proxies, certificates and clocks; with curl, GNU wget and busybox's.

use std::process::Command;

use super::machine::{Machine, fails, stderr};
use super::release::{ARCHIVE, NEW, Release, Served, checksums, path};
use crate::support::pki::{Manner, Recipe, TlsServer};
use crate::support::tls::Authority;
use crate::support::tunnel::Proxy;

/// Machines with one program for downloads each.
fn machines() -> [(&'static str, Machine); 3] {
    [("curl", "curl"), ("GNU wget", "wget"), ("busybox wget", "busybox")].map(|(name, program)| {
        let link = if program == "curl" { "curl" } else { "wget" };
        (name, Machine::bare("x86_64", &[(link, program)]).with_old_binary())
    })
}

#[test]
fn every_downloader_installs() {
    for (name, machine) in machines() {
        let release = Release::serve();
        let said = machine.installs(&release, &[]);
        assert!(said.contains("installed flux version 9.8.7"), "{name}: {said}");
    }
}

#[test]
fn a_machine_without_a_downloader_is_told_what_to_do() {
    let said = Machine::bare("x86_64", &[]).refuses(&Release::serve(), &[]);
    assert!(said.contains("found neither curl nor wget"), "{said}");
}

#[test]
fn an_interrupted_download_is_continued() {
    for (name, machine) in machines() {
        let release = Release::serve();
        let file = path(NEW, ARCHIVE);
        release.put(&file, Served::CutOnce(release.bytes(&file)));
        let said = machine.installs(&release, &[]);
        assert!(said.contains("installed flux version 9.8.7"), "{name}: {said}");
    }
}

#[test]
fn a_download_that_never_completes_keeps_the_old_binary() {
    std::thread::scope(|scope| {
        for (name, machine) in machines() {
            scope.spawn(move || {
                let release = Release::serve();
                let file = path(NEW, ARCHIVE);
                release.put(&file, Served::Cut(release.bytes(&file)));
                let said = machine.refuses(&release, &[]);
                assert!(said.contains("failed to download"), "{name}: {said}");
                assert_eq!(machine.left(), ["flux"], "{name}");
                assert_eq!(machine.binary(), "old", "{name}");
            });
        }
    });
}

#[test]
fn an_unreachable_server_and_a_missing_release_are_told_apart() {
    for (name, machine) in machines() {
        let release = Release::serve();
        let said = machine.refuses(&release, &["--version", "1.0.0"]);
        assert!(said.contains("1.0.0_checksums.txt: ") && said.contains("404"), "{name}: {said}");
        let said = machine.refuses(&release, &["--base-url", "http://127.0.0.1:1"]);
        assert!(said.contains("cannot find the newest version at http://127.0.0.1:1: "), "{name}: {said}");
        assert!(said.to_lowercase().contains("connect"), "{name}: {said}");
        assert_eq!(machine.binary(), "old", "{name}");
    }
}

#[test]
fn a_password_in_the_address_is_not_shown() {
    for (name, machine) in machines() {
        let url = Release::serve().url().replace("//", "//user:hunter2@");
        let said = machine.refuses(&Release::serve(), &["--version", "1.0.0", "--base-url", &url]);
        assert!(!said.contains("hunter2"), "{name}: {said}");
    }
}

#[test]
fn a_proxy_is_used() {
    for (name, machine) in machines() {
        // The release server acts as the proxy: it gets the request for another host's file.
        let release = Release::serve();
        let output = machine
            .command(&release)
            .args(["--base-url", "http://releases.example"])
            .env("HTTP_PROXY", release.url())
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let asked = release.asked();
        assert!(asked.iter().any(|uri| uri.starts_with("http://releases.example/")), "{name}: {asked:?}");
    }
}

/// Gives the certificate to curl and GNU wget.
fn trusting<'a>(command: &'a mut Command, machine: &Machine, authority: &Authority) -> &'a mut Command {
    let settings = machine.home().join("wgetrc");
    std::fs::write(&settings, format!("ca_certificate = {}\n", authority.file().display())).unwrap();
    command.env("CURL_CA_BUNDLE", authority.file()).env("WGETRC", settings)
}

#[test]
fn releases_are_downloaded_over_https() {
    let authority = Authority::new();
    let release = Release::serve_tls(&authority);
    for (name, machine) in &machines()[..2] {
        let output = trusting(&mut machine.command(&release), machine, &authority).output().unwrap();
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let said = fails(&mut machine.command(&release));
        assert!(said.contains("package ca-certificates"), "{name}: {said}");
    }
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_explained_by_the_clock() {
    let authority = Authority::new();
    let release = Release::serve();
    let server = |from, to| {
        let made = Recipe::server("IP:127.0.0.1").days(from, to).make();
        let file = made.pem();
        (TlsServer::start(&made, Manner::default()), file)
    };
    for (days, message) in [((100, 200), "is not yet valid"), ((-200, -100), "has expired")] {
        let (server, pem) = server(days.0, days.1);
        std::fs::write(authority.file(), pem).unwrap();
        for (name, machine) in &machines()[..2] {
            let mut command = machine.command(&release);
            command.env("EDGEFLUX_BASE_URL", format!("https://127.0.0.1:{}", server.port));
            let said = fails(trusting(&mut command, machine, &authority));
            assert!(said.contains("by this machine's clock (20") && said.contains(message), "{name}: {said}");
            assert_eq!(machine.binary(), "old", "{name}");
        }
    }
}

#[test]
fn a_clock_before_this_script_was_written_is_named() {
    let authority = Authority::new();
    let release = Release::serve_tls(&authority);
    for (name, machine) in machines() {
        std::fs::remove_file(machine.programs().join("date")).unwrap();
        machine.stub("date", "case $2 in +%Y%m%d) echo 19700101 ;; *) echo 1970-01-01 00:05 UTC ;; esac");
        let said = machine.refuses(&release, &[]);
        assert!(said.contains("clock is wrong (1970-01-01 00:05 UTC)"), "{name}: {said}");
        assert!(said.contains("timedatectl set-ntp true"), "{name}: {said}");
    }
}

#[test]
fn a_server_cannot_control_the_terminal() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    release.put("/latest/download/version.txt", Served::Whole("\x1b]0;owned\x07\n".into()));
    let said = machine.refuses(&release, &[]);
    assert!(said.contains("invalid version ']0;owned'"), "{said:?}");
}

#[test]
fn a_wrong_checksum_is_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64").with_old_binary());
    let wrong = format!("{}  {ARCHIVE}\n", "0".repeat(64));
    release.put(&path(NEW, &checksums(NEW)), Served::Whole(wrong.into()));
    let said = machine.refuses(&release, &[]);
    assert!(said.contains("does not match its checksum"), "{said}");
    assert_eq!(machine.binary(), "old");
    assert_eq!(machine.left(), ["flux"]);
}

#[test]
fn another_checksum_than_the_given_one_is_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64").with_old_binary());
    let sums = release.bytes(&path(NEW, &checksums(NEW)));
    let digest = std::str::from_utf8(&sums).unwrap().split(' ').next().unwrap();
    let said = machine.refuses(&release, &["--checksum", &"0".repeat(64)]);
    assert!(said.contains("the checksum of edgeflux_9.8.7_linux_amd64.tar.gz is"), "{said}");
    assert_eq!(machine.binary(), "old");
    machine.installs(&release, &["--checksum", digest]);
    machine.installs(&release, &[&format!("--checksum=sha256:{digest}")]);
}

#[test]
fn a_release_without_the_archives_checksum_is_refused() {
    let (release, machine) = (Release::serve(), Machine::new("x86_64"));
    release.put(&path(NEW, &checksums(NEW)), Served::Whole("".into()));
    let said = machine.refuses(&release, &[]);
    assert!(said.contains("no checksum for"), "{said}");
    assert_eq!(machine.left(), [""; 0]);
}

#[test]
fn an_https_proxy_is_used() {
    let authority = Authority::new();
    let release = Release::serve_tls(&authority);
    for (name, machine) in &machines()[..2] {
        let proxy = Proxy::start(([127, 0, 0, 1], release.port()).into());
        let mut command = machine.command(&release);
        command.env("HTTPS_PROXY", format!("http://{}", proxy.address));
        let output = trusting(&mut command, machine, &authority).output().unwrap();
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let asked = proxy.asked.lock().unwrap().clone();
        let wanted = format!("CONNECT 127.0.0.1:{} HTTP/1.1", release.port());
        assert!(asked.contains(&wanted), "{name}: {asked:?}");
    }
}
