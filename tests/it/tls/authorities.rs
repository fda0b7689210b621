//! Which certificates are trusted: by their authority, period of validity and host name.

use edgeflux::net::Untrusted;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;

use super::{HOST, refusal_of, refused, server, trusted};
use crate::support::pki::{Key, Recipe};

#[test]
fn a_certificate_of_a_trusted_authority_is_trusted() {
    let authority = Recipe::authority("ca").make();
    trusted(&server().by(&authority).make(), &[], &[&authority]);
    trusted(&server().by(&authority).make(), &[&authority], &[&authority]);
    let other = Recipe::authority("other").make();
    trusted(&server().by(&authority).make(), &[&other], &[&other, &authority]);
}

#[test]
fn a_self_signed_certificate_is_trusted_as_its_own_authority() {
    for made in [
        server().make(),
        server().with("basicConstraints", "critical,CA:TRUE").make(),
        server().with("basicConstraints", "CA:FALSE").with("keyUsage", "digitalSignature").make(),
        server().with("extendedKeyUsage", "serverAuth,clientAuth").make(),
    ] {
        trusted(&made, &[], &[&made]);
        let other = Recipe::authority("other").make();
        assert!(matches!(refused(&made, &[], &[&other]), Untrusted::SelfSigned { .. }));
        // The same name with another key is another certificate.
        let forged = server().make();
        refused(&forged, &[], &[&made]);
    }
}

#[test]
fn a_pinned_certificate_is_trusted_regardless_of_its_issuer() {
    let authority = Recipe::authority("ca").make();
    let between = Recipe::authority("between").by(&authority).make();
    let leaf = server().by(&between).make();
    trusted(&leaf, &[&between], &[&leaf]);
    trusted(&leaf, &[&between], &[&between]);
    trusted(&leaf, &[], &[&between]);
    // Host and validity are checked for a pinned certificate, too.
    let host = refusal_of(&leaf, &[], &[&leaf], "other.example.com");
    assert!(matches!(host, Some(Untrusted::WrongHost { .. })));
    let old = server().by(&between).days(-9, -1).make();
    assert!(matches!(refused(&old, &[], &[&old]), Untrusted::Expired { .. }));
    // Another certificate by the same key is not pinned.
    let renewed = server().key(leaf.key.clone()).by(&between).make();
    assert!(matches!(refused(&renewed, &[], &[&leaf]), Untrusted::UnknownAuthority { .. }));
}

#[test]
fn every_kind_of_key_and_hash_that_go_knows_is_trusted() {
    let digests = [MessageDigest::sha256(), MessageDigest::sha384(), MessageDigest::sha512()];
    let keys = [Key::Rsa(1024), Key::Rsa(2048), Key::P256, Key::P384, Key::P521, Key::Ed25519];
    for (at, key) in keys.into_iter().enumerate() {
        for digest in digests {
            let authority = Recipe::authority("ca").key(key.make()).digest(digest).make();
            let leaf_key = keys[(at + 1) % keys.len()];
            trusted(&server().key(leaf_key.make()).digest(digest).by(&authority).make(), &[], &[&authority]);
        }
    }
    let authority = Recipe::authority("ca").key(Key::Curve(Nid::SECP224R1).make()).make();
    trusted(&server().by(&authority).make(), &[], &[&authority]);
}

#[test]
fn x509_v1_authorities_are_trusted_as_roots_only() {
    let authority = Recipe::authority("ca").version_1().make();
    trusted(&server().by(&authority).make(), &[], &[&authority]);
    // Only a trusted certificate may lack the CA constraint.
    let root = Recipe::authority("root").make();
    let between = Recipe::new("between", Key::P256).by(&root).version_1().make();
    let leaf = server().by(&between).make();
    assert!(matches!(refused(&leaf, &[&between], &[&root]), Untrusted::NotAuthority { .. }));
    trusted(&leaf, &[&between], &[&between]);
}

#[test]
fn among_authorities_with_the_same_name_the_right_one_is_found() {
    let make = || Recipe::new("kubernetes", Key::P256).with("basicConstraints", "CA:TRUE").make();
    let (old, new, other) = (make(), make(), make());
    let leaf = server().by(&new).make();
    trusted(&leaf, &[], &[&old, &new]);
    trusted(&leaf, &[], &[&new, &old]);
    trusted(&leaf, &[&old, &new, &other], &[&other, &new]);
    assert!(matches!(refused(&leaf, &[], &[&old]), Untrusted::OtherKey { .. }));
}

