//! ASCII armor (RFC 9580, section 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::KeyringError;

/// Returns the packets of a key ring: the bytes themselves, or those of all private key blocks in its armor.
pub(super) fn decode(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    const BEGIN: &str = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
    const END: &str = "-----END PGP PRIVATE KEY BLOCK-----";
    const PUBLIC: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    // Programs on Windows write a byte order mark.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| KeyringError::NotAKeyring)?;
    let mut out = Zeroizing::new(Vec::new());
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (block, more) = after.split_once(END).ok_or(KeyringError::NotAKeyring)?;
        rest = more;
        // Headers (`Comment: …`) come first, and the checksum, which RFC 9580 tells to ignore, last.
        let lines = block.lines().skip(1).skip_while(|line| line.contains(':')).map(str::trim);
        let base64: Zeroizing<String> =
            Zeroizing::new(lines.take_while(|line| !line.starts_with('=')).collect());
        let decoded = Zeroizing::new(STANDARD.decode(&*base64).map_err(|_| KeyringError::NotAKeyring)?);
        out.extend_from_slice(&decoded);
    }
    if !out.is_empty() {
        Ok(out)
    } else if text.contains(PUBLIC) {
        Err(KeyringError::NoPrivateKey)
    } else {
        Err(KeyringError::NotAKeyring)
    }
}

/// Returns a signature in armor, without a line feed at its end.
pub(super) fn signature(packet: &[u8]) -> String {
    let checksum = crc24(packet).to_be_bytes();
    format!(
        "-----BEGIN PGP SIGNATURE-----\n\n{}={}\n-----END PGP SIGNATURE-----",
        super::super::base64_lines(packet, 64),
        STANDARD.encode(&checksum[1..])
    )
}

/// Checksum of armor. Old versions of GnuPG expect it.
fn crc24(bytes: &[u8]) -> u32 {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_rfc() {
        // The published check value of CRC-24/OPENPGP.
        assert_eq!(crc24(b"123456789"), 0x0021_cf02);
    }

    #[test]
    fn white_space_and_text_around_armor_do_not_matter() {
        let armor = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nComment:\nVersion: 1\n\nAQID\nBAUG\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----\n";
        for text in [
            armor.to_owned(),
            armor.replace('\n', "\r\n"),
            armor.replace("AQID\n", "AQID \n\n"),
            armor.replace("=abcd\n", ""),
            format!("\u{feff}{armor}"),
            format!("\n# mine\n{}\n", armor.trim_end()),
        ] {
            let decoded = decode(text.as_bytes()).expect("armor");
            assert_eq!(decoded.as_slice(), [1, 2, 3, 4, 5, 6], "{text:?}");
        }
    }
}
