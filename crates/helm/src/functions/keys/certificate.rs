//! X.509 certificates with the fields that Sprig sets, and the extensions that Go's `x509.CreateCertificate` adds.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::der::{self, element, sequence, wrapping};
use super::provider::{KeyForm, Keys, PrivateKey, Subject};
use crate::functions::dates::Date;
use crate::template::quote;

const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";
const KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x0f";
const EXTENDED_KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x25";
const BASIC_CONSTRAINTS: &[u8] = b"\x06\x03\x55\x1d\x13";
const SUBJECT_KEY_ID: &[u8] = b"\x06\x03\x55\x1d\x0e";
const AUTHORITY_KEY_ID: &[u8] = b"\x06\x03\x55\x1d\x23";
const ALTERNATIVE_NAMES: &[u8] = b"\x06\x03\x55\x1d\x11";

/// Servers and clients.
const USAGES: &[u8] =
    b"\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";

/// What a certificate says.
#[derive(Debug)]
pub struct Fields {
    pub serial: [u8; 16],
    pub common_name: Vec<u8>,
    pub addresses: Vec<IpAddr>,
    pub names: Vec<Vec<u8>>,
    /// Seconds since 1970.
    pub not_before: i64,
    /// Seconds since 1970.
    pub not_after: i64,
    pub is_authority: bool,
}

/// Who signs a certificate.
#[derive(Debug, Clone, Copy)]
pub enum Issuer<'a> {
    /// The key of the certificate itself.
    Own,
    /// An authority with its key.
    Authority(&'a Subject, &'a PrivateKey),
}

impl Fields {
    /// The certificate in DER. Errors have Go's messages.
    pub fn signed(&self, keys: &dyn Keys, key: &PrivateKey, issuer: Issuer<'_>) -> Result<Vec<u8>, String> {
        let signer = match issuer {
            Issuer::Own => key,
            Issuer::Authority(_, key) => key,
        };
        let algorithm =
            signer.algorithm.ok_or("x509: certificate private key does not implement crypto.Signer")?;
        if key.algorithm.is_none() {
            let kind = if key.form == KeyForm::Dsa { "*dsa.PublicKey" } else { "*ecdh.PublicKey" };
            return Err(format!("x509: unsupported public key type: {kind}"));
        }
        let name = self.name()?;
        let (issuer_name, authority_id) = match issuer {
            Issuer::Own => (&name, &[][..]),
            Issuer::Authority(authority, _) if authority.name == name => (&name, &[][..]),
            Issuer::Authority(authority, _) => (&authority.name, &authority.key_id[..]),
        };
        if let Issuer::Authority(authority, _) = issuer
            && authority.public != signer.public
        {
            return Err("x509: provided PrivateKey doesn't match parent's PublicKey".to_owned());
        }
        let extensions = self.extensions(&key.public, authority_id)?;
        let contents = sequence(&[
            // Version 3.
            b"\xa0\x03\x02\x01\x02",
            &der::unsigned(&self.serial),
            algorithm.identifier(),
            issuer_name,
            &sequence(&[&time(self.not_before)?, &time(self.not_after)?]),
            &name,
            &key.public,
            &element(wrapping(3), &extensions),
        ]);
        let signature = keys.sign(signer, &contents)?;
        Ok(sequence(&[&contents, algorithm.identifier(), &der::bit_string(&signature)]))
    }

    fn name(&self) -> Result<Vec<u8>, String> {
        if self.common_name.is_empty() {
            return Ok(sequence(&[]));
        }
        let is_printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
        let tag = if self.common_name.iter().all(is_printable) {
            der::PRINTABLE_STRING
        } else if str::from_utf8(&self.common_name).is_ok() {
            der::UTF8_STRING
        } else {
            return Err("asn1: string not valid UTF-8".to_owned());
        };
        let attribute = sequence(&[COMMON_NAME, &element(tag, &self.common_name)]);
        Ok(sequence(&[&element(der::SET, &attribute)]))
    }

    fn extensions(&self, public: &[u8], authority_id: &[u8]) -> Result<Vec<u8>, String> {
        // digitalSignature, keyEncipherment, and keyCertSign of an authority.
        let usage: &[u8] = if self.is_authority { b"\x03\x02\x02\xa4" } else { b"\x03\x02\x05\xa0" };
        let constraints: &[u8] = if self.is_authority { b"\x30\x03\x01\x01\xff" } else { b"\x30\x00" };
        let mut all = vec![
            extension(KEY_USAGE, true, usage),
            extension(EXTENDED_KEY_USAGE, false, USAGES),
            extension(BASIC_CONSTRAINTS, true, constraints),
        ];
        if self.is_authority {
            let id = &Sha256::digest(bits(public).unwrap_or_default())[..20];
            all.push(extension(SUBJECT_KEY_ID, false, &element(der::OCTET_STRING, id)));
        }
        if !authority_id.is_empty() {
            let id = sequence(&[&element(der::numbered(0), authority_id)]);
            all.push(extension(AUTHORITY_KEY_ID, false, &id));
        }
        if !self.names.is_empty() || !self.addresses.is_empty() {
            let names = self.alternative_names()?;
            all.push(extension(ALTERNATIVE_NAMES, self.common_name.is_empty(), &names));
        }
        Ok(element(der::SEQUENCE, &all.concat()))
    }

    fn alternative_names(&self) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        for name in &self.names {
            if !name.is_ascii() {
                return Err(format!("x509: {} cannot be encoded as an IA5String", quote(name)));
            }
            all.extend(element(der::numbered(2), name));
        }
        for address in &self.addresses {
            all.extend(match address.to_canonical() {
                IpAddr::V4(address) => element(der::numbered(7), &address.octets()),
                IpAddr::V6(address) => element(der::numbered(7), &address.octets()),
            });
        }
        Ok(element(der::SEQUENCE, &all))
    }
}

fn extension(identifier: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &[der::BOOLEAN, 1, 0xff] } else { &[] };
    sequence(&[identifier, critical, &element(der::OCTET_STRING, value)])
}

/// The bits of a `SubjectPublicKeyInfo`, without its algorithm.
fn bits(public: &[u8]) -> Option<&[u8]> {
    let (_, content, _) = der::split(public)?;
    let (_, _, rest) = der::split(content)?;
    let (_, bits, _) = der::split(rest)?;
    bits.get(1..)
}

/// A time, with two digits for years from 1950 to 2049 and four for others.
fn time(seconds: i64) -> Result<Vec<u8>, String> {
    let Date { year, month, day } = Date::from_days(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60);
    match year {
        1950..=2049 => Ok(element(der::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())),
        0..=9999 => Ok(element(der::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())),
        _ => Err("asn1: structure error: cannot represent time as GeneralizedTime".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_four_digits_for_other_centuries() {
        for (seconds, tag, text) in [
            (-631_152_001, der::GENERALIZED_TIME, "19491231235959Z"),
            (-631_152_000, der::UTC_TIME, "500101000000Z"),
            (1_704_067_200, der::UTC_TIME, "240101000000Z"),
            (2_524_607_999, der::UTC_TIME, "491231235959Z"),
            (2_524_608_000, der::GENERALIZED_TIME, "20500101000000Z"),
        ] {
            assert_eq!(time(seconds), Ok(element(tag, text.as_bytes())));
        }
        assert!(time(i64::MAX / 1_000_000).is_err());
    }
}
