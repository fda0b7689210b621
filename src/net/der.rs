//! DER reader that does not copy.

/// ASN.1 tags in certificates.
pub(super) mod tag {
    pub(in crate::net) const BOOLEAN: u8 = 0x01;
    pub(in crate::net) const INTEGER: u8 = 0x02;
    pub(in crate::net) const BIT_STRING: u8 = 0x03;
    pub(in crate::net) const OCTET_STRING: u8 = 0x04;
    pub(in crate::net) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in crate::net) const SEQUENCE: u8 = 0x30;

    /// `[number]` for a primitive value.
    pub(in crate::net) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]` for a constructed value.
    pub(in crate::net) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// One value.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// The rest of the input. Methods return `None` if the input is not DER or not what the caller expects.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Reads the next value.
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        // Certificates have no tags of several bytes.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = digits.iter().fold(0_u64, |sum, &digit| sum << 8 | u64::from(digit));
                // DER requires the shortest form.
                if digits[0] == 0 || length < 0x80 {
                    return None;
                }
                (usize::try_from(length).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Element { tag, content, whole })
    }

    /// Reads the next value, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.any().filter(|element| element.tag == tag)
    }

    /// Reads the content of the next value, which must be a sequence.
    pub(super) fn sequence(&mut self) -> Option<Reader<'a>> {
        self.expect(tag::SEQUENCE).map(|element| Reader(element.content))
    }

    /// Reads the content of the next value, if it has this tag.
    #[expect(clippy::option_option, reason = "the outer one is whether it could be read")]
    pub(super) fn optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&tag) {
            self.any().map(|element| Some(element.content))
        } else {
            Some(None)
        }
    }

    /// Reads a boolean, if it is next. The default is false.
    pub(super) fn boolean_or_false(&mut self) -> Option<bool> {
        match self.optional(tag::BOOLEAN)? {
            None | Some([0]) => Some(false),
            Some([0xff]) => Some(true),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_their_order() {
        let mut reader = Reader::new(&[0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x05, 0x04, 0x00]);
        let mut inner = reader.sequence().unwrap();
        assert_eq!(inner.boolean_or_false(), Some(true));
        assert_eq!(inner.boolean_or_false(), Some(false));
        assert_eq!(inner.expect(tag::INTEGER).unwrap().content, [5]);
        assert!(inner.is_empty());
        assert_eq!(reader.any().unwrap().whole, [0x04, 0x00]);
    }

    #[test]
    fn other_bytes_are_refused() {
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 0x01],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x81, 0x01, 0x00],
            &[0x30, 0x82, 0x00, 0x80],
            &[0x30, 0x85, 0, 0, 0, 0, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x3f, 0x81, 0x01, 0x00],
        ] {
            assert!(Reader::new(wrong).any().is_none(), "{wrong:x?}");
        }
    }
}
