//! Scanning scalars: plain, quoted, literal and folded.

use std::borrow::Cow;

use super::super::cursor::Mark;
use super::super::node::Style;
use super::super::token::{Fault, TokenKind};
use super::{Result, Scanner};

/// What a byte may end in a plain scalar.
const STOPS: [u8; 256] = stops();
/// Ends each plain scalar, or a word of it, or may be part of a line break.
const ALWAYS: u8 = 1;
/// Ends it in brackets and braces.
const IN_FLOW: u8 = 2;

const fn stops() -> [u8; 256] {
    let mut table = [0; 256];
    let (always, in_flow) = (b" \t\r\n:\xc2\xe2", b",?[]{}");
    let mut at = 0;
    while at < always.len() {
        table[always[at] as usize] = ALWAYS;
        at += 1;
    }
    at = 0;
    while at < in_flow.len() {
        table[in_flow[at] as usize] = IN_FLOW;
        at += 1;
    }
    table
}

/// The line breaks between two words of a scalar.
#[derive(Default)]
struct Breaks {
    /// The first of them, as it reads in a text.
    first: &'static str,
    others: String,
}

impl Breaks {
    fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    fn push(&mut self, read: &'static str) {
        if self.first.is_empty() {
            self.first = read;
        } else {
            self.others.push_str(read);
        }
    }

    /// Adds them to a folded scalar: one line feed is a space, and each further one a line feed.
    fn fold_into(&mut self, text: &mut String) {
        match (self.first, self.others.is_empty()) {
            ("\n", true) => text.push(' '),
            ("\n", false) => text.push_str(&self.others),
            (first, _) => text.extend([first, &self.others]),
        }
        self.first = "";
        self.others.clear();
    }
}

/// The text of a scalar, borrowed as long as nothing has to be changed.
struct Words<'t> {
    /// Text so far, once it differs from the source.
    changed: Option<String>,
    /// Start of the source that has not been added.
    from: usize,
    /// End of the source that belongs to it.
    to: usize,
    whole: &'t str,
}

impl<'t> Words<'t> {
    fn new(whole: &'t str, from: usize) -> Self {
        Self { changed: None, from, to: from, whole }
    }

    /// Returns the text so far to be changed; the source continues at `next`.
    fn change(&mut self, next: usize) -> &mut String {
        let text = self.changed.get_or_insert_default();
        text.push_str(self.whole.get(self.from..self.to).unwrap_or_default());
        (self.from, self.to) = (next, next);
        text
    }

    fn finish(self) -> Cow<'t, str> {
        let rest = self.whole.get(self.from..self.to).unwrap_or_default();
        match self.changed {
            Some(mut text) => {
                text.push_str(rest);
                text.into()
            }
            None => rest.into(),
        }
    }
}

