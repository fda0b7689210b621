//! Tokens between delimiters.

use super::{Kind, Lexer, TRIM_MARKER_LENGTH, Token, has_right_trim_marker, is_space};
use crate::template::quote::quote;
use crate::template::unicode::{is_alphanumeric, is_printable};

/// Which bytes are ASCII letters, digits and underscores.
static IS_ALPHANUMERIC: [bool; 256] = {
    let mut is = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        is[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    is
};

impl<'a> Lexer<'a> {
    pub(super) fn action(&mut self) -> Token<'a> {
        if let Some(trims) = self.at_right_delimiter() {
            if self.paren_depth == 0 {
                return self.right_delimiter_and_spaces(trims);
            }
            return self.error("unclosed left paren");
        }
        let Some(c) = self.next() else {
            return self.error("unclosed action");
        };
        match c {
            _ if is_space(c) => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' if self.next() == Some('=') => self.emit(Kind::Declare),
            ':' => self.error("expected :="),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => self.field_or_variable(Kind::Variable),
            '.' if self.rest_bytes().first().is_some_and(|byte| !byte.is_ascii_digit()) => {
                self.field_or_variable(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            _ if is_alphanumeric(c) => self.identifier(),
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' => match self.paren_depth.checked_sub(1) {
                Some(depth) => {
                    self.paren_depth = depth;
                    self.emit(Kind::RightParen)
                }
                None => self.error("unexpected right paren"),
            },
            _ if c.is_ascii() && is_printable(c) => self.emit(Kind::Char),
            _ => self.error(format!("unrecognized character in action: {}", unicode(Some(c)))),
        }
    }

    /// A run of spaces, of which the first was read. The last one may belong to the delimiter.
    fn space(&mut self) -> Token<'a> {
        self.position += self.count(|byte| is_space(char::from(byte)));
        let last = &self.input.as_bytes()[self.position - 1..];
        if has_right_trim_marker(last) && self.is_right_delimiter(&last[TRIM_MARKER_LENGTH..]) {
            self.position -= 1;
            if self.position == self.start {
                return self.right_delimiter_and_spaces(true);
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Token<'a> {
        self.alphanumeric();
        let word = &self.input[self.start..self.position];
        if !self.at_terminator() {
            return self.bad_character();
        }
        match Kind::keyword(word) {
            Some(keyword) => self.emit(keyword),
            None if matches!(word, "true" | "false") => self.emit(Kind::Bool),
            None => self.emit(Kind::Identifier),
        }
    }

    /// A run of letters, digits and underscores.
    fn alphanumeric(&mut self) {
        loop {
            self.position += self.count(|byte| IS_ALPHANUMERIC[usize::from(byte)]);
            match self.rest_bytes().first() {
                Some(byte) if !byte.is_ascii() => {}
                _ => return,
            }
            match self.peek() {
                Some(c) if is_alphanumeric(c) => self.position += c.len_utf8(),
                _ => return,
            }
        }
    }

    /// How many of the next bytes are of a kind.
    #[inline]
    fn count(&self, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest_bytes();
        rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len())
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token<'a> {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Field { Kind::Dot } else { kind });
        }
        self.alphanumeric();
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn bad_character(&mut self) -> Token<'a> {
        self.error(format!("bad character {}", unicode(self.peek())))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None => true,
            Some(c) => {
                is_space(c)
                    || matches!(c, '.' | ',' | '|' | ':' | ')' | '(')
                    || self.is_right_delimiter(self.rest_bytes())
            }
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Token<'a> {
        loop {
            self.position += self.count(|byte| !matches!(byte, b'"' | b'\'' | b'\\' | b'\n'));
            match self.next() {
                Some('\\') if !matches!(self.next(), None | Some('\n')) => {}
                Some('\\' | '\n') | None => return self.error(unterminated),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token<'a> {
        loop {
            match self.next() {
                Some('`') => return self.emit(Kind::RawString),
                Some(_) => {}
                None => return self.error("unterminated raw quoted string"),
            }
        }
    }

    /// A number, whose first character was read. What is accepted wrongly the parser refuses.
    fn number(&mut self) -> Token<'a> {
        self.position = self.start;
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        if !self.scan_number() || !self.input[..self.position].ends_with('i') {
            return self.bad_number();
        }
        self.emit(Kind::Complex)
    }

    fn bad_number(&mut self) -> Token<'a> {
        let text = quote(&self.input.as_bytes()[self.start..self.position]);
        self.error(format!("bad number syntax: {text}"))
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

/// A character as `%#U` shows it.
fn unicode(c: Option<char>) -> String {
    match c {
        // Go formats its marker for the end of the input, which is -1.
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(c) if is_printable(c) => format!("U+{:04X} '{c}'", u32::from(c)),
        Some(c) => format!("U+{:04X}", u32::from(c)),
    }
}
