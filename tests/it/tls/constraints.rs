//! What a certificate may be used for: constraints of names, policies, purposes, keys and signatures.

use edgeflux::net::Untrusted;
use openssl::hash::MessageDigest;

use super::{HOST, refusal_of, refused, server, trusted};
use crate::support::pki::{Key, Recipe};

#[test]
fn only_authorities_sign() {
    let root = Recipe::authority("root").make();
    let leaf = Recipe::server("DNS:other.example.com").with("basicConstraints", "CA:FALSE").by(&root).make();
    let plain = Recipe::server("DNS:other.example.com").by(&root).make();
    let no_sign =
        Recipe::authority("no").with("keyUsage", "critical,digitalSignature,cRLSign").by(&root).make();
    for signer in [&leaf, &plain, &no_sign] {
        let made = server().by(signer).make();
        let refusal = refused(&made, &[signer], &[&root]);
        assert!(matches!(refusal, Untrusted::NotAuthority { .. }), "{refusal}");
        // Trusting it does not make it an authority.
        refused(&made, &[], &[signer]);
    }
}

#[test]
fn path_length_constraints_are_checked() {
    let root = Recipe::authority("root").with("basicConstraints", "critical,CA:TRUE,pathlen:0").make();
    trusted(&server().by(&root).make(), &[], &[&root]);
    let between = Recipe::authority("between").by(&root).make();
    let refusal = refused(&server().by(&between).make(), &[&between], &[&root]);
    assert!(matches!(&refusal, Untrusted::PathTooLong { subject } if subject.contains("root")), "{refusal}");
    let wide = Recipe::authority("wide").with("basicConstraints", "critical,CA:TRUE,pathlen:1").make();
    let between = Recipe::authority("between").by(&wide).make();
    trusted(&server().by(&between).make(), &[&between], &[&wide]);
}

#[test]
fn name_constraints_are_checked() {
    for (constraint, names, right) in [
        ("critical,permitted;DNS:example.com", "DNS:git.example.com", true),
        ("permitted;DNS:example.com", "DNS:git.example.com", true),
        ("critical,permitted;DNS:.example.com", "DNS:git.example.com", true),
        ("critical,permitted;DNS:other.com", "DNS:git.example.com", false),
        ("permitted;DNS:other.com", "DNS:git.example.com", false),
        ("critical,excluded;DNS:example.com", "DNS:git.example.com", false),
        ("critical,excluded;DNS:git.example.com", "DNS:git.example.com,DNS:*.example.com", false),
        ("critical,excluded;DNS:git.example.com", "DNS:*.example.com", false),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "DNS:git.example.com,IP:10.1.2.3", true),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "DNS:git.example.com,IP:11.1.2.3", false),
        ("critical,permitted;IP:10.0.0.0/255.0.0.0", "DNS:git.example.com,IP:fd00::1", false),
        ("critical,excluded;IP:fd00::/ff00::", "DNS:git.example.com,IP:fd00::1", false),
        ("critical,permitted;URI:.example.com", "DNS:git.example.com,URI:https://a.example.com/x", true),
        ("critical,permitted;URI:.example.com", "DNS:git.example.com,URI:https://10.0.0.1/x", false),
        ("critical,permitted;email:example.com", "DNS:git.example.com,email:me@example.com", true),
        ("critical,permitted;email:me@example.com", "DNS:git.example.com,email:you@example.com", false),
    ] {
        let root = Recipe::authority("root").make();
        let between = Recipe::authority("limited").with("nameConstraints", constraint).by(&root).make();
        let refusal = refusal_of(&Recipe::server(names).by(&between).make(), &[&between], &[&root], HOST);
        assert_eq!(refusal.is_none(), right, "{constraint} {names}: {refusal:?}");
        assert!(matches!(refusal, None | Some(Untrusted::NotPermitted { .. })), "{refusal:?}");
        let pinned = Recipe::authority("limited").with("nameConstraints", constraint).make();
        let refusal = refusal_of(&Recipe::server(names).by(&pinned).make(), &[], &[&pinned], HOST);
        assert_eq!(refusal.is_none(), right, "the root limits as well: {constraint} {names}");
    }
}