impl<'t> Scanner<'t> {
    /// Scans a plain scalar, and returns whether line breaks after it have been passed.
    pub(super) fn fetch_plain_scalar(&mut self) -> Result<bool> {
        let start = self.cursor.mark();
        let mut end = start;
        let indent = self.indent.map_or(0, |indent| indent + 1);
        let mut words = Words::new(self.cursor.text(), self.cursor.position());
        let mut breaks = Breaks::default();
        loop {
            if self.cursor.is_document_indicator() || self.cursor.at(0) == b'#' {
                break;
            }
            let from = self.cursor.position();
            self.skip_plain_word();
            if self.cursor.position() > from {
                if !breaks.is_empty() {
                    breaks.fold_into(words.change(from));
                }
                words.to = self.cursor.position();
                end = self.cursor.mark();
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            loop {
                if self.cursor.is_blank(0) {
                    if !breaks.is_empty() && self.cursor.at(0) == b'\t' && self.cursor.column() < indent {
                        return Fault::new(
                            self.cursor.mark(),
                            "while scanning a plain scalar, found a tab character that violates indentation",
                        );
                    }
                    self.cursor.advance(1);
                } else if self.cursor.is_break(0) {
                    breaks.push(self.cursor.take_break());
                } else {
                    break;
                }
            }
            if self.flow_level == 0 && self.cursor.column() < indent {
                break;
            }
        }
        let crossed = !breaks.is_empty();
        self.simple_key_allowed |= crossed;
        self.push(TokenKind::Scalar(words.finish(), Style::Plain), start, end);
        Ok(crossed)
    }

    /// Passes the characters of a plain scalar, up to a space or its end.
    fn skip_plain_word(&mut self) {
        let stops = if self.flow_level > 0 { ALWAYS | IN_FLOW } else { ALWAYS };
        loop {
            self.cursor.advance_while(|byte| STOPS[usize::from(byte)] & stops == 0);
            match self.cursor.at(0) {
                b':' if !self.cursor.is_space_or_end(1) => self.cursor.advance(1),
                0xc2 | 0xe2 if !self.cursor.is_break(0) => self.cursor.advance_char(),
                _ => return,
            }
        }
    }

    pub(super) fn fetch_quoted_scalar(&mut self) -> Result<()> {
        let start = self.cursor.mark();
        let quote = self.cursor.at(0);
        self.cursor.advance(1);
        let mut words = Words::new(self.cursor.text(), self.cursor.position());
        loop {
            if self.cursor.is_document_indicator() {
                return Fault::new(
                    self.cursor.mark(),
                    "while scanning a quoted scalar, found unexpected document indicator",
                );
            }
            if self.cursor.is_end() {
                // The error is at the opening quote, since the closing one may be missing anywhere.
                return Fault::new(start, "while scanning a quoted scalar, found unexpected end of stream");
            }
            let folds = self.quoted_word(quote, &mut words)?;
            if self.cursor.at(0) == quote {
                break;
            }
            let mut breaks = Breaks::default();
            loop {
                if self.cursor.is_blank(0) {
                    self.cursor.advance(1);
                } else if self.cursor.is_break(0) {
                    let read = self.cursor.take_break();
                    // An escaped line break replaces the first.
                    if folds {
                        breaks.others.push_str(read);
                    } else {
                        breaks.push(read);
                    }
                } else {
                    break;
                }
            }
            let next = self.cursor.position();
            if folds {
                words.change(next).push_str(&breaks.others);
            } else if breaks.is_empty() {
                words.to = next;
            } else {
                breaks.fold_into(words.change(next));
            }
        }
        self.cursor.advance(1);
        let style = if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted };
        self.push_from(start, TokenKind::Scalar(words.finish(), style));
        Ok(())
    }

