//! Private keys in PEM, as Sprig reads them.

use super::pem;
use super::provider::{KeyForm, Keys, PrivateKey};

/// Most bytes of a key in DER: those of an RSA key with 16384 bits.
const MAX_KEY: usize = 10 << 10;

/// The form of the first block of a text, and the key in it. Errors have Sprig's messages.
pub fn block(text: &[u8]) -> Result<(KeyForm, Vec<u8>), String> {
    let block = pem::decode(text).ok_or("no PEM data in input")?;
    let label = String::from_utf8_lossy(&block.label);
    let form = match (&*label, label.strip_suffix(" PRIVATE KEY")) {
        ("PRIVATE KEY", _) => KeyForm::Pkcs8,
        (_, None) => return Err(format!("no private key data in PEM block of type {label}")),
        (_, Some("RSA")) => KeyForm::Rsa,
        (_, Some("EC")) => KeyForm::Ec,
        (_, Some("DSA")) => KeyForm::Dsa,
        (_, Some(_)) => return Err(format!("invalid private key type {label}")),
    };
    if block.content.len() > MAX_KEY {
        return Err(format!("exceeded maximum of {MAX_KEY} bytes of a private key"));
    }
    Ok((form, block.content))
}

/// Reads a key. Errors have Sprig's messages, with the provider's at the end.
pub fn read(keys: &dyn Keys, form: KeyForm, der: &[u8]) -> Result<PrivateKey, String> {
    keys.read(form, der).map_err(|message| match form {
        KeyForm::Pkcs8 => format!("decoding PEM as PKCS#8: {message}"),
        KeyForm::Rsa => format!("parsing RSA private key from PEM: {message}"),
        KeyForm::Ec => format!("parsing EC private key from PEM: {message}"),
        KeyForm::Dsa => format!("parsing DSA private key from PEM: {message}"),
    })
}
