//! OpenPGP's framing (RFC 4880, sections 4, 5.2.3.1 and 6): packets, subpackets, multi-precision integers, armour.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A packet's tag and body.
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// Reads from a slice and fails softly at its end.
#[derive(Clone)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A multi-precision integer's magnitude.
    pub(super) fn mpi(&mut self) -> Option<&'a [u8]> {
        let bits = usize::from(self.u16()?);
        self.take(bits.div_ceil(8))
    }
}

/// Appends a multi-precision integer given by its magnitude.
pub(super) fn push_mpi(out: &mut Vec<u8>, magnitude: &[u8]) {
    let start = magnitude.iter().position(|b| *b != 0).unwrap_or(magnitude.len());
    let digits = &magnitude[start..];
    let bits = digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize);
    let bits = u16::try_from(bits).expect("signatures have at most 16384 bits");
    out.extend_from_slice(&bits.to_be_bytes());
    out.extend_from_slice(digits);
}

/// Splits a byte stream into packets; `None` when it is cut or of a form that key rings never have.
pub(super) fn packets(bytes: &[u8]) -> Option<Vec<Packet<'_>>> {
    let mut reader = Reader(bytes);
    let mut out = Vec::new();
    while !reader.0.is_empty() {
        let header = reader.u8()?;
        if header & 0x80 == 0 {
            return None;
        }
        let (tag, length) = if header & 0x40 != 0 {
            (header & 0x3f, new_length(&mut reader)?)
        } else {
            let length = match header & 3 {
                0 => usize::from(reader.u8()?),
                1 => usize::from(reader.u16()?),
                2 => usize::try_from(reader.u32()?).ok()?,
                _ => reader.0.len(),
            };
            (header >> 2 & 0x0f, length)
        };
        out.push(Packet { tag, body: reader.take(length)? });
    }
    Some(out)
}

/// A length in the new format; the same for packets and subpackets but for partial bodies, which keys never have.
fn new_length(reader: &mut Reader<'_>) -> Option<usize> {
    match reader.u8()? {
        first @ 0..=191 => Some(usize::from(first)),
        first @ 192..=223 => Some(((usize::from(first) - 192) << 8) + usize::from(reader.u8()?) + 192),
        255 => usize::try_from(reader.u32()?).ok(),
        _ => None,
    }
}

/// The subpackets of a signature: type (without the critical bit) and content.
pub(super) fn subpackets(bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut reader = Reader(bytes);
    let mut out = Vec::new();
    while !reader.0.is_empty() {
        let Some(length) = subpacket_length(&mut reader) else {
            break;
        };
        let Some([kind, content @ ..]) = reader.take(length) else {
            break;
        };
        out.push((kind & 0x7f, content));
    }
    out
}

fn subpacket_length(reader: &mut Reader<'_>) -> Option<usize> {
    match reader.u8()? {
        first @ 0..=191 => Some(usize::from(first)),
        255 => usize::try_from(reader.u32()?).ok(),
        first => Some(((usize::from(first) - 192) << 8) + usize::from(reader.u8()?) + 192),
    }
}

/// The bytes of a key ring: as they are, or out of every private key block of its armour.
pub(super) fn dearmour(bytes: &[u8]) -> Option<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
    const END: &str = "-----END PGP PRIVATE KEY BLOCK-----";
    // Programs on Windows put a byte order mark before text.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.first().is_some_and(|b| b & 0x80 != 0) {
        return Some(bytes.to_vec());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (block, more) = after.split_once(END)?;
        rest = more;
        let base64: String = block
            .lines()
            .skip(1)
            // Headers (`Comment: …`) end at the first empty line.
            .skip_while(|line| line.contains(':'))
            .map(str::trim)
            .take_while(|line| !line.starts_with('='))
            .collect();
        out.extend(STANDARD.decode(base64).ok()?);
    }
    (!out.is_empty()).then_some(out)
}

/// An armoured signature without a line feed at its end.
pub(super) fn armour_signature(packet: &[u8]) -> String {
    let checksum = crc24(packet).to_be_bytes();
    format!(
        "-----BEGIN PGP SIGNATURE-----\n\n{}={}\n-----END PGP SIGNATURE-----",
        super::base64_lines(packet, 64),
        STANDARD.encode(&checksum[1..])
    )
}

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
    fn integers_know_their_bits() {
        let mut out = Vec::new();
        push_mpi(&mut out, &[0, 1, 0xff]);
        assert_eq!(out, [0, 9, 1, 0xff]);
        assert_eq!(Reader(&out).mpi(), Some(&[1, 0xff][..]));
    }

    #[test]
    fn white_space_and_text_around_armour_do_not_matter() {
        let armour = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nComment:\nVersion: 1\n\nAQID\nBAUG\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----\n";
        for text in [
            armour.to_owned(),
            armour.replace('\n', "\r\n"),
            armour.replace("AQID\n", "AQID \n\n"),
            format!("\u{feff}{armour}"),
            format!("\n# mine\n{}\n", armour.trim_end()),
        ] {
            assert_eq!(dearmour(text.as_bytes()).as_deref(), Some(&[1, 2, 3, 4, 5, 6][..]), "{text:?}");
        }
    }

    #[test]
    fn a_cut_stream_is_no_key_ring() {
        assert!(packets(&[0x95, 0x01]).is_none());
        assert!(packets(&[0xc5, 5, 1]).is_none());
        assert!(packets(b"hello").is_none());
    }
}
