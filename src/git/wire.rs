//! Data types of the SSH wire format (RFC 4251, section 5) that keys and signatures need.

/// Writer of SSH's wire format.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn u32(self, value: u32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn string(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).expect("keys and signatures are far below 4 GiB");
        self.u32(length).raw(bytes)
    }

    /// Writes a non-negative integer, given by its big-endian magnitude.
    pub(super) fn mpint(self, magnitude: &[u8]) -> Self {
        let start = magnitude.iter().position(|b| *b != 0).unwrap_or(magnitude.len());
        let digits = &magnitude[start..];
        if digits.first().is_some_and(|b| b & 0x80 != 0) {
            // A leading zero keeps the number positive.
            return self.string(&[&[0], digits].concat());
        }
        self.string(digits)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reader of SSH's wire format.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.take(length)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_be_bytes)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }
}

/// Returns the first string in SSH's wire format: of a public key, the name of its type.
pub(super) fn first_string(blob: &[u8]) -> Option<&str> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_as_the_rfc_shows() {
        // The examples of RFC 4251, section 5.
        assert_eq!(Writer::default().mpint(&[0]).finish(), [0, 0, 0, 0]);
        assert_eq!(
            Writer::default().mpint(&[0x09, 0xa3, 0x78, 0xf9, 0xb2, 0xe3, 0x32, 0xa7]).finish(),
            [0, 0, 0, 8, 0x09, 0xa3, 0x78, 0xf9, 0xb2, 0xe3, 0x32, 0xa7]
        );
        assert_eq!(Writer::default().mpint(&[0x80]).finish(), [0, 0, 0, 2, 0, 0x80]);
    }

    #[test]
    fn a_cut_blob_has_no_first_string() {
        assert_eq!(first_string(&[0, 0, 0, 9, b'x']), None);
        assert_eq!(first_string(&[0, 0, 0, 1, b'x', b'y']), Some("x"));
    }
}