    /// Passes quoted characters, up to a space, a line break or the closing quote. Returns whether they end with an escaped
    /// line break.
    fn quoted_word(&mut self, quote: u8, words: &mut Words<'t>) -> Result<bool> {
        let special = if quote == b'"' { b'\\' } else { quote };
        loop {
            self.cursor.advance_while(|byte| {
                !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xc2 | 0xe2)
                    && byte != quote
                    && byte != special
            });
            words.to = self.cursor.position();
            match self.cursor.at(0) {
                b'\'' if quote == b'\'' && self.cursor.at(1) == b'\'' => {
                    self.cursor.advance(1);
                    words.to = self.cursor.position();
                    self.cursor.advance(1);
                    words.change(self.cursor.position());
                }
                b'\\' if quote == b'"' && self.cursor.is_break(1) => {
                    self.cursor.advance(1);
                    self.cursor.take_break();
                    words.change(self.cursor.position());
                    return Ok(true);
                }
                b'\\' if quote == b'"' => self.escape(words)?,
                0xc2 | 0xe2 if !self.cursor.is_break(0) => self.cursor.advance_char(),
                _ => return Ok(false),
            }
        }
    }

    fn escape(&mut self, words: &mut Words<'t>) -> Result<()> {
        let mark = self.cursor.mark();
        let code = self.cursor.at(1);
        let digits = match code {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let character = match code {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0b',
            b'f' => '\x0c',
            b'r' => '\r',
            b'e' => '\x1b',
            b' ' | b'"' | b'\'' | b'\\' => char::from(code),
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' | b'u' | b'U' => {
                let mut value = 0u32;
                for at in 2..2 + digits {
                    let Some(digit) = char::from(self.cursor.at(at)).to_digit(16) else {
                        return Fault::new(
                            mark,
                            "while parsing a quoted scalar, did not find expected hexadecimal number",
                        );
                    };
                    // There are at most eight digits.
                    value = (value << 4) | digit;
                }
                match char::from_u32(value) {
                    Some(character) => character,
                    None => {
                        return Fault::new(
                            mark,
                            "while parsing a quoted scalar, found invalid Unicode character escape code",
                        );
                    }
                }
            }
            _ => {
                self.cursor.advance(1);
                let from = self.cursor.position();
                let escaped = self.cursor.text()[from..].chars().next().unwrap_or(' ');
                return Fault::new(
                    mark,
                    format!("while parsing a quoted scalar, found unknown escape character: \\{escaped}"),
                );
            }
        };
        self.cursor.advance(2 + digits);
        words.change(self.cursor.position()).push(character);
        Ok(())
    }

    pub(super) fn fetch_block_scalar(&mut self) -> Result<()> {
        let start = self.cursor.mark();
        let literal = self.cursor.at(0) == b'|';
        self.cursor.advance(1);
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            match self.cursor.at(0) {
                indicator @ (b'+' | b'-') if chomping.is_none() => chomping = Some(indicator),
                b'0' if increment.is_none() => {
                    return Fault::new(
                        self.cursor.mark(),
                        "while scanning a block scalar, found an indentation indicator equal to 0",
                    );
                }
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(usize::from(digit - b'0')),
                _ => break,
            }
            self.cursor.advance(1);
        }
        self.cursor.skip_blanks();
        if self.cursor.at(0) == b'#' {
            self.skip_comment();
        }
        if !self.cursor.is_break_or_end(0) {
            return Fault::new(
                self.cursor.mark(),
                "while scanning a block scalar, did not find expected comment or line break",
            );
        }
        self.cursor.take_break();

        let mut indent = increment.map(|increment| self.indent.unwrap_or(0) + increment);
        let mut text = String::new();
        // The line break after the last line, and those of the empty lines after it.
        let mut last = "";
        let mut empty = String::new();
        let mut end = self.block_scalar_breaks(&mut indent, &mut empty)?;
        let mut after_blank = false;
        while Some(self.cursor.column()) == indent && !self.cursor.is_end() {
            let blank = self.cursor.is_blank(0);
            if !literal && !after_blank && !blank && last == "\n" {
                if empty.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(last);
            }
            text.push_str(&empty);
            empty.clear();
            after_blank = blank;
            let from = self.cursor.position();
            self.cursor.skip_line();
            text.push_str(self.cursor.slice(from, self.cursor.position()));
            last = self.cursor.take_break();
            end = self.block_scalar_breaks(&mut indent, &mut empty)?;
        }
        if chomping != Some(b'-') {
            text.push_str(last);
        }
        if chomping == Some(b'+') {
            text.push_str(&empty);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        self.push(TokenKind::Scalar(text.into(), style), start, end);
        Ok(())
    }

    /// Passes indentation and empty lines, and detects the indentation if it is not known. Returns the end of the last empty
    /// line.
    fn block_scalar_breaks(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Result<Mark> {
        let mut end = self.cursor.mark();
        let mut deepest = 0;
        loop {
            let is_indentation = |column: usize| indent.is_none_or(|indent| column < indent);
            while self.cursor.at(0) == b' ' && is_indentation(self.cursor.column()) {
                self.cursor.advance(1);
            }
            deepest = deepest.max(self.cursor.column());
            if self.cursor.at(0) == b'\t' && is_indentation(self.cursor.column()) {
                return Fault::new(
                    self.cursor.mark(),
                    "while scanning a block scalar, found a tab character where an indentation space is expected",
                );
            }
            if !self.cursor.is_break(0) {
                break;
            }
            breaks.push_str(self.cursor.take_break());
            end = self.cursor.mark();
        }
        if indent.is_none() {
            let least = self.indent.map_or(0, |indent| indent + 1).max(1);
            *indent = Some(deepest.max(least));
        }
        Ok(end)
    }
}
