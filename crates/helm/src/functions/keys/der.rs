//! DER, the encoding of certificates.

pub const BOOLEAN: u8 = 1;
pub const INTEGER: u8 = 2;
pub const BIT_STRING: u8 = 3;
pub const OCTET_STRING: u8 = 4;
pub const UTF8_STRING: u8 = 12;
pub const PRINTABLE_STRING: u8 = 19;
pub const UTC_TIME: u8 = 23;
pub const GENERALIZED_TIME: u8 = 24;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// Tag of a field that is told apart by its number, and has a value of a simple type.
pub const fn numbered(number: u8) -> u8 {
    0x80 | number
}

/// Tag of a field that is told apart by its number, and wraps an element.
pub const fn wrapping(number: u8) -> u8 {
    0xa0 | number
}

/// An element with its tag and length.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    match digits {
        [] => out.push(0),
        [short @ ..=0x7f] => out.push(*short),
        digits => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of elements.
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

/// A number that is not negative, from its bytes in big-endian order.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let digits = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
    match digits.first() {
        None | Some(0x80..) => element(INTEGER, &[&[0], digits].concat()),
        Some(_) => element(INTEGER, digits),
    }
}

/// A bit string of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

/// Splits the first element into its tag, its content and what comes after it.
pub fn split(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_written_and_split() {
        for (length, header) in [
            (0, &[4, 0][..]),
            (0x7f, &[4, 0x7f]),
            (0x80, &[4, 0x81, 0x80]),
            (0x100, &[4, 0x82, 1, 0]),
            (0x1_0000, &[4, 0x83, 1, 0, 0]),
        ] {
            let written = element(OCTET_STRING, &vec![7; length]);
            assert_eq!(written[..header.len()], *header, "{length}");
            let after = [&written[..], b"rest"].concat();
            assert_eq!(split(&after), Some((OCTET_STRING, &vec![7; length][..], &b"rest"[..])), "{length}");
            assert_eq!(split(&written[..written.len() - 1]), None, "{length}");
        }
    }

    #[test]
    fn numbers_have_the_fewest_bytes_that_are_not_negative() {
        assert_eq!(unsigned(&[]), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0]), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(unsigned(&[0x80]), [2, 2, 0, 0x80]);
    }
}