#[test]
fn an_authority_reissued_with_the_same_key_is_trusted() {
    let first = Recipe::authority("ca").days(-9, -1).make();
    let again = Recipe::authority("ca").key(first.key.clone()).make();
    let strict = server().with("authorityKeyIdentifier", "keyid:always,issuer:always");
    let leaf = strict.by(&first).make();
    trusted(&leaf, &[], &[&first, &again]);
    trusted(&leaf, &[&first], &[&again]);
    assert!(matches!(refused(&leaf, &[], &[&first]), Untrusted::Expired { .. }));
}

#[test]
fn a_cross_signed_authority_leads_to_either_root() {
    let (old, new) = (Recipe::authority("old").make(), Recipe::authority("new").make());
    let crossed = Recipe::authority("new").key(new.key.clone()).by(&old).make();
    let leaf = server().by(&new).make();
    trusted(&leaf, &[&crossed], &[&old]);
    trusted(&leaf, &[&crossed], &[&new]);
    let expired = Recipe::authority("new").key(new.key.clone()).by(&old).days(-9, -1).make();
    trusted(&leaf, &[&expired, &crossed], &[&old]);
    // Two that sign each other form no chain.
    let back = Recipe::authority("old").key(old.key.clone()).by(&new).make();
    let stranger = Recipe::authority("stranger").make();
    assert!(matches!(refused(&leaf, &[&crossed, &back], &[&stranger]), Untrusted::UnknownAuthority { .. }));
}

#[test]
fn validity_is_checked_for_every_certificate() {
    let root = Recipe::authority("root").make();
    let old_root = Recipe::authority("root").days(-9, -1).make();
    let between = |days: (i64, i64), by| Recipe::authority("between").days(days.0, days.1).by(by).make();
    let (good, old, early) = (between((-1, 3), &root), between((-9, -1), &root), between((1, 3), &root));

    let expired = refused(&server().days(-9, -1).by(&root).make(), &[], &[&root]);
    assert!(
        matches!(&expired, Untrusted::Expired { subject, .. } if subject.contains("server")),
        "{expired}"
    );
    let not_yet = refused(&server().days(1, 3).by(&root).make(), &[], &[&root]);
    assert!(matches!(not_yet, Untrusted::NotYetValid { .. }), "{not_yet}");
    for (wrong, is_old) in [(&old, true), (&early, false)] {
        let refusal = refused(&server().by(wrong).make(), &[wrong], &[&root]);
        let named = refusal.to_string().contains("between");
        assert!(named && matches!(refusal, Untrusted::Expired { .. }) == is_old, "{refusal}");
    }
    let refusal = refused(&server().by(&old_root).make(), &[], &[&old_root]);
    assert!(matches!(refusal, Untrusted::Expired { .. }), "{refusal}");
    trusted(&server().by(&good).make(), &[&good], &[&root]);
}

#[test]
fn the_host_name_is_checked() {
    let root = Recipe::authority("root").make();
    let made = |names| Recipe::server(names).by(&root).make();
    for (names, host, right) in [
        ("DNS:git.example.com", "GIT.example.com", true),
        ("DNS:git.example.com", "git.example.com.", true),
        ("DNS:*.example.com", "git.example.com", true),
        ("DNS:*.local", "git.local", true),
        ("DNS:*.example.com", "example.com", false),
        ("DNS:*.example.com", "a.git.example.com", false),
        ("DNS:g*.example.com", "git.example.com", false),
        ("DNS:example.com", "git.example.com", false),
        ("IP:127.0.0.1", "127.0.0.1", true),
        ("IP:127.0.0.1", "127.0.0.2", false),
        ("DNS:127.0.0.1", "127.0.0.1", false),
        ("IP:fd00::1", "fd00:0:0::1", true),
        ("IP:127.0.0.1,DNS:localhost", "localhost", true),
        ("email:git@example.com", "example.com", false),
    ] {
        let refusal = refusal_of(&made(names), &[], &[&root], host);
        assert_eq!(refusal.is_none(), right, "{names} {host}: {refusal:?}");
        assert!(matches!(refusal, None | Some(Untrusted::WrongHost { .. })), "{refusal:?}");
    }
    let only = Recipe::new(HOST, Key::P256).by(&root).make();
    assert!(matches!(refused(&only, &[], &[&root]), Untrusted::OnlyCommonName { .. }));
    let none = Recipe::new("somebody", Key::P256).by(&root).make();
    assert_eq!(refused(&none, &[], &[&root]), Untrusted::WrongHost { host: HOST.into(), names: vec![] });
    let both = Recipe::server("DNS:other.example.com,IP:10.0.0.1").by(&root).make();
    let told = refused(&both, &[], &[&root]).to_string();
    for word in [HOST, "other.example.com", "10.0.0.1"] {
        assert!(told.contains(word), "{told}");
    }
}
