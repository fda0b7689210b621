//! Encrypted values: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::symm::{Cipher, decrypt_aead};

use super::error::{Error, Result};
use super::tree::Scalar;

/// The key that encrypts the values of a file.
pub(super) struct DataKey(Vec<u8>);

impl DataKey {
    /// Returns a key, which must have 32 bytes.
    pub fn new(key: Vec<u8>) -> Result<Self> {
        match key.len() {
            32 => Ok(Self(key)),
            _ => Err(Error::Metadata { field: "age", what: "the data key is not 32 bytes long" }),
        }
    }

    /// Decrypts a value that was encrypted for `place`.
    pub fn open(&self, text: &str, place: &str) -> Result<Scalar> {
        // SOPS does not encrypt empty values.
        if text.is_empty() {
            return Ok(Scalar::Text(Vec::new()));
        }
        let fail = |what| Error::Value { path: place.trim_end_matches(':').to_owned(), what };
        let sealed = Sealed::parse(text).ok_or_else(|| fail("it is not of the form ENC[AES256_GCM,…]"))?;
        let content = decrypt_aead(
            Cipher::aes_256_gcm(),
            &self.0,
            Some(&sealed.iv),
            place.as_bytes(),
            &sealed.data,
            &sealed.tag,
        )
        .map_err(|_| fail("it is damaged, or was moved here from another field"))?;
        sealed.typed(content).ok_or_else(|| fail("its value does not match its type"))
    }
}

struct Sealed<'a> {
    data: Vec<u8>,
    iv: Vec<u8>,
    tag: Vec<u8>,
    kind: &'a str,
}

impl<'a> Sealed<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (data, rest) = text.strip_prefix("ENC[AES256_GCM,data:")?.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, kind) = rest.split_once(",type:")?;
        let kind = &kind[..kind.rfind(']')?];
        let decode = |text: &str| STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
        Some(Self { data: decode(data)?, iv: decode(iv)?, tag: decode(tag)?, kind })
    }

    fn typed(&self, content: Vec<u8>) -> Option<Scalar> {
        let text = || std::str::from_utf8(&content).ok();
        Some(match self.kind {
            "str" | "bytes" | "comment" | "time" => Scalar::Text(content),
            "int" => Scalar::Int(text()?.parse().ok()?),
            "float" => Scalar::Float(text()?.parse().ok()?),
            "bool" => Scalar::Bool(match text()? {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
                "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
                _ => return None,
            }),
            _ => return None,
        })
    }
}
