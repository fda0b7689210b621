//! Functions for keys and certificates, by the keys that the caller provides.
//!
//! Randomness and time come from the context, so that two renders make the same keys and certificates.

mod certificate;
mod der;
mod maker;
mod pem;
mod private_key;
mod provider;

use super::arguments::{TEXT, TWO_TEXTS, bytes, lossy, text};
use super::encodings::from_base64;
use crate::template::{Call, Error, Functions, Object, Shape, Signature, Type, Value};
use maker::Maker;

pub use provider::{Algorithm, KeyForm, KeyKind, Keys, PrivateKey, Subject};

const CERTIFICATE: &str = "sprig.certificate";

const AUTHORITY: &[Type] = &[Type::String, Type::Int];
const AUTHORITY_WITH_KEY: &[Type] = &[Type::String, Type::Int, Type::String];
const SELF_SIGNED: &[Type] = &[Type::String, Type::List, Type::List, Type::Int];
const SELF_SIGNED_WITH_KEY: &[Type] = &[Type::String, Type::List, Type::List, Type::Int, Type::String];
const SIGNED: &[Type] = &[Type::String, Type::List, Type::List, Type::Int, Type::Object(CERTIFICATE)];
const SIGNED_WITH_KEY: &[Type] =
    &[Type::String, Type::List, Type::List, Type::Int, Type::Object(CERTIFICATE), Type::String];

pub fn add(functions: &mut Functions) {
    functions.add("genPrivateKey", Signature::new(TEXT), |call, values| {
        let kind = match bytes(&values[0]) {
            b"" | b"rsa" => KeyKind::Rsa(4096),
            b"dsa" => KeyKind::Dsa,
            b"ecdsa" => KeyKind::Ecdsa,
            b"ed25519" => KeyKind::Ed25519,
            _ => return Ok(text(format!("Unknown type {}", lossy(&values[0])))),
        };
        let mut maker = Maker::new(call, "genPrivateKey")?;
        Ok(text(match maker.new_key(kind)? {
            Ok(key) => pem::encode(key.form.label(), &key.der),
            Err(message) => format!("failed to generate private key: {message}"),
        }))
    });
    functions.add("buildCustomCert", Signature::new(TWO_TEXTS), custom);
    functions.add("genCA", Signature::new(AUTHORITY), |call, values| {
        Maker::new(call, "genCA")?.authority(&values[0], &values[1], None)
    });
    functions.add("genCAWithKey", Signature::new(AUTHORITY_WITH_KEY), |call, values| {
        Maker::new(call, "genCAWithKey")?.authority(&values[0], &values[1], Some(&values[2]))
    });
    functions.add("genSelfSignedCert", Signature::new(SELF_SIGNED), |call, values| {
        Maker::new(call, "genSelfSignedCert")?.self_signed(values, None)
    });
    functions.add("genSelfSignedCertWithKey", Signature::new(SELF_SIGNED_WITH_KEY), |call, values| {
        Maker::new(call, "genSelfSignedCertWithKey")?.self_signed(values, values.last())
    });
    functions.add("genSignedCert", Signature::new(SIGNED), |call, values| {
        Maker::new(call, "genSignedCert")?.signed(values, &values[4], None)
    });
    functions.add("genSignedCertWithKey", Signature::new(SIGNED_WITH_KEY), |call, values| {
        Maker::new(call, "genSignedCertWithKey")?.signed(values, &values[4], values.last())
    });
}

/// A certificate and key that the user has, which are checked.
fn custom(call: &mut Call<'_>, values: &[Value]) -> Result<Value, Error> {
    let mut maker = Maker::new(call, "buildCustomCert")?;
    let decoded = |value, what| {
        from_base64(bytes(value)).map_err(|_| Error::new(format!("unable to decode base64 {what}")))
    };
    let (cert, key) = (decoded(&values[0], "certificate")?, decoded(&values[1], "private key")?);
    maker.subject(&cert, "decodedCert")?;
    maker.existing_key(&key).map_err(|error| error.wrap("error parsing private key: "))?;
    maker.certificate(cert, key)
}

/// What the functions for certificates return.
#[derive(Debug)]
struct Certificate {
    cert: Value,
    key: Value,
}

impl Certificate {
    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", self.cert.clone()), ("Key", self.key.clone())]
    }
}

impl Object for Certificate {
    fn type_name(&self) -> String {
        CERTIFICATE.to_owned()
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find_map(|(field, value)| (field == name).then_some(value))
    }

    fn shape(&self) -> Shape {
        Shape::Fields { pointer: false, fields: self.fields() }
    }
}
