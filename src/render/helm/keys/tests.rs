use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use regex::Regex;

use super::*;
use edgeflux_helm::functions::{self, Context};
use edgeflux_helm::template::{Templates, Value};
use std::rc::Rc;

/// Noon of the first of January 2024.
const NOON: i128 = 1_704_110_400_000_000_000;

/// Renders a template in a release.
fn try_render(release: &str, template: &str, values: Value) -> Result<String, String> {
    let context = Context { seed: release.as_bytes().to_vec(), now: NOON, keys: Some(Rc::new(OpenSsl)) };
    let mut templates = Templates::new("t", functions::all(context));
    templates.parse("t", template).expect("a template");
    match templates.execute("t", values) {
        Ok(output) => Ok(String::from_utf8(output).expect("UTF-8")),
        Err(error) => {
            let message = error.to_string();
            Err(message.split_once(">: ").map_or(message.clone(), |(_, end)| end.to_owned()))
        }
    }
}

fn render(template: &str) -> String {
    try_render("apps/web", template, Value::Nil).expect("output")
}

/// The certificates and the last key of a text.
fn parsed(text: &str) -> (Vec<X509>, PKey<Private>) {
    let key = text.rfind("-----BEGIN").expect("a key");
    let certificates = X509::stack_from_pem(text.as_bytes()).expect("certificates");
    (certificates, PKey::private_key_from_pem(&text.as_bytes()[key..]).expect("a key"))
}

