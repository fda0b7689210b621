//! The position of the scanner in a text.

/// A position in a text, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// Byte of the text.
    pub offset: u32,
    pub line: u32,
    /// Character of the line.
    pub column: u32,
}

/// A position in a text that only moves forward.
///
/// Bytes past the end read as zero, which no YAML text may have.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    /// Text up to the first character that YAML does not allow.
    bytes: &'t [u8],
    position: usize,
    line: usize,
    line_start: usize,
    /// Whether each character is one byte.
    ascii: bool,
    /// Number of bytes before the position that are not the first of their character.
    continued: usize,
    /// The same for the bytes before the line.
    continued_before_line: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Self {
        let (allowed, ascii) = allowed(text.as_bytes());
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            text,
            bytes: &text.as_bytes()[..allowed],
            position: start,
            line: 0,
            line_start: start,
            ascii,
            continued: start,
            continued_before_line: start,
        }
    }

    /// Returns a cursor that accepts characters that YAML does not allow.
    pub fn anything(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), ascii: text.is_ascii(), ..Self::new(text) }
    }

    /// Returns whether YAML allows all characters.
    pub fn is_allowed(&self) -> bool {
        self.bytes.len() == self.text.len()
    }

    /// Returns the character at the cursor if YAML does not allow it.
    pub fn forbidden(&self) -> Option<char> {
        if self.is_end() { self.text[self.position..].chars().next() } else { None }
    }

    pub fn is_end(&self) -> bool {
        self.position >= self.bytes.len()
    }

    pub fn mark(&self) -> Mark {
        Mark { offset: index(self.position), line: index(self.line), column: index(self.column()) }
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the number of characters before this one in its line.
    pub fn column(&self) -> usize {
        self.position - self.line_start - (self.continued - self.continued_before_line)
    }

    /// Returns the number of characters before this one in the text.
    pub fn index(&self) -> usize {
        self.position - self.continued
    }

    /// Returns the whole text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Returns the text between two positions that the cursor has passed.
    pub fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Returns the byte that is `ahead` bytes after the position.
    pub fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    pub fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    /// Returns the number of bytes of a line break, or 0.
    pub fn break_length(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\r' if self.at(ahead + 1) == b'\n' => 2,
            b'\n' | b'\r' => 1,
            0xc2 if self.at(ahead + 1) == 0x85 => 2,
            0xe2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    pub fn is_break(&self, ahead: usize) -> bool {
        self.break_length(ahead) > 0
    }

    /// Returns whether there is a line break or the end.
    pub fn is_break_or_end(&self, ahead: usize) -> bool {
        self.at(ahead) == 0 || self.is_break(ahead)
    }

    /// Returns whether there is a space, a tab, a line break or the end.
    pub fn is_space_or_end(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b' ' | b'\t' | b'\n' | b'\r' | 0 => true,
            0xc2 | 0xe2 => self.is_break(ahead),
            _ => false,
        }
    }

    /// Returns whether there is `---` or `...` at the start of a line, before a space or the end.
    pub fn is_document_indicator(&self) -> bool {
        self.position == self.line_start
            && matches!([self.at(0), self.at(1), self.at(2)], [b'-', b'-', b'-'] | [b'.', b'.', b'.'])
            && self.is_space_or_end(3)
    }

    /// Passes bytes without line breaks, up to the end of a character.
    pub fn advance(&mut self, bytes: usize) {
        let end = self.position + bytes;
        if !self.ascii {
            let passed = self.bytes.get(self.position..end).unwrap_or_default();
            self.continued += passed.iter().filter(|byte| (0x80..0xc0).contains(*byte)).count();
        }
        self.position = end;
    }

    /// Passes one character other than a line break.
    pub fn advance_char(&mut self) {
        self.advance(match self.at(0) {
            0..0xc0 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        });
    }

    /// Passes the bytes ahead for which `keep` holds.
    pub fn advance_while(&mut self, keep: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let length = rest.iter().position(|byte| !keep(*byte)).unwrap_or(rest.len());
        self.advance(length);
    }

    /// Passes spaces and tabs.
    pub fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.position += 1;
        }
    }

    /// Passes everything up to the next line break.
    pub fn skip_line(&mut self) {
        loop {
            self.advance_while(|byte| !matches!(byte, b'\n' | b'\r' | 0xc2 | 0xe2));
            if self.is_break_or_end(0) {
                return;
            }
            self.advance_char();
        }
    }

    /// Passes a line break, if there is one, and returns how it reads in a text.
    pub fn take_break(&mut self) -> &'static str {
        let length = self.break_length(0);
        if length == 0 {
            return "";
        }
        let read = match (length, self.at(2)) {
            (3, 0xa8) => "\u{2028}",
            (3, _) => "\u{2029}",
            _ => "\n",
        };
        // Carriage return and line feed are two characters.
        self.continued += if self.at(0) == b'\r' { 0 } else { length - 1 };
        self.position += length;
        self.line += 1;
        self.line_start = self.position;
        self.continued_before_line = self.continued;
        read
    }
}

