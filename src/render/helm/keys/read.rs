//! Keys that a chart or its values have.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;

use edgeflux_helm::functions::KeyForm;

/// Reads a key of a form, and checks it as Go does. Errors have Go's messages, but for what is not DER.
pub(super) fn read(form: KeyForm, der: &[u8]) -> Result<PKey<Private>, String> {
    let key = parse(form, der).map_err(|_| advice(form, der))?;
    match key.id() {
        Id::RSA => check_rsa(&key),
        Id::EC => check_ec(&key),
        Id::DSA | Id::ED25519 | Id::X25519 => Ok(()),
        _ => Err("x509: PKCS#8 wrapping contained private key with unknown algorithm".to_owned()),
    }?;
    Ok(key)
}

/// Reads a key without checks.
pub(super) fn parse(form: KeyForm, der: &[u8]) -> Result<PKey<Private>, ErrorStack> {
    match form {
        KeyForm::Rsa => PKey::from_rsa(Rsa::private_key_from_der(der)?),
        KeyForm::Ec => PKey::from_ec_key(EcKey::private_key_from_der(der)?),
        KeyForm::Pkcs8 => PKey::private_key_from_pkcs8(der),
        KeyForm::Dsa => PKey::from_dsa(PKey::private_key_from_der(der)?.dsa()?),
    }
}

/// What is wrong with a key that cannot be read: often only the label of its PEM block.
fn advice(form: KeyForm, der: &[u8]) -> String {
    for (other, function) in [
        (KeyForm::Ec, "ParseECPrivateKey"),
        (KeyForm::Pkcs8, "ParsePKCS8PrivateKey"),
        (KeyForm::Rsa, "ParsePKCS1PrivateKey"),
    ] {
        if form != KeyForm::Dsa && form != other && parse(other, der).is_ok() {
            return format!("x509: failed to parse private key (use {function} instead for this key format)");
        }
    }
    "malformed private key".to_owned()
}

fn check_rsa(key: &PKey<Private>) -> Result<(), String> {
    let check = || -> Result<bool, ErrorStack> {
        let key = key.rsa()?;
        let (Some(first), Some(second)) = (key.p(), key.q()) else { return Ok(false) };
        let mut context = BigNumContext::new()?;
        let (mut product, mut power) = (BigNum::new()?, BigNum::new()?);
        product.checked_mul(first, second, &mut context)?;
        power.checked_mul(key.d(), key.e(), &mut context)?;
        let one = BigNum::from_u32(1)?;
        let mut is_inverse = |prime: &BigNumRef| -> Result<bool, ErrorStack> {
            let (mut less_one, mut rest) = (prime.to_owned()?, BigNum::new()?);
            less_one.sub_word(1)?;
            rest.nnmod(&power, &less_one, &mut context)?;
            Ok(rest == one)
        };
        let is_factor = |prime: &BigNumRef| !prime.is_negative() && prime > &*one;
        Ok(is_factor(first)
            && is_factor(second)
            && &*product == key.n()
            && is_inverse(first)?
            && is_inverse(second)?)
    };
    match check() {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err("crypto/rsa: invalid private key".to_owned()),
    }
}

fn check_ec(key: &PKey<Private>) -> Result<(), String> {
    let key = key.ec_key().map_err(|error| error.to_string())?;
    match key.group().curve_name() {
        Some(Nid::SECP224R1 | Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1) => {}
        _ => return Err("x509: unknown elliptic curve".to_owned()),
    }
    key.check_key().map_err(|_| "invalid private key".to_owned())
}
