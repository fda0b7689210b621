//! Classes of characters as Go's unicode package has them.

mod tables;

/// Reports whether a character can be part of an identifier.
pub fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { within(tables::LETTERS, c) }
}

pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(tables::DIGITS, c) }
}

/// Reports whether Go shows a character as it is in quoted text.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() { matches!(c, ' '..='~') } else { within(tables::PRINTABLE, c) }
}

fn within(boundaries: &[u32], c: char) -> bool {
    boundaries.partition_point(|&boundary| boundary <= u32::from(c)) % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_printable_characters_are_gos() {
        assert!(is_letter('é') && is_letter('字') && !is_letter('²') && !is_letter('1'));
        assert!(is_digit('7') && is_digit('٣') && !is_digit('½'));
        assert!(is_alphanumeric('_') && !is_alphanumeric('-'));
        assert!(
            is_printable('½') && is_printable('世') && !is_printable('\u{200b}') && !is_printable('\u{a0}')
        );
    }
}