/// What OpenSSL shows of a certificate, without the numbers that are random.
fn shown(certificate: &X509) -> String {
    let text = String::from_utf8(certificate.to_text().expect("a text")).expect("UTF-8");
    let hex = Regex::new(r"(?m)^ *([0-9a-f]{2}:)+([0-9a-f]{2})?\n").expect("a pattern");
    let id = Regex::new(r"([0-9A-F]{2}:){19}[0-9A-F]{2}").expect("a pattern");
    let text = id.replace_all(&text, "ID");
    hex.replace_all(&text, "").lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn an_authority_has_the_fields_that_sprig_sets() {
    let text = render(r#"{{ $ca := genCA "my-ca" 365 }}{{ $ca.Cert }}{{ $ca.Key }}"#);
    assert!(text.contains("-----END CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n"), "{text}");
    let (certificates, key) = parsed(&text);
    let [authority] = &certificates[..] else { panic!("{} certificates", certificates.len()) };
    assert!(authority.verify(&key).expect("a result"));
    assert_eq!(key.bits(), 2048);
    let id = authority.subject_key_id().expect("an identifier").as_slice();
    let bits = key.rsa().expect("RSA").public_key_to_der_pkcs1().expect("a public key");
    assert_eq!(id, &hash(MessageDigest::sha256(), &bits).expect("a hash")[..20]);
    insta::assert_snapshot!(shown(authority), @r"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
            Signature Algorithm: sha256WithRSAEncryption
            Issuer: CN=my-ca
            Validity
                Not Before: Jan  1 12:00:00 2024 GMT
                Not After : Dec 31 12:00:00 2024 GMT
            Subject: CN=my-ca
            Subject Public Key Info:
                Public Key Algorithm: rsaEncryption
                    Public-Key: (2048 bit)
                    Modulus:
                    Exponent: 65537 (0x10001)
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature, Key Encipherment, Certificate Sign
                X509v3 Extended Key Usage:
                    TLS Web Server Authentication, TLS Web Client Authentication
                X509v3 Basic Constraints: critical
                    CA:TRUE
                X509v3 Subject Key Identifier:
                    ID
        Signature Algorithm: sha256WithRSAEncryption
        Signature Value:
    ");
}

#[test]
fn a_signed_certificate_has_the_fields_that_sprig_sets() {
    let text = render(
        r#"{{ $ca := genCA "my-ca" 365 }}{{ $ca.Cert }}
{{- $cert := genSignedCert "*.example.com" (list "10.0.0.1" "::1" "::ffff:1.2.3.4") (list "a.example.com" "*.b") 30 $ca }}
{{ $cert.Cert }}{{ $cert.Key }}"#,
    );
    let (certificates, key) = parsed(&text);
    let [authority, certificate] = &certificates[..] else { panic!("{} certificates", certificates.len()) };
    assert!(certificate.verify(&*authority.public_key().expect("a key")).expect("a result"));
    assert!(certificate.public_key().expect("a key").public_eq(&key));
    assert!(!authority.public_key().expect("a key").public_eq(&key));
    assert_eq!(
        certificate.authority_key_id().expect("an identifier").as_slice(),
        authority.subject_key_id().expect("an identifier").as_slice()
    );
    insta::assert_snapshot!(shown(certificate), @r"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
            Signature Algorithm: sha256WithRSAEncryption
            Issuer: CN=my-ca
            Validity
                Not Before: Jan  1 12:00:00 2024 GMT
                Not After : Jan 31 12:00:00 2024 GMT
            Subject: CN=*.example.com
            Subject Public Key Info:
                Public Key Algorithm: rsaEncryption
                    Public-Key: (2048 bit)
                    Modulus:
                    Exponent: 65537 (0x10001)
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature, Key Encipherment
                X509v3 Extended Key Usage:
                    TLS Web Server Authentication, TLS Web Client Authentication
                X509v3 Basic Constraints: critical
                    CA:FALSE
                X509v3 Authority Key Identifier:
                    ID
                X509v3 Subject Alternative Name:
                    DNS:a.example.com, DNS:*.b, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:1.2.3.4
        Signature Algorithm: sha256WithRSAEncryption
        Signature Value:
    ");
}

#[test]
fn a_certificate_without_a_name_has_critical_alternative_names() {
    let text = render(
        r#"{{ $cert := genSelfSignedCert "" nil (list "a.example.com") 30000 }}{{ $cert.Cert }}{{ $cert.Key }}"#,
    );
    let (certificates, key) = parsed(&text);
    assert!(certificates[0].verify(&key).expect("a result"));
    insta::assert_snapshot!(shown(&certificates[0]), @r"
    Certificate:
        Data:
            Version: 3 (0x2)
            Serial Number:
            Signature Algorithm: sha256WithRSAEncryption
            Issuer:
            Validity
                Not Before: Jan  1 12:00:00 2024 GMT
                Not After : Feb 20 12:00:00 2106 GMT
            Subject:
            Subject Public Key Info:
                Public Key Algorithm: rsaEncryption
                    Public-Key: (2048 bit)
                    Modulus:
                    Exponent: 65537 (0x10001)
            X509v3 extensions:
                X509v3 Key Usage: critical
                    Digital Signature, Key Encipherment
                X509v3 Extended Key Usage:
                    TLS Web Server Authentication, TLS Web Client Authentication
                X509v3 Basic Constraints: critical
                    CA:FALSE
                X509v3 Subject Alternative Name: critical
                    DNS:a.example.com
        Signature Algorithm: sha256WithRSAEncryption
        Signature Value:
    ");
}

#[test]
fn keys_have_the_form_of_their_kind() {
    for (kind, label, id, bits) in [
        ("", "RSA PRIVATE KEY", Id::RSA, 4096),
        ("rsa", "RSA PRIVATE KEY", Id::RSA, 4096),
        ("dsa", "DSA PRIVATE KEY", Id::DSA, 2048),
        ("ecdsa", "EC PRIVATE KEY", Id::EC, 256),
        ("ed25519", "PRIVATE KEY", Id::ED25519, 256),
    ] {
        let text = render(&format!("{{{{ genPrivateKey {kind:?} }}}}"));
        assert!(text.starts_with(&format!("-----BEGIN {label}-----\n")), "{text}");
        assert!(text.ends_with(&format!("\n-----END {label}-----\n")), "{text}");
        let key = PKey::private_key_from_pem(text.as_bytes()).expect("a key");
        assert_eq!((key.id(), key.bits()), (id, bits));
        match id {
            Id::RSA => assert!(key.rsa().expect("RSA").check_key().expect("a result")),
            Id::EC => {
                let key = key.ec_key().expect("EC");
                assert_eq!(key.group().curve_name(), Some(Nid::X9_62_PRIME256V1));
                key.check_key().expect("a valid key");
            }
            Id::DSA => {
                let key = key.dsa().expect("DSA");
                let (mut context, mut power) =
                    (BigNumContext::new().expect("a context"), BigNum::new().expect("0"));
                assert_eq!(key.q().num_bits(), 256);
                assert!(key.p().is_prime(20, &mut context).expect("a result"));
                assert!(key.q().is_prime(20, &mut context).expect("a result"));
                power.mod_exp(key.g(), key.q(), key.p(), &mut context).expect("a power");
                assert_eq!(power, BigNum::from_u32(1).expect("1"));
                power.mod_exp(key.g(), key.priv_key(), key.p(), &mut context).expect("a power");
                assert!(power == *key.pub_key());
            }
            _ => {}
        }
    }
    assert_eq!(render(r#"{{ genPrivateKey "rsa " }}"#), "Unknown type rsa ");
}

#[test]
fn keys_of_every_kind_are_in_certificates() {
    let text = render(
        r#"{{ $ca := genCAWithKey "ü" -1 (genPrivateKey "ecdsa") }}{{ $ca.Cert }}
{{- $ed := genSignedCertWithKey "ed" nil nil 3 $ca (genPrivateKey "ed25519") }}{{ $ed.Cert }}
{{- $own := genSelfSignedCertWithKey "own" nil nil 3 $ed.Key }}{{ $own.Cert }}{{ $own.Key }}"#,
    );
    let (certificates, key) = parsed(&text);
    let [authority, certificate, own] = &certificates[..] else { panic!("{}", certificates.len()) };
    let authority_key = authority.public_key().expect("a key");
    assert!(authority.verify(&authority_key).expect("a result"));
    assert!(certificate.verify(&authority_key).expect("a result"));
    assert!(own.verify(&key).expect("a result"));
    assert_eq!((authority_key.id(), key.id()), (Id::EC, Id::ED25519));
    let algorithms = [authority, certificate, own].map(|it| it.signature_algorithm().object().nid());
    assert_eq!(algorithms, [Nid::ECDSA_WITH_SHA256, Nid::ECDSA_WITH_SHA256, Nid::from_raw(1087)]);
    for (curve, nid) in [
        (Nid::SECP224R1, Nid::ECDSA_WITH_SHA256),
        (Nid::SECP384R1, Nid::ECDSA_WITH_SHA384),
        (Nid::SECP521R1, Nid::ECDSA_WITH_SHA512),
    ] {
        let key = EcKey::generate(&EcGroup::from_curve_name(curve).expect("a curve")).expect("a key");
        let stored = key.private_key_to_pem().expect("PEM");
        let pkcs8 = PKey::from_ec_key(key).expect("a key").private_key_to_pem_pkcs8().expect("PEM");
        let values = Value::from(String::from_utf8(pkcs8).expect("UTF-8"));
        let template =
            r#"{{ $cert := genSelfSignedCertWithKey "a" nil nil 1 . }}{{ $cert.Cert }}{{ $cert.Key }}"#;
        let text = try_render("apps/web", template, values.clone()).expect("output");
        // Go writes the key in the form of its kind, whatever form it was read in.
        assert!(text.as_bytes().ends_with(&stored), "{text}");
        assert_eq!(text, try_render("apps/web", template, values).expect("output"));
        let (certificates, key) = parsed(&text);
        assert!(certificates[0].verify(&key).expect("a result"));
        assert_eq!(certificates[0].signature_algorithm().object().nid(), nid);
    }
}

#[test]
fn releases_have_keys_of_their_own_in_every_render() {
    let template = r#"{{ $ca := genCA "a" 1 }}{{ $ca.Cert }}{{ $ca.Key }}{{ genPrivateKey "ecdsa" }}
{{- genPrivateKey "ed25519" }}{{ genPrivateKey "dsa" }}{{ (genCAWithKey "b" 1 (genPrivateKey "ecdsa")).Cert }}"#;
    let once = render(template);
    assert_eq!(render(template), once);
    let blocks = |text: &str| -> Vec<String> { text.split("-----END ").map(str::to_owned).collect() };
    let other = try_render("apps/api", template, Value::Nil).expect("output");
    let equal = blocks(&once).into_iter().zip(blocks(&other)).filter(|(one, other)| one == other);
    // What comes after the last block.
    assert_eq!(equal.map(|(one, _)| one).collect::<Vec<_>>(), ["CERTIFICATE-----\n"]);
    let twice = render(r#"{{ genPrivateKey "ecdsa" }}{{ genPrivateKey "ecdsa" }}"#);
    let (first, second) = twice.split_at(twice.len() / 2);
    assert_ne!(first, second);
}

#[test]
fn a_custom_certificate_signs() {
    let text = render(
        r#"{{ $ca := genCA "a" 1 }}{{ $custom := buildCustomCert (b64enc $ca.Cert) (b64enc $ca.Key) }}
{{- if eq $custom.Cert $ca.Cert }}same {{ end }}{{ if eq $custom.Key $ca.Key }}same {{ end }}
{{ $cert := genSignedCert "b" nil nil 1 $custom }}{{ $ca.Cert }}{{ $cert.Cert }}{{ $cert.Key }}"#,
    );
    assert!(text.starts_with("same same \n-----BEGIN"), "{text}");
    let (certificates, _) = parsed(&text);
    assert!(certificates[1].verify(&*certificates[0].public_key().expect("a key")).expect("a result"));
}

#[test]
fn what_is_wrong_with_a_key_or_certificate_is_said() {
    let pem =
        |pem: Result<Vec<u8>, ErrorStack>| Value::from(String::from_utf8(pem.expect("PEM")).expect("UTF-8"));
    let relabeled = |value: &Value, old: &str, new: &str| Value::from(value.to_string().replace(old, new));
    let rsa = Rsa::generate(2048).expect("a key");
    let small = pem(Rsa::generate(512).expect("a key").private_key_to_pem());
    let curve = EcGroup::from_curve_name(Nid::SECP256K1).expect("a curve");
    let koblitz = pem(EcKey::generate(&curve).expect("a key").private_key_to_pem());
    let exchange = pem(PKey::generate_x25519().expect("a key").private_key_to_pem_pkcs8());
    let pkcs8 = pem(PKey::from_rsa(rsa.clone()).expect("a key").private_key_to_pem_pkcs8());
    let number = |number: &openssl::bn::BigNumRef| number.to_owned().expect("a number");
    let wrong = openssl::rsa::RsaPrivateKeyBuilder::new(number(rsa.n()), number(rsa.e()), number(rsa.n()))
        .and_then(|key| key.set_factors(number(rsa.p().expect("p")), number(rsa.q().expect("q"))))
        .and_then(|key| key.set_crt_params(number(rsa.e()), number(rsa.e()), number(rsa.e())))
        .expect("a key")
        .build();
    let wrong = pem(wrong.private_key_to_pem());
    let rsa = pem(rsa.private_key_to_pem());
    let own = r#"{{ genSelfSignedCertWithKey "a" nil nil 1 . }}"#;
    let key = "error calling genSelfSignedCertWithKey: parsing private key: ";
    let created = "error calling genSelfSignedCertWithKey: error creating certificate: ";
    for (template, value, message) in [
        (
            own,
            small,
            format!("{created}crypto/rsa: 512-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"),
        ),
        (own, koblitz, format!("{key}parsing EC private key from PEM: x509: unknown elliptic curve")),
        (own, exchange.clone(), format!("{created}x509: certificate private key does not implement crypto.Signer")),
        (
            own,
            relabeled(&pkcs8, " PRIVATE", " RSA PRIVATE"),
            format!(
                "{key}parsing RSA private key from PEM: x509: failed to parse private key (use ParsePKCS8PrivateKey \
                 instead for this key format)"
            ),
        ),
        (
            own,
            relabeled(&rsa, "RSA PRIVATE", "EC PRIVATE"),
            format!(
                "{key}parsing EC private key from PEM: x509: failed to parse private key (use ParsePKCS1PrivateKey \
                 instead for this key format)"
            ),
        ),
        (
            own,
            relabeled(&rsa, "RSA PRIVATE", "PRIVATE"),
            format!(
                "{key}decoding PEM as PKCS#8: x509: failed to parse private key (use ParsePKCS1PrivateKey instead for \
                 this key format)"
            ),
        ),
        (own, wrong, format!("{key}parsing RSA private key from PEM: crypto/rsa: invalid private key")),
        (
            r#"{{ genSelfSignedCertWithKey "a" nil nil 1 (genPrivateKey "dsa") }}"#,
            Value::Nil,
            format!("{created}x509: certificate private key does not implement crypto.Signer"),
        ),
        (
            r#"{{ genSignedCertWithKey "a" nil nil 1 (genCA "ca" 1) (genPrivateKey "dsa") }}"#,
            Value::Nil,
            "error calling genSignedCertWithKey: error creating certificate: x509: unsupported public key type: \
             *dsa.PublicKey"
                .to_owned(),
        ),
        (
            r#"{{ genSignedCertWithKey "a" nil nil 1 (genCA "ca" 1) . }}"#,
            exchange,
            "error calling genSignedCertWithKey: error creating certificate: x509: unsupported public key type: \
             *ecdh.PublicKey"
                .to_owned(),
        ),
        (
            r#"{{ $ca := genCA "ca" 1 }}{{ genSignedCert "a" nil nil 1 (buildCustomCert (b64enc $ca.Cert) (b64enc .)) }}"#,
            rsa,
            "error calling genSignedCert: error creating certificate: x509: provided PrivateKey doesn't match \
             parent's PublicKey"
                .to_owned(),
        ),
        (
            r#"{{ $ca := genCA "ca" 1 }}{{ buildCustomCert (b64enc .) (b64enc $ca.Key) }}"#,
            Value::from("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
            "error calling buildCustomCert: error parsing certificate: decodedCert.Bytes: x509: malformed certificate"
                .to_owned(),
        ),
    ] {
        assert_eq!(try_render("apps/web", template, value), Err(message), "{template}");
    }
}
