//! Functions for keys and certificates. Templates that name them parse; a call is an error, since this crate makes none.

use crate::template::{Error, Functions, Signature, Type};

const TEXT: Type = Type::String;
const CERTIFICATE: Type = Type::Object("sprig.certificate");

pub fn add(functions: &mut Functions) {
    functions.add("genPrivateKey", Signature::new(&[TEXT]), |_, _| refused("genPrivateKey"));
    functions.add("buildCustomCert", Signature::new(&[TEXT, TEXT]), |_, _| refused("buildCustomCert"));
    functions.add("genCA", Signature::new(&[TEXT, Type::Int]), |_, _| refused("genCA"));
    functions.add("genCAWithKey", Signature::new(&[TEXT, Type::Int, TEXT]), |_, _| refused("genCAWithKey"));
    functions.add("genSelfSignedCert", Signature::new(&[TEXT, Type::List, Type::List, Type::Int]), |_, _| {
        refused("genSelfSignedCert")
    });
    functions.add(
        "genSelfSignedCertWithKey",
        Signature::new(&[TEXT, Type::List, Type::List, Type::Int, TEXT]),
        |_, _| refused("genSelfSignedCertWithKey"),
    );
    functions.add(
        "genSignedCert",
        Signature::new(&[TEXT, Type::List, Type::List, Type::Int, CERTIFICATE]),
        |_, _| refused("genSignedCert"),
    );
    functions.add(
        "genSignedCertWithKey",
        Signature::new(&[TEXT, Type::List, Type::List, Type::Int, CERTIFICATE, TEXT]),
        |_, _| refused("genSignedCertWithKey"),
    );
}

fn refused<T>(name: &str) -> Result<T, Error> {
    Err(Error::new(format!("{name} is not supported: keys and certificates cannot be made offline")))
}
