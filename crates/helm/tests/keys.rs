//! Functions for keys and certificates: what they say about arguments, and what they ask the provider of keys for.

use std::rc::Rc;

use edgeflux_helm::functions::{self, Algorithm, Context, KeyForm, KeyKind, Keys, PrivateKey, Subject};
use edgeflux_helm::template::{Templates, Value};

/// Keys of a few bytes, which anyone can sign with.
#[derive(Debug)]
struct Toy;

impl Keys for Toy {
    fn generate(&self, kind: KeyKind, random: &mut dyn FnMut(&mut [u8])) -> Result<PrivateKey, String> {
        let mut der = vec![0; 4];
        random(&mut der);
        let form = match kind {
            KeyKind::Rsa(_) => KeyForm::Rsa,
            KeyKind::Dsa => return Err("no DSA".to_owned()),
            KeyKind::Ecdsa => KeyForm::Ec,
            KeyKind::Ed25519 => KeyForm::Pkcs8,
        };
        self.read(form, &der)
    }

    fn read(&self, form: KeyForm, der: &[u8]) -> Result<PrivateKey, String> {
        if der.len() != 4 {
            return Err(format!("{} bytes", der.len()));
        }
        // An algorithm without parameters, and a bit string.
        let public = [b"\x30\x0a\x30\x02\x05\x00\x03\x05\x00", der].concat();
        Ok(PrivateKey { form, der: der.to_vec(), public, algorithm: Some(Algorithm::Ed25519) })
    }