#[test]
fn extended_key_usage_is_checked_along_the_chain() {
    let root = Recipe::authority("root").make();
    for (purpose, right) in [
        ("serverAuth", true),
        ("critical,serverAuth,clientAuth", true),
        ("anyExtendedKeyUsage", true),
        ("clientAuth", false),
        ("1.2.3.4", false),
    ] {
        let leaf = server().with("extendedKeyUsage", purpose).by(&root).make();
        let between = Recipe::authority("between").with("extendedKeyUsage", purpose).by(&root).make();
        let below = server().by(&between).make();
        for refusal in
            [refusal_of(&leaf, &[], &[&root], HOST), refusal_of(&below, &[&between], &[&root], HOST)]
        {
            assert_eq!(refusal.is_none(), right, "{purpose}: {refusal:?}");
            assert!(matches!(refusal, None | Some(Untrusted::NotForServers { .. })), "{refusal:?}");
        }
    }
    // Key usage of leaves is not checked.
    trusted(&server().with("keyUsage", "critical,keyAgreement").by(&root).make(), &[], &[&root]);
}

#[test]
fn signatures_with_weak_hashes_are_refused() {
    let root = Recipe::authority("root").digest(MessageDigest::sha1()).make();
    trusted(&server().by(&root).make(), &[], &[&root]);
    for digest in [MessageDigest::sha1(), MessageDigest::md5()] {
        let rsa = Recipe::authority("root").key(Key::Rsa(2048).make()).make();
        let refusal = refused(&server().digest(digest).by(&rsa).make(), &[], &[&rsa]);
        assert!(matches!(refusal, Untrusted::Insecure { .. }), "{refusal}");
    }
    let between = Recipe::authority("between").digest(MessageDigest::sha1()).by(&root).make();
    let refusal = refused(&server().by(&between).make(), &[&between], &[&root]);
    assert!(matches!(&refusal, Untrusted::Insecure { algorithm: "SHA-1", .. }), "{refusal}");
}

#[test]
fn short_rsa_keys_are_refused() {
    let root = Recipe::authority("root").make();
    let leaf = server().key(Key::Rsa(768).make()).by(&root).make();
    assert!(matches!(refused(&leaf, &[], &[&root]), Untrusted::KeySize { bits: 768, .. }));
    let short = Recipe::authority("short").key(Key::Rsa(768).make()).make();
    assert!(matches!(refused(&server().by(&short).make(), &[], &[&short]), Untrusted::KeySize { .. }));
}

#[test]
fn unknown_critical_extensions_are_refused() {
    let root = Recipe::authority("root").make();
    let leaf = server().with("1.2.3.4.5", "critical,DER:0500").by(&root).make();
    assert!(matches!(refused(&leaf, &[], &[&root]), Untrusted::CriticalExtension { .. }));
    trusted(&server().with("1.2.3.4.5", "DER:0500").by(&root).make(), &[], &[&root]);
    let limited = Recipe::authority("limited").with("nameConstraints", "critical,permitted;RID:1.2.3").make();
    assert!(matches!(
        refused(&server().by(&limited).make(), &[], &[&limited]),
        Untrusted::CriticalExtension { .. }
    ));
}

#[test]
fn policy_constraints_are_checked() {
    let root = Recipe::authority("root").make();
    let demanding = |policies| {
        Recipe::authority("demanding")
            .with("policyConstraints", "critical,requireExplicitPolicy:0")
            .with("certificatePolicies", policies)
            .by(&root)
            .make()
    };
    let between = demanding("1.2.3.4");
    trusted(&server().with("certificatePolicies", "1.2.3.4").by(&between).make(), &[&between], &[&root]);
    for leaf in
        [server().by(&between).make(), server().with("certificatePolicies", "1.2.3.5").by(&between).make()]
    {
        assert_eq!(refused(&leaf, &[&between], &[&root]), Untrusted::Policies);
    }
}