/// Converts a line, column or offset; the limit of a text is far below that of the type.
pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns the number of bytes before the first character that YAML does not allow, and whether all are ASCII.
///
/// Tabs, line breaks and printable characters are allowed.
fn allowed(bytes: &[u8]) -> (usize, bool) {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    const HIGH: u64 = !LOW;
    let each = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let mut ascii = true;
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for chunk in chunks {
        let word = u64::from_ne_bytes(*chunk);
        let low = word & LOW;
        // The highest bit of each byte, after an addition that never carries into the next.
        let from_space = low + each(0x80 - b' ');
        let is_delete = low + each(1);
        let no_feed = ((word ^ each(b'\n')) & LOW) + LOW;
        if ((!from_space & no_feed) | is_delete | word) & HIGH != 0 {
            ascii &= word & HIGH == 0;
            if let Some(found) = (at..at + 8).find(|at| is_forbidden(&bytes[*at..])) {
                return (found, ascii);
            }
        }
        at += 8;
    }
    ascii &= rest.is_ascii();
    ((at..bytes.len()).find(|at| is_forbidden(&bytes[*at..])).unwrap_or(bytes.len()), ascii)
}

/// Returns whether YAML does not allow the first character of `bytes`.
fn is_forbidden(bytes: &[u8]) -> bool {
    match bytes {
        [b'\t' | b'\n' | b'\r', ..] | [0xc2, 0x85, ..] => false,
        [..b' ' | 0x7f, ..] | [0xc2, ..0xa0, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, allowed};

    #[test]
    fn the_first_forbidden_character_is_found() {
        for (text, expected) in [
            ("a", 1),
            ("0123456789abcdef\n\t\r\n ~", 22),
            ("0123456789\u{0}", 10),
            ("012345\u{7f}789abcdef", 6),
            ("01234567\u{1b}9abcdef", 8),
            ("0123456é\u{85}\u{a0}\u{2028}🎉\u{fffd}\u{feff}", 26),
            ("0123456\u{80}", 7),
            ("\u{9f}", 0),
            ("ab\u{fffe}", 2),
            ("ab\u{ffff}", 2),
        ] {
            assert_eq!(allowed(text.as_bytes()), (expected, text.is_ascii()), "{text:?}");
        }
    }

    #[test]
    fn characters_and_lines_are_counted() {
        let mut cursor = Cursor::new("\u{feff}é🎉x\r\n\u{85}\u{2028}y");
        cursor.advance_while(|byte| byte != b'\r');
        assert_eq!((cursor.position(), cursor.line(), cursor.column(), cursor.index()), (10, 0, 3, 3));
        assert_eq!(cursor.take_break(), "\n");
        assert_eq!((cursor.position(), cursor.line(), cursor.column(), cursor.index()), (12, 1, 0, 5));
        assert_eq!(cursor.take_break(), "\n");
        assert_eq!(cursor.take_break(), "\u{2028}");
        assert_eq!((cursor.take_break(), cursor.at(0)), ("", b'y'));
        assert_eq!((cursor.position(), cursor.line(), cursor.column(), cursor.index()), (17, 3, 0, 7));
    }
}