    fn sign(&self, key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>, String> {
        Ok([&key.der, &message[..2]].concat())
    }

    fn subject(&self, certificate: &[u8]) -> Result<Subject, String> {
        if certificate.len() < 100 {
            return Err("not a certificate".to_owned());
        }
        Ok(Subject { name: vec![0x30, 0], public: Vec::new(), key_id: Vec::new() })
    }
}

/// The output, or the message after the place.
fn rendered(template: &str, keys: Option<Rc<dyn Keys>>) -> String {
    let context = Context { seed: b"apps/web".to_vec(), now: 1_704_067_200_999_999_999, keys };
    let mut templates = Templates::new("t", functions::all(context));
    templates.parse("t", template).expect("a template");
    match templates.execute("t", Value::Nil) {
        Ok(output) => String::from_utf8(output).expect("UTF-8"),
        Err(error) => {
            let message = error.to_string();
            message.rsplit_once(">: ").map_or(message.clone(), |(_, end)| end.to_owned())
        }
    }
}

#[test]
fn without_a_provider_calls_are_errors() {
    for call in [
        r#"genPrivateKey "rsa""#,
        r#"buildCustomCert "" """#,
        r#"genCA "a" 1"#,
        r#"genCAWithKey "a" 1 """#,
        r#"genSelfSignedCert "a" nil nil 1"#,
        r#"genSelfSignedCertWithKey "a" nil nil 1 """#,
    ] {
        let name = call.split(' ').next().unwrap_or_default();
        assert_eq!(
            rendered(&format!("{{{{ {call} }}}}"), None),
            format!("error calling {name}: {name} is not supported: the context has no provider of keys")
        );
    }
    assert_eq!(rendered(r#"{{ genPrivateKey "x25519" }}"#, None), "Unknown type x25519");
}

#[test]
fn wrong_arguments_have_the_messages_of_sprig() {
    let block = |label: &str| format!(r#""-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n""#);
    let custom = |cert: &str, key: &str| format!("buildCustomCert (b64enc {cert}) (b64enc {key})");
    let cert = r#"(printf "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" (repeat 200 "A"))"#;
    let key = r#""-----BEGIN PRIVATE KEY-----\nAAAAAA==\n-----END PRIVATE KEY-----""#;
    for (call, message) in [
        (r#"genSelfSignedCert "a" (list 1.5) nil 1"#.to_owned(), "error parsing ip: 1.5 is not a string"),
        (r#"genSelfSignedCert "a" (list nil) nil 1"#.to_owned(), "error parsing ip: <nil> is not a string"),
        (r#"genSelfSignedCert "a" (list "1.2.3.04") nil 1"#.to_owned(), "error parsing ip: 1.2.3.04"),
        (r#"genSelfSignedCert "a" (list "fe80::1%eth0") nil 1"#.to_owned(), "error parsing ip: fe80::1%eth0"),
        (
            r#"genSelfSignedCert "a" nil (list (list "a" 1)) 1"#.to_owned(),
            "error processing alternate dns name: [a 1] is not a string",
        ),
        (
            r#"genSelfSignedCert "a" nil (list "bücher.example") 1"#.to_owned(),
            r#"error creating certificate: x509: "bücher.example" cannot be encoded as an IA5String"#,
        ),
        (
            r#"genSelfSignedCert "a\xff" nil nil 1"#.to_owned(),
            "error creating certificate: asn1: string not valid UTF-8",
        ),
        (r#"genCAWithKey "a" 1 "b""#.to_owned(), "parsing private key: no PEM data in input"),
        (
            format!(r#"genCAWithKey "a" 1 {}"#, block("EC PARAMETERS")),
            "parsing private key: no private key data in PEM block of type EC PARAMETERS",
        ),
        (
            format!(r#"genCAWithKey "a" 1 {}"#, block("OPENSSH PRIVATE KEY")),
            "parsing private key: invalid private key type OPENSSH PRIVATE KEY",
        ),
        (
            format!(r#"genCAWithKey "a" 1 {}"#, block("EC PRIVATE KEY")),
            "parsing private key: parsing EC private key from PEM: 3 bytes",
        ),
        (
            format!(r#"genCAWithKey "a" 1 {}"#, block("PRIVATE KEY")),
            "parsing private key: decoding PEM as PKCS#8: 3 bytes",
        ),
        (
            r#"genCAWithKey "a" 1 (printf "-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----" (repeat 20000 "A"))"#
                .to_owned(),
            "parsing private key: exceeded maximum of 10240 bytes of a private key",
        ),
        (r#"buildCustomCert "%" "%""#.to_owned(), "unable to decode base64 certificate"),
        (r#"buildCustomCert "" "%""#.to_owned(), "unable to decode base64 private key"),
        (r#"buildCustomCert "" """#.to_owned(), "unable to decode certificate"),
        (
            custom(&block("CERTIFICATE"), r#""""#),
            "error parsing certificate: decodedCert.Bytes: not a certificate",
        ),
        (custom(cert, r#""""#), "error parsing private key: no PEM data in input"),
        (
            format!(r#"genSignedCert "a" nil nil 1 ({})"#, custom(cert, key)),
            "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
        ),
    ] {
        let name = call.split(' ').next().unwrap_or_default();
        assert_eq!(
            rendered(&format!("{{{{ {call} }}}}"), Some(Rc::new(Toy))),
            format!("error calling {name}: {message}"),
            "{call}"
        );
    }
    assert_eq!(
        rendered(r#"{{ genPrivateKey "dsa" }}"#, Some(Rc::new(Toy))),
        "failed to generate private key: no DSA"
    );
    assert_eq!(
        rendered(r#"{{ genSignedCert "a" nil nil 1 (dict "Cert" "") }}"#, Some(Rc::new(Toy))),
        "wrong type for value; expected sprig.certificate; got map[string]interface {}"
    );
}

#[test]
fn a_certificate_has_two_fields() {
    let shown = |template: &str| rendered(template, Some(Rc::new(Toy)));
    let certificate = r#"{{ $cert := genCA "a" 1 }}"#;
    assert_eq!(
        shown(&format!("{certificate}{{{{ kindOf $cert }}}} {{{{ typeOf $cert }}}}")),
        "struct sprig.certificate"
    );
    assert_eq!(
        shown(&format!("{certificate}{{{{ toJson $cert | trunc 38 }}}}")),
        r#"{"Cert":"-----BEGIN CERTIFICATE-----\n"#
    );
    assert_eq!(
        shown(&format!(
            "{certificate}{{{{ printf \"{{%s %s}}\" $cert.Cert $cert.Key | eq (toString $cert) }}}}"
        )),
        "true"
    );
    assert_eq!(
        shown(&format!("{certificate}{{{{ eq $cert $cert }}}} {{{{ eq $cert (genCA \"a\" 1) }}}}")),
        "true false"
    );
    assert_eq!(
        shown(&format!("{certificate}{{{{ ($cert).Chain }}}}")),
        "can't evaluate field Chain in type sprig.certificate"
    );
}

#[test]
fn endless_key_generation_ends() {
    let message = rendered(r#"{{ range until 1000 }}{{ $_ := genCA "a" 1 }}{{ end }}"#, Some(Rc::new(Toy)));
    assert!(message.contains("exceeded maximum of") && message.ends_with("steps"), "{message}");
}
