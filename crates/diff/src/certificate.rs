//! Summaries of certificates, which show how two of them differ.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1TimeRef;
use openssl::nid::Nid;
use openssl::x509::{X509, X509NameRef};

/// Summarizes the first PEM block in `text`, if it is a certificate.
pub(super) fn summary(text: &str) -> Option<String> {
    let certificate = X509::from_der(&pem_block(text)?).ok()?;
    let subject = certificate.subject_name();
    let serial = certificate.serial_number().to_bn().ok()?;
    let hex = serial.to_hex_str().ok()?.to_ascii_lowercase();
    let hex = match hex.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    Some(format!(
        "Subject:
  Common Name: {}
  Organization: {}
  Organization Unit: {}
  Locality: {}
  State: {}
  Country: {}
Validity Period:
  NotBefore: {}
  NotAfter: {}
Issuer: {}, {}
Serial Number: {} (0x{hex})
",
        last(subject, Nid::COMMONNAME),
        all(subject, Nid::ORGANIZATIONNAME),
        all(subject, Nid::ORGANIZATIONALUNITNAME),
        all(subject, Nid::LOCALITYNAME),
        all(subject, Nid::STATEORPROVINCENAME),
        all(subject, Nid::COUNTRYNAME),
        time(certificate.not_before()),
        time(certificate.not_after()),
        last(certificate.issuer_name(), Nid::COMMONNAME),
        all(certificate.issuer_name(), Nid::ORGANIZATIONNAME),
        serial.to_dec_str().ok()?,
    ))
}

/// Returns the bytes of the first PEM block.
fn pem_block(text: &str) -> Option<Vec<u8>> {
    let start = text.find("-----BEGIN ")?;
    let (label, rest) = text[start + "-----BEGIN ".len()..].split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(body).ok()
}

fn values(name: &X509NameRef, field: Nid) -> Vec<String> {
    let text = |entry: &openssl::x509::X509NameEntryRef| entry.data().to_string();
    name.entries_by_nid(field).filter_map(|entry| text(entry).ok()).collect()
}

fn all(name: &X509NameRef, field: Nid) -> String {
    values(name, field).join(" ")
}

fn last(name: &X509NameRef, field: Nid) -> String {
    values(name, field).pop().unwrap_or_default()
}

/// Formats a time as Go does: OpenSSL pads days with a space and calls the zone GMT.
fn time(time: &Asn1TimeRef) -> String {
    let text = time.to_string().replace("GMT", "UTC");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
