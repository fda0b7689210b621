//! Packets, subpackets and multi-precision integers (RFC 9580, sections 3.2, 4 and 5.2.3.7).

/// Packet.
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// Reader of a slice. All methods return `None` at its end.
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

    /// Reads the magnitude of a multi-precision integer.
    pub(super) fn mpi(&mut self) -> Option<&'a [u8]> {
        let bits = usize::from(self.u16()?);
        self.take(bits.div_ceil(8))
    }

    /// Skips multi-precision integers.
    pub(super) fn mpis(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            self.mpi()?;
        }
        Some(())
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

/// Splits bytes into packets. Returns `None` if they are cut, or in a form that key rings never have.
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

/// Reads a length in the new format. Partial lengths, which keys never have, are not supported.
fn new_length(reader: &mut Reader<'_>) -> Option<usize> {
    match reader.u8()? {
        first @ 0..=191 => Some(usize::from(first)),
        first @ 192..=223 => Some(((usize::from(first) - 192) << 8) + usize::from(reader.u8()?) + 192),
        255 => usize::try_from(reader.u32()?).ok(),
        _ => None,
    }
}

/// Returns the subpackets of a signature: type (without the critical bit) and content. Damaged ones end the list.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_with_their_bits() {
        let mut out = Vec::new();
        push_mpi(&mut out, &[0, 1, 0xff]);
        assert_eq!(out, [0, 9, 1, 0xff]);
        assert_eq!(Reader(&out).mpi(), Some(&[1, 0xff][..]));
    }

    #[test]
    fn cut_bytes_are_refused() {
        assert!(packets(&[0x95, 0x01]).is_none());
        assert!(packets(&[0xc5, 5, 1]).is_none());
        assert!(packets(b"hello").is_none());
    }
}
