//! Signatures of the checksums.

use super::machine::Machine;
use super::release::{Key, NEW, OLD, Release, Served, checksums, path, signature};

#[test]
fn a_signature_is_verified_where_minisign_is_installed() {
    let (release, key) = (Release::serve(), Key::new());
    release.sign(&key, NEW);
    let public = key.public();
    let said = Machine::new("x86_64").installs(&release, &["--public-key", &public]);
    assert!(said.contains("signature verified"), "{said}");
    let said = Machine::bare("x86_64", &[("curl", "curl")]).installs(&release, &["--public-key", &public]);
    assert!(said.contains("signature not verified: minisign is not installed"), "{said}");
}

#[test]
fn a_missing_or_invalid_signature_is_refused() {
    let (release, key) = (Release::serve(), Key::new());
    let machine = Machine::new("x86_64").with_old_binary();
    let public = key.public();
    let args = ["--public-key", public.as_str()];
    let said = machine.refuses(&release, &args);
    assert!(said.contains("failed to download the signature"), "{said}");

    release.sign(&Key::new(), NEW);
    let said = machine.refuses(&release, &args);
    assert!(said.contains("the signature of edgeflux_9.8.7_checksums.txt is not valid"), "{said}");

    // A valid signature of another version's checksums.
    release.sign(&key, OLD);
    let other = release.bytes(&path(OLD, &signature(OLD)));
    release.put(&path(NEW, &signature(NEW)), Served::Whole(other.clone()));
    let said = machine.refuses(&release, &args);
    assert!(said.contains("is not valid"), "{said}");
    // And with those checksums.
    release.put(&path(NEW, &checksums(NEW)), Served::Whole(release.bytes(&path(OLD, &checksums(OLD)))));
    let said = machine.refuses(&release, &args);
    assert!(said.contains("the release has no checksum for edgeflux_9.8.7"), "{said}");

    assert_eq!(machine.binary(), "old");
    assert_eq!(machine.left(), ["flux"]);
}

#[test]
fn a_release_that_cannot_be_verified_is_not_downloaded() {
    let (release, key) = (Release::serve(), Key::new());
    Machine::new("x86_64").refuses(&release, &["--public-key", &key.public()]);
    let asked = release.asked();
    assert!(!asked.iter().any(|uri| uri.ends_with(".tar.gz")), "{asked:?}");
}
